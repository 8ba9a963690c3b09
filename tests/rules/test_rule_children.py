from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.case import Case, HouseholdMember
from placement_engine.cases.rules.children import RULE
from placement_engine.intelligence import Facility
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import AS_OF
from placement_engine.vocabulary import MunicipalityCode, Need

HOMES = [
    Facility(
        municipality=MunicipalityCode(code),
        kind=kind,
        capacity=capacity,
        last_seen=AS_OF,
        source="A",
        provider=None,
    )
    for code, kind, capacity in (
        ("0380", Need.FAMILY_HOME, None),
        ("1480", Need.HVB, 2),
        ("1280", Need.HVB, 0),
        ("0180", Need.PROTECTED_HOUSING, None),
    )
]
SHELTERED = replace(PLAIN, needs=(Need.PROTECTED_HOUSING,))


def sheltered(members: tuple[HouseholdMember, ...], *, minor: bool = False) -> Case:
    return replace(SHELTERED, household=members, minor=minor)


@pytest.mark.parametrize(
    "case",
    [
        sheltered((), minor=True),
        sheltered(household(34), minor=True),  # an adult, and nobody says a guardian
        sheltered(household(17, guardians=[(0, -1)]), minor=True),  # a child is no guardian
        sheltered(household(34, 9, guardians=[(0, -1)]), minor=True),  # the other child has none
    ],
    ids=["alone", "with an adult", "with a child as guardian", "with an unaccompanied child"],
)
def test_a_child_without_a_guardian_needs_a_family_home_or_hvb(
    bench: RuleBench, case: Case
) -> None:
    world = bench.world(case, facilities=HOMES)
    assert bench.forbidden(RULE, world) == set(bench.geography.codes) - {"0380", "1480"}
    assert bench.judge(RULE, world, "0180").forbidden
    assert bench.judge(RULE, world, "1280").forbidden
    assert not bench.judge(RULE, world, "0380").forbidden
    assert not bench.judge(RULE, world, "1480").unchecked


@pytest.mark.parametrize(
    "case",
    [
        sheltered(household(34, guardians=[(0, -1)]), minor=True),
        sheltered(household(34, 9, guardians=[(0, -1), (0, 1)]), minor=True),
        sheltered(household(34, 9, guardians=[(0, 1)])),
        sheltered(household(18)),
        sheltered(()),
        replace(PLAIN, household=household(9)),
    ],
    ids=["guardian", "guardian of two", "co-guardian", "no child", "alone", "other housing"],
)
def test_a_guardian_who_is_placed_too_is_enough(bench: RuleBench, case: Case) -> None:
    for facilities in (HOMES, []):
        world = bench.world(case, facilities=facilities)
        verdict = bench.judge(RULE, world, "0180")
        assert not verdict.forbidden
        assert not verdict.unchecked
        assert bench.forbidden(RULE, world) == frozenset()


def test_without_data_on_homes_it_is_unchecked_and_never_met(bench: RuleBench) -> None:
    shelter = [facility for facility in HOMES if facility.kind is Need.PROTECTED_HOUSING]
    verdict = bench.judge(RULE, bench.world(sheltered((), minor=True), facilities=shelter), "0180")
    assert verdict.unchecked
    assert not verdict.forbidden


def test_custody_of_an_adult_subject_cannot_be_stated_and_is_unchecked(bench: RuleBench) -> None:
    world = bench.world(sheltered(household(9)), facilities=HOMES)
    verdict = bench.judge(RULE, world, "0180")
    assert verdict.unchecked
    assert not verdict.forbidden


def test_a_child_alone_without_stated_housing_is_unchecked(bench: RuleBench) -> None:
    world = bench.world(replace(PLAIN, minor=True), facilities=HOMES)
    assert bench.judge(RULE, world, "0180").unchecked
    assert bench.forbidden(RULE, world) == frozenset()


def test_the_law_stands_with_its_date_and_its_caveat() -> None:
    law = RULE.legal_source
    assert law is not None
    assert "2025:400" in law
    assert "1 July 2025" in law
    assert "2024:79" in law
    assert law.endswith("to be checked by a lawyer")
