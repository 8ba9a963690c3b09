from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from placement_engine.cases.rules.needs import RULE
from placement_engine.intelligence import Facility
from placement_engine.testing.rule_bench import PLAIN, RuleBench
from placement_engine.testing.worlds_strategy import AS_OF
from placement_engine.vocabulary import MunicipalityCode, Need


def facility(
    code: str, kind: Need, *, capacity: int | None = None, last_seen: date = AS_OF
) -> Facility:
    return Facility(
        municipality=MunicipalityCode(code),
        kind=kind,
        capacity=capacity,
        last_seen=last_seen,
        source="A",
        provider=None,
    )


CASE = replace(PLAIN, needs=(Need.HVB, Need.PSYCHIATRY))


def test_every_need_must_be_met(bench: RuleBench) -> None:
    world = bench.world(
        CASE,
        facilities=[
            facility("0380", Need.HVB),
            facility("0380", Need.PSYCHIATRY, capacity=4),
            facility("1480", Need.HVB),
        ],
    )
    assert not bench.judge(RULE, world, "0380").forbidden
    assert bench.judge(RULE, world, "1480").forbidden
    assert bench.forbidden(RULE, world) == set(bench.geography.codes) - {"0380"}
    assert not bench.judge(RULE, world, "1480").unchecked


def test_a_full_facility_meets_no_need(bench: RuleBench) -> None:
    world = bench.world(
        replace(PLAIN, needs=(Need.HVB,)), facilities=[facility("0380", Need.HVB, capacity=0)]
    )
    verdict = bench.judge(RULE, world, "0380")
    assert verdict.forbidden
    assert not verdict.unchecked


def test_a_need_without_data_is_unchecked_and_never_met(bench: RuleBench) -> None:
    world = bench.world(CASE, facilities=[facility("0380", Need.HVB)])
    here, elsewhere = bench.judge(RULE, world, "0380"), bench.judge(RULE, world, "1480")
    assert (here.forbidden, here.unchecked) == (False, True)
    assert (elsewhere.forbidden, elsewhere.unchecked) == (True, True)
    nothing = bench.judge(RULE, bench.world(CASE), "0380")
    assert (nothing.forbidden, nothing.unchecked) == (False, True)


def test_a_facility_seen_after_the_day_does_not_exist_yet(bench: RuleBench) -> None:
    later = facility("0380", Need.HVB, last_seen=AS_OF + timedelta(days=1))
    verdict = bench.judge(
        RULE, bench.world(replace(PLAIN, needs=(Need.HVB,)), facilities=[later]), "0380"
    )
    assert verdict.unchecked
    assert not verdict.forbidden


def test_a_case_without_needs_goes_anywhere(bench: RuleBench) -> None:
    world = bench.world(facilities=[facility("0380", Need.HVB)])
    verdict = bench.judge(RULE, world, "1480")
    assert not verdict.forbidden
    assert not verdict.unchecked
