"""The life of an alert, step by step, and which changes begin it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from placement_engine.nightly import Change, ChangeKind, FindingKind, Trigger, Urgency
from placement_engine.nightly.alerts import Alert, AlertState, advance
from placement_engine.nightly.changes import by_urgency, change_of, compare
from placement_engine.nightly.finding import Finding
from placement_engine.policy import Policy

NUMBERS = Policy.default().nightly
FIRST = date(2026, 11, 1)
OWNERS = {"one": "U-1", "other": "U-2"}
PAIR = Finding(kind=FindingKind.PLACED, other="other", level=2, risk=50_000)
ALERT = Alert(
    id="ab" * 8,
    owner="U-1",
    subject="P-1",
    placement="one",
    kind=FindingKind.PLACED,
    other="other",
    state=AlertState.OPEN,
    urgency=Urgency.RED,
    triggers=(Trigger.NEIGHBOUR,),
    before=0,
    after=2,
    raised=FIRST,
    told=FIRST,
)
TAKEN = replace(ALERT, state=AlertState.ACKNOWLEDGED, by="officer", on=FIRST)


def became(
    before: Finding | None, after: Finding | None, code: Trigger = Trigger.CONFLICT
) -> Change:
    kind = change_of(before, after, NUMBERS)
    assert kind is not None
    return Change(placement="one", kind=kind, before=before, after=after, triggers=(code,))


def night(
    alerts: Mapping[str, Alert], *changes: Change, day: int = 0, owners: Mapping[str, str] = OWNERS
) -> dict[str, Alert]:
    return advance(
        alerts,
        changes,
        owners=owners,
        subjects={"one": "P-1", "other": "P-2"},
        as_of=FIRST + timedelta(days=day),
        numbers=NUMBERS,
        entropy=lambda size: b"\xab" * size,
    )


def after(alert: Alert, *changes: Change, day: int) -> Alert | None:
    return night({alert.id: alert}, *changes, day=day).get(alert.id)


def test_what_is_new_at_amber_or_red_raises_one_alert() -> None:
    raised = became(None, PAIR, Trigger.NEIGHBOUR)
    assert night({}, raised) == {ALERT.id: ALERT}
    assert night({ALERT.id: ALERT}) == {}


@pytest.mark.parametrize("kind", [FindingKind.REVIEW, FindingKind.UNKNOWN])
def test_what_is_only_told_raises_none(kind: FindingKind) -> None:
    assert night({}, became(None, Finding(kind=kind, level=2))) == {}


def test_what_was_never_alerted_and_gets_worse_tells_from_what_level() -> None:
    worse = night({}, became(replace(PAIR, level=1), PAIR))[ALERT.id]
    assert (worse.before, worse.after, worse.times) == (1, 2, 1)
    assert night({}, became(PAIR, replace(PAIR, level=1)), became(PAIR, None)) == {}


def test_a_red_one_is_told_each_night_and_escalates_on_the_third_day() -> None:
    alert = ALERT
    for day, state in enumerate((AlertState.OPEN, AlertState.OPEN, AlertState.ESCALATED), 1):
        told = after(alert, day=day)
        assert told == replace(alert, told=FIRST + timedelta(days=day), times=day + 1, state=state)
        alert = told
    assert after(replace(ALERT, urgency=Urgency.AMBER), day=9) is None
    assert after(TAKEN, day=9) is None
    assert after(replace(ALERT, state=AlertState.CLOSED), day=9) is None


def test_others_are_told_again_though_one_is_closed() -> None:
    closed = replace(ALERT, id="00" * 8, state=AlertState.CLOSED)
    assert set(night({closed.id: closed, ALERT.id: ALERT}, day=1)) == {ALERT.id}


def test_worse_and_worse_still_counts_from_the_first_day() -> None:
    worst = became(PAIR, replace(PAIR, level=3))
    assert after(ALERT, worst, day=2) == replace(
        ALERT,
        triggers=(Trigger.CONFLICT,),
        before=2,
        after=3,
        told=FIRST + timedelta(days=2),
        times=2,
    )
    late = after(ALERT, worst, day=3)
    assert late is not None
    assert late.state is AlertState.ESCALATED


def test_an_amber_one_that_gets_worse_is_told_and_stays_amber() -> None:
    amber = replace(ALERT, kind=FindingKind.RISK, other="", urgency=Urgency.AMBER, after=1)
    risk = Finding(kind=FindingKind.RISK, level=1, risk=50_000)
    told = after(amber, became(risk, replace(risk, level=2)), day=9)
    assert told is not None
    assert (told.urgency, told.state, told.times) == (Urgency.AMBER, AlertState.OPEN, 2)
    assert told.told == FIRST + timedelta(days=9)


def test_one_that_is_found_anew_while_it_stands_is_the_same() -> None:
    told = after(ALERT, became(None, PAIR), day=1)
    assert told is not None
    assert (told.before, told.after, told.times) == (0, 2, 2)


def test_one_that_is_taken_on_and_gets_worse_begins_anew() -> None:
    today = FIRST + timedelta(days=9)
    assert after(TAKEN, became(PAIR, replace(PAIR, level=3)), day=9) == replace(
        ALERT,
        triggers=(Trigger.CONFLICT,),
        before=2,
        after=3,
        raised=today,
        told=today,
        times=2,
    )


@pytest.mark.parametrize("alert", [ALERT, TAKEN])
def test_better_lowers_it_and_tells_it_no_more(alert: Alert) -> None:
    better = became(PAIR, replace(PAIR, level=1), Trigger.SOURCE)
    assert after(alert, better, day=9) == replace(
        alert, urgency=Urgency.AMBER, triggers=(Trigger.SOURCE,), before=2, after=1
    )


def test_better_and_still_red_is_told_as_it_is_now() -> None:
    high = replace(PAIR, level=3)
    told = after(replace(ALERT, after=3), became(high, PAIR), day=1)
    assert told is not None
    assert (told.urgency, told.before, told.after, told.times) == (Urgency.RED, 3, 2, 2)


def test_what_is_gone_is_closed_and_raised_anew_under_another_id() -> None:
    closed = after(TAKEN, became(PAIR, None), day=1)
    assert closed == replace(
        TAKEN, state=AlertState.CLOSED, told=FIRST + timedelta(days=1), after=0
    )
    other = replace(closed, id="cd" * 8)
    again = night({other.id: other}, became(None, PAIR), day=2)
    assert set(again) == {ALERT.id}


def test_one_whose_placement_is_not_in_force_is_closed() -> None:
    told = night({ALERT.id: ALERT}, day=1, owners={"other": "U-2"})
    assert told[ALERT.id] == replace(
        ALERT, state=AlertState.CLOSED, told=FIRST + timedelta(days=1), after=0
    )


def test_a_day_that_lay_ahead_is_forgotten() -> None:
    ahead = FIRST + timedelta(days=400)
    told = after(replace(ALERT, raised=ahead, told=ahead), day=1)
    assert told is not None
    assert told.raised == told.told == FIRST + timedelta(days=1)


def test_the_two_sides_know_each_other_s_alert() -> None:
    mirror = replace(ALERT, id="cd" * 8, placement="other", other="one")
    told = night({mirror.id: mirror}, became(None, PAIR))
    assert (told[ALERT.id].partner, told[mirror.id].partner) == (mirror.id, ALERT.id)
    assert night({**told}) == {}


def test_it_is_kept_as_it_is() -> None:
    told = json.loads(TAKEN.to_bytes())
    assert told["version"] == 1
    assert told["on"] == FIRST.isoformat()
    for alert in (ALERT, TAKEN):
        assert Alert.from_bytes(alert.to_bytes()) == alert


RATIO, LEAST = NUMBERS.worse_ratio, NUMBERS.worse_micronats
LARGE = 4 * LEAST * 100


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (LARGE, LARGE, None),
        (LARGE, round(LARGE * RATIO) - 1, None),
        (LARGE, round(LARGE * RATIO), ChangeKind.WORSE),
        (round(LARGE * RATIO), LARGE, ChangeKind.BETTER),
        (1, LEAST, None),
        (1, LEAST + 1, ChangeKind.WORSE),
        (LEAST + 1, 1, ChangeKind.BETTER),
        (0, 0, None),
    ],
)
def test_a_risk_is_told_when_it_has_moved_by_the_ratio_and_by_enough(
    was: int, now: int, kind: ChangeKind | None
) -> None:
    told = (Finding(kind=FindingKind.RISK, risk=was), Finding(kind=FindingKind.RISK, risk=now))
    assert change_of(*told, NUMBERS) is kind
    changes, kept = compare("one", told[:1], told[1:], NUMBERS)
    assert len(changes) == (kind is not None)
    # What is not told does not move the mark either: it may creep no further than once.
    assert kept == (told[0] if kind is None else told[1],)


def test_a_smallest_step_is_never_less_than_one() -> None:
    least = replace(NUMBERS, worse_ratio=1.0001, worse_micronats=0)
    told = [Finding(kind=FindingKind.RISK, risk=n) for n in (7, 8)]
    nothing = Finding(kind=FindingKind.RISK)
    assert change_of(nothing, nothing, least) is None
    assert change_of(told[0], told[1], least) is ChangeKind.WORSE


def test_the_most_urgent_is_told_first() -> None:
    red = became(None, replace(PAIR, risk=1))
    order = (
        became(None, replace(PAIR, level=3)),
        became(None, PAIR),
        red,
        became(replace(PAIR, level=1), PAIR),
        became(None, replace(PAIR, level=1)),
        became(PAIR, replace(PAIR, level=1)),
        became(PAIR, None),
    )
    assert by_urgency(reversed(order)) == order
