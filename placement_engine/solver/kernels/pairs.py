"""Pair costs from hostility and exposure, to the last unit, without M × M logarithms."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import COMPILED, compiled
from placement_engine.problem import FORBIDDEN, PPM, IntArray, PlacementProblem, ProblemPair

FloatArray = NDArray[np.float64]
SmallArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

WALL = 1 << 29
"""Fine cost of what is not allowed; two of them still fit an int32."""
KNOTS = 65_536
"""Intervals between which the logarithm is interpolated, up to `LAST`."""
LAST = 0.75
"""Chances above this are looked up in no table: the curve is too steep there."""
DOUBT = 1e-3
"""This near to a half the logarithm itself is asked; interpolation errs by 3e-4 at most."""


def knots() -> FloatArray:
    """``-10**6 * log1p(-p)`` at `KNOTS` + 2 chances from 0 to a little above `LAST`."""
    exact: FloatArray = -1e6 * np.log1p(-np.arange(KNOTS + 2) * (LAST / KNOTS))
    return exact


@compiled
def cost_of(chance: float, curve: FloatArray) -> int:
    """`problem.micronats` of a chance."""
    if chance <= LAST:
        at = chance * (KNOTS / LAST)
        i = int(at)
        above = curve[i] + (at - i) * (curve[i + 1] - curve[i]) + 0.5
        whole = int(above)
        if DOUBT < above - whole < 1 - DOUBT:
            return whole
    exact = -1e6 * math.log1p(-min(chance, 1 - 1e-6))
    down = math.floor(exact)
    if exact - down == 0.5:
        return int(down) + int(down) % 2
    return math.floor(exact + 0.5)


@compiled
def pair_line(
    hostility: float,
    reunion: float,
    separation: int,
    penalty: int,
    exposure: FloatArray,
    metres: IntArray,
    curve: FloatArray,
    fine: int,
    out: SmallArray,
) -> None:
    """Fine costs of one pair at M sites of the one, the other standing at a site.

    Parameters
    ----------
    hostility, reunion
        Chances.
    penalty
        Micro-nats where nearer than `separation`; negative where that is not allowed.
    exposure, metres
        M chances and distances from the site where the other stands.
    out
        Filled; `WALL` where not allowed, or where the cost would be above it.
    """
    for j in range(len(out)):
        value = 0
        if exposure[j] > 0:
            value = cost_of(hostility * exposure[j], curve)
            if reunion > 0:
                value += cost_of(reunion * exposure[j], curve)
        if metres[j] < separation:
            value = WALL if penalty < 0 else value + penalty
        out[j] = min(value * fine, WALL)


@compiled
def smoothly(chance: float, exposure: FloatArray, curve: FloatArray, out: SmallArray) -> None:
    """`cost_of` of a chance times M exposures; what the curve leaves in doubt is asked after.

    Written so that nothing branches, which makes it twice as fast.
    """
    for j in range(len(out)):
        both = chance * exposure[j]
        at = min(both, LAST) * (KNOTS / LAST)
        i = np.int32(at)
        above = curve[i] + (at - i) * (curve[i + 1] - curve[i]) + 0.5
        whole = np.int32(above)
        sure = (above - whole > DOUBT) & (above - whole < 1 - DOUBT) & (both <= LAST)
        out[j] = whole if sure else np.int32(-1)
    for j in range(len(out)):
        if out[j] < 0:
            out[j] = cost_of(chance * exposure[j], curve)


@compiled
def pair_table(
    hostility: float,
    reunion: float,
    separation: int,
    penalty: int,
    levels: FloatArray,
    level: SmallArray,
    metres: IntArray,
    curve: FloatArray,
    fine: int,
    out: SmallArray,
) -> None:
    """`pair_line` for each of M sites of the other; `out` is M × M.

    Parameters
    ----------
    levels, level
        The different exposures, and M × M which of them.
    """
    value = np.zeros(len(levels), dtype=np.int32)
    for u in range(len(levels)):
        if levels[u] > 0:
            cost = cost_of(hostility * levels[u], curve)
            if reunion > 0:
                cost += cost_of(reunion * levels[u], curve)
            value[u] = min(cost * fine, WALL)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = value[level[i, j]]
    if separation <= 0:
        return
    extra = WALL if penalty < 0 else min(penalty * fine, WALL)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            if metres[i, j] < separation:
                out[i, j] = min(out[i, j] + extra, WALL)


@compiled
def pair_lines(
    numbers: FloatArray,
    near: IntArray,
    at: IntArray,
    exposure: FloatArray,
    metres: IntArray,
    curve: FloatArray,
    out: SmallArray,
) -> None:
    """`pair_line` for P pairs, each with one end that stands, not multiplied.

    Parameters
    ----------
    numbers
        P × 2 chances: hostility, reunion.
    near
        P × 2: separation and penalty.
    at
        P sites of the ends that stand.
    out
        P × M, filled.
    """
    again = np.empty(out.shape[1], dtype=np.int32)
    for p in range(len(at)):
        mine, there = out[p], exposure[at[p]]
        smoothly(numbers[p, 0], there, curve, mine)
        if numbers[p, 1] > 0:
            smoothly(numbers[p, 1], there, curve, again)
            for j in range(len(mine)):
                mine[j] += again[j]
        if near[p, 0] > 0:
            extra = WALL if near[p, 1] < 0 else near[p, 1]
            for j in range(len(mine)):
                if metres[at[p], j] < near[p, 0]:
                    mine[j] = min(mine[j] + extra, WALL)


class Tables:
    """Makes tables of pair costs of one problem."""

    __slots__ = ("_curve", "_level", "_levels", "_problem")

    def __init__(self, problem: PlacementProblem) -> None:
        levels, level = np.unique(problem.exposure_ppm, return_inverse=True)
        self._problem = problem
        self._curve = knots()
        self._levels = levels / PPM
        self._level = level.reshape(problem.exposure_ppm.shape).astype(np.int32)

    def fill(self, pair: ProblemPair, fine: int, out: SmallArray) -> None:
        """Fine costs of a pair at every two sites, rows for `a`."""
        if pair.table is not None or not COMPILED:
            cost = self._problem.pair_costs(pair)
            out[:] = np.where(cost == FORBIDDEN, WALL, np.minimum(cost, WALL // fine) * fine)
            return
        pair_table(
            pair.hostility_ppm / PPM,
            pair.reunion_ppm / PPM,
            pair.separation_m,
            -1 if pair.penalty is None else pair.penalty,
            self._levels,
            self._level,
            self._problem.distance_m,
            self._curve,
            fine,
            out,
        )


def fill_lines(
    problem: PlacementProblem, which: IntArray, at: IntArray, b_stands: BoolArray, out: SmallArray
) -> None:
    """Fill P × M micro-nats of pairs, by index, of which one end stands at a site."""
    if COMPILED:
        numbers, near = parameters(problem, which)
        exposure = problem.exposure_ppm / PPM
        pair_lines(numbers, near, at, exposure, problem.distance_m, knots(), out)
        slowly = np.flatnonzero(np.isin(which, problem.pair_columns.tabled))
    else:
        slowly = np.arange(len(which))
    for p in slowly.tolist():
        cost = problem.pair_costs(problem.pairs[int(which[p])])
        line = cost[:, at[p]] if b_stands[p] else cost[at[p]]
        out[p] = np.where(line == FORBIDDEN, WALL, np.minimum(line, WALL))


def parameters(problem: PlacementProblem, which: IntArray) -> tuple[FloatArray, IntArray]:
    """P × 2 chances (hostility, reunion) and P × 2 (separation, penalty or -1), by index."""
    pairs = problem.pair_columns
    chances = np.stack([pairs.hostility[which], pairs.reunion[which]], axis=1) / PPM
    penalty = np.minimum(pairs.penalty[which], WALL)
    return chances, np.stack([pairs.separation[which], penalty], axis=1)
