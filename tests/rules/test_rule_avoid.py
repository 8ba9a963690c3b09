from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.case import AvoidZone
from placement_engine.cases.rule import Rule
from placement_engine.cases.rules.avoid import FAMILY, HOME, OFFENCE, OTHER_PLACE
from placement_engine.testing.rule_bench import PLAIN, RuleBench
from placement_engine.vocabulary import AvoidReason, MunicipalityCode

RULES = {
    AvoidReason.HOME: HOME,
    AvoidReason.FAMILY: FAMILY,
    AvoidReason.OFFENCE: OFFENCE,
    AvoidReason.OTHER: OTHER_PLACE,
}


def zone(code: str, why: AvoidReason, radius_km: float = 0.0) -> AvoidZone:
    return AvoidZone(municipality=MunicipalityCode(code), why=why, radius_km=radius_km)


@pytest.mark.parametrize(("why", "rule"), RULES.items(), ids=list(RULES))
def test_each_reason_is_a_rule_of_its_own(bench: RuleBench, why: AvoidReason, rule: Rule) -> None:
    world = bench.world(replace(PLAIN, avoid=(zone("0380", why),)))
    assert bench.judge(rule, world, "0380").forbidden
    assert bench.forbidden(rule, world) == {"0380"}
    others = [other for other in RULES.values() if other is not rule]
    assert not any(bench.judge(other, world, "0380").forbidden for other in others)


def test_the_radius_is_crow_fly_and_counts_its_border(bench: RuleBench) -> None:
    geography = bench.geography
    a, b = (geography.index[MunicipalityCode(code)] for code in ("0180", "0380"))
    kilometres = int(geography.crow_m[a, b]) / 1000
    for radius, forbidden in ((kilometres, True), (kilometres - 0.001, False)):
        world = bench.world(replace(PLAIN, avoid=(zone("0180", AvoidReason.HOME, radius),)))
        assert bench.judge(HOME, world, "0380").forbidden is forbidden
        assert bench.judge(HOME, world, "0180").forbidden


def test_neighbours_are_not_forbidden_by_being_neighbours(bench: RuleBench) -> None:
    world = bench.world(replace(PLAIN, avoid=(zone("2584", AvoidReason.HOME, 20),)))
    assert not bench.judge(HOME, world, "2523").forbidden


def test_zones_add_up(bench: RuleBench) -> None:
    zones = (zone("0380", AvoidReason.OTHER), zone("1480", AvoidReason.OTHER))
    world = bench.world(replace(PLAIN, avoid=zones))
    assert bench.forbidden(OTHER_PLACE, world) == {"0380", "1480"}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_case_without_places_forbids_none(bench: RuleBench, rule: Rule) -> None:
    assert bench.forbidden(rule, bench.world()) == frozenset()
    assert not bench.judge(rule, bench.world(), "0180").forbidden
