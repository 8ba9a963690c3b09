"""A lower bound in whole numbers: pair costs moved into unary costs, capacities priced.

Two kinds of multipliers make the bound. *Messages* move parts of pair costs into unary
costs and back (sequential tree-reweighted message passing, Kolmogorov 2006), which changes
no plan's cost. *Prices* are put on the places of sites (the dual of the transport problem
in which households may be split), which lowers the cost of no allowed plan. Both may be
anything whatever without the bound becoming wrong, so they can be found by rounded
arithmetic; the bound itself is then a sum of minima of whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.model import CLOSED

FINE = 16
"""Costs are multiplied by this, so that halves and quarters of a micro-nat can be moved."""
LARGEST = CLOSED >> 3
"""Sums of finite costs must stay below this after multiplication."""


WORTH_A_ROUND = 100
"""A round that closes less than one part in so many of what is missing is the last."""


class TooLarge(Exception):
    """Costs are so large that the bound could overflow; nothing is then claimed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """Costs between two variables: rows for values of `a`, columns for values of `b`."""

    a: int
    b: int
    cost: IntArray


Messages = tuple[IntArray, IntArray]
"""What an edge has handed to its `a`, and to its `b`; one vector each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reduced:
    """Costs after messages and prices, in units of 1 / `FINE` micro-nats.

    Parameters
    ----------
    constant
        No plan costs less: the bound.
    unary
        One vector a variable; not negative, with least value 0.
    edges
        Not negative; `CLOSED` where not allowed.
    messages
        One pair an edge, to start from where a part of the same problem is bounded.
    prices
        Of each place: `unary` holds what everybody there is charged, and `constant` is less
        by the charge for all of the place, whether it is filled or not.
    """

    constant: int
    unary: tuple[IntArray, ...]
    edges: tuple[Edge, ...]
    messages: tuple[Messages, ...]
    prices: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundEffort:
    """When to stop raising a bound.

    Parameters
    ----------
    rounds
        Sweeps forward and backward at the most.
    limit
        Above this, in 1 / `FINE`, nothing more needs to be known.
    stop
        Whether time is up.
    """

    rounds: int
    limit: int
    stop: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """The capacities that a set of variables shares.

    Parameters
    ----------
    site
        For each variable, the place number of each of her values.
    demand
        For each variable.
    free
        For each place number; `UNLIMITED` where it cannot bind.
    """

    site: tuple[IntArray, ...]
    demand: tuple[int, ...]
    free: IntArray


def reduce_costs(
    unary: Sequence[IntArray],
    edges: Sequence[Edge],
    places: Places,
    *,
    effort: BoundEffort,
    start: Sequence[Messages] | None = None,
) -> Reduced | None:
    """Move and price costs so that the sum of minima is as high as it gets.

    Parameters
    ----------
    unary, edges
        Finite unary costs, and pair costs in which every value has a partner.
    effort
        When to stop; the bound is right whenever that is.
    start
        Messages of a larger problem, cut to these values.

    Returns
    -------
    None where the capacities alone prove that no plan exists.

    Raises
    ------
    TooLarge
        The costs could overflow.
    """
    highest = sum(int(u.max(initial=0)) for u in unary) + sum(_highest(edge) for edge in edges)
    if highest * FINE > LARGEST:
        raise TooLarge
    work = _Work(unary, edges, places)
    if start is not None:
        work.hand(start)
    if not work.price():
        return None
    bound = work.bound()
    for _ in range(effort.rounds if edges else 0):
        if bound > effort.limit or effort.stop():
            break
        work.sweep(forward=True)
        if not effort.stop():
            work.sweep(forward=False)
        work.price()
        before, bound = bound, work.bound()
        if bound - before < max(FINE, min(effort.limit - bound, highest * FINE) // WORTH_A_ROUND):
            break
    return work.reduced()


def _highest(edge: Edge) -> int:
    finite = edge.cost[edge.cost < CLOSED]
    return int(finite.max(initial=0))


class _Work:
    """Arrays that messages and prices change in place."""

    __slots__ = ("closed", "constant", "edges", "ends", "handed", "places", "prices", "unary")

    def __init__(self, unary: Sequence[IntArray], edges: Sequence[Edge], places: Places) -> None:
        self.unary = [u * FINE for u in unary]
        self.closed = [edge.cost >= CLOSED for edge in edges]
        self.edges = [
            np.where(closed, CLOSED >> 1, edge.cost * FINE)
            for edge, closed in zip(edges, self.closed, strict=True)
        ]
        self.ends = [(edge.a, edge.b) for edge in edges]
        self.handed = [(np.zeros_like(e[:, 0]), np.zeros_like(e[0])) for e in self.edges]
        self.places = places
        self.prices = np.zeros(len(places.free), dtype=np.int64)
        self.constant = 0

    def bound(self) -> int:
        return (
            self.constant
            + sum(int(u.min()) for u in self.unary)
            + sum(int(e.min()) for e in self.edges)
        )

    def hand(self, messages: Sequence[Messages]) -> None:
        """Hand messages from edges to their ends, as they were once found."""
        for number, (to_a, to_b) in enumerate(messages):
            a, b = self.ends[number]
            self.unary[a] = self.unary[a] + to_a
            self.unary[b] = self.unary[b] + to_b
            self.edges[number] -= to_a[:, None]
            self.edges[number] -= to_b
            self.handed[number][0][:] = to_a
            self.handed[number][1][:] = to_b

    def sweep(self, *, forward: bool) -> None:
        """Every variable hands her costs on along her edges to those after her."""
        count = len(self.unary)
        after: list[list[int]] = [[] for _ in range(count)]
        before = [0] * count
        for number, (a, b) in enumerate(self.ends):
            first, second = (a, b) if (a < b) == forward else (b, a)
            after[first].append(number)
            before[second] += 1
        for k in range(count) if forward else range(count - 1, -1, -1):
            if not after[k]:
                continue
            part = self.unary[k] // max(len(after[k]), before[k])
            self.unary[k] = self.unary[k] - part * len(after[k])
            for number in after[k]:
                a, b = self.ends[number]
                cost, (to_a, to_b) = self.edges[number], self.handed[number]
                if k == a:
                    cost += part[:, None]
                    least = cost.min(axis=0)
                    cost -= least
                    self.unary[b] = self.unary[b] + least
                    to_a -= part
                    to_b += least
                else:
                    cost += part
                    least = cost.min(axis=1)
                    cost -= least[:, None]
                    self.unary[a] = self.unary[a] + least
                    to_a += least
                    to_b -= part

    def price(self) -> bool:
        """Price places anew for the costs as they are; False where they cannot hold all."""
        binding = np.flatnonzero(self.places.free != UNLIMITED)
        if not binding.size:
            return True
        plain = [
            u - d * self.prices[s]
            for u, d, s in zip(self.unary, self.places.demand, self.places.site, strict=True)
        ]
        prices = transport_prices(plain, self.places)
        if prices is None:
            return False
        unary = [
            u + d * prices[s]
            for u, d, s in zip(plain, self.places.demand, self.places.site, strict=True)
        ]
        constant = -int((prices[binding] * self.places.free[binding]).sum())
        old = self.constant + sum(int(u.min()) for u in self.unary)
        if constant + sum(int(u.min()) for u in unary) > old:
            self.unary, self.prices, self.constant = unary, prices, constant
        return True

    def reduced(self) -> Reduced:
        """Minima taken out into the constant; closed entries closed again."""
        constant = self.constant
        edges, messages = [], []
        for number, (a, b) in enumerate(self.ends):
            cost = self.edges[number]
            to_a, to_b = cost.min(axis=1), (cost - cost.min(axis=1)[:, None]).min(axis=0)
            self.unary[a] = self.unary[a] + to_a
            self.unary[b] = self.unary[b] + to_b
            left = cost - to_a[:, None] - to_b
            edges.append(Edge(a=a, b=b, cost=np.where(self.closed[number], CLOSED, left)))
            handed = self.handed[number]
            messages.append((handed[0] + to_a, handed[1] + to_b))
        unary = []
        for costs in self.unary:
            lowest = int(costs.min())
            constant += lowest
            unary.append(costs - lowest)
        return Reduced(
            constant=constant,
            unary=tuple(unary),
            edges=tuple(edges),
            messages=tuple(messages),
            prices=self.prices,
        )


def transport_prices(unary: Sequence[IntArray], places: Places) -> IntArray | None:
    """Prices of places: the dual of the transport problem, rounded to whole numbers.

    Successive shortest paths from one variable after the other, who ships her demand at
    her cost a unit. Only full places get a price.

    Returns
    -------
    None where the places cannot hold everybody, which is exact: no path is left.
    """
    count, width = len(unary), len(places.free)
    cost = np.full((count, width), np.inf)
    for k, costs in enumerate(unary):
        cost[k, places.site[k]] = costs / max(1, places.demand[k])
    flow = np.zeros((count, width), dtype=np.int64)
    used = np.zeros(width, dtype=np.int64)
    potential = np.zeros(width)
    for k in range(count):
        left = places.demand[k]
        while left > 0:
            path = _shortest(k, cost, flow, potential, used < places.free)
            if path is None:
                return None
            end = path[0][1]
            most = left if places.free[end] == UNLIMITED else int(places.free[end] - used[end])
            most = min(most, left, *(int(flow[i, old]) for i, _, old in path if old >= 0))
            for i, new, old in path:
                flow[i, new] += most
                if old >= 0:
                    flow[i, old] -= most
            used[end] += most
            left -= most
    prices = np.rint(np.maximum(-potential, 0.0)).astype(np.int64)
    prices[places.free == UNLIMITED] = 0
    return prices


def _shortest(
    start: int,
    cost: NDArray[np.float64],
    flow: IntArray,
    potential: NDArray[np.float64],
    roomy: NDArray[np.bool_],
) -> list[tuple[int, int, int]] | None:
    """Path to a place with room, as (variable, place she goes to, place she leaves or -1)."""
    distance = cost[start] - potential
    by = np.full(len(potential), start)
    left = np.full(len(potential), -1)
    done = np.zeros(len(potential), dtype=np.bool_)
    while True:
        here = np.where(done, np.inf, distance)
        place = int(np.argmin(here))
        if not np.isfinite(here[place]):
            return None
        if roomy[place]:
            break
        done[place] = True
        for i in np.flatnonzero(flow[:, place]).tolist():
            other = distance[place] + (cost[i] - potential) - (cost[i, place] - potential[place])
            nearer = (other < distance) & ~done
            distance[nearer] = other[nearer]
            by[nearer] = i
            left[nearer] = place
    potential[done] += distance[done] - distance[place]
    path = [(int(by[place]), place, int(left[place]))]
    while path[-1][2] >= 0:
        place = path[-1][2]
        path.append((int(by[place]), place, int(left[place])))
    return path
