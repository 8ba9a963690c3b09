"""Annealing over plans: one mover at a time, or two who change places.

Sites have tolls instead of walls: a place costs its price, more where too many stand and
less where places are left, so that plans flow through a full site while it is hot and keep
to the places when it has cooled. With the prices of the bound, the loads come out right at
once.
"""

from __future__ import annotations

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.kernels.board import (
    ACCEPTED,
    BEST,
    COST,
    DRAWS,
    OVER,
    STEPS,
    Board,
    Placed,
    draw,
    keep,
    line,
    over,
    put,
)
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import SmallArray

NARROW = 8
"""One proposal in so many looks at all sites, the others at the candidates."""
CROWDED = 2
"""One proposal of a full site in so many goes there all the same; in others one makes room."""
LOOKS = 6
"""Sites that the one who makes room looks at."""
TURNS = 256
"""Proposals between which the heat does not change."""


@compiled
def _limits(board: Board, state: Placed, k: int, site: int, a: SmallArray, b: SmallArray) -> int:
    """What moving one mover adds to the penalties of shares above their limits."""
    here, delta = state.here, state.delta
    before = here[k]
    added = over(delta[k, site], board.ceiling[k]) - over(delta[k, before], board.ceiling[k])
    for p in range(board.first[k], board.first[k + 1]):
        i = board.other[p]
        if board.ceiling[i] < UNLIMITED:
            now = here[i]
            share = delta[i, now]
            change = line(board, p, site, a)[now] - line(board, p, before, b)[now]
            added += over(share + change, board.ceiling[i]) - over(share, board.ceiling[i])
    for q in range(board.term_first[k], board.term_first[k + 1]):
        r = board.term_row[q]
        change = board.term_cost[q, site] - board.term_cost[q, before]
        added += over(state.rows[r] + change, board.row_ceiling[r])
        added -= over(state.rows[r], board.row_ceiling[r])
    return added


@compiled
def _partner(board: Board, state: Placed, k: int, site: int) -> int:
    """Somebody at a full site who would leave room for a mover, no rival of hers, or -1."""
    if state.many[site] == 0:
        return -1
    j = int(state.there[site, draw(state.dice, state.many[site])])
    if state.used[site] - board.demand[j] + board.demand[k] > board.free[site]:
        return -1
    for p in range(board.first[k], board.first[k + 1]):
        if board.other[p] == j:
            return -1
    return j


@compiled
def _refuge(board: Board, state: Placed, candidates: IntArray, k: int, j: int) -> int:
    """Where the one who makes room goes: to the mover's site or the best of some others."""
    here, delta, free = state.here, state.delta[j], board.free
    before, now, need = here[k], here[j], board.demand[j]
    fits = state.used[before] - board.demand[k] + need <= free[before]
    best = before if fits and delta[before] < CLOSED // 2 else -1
    for _ in range(LOOKS):
        site = candidates[j, draw(state.dice, candidates.shape[1])]
        if site in (now, before) or delta[site] >= CLOSED // 2:
            continue
        if state.used[site] + need <= free[site] and (best < 0 or delta[site] < delta[best]):
            best = site
    return best


@compiled
def _toll(price: int, stiff: int, was: int, more: int) -> int:
    """What a site so many above its places charges for more, or gives back for less."""
    above, before = max(0, was + more), max(0, was)
    return price * more + stiff * ((above * (above + 1) - before * (before + 1)) // 2)


@compiled
def anneal(
    board: Board,
    state: Placed,
    candidates: IntArray,
    among: IntArray,
    steps: int,
    hot: float,
    cold: float,
    price: IntArray,
    stiff: int,
) -> None:
    """So many proposals, the heat falling from one value to another.

    Parameters
    ----------
    candidates
        n × L sites that are proposed most, the first ones more often.
    among
        The movers who may move by themselves; whoever makes room for one may be anybody.
    hot, cold
        Fine costs.
    price
        M fine prices of a place.
    stiff
        Fine penalty of the first place that a site lacks; each further one costs as much more.
    """
    many, sites = len(among), len(board.free)
    new, old = np.empty(sites, dtype=np.int32), np.empty(sites, dtype=np.int32)
    width = candidates.shape[1]
    limited = len(board.row_base) > 0 or board.ceiling.min() < UNLIMITED
    here, delta, dice = state.here, state.delta, state.dice
    used, free, demand = state.used, board.free, board.demand
    rounds = max(1, steps // TURNS)
    for turn in range(rounds):
        heat = hot + (cold - hot) * (turn / rounds)
        for _ in range(TURNS):
            k = among[draw(dice, many)]
            if draw(dice, NARROW) == 0:
                site = draw(dice, sites)
            else:
                site = candidates[k, min(draw(dice, width), draw(dice, width))]
            before = here[k]
            if site == before or delta[k, site] >= CLOSED // 2:
                continue
            j, refuge = -1, -1
            need = demand[k]
            change = delta[k, site] - delta[k, before]
            if used[site] + need > free[site] and draw(dice, CROWDED) > 0:
                j = _partner(board, state, k, site)
                refuge = -1 if j < 0 else _refuge(board, state, candidates, k, j)
                if refuge < 0:
                    continue
                size = demand[j]
                change += delta[j, refuge] - delta[j, site]
                change += _toll(price[site], stiff, used[site] - free[site], need - size)
                if refuge == before:
                    change += _toll(price[before], stiff, used[before] - free[before], size - need)
                else:
                    change += _toll(price[refuge], stiff, used[refuge] - free[refuge], size)
                    change += _toll(price[before], stiff, used[before] - free[before], -need)
            else:
                change += _toll(price[site], stiff, used[site] - free[site], need)
                change += _toll(price[before], stiff, used[before] - free[before], -need)
            most = heat * board.chill[draw(dice, DRAWS)]
            if limited and (change <= most or state.tally[OVER] > 0):
                change += _limits(board, state, k, site, new, old)
                if j >= 0:
                    change += _limits(board, state, j, refuge, new, old)
            if change > most:
                continue
            put(board, state, k, site, new, old)
            if j >= 0:
                put(board, state, j, refuge, new, old)
            state.tally[ACCEPTED] += 1
            if state.tally[COST] < state.tally[BEST]:
                keep(state)
    state.tally[STEPS] += rounds * TURNS
