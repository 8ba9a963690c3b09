"""Plans as the search changes them: who is where, and what everybody would cost elsewhere.

`Placed.delta` holds, for each mover and each site, what she would cost there with the
others where they are; a step looks two numbers up and only an accepted one changes the
tables of the mover's rivals. All decisions are whole numbers but the heat, which is
multiplied and compared alone, so that a seed gives the same plans with numba and without.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import COMPILED, compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import WALL, FloatArray, SmallArray, pair_line

COST, WALLS, EXCESS, OVER, BEST, STEPS, ACCEPTED = range(7)
"""What stands where in `Placed.tally`."""
NOTHING_LEFT_OUT = int(np.iinfo(np.int64).max)
"""No cost is so high."""
DRAWS = 4096
"""Different answers of one draw for acceptance."""


class Board(NamedTuple):
    """What does not change; see `wide.Wide` for the arrays."""

    unary: IntArray
    demand: IntArray
    free: IntArray
    ceiling: IntArray
    lines: IntArray
    tables: SmallArray
    chances: FloatArray
    near: IntArray
    first: IntArray
    edge: IntArray
    other: IntArray
    side: IntArray
    row_base: IntArray
    row_ceiling: IntArray
    term_first: IntArray
    term_row: IntArray
    term_cost: IntArray
    exposure: FloatArray
    metres: IntArray
    curve: FloatArray
    fine: IntArray
    """One number."""
    chill: FloatArray
    """`DRAWS` values of -log(u)."""


class Placed(NamedTuple):
    """Where everybody is, and what follows from it; changed by the kernels."""

    here: IntArray
    delta: IntArray
    used: IntArray
    there: SmallArray
    """M × n: who is at a site."""
    number: IntArray
    """n: place of each mover in `there`."""
    many: IntArray
    """M: how many are at a site."""
    rows: IntArray
    tally: IntArray
    best: IntArray
    dice: NDArray[np.uint64]
    """One number: the state of xorshift64."""


@compiled
def draw(dice: NDArray[np.uint64], below: int) -> int:
    """A whole number below another, by xorshift64 (Marsaglia 2003)."""
    x = dice[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    dice[0] = x
    return int(np.int64(((x >> np.uint64(32)) * np.uint64(below)) >> np.uint64(32)))


@compiled
def over(share: int, ceiling: int) -> int:
    """Penalty of a share above its limit."""
    return 0 if share <= ceiling else WALL // 4 + min(share - ceiling, WALL)


@compiled
def line(board: Board, p: int, site: int, out: SmallArray) -> SmallArray:
    """Fine costs of a pair, as its mover sees it from a site, at each site of the other."""
    e = board.edge[p]
    table = board.lines[e, board.side[p]]
    if table >= 0:
        kept: SmallArray = board.tables[table, site]
        return kept
    pair_line(
        board.chances[e, 0],
        board.chances[e, 1],
        board.near[e, 0],
        board.near[e, 1],
        board.exposure[site],
        board.metres[site],
        board.curve,
        board.fine[0],
        out,
    )
    return out


@compiled
def put(board: Board, state: Placed, k: int, site: int, new: SmallArray, old: SmallArray) -> None:
    """Move one mover to a site, from nowhere where she is at -1."""
    here, delta, count = state.here, state.delta, state.tally
    before = here[k]
    count[COST] += delta[k, site]
    count[OVER] += over(delta[k, site], board.ceiling[k])
    if before >= 0:
        count[COST] -= delta[k, before]
        count[OVER] -= over(delta[k, before], board.ceiling[k])
        last = state.there[before, state.many[before] - 1]
        state.there[before, state.number[k]] = last
        state.number[last] = state.number[k]
        state.many[before] -= 1
        count[EXCESS] -= max(0, state.used[before] - board.free[before])
        state.used[before] -= board.demand[k]
        count[EXCESS] += max(0, state.used[before] - board.free[before])
    here[k] = site
    state.there[site, state.many[site]] = k
    state.number[k] = state.many[site]
    state.many[site] += 1
    count[EXCESS] -= max(0, state.used[site] - board.free[site])
    state.used[site] += board.demand[k]
    count[EXCESS] += max(0, state.used[site] - board.free[site])
    for p in range(board.first[k], board.first[k + 1]):
        i = board.other[p]
        now = here[i]
        if now >= 0:
            count[OVER] -= over(delta[i, now], board.ceiling[i])
        to = line(board, p, site, new)
        mine = delta[i]
        if before >= 0:
            was = line(board, p, before, old)
            for y in range(mine.size):
                mine[y] += to[y] - was[y]
            if now >= 0 and was[now] >= WALL:
                count[WALLS] -= 1
        else:
            for y in range(mine.size):
                mine[y] += to[y]
        if now >= 0:
            count[OVER] += over(mine[now], board.ceiling[i])
            if to[now] >= WALL:
                count[WALLS] += 1
    for q in range(board.term_first[k], board.term_first[k + 1]):
        r = board.term_row[q]
        count[OVER] -= over(state.rows[r], board.row_ceiling[r])
        state.rows[r] += board.term_cost[q, site]
        if before >= 0:
            state.rows[r] -= board.term_cost[q, before]
        count[OVER] += over(state.rows[r], board.row_ceiling[r])


@compiled
def keep(state: Placed) -> None:
    """Keep the plan if it breaks nothing and is the best so far."""
    count = state.tally
    if count[WALLS] == 0 and count[EXCESS] == 0 and count[OVER] == 0 and count[COST] < count[BEST]:
        count[BEST] = count[COST]
        for k in range(len(state.here)):
            state.best[k] = state.here[k]


@compiled
def build(board: Board, state: Placed, order: IntArray, lean: IntArray) -> None:
    """Put one after the other where she costs least, with room if there is any.

    Parameters
    ----------
    order
        Movers.
    lean
        n × M added to the costs, such as prices.
    """
    sites = len(board.free)
    new, old = np.empty(sites, dtype=np.int32), np.empty(sites, dtype=np.int32)
    for k in order:
        pick = -1
        least = np.int64(0)
        for roomy in (True, False):
            for x in range(sites):
                if state.delta[k, x] >= CLOSED // 2:
                    continue
                if roomy and state.used[x] + board.demand[k] > board.free[x]:
                    continue
                cost = state.delta[k, x] + lean[k, x]
                cost += over(state.delta[k, x], board.ceiling[k])
                if pick < 0 or cost < least:
                    pick, least = x, cost
            if pick >= 0:
                break
        put(board, state, k, pick, new, old)
    keep(state)


def _least_by_insertion(cost: IntArray, below: int, out: IntArray) -> int:
    """The cheapest sites, the least first, of equal ones the first; how many there are.

    Parameters
    ----------
    cost
        M.
    below
        Sites that cost so much or more are left out.
    out
        As many as are wanted, filled from the front.
    """
    low = np.empty(len(out), dtype=np.int64)
    count = 0
    for x in range(cost.size):
        value = cost[x]
        if value >= below or (count == len(out) and value >= low[count - 1]):
            continue
        at = min(count, len(out) - 1)
        count = at + 1
        while at > 0 and low[at - 1] > value:
            low[at] = low[at - 1]
            out[at] = out[at - 1]
            at -= 1
        low[at] = value
        out[at] = x
    return count


def _least_by_sorting(cost: IntArray, below: int, out: IntArray) -> int:
    found = np.argsort(cost, kind="stable")[: len(out)]
    count = int((cost[found] < below).sum())
    out[:count] = found[:count]
    return count


least_of = compiled(_least_by_insertion) if COMPILED else _least_by_sorting


@compiled
def least_sites(cost: IntArray, out: IntArray) -> None:
    """`least_of` for n × M costs, each of n × L filled, L at most M."""
    for k in range(cost.shape[0]):
        least_of(cost[k], NOTHING_LEFT_OUT, out[k])
