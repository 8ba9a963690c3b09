"""Bounds of large problems never pass what brute force finds; kernels equal the plain form."""

from __future__ import annotations

import numpy as np
import pytest

from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    IntArray,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
    micronats,
)
from placement_engine.solver import witness
from placement_engine.solver.anneal import Annealing
from placement_engine.solver.exhaustive import exhaust
from placement_engine.solver.kernels.messages import _message_at_once, _message_by_rows
from placement_engine.solver.kernels.pairs import WALL, Tables, cost_of, fill_lines, knots, smoothly
from placement_engine.solver.laying import lay_wide
from placement_engine.solver.prices import Priced, certified_bound
from placement_engine.solver.wide import Wide
from placement_engine.vocabulary import MunicipalityCode, SubjectRef


def small(seed: int) -> PlacementProblem:
    """Three movers and one who stays, with everything that binds them."""
    random = np.random.default_rng(seed)
    sites, count = int(random.integers(3, 6)), 4
    distance = _symmetric(random, sites, 200_000)
    np.fill_diagonal(distance, 0)
    table = random.integers(0, 60_000, (sites, sites), dtype=np.int64)
    table[random.random((sites, sites)) < 0.2] = FORBIDDEN
    subjects = [
        ProblemSubject(
            id=SubjectRef(f"S{k}"),
            unary=random.integers(0, 40_000, sites, dtype=np.int64),
            forbidden={int(s): ("needs",) for s in np.flatnonzero(random.random(sites) < 0.15)}
            if k < count - 1
            else {},
            demand=int(random.integers(0, 3)),
            ceiling=int(random.integers(100_000, 1_500_000)) if random.random() < 0.6 else None,
        )
        for k in range(count)
    ]
    pairs = [
        ProblemPair(
            a=a,
            b=b,
            hostility_ppm=int(random.integers(0, 500_000)),
            reunion_ppm=int(random.integers(0, 60_000)) * int(random.integers(0, 2)),
            separation_m=int(random.integers(0, 80_000)),
            penalty=None if random.random() < 0.3 else int(random.integers(0, 50_000)),
            table="T" if (a, b) == (0, 1) else None,
        )
        for a in range(count)
        for b in range(a + 1, count)
        if random.random() < 0.8
    ]
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{i:04d}") for i in range(1, sites + 1)),
        distance_m=distance,
        exposure_ppm=_symmetric(random, sites, PPM + 1),
        capacity=random.integers(2, 5, sites, dtype=np.int64),
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        tables={"T": table},
        fixed={count - 1: int(random.integers(0, sites))},
    )


def _symmetric(random: np.random.Generator, sites: int, high: int) -> IntArray:
    drawn = random.integers(0, high, (sites, sites), dtype=np.int64)
    return np.maximum(drawn, drawn.T)


def laid(problem: PlacementProblem) -> Wide:
    wide = lay_wide(problem)
    assert wide is not None
    return wide


@pytest.mark.parametrize("seed", range(150))
def test_no_bound_passes_the_best_plan(seed: int) -> None:
    problem = small(seed)
    wide = laid(problem)
    best = exhaust(problem)
    if wide.broken:
        assert best is None
        return
    priced = Priced(wide)
    priced.reprice()
    if priced.impossible:
        assert best is None
        return
    priced.raise_bound(rounds=20, target=WALL << 20, stop=lambda: False)
    if best is None:
        return
    least = best.values[0] - wide.base_total
    bound = certified_bound(wide, priced.handed, priced.fees)
    assert bound <= least
    assert -(-priced.value // wide.fine) <= bound
    assert not priced.beyond(least * wide.fine)[range(3), wide.part(best.assignment)].any()
    random = np.random.default_rng(seed)
    anything = random.integers(-(10**6), 10**6, priced.handed.shape)
    fees = random.integers(0, 10**5, priced.fees.shape)
    assert certified_bound(wide, anything, fees) <= least


def annealed(problem: PlacementProblem, wide: Wide, *, seed: int) -> tuple[int, ...] | None:
    search = Annealing(problem, wide, seed=seed)
    nothing = np.zeros_like(wide.unary)
    search.begin(nothing)
    for heat in (20_000, 5_000, 500):
        hot = float(heat * wide.fine)
        search.run(
            2_048,
            hot=hot,
            cold=hot / 4,
            prices=np.zeros_like(wide.free),
            stiff=WALL >> 6,
            lean=nothing,
        )
    if search.best is None:
        return None
    plan = wide.full(search.best)
    assert witness.total(problem, plan) - wide.base_total == search.cost // wide.fine
    return plan


def test_annealing_breaks_no_rule_and_finds_most_of_the_best_plans() -> None:
    found, possible = 0, 0
    for seed in range(60):
        problem = small(seed)
        wide, best = laid(problem), exhaust(problem)
        if wide.broken:
            continue
        plan = annealed(problem, wide, seed=seed)
        possible += best is not None
        if plan is not None:
            assert best is not None
            assert not list(witness.violations(problem, plan))
            assert witness.total(problem, plan) >= best.values[0]
            found += witness.total(problem, plan) == best.values[0]
    # Limits of shares can wall a small plan in: a search is no proof.
    assert possible > 30
    assert found >= 0.85 * possible


def test_a_cost_is_rounded_as_the_definition_rounds_it() -> None:
    random = np.random.default_rng(1)
    curve = knots()
    chances = np.concatenate(
        [random.random(20_000), random.random(20_000) ** 8, [0.0, 0.75, 1.0, 1 - 1e-7]]
    )
    assert [cost_of(p, curve) for p in chances.tolist()] == [micronats(p) for p in chances.tolist()]


@pytest.mark.parametrize("chance", [0.0, 0.0371, 0.5, 0.95, 1.0])
def test_costs_of_a_whole_line_are_those_of_each_exposure(chance: float) -> None:
    curve = knots()
    exposure = np.append(np.random.default_rng(2).random(3_000) ** 2, [0.0, 0.5, 1.0])
    found = np.empty(len(exposure), dtype=np.int32)
    smoothly(chance, exposure, curve, found)
    assert found.tolist() == [cost_of(chance * e, curve) for e in exposure.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_tables_and_lines_are_those_of_the_problem(seed: int) -> None:
    problem = small(seed)
    maker = Tables(problem)
    m = len(problem.sites)
    for i, pair in enumerate(problem.pairs):
        found = np.empty((m, m), dtype=np.int32)
        maker.fill(pair, 4, found)
        cost = problem.pair_costs(pair)
        assert (found == np.where(cost == FORBIDDEN, WALL, cost * 4)).all()
        lines = np.empty((m, m), dtype=np.int32)
        fill_lines(problem, np.full(m, i), np.arange(m), np.ones(m, dtype=np.bool_), lines)
        assert (lines == np.where(cost == FORBIDDEN, WALL, cost).T).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_message_is_the_same_by_rows_and_at_once(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.integers(0, 1000, (7, 5)).astype(np.int32)
    own = random.integers(0, 3000, 7)
    rows, once = np.empty(5, dtype=np.int32), np.empty(5, dtype=np.int32)
    low = _message_by_rows(table, own, int(table.max()), rows)
    assert low == _message_at_once(table, own, int(table.max()), once)
    assert (rows == once).all()
    assert (low + rows == (table + own[:, None]).min(axis=0)).all()
