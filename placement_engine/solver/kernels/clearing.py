"""A few rivals put anew at once, by trying everything that could be better.

Where a plan hangs on a few steep pairs that must all be cleared, no single move helps: what
helps is to free some who are tied to each other and to search them exactly, all others
staying (large neighbourhood search, Shaw 1998). Branch and bound with forward checking:
what somebody would cost with those put already, and the least of it for all who are left.
"""

from __future__ import annotations

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.board import (
    OVER,
    WALLS,
    Board,
    Placed,
    draw,
    keep,
    line,
    put,
)
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import SmallArray

LOOKS = 4
"""Movers of whom the one that costs most begins a group."""
TRIES = 8
"""Draws for each further member of a group."""


@compiled
def rivals(board: Board, state: Placed, most: int, group: IntArray, at: IntArray) -> int:
    """Draw a group of movers who are tied to each other; how many there are.

    Parameters
    ----------
    most
        How many at the most, no more than there are movers.
    group, at
        n each: the first of `group` are filled, and `at` tells each mover's place in it, -1
        before and for all others.
    """
    n = len(state.here)
    first = draw(state.dice, n)
    for _ in range(LOOKS - 1):
        k = draw(state.dice, n)
        if state.delta[k, state.here[k]] > state.delta[first, state.here[first]]:
            first = k
    group[0] = first
    at[first] = 0
    count = 1
    for _ in range(TRIES * most):
        if count == most:
            break
        k = group[draw(state.dice, count)]
        ties = board.first[k + 1] - board.first[k]
        if ties == 0:
            continue
        j = board.other[board.first[k] + draw(state.dice, ties)]
        if at[j] < 0:
            group[count] = j
            at[j] = count
            count += 1
    return count


