"""A problem laid out in arrays for the kernels: many movers, everything numbered.

Costs are *fine*: micro-nats times `Wide.fine`, so that halves of them can be moved about.
Pairs whose cost follows from the same numbers share one table. Tables beyond the room that
is kept for them are not made: the search computes their lines when it needs them, and the
bound leaves those pairs out, which can only lower it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from placement_engine.problem import (
    PPM,
    UNLIMITED,
    IntArray,
    PlacementProblem,
    ProblemPair,
    micronats,
)
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import (
    WALL,
    FloatArray,
    SmallArray,
    Tables,
    fill_lines,
    parameters,
)
from placement_engine.solver.model import BoolArray, Standing, apart

FINEST = 64
"""The most that costs are multiplied by."""
TABLE_BYTES = 900 << 20
"""Room for tables of pair costs."""
FILLERS = 2
"""Threads that fill tables; what they write does not depend on their number."""
MOST_UNARY = 1 << 48
"""Fine unary costs must stay below this, so that sums over a plan cannot overflow."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ties:
    """P pairs of a mover with somebody who stays: her number, his subject, P × M micro-nats."""

    mover: IntArray
    stays: IntArray
    cost: SmallArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rivalry:
    """E pairs among n movers.

    Parameters
    ----------
    ends
        E × 2 movers.
    lines
        E × 2 numbers of the tables with sites of `a`, and of `b`, as rows; -1 for none.
    tables, most
        C × M × M fine costs, and the highest of each.
    chances, near
        E × 2 hostility and reunion, E × 2 separation and penalty.
    first, edge, other, side
        The pairs of each mover; see `kernels.messages.sweep`.
    """

    ends: IntArray
    lines: IntArray
    tables: SmallArray
    most: IntArray
    chances: FloatArray
    near: IntArray
    first: IntArray
    edge: IntArray
    other: IntArray
    side: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """R limits of those who stay that can bind, and the T terms that movers add to them.

    Parameters
    ----------
    base, ceiling
        R fine shares without the movers, and what they may come to.
    first, row, cost
        The terms of each mover: n + 1 starts, T rows, T × M fine costs.
    """

    base: IntArray
    ceiling: IntArray
    first: IntArray
    row: IntArray
    cost: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wide:
    """n movers × M sites.

    Parameters
    ----------
    movers
        Subject index of each mover.
    plan
        Site of every subject who does not move, -1 for movers.
    fine
        What costs are multiplied by.
    unary
        n × M fine costs, those of `ties` in them; `CLOSED` where not open.
    demand, free
        n demands, M places that are left.
    ceiling
        n fine ceilings, or `UNLIMITED`.
    rivalry, ties, rows
        What binds movers to each other and to those who stay.
    base_total
        Micro-nats of those who stay among themselves.
    broken
        Whether those who stay break a rule, or a mover has no site.
    shares
        Micro-nats of each subject who stays, without movers (0 for movers).
    """

    movers: IntArray
    plan: IntArray
    fine: int
    unary: IntArray
    demand: IntArray
    free: IntArray
    ceiling: IntArray
    rivalry: Rivalry
    ties: Ties
    rows: Rows
    base_total: int
    broken: bool
    shares: IntArray

    @property
    def open(self) -> BoolArray:
        """Which sites are still possible, n × M."""
        return self.unary < CLOSED

    def full(self, sites: IntArray) -> tuple[int, ...]:
        """The plan of every subject, from the sites of the movers."""
        plan = self.plan.copy()
        plan[self.movers] = sites
        return tuple(plan.tolist())

    def part(self, plan: Sequence[int]) -> IntArray:
        """The sites of the movers in a plan of every subject."""
        return np.asarray(plan, dtype=np.int64)[self.movers]


def highest_cost(problem: PlacementProblem) -> int:
    """No pair at two allowed sites costs more micro-nats than this."""
    exposure = int(problem.exposure_ppm.max()) / PPM
    highest = max((int(table.max()) for table in problem.tables.values()), default=0)
    hostility = max((p.hostility_ppm for p in problem.pairs), default=0)
    reunion = max((p.reunion_ppm for p in problem.pairs), default=0)
    penalty = max((p.penalty or 0 for p in problem.pairs), default=0)
    cost = micronats(hostility / PPM * exposure) + micronats(reunion / PPM * exposure) + penalty
    return max(highest, cost)


