"""A night tells what is new, worse, better and gone; once, and to those whom it concerns."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from placement_engine.nightly import ChangeKind, FindingKind, Trigger, Urgency
from placement_engine.nightly.alerts import AlertState, acknowledge, read_alerts
from placement_engine.nightly.events import add_event
from placement_engine.nightly.facts import person_mark
from placement_engine.nightly.recheck import Night
from placement_engine.nightly.state import STATE_KEY
from placement_engine.nightly.triggers import path_of
from placement_engine.register import DocumentKind, Register, messages
from placement_engine.register.access import Actor, Session
from placement_engine.register.desk import Desk
from placement_engine.register.retention import erase
from placement_engine.testing.networks import PresenceReport, TieReport, network_of
from placement_engine.vocabulary import (
    CaseId,
    MunicipalityCode,
    ProviderId,
    SubjectRef,
    TieKind,
)
from tests.cli.conftest import case
from tests.security.telling import told_of
from tests.unit.nights import (
    AS_OF,
    B2,
    GEOGRAPHY,
    GROUPS,
    POLICY,
    RIVALRY,
    TIES,
    founded,
    night,
    placed,
    rival,
)


@pytest.fixture
def register() -> Iterator[Register]:
    with founded() as made:
        yield made


def test_a_feud_between_their_groups_is_told_to_both_once(register: Register) -> None:
    assert not [c for c in night(register).changes if c.finding.kind is FindingKind.PLACED]
    rival(register)
    second = night(register, AS_OF + timedelta(days=1))
    new = [c for c in second.changes if c.finding.kind is FindingKind.PLACED]
    assert [(c.kind, c.urgency) for c in new] == [(ChangeKind.NEW, Urgency.RED)] * 2
    assert all(Trigger.ALLIANCE in c.triggers for c in new)
    alerts = [a for a in second.alerts.values() if a.kind is FindingKind.PLACED]
    assert sorted(a.owner for a in alerts) == ["U-1", "U-2"]
    assert alerts[0].partner == alerts[1].id
    assert alerts[1].partner == alerts[0].id
    again = night(register, AS_OF + timedelta(days=1))
    assert not again.changes
    assert not again.alerts
    assert not second.is_silent
    assert again.is_silent
    assert again.looked_at == 0
    assert again.total == 2


def test_peace_closes_the_alerts(register: Register) -> None:
    rival(register)
    night(register)
    register.import_network("main", network_of(TIES, groups=GROUPS), AS_OF)
    after = night(register, AS_OF + timedelta(days=1))
    gone = [c for c in after.changes if c.finding.kind is FindingKind.PLACED]
    assert [c.kind for c in gone] == [ChangeKind.GONE] * 2
    assert all(c.triggers == (Trigger.ALLIANCE,) for c in gone)
    closed = [a for a in after.alerts.values() if a.kind is FindingKind.PLACED]
    assert [a.state for a in closed] == [AlertState.CLOSED] * 2


def test_a_red_alert_is_repeated_and_escalates_until_somebody_takes_it(
    register: Register,
) -> None:
    rival(register)
    first = night(register)
    red = [a for a in first.alerts.values() if a.urgency is Urgency.RED]
    assert red
    second = night(register, AS_OF + timedelta(days=1))
    assert {second.alerts[a.id].times for a in red} == {2}
    assert {second.alerts[a.id].state for a in red} == {AlertState.OPEN}
    fourth = night(register, AS_OF + timedelta(days=3))
    assert {fourth.alerts[a.id].state for a in red} == {AlertState.ESCALATED}
    acknowledge(register, red[0].id, by="officer", on=AS_OF + timedelta(days=3))
    fifth = night(register, AS_OF + timedelta(days=4))
    assert red[0].id not in fifth.alerts
    assert red[1].id in fifth.alerts


def test_one_provider_for_two_who_collide_is_told_wherever_its_houses_are(
    register: Register,
) -> None:
    rival(register)
    register.import_placements(
        [
            placed("P-1", "2580", "U-1", start=date(2025, 1, 1), end=date(2025, 2, 1)),
        ]
    )
    night(register)
    moved = [
        replace(s.placement, provider=ProviderId("V-1"), municipality=MunicipalityCode(code))
        for s, code in zip(
            [s for s in register.placements() if s.placement.end is None],
            ("1280", "2580"),
            strict=True,
        )
    ]
    for s in register.placements():
        register.remove_placement(s.id, AS_OF)
    register.import_placements(moved)
    after = night(register)
    told = [c for c in after.changes if c.finding.kind is FindingKind.PROVIDER]
    assert [c.triggers[0] for c in told] == [Trigger.PROVIDER] * 2
    assert {c.urgency for c in told} == {Urgency.RED}
    assert not [c for c in after.changes if c.finding.kind is FindingKind.PLACED and c.kind.is_bad]


def test_new_presence_and_review_have_their_own_codes(register: Register) -> None:
    rival(register)
    night(register)
    register.import_network(
        "main",
        network_of(
            [*TIES, RIVALRY],
            presences=[
                PresenceReport(
                    actor="G-2", municipality="0180", strength=1.0, grade=B2, last_seen=AS_OF
                )
            ],
            groups=GROUPS,
        ),
        AS_OF,
    )
    after = night(register)
    told = [c for c in after.changes if c.finding.kind is FindingKind.PRESENCE]
    assert told
    assert all(c.triggers[0] is Trigger.PRESENCE for c in told)
    for s in register.placements():
        register.remove_placement(s.id, AS_OF)
    register.import_placements([placed("P-1", "0180", "U-1", review_by=AS_OF)])
    review = [c for c in night(register).changes if c.finding.kind is FindingKind.REVIEW]
    assert [(c.triggers, c.urgency) for c in review] == [((Trigger.REVIEW,), Urgency.INFO)]


def test_what_is_stored_reads_back_and_shows_nothing(register: Register) -> None:
    rival(register)
    told = night(register)
    state = told.state
    assert type(state).from_bytes(state.to_bytes()) == state
    stored = read_alerts(register.entries(DocumentKind.ALERT))
    assert stored == dict(told.alerts)
    for alert in stored.values():
        assert alert.placement not in repr(alert)
    assert told_of(repr(told), ("0180", "P-1")) == []


def test_the_two_owners_write_to_each_other_under_their_own_alerts(register: Register) -> None:
    rival(register)
    one, other = (a for a in night(register).alerts.values() if a.kind is FindingKind.PLACED)
    actors = Actor(who="A"), Actor(who="B")
    now = datetime(2026, 11, 2, tzinfo=UTC)
    for actor, alert, text in zip(actors, (one.id, other.id), ("Ring.", "Gjort."), strict=True):
        desk = Desk(register.desk.vault, Session(actor=actor, clock=lambda: now), single_user=True)
        messages.send(desk, alert, text, days=3)
        told = messages.read(desk, alert)
    assert {message.text for message in told} == {"Ring.", "Gjort."}
    assert {message.alert for message in told} == {other.id}


def test_an_erased_subject_leaves_neither_alert_nor_event_nor_name(register: Register) -> None:
    rival(register)
    register.put_case("C-1", json.dumps(case("C-1", "P-1")).encode())
    told = {"schema": "placement_engine/event", "version": 1, "subject": "P-1"}
    add_event(
        register,
        json.dumps({**told, "kind": "visit", "date": "2026-10-30"}),
        codes=GEOGRAPHY.codes,
        entropy=lambda size: b"\7" * size,
    )
    mine = {a.id for a in night(register).alerts.values() if a.subject == "P-1"}
    assert len(mine) > 1
    without = network_of([tie for tie in TIES if "P-1" not in (tie.a, tie.b)], groups=GROUPS)
    register.import_network("main", without, AS_OF)
    erase(register.desk, [CaseId("C-1")], {CaseId("C-1"): SubjectRef("P-1")}, AS_OF)
    assert not mine & set(register.entries(DocumentKind.ALERT))
    assert not register.entries(DocumentKind.EVENT)
    for key, payload in register.entries(DocumentKind.NIGHT).items():
        assert b"P-1" not in (zlib.decompress(payload) if key == STATE_KEY else payload)
    after = night(register, AS_OF + timedelta(days=1))
    assert after.total == 1
    assert after.changes
    assert all(c.kind is ChangeKind.GONE for c in after.changes)


def codes_of(told: Night, kind: FindingKind) -> set[Trigger]:
    return {code for c in told.changes if c.finding.kind is kind for code in c.triggers}


def test_an_act_of_violence_a_new_policy_and_a_new_threat_level_have_their_codes(
    register: Register,
) -> None:
    night(register)
    act = TieReport(a="P-1", b="P-2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF)
    register.import_network("main", network_of([*TIES, act], groups=GROUPS), AS_OF)
    assert Trigger.CONFLICT in codes_of(night(register), FindingKind.PLACED)
    register.import_network("main", network_of(TIES, groups=GROUPS), AS_OF)
    gone = night(register)
    assert codes_of(gone, FindingKind.PLACED) == {Trigger.SOURCE}
    rival(register)
    night(register)
    stricter = replace(POLICY, separation=replace(POLICY.separation, hostility=(0.2, 0.1, 0.05)))
    told = night(register, policy=stricter)
    assert told.looked_at == told.total
    assert codes_of(told, FindingKind.PLACED) == {Trigger.TERMS}


def test_a_quarrel_of_somebody_in_the_household_has_its_own_code_and_path(
    register: Register,
) -> None:
    living = {"id": "P-3", "age": 40, "guardian_of": []}
    register.put_case("C-1", json.dumps(case("C-1", "P-1", household=[living])).encode())
    night(register)
    act = TieReport(a="P-3", b="P-2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF)
    register.import_network("main", network_of([*TIES, act], groups=GROUPS), AS_OF)
    told = night(register)
    assert codes_of(told, FindingKind.PLACED) == {Trigger.CONFLICT}
    new = [c for c in told.changes if c.finding.kind is FindingKind.PLACED]
    assert len(new) == 2
    for change in new:
        path = path_of(change, told.causes)
        assert path is not None
        assert set(path.nodes) == {"P-3", "P-2"}


def test_a_night_that_is_cut_short_while_its_moves_are_sought_is_done_again(
    register: Register,
) -> None:
    rival(register)

    def cut(_night: Night) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        night(register, before_writing=cut)
    assert not register.entries(DocumentKind.NIGHT)
    assert not register.entries(DocumentKind.ALERT)
    told: list[Night] = []
    again = night(register, before_writing=told.append)
    assert again.changes
    assert told == [again]


def test_an_old_event_of_a_threat_actor_is_not_the_reason_for_a_new_tie(
    register: Register,
) -> None:
    ties = [*TIES, TieReport(a="T-1", b="P-9", kind=TieKind.KINSHIP, grade=B2, last_seen=AS_OF)]
    register.import_network("main", network_of(ties, groups=GROUPS), AS_OF)
    told = {"schema": "placement_engine/event", "version": 1, "actor": "T-1", "kind": "released"}
    add_event(
        register,
        json.dumps({**told, "date": "2026-10-20", "municipality": "0180"}),
        codes=GEOGRAPHY.codes,
        entropy=lambda size: b"\7" * size,
    )
    assert not codes_of(night(register), FindingKind.ACTOR)
    threat = TieReport(a="T-1", b="P-1", kind=TieKind.THREAT, grade=B2, last_seen=AS_OF)
    register.import_network("main", network_of([*ties, threat], groups=GROUPS), AS_OF)
    assert codes_of(night(register), FindingKind.ACTOR) == {Trigger.CONFLICT}


def test_another_program_looks_at_all_and_is_told_as_the_reason(register: Register) -> None:
    rival(register)
    state = night(register).state
    # The program of the night before had seen nothing, and did not tell its version.
    older = {key: replace(s, findings=()) for key, s in state.standings.items()}
    plain = json.loads(zlib.decompress(replace(state, standings=older).to_bytes()))
    del plain["program"]
    told = zlib.compress(json.dumps(plain).encode())
    register.put_entries(DocumentKind.NIGHT, {STATE_KEY: told})
    again = night(register)
    assert again.looked_at == again.total
    assert codes_of(again, FindingKind.PLACED) == {Trigger.TERMS}
    assert night(register).looked_at == 0


def test_a_year_without_a_review_and_the_end_of_retention_are_told_once(
    register: Register,
) -> None:
    def reviews(told: Night) -> list[tuple[int, tuple[Trigger, ...]]]:
        return [
            (c.finding.level, c.triggers)
            for c in told.changes
            if c.finding.kind is FindingKind.REVIEW
        ]

    register.import_placements(
        [placed("P-7", "0180", "U-1", start=date(2020, 1, 1), end=date(2021, 12, 1))]
    )
    kept = 60 * 30.4375
    first = night(register)
    assert reviews(first) == []
    assert first.facts.expired() == 0
    over = date(2021, 12, 1) + timedelta(days=math.ceil(kept))
    told = night(register, over)
    assert told.facts.expired() == 1
    assert night(register, over).facts.expired() == 0
    assert reviews(night(register, date(2026, 12, 20))) == [(1, (Trigger.REVIEW,))] * 2
    later = night(register, date(2027, 1, 2))
    assert reviews(later) == [(2, (Trigger.REVIEW,))] * 2
    assert later.facts.expired() == 0
    assert later.is_silent


def test_a_child_that_comes_of_age_and_a_household_that_grows_are_told(
    register: Register,
) -> None:
    rival(register)
    night(register)
    child = {"id": "P-9", "age": 17, "guardian_of": []}
    entered = case("C-1", "P-1", household=[child])
    register.put_case("C-1", json.dumps(entered).encode())
    grown = night(register)
    assert grown.looked_at == grown.total
    later = night(register, date(2027, 10, 2))
    told = [c for c in later.changes if c.finding.kind is FindingKind.REVIEW]
    grown_up = [(c.finding.other, c.triggers) for c in told if c.finding.other]
    assert grown_up == [(f"majority {person_mark('P-9')}", (Trigger.PERSON,))]
