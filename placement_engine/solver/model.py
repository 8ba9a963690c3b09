"""The problem as the search sees it: those who can move, and what the others leave behind.

A fixed subject never moves, so what she costs a mover is a unary cost, and what the mover
costs *her* is a row that may not pass her limit. All arrays are whole numbers.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    UNLIMITED,
    IntArray,
    PlacementProblem,
    ProblemPair,
    micronats_array,
)

BoolArray = NDArray[np.bool_]

Tables = dict[tuple[object, ...], IntArray]
"""Pair costs by what they follow from; equal pairs share one."""

CLOSED = 1 << 60
"""Cost of what is not allowed; two of them still fit an int64."""
TIE_BYTES = 4
"""Length of the hash that breaks ties."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Link:
    """Two movers, by number, and what their sites cost together, `CLOSED` where not allowed."""

    a: int
    b: int
    cost: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """A subject who does not move, and what each mover would add to her share.

    Parameters
    ----------
    subject
        Her index in the problem.
    base
        Her share without the movers.
    ceiling
        Her ceiling, or `UNLIMITED`.
    movers, cost
        Movers by number, and for each of them micro-nats at every site.
    """

    subject: int
    base: int
    ceiling: int
    movers: tuple[int, ...]
    cost: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """n movers × M sites.

    Parameters
    ----------
    movers
        Subject index of each mover.
    plan
        Site of every subject of the problem who does not move, -1 for movers.
    open
        n × M: sites that are still possible.
    total, moves, tie
        n × M unary cost at each level, pairs with those who do not move included.
    links, rows
        What binds movers to each other, and to those who do not move.
    ceiling
        n ceilings of own shares, or `UNLIMITED`.
    demand, free
        n demands; M places that are left by those who do not move, or `UNLIMITED`.
    base_total, base_moves
        What those who do not move cost among themselves.
    shares
        Share of each subject who does not move, without any mover.
    broken
        Whether those who do not move break a rule among themselves.
    """

    movers: tuple[int, ...]
    plan: tuple[int, ...]
    open: BoolArray
    total: IntArray
    moves: IntArray
    tie: IntArray
    links: tuple[Link, ...]
    rows: tuple[Row, ...]
    ceiling: IntArray
    demand: IntArray
    free: IntArray
    base_total: int
    base_moves: int
    shares: Mapping[int, int]
    broken: bool

    def full(self, sites: Sequence[int]) -> tuple[int, ...]:
        """The plan of every subject, from the sites of the movers: the undo of folding."""
        plan = list(self.plan)
        for k, site in zip(self.movers, sites, strict=True):
            plan[k] = int(site)
        return tuple(plan)

    def part(self, plan: Sequence[int]) -> tuple[int, ...]:
        """The sites of the movers in a plan of every subject."""
        return tuple(plan[k] for k in self.movers)

    def value_total(self, sites: Sequence[int]) -> int:
        """`total` of the movers at these sites, without what is at the base."""
        here = np.asarray(sites)
        value = int(self.total[np.arange(len(here)), here].sum())
        return value + sum(int(link.cost[sites[link.a], sites[link.b]]) for link in self.links)

    def value_of(self, costs: IntArray, sites: Sequence[int]) -> int:
        """Sum of unary costs, such as `moves` or `tie`, of the movers at these sites."""
        return int(costs[np.arange(len(sites)), np.asarray(sites)].sum())