def lay_wide(problem: PlacementProblem) -> Wide | None:
    """Lay out a problem; None where its costs are too large for the kernels."""
    highest = highest_cost(problem)
    if highest >= WALL // 2:
        return None
    fine = 1
    while fine < FINEST and highest * fine * 2 < WALL // 2:
        fine *= 2
    movers = problem.subject_columns.moving
    number = {k: i for i, k in enumerate(movers.tolist())}
    subjects = [problem.subjects[k] for k in number]
    among, *others = apart(problem)
    against, rivals = ([problem.pairs[i] for i in which.tolist()] for which in others)
    standing = Standing(problem)
    standing.add_pairs(problem, among)
    unary = np.array([s.unary for s in subjects], dtype=np.int64)
    if int(unary.max(initial=0)) * fine > MOST_UNARY:
        return None
    unary *= fine
    for i, subject in enumerate(subjects):
        unary[i, list(subject.forbidden)] = CLOSED
        unary[i, subject.demand > standing.free] = CLOSED
    ties = _ties(problem, against, number)
    for p, i in enumerate(ties.mover.tolist()):
        line = ties.cost[p]
        unary[i] = np.where(
            (line < WALL) & (unary[i] < CLOSED), unary[i] + line.astype(np.int64) * fine, CLOSED
        )
    whole = Wide(
        movers=movers,
        plan=standing.plan,
        fine=fine,
        unary=unary,
        demand=np.array([s.demand for s in subjects], dtype=np.int64),
        free=standing.free,
        ceiling=np.array([_fine(s.ceiling, fine) for s in subjects], dtype=np.int64),
        rivalry=_rivalry(problem, rivals, number, fine),
        ties=ties,
        rows=_no_rows(len(movers), len(problem.sites)),
        base_total=standing.total,
        broken=standing.is_broken(problem),
        shares=standing.share,
    )
    return within(problem, whole, UNLIMITED)


def within(problem: PlacementProblem, whole: Wide, limit: int) -> Wide:
    """The problem in which nobody's own share may pass `limit`, or her own ceiling.

    Parameters
    ----------
    whole
        From `lay_wide`, not yet within another limit.
    limit
        Micro-nats; `UNLIMITED` for none.
    """
    ceiling = np.minimum(whole.ceiling, _fine(limit, whole.fine))
    over = whole.unary > ceiling[:, None]
    unary = np.where(over, CLOSED, whole.unary)
    rows = _rows(problem, whole, unary, limit)
    broken = whole.broken or bool((whole.shares > limit).any())
    broken |= not (unary < CLOSED).any(axis=1).all() or bool((whole.free < 0).any())
    return replace(whole, unary=unary, ceiling=ceiling, rows=rows, broken=broken)


def _rows(problem: PlacementProblem, whole: Wide, unary: IntArray, limit: int) -> Rows:
    """Close sites that alone break somebody's limit; keep the limits that several can."""
    ties, fine = whole.ties, whole.fine
    n, m = unary.shape
    kept: list[tuple[int, int, IntArray]] = []
    base: list[int] = []
    ceilings: list[int] = []
    limits = np.array([_ceiling(problem, k, limit) for k in range(len(whole.shares))])
    slacks = np.where(limits < UNLIMITED, limits - whole.shares, UNLIMITED)
    most = ties.cost.max(axis=1, initial=0).astype(np.int64)
    binds = np.bincount(ties.stays, weights=most, minlength=len(slacks)) > slacks
    order = np.argsort(ties.stays, kind="stable")
    order = order[binds[ties.stays[order]]]
    bounds = np.flatnonzero(np.diff(ties.stays[order])) + 1
    for group in np.split(order, bounds) if len(order) else []:
        subject = int(ties.stays[group[0]])
        slack = int(slacks[subject])
        cost, movers = ties.cost[group], ties.mover[group]
        for p, i in enumerate(movers.tolist()):
            unary[i, cost[p] > slack] = CLOSED
        open_cost = np.where(unary[movers] < CLOSED, cost, 0)
        if int(open_cost.max(axis=1).sum()) > slack:
            kept += [(i, len(base), open_cost[p] * fine) for p, i in enumerate(movers.tolist())]
            base.append(int(whole.shares[subject]) * fine)
            ceilings.append(int(limits[subject]) * fine)
    kept.sort(key=lambda term: term[:2])
    return Rows(
        base=np.array(base, dtype=np.int64),
        ceiling=np.array(ceilings, dtype=np.int64),
        first=np.searchsorted([i for i, _, _ in kept], np.arange(n + 1)).astype(np.int64),
        row=np.array([r for _, r, _ in kept], dtype=np.int64),
        cost=np.array([c for _, _, c in kept], dtype=np.int64).reshape(-1, m),
    )


