"""Named cases of hostility: what an analyst would call right or wrong at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from placement_engine.graph import PresenceAt, RivalGraph
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.testing.networks import PresenceReport, TieReport, network_of
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
TRIBES = Path(__file__).parents[2].parent / "shared/data/networks/gahuku_gama"
HIGH_PAIR = 0.15
"""The step of h_or at which two people get a hard separation and count as a HÖG pair."""


def months_ago(months: float) -> date:
    return AS_OF - timedelta(days=round(months * DAYS_PER_MONTH))


def tie(
    a: str, kind: TieKind, b: str, grade: str = "A1", months: float = 0, **more: object
) -> TieReport:
    return TieReport(
        a=a,
        b=b,
        kind=kind,
        grade=Grade(grade[0], int(grade[1])),
        last_seen=months_ago(months),
        **more,  # type: ignore[arg-type]
    )


def member(who: str, group: str, grade: str = "A1", months: float = 0) -> TieReport:
    return tie(who, TieKind.MEMBERSHIP, group, grade, months)


def past_member(who: str, group: str, grade: str = "A1", months: float = 0) -> TieReport:
    ended = months_ago(months)
    return tie(who, TieKind.MEMBERSHIP, group, grade, months, ended=ended)


def defected(who: str, group: str, grade: str = "A1") -> TieReport:
    return tie(who, TieKind.DEFECTION, group, grade)


def graph(
    rows: Sequence[TieReport],
    *,
    presences: Sequence[PresenceReport] = (),
    implied: frozenset[str] = frozenset(),
    confirmed: frozenset[tuple[str, str]] = frozenset(),
) -> RivalGraph:
    return RivalGraph.build(
        network_of(rows, presences=presences),
        as_of=AS_OF,
        policy=POLICY,
        implied_defectors=implied,
        confirmed_defectors=confirmed,
    )


def h_or(found: RivalGraph, a: str = "P1", b: str = "P2") -> float:
    return float(found.scores([a], [b]).h_or[0, 0])


def reunion(found: RivalGraph, a: str = "P1", b: str = "P2") -> float:
    return float(found.scores([a], [b]).reunion[0, 0])


# Leavers and past members. ---------------------------------------------------------------


def test_past_members_of_rival_groups_are_a_high_pair() -> None:
    found = graph(
        [
            past_member("P1", "G1", "B2", 36),
            past_member("P2", "G2", "B2", 36),
            tie("G1", TieKind.RIVALRY, "G2", "B2", 24),
        ]
    )
    assert h_or(found) >= HIGH_PAIR
    assert h_or(found) == pytest.approx(0.1546, abs=1e-4)


def test_two_leavers_of_one_group_have_reunion_and_no_hostility() -> None:
    found = graph(
        [
            past_member("P1", "G1"),
            past_member("P2", "G1"),
            defected("P1", "G1"),
            defected("P2", "G1"),
        ]
    )
    assert h_or(found) == 0
    assert reunion(found) > 0


def test_an_old_comrade_between_two_leavers_makes_them_no_enemies() -> None:
    found = graph(
        [
            defected("P1", "G1"),
            defected("P2", "G1"),
            member("P3", "G1"),
            tie("P1", TieKind.KINSHIP, "P3"),
            tie("P2", TieKind.CO_OFFENDING, "P3"),
        ]
    )
    assert h_or(found) == 0
    assert h_or(found, "P1", "P3") > HIGH_PAIR


def test_a_leaver_and_an_active_member_are_a_high_pair() -> None:
    found = graph([defected("P1", "G1", "B2"), member("P2", "G1", "B2", 12)])
    assert h_or(found) >= HIGH_PAIR


def test_a_leaver_and_a_past_member_are_no_enemies() -> None:
    assert h_or(graph([defected("P1", "G1"), past_member("P2", "G1")])) == 0


def test_a_past_member_still_has_the_enemies_of_his_group() -> None:
    found = graph([past_member("P1", "G1"), tie("P2", TieKind.THREAT, "G1")])
    assert h_or(found) > HIGH_PAIR


def test_a_weak_report_of_a_defection_gives_no_privilege() -> None:
    rows = [member("P1", "G1"), defected("P2", "G1")]
    assert h_or(graph(rows)) > HIGH_PAIR
    planted = graph([*rows, defected("P1", "G1", "C3")])
    assert h_or(planted) >= h_or(graph(rows))


def test_a_believed_or_confirmed_defection_gives_it() -> None:
    rows = [member("P1", "G1"), defected("P2", "G1"), defected("P1", "G1", "C3")]
    by_grade = graph([*rows[:2], defected("P1", "G1", "B2")])
    by_analyst = graph(rows, confirmed=frozenset({("P1", "G1")}))
    # What is left is that P2 may still be a member himself, which nobody has reported.
    assert h_or(by_grade) == 0
    assert h_or(by_analyst) == 0


def test_confirming_somebody_the_network_does_not_know_is_nothing() -> None:
    rows = [member("P1", "G1"), defected("P2", "G1")]
    assert h_or(graph(rows, confirmed=frozenset({("P9", "G1"), ("P1", "G9")}))) == h_or(graph(rows))


def test_an_implied_defection_is_as_strong_as_the_membership_ever_was() -> None:
    rows = [past_member("P1", "G1", "B2", 60), member("P2", "G1")]
    assert h_or(graph(rows)) == 0
    found = graph(rows, implied=frozenset({"P1"}))
    quality = POLICY.grading.quality(Grade("B", 2))
    assert h_or(found) == pytest.approx(quality * 0.9 * POLICY.grading.quality(Grade("A", 1)))


def test_an_implied_defection_never_gives_the_privilege() -> None:
    rows = [member("P1", "G1"), defected("P2", "G1")]
    found = graph(rows, implied=frozenset({"P1"}))
    assert h_or(found) == pytest.approx(h_or(graph(rows)))
    assert found.coverage("P1") == graph(rows).coverage("P1")


def test_the_stronger_of_an_implied_and_a_reported_defection_counts() -> None:
    rows = [member("P1", "G1", "B2"), member("P2", "G1"), defected("P1", "G1", "E5")]
    weak = graph(rows)
    found = graph(rows, implied=frozenset({"P1"}))
    assert h_or(found) > h_or(weak)
    certain = [*rows[:2], defected("P1", "G1", "A1")]
    assert h_or(graph(certain, implied=frozenset({"P1"}))) == h_or(graph(certain))


def test_a_returned_defector_is_forgiven_only_on_a_good_report() -> None:
    rows = [member("P2", "G1")]

    def left(grade: str) -> TieReport:
        return tie("P1", TieKind.DEFECTION, "G1", grade, ended=months_ago(1))

    assert h_or(graph([*rows, left("B2")])) == 0
    assert h_or(graph([*rows, left("C2")])) == h_or(graph([*rows, defected("P1", "G1", "C2")])) > 0
    assert h_or(graph([*rows, left("B6")])) > 0
    # One good report of a return does not undo another report of the defection.
    assert h_or(graph([*rows, left("B2"), defected("P1", "G1", "B2")])) > 0


def test_who_has_returned_carries_the_will_of_the_group_again() -> None:
    ties = (defected("P1", "G1"), member("P2", "G1"))
    left = tie("P2", TieKind.DEFECTION, "G1", "A1", 60)
    back = tie("P2", TieKind.DEFECTION, "G1", "A1", 30, ended=months_ago(30))
    again = tie("P2", TieKind.DEFECTION, "G1", "A1", 10)
    weak = tie("P2", TieKind.DEFECTION, "G1", "C3", 10)
    assert h_or(graph(ties)) > HIGH_PAIR
    assert h_or(graph([*ties, left])) == 0.0
    assert h_or(graph([*ties, left, back])) > HIGH_PAIR
    assert h_or(graph([*ties, left, back, weak])) > HIGH_PAIR
    assert h_or(graph([*ties, left, back, again])) == 0.0


# Groups. ---------------------------------------------------------------------------------


def test_an_enmity_inside_a_group_beats_common_membership() -> None:
    together = [member("P1", "G1"), member("P2", "G1")]
    found = graph([*together, tie("P1", TieKind.CONFLICT, "P2", "B2")])
    assert h_or(graph(together)) == 0
    assert h_or(found) == pytest.approx(POLICY.grading.quality(Grade("B", 2)))
    assert found.scores(["P1"], ["P2"]).direct[0, 0]


def test_a_split_inside_a_gang_separates_its_wings() -> None:
    rows = [member(f"P{i}", "G1") for i in range(1, 7)]
    rows += [tie("P1", TieKind.CONFLICT, "P4"), tie("P2", TieKind.THREAT, "P5")]
    rows += [tie("P1", TieKind.KINSHIP, "P3"), tie("P4", TieKind.KINSHIP, "P6")]
    found = graph(rows)
    # Brothers of the two who shoot at each other are enemies over them.
    assert h_or(found, "P3", "P6") >= HIGH_PAIR
    assert h_or(found, "P1", "P4") > h_or(found, "P3", "P6")
    # One gang still: whoever is shot at has comrades everywhere in it, so that nobody in it
    # is free of hostility, but nobody stands as near to it as the two who shoot.
    assert h_or(found, "P1", "P3") < h_or(found, "P1", "P4")
    assert h_or(found, "P2", "P5") > h_or(found, "P2", "P3")


def test_an_ended_alliance_carries_nothing() -> None:
    def with_alliance(ended: date | None = None) -> float:
        return h_or(
            graph(
                [
                    member("P1", "G1"),
                    tie("G1", TieKind.ALLIANCE, "G2", ended=ended),
                    tie("G2", TieKind.RIVALRY, "G3"),
                    member("P2", "G3"),
                ]
            )
        )

    assert with_alliance() == pytest.approx(0.9 * 0.5 * 0.9 * _quality_to(4))
    assert with_alliance(ended=months_ago(1)) == 0
    assert with_alliance(ended=AS_OF) == 0
    assert with_alliance(ended=AS_OF + timedelta(days=1)) == with_alliance()


def _quality_to(power: int) -> float:
    return POLICY.grading.quality(Grade("A", 1)) ** power


def test_an_ended_rivalry_is_not_lowered_without_an_analyst() -> None:
    rows = [member("P1", "G1"), member("P2", "G2")]
    going_on = graph([*rows, tie("G1", TieKind.RIVALRY, "G2", months=12)])
    over = tie("G1", TieKind.RIVALRY, "G2", months=12, ended=months_ago(12))
    assert h_or(graph([*rows, over])) == h_or(going_on)


def test_a_hub_of_8000_members_is_fast_and_equals_the_closed_form() -> None:
    rows = [member(f"P{i}", "G1", "B2", 24) for i in range(8000)]
    rows += [member(f"Q{i}", "G2", "A1") for i in range(40)]
    rows += [tie("G1", TieKind.RIVALRY, "G2", "B2", 24)]
    found = graph(rows)
    hub, rivals = [f"P{i}" for i in range(8000)], [f"Q{i}" for i in range(40)]
    began = time.perf_counter()
    scores = found.scores(rivals, hub)
    seconds = time.perf_counter() - began
    age = 24 * DAYS_PER_MONTH
    age = round(age) / DAYS_PER_MONTH
    q = POLICY.grading.quality(Grade("B", 2))
    chance = (
        0.9 * q * (0.5 + 0.5 * 0.5 ** (age / 48))
        * q * (0.3 + 0.7 * 0.5 ** (age / 60))
        * 0.9 * POLICY.grading.quality(Grade("A", 1))
    )  # fmt: skip
    np.testing.assert_allclose(scores.h_or, chance, rtol=0, atol=1e-12)
    np.testing.assert_allclose(scores.h_max, chance, rtol=0, atol=1e-12)
    assert not scores.reunion.any()
    assert not found.scores(hub[:50], hub).h_or.any()
    assert seconds < 5  # a fifth of a second on an idle machine


def test_the_gang_of_somebody_is_his_strongest_membership() -> None:
    found = graph(
        [
            member("P1", "G1", "C3"),
            member("P1", "G2", "B2"),
            past_member("P1", "G3", "A1"),
            member("P2", "G5", "B2"),
            member("P2", "G4", "B2"),
            past_member("P3", "G1"),
        ]
    )
    asked = ("P1", "P2", "P3", "G1", "nobody", "P1")
    assert found.gangs_of(asked) == ("G2", "G4", "P3", "G1", "nobody", "G2")
    assert found.gangs_of(()) == ()


# What is known. --------------------------------------------------------------------------


def test_coverage_counts_ties_with_a_grade_that_says_something() -> None:
    found = graph(
        [
            member("P1", "G1", "B2", 10),
            member("P1", "G1", "B3", 3),
            tie("P1", TieKind.KINSHIP, "P2", "F1"),
            tie("P1", TieKind.CONFLICT, "P3", "A6"),
            tie("P4", TieKind.THREAT, "P1", "E5", 7),
            tie("P1", TieKind.ASSOCIATION, "P5", "A1", -2),
        ]
    )
    assert found.coverage("P1").graded_ties == 2
    assert found.coverage("P1").latest == months_ago(3)
    assert found.coverage("P2").graded_ties == 0
    assert found.coverage("P2").latest is None
    assert found.coverage("nobody").graded_ties == 0


def seen(strength: float, grade: str = "A1", months: float = 0, **more: object) -> PresenceReport:
    return PresenceReport(
        actor="G1",
        municipality="0180",
        strength=strength,
        grade=Grade(grade[0], int(grade[1])),
        last_seen=months_ago(months),
        **more,  # type: ignore[arg-type]
    )


def presence(*reports: PresenceReport) -> tuple[PresenceAt, ...]:
    return graph([], presences=reports).presences()


def test_a_presence_fades_to_its_floor() -> None:
    (now,), (later,) = presence(seen(0.8)), presence(seen(0.8, months=12))
    (ancient,) = presence(seen(0.8, months=1200))
    assert now.strength == pytest.approx(0.8 * _quality_to(1))
    assert later.strength == pytest.approx(now.strength * 0.55, rel=1e-3)
    assert ancient.strength == pytest.approx(now.strength * 0.1)
    assert (now.actor, now.municipality, now.is_group) == ("G1", "0180", True)
    assert later.latest == months_ago(12)


def test_an_ended_presence_is_gone_and_a_later_one_not_there_yet() -> None:
    assert presence(seen(1, ended=AS_OF)) == ()
    assert presence(seen(1, months=-1)) == ()
    assert len(presence(seen(1, ended=AS_OF + timedelta(days=1)))) == 1
    assert presence(seen(0)) == ()


def test_presences_of_different_sources_combine_and_of_one_do_not() -> None:
    (one,) = presence(seen(0.5, "B2"), seen(0.25, "B2", 1))
    (alone,) = presence(seen(0.5, "B2"))
    (two,) = presence(seen(0.5, "B2"), seen(0.5, "A2"))
    b = 0.5 * POLICY.grading.quality(Grade("B", 2))
    a = 0.5 * POLICY.grading.quality(Grade("A", 2))
    assert one.strength == alone.strength == pytest.approx(b)
    assert two.strength == pytest.approx(1 - (1 - a) * (1 - b))
