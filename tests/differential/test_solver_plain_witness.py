"""The witness and the figures, in arrays, against plain loops over one thing at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.problem import UNLIMITED, Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.figures import Figures
from placement_engine.solver.model import Standing, apart
from placement_engine.solver.witness import pair_cost
from placement_engine.testing.strategies import problems

Broken = tuple[str, tuple[int, ...]]


def plain_violations(problem: PlacementProblem, plan: Sequence[int]) -> Iterator[Broken]:
    for k, site in problem.fixed.items():
        if plan[k] != site:
            yield "fixed", (k,)
    for k, subject in enumerate(problem.subjects):
        for reason in subject.forbidden.get(plan[k], ()):
            yield reason, (k,)
    for pair in problem.pairs:
        if pair_cost(problem, pair, plan[pair.a], plan[pair.b]) is None:
            yield "separation", (pair.a, pair.b)
    users: dict[int, list[int]] = defaultdict(list)
    for k, site in enumerate(plan):
        users[site].append(k)
    for site, there in users.items():
        free = int(problem.capacity[site])
        if free != UNLIMITED and sum(problem.subjects[k].demand for k in there) > free:
            yield "capacity", tuple(there)
    for k, share in enumerate(plain_shares(problem, plan)):
        ceiling = problem.subjects[k].ceiling
        if ceiling is not None and share > ceiling:
            yield "ceiling", (k,)


def plain_shares(problem: PlacementProblem, plan: Sequence[int]) -> tuple[int, ...]:
    shares = [int(subject.unary[plan[k]]) for k, subject in enumerate(problem.subjects)]
    for pair in problem.pairs:
        cost = pair_cost(problem, pair, plan[pair.a], plan[pair.b]) or 0
        shares[pair.a] += cost
        shares[pair.b] += cost
    return tuple(shares)


def plain_total(problem: PlacementProblem, plan: Sequence[int]) -> int:
    unary = sum(int(subject.unary[plan[k]]) for k, subject in enumerate(problem.subjects))
    return unary + sum(
        pair_cost(problem, pair, plan[pair.a], plan[pair.b]) or 0 for pair in problem.pairs
    )


def plain_moves(problem: PlacementProblem, plan: Sequence[int]) -> int:
    value = 0
    for k, subject in enumerate(problem.subjects):
        if subject.current is not None and plan[k] != subject.current:
            value += subject.move_cost
        if subject.preference is not None:
            value += int(subject.preference[plan[k]])
    return value


@settings(max_examples=80, deadline=None)
@given(data=st.data(), problem=problems())
def test_arrays_add_up_to_what_loops_do(data: st.DataObject, problem: PlacementProblem) -> None:
    site = st.integers(0, len(problem.sites) - 1)
    plan = tuple(data.draw(st.tuples(*[site] * len(problem.subjects))))
    broken = list(plain_violations(problem, plan))
    assert list(witness.violations(problem, plan)) == broken
    shares, total = plain_shares(problem, plan), plain_total(problem, plan)
    assert witness.own_shares(problem, plan) == shares
    assert witness.total(problem, plan) == total
    assert witness.moves(problem, plan) == plain_moves(problem, plan)
    if all(plan[k] == site for k, site in problem.fixed.items()):
        figures = Figures(problem)
        assert figures.total(plan) == total
        assert tuple(figures.own_shares(plan).tolist()) == shares
    if not broken:
        seen = witness.check(problem, plan)
        assert (seen.shares, seen.value(Level.TOTAL)) == (shares, total)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), problem=problems())
def test_those_who_stay_are_added_up_as_by_loops(
    data: st.DataObject, problem: PlacementProblem
) -> None:
    site = st.integers(0, len(problem.sites) - 1)
    plan = tuple(data.draw(st.tuples(*[site] * len(problem.subjects))))
    settled = replace(problem, fixed=dict(enumerate(plan)))
    standing = Standing(settled)
    standing.add_pairs(settled, apart(settled)[0])
    assert standing.total == plain_total(settled, plan)
    assert standing.moves == plain_moves(settled, plan)
    assert tuple(standing.share.tolist()) == plain_shares(settled, plan)
    assert standing.is_broken(settled) == any(True for _ in plain_violations(settled, plan))