def compile_model(problem: PlacementProblem, *, tables: Tables | None = None) -> Model:
    """Compile a problem, its fixed subjects folded away.

    Parameters
    ----------
    tables
        Pair costs of problems with the same sites, to be used again and added to.
    """
    n, m = len(problem.subjects) - len(problem.fixed), len(problem.sites)
    movers = tuple(k for k in range(len(problem.subjects)) if k not in problem.fixed)
    number = {k: i for i, k in enumerate(movers)}
    subjects = [problem.subjects[k] for k in movers]
    is_open = np.ones((n, m), dtype=np.bool_)
    total = np.zeros((n, m), dtype=np.int64)
    moves = np.zeros((n, m), dtype=np.int64)
    for i, subject in enumerate(subjects):
        is_open[i, list(subject.forbidden)] = False
        total[i] = subject.unary
        if subject.preference is not None:
            moves[i] = subject.preference
        if subject.current is not None:
            moves[i] += subject.move_cost
            moves[i, subject.current] -= subject.move_cost
    standing = Standing(problem)
    tables = {} if tables is None else tables
    links: list[Link] = []
    against: list[tuple[int, int, ProblemPair]] = []
    among: list[ProblemPair] = []
    for pair in problem.pairs:
        moving = (pair.a in number, pair.b in number)
        if all(moving):
            links.append(
                Link(a=number[pair.a], b=number[pair.b], cost=_table_of(problem, pair, tables))
            )
        elif any(moving):
            k, f = (pair.a, pair.b) if moving[0] else (pair.b, pair.a)
            against.append((number[k], f, pair))
        else:
            among.append(pair)
    standing.add_pairs(problem, among)
    rows = _fold(problem, against, is_open, total, standing.share)
    return Model(
        movers=movers,
        plan=tuple(problem.fixed.get(k, -1) for k in range(len(problem.subjects))),
        open=is_open,
        total=total,
        moves=moves,
        tie=_tie(problem, movers, is_open),
        links=tuple(links),
        rows=rows,
        ceiling=np.array([_or_unlimited(s.ceiling) for s in subjects], dtype=np.int64),
        demand=np.array([s.demand for s in subjects], dtype=np.int64),
        free=standing.free,
        base_total=standing.total,
        base_moves=standing.moves,
        shares=standing.share,
        broken=standing.is_broken(problem),
    )


def _table_of(problem: PlacementProblem, pair: ProblemPair, tables: Tables) -> IntArray:
    if pair.table is not None:
        key: tuple[object, ...] = (pair.table,)
    else:
        key = (pair.hostility_ppm, pair.reunion_ppm, pair.separation_m, pair.penalty)
    if key not in tables:
        cost = problem.pair_costs(pair)
        tables[key] = np.where(cost == FORBIDDEN, CLOSED, cost)
    return tables[key]


class Standing:
    """What the fixed subjects cost and use among themselves, added up."""

    __slots__ = ("apart", "free", "moves", "share", "total")

    def __init__(self, problem: PlacementProblem) -> None:
        self.apart = True
        self.free = problem.capacity.copy()
        self.moves = self.total = 0
        self.share: dict[int, int] = {}
        for k, site in problem.fixed.items():
            subject = problem.subjects[k]
            self.share[k] = int(subject.unary[site])
            self.total += self.share[k]
            if subject.preference is not None:
                self.moves += int(subject.preference[site])
            if subject.current is not None and subject.current != site:
                self.moves += subject.move_cost
            if self.free[site] != UNLIMITED:
                self.free[site] -= subject.demand

    def add_pairs(self, problem: PlacementProblem, pairs: Sequence[ProblemPair]) -> None:
        """Add what pairs of fixed subjects cost."""
        at_a = [problem.fixed[pair.a] for pair in pairs]
        at_b = [problem.fixed[pair.b] for pair in pairs]
        costs = costs_between(problem, pairs, at_b, np.array(at_a, dtype=np.int64)[:, None])[:, 0]
        for i, pair in enumerate(pairs):
            cost = int(costs[i])
            if pair.table is not None:
                entry = int(problem.tables[pair.table][at_a[i], at_b[i]])
                cost = CLOSED if entry == FORBIDDEN else entry
            if cost == CLOSED:
                self.apart = False
                continue
            self.total += cost
            self.share[pair.a] += cost
            self.share[pair.b] += cost

    def is_broken(self, problem: PlacementProblem) -> bool:
        """Whether the fixed subjects break a rule among themselves."""
        return (
            not self.apart
            or bool((self.free < 0).any())
            or any(site in problem.subjects[k].forbidden for k, site in problem.fixed.items())
            or any(s > _or_unlimited(problem.subjects[k].ceiling) for k, s in self.share.items())
        )


