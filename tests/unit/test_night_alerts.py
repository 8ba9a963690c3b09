"""Nothing that somebody must look at is lost by the calendar, and nothing is told as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest

from placement_engine.errors import UnknownReference
from placement_engine.nightly import Change, ChangeKind, FindingKind, Trigger, Urgency
from placement_engine.nightly.alerts import Alert, AlertState, acknowledge, read_alerts
from placement_engine.nightly.events import add_event
from placement_engine.nightly.facts import person_mark
from placement_engine.nightly.recheck import Night
from placement_engine.nightly.triggers import path_of
from placement_engine.register import DocumentKind, Register
from placement_engine.testing.networks import TieReport
from placement_engine.vocabulary import Grade, TieKind
from tests.cli.conftest import case
from tests.unit.nights import AS_OF, B2, RIVALRY, founded, known, night, placed

DAY = timedelta(days=1)
QUARREL = TieReport(a="P-1", b="P-2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF)
_ids = count(1)


@pytest.fixture
def register() -> Iterator[Register]:
    with founded() as made:
        yield made


def breach(register: Register, on: date, kind: str = "photo", subject: str = "P-1") -> str:
    head = {"schema": "placement_engine/event", "version": 1, "subject": subject}
    told = json.dumps({**head, "kind": kind, "date": on.isoformat()})
    return add_event(register, told, codes=(), entropy=lambda n: next(_ids).to_bytes(n, "big")).id


def changes(told: Night, kind: FindingKind) -> list[Change]:
    return [c for c in told.changes if c.finding.kind is kind]


def alert_of(register: Register, kind: FindingKind) -> Alert:
    """The first subject's."""
    stored = read_alerts(register.entries(DocumentKind.ALERT)).values()
    (alert,) = (a for a in stored if (a.kind, a.subject) == (kind, "P-1"))
    return alert


@pytest.mark.parametrize(("happened", "until"), [(-34, 1), (0, 31)])
def test_a_breach_found_late_or_seen_by_no_night_for_long_is_told(
    register: Register, happened: int, until: int
) -> None:
    night(register)
    breach(register, AS_OF + happened * DAY)
    told = changes(night(register, AS_OF + until * DAY), FindingKind.EVENT)
    assert [(c.kind, c.urgency) for c in told] == [(ChangeKind.NEW, Urgency.RED)]


def test_a_breach_stays_until_somebody_has_looked_and_its_days_are_over(
    register: Register,
) -> None:
    breach(register, AS_OF)
    night(register)
    assert not changes(night(register, AS_OF + 60 * DAY), FindingKind.EVENT)
    waiting = alert_of(register, FindingKind.EVENT)
    assert waiting.state is AlertState.ESCALATED
    acknowledge(register, waiting.id, by="officer", on=AS_OF + 60 * DAY)
    over = changes(night(register, AS_OF + 61 * DAY), FindingKind.EVENT)
    assert [c.kind for c in over] == [ChangeKind.GONE]
    assert alert_of(register, FindingKind.EVENT).state is AlertState.CLOSED
    assert not changes(night(register, AS_OF + 62 * DAY), FindingKind.EVENT)


def test_a_breach_taken_on_stands_for_its_days(register: Register) -> None:
    breach(register, AS_OF)
    night(register)
    acknowledge(register, alert_of(register, FindingKind.EVENT).id, by="officer", on=AS_OF)
    taken = alert_of(register, FindingKind.EVENT)
    assert (taken.state, taken.by, taken.on) == (AlertState.ACKNOWLEDGED, "officer", AS_OF)
    assert not changes(night(register, AS_OF + 29 * DAY), FindingKind.EVENT)
    over = changes(night(register, AS_OF + 30 * DAY), FindingKind.EVENT)
    assert [c.kind for c in over] == [ChangeKind.GONE]


def test_a_breach_before_the_placement_is_told_only_of_late(register: Register) -> None:
    register.import_placements([placed("P-3", "0180", "U-3", start=AS_OF - 5 * DAY)])
    early, late = (
        breach(register, AS_OF - 40 * DAY, subject="P-3"),
        breach(register, AS_OF - 20 * DAY, subject="P-3"),
    )
    told = {c.finding.other for c in changes(night(register), FindingKind.EVENT)}
    assert early not in told
    assert late in told


@pytest.mark.parametrize("looked_at", [True, False])
def test_a_breach_follows_her_to_the_next_place_unless_somebody_has_looked(
    register: Register, looked_at: bool
) -> None:
    breach(register, AS_OF)
    night(register)
    if looked_at:
        acknowledge(register, alert_of(register, FindingKind.EVENT).id, by="officer", on=AS_OF)
    (old,) = (s for s in register.placements() if s.placement.subject == "P-1")
    register.remove_placement(old.id, AS_OF)
    register.import_placements([placed("P-1", "2580", "U-9", start=AS_OF + DAY)])
    told = changes(night(register, AS_OF + DAY), FindingKind.EVENT)
    assert [c.kind for c in told] == ([] if looked_at else [ChangeKind.NEW])