def _ceiling(problem: PlacementProblem, subject: int, limit: int) -> int:
    own = problem.subjects[subject].ceiling
    return limit if own is None else min(own, limit)


def _no_rows(n: int, m: int) -> Rows:
    none = np.zeros(0, dtype=np.int64)
    return Rows(
        base=none,
        ceiling=none,
        first=np.zeros(n + 1, dtype=np.int64),
        row=none,
        cost=np.zeros((0, m), dtype=np.int64),
    )


def _ties(
    problem: PlacementProblem, against: Sequence[ProblemPair], number: dict[int, int]
) -> Ties:
    b_stands = [pair.a in number for pair in against]
    ends = [(p.a, p.b) if b else (p.b, p.a) for p, b in zip(against, b_stands, strict=True)]
    at = np.array([problem.fixed[f] for _, f in ends], dtype=np.int64)
    return Ties(
        mover=np.array([number[k] for k, _ in ends], dtype=np.int64),
        stays=np.array([f for _, f in ends], dtype=np.int64),
        cost=fill_lines(problem, against, at, b_stands),
    )


def _rivalry(
    problem: PlacementProblem, pairs: Sequence[ProblemPair], number: dict[int, int], fine: int
) -> Rivalry:
    m = len(problem.sites)
    chances, near = parameters(pairs)
    room = max(1, TABLE_BYTES // (4 * m * m))
    # Explicit tables first, for they cannot be computed, then the most hostile.
    order = sorted(
        range(len(pairs)),
        key=lambda e: (pairs[e].table is None, -pairs[e].hostility_ppm, -pairs[e].separation_m),
    )
    made: dict[tuple[object, ...], tuple[int, int]] = {}
    examples: list[tuple[ProblemPair, bool]] = []
    lines = np.full((len(pairs), 2), -1, dtype=np.int64)
    for e in order:
        pair = pairs[e]
        key: tuple[object, ...] = (
            (pair.table,)
            if pair.table is not None
            else (pair.hostility_ppm, pair.reunion_ppm, pair.separation_m, pair.penalty)
        )
        if key not in made and (len(examples) < room or pair.table is not None):
            made[key] = (len(examples), len(examples))
            examples.append((pair, False))
            if pair.table is not None:
                made[key] = (len(examples) - 1, len(examples))
                examples.append((pair, True))
        lines[e] = made.get(key, (-1, -1))
    tables = np.empty((len(examples), m, m), dtype=np.int32)
    maker = Tables(problem)

    def fill(c: int) -> None:
        pair, turned = examples[c]
        maker.fill(pair, fine, tables[c])
        if turned:
            tables[c] = tables[c].T.copy()

    # The kernel that fills them holds no lock.
    with ThreadPoolExecutor(max_workers=FILLERS) as pool:
        list(pool.map(fill, range(len(examples))))
    ends = np.array([(number[p.a], number[p.b]) for p in pairs], dtype=np.int64).reshape(-1, 2)
    mover = ends.reshape(-1)
    by_mover = np.argsort(mover, kind="stable")
    return Rivalry(
        ends=ends,
        lines=lines,
        tables=tables,
        most=tables.max(axis=(1, 2), initial=0).astype(np.int64),
        chances=chances,
        near=near,
        first=np.searchsorted(mover[by_mover], np.arange(len(number) + 1)).astype(np.int64),
        edge=by_mover // 2,
        other=ends[:, ::-1].reshape(-1)[by_mover],
        side=by_mover % 2,
    )


def _fine(limit: int | None, fine: int) -> int:
    return UNLIMITED if limit is None or limit >= UNLIMITED // fine else limit * fine
