"""Many movers put anew at once, in the best way there is: a matching of people to places.

Movers of one household size who are no rivals of each other cost each what `Placed.delta`
says, wherever the others of them go. What is best for all of them together is then an
assignment problem: every chain of people who make room for each other is looked at.
"""

from __future__ import annotations

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.board import (
    OVER,
    Board,
    Placed,
    draw,
    keep,
    over,
    put,
)
from placement_engine.solver.kernels.messages import CLOSED

MOST_ROOM = 1 << 20
"""Places at a site are counted to here."""


@compiled
def strangers(board: Board, state: Placed, size: int, most: int, group: IntArray) -> int:
    """Draw movers of one household size of whom no two are rivals; how many there are.

    Parameters
    ----------
    size
        The demand of each.
    most
        How many at the most.
    group
        n, the first of them filled.
    """
    n = len(state.here)
    order = np.arange(n)
    taken = np.zeros(n, dtype=np.bool_)
    count = 0
    for i in range(n):
        if count >= most:
            break
        j = i + draw(state.dice, n - i)
        k = order[j]
        order[j] = order[i]
        if board.demand[k] != size:
            continue
        free = True
        for p in range(board.first[k], board.first[k + 1]):
            if taken[board.other[p]]:
                free = False
                break
        if free:
            taken[k] = True
            group[count] = k
            count += 1
    return count


@compiled
def assign(cost: IntArray, room: IntArray, at: IntArray) -> bool:
    """Give each of n a site at the least sum of costs: successive shortest paths.

    Parameters
    ----------
    cost
        n × M, `CLOSED` where not open.
    room
        M: how many fit.
    at
        n, filled.

    Returns
    -------
    False where not everybody fits.
    """
    n, sites = cost.shape
    there = np.zeros((sites, n), dtype=np.int64)
    number = np.zeros(n, dtype=np.int64)
    many = np.zeros(sites, dtype=np.int64)
    potential = np.zeros(sites, dtype=np.int64)
    distance = np.empty(sites, dtype=np.int64)
    by = np.empty(sites, dtype=np.int64)
    came = np.empty(sites, dtype=np.int64)
    done = np.empty(sites, dtype=np.bool_)
    for k in range(n):
        for x in range(sites):
            open_here = cost[k, x] < CLOSED and room[x] > 0
            distance[x] = cost[k, x] - potential[x] if open_here else CLOSED
            by[x] = k
            came[x] = -1
            done[x] = False
        end = -1
        while True:
            best = np.int64(CLOSED)
            place = -1
            for x in range(sites):
                if not done[x] and distance[x] < best:
                    best = distance[x]
                    place = x
            if place < 0:
                return False
            if many[place] < room[place]:
                end = place
                break
            done[place] = True
            for q in range(many[place]):
                i = there[place, q]
                base = best - (cost[i, place] - potential[place])
                for x in range(sites):
                    far = base + cost[i, x] - potential[x]
                    if far < distance[x] and not done[x] and room[x] > 0:
                        distance[x] = far
                        by[x] = i
                        came[x] = place
        for x in range(sites):
            if done[x]:
                potential[x] += distance[x] - distance[end]
        x = end
        while True:
            i = by[x]
            old = came[x]
            if old >= 0:
                many[old] -= 1
                last = there[old, many[old]]
                there[old, number[i]] = last
                number[last] = number[i]
            there[x, many[x]] = i
            number[i] = many[x]
            many[x] += 1
            at[i] = x
            if old < 0:
                break
            x = old
    return True


@compiled
def reseat(board: Board, state: Placed, size: int, most: int) -> int:
    """Put a drawn group anew, and back where that breaks a limit; how many moved.

    Parameters
    ----------
    size
        Household size of the group.
    most
        How many at the most.
    """
    n, sites = len(state.here), len(board.free)
    group = np.empty(n, dtype=np.int64)
    count = strangers(board, state, size, most, group)
    room = np.empty(sites, dtype=np.int64)
    for x in range(sites):
        room[x] = min(MOST_ROOM, board.free[x] - state.used[x])
    for g in range(count):
        room[state.here[group[g]]] += size
    for x in range(sites):
        room[x] = max(0, room[x] // max(1, size)) if size > 0 else n
    cost = np.empty((count, sites), dtype=np.int64)
    for g in range(count):
        k = group[g]
        for x in range(sites):
            share = state.delta[k, x]
            cost[g, x] = CLOSED if share >= CLOSED // 2 else share + over(share, board.ceiling[k])
    at = np.empty(count, dtype=np.int64)
    if not assign(cost, room, at):
        return 0
    new, old = np.empty(sites, dtype=np.int32), np.empty(sites, dtype=np.int32)
    before = np.empty(count, dtype=np.int64)
    broken = state.tally[OVER]
    moved = 0
    for g in range(count):
        before[g] = state.here[group[g]]
        if at[g] != before[g]:
            put(board, state, group[g], at[g], new, old)
            moved += 1
    if state.tally[OVER] > broken:
        for g in range(count):
            if at[g] != before[g]:
                put(board, state, group[g], before[g], new, old)
        return 0
    keep(state)
    return moved
