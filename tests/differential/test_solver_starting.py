"""The first plan of a large problem, and what is laid out for it, against their plain forms."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from benchmarks.solver_scale import Scale, large
from placement_engine.problem import UNLIMITED, PlacementProblem
from placement_engine.solver import Limits, Proposed, solve, witness
from placement_engine.solver.anneal import board_of
from placement_engine.solver.kernels.messages import CLOSED, leasts
from placement_engine.solver.kernels.pairs import WALL
from placement_engine.solver.kernels.starting import add_met, meet, nobody
from placement_engine.solver.laying import lay_bare, lay_wide, with_tables
from placement_engine.solver.model import compile_model
from placement_engine.solver.starting import begun
from tests.differential.test_solver_certificate import small


@pytest.mark.parametrize("seed", range(60))
def test_a_first_plan_breaks_nothing(seed: int) -> None:
    problem = small(seed)
    bare = lay_bare(problem)
    assert bare is not None
    sites = begun(problem, bare)
    if sites is not None:
        assert not list(witness.violations(problem, bare.full(sites)))


def test_most_problems_that_have_a_plan_have_a_first_one() -> None:
    scale = Scale(newcomers=60, placed=200, degree=3.0)
    found = 0
    for seed in range(6):
        problem = large(scale, seed=seed)
        bare = lay_bare(problem)
        assert bare is not None
        sites = begun(problem, bare)
        if sites is not None:
            found += 1
            assert not list(witness.violations(problem, bare.full(sites)))
    assert found >= 5


@pytest.mark.parametrize("seed", range(20))
def test_folding_by_arrays_is_that_of_the_plain_model(seed: int) -> None:
    problem = small(seed)
    bare, model = lay_bare(problem), compile_model(problem)
    assert bare is not None
    folded = np.where(bare.open, bare.unary // bare.fine, -1)
    closed = ~model.open | (model.total > model.ceiling[:, None])
    closed |= model.demand[:, None] > model.free
    for row in model.rows:
        for i, cost in zip(row.movers, row.cost, strict=True):
            closed[i] |= row.base + cost > row.ceiling
    assert (folded == np.where(closed, -1, model.total)).all()
    assert (bare.free == model.free).all()
    assert bare.base_total == model.base_total


@pytest.mark.parametrize("seed", range(10))
def test_rivals_who_stand_cost_what_their_tables_say(seed: int) -> None:
    problem = small(seed)
    bare, full = lay_bare(problem), lay_wide(problem)
    assert bare is not None
    assert full is not None
    m, n = full.unary.shape[1], len(full.movers)
    tables, lines = full.rivalry.tables, full.rivalry.lines
    for x, y in np.ndindex(m, m):
        at = np.full(n, y)
        for wide in (bare, full):
            board = board_of(problem, wide)
            met = nobody(board)
            for k in range(n):
                count = meet(board, at, np.zeros(n, dtype=np.int64), k, met)
                met.room[:] = UNLIMITED
                mine = range(full.rivalry.first[k], full.rivalry.first[k + 1])
                assert count == len(mine)
                ends = [(full.rivalry.edge[p], full.rivalry.side[p]) for p in mine]
                costs = [int(tables[lines[e, side], x, y]) for e, side in ends]
                told = add_met(board, met, count, x, 5, CLOSED)
                assert told == (CLOSED if max(costs, default=0) >= WALL else 5 + sum(costs))


@pytest.mark.parametrize("seed", range(10))
def test_tables_that_come_too_late_are_left_out(seed: int) -> None:
    problem = small(seed)
    bare, full = lay_bare(problem), lay_wide(problem)
    assert bare is not None
    assert full is not None
    ticks = count()
    part = with_tables(problem, bare, late=lambda: next(ticks) >= 2)
    stated = [problem.pairs[i].table is not None for i in range(len(problem.pairs))]
    assert len(part.rivalry.tables) <= 2 + 2 * sum(stated)
    for e in range(len(full.rivalry.ends)):
        here, there = part.rivalry.lines[e, 0], full.rivalry.lines[e, 0]
        if here >= 0:
            assert (part.rivalry.tables[here] == full.rivalry.tables[there]).all()


def test_the_least_of_each_pair_is_summed() -> None:
    random = np.random.default_rng(5)
    tables = random.integers(0, 1000, (3, 6, 6)).astype(np.int32)
    lines = np.array([[0, 0], [-1, -1], [2, 2], [1, 1]])
    ends = np.array([[0, 1], [1, 2], [2, 3], [0, 3]])
    handed = random.integers(-200, 200, (4, 2, 6))
    is_open = random.random((4, 6)) < 0.6
    is_open[:, 0] = True
    plain = 0
    for e in (0, 2, 3):
        a, b = ends[e]
        left = tables[lines[e, 0]] - handed[e, 0][:, None] - handed[e, 1][None]
        plain += int(left[np.ix_(is_open[a], is_open[b])].min())
    assert leasts(tables, lines, ends, handed, is_open, np.arange(4)) == plain
    assert plain < CLOSED


def tight() -> PlacementProblem:
    """Everybody wants one site that has room for one, and another has room for the rest."""
    problem = large(Scale(newcomers=30, placed=0, sites=12, degree=1.0, limits=False), seed=4)
    demand = sum(s.demand for s in problem.subjects)
    capacity = np.zeros(12, dtype=np.int64)
    capacity[:3] = [3, 3, demand]
    return replace(
        problem,
        capacity=capacity,
        subjects=tuple(replace(s, forbidden={}, ceiling=None) for s in problem.subjects),
    )


def test_the_first_plan_is_the_first_of_the_trajectory() -> None:
    problem = tight()
    bare = lay_bare(problem)
    assert bare is not None
    assert (bare.free < UNLIMITED).all()
    sites = begun(problem, bare)
    assert sites is not None
    answer = solve(problem, limits=Limits(time_s=None, max_work=200), workers=1)
    assert isinstance(answer, Proposed)
    assert answer.trajectory[0][1] == witness.total(problem, bare.full(sites))
    assert answer.objective <= answer.trajectory[0][1]
