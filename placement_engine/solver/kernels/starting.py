"""A first plan, one mover after the other, in a small part of what a table of pairs takes.

Rivals are looked at only where they stand, at the few sites that are tried: nothing is laid
out but unary costs. Who finds no place makes another one step aside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.kernels.board import Board, least_of
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import WALL, FloatArray, cost_of


class Met(NamedTuple):
    """The rivals of one mover who stand somewhere, side by side: as many as `meet` tells."""

    who: IntArray
    at: IntArray
    table: IntArray
    chances: FloatArray
    near: IntArray
    room: IntArray
    """What may be added to the share of each."""
    cost: IntArray
    """What each costs beside her at the site that was last looked at."""


@compiled
def meet(board: Board, at: IntArray, share: IntArray, k: int, met: Met) -> int:
    """Gather the rivals of a mover who stand; how many they are.

    Parameters
    ----------
    at, share
        Sites of n movers, -1 for nowhere, and their shares.
    met
        With room for all rivals, filled.
    """
    count = 0
    for p in range(board.first[k], board.first[k + 1]):
        i = board.other[p]
        if at[i] < 0:
            continue
        e = board.edge[p]
        met.who[count] = i
        met.at[count] = at[i]
        met.table[count] = board.lines[e, board.side[p]]
        met.chances[count, 0], met.chances[count, 1] = board.chances[e, 0], board.chances[e, 1]
        met.near[count, 0], met.near[count, 1] = board.near[e, 0], board.near[e, 1]
        met.room[count] = board.ceiling[i] - share[i]
        count += 1
    return count


@compiled
def add_met(board: Board, met: Met, count: int, site: int, cost: int, least: int) -> int:
    """A mover's cost with her rivals' added, whose own costs are left in `met`.

    Parameters
    ----------
    cost
        Without them.
    least
        What costs as much or more, or passes a rival's limit, is `CLOSED`.
    """
    exposure, metres = board.exposure[site], board.metres[site]
    curve, fine = board.curve, board.fine[0]
    for c in range(count):
        there = met.at[c]
        if met.table[c] >= 0:
            added = int(board.tables[met.table[c], site, there])
        else:
            value = 0
            if exposure[there] > 0:
                value = cost_of(met.chances[c, 0] * exposure[there], curve)
                if met.chances[c, 1] > 0:
                    value += cost_of(met.chances[c, 1] * exposure[there], curve)
            if met.near[c, 0] > 0 and metres[there] < met.near[c, 0]:
                value = WALL if met.near[c, 1] < 0 else value + met.near[c, 1]
            added = int(min(value * fine, WALL))
        met.cost[c] = added
        cost += added
        if added >= WALL or added > met.room[c] or cost >= least:
            return CLOSED
    return int(cost)


@compiled
def price_of(
    board: Board, met: Met, count: int, rows: IntArray, k: int, site: int, least: int
) -> int:
    """What a site costs a mover beside those who stand; `CLOSED` where a limit is passed.

    Parameters
    ----------
    met, count
        Her rivals, from `meet`.
    rows
        Shares of R who stay.
    least
        What costs as much or more is as good as closed.
    """
    cost = add_met(board, met, count, site, board.unary[k, site], least)
    if cost > board.ceiling[k]:
        return CLOSED
    for q in range(board.term_first[k], board.term_first[k + 1]):
        r = board.term_row[q]
        if rows[r] + board.term_cost[q, site] > board.row_ceiling[r]:
            return CLOSED
    return cost


@compiled
def stand(
    board: Board,
    at: IntArray,
    share: IntArray,
    rows: IntArray,
    free: IntArray,
    met: Met,
    k: int,
    site: int,
    sign: int,
) -> None:
    """Put a mover at a site (`sign` 1), where nothing is passed, or take her away (-1)."""
    at[k] = -1
    count = meet(board, at, share, k, met)
    met.room[:count] = CLOSED
    all_of = add_met(board, met, count, site, board.unary[k, site], CLOSED)
    for c in range(count):
        share[met.who[c]] += sign * met.cost[c]
    for q in range(board.term_first[k], board.term_first[k + 1]):
        rows[board.term_row[q]] += sign * board.term_cost[q, site]
    if free[site] < UNLIMITED:
        free[site] -= sign * board.demand[k]
    share[k] = all_of if sign > 0 else 0
    at[k] = site if sign > 0 else -1


@compiled
def cheapest(
    board: Board,
    met: Met,
    count: int,
    rows: IntArray,
    free: IntArray,
    k: int,
    sites: IntArray,
    avoid: int,
) -> int:
    """The cheapest of some sites with room, -1 if there is none.

    Parameters
    ----------
    met, count
        Her rivals, from `meet`.
    sites
        In rising unary cost, at least nearly; they are tried in that order.
    avoid
        A site that is not looked at, or -1.
    """
    pick = -1
    least = CLOSED
    for site in sites:
        if site == avoid or board.unary[k, site] >= least or free[site] < board.demand[k]:
            continue
        cost = price_of(board, met, count, rows, k, site, least)
        if cost < least:
            pick, least = site, cost
    return pick


@compiled
def nobody(board: Board) -> Met:
    """Room for all rivals of any mover."""
    most = 0
    for k in range(len(board.first) - 1):
        most = max(most, board.first[k + 1] - board.first[k])
    return Met(
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty((most, 2), dtype=np.float64),
        np.empty((most, 2), dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
    )


@compiled
def first_plan(board: Board, order: IntArray, width: int, nodes: int, at: IntArray) -> bool:
    """Put movers one after the other where each costs least beside those who stand.

    Parameters
    ----------
    order
        Movers.
    width
        How many sites are tried before all others.
    nodes
        How many steps aside may be tried, at the most.
    at
        n, filled.

    Returns
    -------
    Whether everybody has a place and no limit is passed.
    """
    sites = np.arange(len(board.free))
    share = np.zeros(len(at), dtype=np.int64)
    rows, free = board.row_base.copy(), board.free.copy()
    few, roomy = np.empty(width, dtype=np.int64), np.empty(len(sites), dtype=np.int64)
    met = nobody(board)
    at[:] = -1
    for k in order:
        for x in range(len(sites)):
            roomy[x] = board.unary[k, x] if free[x] >= board.demand[k] else CLOSED
        some = few[: least_of(roomy, CLOSED, few)]
        count = meet(board, at, share, k, met)
        site = cheapest(board, met, count, rows, free, k, some, -1)
        if site < 0:
            site = cheapest(board, met, count, rows, free, k, sites, -1)
        if site >= 0:
            stand(board, at, share, rows, free, met, k, site, 1)
    for k in order:
        if at[k] >= 0:
            continue
        for x in range(len(sites)):
            if at[k] >= 0 or board.unary[k, x] >= CLOSED:
                continue
            for j in order:
                if at[j] != x or free[x] + board.demand[j] < board.demand[k]:
                    continue
                nodes -= 1
                if nodes < 0:
                    return False
                stand(board, at, share, rows, free, met, j, x, -1)
                count = meet(board, at, share, k, met)
                if price_of(board, met, count, rows, k, x, CLOSED) < CLOSED:
                    stand(board, at, share, rows, free, met, k, x, 1)
                    count = meet(board, at, share, j, met)
                    refuge = cheapest(board, met, count, rows, free, j, sites, x)
                    if refuge >= 0:
                        stand(board, at, share, rows, free, met, j, refuge, 1)
                        break
                    stand(board, at, share, rows, free, met, k, x, -1)
                stand(board, at, share, rows, free, met, j, x, 1)
        if at[k] < 0:
            return False
    return True
