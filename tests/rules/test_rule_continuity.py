from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.rules.continuity import RULE
from placement_engine.testing.rule_bench import PLAIN, RuleBench
from placement_engine.vocabulary import Continuity

KEEP = replace(PLAIN, keep_health_region=Continuity.REQUIRE)


def inside(bench: RuleBench) -> set[str]:
    regions = bench.geography.health_region
    here = regions[bench.geography.index[PLAIN.current]] if PLAIN.current else None
    return {code for i, code in enumerate(bench.geography.codes) if regions[i] == here}


def test_a_region_that_must_be_kept_forbids_all_others(bench: RuleBench) -> None:
    world = bench.world(KEEP)
    assert bench.forbidden(RULE, world) == set(bench.geography.codes) - inside(bench)
    assert bench.judge(RULE, world, "1280").forbidden
    assert not bench.judge(RULE, world, "0180").forbidden


@pytest.mark.parametrize(
    ("regions", "points"),
    [((), 10_000), ((3,), 10_000), ((3, 4), 20_000), ((3, 4, 3), 30_000), ((3, 3, 4), 20_000)],
)
def test_each_earlier_change_makes_the_next_one_worse(
    bench: RuleBench, regions: tuple[int, ...], points: int
) -> None:
    world = bench.world(regions_lived=regions)
    verdict = bench.judge(RULE, world, "1280")
    assert verdict.preference == points
    assert not verdict.forbidden
    assert verdict.cost == 0
    assert bench.judge(RULE, world, "0180").preference == 0


def test_it_may_not_matter(bench: RuleBench) -> None:
    for current in (PLAIN.current, None):
        case = replace(PLAIN, keep_health_region=Continuity.NO, current=current)
        verdict = bench.judge(RULE, bench.world(case), "1280")
        assert verdict.preference == 0
        assert not verdict.unchecked


@pytest.mark.parametrize("wish", [Continuity.REQUIRE, Continuity.PREFER])
def test_where_nobody_knows_the_region_it_is_unchecked(bench: RuleBench, wish: Continuity) -> None:
    world = bench.world(replace(PLAIN, current=None, keep_health_region=wish))
    verdict = bench.judge(RULE, world, "1280")
    assert verdict.unchecked
    assert not verdict.forbidden
    assert verdict.preference == 0
