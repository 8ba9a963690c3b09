"""Laying a problem out: first what a plan can be built from, then tables of pair costs.

Pairs whose cost follows from the same numbers share one table. Tables beyond the room that
is kept for them are not made: the search computes their lines when it needs them, and the
bound leaves those pairs out, which can only lower it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np

from placement_engine.problem import (
    PPM,
    UNLIMITED,
    IntArray,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
    micronats,
)
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import WALL, SmallArray, Tables, fill_lines, parameters
from placement_engine.solver.kernels.ties import add_ties
from placement_engine.solver.model import BoolArray, Standing, apart
from placement_engine.solver.wide import Rivalry, Rows, Ties, Wide, fine_limit, within

FINEST = 64
"""The most that costs are multiplied by."""
TABLE_BYTES = 900 << 20
"""Room for tables of pair costs."""
FILLERS = 2
"""Threads that fill tables; what they write does not depend on their number."""
Late = Callable[[], bool]
"""Whether time is up."""
WORTH_THREADS = 2_048
"""Lines of pairs for which threads are begun."""
MOST_UNARY = 1 << 48
"""Fine unary costs must stay below this, so that sums over a plan cannot overflow."""


def highest_cost(problem: PlacementProblem) -> int:
    """No pair at two allowed sites costs more micro-nats than this."""
    exposure = int(problem.exposure_ppm.max()) / PPM
    highest = max((int(table.max()) for table in problem.tables.values()), default=0)
    pairs = problem.pair_columns
    hostility, reunion, penalty = (
        int(values.max(initial=0)) for values in (pairs.hostility, pairs.reunion, pairs.penalty)
    )
    cost = micronats(hostility / PPM * exposure) + micronats(reunion / PPM * exposure) + penalty
    return max(highest, cost)


def lay_wide(problem: PlacementProblem) -> Wide | None:
    """Lay out a problem; None where its costs are too large for the kernels."""
    bare = lay_bare(problem)
    return None if bare is None else with_tables(problem, bare)


def lay_bare(problem: PlacementProblem) -> Wide | None:
    """`lay_wide` without tables of pairs but those that the problem states, in little time."""
    highest = highest_cost(problem)
    if highest >= WALL // 2:
        return None
    fine = 1
    while fine < FINEST and highest * fine * 2 < WALL // 2:
        fine *= 2
    movers = problem.subject_columns.moving
    number = _numbers(problem)
    subjects = [problem.subjects[k] for k in movers.tolist()]
    among, against, rivals = apart(problem)
    standing = Standing(problem)
    standing.add_pairs(problem, among)
    unary = np.array([s.unary for s in subjects], dtype=np.int64)
    if int(unary.max(initial=0)) * fine > MOST_UNARY:
        return None
    unary *= fine
    demand = np.array([s.demand for s in subjects], dtype=np.int64)
    unary[_forbidden(subjects)] = CLOSED
    unary[demand[:, None] > standing.free] = CLOSED
    ties = _ties(problem, against, number, standing.plan)
    add_ties(ties.mover, ties.cost, fine, unary)
    whole = Wide(
        movers=movers,
        plan=standing.plan,
        fine=fine,
        unary=unary,
        demand=demand,
        free=standing.free,
        ceiling=np.array([fine_limit(s.ceiling, fine) for s in subjects], dtype=np.int64),
        rivalry=_rivalry(problem, rivals, number, fine, None),
        ties=ties,
        rows=_no_rows(len(movers), len(problem.sites)),
        base_total=standing.total,
        broken=standing.is_broken(problem),
        shares=standing.share,
    )
    return within(problem, whole, UNLIMITED)


def with_tables(problem: PlacementProblem, bare: Wide, *, late: Late = lambda: False) -> Wide:
    """The problem with tables of pair costs, as many as there is room for.

    Parameters
    ----------
    late
        Whether no more tables are to be made.
    """
    number = _numbers(problem)
    rivals = apart(problem)[2]
    return replace(bare, rivalry=_rivalry(problem, rivals, number, bare.fine, late))


def _no_rows(n: int, m: int) -> Rows:
    none = np.zeros(0, dtype=np.int64)
    return Rows(
        base=none,
        ceiling=none,
        first=np.zeros(n + 1, dtype=np.int64),
        row=none,
        cost=np.zeros((0, m), dtype=np.int64),
    )


def _forbidden(subjects: Sequence[ProblemSubject]) -> tuple[IntArray, IntArray]:
    """Number of the mover and site of everything that is forbidden."""
    many = np.array([len(s.forbidden) for s in subjects], dtype=np.int64)
    sites = chain.from_iterable(s.forbidden for s in subjects)
    return np.repeat(np.arange(len(subjects)), many), np.fromiter(sites, np.int64, many.sum())


def _numbers(problem: PlacementProblem) -> IntArray:
    """K numbers of movers, -1 for those who stay."""
    movers = problem.subject_columns.moving
    number: IntArray = np.full(len(problem.subjects), -1, dtype=np.int64)
    number[movers] = np.arange(len(movers))
    return number


def _ties(problem: PlacementProblem, against: IntArray, number: IntArray, plan: IntArray) -> Ties:
    a, b = problem.pair_columns.a[against], problem.pair_columns.b[against]
    b_stands = number[b] < 0
    stays = np.where(b_stands, b, a)
    return Ties(
        mover=number[np.where(b_stands, a, b)],
        stays=stays,
        cost=_lines(problem, against, plan[stays], b_stands),
    )


def _lines(
    problem: PlacementProblem, which: IntArray, at: IntArray, b_stands: BoolArray
) -> SmallArray:
    """`fill_lines` of an array of its own, many of them by several threads."""
    out = np.empty((len(which), len(problem.sites)), dtype=np.int32)
    if len(which) < WORTH_THREADS:
        fill_lines(problem, which, at, b_stands, out)
        return out
    ends = np.linspace(0, len(which), FILLERS + 1).astype(np.int64).tolist()
    parts = [slice(start, end) for start, end in pairwise(ends)]

    def fill(part: slice) -> None:
        fill_lines(problem, which[part], at[part], b_stands[part], out[part])

    with ThreadPoolExecutor(max_workers=FILLERS) as pool:
        for _ in pool.map(fill, parts):
            pass
    return out


def _rivalry(
    problem: PlacementProblem, which: IntArray, number: IntArray, fine: int, late: Late | None
) -> Rivalry:
    """Pairs of movers, by index; without `late`, with no tables but those of the problem."""
    m = len(problem.sites)
    columns = problem.pair_columns
    tabled = np.flatnonzero(np.isin(which, columns.tabled))
    room = max(1, TABLE_BYTES // (4 * m * m))
    asked = tabled
    if late is not None:
        # Explicit tables first, for they cannot be computed, then the most hostile.
        order = np.lexsort((-columns.separation[which], -columns.hostility[which]))
        asked = np.concatenate([tabled, order[~np.isin(order, tabled)]])
    made: dict[tuple[object, ...], tuple[int, int]] = {}
    examples: list[tuple[ProblemPair, bool]] = []
    lines = np.full((len(which), 2), -1, dtype=np.int64)
    for e in asked.tolist():
        pair = problem.pairs[int(which[e])]
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
    filled = _fill(problem, examples, fine, tables, late or (lambda: False))
    # Tables are filled in turn, so that those that are missing are the last ones.
    tables, lines = tables[:filled], np.where(lines < filled, lines, -1)
    ends = np.stack([number[columns.a[which]], number[columns.b[which]]], axis=1)
    chances, near = parameters(problem, which)
    mover = ends.reshape(-1)
    by_mover = np.argsort(mover, kind="stable")
    movers = len(problem.subject_columns.moving)
    return Rivalry(
        ends=ends,
        lines=lines,
        tables=tables,
        most=tables.max(axis=(1, 2), initial=0).astype(np.int64),
        chances=chances,
        near=near,
        first=np.searchsorted(mover[by_mover], np.arange(movers + 1)).astype(np.int64),
        edge=by_mover // 2,
        other=ends[:, ::-1].reshape(-1)[by_mover],
        side=by_mover % 2,
    )


def _fill(
    problem: PlacementProblem,
    examples: list[tuple[ProblemPair, bool]],
    fine: int,
    tables: SmallArray,
    late: Late,
) -> int:
    """Fill a table for each example, turned where that is asked for; how many, in turn.

    Those that the problem states are filled even if it is late.
    """
    if not examples:
        return 0
    maker = Tables(problem)

    def fill(c: int) -> bool:
        pair, turned = examples[c]
        if pair.table is None and late():
            return False
        maker.fill(pair, fine, tables[c])
        if turned:
            tables[c] = tables[c].T.copy()
        return True

    # The kernel that fills them holds no lock.
    with ThreadPoolExecutor(max_workers=FILLERS) as pool:
        done = list(pool.map(fill, range(len(examples))))
    return done.index(False) if False in done else len(done)
