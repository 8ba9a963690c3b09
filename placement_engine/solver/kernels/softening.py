"""Soft messages: a sweep that does not get stuck, for its least values are rounded off.

Plain sweeps raise the bound one coordinate at a time and stop where no single one helps,
often well below what is possible. With each minimum replaced by a soft one,
``-heat * log(sum(exp(-cost / heat)))``, the dual is smooth, and there coordinate ascent
goes on to the top (Meltzer, Globerson and Weiss 2009). Prices follow from the shares with
which movers would be at sites. A soft message hands on less than there is to hand, never
more, so that what is found is as valid as any other messages and prices.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import COMPILED, compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.messages import CLOSED, LARGEST
from placement_engine.solver.kernels.pairs import WALL, FloatArray, SmallArray

SingleArray = NDArray[np.float32]

REACH = 16
"""Costs that are `REACH` times the heat above the least count nothing; (1 - z / 16) to the
sixteenth stands for exp(-z), for it takes four multiplications."""
FARTHEST = 40.0
"""Exponents from which a share is nothing."""
STEEPEST = 3.0
"""Logarithms of loads are cut off here, so that no price jumps."""


def _soft_by_rows(
    table: SmallArray, own: IntArray, most: int, heat: float, out: SmallArray, sums: SingleArray
) -> int:
    """As `messages.message`, but soft; `sums` is M float32 to work in."""
    low = np.int64(CLOSED)
    for i in range(own.size):
        low = min(low, own[i])
    for j in range(out.size):
        out[j] = LARGEST
        sums[j] = 0.0
    for i in range(table.shape[0]):
        if own[i] - low <= most:
            mine = np.int32(own[i] - low)
            for j in range(out.size):
                out[j] = np.int32(min(out[j], np.int32(table[i, j] + mine)))
    scale, one, zero = np.float32(1.0 / (REACH * heat)), np.float32(1.0), np.float32(0.0)
    for i in range(table.shape[0]):
        if own[i] - low <= most:
            mine = np.int32(own[i] - low)
            for j in range(out.size):
                # Written so that it compiles to whole vectors of float32.
                above = np.float32(np.int32(table[i, j] + mine - out[j])) * scale
                z = one - above
                z = z if z > zero else zero
                z = z * z
                z = z * z
                z = z * z
                sums[j] += z * z
    for j in range(out.size):
        out[j] -= np.int32(heat * math.log(sums[j]))
    return int(low)


def _soft_at_once(
    table: SmallArray, own: IntArray, most: int, heat: float, out: SmallArray, sums: SingleArray
) -> int:
    low = int(own.min())
    rows = np.flatnonzero(own - low <= most)
    mine = (own[rows] - low).astype(np.int32)
    out[:] = (table[rows] + mine[:, None]).min(axis=0)
    scale, one = np.float32(1.0 / (REACH * heat)), np.float32(1.0)
    sums[:] = 0
    for i, cost in zip(rows.tolist(), mine, strict=True):
        z = np.maximum(one - (table[i] + cost - out).astype(np.float32) * scale, np.float32(0))
        z = z * z
        z = z * z
        z = z * z
        sums += z * z
    out -= np.array([int(heat * math.log(total)) for total in sums], dtype=np.int32)
    return low


soft_message = compiled(_soft_by_rows) if COMPILED else _soft_at_once


@compiled
def soft_sweep(
    forward: bool,
    heat: float,
    theta: IntArray,
    first: IntArray,
    edge: IntArray,
    other: IntArray,
    side: IntArray,
    line: IntArray,
    tables: SmallArray,
    most: IntArray,
    handed: IntArray,
    group: IntArray,
    load: FloatArray,
) -> None:
    """One soft sweep, as `messages.sweep`; see there for the arrays.

    Parameters
    ----------
    heat
        In fine units, above 0.
    group
        n numbers of the size of each mover's household.
    load
        M × H, added to: the movers of each size at a site where all are shared out softly.
    """
    n, sites = theta.shape
    out = np.empty(sites, dtype=np.int32)
    sums = np.empty(sites, dtype=np.float32)
    own = np.empty(sites, dtype=np.int64)
    part = np.empty(sites, dtype=np.int64)
    shares = np.empty(sites, dtype=np.float64)
    for step in range(n):
        k = step if forward else n - 1 - step
        ahead = 0
        for p in range(first[k], first[k + 1]):
            if (other[p] > k) == forward:
                ahead += 1
        count = max(1, ahead, first[k + 1] - first[k] - ahead)
        mine = theta[k]
        low = mine.min()
        whole = 0.0
        farthest = np.int64(min(FARTHEST * heat * count, 1e15))
        for x in range(sites):
            shares[x] = 0.0
            above = mine[x] - low
            if above <= farthest:
                shares[x] = math.exp(-above / (heat * count))
                whole += shares[x]
        for x in range(sites):
            load[x, group[k]] += shares[x] / whole
        if ahead == 0:
            continue
        for x in range(sites):
            part[x] = 0
            if mine[x] < CLOSED:
                part[x] = min((mine[x] - low) // count, WALL)
                mine[x] -= part[x] * ahead
        for p in range(first[k], first[k + 1]):
            if (other[p] > k) != forward:
                continue
            e, s, j = edge[p], side[p], other[p]
            for x in range(sites):
                handed[e, s, x] -= part[x]
                own[x] = CLOSED if mine[x] >= CLOSED else -handed[e, s, x]
            base = soft_message(tables[line[p]], own, most[line[p]], heat, out, sums)
            for y in range(sites):
                new = base + out[y]
                if theta[j, y] < CLOSED:
                    theta[j, y] += new - handed[e, 1 - s, y]
                handed[e, 1 - s, y] = new


def softly_priced(
    fees: IntArray,
    load: FloatArray,
    used: FloatArray,
    yields: FloatArray,
    heat: float,
    step: float,
) -> IntArray:
    """Fees moved by the logarithm of how far loads are from what sites have room for.

    Parameters
    ----------
    fees, load, used, yields
        M × H each; see `packing.softly_packed`.
    heat, step
        Fine units, and the share of the way that is gone.
    """
    far = np.log(np.maximum(load, 1e-9) / np.maximum(used, 1e-9))
    way = step * heat * np.clip(far, -STEEPEST, STEEPEST) / (1.0 + yields)
    moved: IntArray = np.maximum(0, fees + np.rint(way).astype(np.int64))
    return moved
