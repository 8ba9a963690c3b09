"""Bounds never pass the optimum; parts of the search agree with the brute force alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.problem import UNLIMITED, Level, PlacementProblem, ProblemSubject
from placement_engine.solver import Limits, NoSafePlacement, Proposed, solve, witness
from placement_engine.solver.backends import Effort, Goal, Question
from placement_engine.solver.bound import BoundEffort, Edge, Places, reduce_costs, transport_prices
from placement_engine.solver.branch import Tree, in_units
from placement_engine.solver.cpsat import CpSat
from placement_engine.solver.dense import lay_out
from placement_engine.solver.exhaustive import evaluate, exhaust, tie_hash
from placement_engine.solver.model import CLOSED, compile_model
from placement_engine.solver.own import OwnSearch
from placement_engine.solver.presolve import split, take, tighten
from placement_engine.testing.strategies import problems
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

FREE = 10**9


def effort(work: int | None = None) -> Effort:
    return Effort(clock=time.monotonic, deadline=None, work_left=work)


def nothing(plan: tuple[int, ...]) -> None:
    del plan


def value_of(problem: PlacementProblem, goal: Goal, plan: tuple[int, ...]) -> int:
    if goal is Goal.TIE:
        return tie_hash(problem, plan)
    level = Level.TOTAL if goal is Goal.TOTAL else Level.MOVES
    found = evaluate(replace(problem, lexicographic=(level,)), plan)
    assert found is not None
    return found[0]


def least(problem: PlacementProblem, goal: Goal) -> int | None:
    if goal is Goal.TIE:
        equal = replace(
            problem,
            lexicographic=(Level.WORST_BAND,),
            bands=(FREE * FREE, FREE * FREE),
        )
    else:
        level = Level.TOTAL if goal is Goal.TOTAL else Level.MOVES
        equal = replace(problem, lexicographic=(level,))
    found = exhaust(equal)
    return None if found is None else value_of(problem, goal, found.assignment)


@settings(max_examples=150, deadline=None)
@given(problem=problems(), work=st.sampled_from([33, 40, 80, 200]))
def test_a_bound_never_passes_the_optimum(problem: PlacementProblem, work: int) -> None:
    optimum = least(problem, Goal.TOTAL)
    reply = OwnSearch(problem, dominance=False).answer(
        Question(goal=Goal.TOTAL, band=2), effort(work), nothing
    )
    if optimum is None:
        assert reply.plan is None
    else:
        assert reply.bound <= optimum
        if reply.complete:
            assert reply.bound == optimum
        if reply.plan is not None:
            assert value_of(problem, Goal.TOTAL, reply.plan) >= optimum


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    count=st.integers(2, 4),
    width=st.integers(1, 4),
    places=st.integers(1, 3),
    rounds=st.integers(0, 6),
)
def test_messages_and_prices_never_lift_the_bound_above_a_plan(
    data: st.DataObject, count: int, width: int, places: int, rounds: int
) -> None:
    def vector(size: int, high: int) -> np.ndarray:
        drawn = st.lists(st.integers(0, high), min_size=size, max_size=size)
        return np.array(data.draw(drawn), dtype=np.int64)

    unary = [vector(width, 100) for _ in range(count)]
    ends = [(a, b) for a in range(count) for b in range(a + 1, count)]
    edges = [Edge(a=a, b=b, cost=vector(width * width, 100).reshape(width, width)) for a, b in ends]
    site = tuple(vector(width, places - 1) for _ in range(count))
    demand = tuple(vector(count, 2).tolist())
    free = vector(places, 4)
    held = Places(site=site, demand=demand, free=free)
    limit = BoundEffort(rounds=rounds, limit=CLOSED, stop=lambda: False)
    found = reduce_costs(unary, edges, held, effort=limit)
    best: int | None = None
    for plan in np.ndindex(*(width,) * count):
        used = np.zeros(places, dtype=np.int64)
        for k, value in enumerate(plan):
            used[site[k][value]] += demand[k]
        if (used <= free).all():
            cost = sum(int(unary[k][v]) for k, v in enumerate(plan))
            cost += sum(int(edge.cost[plan[edge.a], plan[edge.b]]) for edge in edges)
            best = cost if best is None else min(best, cost)
    if found is None:
        assert best is None
    elif best is not None:
        assert found.constant <= best * 16


def test_prices_find_the_transport_optimum() -> None:
    costs = [np.array([0, 10]), np.array([0, 4]), np.array([0, 7])]
    places = Places(
        site=(np.array([0, 1]),) * 3,
        demand=(1, 1, 1),
        free=np.array([1, UNLIMITED], dtype=np.int64),
    )
    prices = transport_prices(costs, places)
    assert prices is not None
    bound = sum(int((c + prices).min()) for c in costs) - int(prices[0])
    assert bound == 4 + 7
    full = replace(places, free=np.array([1, 1], dtype=np.int64))
    assert transport_prices(costs, full) is None


@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_dominance_changes_no_answer(problem: PlacementProblem) -> None:
    def best(*, dominance: bool) -> tuple[Sequence[int] | None, int]:
        own = OwnSearch(problem, dominance=dominance)
        first = own.answer(Question(goal=None, band=2), effort(), nothing)
        if first.plan is None:
            return None, 0
        goal = Goal.TOTAL if problem.lexicographic[0] is Level.TOTAL else None
        reply = own.answer(Question(goal=goal, band=2, start=first.plan), effort(), nothing)
        assert reply.plan is not None
        return (), value_of(problem, Goal.TOTAL, reply.plan) if goal else 0

    assert best(dominance=True) == best(dominance=False)


@settings(max_examples=100, deadline=None)
@given(problem=problems())
def test_presolve_closes_no_plan(problem: PlacementProblem) -> None:
    model = tighten(compile_model(problem))
    found = exhaust(problem)
    if model is None:
        assert found is None
    elif found is not None:
        for i, k in enumerate(model.movers):
            assert model.open[i, found.assignment[k]]
        assert model.full(model.part(found.assignment)) == found.assignment


@settings(max_examples=40, deadline=None)
@given(
    problem=problems(max_subjects=3, max_sites=4),
    goal=st.sampled_from(Goal),
    presolve=st.booleans(),
)
def test_the_second_solver_agrees_with_the_brute_force(
    problem: PlacementProblem, goal: Goal, presolve: bool
) -> None:
    reply = CpSat(problem, seed=0, workers=1, presolve=presolve).answer(
        Question(goal=goal, band=2), effort(), nothing
    )
    optimum = least(problem, goal)
    if goal is Goal.TIE and optimum is not None:
        assert reply.plan is not None
        assert value_of(problem, goal, reply.plan) == reply.bound
        return
    assert reply.complete
    if optimum is None:
        assert reply.plan is None
    else:
        assert reply.plan is not None
        assert witness.check(problem, reply.plan)
        assert value_of(problem, goal, reply.plan) == optimum == reply.bound


@settings(max_examples=120, deadline=None)
@given(problem=problems())
def test_solve_equals_the_brute_force(problem: PlacementProblem) -> None:
    best = exhaust(problem)
    answer = solve(problem, limits=Limits(time_s=None))
    if best is None:
        assert isinstance(answer, NoSafePlacement)
    else:
        assert isinstance(answer, Proposed)
        assert answer.proved_optimal
        assert answer.assignment == best.assignment
        assert tuple(level.value for level in answer.levels) == best.values


@pytest.mark.parametrize("order", [(Level.MOVES,), (Level.WORST_BAND,), (Level.MOVES, Level.TOTAL)])
@settings(max_examples=25, deadline=None)
@given(problem=problems())
def test_any_order_of_levels(problem: PlacementProblem, order: tuple[Level, ...]) -> None:
    asked = replace(problem, lexicographic=order, tie_key=b"order")
    best, answer = exhaust(asked), solve(asked, limits=Limits(time_s=None))
    if best is None:
        assert isinstance(answer, NoSafePlacement)
    else:
        assert isinstance(answer, Proposed)
        assert answer.assignment == best.assignment
        assert answer.lower_bound <= answer.objective


@settings(max_examples=100, deadline=None)
@given(problem=problems())
def test_a_tree_tells_no_plan_that_costs_more_than_its_limit(problem: PlacementProblem) -> None:
    """What the bounds give back for places that stay empty is missed at a whole plan."""
    model = tighten(compile_model(problem))
    for group in () if model is None else split(model):
        assert model is not None
        part = take(model, group)
        limits = np.array([in_units(None)], dtype=np.int64)
        dense = lay_out(part, [Goal.TOTAL], limits, rounds=5, stop=lambda: False)
        if dense is None:
            continue
        tree = Tree(dense, limits, guide=0)
        while (picked := tree.next_plan(effort(), most=10_000)) is not None:
            sites = tuple(int(v[i]) for v, i in zip(dense.values, picked, strict=True))
            cost = in_units(part.value_total(sites))
            assert cost <= limits[0]
            limits[0] = cost - 1
        assert tree.exhausted


def test_a_place_that_stays_empty_is_not_given_back() -> None:
    """Two want the one free place; without either of them there, its price is missing."""
    problem = PlacementProblem(
        sites=tuple(MunicipalityCode(f"000{n}") for n in range(3)),
        distance_m=100_000 * (1 - np.eye(3, dtype=np.int64)),
        exposure_ppm=np.zeros((3, 3), dtype=np.int64),
        capacity=np.array([1, 5, 5]),
        subjects=tuple(
            ProblemSubject(id=SubjectRef(f"S{k}"), unary=np.array([0, 100, 110])) for k in (0, 1)
        ),
    )
    model = tighten(compile_model(problem))
    assert model is not None
    limits = np.array([in_units(150)])
    dense = lay_out(model, [Goal.TOTAL], limits, rounds=5, stop=lambda: False)
    assert dense is not None
    assert dense.prices.max() > 0
    tree = Tree(dense, limits, guide=0)
    told = []
    while (picked := tree.next_plan(effort(), most=100)) is not None:
        told.append(sum(int(v[i] == 0) for v, i in zip(dense.values, picked, strict=True)))
    assert told == [1, 1, 1, 1]
