"""A first plan, one mover after the other, in a small part of what a table of pairs takes.

Rivals are looked at only where they stand, at the few sites that are tried: nothing is laid
out but unary costs. Who finds no place makes another one step aside.
"""

from __future__ import annotations

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.kernels.board import Board
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import WALL, cost_of


@compiled
def between(board: Board, p: int, mine: int, theirs: int) -> int:
    """Fine cost of a pair, as its mover sees it, at two sites; `WALL` where not allowed."""
    e = board.edge[p]
    table = board.lines[e, board.side[p]]
    if table >= 0:
        return int(board.tables[table, mine, theirs])
    exposure = board.exposure[mine, theirs]
    value = 0
    if exposure > 0:
        value = cost_of(board.chances[e, 0] * exposure, board.curve)
        if board.chances[e, 1] > 0:
            value += cost_of(board.chances[e, 1] * exposure, board.curve)
    if board.metres[mine, theirs] < board.near[e, 0]:
        value = WALL if board.near[e, 1] < 0 else value + board.near[e, 1]
    return int(min(value * board.fine[0], WALL))


@compiled
def price_of(
    board: Board, at: IntArray, share: IntArray, rows: IntArray, k: int, site: int, least: int
) -> int:
    """What a site costs a mover beside those who stand; `CLOSED` where a limit is passed.

    Parameters
    ----------
    at, share, rows
        Sites of n movers, -1 for nowhere; their shares, and those of R who stay.
    least
        What costs as much or more is as good as closed.
    """
    cost = board.unary[k, site]
    for p in range(board.first[k], board.first[k + 1]):
        i = board.other[p]
        if at[i] >= 0:
            added = between(board, p, site, at[i])
            cost += added
            if added >= WALL or share[i] + added > board.ceiling[i] or cost >= least:
                return CLOSED
    if cost > board.ceiling[k]:
        return CLOSED
    for q in range(board.term_first[k], board.term_first[k + 1]):
        r = board.term_row[q]
        if rows[r] + board.term_cost[q, site] > board.row_ceiling[r]:
            return CLOSED
    return int(cost)


@compiled
def stand(
    board: Board,
    at: IntArray,
    share: IntArray,
    rows: IntArray,
    free: IntArray,
    k: int,
    site: int,
    sign: int,
) -> None:
    """Put a mover at a site (`sign` 1), or take her away from it (-1)."""
    share[k] = board.unary[k, site] if sign > 0 else 0
    for p in range(board.first[k], board.first[k + 1]):
        i = board.other[p]
        if at[i] >= 0 and i != k:
            added = between(board, p, site, at[i])
            share[i] += sign * added
            if sign > 0:
                share[k] += added
    for q in range(board.term_first[k], board.term_first[k + 1]):
        rows[board.term_row[q]] += sign * board.term_cost[q, site]
    if free[site] < UNLIMITED:
        free[site] -= sign * board.demand[k]
    at[k] = site if sign > 0 else -1


@compiled
def cheapest(
    board: Board,
    at: IntArray,
    share: IntArray,
    rows: IntArray,
    free: IntArray,
    k: int,
    sites: IntArray,
    avoid: int,
) -> int:
    """The cheapest of some sites with room, -1 if there is none.

    Parameters
    ----------
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
        cost = price_of(board, at, share, rows, k, site, least)
        if cost < least:
            pick, least = site, cost
    return pick


@compiled
def roomy(board: Board, free: IntArray, k: int, out: IntArray) -> int:
    """The sites with room that cost a mover least by herself, the least first; how many.

    Parameters
    ----------
    out
        As many as are wanted, filled from the front.
    """
    count = 0
    for x in range(len(free)):
        cost = board.unary[k, x]
        if cost >= CLOSED or free[x] < board.demand[k]:
            continue
        if count == len(out) and cost >= board.unary[k, out[count - 1]]:
            continue
        at = min(count, len(out) - 1)
        while at > 0 and board.unary[k, out[at - 1]] > cost:
            out[at] = out[at - 1]
            at -= 1
        out[at] = x
        count = min(count + 1, len(out))
    return count


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
    few = np.empty(width, dtype=np.int64)
    at[:] = -1
    for k in order:
        count = roomy(board, free, k, few)
        site = cheapest(board, at, share, rows, free, k, few[:count], -1)
        if site < 0:
            site = cheapest(board, at, share, rows, free, k, sites, -1)
        if site >= 0:
            stand(board, at, share, rows, free, k, site, 1)
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
                stand(board, at, share, rows, free, j, x, -1)
                if price_of(board, at, share, rows, k, x, CLOSED) < CLOSED:
                    stand(board, at, share, rows, free, k, x, 1)
                    refuge = cheapest(board, at, share, rows, free, j, sites, x)
                    if refuge >= 0:
                        stand(board, at, share, rows, free, j, refuge, 1)
                        break
                    stand(board, at, share, rows, free, k, x, -1)
                stand(board, at, share, rows, free, j, x, 1)
        if at[k] < 0:
            return False
    return True
