"""The problem as the search sees it: those who can move, and what the others leave behind.

A fixed subject never moves, so what she costs a mover is a unary cost, and what the mover
costs *her* is a row that may not pass her limit. All arrays are whole numbers.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
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
        K micro-nats: share of each subject who does not move, without any mover; 0 for movers.
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
    shares: IntArray
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
    columns = problem.subject_columns
    movers = tuple(columns.moving.tolist())
    n, m = len(movers), len(problem.sites)
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
    among, against, rivals = apart(problem)
    links = tuple(
        Link(a=number[pair.a], b=number[pair.b], cost=_table_of(problem, pair, tables))
        for pair in (problem.pairs[i] for i in rivals.tolist())
    )
    standing.add_pairs(problem, among)
    rows = _fold(problem, against, number, is_open, total, standing.share)
    return Model(
        movers=movers,
        plan=tuple(standing.plan.tolist()),
        open=is_open,
        total=total,
        moves=moves,
        tie=_tie(problem, movers, is_open),
        links=links,
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


def apart(problem: PlacementProblem) -> tuple[IntArray, IntArray, IntArray]:
    """Indices of pairs of whom nobody moves, of whom one does, and of whom both do."""
    pairs = problem.pair_columns
    moves = np.zeros(len(problem.subjects), dtype=np.int64)
    moves[problem.subject_columns.moving] = 1
    moving = moves[pairs.a] + moves[pairs.b]
    among, against, rivals = (np.flatnonzero(moving == ends) for ends in range(3))
    return among, against, rivals


class Standing:
    """What the fixed subjects cost and use among themselves, added up.

    Attributes
    ----------
    plan
        K sites, -1 for movers.
    share
        K own shares, 0 for movers.
    """

    __slots__ = ("apart", "free", "moves", "plan", "share", "total")

    def __init__(self, problem: PlacementProblem) -> None:
        columns = problem.subject_columns
        fixed, site = columns.fixed, columns.site
        self.apart = True
        self.plan = np.full(len(problem.subjects), -1, dtype=np.int64)
        self.plan[fixed] = site
        self.share: IntArray = np.zeros(len(problem.subjects), dtype=np.int64)
        self.share[fixed] = columns.unary
        self.total = int(columns.unary.sum())
        current = columns.current[fixed]
        self.moves = int(columns.move_cost[fixed][(current >= 0) & (current != site)].sum())
        for k in columns.prefers.tolist():
            preference = problem.subjects[k].preference
            if k in problem.fixed and preference is not None:
                self.moves += int(preference[problem.fixed[k]])
        used = np.zeros(len(problem.sites), dtype=np.int64)
        np.add.at(used, site, columns.demand[fixed])
        limited = problem.capacity != UNLIMITED
        self.free: IntArray = np.where(limited, problem.capacity - used, UNLIMITED)

    def add_pairs(self, problem: PlacementProblem, among: IntArray) -> None:
        """Add what pairs of fixed subjects, by index, cost."""
        if not among.size:
            return
        pairs = problem.pair_columns
        a, b = pairs.a[among], pairs.b[among]
        costs = costs_between(problem, among, self.plan[b], self.plan[a][:, None])[:, 0]
        for i in np.flatnonzero(np.isin(among, pairs.tabled)).tolist():
            table = problem.tables[problem.pairs[int(among[i])].table or ""]
            entry = int(table[self.plan[a[i]], self.plan[b[i]]])
            costs[i] = CLOSED if entry == FORBIDDEN else entry
        allowed = costs < CLOSED
        self.apart &= bool(allowed.all())
        costs = np.where(allowed, costs, 0)
        self.total += int(costs.sum())
        np.add.at(self.share, a, costs)
        np.add.at(self.share, b, costs)

    def is_broken(self, problem: PlacementProblem) -> bool:
        """Whether the fixed subjects break a rule among themselves."""
        columns = problem.subject_columns
        ceiling = columns.ceiling[columns.fixed]
        return (
            not self.apart
            or bool((self.free < 0).any())
            or bool(((ceiling >= 0) & (self.share[columns.fixed] > ceiling)).any())
            or any(
                int(self.plan[k]) in problem.subjects[k].forbidden for k in columns.forbids.tolist()
            )
        )


def _fold(
    problem: PlacementProblem,
    against: IntArray,
    number: dict[int, int],
    is_open: BoolArray,
    total: IntArray,
    share: IntArray,
) -> tuple[Row, ...]:
    """Fold pairs with fixed subjects into `is_open` and `total`, and into rows of theirs."""
    pairs = [problem.pairs[i] for i in against.tolist()]
    moving = [pair.a in number for pair in pairs]
    stays = [pair.b if moves else pair.a for pair, moves in zip(pairs, moving, strict=True)]
    at = [problem.fixed[f] for f in stays]
    added: dict[int, list[tuple[int, IntArray]]] = defaultdict(list)
    columns = _columns(problem, against, at, moving)
    for pair, f, column in zip(pairs, stays, columns, strict=True):
        i = number[pair.a if f == pair.b else pair.b]
        allowed = column != CLOSED
        is_open[i] &= allowed
        cost = np.where(allowed, column, 0)
        total[i] += cost
        added[f].append((i, cost))
    return tuple(
        Row(
            subject=f,
            base=int(share[f]),
            ceiling=_or_unlimited(problem.subjects[f].ceiling),
            movers=tuple(i for i, _ in terms),
            cost=np.stack([cost for _, cost in terms]),
        )
        for f, terms in sorted(added.items())
    )


def _columns(
    problem: PlacementProblem, which: IntArray, at: Sequence[int], b_stands: Sequence[bool]
) -> IntArray:
    """One row a pair: its cost at each site of the one, the other standing at `at`."""
    found = costs_between(problem, which, at, np.arange(len(problem.sites))[None, :])
    for row, i in enumerate(which.tolist()):
        name = problem.pairs[i].table
        if name is not None:
            table = problem.tables[name]
            line = table[:, at[row]] if b_stands[row] else table[at[row]]
            found[row] = np.where(line == FORBIDDEN, CLOSED, line)
    return found


def costs_between(
    problem: PlacementProblem, which: IntArray, at: Sequence[int] | IntArray, sites: IntArray
) -> IntArray:
    """Costs of P pairs, by index, as if without tables; one end at `at`, the other at P × X sites.

    A pair that may not stand so costs `CLOSED`.
    """
    pairs = problem.pair_columns
    there = np.asarray(at, dtype=np.int64)[:, None]
    exposure = problem.exposure_ppm[there, sites] / PPM
    cost = micronats_array(pairs.hostility[which][:, None] / PPM * exposure)
    cost += micronats_array(pairs.reunion[which][:, None] / PPM * exposure)
    penalty = np.where(pairs.penalty[which] < 0, CLOSED, pairs.penalty[which])[:, None]
    near = problem.distance_m[there, sites] < pairs.separation[which][:, None]
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
        broken=model.broken or int(model.shares.max()) > limit,
    )
