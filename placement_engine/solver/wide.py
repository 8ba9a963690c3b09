"""A problem laid out in arrays for the kernels: many movers, everything numbered.

Costs are *fine*: micro-nats times `Wide.fine`, so that halves of them can be moved about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement_engine.problem import UNLIMITED, IntArray, PlacementProblem
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import FloatArray, SmallArray
from placement_engine.solver.kernels.ties import close_ties
from placement_engine.solver.model import BoolArray


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


def within(problem: PlacementProblem, whole: Wide, limit: int) -> Wide:
    """The problem in which nobody's own share may pass `limit`, or her own ceiling.

    Parameters
    ----------
    whole
        From `lay_bare` or `lay_wide`, not yet within another limit.
    limit
        Micro-nats; `UNLIMITED` for none.
    """
    ceiling = np.minimum(whole.ceiling, fine_limit(limit, whole.fine))
    over = whole.unary > ceiling[:, None]
    unary = np.where(over, CLOSED, whole.unary)
    rows = _rows(problem, whole, unary, limit)
    broken = whole.broken or bool((whole.shares > limit).any())
    broken |= not (unary < CLOSED).any(axis=1).all() or bool((whole.free < 0).any())
    return replace(whole, unary=unary, ceiling=ceiling, rows=rows, broken=broken)


def _rows(problem: PlacementProblem, whole: Wide, unary: IntArray, limit: int) -> Rows:
    """Close sites that alone break somebody's limit; keep the limits that several can."""
    ties, fine = whole.ties, whole.fine
    n = len(unary)
    own = problem.subject_columns.ceiling
    limits = np.where(own < 0, limit, np.minimum(own, limit))
    slacks = np.where(limits < UNLIMITED, limits - whole.shares, UNLIMITED)
    most = ties.cost.max(axis=1, initial=0).astype(np.int64)
    can = np.bincount(ties.stays, weights=most, minlength=len(slacks)) > slacks
    order = np.argsort(ties.stays, kind="stable")
    order = order[can[ties.stays[order]]]
    binds = np.zeros(len(ties.stays), dtype=np.bool_)
    close_ties(order, ties.mover, ties.stays, ties.cost, slacks, unary, binds)
    kept = np.flatnonzero(binds)
    subjects, row = np.unique(ties.stays[kept], return_inverse=True)
    by_mover = np.lexsort((row, ties.mover[kept]))
    kept, row = kept[by_mover], row[by_mover]
    mover = ties.mover[kept]
    return Rows(
        base=whole.shares[subjects] * fine,
        ceiling=limits[subjects] * fine,
        first=np.searchsorted(mover, np.arange(n + 1)).astype(np.int64),
        row=row.astype(np.int64),
        cost=np.where(unary[mover] < CLOSED, ties.cost[kept].astype(np.int64) * fine, 0),
    )


def fine_limit(limit: int | None, fine: int) -> int:
    """A limit in fine units, `UNLIMITED` where there is none or none can be told from it."""
    return UNLIMITED if limit is None or limit >= UNLIMITED // fine else limit * fine
