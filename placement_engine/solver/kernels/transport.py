"""The transport problem: everybody to a place, households split, at the least cost."""

from __future__ import annotations

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.messages import CLOSED


@compiled
def transport(cost: IntArray, demand: IntArray, free: IntArray, prices: IntArray) -> bool:
    """Prices of full sites by successive shortest paths, in whole numbers.

    Parameters
    ----------
    cost
        n × M costs of a whole household, `CLOSED` where not open.
    demand, free
        n demands and M places.
    prices
        M, filled: the dual, for a unit of demand, rounded to units.

    Returns
    -------
    False where the sites cannot hold everybody, which is exact: no path is left.
    """
    n = cost.shape[0]
    sites = cost.shape[1]
    flow = np.zeros((n, sites), dtype=np.int64)
    used = np.zeros(sites, dtype=np.int64)
    there = np.zeros((sites, n), dtype=np.int64)
    number = np.zeros((n, sites), dtype=np.int64)
    count = np.zeros(sites, dtype=np.int64)
    potential = np.zeros(sites, dtype=np.int64)
    unit = np.empty((n, sites), dtype=np.int64)
    for k in range(n):
        for x in range(sites):
            unit[k, x] = cost[k, x] // max(1, demand[k]) if cost[k, x] < CLOSED else CLOSED
    distance = np.empty(sites, dtype=np.int64)
    by = np.empty(sites, dtype=np.int64)
    came = np.empty(sites, dtype=np.int64)
    done = np.empty(sites, dtype=np.bool_)
    for k in range(n):
        left = demand[k]
        while left > 0:
            for x in range(sites):
                distance[x] = CLOSED if unit[k, x] >= CLOSED else unit[k, x] - potential[x]
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
                    break
                if used[place] < free[place]:
                    end = place
                    break
                done[place] = True
                for q in range(count[place]):
                    i = there[place, q]
                    base = best - (unit[i, place] - potential[place])
                    for x in range(sites):
                        if not done[x] and unit[i, x] < CLOSED:
                            far = base + unit[i, x] - potential[x]
                            if far < distance[x]:
                                distance[x] = far
                                by[x] = i
                                came[x] = place
            if end < 0:
                return False
            most = min(left, free[end] - used[end])
            x = end
            while came[x] >= 0:
                most = min(most, flow[by[x], came[x]])
                x = came[x]
            for x in range(sites):
                if done[x]:
                    potential[x] += distance[x] - distance[end]
            used[end] += most
            left -= most
            x = end
            while True:
                i = by[x]
                old = came[x]
                if flow[i, x] == 0:
                    there[x, count[x]] = i
                    number[i, x] = count[x]
                    count[x] += 1
                flow[i, x] += most
                if old < 0:
                    break
                flow[i, old] -= most
                if flow[i, old] == 0:
                    count[old] -= 1
                    last = there[old, count[old]]
                    there[old, number[i, old]] = last
                    number[last, old] = number[i, old]
                x = old
    for x in range(sites):
        prices[x] = max(0, -potential[x]) if used[x] >= free[x] else 0
    return True
