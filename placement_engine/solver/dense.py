"""One component laid out for the tree: only open sites, bounds already reduced.

A *function* is a sum that the tree keeps a lower bound of: the total first, then each
other goal that is limited or made least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.backends import Goal
from placement_engine.solver.bound import (
    BoundEffort,
    Edge,
    Messages,
    Places,
    Reduced,
    reduce_costs,
)
from placement_engine.solver.model import CLOSED, BoolArray, Model
from placement_engine.solver.presolve import least

Oriented = tuple[int, IntArray]
"""The variable at the other end, and costs with own values as rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Handed:
    """Messages of a part, with the sites that they are for, as a start for its pieces."""

    values: tuple[IntArray, ...]
    messages: tuple[Messages, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dense:
    """n variables × at most W values.

    Parameters
    ----------
    values
        Site of each value of each variable.
    goals
        Goal of each of F functions, the total first.
    theta
        F × n × W reduced unary costs in 1 / `FINE`, `CLOSED` where there is no value.
    constant
        F constant parts of the bounds.
    handed
        What each link of the model has handed to its ends.
    reduced, plain
        For each variable, her neighbours with reduced pair costs; with plain ones, those
        whose own share has a limit.
    lowest
        Parallel to `plain`: the least of the pair at each value of the neighbour.
    share, limit
        n × W least own share at each value, and n limits.
    row_slack
        R: what may be added to each row beyond the least.
    row_terms
        For each variable: rows she adds to, and what beyond the least, rows × values.
    place, free, demand
        n × W place number of each value (-1 none), places left, demands.
    prices
        F × P: what the bounds charge for each place, and give back for all of them.
    """

    values: tuple[IntArray, ...]
    goals: tuple[Goal, ...]
    theta: IntArray
    constant: IntArray
    handed: Handed
    reduced: tuple[tuple[Oriented, ...], ...]
    plain: tuple[tuple[Oriented, ...], ...]
    lowest: tuple[tuple[IntArray, ...], ...]
    share: IntArray
    limit: IntArray
    row_slack: IntArray
    row_terms: tuple[tuple[IntArray, IntArray], ...]
    place: IntArray
    free: IntArray
    demand: IntArray
    prices: IntArray


def lay_out(
    model: Model,
    goals: Sequence[Goal],
    limits: IntArray,
    *,
    rounds: int,
    stop: Callable[[], bool],
    handed: Handed | None = None,
) -> Dense | None:
    """Lay out a component and bound each of `goals`, of which the total is the first.

    Parameters
    ----------
    limits
        F values in 1 / `FINE` above which no bound needs to rise.
    rounds, stop
        See `BoundEffort`.
    handed
        From a larger part of the same model.

    Returns
    -------
    None where the capacities prove that no plan exists.
    """
    n = len(model.movers)
    values = tuple(np.flatnonzero(row) for row in model.open)
    width = max(len(v) for v in values)
    binding = np.flatnonzero(model.free != UNLIMITED)
    number = np.full(len(model.free), len(binding), dtype=np.int64)
    number[binding] = np.arange(len(binding))
    places = Places(
        site=tuple(number[v] for v in values),
        demand=tuple(model.demand.tolist()),
        free=np.append(model.free[binding], UNLIMITED),
    )
    edges = [
        Edge(a=link.a, b=link.b, cost=link.cost[np.ix_(values[link.a], values[link.b])])
        for link in model.links
    ]
    found: list[Reduced] = []
    for goal, limit in zip(goals, limits.tolist(), strict=True):
        costs = costs_of(model, goal)
        reduced = reduce_costs(
            [costs[i, v] for i, v in enumerate(values)],
            edges if goal is Goal.TOTAL else [],
            places,
            effort=BoundEffort(rounds=rounds, limit=limit, stop=stop),
            start=None if handed is None or goal is not Goal.TOTAL else _cut(handed, edges, values),
        )
        if reduced is None:
            return None
        found.append(reduced)
    theta = np.full((len(goals), n, width), CLOSED, dtype=np.int64)
    for f, one in enumerate(found):
        for i, costs in enumerate(one.unary):
            theta[f, i, : len(costs)] = costs
    plain, lowest = _plain(edges, model.ceiling)
    share, limit = _shares(model, values, width)
    slack, terms = _rows(model, values)
    place = np.full((n, width), -1, dtype=np.int64)
    for i, v in enumerate(values):
        place[i, : len(v)] = number[v]
    return Dense(
        values=values,
        goals=tuple(goals),
        theta=theta,
        constant=np.array([one.constant for one in found], dtype=np.int64),
        handed=Handed(values=values, messages=found[0].messages),
        reduced=_oriented(found[0].edges, n),
        plain=plain,
        lowest=lowest,
        share=share,
        limit=limit,
        row_slack=slack,
        row_terms=terms,
        place=place,
        free=places.free,
        demand=model.demand,
        prices=np.stack([one.prices for one in found]),
    )


def _cut(whole: Handed, edges: Sequence[Edge], values: Sequence[IntArray]) -> list[Messages]:
    """The messages of a larger part, at the values that this one has left."""
    at = [np.searchsorted(all_of, v) for all_of, v in zip(whole.values, values, strict=True)]
    return [
        (to_a[at[edge.a]], to_b[at[edge.b]])
        for edge, (to_a, to_b) in zip(edges, whole.messages, strict=True)
    ]


def costs_of(model: Model, goal: Goal) -> IntArray:
    """Unary costs of a goal, n × M."""
    if goal is Goal.TOTAL:
        return model.total
    return model.moves if goal is Goal.MOVES else model.tie


def narrowed(model: Model, dense: Dense, limits: IntArray) -> Model:
    """Close each site whose reduced cost alone passes a limit; limits in 1 / `FINE`."""
    slack = limits - dense.constant
    keep: BoolArray = np.all(dense.theta <= slack[:, None, None], axis=0)
    is_open = np.zeros_like(model.open)
    for i, v in enumerate(dense.values):
        is_open[i, v[keep[i, : len(v)]]] = True
    return replace(model, open=is_open)


def pieces(model: Model, dense: Dense, function: int) -> Iterator[tuple[int, Model]]:
    """Split a part at every value of the variable that has fewest, but more than one.

    Yields
    ------
    bound, piece
        The bound is that of the function, in 1 / `FINE`.
    """
    # A part with one plan alone, whose tree was not searched for want of effort, stays whole.
    counts = [(len(v), i) for i, v in enumerate(dense.values) if len(v) > 1]
    _, pick = min(counts, default=(1, 0))
    for value, site in enumerate(dense.values[pick].tolist()):
        is_open = model.open.copy()
        is_open[pick] = False
        is_open[pick, site] = True
        bound = int(dense.constant[function] + dense.theta[function, pick, value])
        yield bound, replace(model, open=is_open)


def _oriented(edges: Sequence[Edge], n: int) -> tuple[tuple[Oriented, ...], ...]:
    found: list[list[Oriented]] = [[] for _ in range(n)]
    for edge in edges:
        found[edge.a].append((edge.b, edge.cost))
        found[edge.b].append((edge.a, np.ascontiguousarray(edge.cost.T)))
    return tuple(tuple(of) for of in found)


def _plain(
    edges: Sequence[Edge], ceiling: IntArray
) -> tuple[tuple[tuple[Oriented, ...], ...], tuple[tuple[IntArray, ...], ...]]:
    # Only the shares of those who have a limit that can bind are followed.
    plain = tuple(
        tuple((other, cost) for other, cost in of if ceiling[other] != UNLIMITED)
        for of in _oriented(edges, len(ceiling))
    )
    lowest = tuple(tuple(cost.min(axis=0) for _, cost in of) for of in plain)
    return plain, lowest


def _shares(model: Model, values: Sequence[IntArray], width: int) -> tuple[IntArray, IntArray]:
    share = model.total.copy()
    for link in model.links:
        least_a, least_b = least(link, model.open)
        share[link.a] = np.minimum(share[link.a] + least_a, CLOSED)
        share[link.b] = np.minimum(share[link.b] + least_b, CLOSED)
    packed = np.full((len(values), width), CLOSED, dtype=np.int64)
    for i, v in enumerate(values):
        packed[i, : len(v)] = share[i, v]
    return packed, model.ceiling


def _rows(
    model: Model, values: Sequence[IntArray]
) -> tuple[IntArray, tuple[tuple[IntArray, IntArray], ...]]:
    slack = np.zeros(len(model.rows), dtype=np.int64)
    numbers: list[list[int]] = [[] for _ in values]
    costs: list[list[IntArray]] = [[] for _ in values]
    for r, row in enumerate(model.rows):
        slack[r] = row.ceiling - row.base
        for i, cost in zip(row.movers, row.cost, strict=True):
            mine = cost[values[i]]
            slack[r] -= mine.min()
            numbers[i].append(r)
            costs[i].append(mine - mine.min())
    return slack, tuple(
        (
            np.array(numbers[i], dtype=np.int64),
            np.stack(costs[i]) if costs[i] else np.zeros((0, len(v)), dtype=np.int64),
        )
        for i, v in enumerate(values)
    )
