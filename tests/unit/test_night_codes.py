"""Each reason code, and no other, where its cause is the only thing that has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from placement_engine.cases import judging
from placement_engine.cases.judging import Author
from placement_engine.cases.standing import standing
from placement_engine.intelligence.identity import merged
from placement_engine.nightly import ChangeKind, FindingKind
from placement_engine.nightly.events import add_event
from placement_engine.nightly.recheck import Night
from placement_engine.nightly.triggers import path_of
from placement_engine.register import Register
from placement_engine.testing.networks import PresenceReport, TieReport, network_of
from placement_engine.vocabulary import Grade, ProviderId, TieKind
from tests.cli.conftest import case
from tests.unit.nights import (
    AS_OF,
    B2,
    GEOGRAPHY,
    GROUPS,
    POLICY,
    RIVALRY,
    TIES,
    founded,
    known,
    night,
    placed,
)

NEAR, NEXT, FAR = "0180", "0380", "2580"
Step = Callable[[Register], None]
AUTHOR = Author(by="A", day=AS_OF, reason="r", entropy=lambda size: b"\1" * size)


def tie(a: str, b: str, kind: TieKind, grade: Grade = B2) -> TieReport:
    return TieReport(a=a, b=b, kind=kind, grade=grade, last_seen=AS_OF)


QUARREL = tie("P-1", "P-2", TieKind.CONFLICT)
THREAT = tie("T-1", "P-1", TieKind.THREAT)
RIVAL_TOO = tie("P-5", "G-2", TieKind.MEMBERSHIP)
ENDED = replace(RIVALRY, ended=AS_OF)
WEAK = replace(RIVALRY, grade=Grade("D", 4))
"""Too weak for a finding of its own in the next municipality, but not for a share of risk."""
PAST = replace(tie("P-7", "G-3", TieKind.MEMBERSHIP), ended=AS_OF - timedelta(days=30))


def knows(*ties: TieReport, seen: tuple[tuple[str, str], ...] = ()) -> Step:
    """These ties are known, and these actors there."""
    presences = [
        PresenceReport(actor=actor, municipality=code, strength=1.0, grade=B2, last_seen=AS_OF)
        for actor, code in seen
    ]

    def step(register: Register) -> None:
        network = network_of([*TIES, *ties], presences=presences, groups=(*GROUPS, "G-3"))
        register.import_network("main", network, AS_OF)

    return step


def places(subject: str, code: str, provider: str | None = None) -> Step:
    """She lives there now, and nowhere else."""

    def step(register: Register) -> None:
        for stored in register.placements():
            if stored.placement.subject == subject:
                register.remove_placement(stored.id, AS_OF)
        house = ProviderId(provider) if provider else None
        register.import_placements([placed(subject, code, "U-9", provider=house)])

    return step


def both(*steps: Step) -> Step:
    def step(register: Register) -> None:
        for each in steps:
            each(register)

    return step


def lives_with(subject: str, member: str) -> Step:
    entered = case("C-1", subject, household=[{"id": member, "age": 40, "guardian_of": []}])
    return lambda register: register.put_case("C-1", json.dumps(entered).encode())


def event(actor: str, kind: str, **where: str) -> Step:
    head = {"schema": "placement_engine/event", "version": 1, "date": AS_OF.isoformat()}
    told = json.dumps({**head, "actor": actor, "kind": kind, **where})

    def step(register: Register) -> None:
        add_event(register, told, codes=GEOGRAPHY.codes, entropy=lambda size: b"\7" * size)

    return step


def peace(register: Register) -> None:
    now = standing(register, policy=POLICY, as_of=AS_OF)
    imported = merged(register.network(), now.identity)
    judging.confirm_peace(register, "G-1", "G-2", author=AUTHOR, imported=imported, known=now)


def one_person(register: Register) -> None:
    now = standing(register, policy=POLICY, as_of=AS_OF)
    judging.merge(register, "P-1", "P-9", author=AUTHOR, known=now, cases=[])


def told(night_: Night, subject: str) -> dict[tuple[str, str], str]:
    """What is told of one placed person, and why."""
    who = night_.causes.subjects
    return {
        (c.kind.value, c.finding.kind.value): " ".join(c.triggers)
        for c in night_.changes
        if who[c.placement] == subject
    }


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        pytest.param(
            knows(RIVALRY, RIVAL_TOO),
            places("P-5", NEAR),
            {("new", "placed"): "T1", ("worse", "risk"): "T1"},
            id="somebody moves in, who counts as a leaver from now on",
        ),
        pytest.param(knows(RIVALRY, RIVAL_TOO), places("P-5", FAR), {}, id="far away"),
        pytest.param(
            both(places("P-2", FAR), knows(RIVALRY)),
            places("P-2", NEXT),
            {("new", "placed"): "T1", ("new", "risk"): "T1"},
            id="somebody moves near",
        ),
        pytest.param(
            knows(),
            knows(QUARREL),
            {("new", "placed"): "T2", ("new", "risk"): "T2"},
            id="a conflict",
        ),
        pytest.param(
            knows(), knows(RIVALRY), {("new", "placed"): "T3", ("new", "risk"): "T3"}, id="a feud"
        ),
        pytest.param(
            knows(ENDED),
            peace,
            {("gone", "placed"): "T3", ("gone", "risk"): "T3"},
            id="a confirmed peace",
        ),
        pytest.param(
            knows(RIVALRY, tie("P-9", "P-2", TieKind.CONFLICT)),
            one_person,
            {("worse", "placed"): "T3", ("worse", "risk"): "T3"},
            id="two records are one person",
        ),
        pytest.param(
            knows(THREAT),
            event("T-1", "moved", municipality=NEAR),
            {("new", "threat_actor"): "T4", ("new", "risk"): "T4"},
            id="a threat actor moves in",
        ),
        pytest.param(
            knows(THREAT, seen=(("T-1", NEAR),)),
            event("T-1", "arrested"),
            {("gone", "threat_actor"): "T4", ("gone", "risk"): "T4"},
            id="a threat actor is arrested",
        ),
        pytest.param(
            knows(RIVALRY),
            knows(RIVALRY, seen=(("G-2", NEAR),)),
            {("new", "presence"): "T5", ("worse", "risk"): "T5"},
            id="a group turns up",
        ),
        pytest.param(
            knows(RIVALRY),
            knows(RIVALRY, seen=(("G-2", NEXT),)),
            {("worse", "risk"): "T5"},
            id="a group turns up further away",
        ),
        pytest.param(
            knows(RIVALRY, seen=(("G-2", NEAR),)),
            knows(RIVALRY),
            {("gone", "presence"): "T5", ("better", "risk"): "T5"},
            id="a group goes",
        ),
        pytest.param(
            knows(QUARREL),
            knows(),
            {("gone", "placed"): "T7", ("gone", "risk"): "T7"},
            id="a report withdrawn",
        ),
        pytest.param(
            knows(QUARREL),
            knows(replace(QUARREL, grade=Grade("E", 5))),
            {("better", "placed"): "T7", ("better", "risk"): "T7"},
            id="a report downgraded",
        ),
        pytest.param(
            knows(tie("P-8", "P-2", TieKind.CONFLICT)),
            lives_with("P-1", "P-8"),
            {("new", "placed"): "T8", ("new", "risk"): "T8"},
            id="somebody joins the household",
        ),
        pytest.param(
            both(knows(WEAK), places("P-2", FAR)),
            places("P-2", NEXT),
            {("new", "risk"): "T1"},
            id="a little risk by a move",
        ),
        pytest.param(
            both(knows(), places("P-2", NEXT)),
            knows(WEAK),
            {("new", "risk"): "T3"},
            id="a little risk by a feud",
        ),
        pytest.param(
            both(knows(replace(WEAK, ended=AS_OF)), places("P-2", NEXT)),
            peace,
            {("gone", "risk"): "T3"},
            id="a little risk ends by a peace",
        ),
        pytest.param(
            both(knows(WEAK), places("P-2", NEXT)),
            knows(),
            {("gone", "risk"): "T7"},
            id="a little risk withdrawn",
        ),
        pytest.param(
            knows(RIVALRY, RIVAL_TOO),
            both(places("P-5", NEAR), knows(RIVALRY, RIVAL_TOO, tie("P-5", "P-1", TieKind.THREAT))),
            {
                ("new", "placed"): "T1 T2",
                ("worse", "placed"): "T2",
                ("worse", "risk"): "T1 T2",
            },
            id="somebody moves in who threatens",
        ),
        pytest.param(
            both(knows(PAST), lives_with("P-1", "P-7")),
            knows(PAST, tie("G-3", "P-2", TieKind.CONFLICT)),
            {("new", "placed"): "T2", ("new", "risk"): "T2"},
            id="a conflict of a group that somebody in the household has left",
        ),
        pytest.param(
            knows(),
            knows(tie("P-1", "G-2", TieKind.DEFECTION)),
            {("new", "placed"): "T3", ("new", "risk"): "T3"},
            id="a defection is reported",
        ),
        pytest.param(
            both(knows(), places("P-2", FAR)),
            both(places("P-2", NEXT), knows(tie("P-1", "G-2", TieKind.DEFECTION))),
            {("new", "placed"): "T1 T3", ("new", "risk"): "T1 T3"},
            id="a defection is reported of one to whom somebody moves near",
        ),
        pytest.param(
            knows(),
            knows(tie("P-1", "P-7", TieKind.KINSHIP), tie("P-7", "P-2", TieKind.CONFLICT)),
            {("new", "placed"): "T3 T2", ("new", "risk"): "T2 T3"},
            id="a conflict of kin who was not known before",
        ),
        pytest.param(
            knows(QUARREL),
            both(places("P-2", FAR), knows()),
            {("gone", "placed"): "T1", ("gone", "risk"): "T1"},
            id="one moves away while a report is withdrawn",
        ),
    ],
)
def test_codes(before: Step, then: Step, expected: dict[tuple[str, str], str]) -> None:
    with founded() as register:
        before(register)
        night(register)
        then(register)
        assert told(night(register), "P-1") == expected
        assert not night(register).changes


def test_the_other_s_household_is_a_reason_too() -> None:
    with founded(tie("P-8", "P-2", TieKind.CONFLICT)) as register:
        night(register)
        lives_with("P-1", "P-8")(register)
        assert told(night(register), "P-2") == {("new", "placed"): "T8", ("new", "risk"): "T8"}


def test_that_she_counts_as_a_leaver_since_she_came_is_no_new_tie() -> None:
    with founded(RIVALRY, RIVAL_TOO) as register:
        night(register)
        places("P-5", NEAR)(register)
        night_ = night(register)
        assert told(night_, "P-2") == {("new", "placed"): "T1", ("worse", "risk"): "T1"}
        paths = [path_of(c, night_.causes) for c in night_.changes if c.finding.other]
        assert any(t.kind is TieKind.DEFECTION for path in paths if path for t in path.edges)


def test_weaker_paths_than_are_looked_at_are_new_ties_all_the_same() -> None:
    def quarrels(count: int, grade: Grade) -> list[TieReport]:
        kin = [f"K-{grade}-{n}" for n in range(count)]
        return [tie("P-1", k, TieKind.KINSHIP) for k in kin] + [
            tie(k, "P-2", TieKind.CONFLICT, grade) for k in kin
        ]

    strong = quarrels(5, Grade("D", 4))
    with founded(*strong) as register:
        night(register)
        known(register, *strong, *quarrels(9, Grade("D", 5)))
        later = night(register)
        assert told(later, "P-1") == {("worse", "placed"): "T3", ("worse", "risk"): "T3"}
        for change in later.changes[:2]:
            path = path_of(change, later.causes)
            assert path is None or all(t.grade != Grade("D", 5) for t in path.edges)


def test_a_first_night_tells_what_each_thing_is_of() -> None:
    with founded() as register:
        knows(RIVALRY, THREAT, seen=(("G-2", NEAR), ("T-1", NEAR)))(register)
        for subject in ("P-1", "P-2"):
            places(subject, NEAR, "V-1")(register)
        places("P-5", FAR)(register)
        first = night(register)
        assert told(first, "P-1") == {
            ("new", "placed"): "T1",
            ("new", "provider"): "T11",
            ("new", "threat_actor"): "T4",
            ("new", "presence"): "T5",
            ("new", "risk"): "T1 T4 T5 T11",
        }
        assert told(first, "P-5") == {("new", "unknown"): "T7"}


def test_ageing_alone_is_told_as_age() -> None:
    with founded(RIVALRY) as register:
        night(register)
        later = night(register, AS_OF + timedelta(days=1500))
        found = {c.finding.kind: c for c in later.changes if c.kind is ChangeKind.BETTER}
        assert set(found) == {FindingKind.PLACED, FindingKind.RISK}
        assert told(later, "P-1") == {
            ("better", "placed"): "T7",
            ("better", "risk"): "T7",
            ("new", "review"): "T9",
        }


def test_a_tie_that_ages_is_no_move_of_the_threat_actor() -> None:
    with founded() as register:
        knows(THREAT)(register)
        event("T-1", "moved", municipality=NEAR)(register)
        night(register)
        later = told(night(register, AS_OF + timedelta(days=900)), "P-1")
        assert later[("better", "threat_actor")] == "T7"


def test_one_provider_has_its_own_code_before_the_others() -> None:
    with founded(RIVALRY) as register:
        places("P-1", NEAR, "V-1")(register)
        night(register)
        places("P-2", FAR, "V-1")(register)
        found = told(night(register), "P-1")
        assert found[("new", "provider")] == "T11 T1"
        assert found[("gone", "placed")] == "T1"
