"""More danger never looks like less: at a fixed place, nothing that is added lowers a risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from placement_engine.cases.case import Case
from placement_engine.cases.rules.registry import RULES
from placement_engine.cases.world import World
from placement_engine.geo import Geography, load_geography
from placement_engine.policy import Policy
from placement_engine.testing.rule_bench import PLAIN, household
from placement_engine.testing.worlds_strategy import (
    PlacedFact,
    PresentFact,
    placed_facts,
    present_facts,
    small_world,
)
from placement_engine.vocabulary import MunicipalityCode, Need

FAMILY = replace(PLAIN, household=household(34, 9), needs=(Need.HVB,))
CASES = st.sampled_from((PLAIN, FAMILY))
UNIT = st.integers(0, 1_000_000).map(lambda ppm: ppm / 1_000_000)
FOLDED = placed_facts.map(lambda fact: replace(fact, folded=True))


@cache
def geography() -> Geography:
    return load_geography(Policy.default())


def judged(
    case: Case, placed: Sequence[PlacedFact], present: Sequence[PresentFact]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """(M,) whether any rule forbids, and (M,) total cost."""
    world: World = small_world(geography(), case, placed=placed, present=present)
    effects = [rule.compile(world, 0) for rule in RULES]
    forbidden = np.logical_or.reduce([effect.forbidden for effect in effects])
    return forbidden, np.sum([effect.cost for effect in effects], axis=0)


def never_less(
    before: tuple[NDArray[np.bool_], NDArray[np.int64]],
    after: tuple[NDArray[np.bool_], NDArray[np.int64]],
) -> bool:
    return bool((before[0] <= after[0]).all() and (before[1] <= after[1]).all())


def raised(hostility: tuple[float, ...], member: int, to: float) -> tuple[float, ...]:
    row = [*hostility, 0.0, 0.0, 0.0][:3]
    row[member] = max(row[member], to)
    return tuple(row)


quick = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@quick
@given(CASES, st.lists(FOLDED, max_size=3), st.lists(present_facts, max_size=4), FOLDED)
def test_one_more_person_placed(
    case: Case, placed: list[PlacedFact], present: list[PresentFact], more: PlacedFact
) -> None:
    assert never_less(judged(case, placed, present), judged(case, [*placed, more], present))


@quick
@given(CASES, st.lists(FOLDED, max_size=2), st.lists(present_facts, max_size=4), present_facts)
def test_one_more_presence(
    case: Case, placed: list[PlacedFact], present: list[PresentFact], more: PresentFact
) -> None:
    assert never_less(judged(case, placed, present), judged(case, placed, [*present, more]))


@quick
@given(CASES, st.lists(FOLDED, min_size=1, max_size=3), st.integers(0, 2), UNIT, st.booleans())
def test_a_hostility_to_a_placed_person_is_raised(
    case: Case, placed: list[PlacedFact], member: int, to: float, direct: bool
) -> None:
    first = placed[0]
    worse = replace(
        first,
        hostility=raised(first.hostility, member, to),
        reunion=raised(first.reunion, member, to),
        direct=(*(first.direct or (False,))[:1], *first.direct[1:]) if not direct else (True,) * 3,
    )
    assert never_less(judged(case, placed, []), judged(case, [worse, *placed[1:]], []))


@quick
@given(CASES, st.lists(present_facts, min_size=1, max_size=5), st.integers(0, 2), UNIT, UNIT)
def test_a_hostility_or_strength_of_a_presence_is_raised(
    case: Case, present: list[PresentFact], member: int, to: float, strength: float
) -> None:
    first = present[0]
    worse = replace(
        first,
        hostility=raised(first.hostility, member, to),
        strength=max(first.strength, strength),
    )
    assert never_less(judged(case, [], present), judged(case, [], [worse, *present[1:]]))


@quick
@given(
    st.sampled_from(("placed", "group", "actor")),
    st.integers(0, 289),
    st.integers(0, 289),
    UNIT,
    st.booleans(),
)
def test_a_rival_moves_farther_within_its_class(
    kind: str, a: int, b: int, hostility: float, direct: bool
) -> None:
    """Same labour market and adjacency towards a site, and farther: never worse there."""
    assume(a != b)
    here = geography()

    def at(site: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        code = MunicipalityCode(here.codes[site])
        if kind == "placed":
            fact = PlacedFact(at=code, hostility=(hostility,), direct=(direct,), share=40_000)
            return judged(PLAIN, [fact], [])
        present = PresentFact(at=code, hostility=(hostility,), is_group=kind == "group")
        return judged(PLAIN, [], [present])

    near, far = at(a), at(b)
    same = (
        (here.same_labour_market[:, a] == here.same_labour_market[:, b])
        & (here.adjacent[:, a] == here.adjacent[:, b])
        & (here.road_m[:, a] <= here.road_m[:, b])
        & (here.crow_m[:, a] <= here.crow_m[:, b])
    )
    same[[a, b]] = False  # living in one municipality is a class of its own
    assert (far[0] <= near[0])[same].all()
    assert (far[1] <= near[1])[same].all()
