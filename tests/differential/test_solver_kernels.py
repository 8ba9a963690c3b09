"""Kernels of the large search: against brute force, against their plain form, and on limits."""

from __future__ import annotations

from itertools import product
from threading import current_thread, main_thread

import numpy as np
import pytest

from benchmarks.solver_scale import Scale, large
from placement_engine.problem import UNLIMITED, PlacementProblem, ProblemPair, ProblemSubject
from placement_engine.solver import Limits, Proposed, solve, solving, witness
from placement_engine.solver import large as large_module
from placement_engine.solver.anneal import Annealing
from placement_engine.solver.clearing import Clearing
from placement_engine.solver.exhaustive import exhaust
from placement_engine.solver.kernels.board import (
    _least_by_insertion,
    _least_by_sorting,
    least_sites,
)
from placement_engine.solver.kernels.messages import CLOSED, _message_at_once
from placement_engine.solver.kernels.reseating import assign
from placement_engine.solver.kernels.softening import _soft_at_once, _soft_by_rows
from placement_engine.solver.laying import lay_wide
from placement_engine.solver.prices import Priced
from placement_engine.vocabulary import MunicipalityCode, SubjectRef
from tests.differential.test_solver_certificate import small


@pytest.mark.parametrize("seed", range(30))
def test_assignments_cost_what_brute_force_finds(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n, sites = 4, 4
    cost = chance.integers(0, 50, (n, sites))
    cost[chance.random((n, sites)) < 0.3] = CLOSED
    room = chance.integers(0, 3, sites)
    plans = [
        plan
        for plan in product(range(sites), repeat=n)
        if (np.bincount(plan, minlength=sites) <= room).all()
        and all(cost[k, x] < CLOSED for k, x in enumerate(plan))
    ]
    at = np.empty(n, dtype=np.int64)
    assert assign(cost, room, at) == bool(plans)
    if plans:
        assert tuple(at) in plans
        least = min(sum(int(cost[k, x]) for k, x in enumerate(plan)) for plan in plans)
        assert int(cost[np.arange(n), at].sum()) == least


@pytest.mark.parametrize("seed", range(6))
def test_soft_messages_are_the_same_in_both_forms_and_never_above_the_hard(seed: int) -> None:
    chance = np.random.default_rng(seed)
    m = 7
    table = chance.integers(0, 4_000, (m, m)).astype(np.int32)
    own = chance.integers(0, 6_000, m)
    own[chance.random(m) < 0.2] = CLOSED
    most = int(table.max())
    rows, once, hard = (np.empty(m, dtype=np.int32) for _ in range(3))
    sums = np.empty(m, dtype=np.float32)
    heat = float(chance.uniform(1, 500))
    low = _soft_by_rows(table, own, most, heat, rows, sums)
    assert _soft_at_once(table, own, most, heat, once, sums) == low
    assert (rows == once).all()
    assert _message_at_once(table, own, most, hard) == low
    assert (rows <= hard).all()


@pytest.mark.parametrize("seed", range(30))
def test_no_step_takes_the_certificate_above_the_best_plan(seed: int) -> None:
    problem = small(seed)
    best, wide = exhaust(problem), lay_wide(problem)
    if best is None or wide is None or wide.broken:
        return
    priced = Priced(wide)
    priced.reprice()
    least = best.values[0]
    sites = wide.part(best.assignment)
    for _ in range(100):
        again = priced.step()
        kept = priced.best
        assert priced.certified() <= least - wide.base_total
        assert -(-kept // wide.fine) <= priced.certified()
        assert not priced.beyond((least - wide.base_total) * wide.fine)[
            np.arange(len(sites)), sites
        ].any()
        if not again:
            break


def test_mending_and_settling_leave_the_sums_as_they_are() -> None:
    problem = large(Scale(newcomers=40, placed=60, sites=60, limits=False), seed=2)
    wide = lay_wide(problem)
    assert wide is not None
    priced, search = Priced(wide), Annealing(problem, wide, seed=1)
    priced.reprice()
    lean = priced.lean
    search.begin(lean)
    scale = search.spread(lean)
    search.run(
        4_096, hot=scale, cold=scale / 9, prices=priced.prices, stiff=int(20 * scale), lean=lean
    )
    search.settle()
    found = search.cost
    search.mend(
        20,
        heat=scale / 5,
        prices=priced.prices,
        stiff=int(20 * scale),
        lean=lean,
        regret=priced.regret,
    )
    search.settle()
    assert search.best is not None
    assert search.cost <= found
    plan = wide.full(search.best)
    assert not list(witness.violations(problem, plan))
    assert witness.total(problem, plan) == wide.base_total + search.cost // wide.fine


@pytest.mark.parametrize("seed", range(40))
def test_a_group_of_everybody_is_put_as_well_as_can_be(seed: int) -> None:
    problem = small(seed)
    best, wide = exhaust(problem), lay_wide(problem)
    if best is None or wide is None or wide.broken:
        return
    search = Annealing(problem, wide, seed=seed)
    search.begin(np.zeros_like(wide.unary))
    for _ in range(20):
        search.clear(1, len(wide.movers), 10_000)
    if search.best is None:
        return  # limits of shares are looked at afterwards, and may refuse what is cheapest
    cost = wide.base_total + search.cost // wide.fine
    plan = wide.full(search.best)
    assert not list(witness.violations(problem, plan))
    assert witness.total(problem, plan) == cost >= best.values[0]
    unlimited = all(s.ceiling is None for s in problem.subjects)
    connected = len(wide.rivalry.ends) >= len(wide.movers)
    if unlimited and connected:
        assert cost == best.values[0]


def test_a_few_steep_pairs_are_cleared_where_annealing_alone_is_stuck() -> None:
    """A ring of pairs that must all stand apart by one step, each with a cheap wrong side."""
    n, sites = 12, 6
    rng = np.random.default_rng(3)
    table = np.where(np.add.outer(np.arange(sites), np.arange(sites)) % sites == 1, 0, 50_000)
    problem = PlacementProblem(
        sites=tuple(MunicipalityCode(f"{i:04d}") for i in range(1, sites + 1)),
        distance_m=np.zeros((sites, sites), dtype=np.int64),
        exposure_ppm=np.zeros((sites, sites), dtype=np.int64),
        capacity=np.full(sites, UNLIMITED, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(id=SubjectRef(f"S{k}"), unary=rng.integers(0, 900, sites))
            for k in range(n)
        ),
        pairs=tuple(ProblemPair(a=k, b=k + 1, table="t") for k in range(n - 1)),
        tables={"t": table.astype(np.int64)},
    )
    wide = lay_wide(problem)
    assert wide is not None
    search = Annealing(problem, wide, seed=1)
    search.begin(np.zeros_like(wide.unary))
    clearing = Clearing(search)
    lean = np.zeros_like(wide.unary)
    for _ in range(6):
        clearing.run(
            heat=1.0, prices=np.zeros(sites, dtype=np.int64), stiff=1, lean=lean, longest=1 << 15
        )
    # One end decides all: x, then 1 - x, then x again.
    unary = np.stack([s.unary for s in problem.subjects])
    walk = np.array(
        [[x if k % 2 == 0 else (1 - x) % sites for k in range(n)] for x in range(sites)]
    )
    least = min(int(unary[np.arange(n), row].sum()) for row in walk)
    assert search.cost // wide.fine == least


def test_without_kernels_at_hand_a_limit_of_time_is_kept_by_other_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("kernels would have been compiled")

    monkeypatch.setattr(large_module, "is_warm", lambda: False)
    monkeypatch.setattr(large_module, "large_search", refused)
    problem = large(Scale(newcomers=25, placed=20, sites=60, limits=False), seed=1)
    answer = solve(problem, limits=Limits(time_s=1.0))
    assert isinstance(answer, Proposed)
    assert answer.witness.assignment == answer.assignment
    assert solving.COMPILING_S > 1.0


def test_an_interruption_tells_the_best_plan_with_its_bound() -> None:
    problem = large(Scale(newcomers=60, placed=100, sites=40), seed=1)
    looks, interrupted = 0, False

    def clock() -> float:
        nonlocal looks, interrupted
        looks += 1
        # An interruption reaches the main thread alone.
        if looks >= 150 and current_thread() is main_thread() and not interrupted:
            interrupted = True
            raise KeyboardInterrupt
        return looks / 1_000

    answer = solve(problem, limits=Limits(time_s=5.0), clock=clock)
    assert isinstance(answer, Proposed)
    assert answer.interrupted
    assert 0 < answer.lower_bound <= answer.objective
    assert not list(witness.violations(problem, answer.assignment))


@pytest.mark.parametrize("width", [1, 5, 9])
def test_the_cheapest_sites_are_those_of_a_stable_sort(width: int) -> None:
    cost = np.random.default_rng(width).integers(0, 6, (20, 9))
    found = np.empty((20, width), dtype=np.int64)
    least_sites(cost, found)
    assert (found == np.argsort(cost, axis=1, kind="stable")[:, :width]).all()


@pytest.mark.parametrize("width", [1, 4, 9])
def test_the_cheapest_below_a_limit_are_the_same_in_both_forms(width: int) -> None:
    random = np.random.default_rng(width)
    for below in (0, 3, 6):
        cost = random.integers(0, 6, 9)
        one, other = np.full(width, -1), np.full(width, -1)
        count = _least_by_insertion(cost, below, one)
        assert count == _least_by_sorting(cost, below, other) == min(width, (cost < below).sum())
        assert (one == other).all() if below else count == 0