@compiled
def clear(board: Board, state: Placed, most: int, nodes: int) -> int:
    """Put a drawn group as well as can be, the others staying; the nodes that it took.

    A plan as good as before is taken too, so that the next group finds another one.

    Parameters
    ----------
    most
        How many movers at the most.
    nodes
        After so many the best that was found is taken.
    """
    n, sites = len(state.here), len(board.free)
    new, old = np.empty(sites, dtype=np.int32), np.empty(sites, dtype=np.int32)
    group, at = np.empty(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    count = rivals(board, state, min(most, n), group, at)
    link = np.full((count, count), -1, dtype=np.int64)
    # cost[d, g, x]: member g at site x with those of the group put at depths before d.
    cost = np.empty((count + 1, count, sites), dtype=np.int64)
    room = board.free - state.used
    total = np.int64(0)
    for g in range(count):
        k = group[g]
        room[state.here[k]] += board.demand[k]
        for x in range(sites):
            cost[0, g, x] = state.delta[k, x]
        total += state.delta[k, state.here[k]]
    for g in range(count):
        k = group[g]
        for p in range(board.first[k], board.first[k + 1]):
            h = at[board.other[p]]
            if h >= 0:
                link[g, h] = p
                row = line(board, p, state.here[k], new)
                for x in range(sites):
                    cost[0, h, x] -= row[x]
                if g < h:
                    total -= row[state.here[group[h]]]
    best = int(total) + 1
    found = np.empty(count, dtype=np.int64)
    chosen = np.full(count + 1, -1, dtype=np.int64)
    spent = np.zeros(count + 1, dtype=np.int64)
    values = np.empty((count, sites), dtype=np.int64)
    tried, many = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    site_of = np.full(count, -1, dtype=np.int64)
    turn = draw(state.dice, sites)
    done = 0
    depth = 0
    enter = True
    while depth >= 0:
        if enter:
            done += 1
            enter = False
            many[depth] = tried[depth] = 0
            if depth == count:
                if spent[depth] < best:
                    best = int(spent[depth])
                    found[:] = site_of
                depth -= 1
                continue
            if done > nodes:
                break
            pick = _branch(board, group, cost[depth], site_of, room, int(spent[depth]), best)
            if pick < 0:
                depth -= 1
                continue
            chosen[depth] = pick
            many[depth] = _by_cost(
                cost[depth, pick], room, board.demand[group[pick]], turn, values[depth]
            )
        g = chosen[depth]
        need = board.demand[group[g]]
        if site_of[g] >= 0:
            room[site_of[g]] += need
            site_of[g] = -1
        if tried[depth] == many[depth]:
            depth -= 1
            continue
        x = values[depth, tried[depth]]
        tried[depth] += 1
        if spent[depth] + cost[depth, g, x] >= best:
            depth -= 1
            continue
        site_of[g] = x
        room[x] -= need
        spent[depth + 1] = spent[depth] + cost[depth, g, x]
        for h in range(count):
            if site_of[h] >= 0:
                continue
            p = link[g, h]
            if p < 0:
                for y in range(sites):
                    cost[depth + 1, h, y] = cost[depth, h, y]
            else:
                row = line(board, p, x, new)
                for y in range(sites):
                    cost[depth + 1, h, y] = cost[depth, h, y] + row[y]
        depth += 1
        enter = True
    if best <= total:
        _move(board, state, group, found, new, old)
    return done


@compiled
def _branch(
    board: Board,
    group: IntArray,
    cost: IntArray,
    site_of: IntArray,
    room: IntArray,
    spent: int,
    best: int,
) -> int:
    """Whom to put next: who has fewest sites left that could be better; -1 if nothing could."""
    count, sites = cost.shape
    low = np.empty(count, dtype=np.int64)
    bound = np.int64(spent)
    for h in range(count):
        low[h] = CLOSED
        if site_of[h] >= 0:
            continue
        need = board.demand[group[h]]
        for y in range(sites):
            if room[y] >= need and cost[h, y] < low[h]:
                low[h] = cost[h, y]
        if low[h] >= CLOSED // 2:
            return -1
        bound += low[h]
    if bound >= best:
        return -1
    pick, fewest = -1, sites + 1
    for h in range(count):
        if site_of[h] >= 0:
            continue
        need = board.demand[group[h]]
        left = 0
        for y in range(sites):
            if room[y] >= need and cost[h, y] - low[h] < best - bound:
                left += 1
        if left < fewest:
            pick, fewest = h, left
    return pick


@compiled
def _by_cost(cost: IntArray, room: IntArray, need: int, turn: int, out: IntArray) -> int:
    """The open sites with room, cheapest first, equal ones from a drawn site on; how many."""
    sites = cost.size
    turned = np.empty(sites, dtype=np.int64)
    for i in range(sites):
        y = (i + turn) % sites
        turned[i] = cost[y] if room[y] >= need else CLOSED
    order = np.argsort(turned, kind="mergesort")
    count = 0
    for i in order:
        if turned[i] >= CLOSED // 2:
            break
        out[count] = (i + turn) % sites
        count += 1
    return count


@compiled
def _move(
    board: Board,
    state: Placed,
    group: IntArray,
    found: IntArray,
    new: SmallArray,
    old: SmallArray,
) -> None:
    """Put the group where it was found to be best, and back where that breaks more limits."""
    broken, walls = state.tally[OVER], state.tally[WALLS]
    before = np.empty(len(found), dtype=np.int64)
    for g in range(len(found)):
        before[g] = state.here[group[g]]
        if found[g] != before[g]:
            put(board, state, group[g], found[g], new, old)
    if state.tally[OVER] > broken or state.tally[WALLS] > walls:
        for g in range(len(found)):
            if found[g] != before[g]:
                put(board, state, group[g], before[g], new, old)
    else:
        keep(state)


@compiled
def clear_often(board: Board, state: Placed, rounds: int, most: int, nodes: int) -> int:
    """So many groups, one after the other; the nodes that they took."""
    done = 0
    for _ in range(rounds):
        done += clear(board, state, most, nodes)
    return done
