"""Places known as points: who is near whom is found on demand, and no matrix is made.

30,000 places have 900 million pairs. What the matrices of a `Geography` hold for the 290 is
computed here for the pairs that are asked for, by the same formulas to the last unit; a
spatial index finds the neighbours of each place once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import InvalidPolicy
from placement_engine.geo.distance import BoolArray, IntArray
from placement_engine.geo.exposure import PPM
from placement_engine.policy import Policy
from placement_engine.provenance import content_hash
from placement_engine.vocabulary import MunicipalityCode

if TYPE_CHECKING:
    from shapely import Point

FloatArray = NDArray[np.float64]
Pair = tuple[Any, ...]
"""Two index arrays of places that broadcast together."""
_FLAT = "points."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Points:
    """M places as points, with who shares a border and a labour market.

    Parameters
    ----------
    metres
        (M, 2) int64, easting and northing in a plane; no two places at one point.
    market
        (M,) key of each place's labour market.
    adjacent
        (B,) int64, rising ``a * M + b`` of the pairs that share a border, both ways.
    """

    metres: IntArray
    market: IntArray
    adjacent: IntArray

    def __len__(self) -> int:
        return len(self.market)

    def crow_m(self, pair: Pair) -> IntArray:
        """Straight lines in whole metres."""
        x, y = self.metres[:, 0], self.metres[:, 1]
        a, b = pair
        squares: IntArray = (x[a] - x[b]) ** 2 + (y[a] - y[b]) ** 2
        whole: IntArray = np.rint(np.sqrt(squares.astype(np.float64))).astype(np.int64)
        return whole

    def are_adjacent(self, pair: Pair) -> BoolArray:
        """Whether two places share a border."""
        key = pair[0] * len(self) + pair[1]
        at = np.minimum(np.searchsorted(self.adjacent, key), len(self.adjacent) - 1)
        if not len(self.adjacent):
            return np.zeros(key.shape, dtype=np.bool_)
        found: BoolArray = self.adjacent[at] == key
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SameMarket:
    """`Geography.same_labour_market` on demand: indexed by a pair of index arrays."""

    points: Points

    def __getitem__(self, pair: Pair) -> BoolArray:
        same: BoolArray = self.points.market[pair[0]] == self.points.market[pair[1]]
        return same


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Separation:
    """`Geography.separation_m` on demand."""

    points: Points

    def __getitem__(self, pair: Pair) -> IntArray:
        return np.where(self.points.are_adjacent(pair), 0, self.points.crow_m(pair))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Exposure:
    """Exposure on demand, whole parts per million as a chance; 0 where it rounds to none.

    Parameters
    ----------
    own
        (M,) parts per million at home.
    numbers
        (5,) road factor, d0 and d1 in kilometres, the shares of a labour market and of a
        border.
    """

    points: Points
    own: IntArray
    numbers: FloatArray

    def __getitem__(self, pair: Pair) -> FloatArray:
        a, b = pair
        chance: FloatArray = np.where(a == b, self.own[a], self.apart_ppm(pair)) / PPM
        return chance

    def apart_ppm(self, pair: Pair) -> IntArray:
        """Parts per million between different places."""
        factor, d0_km, d1_km, labour, border = self.numbers.tolist()
        road_km = np.rint(self.points.crow_m(pair) * factor) / 1000
        market = SameMarket(points=self.points)[pair]
        beside = np.maximum(labour * market, border * self.points.are_adjacent(pair))
        apart = np.maximum(np.exp(-road_km / d0_km), np.exp(-road_km / d1_km) * beside)
        ppm: IntArray = np.rint(apart * PPM).astype(np.int64)
        return ppm

    @classmethod
    def of(cls, places: Points, policy: Policy, local: IntArray) -> Self:
        """The exposure under a policy; at home never below that of any other place.

        Parameters
        ----------
        local
            (M,) parts per million at home by itself.
        """
        numbers = policy.exposure
        own = local.astype(np.int64)
        exposure = cls(
            points=places,
            own=own,
            numbers=np.array(
                [
                    policy.road.factor,
                    numbers.d0_km,
                    numbers.d1_km,
                    numbers.same_labour_market,
                    numbers.adjacent,
                ]
            ),
        )
        most = own.copy()
        for pair in _most_exposing(places):
            np.maximum.at(most, pair[0], exposure.apart_ppm(pair))
        return replace(exposure, own=most)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PointGeography:
    """What the night asks of a `Geography`, of any number of places.

    Parameters
    ----------
    codes, index
        As in `Geography`.
    local
        (M,) parts per million of exposure at home by itself.
    """

    codes: tuple[MunicipalityCode, ...]
    index: Mapping[MunicipalityCode, int]
    points: Points
    local: IntArray
    road_factor: float
    content_hash: str

    @classmethod
    def of(
        cls, codes: Sequence[MunicipalityCode], places: Points, local: IntArray, policy: Policy
    ) -> Self:
        """The geography of some places.

        Raises
        ------
        ValueError
            If two places stand at one point, or have one code.
        """
        if len(np.unique(places.metres, axis=0)) < len(places) or len({*codes}) < len(places):
            raise ValueError("two places at one point, or with one code")
        arrays = (places.metres, places.market, places.adjacent, local)
        return cls(
            codes=tuple(codes),
            index=MappingProxyType({code: n for n, code in enumerate(codes)}),
            points=places,
            local=local,
            road_factor=policy.road.factor,
            content_hash=content_hash(
                [*(array.tobytes() for array in arrays), policy.road.factor.hex().encode()]
            ),
        )

    @property
    def separation_m(self) -> Separation:
        """As in `Geography`, on demand."""
        return Separation(points=self.points)

    @property
    def same_labour_market(self) -> SameMarket:
        """As in `Geography`, on demand."""
        return SameMarket(points=self.points)

    def exposure(self, policy: Policy) -> Exposure:
        """As in `Geography`, on demand."""
        if policy.road.factor != self.road_factor:
            raise InvalidPolicy(
                "The geography was loaded with another road.factor than this policy has.",
                unchanged="Nothing was computed.",
                do="Load the geography with the policy that is used.",
            )
        return Exposure.of(self.points, policy, self.local)


def flat_arrays(exposure: Exposure) -> dict[str, NDArray[Any]]:
    """An exposure and its points as named arrays, for other processes."""
    places = exposure.points
    return {
        f"{_FLAT}metres": places.metres,
        f"{_FLAT}market": places.market,
        f"{_FLAT}adjacent": places.adjacent,
        f"{_FLAT}own": exposure.own,
        f"{_FLAT}numbers": exposure.numbers,
    }


def of_flat_arrays(flat: Mapping[str, NDArray[Any]]) -> Exposure | None:
    """The exposure that `flat_arrays` told, without a copy; None where matrices stand."""
    if f"{_FLAT}metres" not in flat:
        return None
    places = Points(
        metres=flat[f"{_FLAT}metres"],
        market=flat[f"{_FLAT}market"],
        adjacent=flat[f"{_FLAT}adjacent"],
    )
    return Exposure(points=places, own=flat[f"{_FLAT}own"], numbers=flat[f"{_FLAT}numbers"])


def _most_exposing(places: Points) -> list[Pair]:
    """Pairs among which each place's greatest exposure is.

    In each class it falls with the road: it is greatest with the nearest of all, the
    nearest of one's labour market, or one that shares a border.
    """
    order = np.argsort(places.market, kind="stable")
    cuts = np.flatnonzero(np.diff(places.market[order])) + 1
    groups = [np.arange(len(places), dtype=np.int64), *np.split(order, cuts)]
    pairs = [nearest(places.metres, group) for group in groups if len(group) > 1]
    return [*pairs, (places.adjacent // len(places), places.adjacent % len(places))]


def nearest(metres: IntArray, group: IntArray) -> Pair:
    """Each of a group of two or more places with its nearest other ones, by a spatial index."""
    from shapely import STRtree

    shapes = _shapes(metres[group])
    one, other = STRtree(shapes).query_nearest(shapes, exclusive=True, all_matches=True)
    return group[one], group[other]


def within(metres: IntArray, distance_m: float) -> Pair:
    """All pairs of places that are no farther apart, each with itself too."""
    from shapely import STRtree

    shapes = _shapes(metres)
    one, other = STRtree(shapes).query(shapes, predicate="dwithin", distance=distance_m)
    return one.astype(np.int64), other.astype(np.int64)


def closest(metres: IntArray, seats: IntArray) -> IntArray:
    """(M,) for each place which of some seats (S, 2) is nearest."""
    from shapely import STRtree

    found = STRtree(_shapes(seats)).query_nearest(_shapes(metres), all_matches=False)
    seat: IntArray = found[1].astype(np.int64)
    return seat


def _shapes(metres: IntArray) -> list[Point]:
    from shapely import Point

    return [Point(x, y) for x, y in metres.tolist()]