def _fold(
    problem: PlacementProblem,
    against: list[tuple[int, int, ProblemPair]],
    is_open: BoolArray,
    total: IntArray,
    share: dict[int, int],
) -> tuple[Row, ...]:
    """Fold pairs with fixed subjects into `is_open` and `total`, and into rows of theirs."""
    columns = _columns(
        problem,
        [pair for _, _, pair in against],
        [problem.fixed[f] for _, f, _ in against],
        [pair.b == f for _, f, pair in against],
    )
    added: dict[int, list[tuple[int, IntArray]]] = defaultdict(list)
    for (i, f, _), column in zip(against, columns, strict=True):
        allowed = column != CLOSED
        is_open[i] &= allowed
        cost = np.where(allowed, column, 0)
        total[i] += cost
        added[f].append((i, cost))
    return tuple(
        Row(
            subject=f,
            base=share[f],
            ceiling=_or_unlimited(problem.subjects[f].ceiling),
            movers=tuple(i for i, _ in terms),
            cost=np.stack([cost for _, cost in terms]),
        )
        for f, terms in sorted(added.items())
    )


def _columns(
    problem: PlacementProblem,
    pairs: Sequence[ProblemPair],
    at: Sequence[int],
    b_stands: Sequence[bool],
) -> IntArray:
    """One row a pair: its cost at each site of the one, the other standing at `at`."""
    found = costs_between(problem, pairs, at, np.arange(len(problem.sites))[None, :])
    for i, pair in enumerate(pairs):
        if pair.table is not None:
            table = problem.tables[pair.table]
            line = table[:, at[i]] if b_stands[i] else table[at[i]]
            found[i] = np.where(line == FORBIDDEN, CLOSED, line)
    return found


def costs_between(
    problem: PlacementProblem,
    pairs: Sequence[ProblemPair],
    at: Sequence[int] | IntArray,
    sites: IntArray,
) -> IntArray:
    """Costs of P pairs without tables, one standing at `at`, the other at P × X `sites`."""
    hostility, reunion, metres, penalty = (
        np.array(values, dtype=np.int64)[:, None]
        for values in (
            [pair.hostility_ppm for pair in pairs],
            [pair.reunion_ppm for pair in pairs],
            [pair.separation_m for pair in pairs],
            [CLOSED if pair.penalty is None else pair.penalty for pair in pairs],
        )
    )
    there = np.array(at, dtype=np.int64)[:, None]
    exposure = problem.exposure_ppm[there, sites] / PPM
    cost = micronats_array(hostility / PPM * exposure)
    cost += micronats_array(reunion / PPM * exposure)
    near = problem.distance_m[there, sites] < metres
    return np.minimum(cost + np.where(near, penalty, 0), CLOSED)


def _tie(problem: PlacementProblem, movers: tuple[int, ...], is_open: BoolArray) -> IntArray:
    tie = np.zeros(is_open.shape, dtype=np.int64)
    sites = [f"\n{code}".encode() for code in problem.sites]
    for i, k in enumerate(movers):
        name = problem.subjects[k].id.encode()
        for site in np.flatnonzero(is_open[i]).tolist():
            digest = hashlib.blake2b(
                name + sites[site], key=problem.tie_key, digest_size=TIE_BYTES
            ).digest()
            tie[i, site] = int.from_bytes(digest, "big")
    return tie


def _or_unlimited(ceiling: int | None) -> int:
    return UNLIMITED if ceiling is None else ceiling


def share_limit(problem: PlacementProblem, band: int) -> int:
    """Highest own share whose band has rank `band` or lower."""
    return UNLIMITED if band >= len(problem.bands) else problem.bands[band] - 1


def limited(model: Model, limit: int) -> Model:
    """The model with every ceiling, those of rows too, lowered to `limit`."""
    return replace(
        model,
        ceiling=np.minimum(model.ceiling, limit),
        rows=tuple(replace(row, ceiling=min(row.ceiling, limit)) for row in model.rows),
        broken=model.broken or max(model.shares.values(), default=0) > limit,
    )
