"""The municipalities as matrices: who is near whom, and how exposed people are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import InvalidPolicy
from placement_engine.geo.cache import read_matrix, write_matrix
from placement_engine.geo.distance import BoolArray, IntArray, adjacency, crow_metres, road_metres
from placement_engine.geo.exposure import PPM, capacity, exposure
from placement_engine.geo.facts import Facts, default_folder, read_facts
from placement_engine.geo.municipality import Municipality
from placement_engine.policy import Policy
from placement_engine.provenance import content_hash
from placement_engine.vocabulary import MunicipalityCode

_METHOD = b"road 1"
"""Changes with the way that the road matrix is computed, so that no older one is reused."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Geography:
    """The 290 municipalities and the distances between them; M = 290.

    Every array is read-only. Rows and columns follow `codes`.

    Parameters
    ----------
    municipalities
        By rising code.
    codes, index
        Their codes, and the place of each code.
    crow_m
        (M, M) int64, straight lines between seats in metres.
    road_m
        (M, M) int64, estimated roads in metres; obeys the triangle inequality.
    adjacent
        (M, M) bool, a border on land or a bridge between them.
    separation_m
        (M, M) int64, `crow_m` with 0 for neighbours and for a municipality with itself, so
        that those fail every hard separation.
    same_labour_market
        (M, M) bool.
    health_region, police_region
        (M,) int64, index into `health_regions` and `police_regions`.
    content_hash
        Hex SHA-256 of the data and of the road factor.
    road_factor
        The factor that `road_m` was made with.
    """

    municipalities: tuple[Municipality, ...] = field(repr=False)
    codes: tuple[MunicipalityCode, ...] = field(repr=False)
    index: Mapping[MunicipalityCode, int] = field(repr=False)
    crow_m: IntArray = field(repr=False)
    road_m: IntArray = field(repr=False)
    adjacent: BoolArray = field(repr=False)
    separation_m: IntArray = field(repr=False)
    same_labour_market: BoolArray = field(repr=False)
    health_region: IntArray = field(repr=False)
    health_regions: tuple[str, ...] = field(repr=False)
    police_region: IntArray = field(repr=False)
    police_regions: tuple[str, ...] = field(repr=False)
    content_hash: str
    road_factor: float

    def exposure_ppm(self, policy: Policy, *, d0_km: float | None = None) -> IntArray:
        """Chance within a year that people of two municipalities meet.

        Parameters
        ----------
        d0_km
            Reach of travel in kilometres; the policy's unless given.

        Returns
        -------
        (M, M) int64
            Parts per million, symmetric; in no row is any entry above the diagonal one.

        Raises
        ------
        InvalidPolicy
            If the policy has another road factor than this geography was loaded with.

        Examples
        --------
        >>> policy = Policy.default()
        >>> geography = load_geography(policy)
        >>> ppm = geography.exposure_ppm(policy)
        >>> solna, gotland = geography.index["0184"], geography.index["0980"]
        >>> bool(ppm[solna, solna] > ppm[solna, gotland])
        True
        """
        if policy.road.factor != self.road_factor:
            raise InvalidPolicy(
                "The geography was loaded with another road.factor than this policy has.",
                unchanged="Nothing was computed.",
                do="Load the geography with the policy that is used.",
            )
        ppm = exposure(
            policy,
            self.municipalities,
            road_m=self.road_m,
            same_labour_market=self.same_labour_market,
            adjacent=self.adjacent,
            d0_km=d0_km,
        )
        ppm.setflags(write=False)
        return ppm

    def exposure(self, policy: Policy) -> NDArray[np.float64]:
        """`exposure_ppm` as chances; (M, M)."""
        chance: NDArray[np.float64] = self.exposure_ppm(policy) / PPM
        return chance

    def capacity(self, policy: Policy) -> IntArray:
        """How many protected people each municipality can take; (M,) int64."""
        places = capacity(policy, self.municipalities)
        places.setflags(write=False)
        return places


def load_geography(
    policy: Policy, *, data_dir: Path | None = None, cache_dir: Path | None = None
) -> Geography:
    """Load the municipalities, and the distances that follow from them and the policy.

    Parameters
    ----------
    policy
        Gives the road factor.
    data_dir
        A folder like ``data/municipalities``; the shipped one unless given.
    cache_dir
        Where the road matrix is kept between runs; nowhere unless given. A damaged file
        there is replaced.

    Raises
    ------
    DataFault
        If the data are incomplete, altered or do not add up to the known totals.

    Examples
    --------
    >>> geography = load_geography(Policy.default())
    >>> len(geography.codes), geography.municipalities[geography.index["1480"]].name
    (290, 'Göteborg')
    """
    facts = read_facts(default_folder() if data_dir is None else data_dir)
    factor = policy.road.factor
    places = facts.municipalities
    key = content_hash([facts.hash.encode(), _METHOD, factor.hex().encode()])
    crow = crow_metres(places)
    road = _road(facts, factor, crow, key, cache_dir)
    adjacent = adjacency(len(places), facts.neighbours, facts.crossings)
    separation = np.where(adjacent, 0, crow)  # the diagonal of `crow` is 0 already
    market = np.array([place.labour_market for place in places])
    health_region, health_regions = _coded([place.health_region for place in places])
    police_region, police_regions = _coded([place.police_region for place in places])
    codes = tuple(place.code for place in places)
    same_market: BoolArray = market[:, None] == market
    for array in (crow, road, adjacent, separation, same_market, health_region, police_region):
        array.setflags(write=False)
    return Geography(
        municipalities=places,
        codes=codes,
        index=MappingProxyType({code: n for n, code in enumerate(codes)}),
        crow_m=crow,
        road_m=road,
        adjacent=adjacent,
        separation_m=separation,
        same_labour_market=same_market,
        health_region=health_region,
        health_regions=health_regions,
        police_region=police_region,
        police_regions=police_regions,
        content_hash=key,
        road_factor=factor,
    )


def _road(
    facts: Facts, factor: float, crow: IntArray, key: str, cache_dir: Path | None
) -> IntArray:
    if cache_dir is not None:
        kept = read_matrix(cache_dir, key, len(crow))
        if kept is not None and _plausible(kept, crow):
            return kept
    road = road_metres(facts.municipalities, facts.neighbours, facts.crossings, factor)
    if cache_dir is not None:
        write_matrix(cache_dir, key, road)
    return road


def _plausible(road: IntArray, crow: IntArray) -> bool:
    """Whether `road` can be a road matrix at all: symmetric, and never below the crow."""
    return bool((road == road.T).all() and (road.diagonal() == 0).all() and (road >= crow).all())


def _coded(names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    ordered = tuple(sorted(set(names)))
    return np.array([ordered.index(name) for name in names], dtype=np.int64), ordered
