from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.case import Case
from placement_engine.cases.rules.provider import HOUSED, RULE
from placement_engine.intelligence import Facility
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import AS_OF, PlacedFact
from placement_engine.vocabulary import MunicipalityCode, Need, ProviderId

UPPSALA, LULEA = MunicipalityCode("0380"), MunicipalityCode("2580")


def facility(
    provider: str | None, *, kind: Need = Need.HVB, capacity: int | None = None
) -> Facility:
    return Facility(
        municipality=UPPSALA,
        kind=kind,
        capacity=capacity,
        last_seen=AS_OF,
        source="A",
        provider=None if provider is None else ProviderId(provider),
    )


def rival(
    provider: str | None, *, hostility: tuple[float, ...] = (0.05,), direct: bool = False
) -> PlacedFact:
    return PlacedFact(
        at=LULEA,
        hostility=hostility,
        direct=(direct,),
        provider=None if provider is None else ProviderId(provider),
    )


def needing(*needs: Need) -> Case:
    return replace(PLAIN, needs=needs)


@pytest.mark.parametrize("need", HOUSED)
def test_one_provider_for_two_who_collide_is_forbidden_even_far_apart(
    bench: RuleBench, need: Need
) -> None:
    world = bench.world(
        needing(need), placed=[rival("V-1")], facilities=[facility("V-1", kind=need)]
    )
    assert bench.judge(RULE, world, "0380").forbidden
    assert bench.forbidden(RULE, world) == {"0380"}
    assert not bench.judge(RULE, world, "0380").unchecked


def test_a_direct_enmity_collides_however_weak(bench: RuleBench) -> None:
    world = bench.world(
        needing(Need.HVB),
        placed=[rival("V-1", hostility=(0.001,), direct=True)],
        facilities=[facility("V-1")],
    )
    assert bench.judge(RULE, world, "0380").forbidden


def test_a_members_enemy_collides_too(bench: RuleBench) -> None:
    case = replace(needing(Need.HVB), household=household(30))
    world = bench.world(
        case, placed=[rival("V-1", hostility=(0.0, 0.05))], facilities=[facility("V-1")]
    )
    assert bench.judge(RULE, world, "0380").forbidden


def test_other_providers_and_other_needs_are_allowed(bench: RuleBench) -> None:
    for case, placed in (
        (needing(Need.HVB), rival("V-2")),
        (needing(Need.HVB), rival("V-1", hostility=(0.04,))),
        (needing(Need.PSYCHIATRY), rival("V-1")),
        (needing(), rival("V-1")),
    ):
        world = bench.world(case, placed=[placed], facilities=[facility("V-1")])
        verdict = bench.judge(RULE, world, "0380")
        assert not verdict.forbidden
        assert not verdict.unchecked


def test_a_school_is_no_care_provider(bench: RuleBench) -> None:
    world = bench.world(
        needing(Need.SCHOOL),
        placed=[rival("V-1")],
        facilities=[facility("V-1", kind=Need.SCHOOL)],
    )
    assert not bench.judge(RULE, world, "0380").forbidden


def test_where_only_some_share_a_provider_the_choice_of_facility_is_unchecked(
    bench: RuleBench,
) -> None:
    world = bench.world(
        needing(Need.HVB), placed=[rival("V-1")], facilities=[facility("V-1"), facility("V-2")]
    )
    verdict = bench.judge(RULE, world, "0380")
    assert not verdict.forbidden
    assert verdict.unchecked


def test_a_full_facility_is_no_way_out(bench: RuleBench) -> None:
    world = bench.world(
        needing(Need.HVB),
        placed=[rival("V-1")],
        facilities=[facility("V-1"), facility("V-2", capacity=0)],
    )
    assert bench.judge(RULE, world, "0380").forbidden


@pytest.mark.parametrize(("housed_by", "run_by"), [("V-1", None), (None, "V-1"), (None, None)])
def test_an_unknown_provider_is_unchecked_and_never_met(
    bench: RuleBench, housed_by: str | None, run_by: str | None
) -> None:
    world = bench.world(needing(Need.HVB), placed=[rival(housed_by)], facilities=[facility(run_by)])
    verdict = bench.judge(RULE, world, "0380")
    assert verdict.unchecked
    assert not verdict.forbidden
    assert not bench.judge(RULE, world, "1480").unchecked