def test_a_breach_of_somebody_whose_placement_had_ended_is_refused(register: Register) -> None:
    ended = placed("P-3", "0180", "U-3", end=AS_OF - 5 * DAY)
    register.import_placements([ended])
    breach(register, AS_OF - 6 * DAY, subject="P-3")
    with pytest.raises(UnknownReference):
        breach(register, AS_OF - 5 * DAY, subject="P-3")


def test_a_threat_level_is_told_when_it_is_raised_or_lowered(register: Register) -> None:
    for day, level, kinds in (
        (0, "elevated", []),
        (1, "high", [(ChangeKind.WORSE, Urgency.AMBER)]),
        (2, "high", []),
        (3, "none", [(ChangeKind.BETTER, Urgency.INFO)]),
    ):
        register.put_case("C-1", json.dumps(case("C-1", "P-1", threat_level=level)).encode())
        told = night(register, AS_OF + day * DAY)
        found = changes(told, FindingKind.THREAT)
        assert [(c.kind, c.urgency) for c in found] == kinds
        assert all(c.triggers == (Trigger.PERSON,) for c in found)
        assert len(told.changes) == len(found) or day == 0
        assert told.looked_at == 0 or day == 0


def test_every_child_that_comes_of_age_is_told(register: Register) -> None:
    children: list[dict[str, object]] = [
        {"id": f"K-{age}", "age": age, "guardian_of": []} for age in (17, 15)
    ]
    entered = case("C-1", "P-1", household=children)
    register.put_case("C-1", json.dumps(entered).encode())
    since = date.fromisoformat(entered["consent"]["date"])
    night(register, since)
    for years, member in ((1, "K-17"), (2, None), (3, "K-15")):
        told = changes(night(register, since.replace(year=since.year + years)), FindingKind.REVIEW)
        grown = [c.finding.other for c in told if c.finding.other]
        assert grown == ([f"majority {person_mark(member)}"] if member else [])


def test_an_alert_that_gets_worse_every_other_night_escalates(register: Register) -> None:
    graded = [replace(RIVALRY, grade=Grade("D", n)) for n in (4, 3, 2)]
    known(register, graded[0])
    raised = night(register).as_of
    for day, rivalry in enumerate(graded[1:], start=1):
        known(register, rivalry)
        told = night(register, AS_OF + 2 * day * DAY)
        assert [c.kind for c in changes(told, FindingKind.RISK)] == [ChangeKind.WORSE] * 2
    waiting = alert_of(register, FindingKind.RISK)
    assert waiting.urgency is Urgency.RED
    assert waiting.raised == raised
    assert waiting.state is AlertState.ESCALATED


def test_what_gets_better_lowers_its_alert_and_worse_raises_the_same_again(
    register: Register,
) -> None:
    weak = replace(RIVALRY, grade=Grade("D", 4))
    known(register, QUARREL, weak)
    night(register)
    red = alert_of(register, FindingKind.PLACED)
    assert (red.urgency, red.after) == (Urgency.RED, 3)
    known(register, weak)
    night(register, AS_OF + DAY)
    lowered = alert_of(register, FindingKind.PLACED)
    assert (lowered.id, lowered.urgency, lowered.after) == (red.id, Urgency.AMBER, 1)
    assert (lowered.state, lowered.times) == (AlertState.OPEN, 1)
    night(register, AS_OF + 5 * DAY)
    assert alert_of(register, FindingKind.PLACED).times == 1
    known(register, QUARREL, weak)
    night(register, AS_OF + 6 * DAY)
    again = alert_of(register, FindingKind.PLACED)
    assert (again.id, again.urgency, again.raised) == (red.id, Urgency.RED, AS_OF)
    assert again.state is AlertState.ESCALATED


def test_a_night_of_a_wrong_day_ahead_silences_no_alert(register: Register) -> None:
    known(register, QUARREL)
    night(register)
    night(register, AS_OF + 365 * DAY)
    told = night(register, AS_OF + DAY)
    assert alert_of(register, FindingKind.PLACED).id in told.alerts
    assert alert_of(register, FindingKind.PLACED).told == AS_OF + DAY
    assert not night(register, AS_OF + DAY).alerts


def test_a_second_quarrel_beside_a_stronger_one_is_told_with_its_own_path(
    register: Register,
) -> None:
    known(register, RIVALRY)
    night(register)
    second = TieReport(
        a="P-3", b="P-2", kind=TieKind.CONFLICT, grade=Grade("D", 4), last_seen=AS_OF
    )
    known(register, RIVALRY, second)
    told = night(register)
    worse = changes(told, FindingKind.PLACED)
    assert [(c.kind, c.triggers) for c in worse] == [(ChangeKind.WORSE, (Trigger.CONFLICT,))] * 2
    for change in worse:
        path = path_of(change, told.causes)
        assert path is not None
        assert {tie.kind for tie in path.edges} == {TieKind.KINSHIP, TieKind.CONFLICT}
