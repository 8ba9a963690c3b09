"""Small neighbourhoods annealed again, around those who stand worst for what they could have.

One mover far from a site that she could have is worth more than all the rest, and no single
step brings her there: rivals would have to go first, and others to make room for them. So
she is put there whatever it costs, all who could be in the way are shaken for a short while,
and the plan stays only if it came out better.
"""

from __future__ import annotations

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.annealing import anneal
from placement_engine.solver.kernels.board import BEST, Board, Placed, draw, put
from placement_engine.solver.kernels.messages import CLOSED

TRIES = 3
"""Who stands worst of so many drawn is mended."""
SITES = 12
"""Sites that she could have, of which one is drawn."""


@compiled
def _add(k: int, among: IntArray, inside: IntArray, count: int) -> int:
    if count < len(among) and inside[k] == 0:
        inside[k] = 1
        among[count] = k
        return count + 1
    return count


@compiled
def mend(
    board: Board,
    state: Placed,
    candidates: IntArray,
    wanted: IntArray,
    regret: IntArray,
    size: int,
    steps: int,
    hot: float,
    cold: float,
    price: IntArray,
    stiff: int,
) -> bool:
    """Force one mover to a site that she could have, and anneal around her.

    Parameters
    ----------
    candidates
        See `annealing.anneal`.
    wanted
        n × L sites, best first by what the bound says of them.
    regret
        n × M what the bound says that each site costs each mover above the least.
    size
        Movers who may step aside.
    steps, hot, cold, price, stiff
        Of the annealing.

    Returns
    -------
    Whether a better plan was kept; if not, everybody is back.
    """
    n, sites = len(state.here), len(board.free)
    before = state.here.copy()
    best = state.tally[BEST]
    k = draw(state.dice, n)
    for _ in range(TRIES - 1):
        other = draw(state.dice, n)
        if regret[other, state.here[other]] > regret[k, state.here[k]]:
            k = other
    site = wanted[k, draw(state.dice, min(SITES, wanted.shape[1]))]
    among = np.empty(min(n, size), dtype=np.int64)
    inside = np.zeros(n, dtype=np.int64)
    count = _add(k, among, inside, 0)
    new, old = np.empty(sites, dtype=np.int32), np.empty(sites, dtype=np.int32)
    if site != state.here[k] and state.delta[k, site] < CLOSED // 2:
        put(board, state, k, site, new, old)
    # Rivals first, then who shares a site with anybody so far, and their rivals.
    done = 0
    while done < count and count < len(among):
        i = among[done]
        done += 1
        for p in range(board.first[i], board.first[i + 1]):
            count = _add(board.other[p], among, inside, count)
        for x in (state.here[i], wanted[i, 0], wanted[i, draw(state.dice, wanted.shape[1])]):
            for q in range(state.many[x]):
                count = _add(state.there[x, q], among, inside, count)
    anneal(board, state, candidates, among[:count], steps, hot, cold, price, stiff)
    if state.tally[BEST] < best:
        for i in range(n):
            if state.here[i] != state.best[i]:
                put(board, state, i, state.best[i], new, old)
        return True
    for i in range(n):
        if state.here[i] != before[i]:
            put(board, state, i, before[i], new, old)
    return False
