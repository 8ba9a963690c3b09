"""What households of several sizes can pay a site at the most: a knapsack for each site.

A price for each place alone lets half a household pay for the place that no whole one can
use: three places and households of two, and the bound counts one and a half of them. So each
size of household pays a fee of its own, and a site is owed no more than the best set of
whole households that fits. The bound is that of Lagrangian decomposition (Guignard and Kim
1987), with movers on the one side and sites on the other.
"""

from __future__ import annotations

import math

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.kernels.pairs import FloatArray

MOST_PACKED = 256
"""At sites with more places, places are shared out in parts: the difference is small there."""


@compiled
def most_paid(fees: IntArray, sizes: IntArray, free: IntArray, paid: IntArray) -> int:
    """The most that whole households at each site can pay, and the sum of it; exact.

    Parameters
    ----------
    fees
        M × H, not negative; 0 for size 0 and at sites without a limit.
    sizes
        H sizes of households.
    free
        M places.
    paid
        M, filled.
    """
    value = np.zeros(MOST_PACKED + 1, dtype=np.int64)
    total = np.int64(0)
    for x in range(len(free)):
        places = free[x]
        paid[x] = 0
        if places <= 0 or places >= UNLIMITED:
            continue
        if places > MOST_PACKED:
            for h in range(len(sizes)):
                if sizes[h] > 0:
                    each = -(-fees[x, h] // sizes[h])
                    paid[x] = max(paid[x], each * places)
        else:
            value[: places + 1] = 0
            for h in range(len(sizes)):
                size, fee = sizes[h], fees[x, h]
                if size > 0 and fee > 0:
                    for c in range(size, places + 1):
                        value[c] = max(value[c], value[c - size] + fee)
            paid[x] = value[places]
        total += paid[x]
    return int(total)


@compiled
def softly_packed(
    fees: IntArray,
    sizes: IntArray,
    free: IntArray,
    heat: float,
    used: FloatArray,
    yields: FloatArray,
) -> None:
    """How many households of each size a site has on average, where what pays more is likelier.

    Each set of households that fits has the weight ``exp(paid / heat)``.

    Parameters
    ----------
    fees, sizes, free
        See `most_paid`.
    heat
        Fine units, above 0.
    used
        M × H, filled at sites with 1 to `MOST_PACKED` places.
    yields
        M × H, filled there too: by how much at the most the logarithms of `used` change where
        all fees change by the heat: sums of rows of the covariances, by the means.
    """
    many = len(sizes)
    weight = np.empty(MOST_PACKED + 1, dtype=np.float64)
    count = np.empty((MOST_PACKED + 1, many), dtype=np.float64)
    both = np.empty((MOST_PACKED + 1, many, many), dtype=np.float64)
    for x in range(len(free)):
        places = free[x]
        if places <= 0 or places > MOST_PACKED:
            continue
        weight[: places + 1] = 0.0
        count[: places + 1] = 0.0
        both[: places + 1] = 0.0
        for h in range(many):
            size, pays = sizes[h], fees[x, h] / heat
            if size <= 0:
                continue
            for c in range(size, places + 1):
                # Of the sets for so many places: those with one more of this size.
                less = c - size
                more = weight[less] + pays
                top = max(weight[c], more)
                all_of = top + math.log1p(math.exp(-abs(weight[c] - more)))
                share = math.exp(more - all_of)
                weight[c] = all_of
                for g in range(many):
                    for i in range(many):
                        change = both[less, g, i] - both[c, g, i]
                        if g == h:
                            change += count[less, i]
                        if i == h:
                            change += count[less, g]
                        both[c, g, i] += share * change
                both[c, h, h] += share
                for g in range(many):
                    count[c, g] += share * (count[less, g] - count[c, g])
                count[c, h] += share
        for h in range(many):
            used[x, h] = count[places, h]
            yields[x, h] = 0.0
            for g in range(many):
                yields[x, h] += abs(both[places, h, g] - count[places, h] * count[places, g])
            yields[x, h] /= max(1e-9, count[places, h])
