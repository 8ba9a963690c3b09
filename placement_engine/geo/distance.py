"""Distances between seats: straight lines, and roads estimated from them.

A road is the straight line times a factor of the policy. Where water lies between, it goes
over a bridge or a ferry of the table and nowhere else. See ``docs/adr/0003``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import DataFault
from placement_engine.geo.municipality import Crossing, Municipality

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_NO_ROAD = 10**9
"""Metres that no road has; twice this still fits easily."""


def crow_metres(municipalities: Sequence[Municipality]) -> IntArray:
    """Straight lines between seats.

    Returns
    -------
    (M, M) int64
        Metres in the plane of SWEREF 99 TM, whose scale is true to 0.2 % everywhere in
        Sweden. Square roots of whole numbers are rounded alike on every machine.
    """
    return _straight(np.array([(m.seat_x_m, m.seat_y_m) for m in municipalities], dtype=np.int64))


def adjacency(
    size: int, neighbours: Sequence[tuple[int, int]], crossings: Sequence[Crossing]
) -> BoolArray:
    """Whether two municipalities share a border on land or a bridge; symmetric, (M, M).

    A ferry is no neighbour: it has a timetable and few landings.
    """
    adjacent = np.zeros((size, size), dtype=np.bool_)
    for a, b in (*neighbours, *((c.a, c.b) for c in crossings if c.bridge)):
        adjacent[a, b] = adjacent[b, a] = True
    return adjacent


def road_metres(
    municipalities: Sequence[Municipality],
    neighbours: Sequence[tuple[int, int]],
    crossings: Sequence[Crossing],
    factor: float,
) -> IntArray:
    """Roads between seats, closed under shortest paths.

    Seats and ends of crossings that are joined by land are joined by a straight line times
    `factor`. Crossings join the rest. The closure makes the triangle inequality exact.

    Returns
    -------
    (M, M) int64
        Metres; symmetric, zero on the diagonal.

    Raises
    ------
    DataFault
        If some municipality has no way to the others.
    """
    m = len(municipalities)
    seats = [(place.seat_x_m, place.seat_y_m) for place in municipalities]
    ends = [end for c in crossings for end in ((c.x_a_m, c.y_a_m), (c.x_b_m, c.y_b_m))]
    land = _lands(m, neighbours)
    ends_on = [land[n] for c in crossings for n in (c.a, c.b)]
    on = np.array([*land, *ends_on], dtype=np.int64)

    straight = _straight(np.array([*seats, *ends], dtype=np.int64))
    road = np.where(on[:, None] == on[None, :], _whole(straight * factor), _NO_ROAD)
    for n, crossing in enumerate(crossings):
        a, b = m + 2 * n, m + 2 * n + 1
        road[a, b] = road[b, a] = min(int(road[a, b]), crossing.length_m)

    for via in range(len(road)):
        np.minimum(road, road[:, via, None] + road[None, via, :], out=road)
    road = np.ascontiguousarray(road[:m, :m])
    if road.max(initial=0) >= _NO_ROAD:
        raise DataFault(
            "Municipality data: some municipality has no way to the others.",
            unchanged="Nothing was computed.",
            do="Add its bridge or ferry to crossings.csv and run build.py.",
        )
    return road


def _straight(points: IntArray) -> IntArray:
    x, y = points[:, 0], points[:, 1]
    squares: IntArray = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    return _whole(np.sqrt(squares.astype(np.float64)))


def _whole(metres: NDArray[np.floating[Any]]) -> IntArray:
    whole: IntArray = np.rint(metres).astype(np.int64)
    return whole


def _lands(size: int, neighbours: Sequence[tuple[int, int]]) -> list[int]:
    """The lowest index that each municipality can be reached from by land."""
    land = list(range(size))

    def root(n: int) -> int:
        while land[n] != n:
            land[n] = land[land[n]]
            n = land[n]
        return n

    for a, b in neighbours:
        low, high = sorted((root(a), root(b)))
        land[high] = low
    return [root(n) for n in range(size)]
