from __future__ import annotations

from dataclasses import replace

from placement_engine.cases.rules.limits import RULE
from placement_engine.testing.rule_bench import PLAIN, RuleBench
from placement_engine.vocabulary import MunicipalityCode

UPPSALA, GOTEBORG = MunicipalityCode("0380"), MunicipalityCode("1480")


def test_within(bench: RuleBench) -> None:
    world = bench.world(replace(PLAIN, within=(UPPSALA, GOTEBORG)))
    assert bench.forbidden(RULE, world) == set(bench.geography.codes) - {"0380", "1480"}
    assert bench.judge(RULE, world, "0180").forbidden
    assert not bench.judge(RULE, world, "0380").forbidden


def test_exclude_wins_over_within(bench: RuleBench) -> None:
    world = bench.world(replace(PLAIN, within=(UPPSALA, GOTEBORG), exclude=(UPPSALA,)))
    assert bench.judge(RULE, world, "0380").forbidden
    assert not bench.judge(RULE, world, "1480").forbidden


def test_exclude_alone(bench: RuleBench) -> None:
    world = bench.world(replace(PLAIN, exclude=(UPPSALA,)))
    assert bench.forbidden(RULE, world) == {"0380"}
    assert not bench.judge(RULE, world, "0180").forbidden


def test_a_case_without_limits_has_none(bench: RuleBench) -> None:
    assert bench.forbidden(RULE, bench.world()) == frozenset()
    assert not bench.judge(RULE, bench.world(), "0180").forbidden
