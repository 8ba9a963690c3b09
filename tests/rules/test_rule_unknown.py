from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.rules.unknown import RULE
from placement_engine.policy import Policy
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.vocabulary import Band


@pytest.mark.parametrize(("ties", "floor"), [(0, Band.MEDIUM), (1, Band.MEDIUM), (2, Band.LOW)])
def test_fewer_than_two_graded_ties_hold_the_band_up(
    bench: RuleBench, ties: int, floor: Band
) -> None:
    verdict = bench.judge(RULE, bench.world(graded_ties=[ties]), "0180")
    assert verdict.floor is floor
    assert not verdict.forbidden


@pytest.mark.parametrize(("age", "floor"), [(18, Band.MEDIUM), (17, Band.LOW)])
def test_adults_of_the_household_count(bench: RuleBench, age: int, floor: Band) -> None:
    case = replace(PLAIN, household=household(40, age))
    world = bench.world(case, graded_ties=[5, 5, 0])
    assert bench.judge(RULE, world, "0180").floor is floor


def test_a_child_who_is_the_subject_counts(bench: RuleBench) -> None:
    world = bench.world(replace(PLAIN, minor=True), graded_ties=[0])
    assert bench.judge(RULE, world, "0180").floor is Band.MEDIUM


def test_the_policy_decides_the_floor(bench: RuleBench) -> None:
    policy = Policy.default()
    strict = replace(policy, unknown=replace(policy.unknown, band_floor=Band.HIGH))
    world = bench.world(graded_ties=[0], policy=strict)
    assert bench.judge(RULE, world, "0180").floor is Band.HIGH


def test_who_was_unknown_stays_so_when_ties_arrive(bench: RuleBench) -> None:
    world = replace(bench.world(graded_ties=[9]), noted=frozenset({PLAIN.subject}))
    assert bench.judge(RULE, world, "0180").floor is Band.MEDIUM


@pytest.mark.parametrize("ties", [0, 9])
def test_who_is_cleared_has_no_floor(bench: RuleBench, ties: int) -> None:
    people = frozenset({PLAIN.subject})
    world = replace(bench.world(graded_ties=[ties]), noted=people, cleared=people)
    assert bench.judge(RULE, world, "0180").floor is Band.LOW


def test_clearing_one_does_not_clear_another(bench: RuleBench) -> None:
    case = replace(PLAIN, household=household(40))
    world = bench.world(case, graded_ties=[0, 0])
    cleared = replace(world, cleared=frozenset({PLAIN.subject}))
    assert bench.judge(RULE, cleared, "0180").floor is Band.MEDIUM
