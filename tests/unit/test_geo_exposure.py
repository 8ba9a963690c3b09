"""Exposure and capacity: the formula said plainly, and the properties that safety rests on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidPolicy
from placement_engine.geo import Geography, load_geography
from placement_engine.geo.exposure import exposure, local_exposure
from placement_engine.policy import Policy
from placement_engine.vocabulary import MunicipalityCode

POLICY = Policy.default()
PAIR = load_geography(POLICY).municipalities[:2]


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography(POLICY)


@pytest.fixture(scope="module")
def ppm(geography: Geography) -> np.ndarray:
    return geography.exposure_ppm(POLICY)


def plainly(geography: Geography, a: int, b: int, d0_km: float) -> int:
    numbers = POLICY.exposure
    km = int(geography.road_m[a, b]) / 1000
    near = math.exp(-km / numbers.d1_km)
    return round(
        1e6
        * max(
            numbers.same_labour_market * bool(geography.same_labour_market[a, b]) * near,
            numbers.adjacent * bool(geography.adjacent[a, b]) * near,
            math.exp(-km / d0_km),
        )
    )


@pytest.mark.parametrize("d0_km", [40.0, 20.0, 80.0])
def test_exposure_is_the_greatest_of_three(geography: Geography, d0_km: float) -> None:
    computed = geography.exposure_ppm(POLICY, d0_km=d0_km)
    for a in range(0, 290, 7):
        for b in range(290):
            if a != b:
                assert abs(int(computed[a, b]) - plainly(geography, a, b, d0_km)) <= 1


def test_the_policy_gives_the_reach(geography: Geography, ppm: np.ndarray) -> None:
    assert (geography.exposure_ppm(POLICY, d0_km=POLICY.exposure.d0_km) == ppm).all()


def test_a_longer_reach_never_lowers_exposure(geography: Geography, ppm: np.ndarray) -> None:
    assert (geography.exposure_ppm(POLICY, d0_km=20) <= ppm).all()
    assert (geography.exposure_ppm(POLICY, d0_km=80) >= ppm).all()


def test_exposure_is_symmetric_and_a_chance(ppm: np.ndarray) -> None:
    assert ppm.dtype == np.int64
    assert (ppm == ppm.T).all()
    assert ppm.min() >= 0
    assert ppm.max() <= 1_000_000


@pytest.mark.parametrize("d0_km", [20.0, 40.0, 80.0, 400.0])
def test_no_other_municipality_exposes_more_than_ones_own(
    geography: Geography, d0_km: float
) -> None:
    ppm = geography.exposure_ppm(POLICY, d0_km=d0_km)
    assert (ppm <= ppm.diagonal()[:, None]).all()
    assert (ppm <= ppm.diagonal()).all()


def test_farther_in_the_same_class_never_exposes_more(
    geography: Geography, ppm: np.ndarray
) -> None:
    apart = ~np.eye(290, dtype=bool)
    kinds = 2 * geography.same_labour_market.astype(int) + geography.adjacent
    seen = 0
    for kind in range(4):
        chosen = apart & (kinds == kind)
        order = np.argsort(geography.road_m[chosen], kind="stable")
        assert (np.diff(ppm[chosen][order]) <= 0).all()
        seen += int(chosen.sum())
    assert seen == 290 * 289


@given(
    metres=st.integers(0, 2_000_000),
    farther=st.integers(0, 500_000),
    market=st.booleans(),
    adjacent=st.booleans(),
    d0_km=st.floats(1, 500),
)
@settings(deadline=None, max_examples=100)
def test_moving_a_rival_farther_never_raises_exposure(
    metres: int, farther: int, market: bool, adjacent: bool, d0_km: float
) -> None:
    def at(road: int) -> int:
        return int(
            exposure(
                POLICY,
                PAIR,
                road_m=np.array([[0, road], [road, 0]]),
                same_labour_market=np.array([[True, market], [market, True]]),
                adjacent=np.array([[False, adjacent], [adjacent, False]]),
                d0_km=d0_km,
            )[0, 1]
        )

    assert at(metres + farther) <= at(metres)


def test_local_exposure_falls_with_people_and_with_land() -> None:
    small = replace(PAIR[0], population=10_000, land_area_km2=500.0)
    changed = [
        small,
        replace(small, population=160_000),
        replace(small, land_area_km2=5_000.0),
        replace(small, population=1),
        replace(small, population=10**10),
    ]
    local = local_exposure(POLICY, changed).tolist()
    assert local[0] == 900_000
    assert local[1] == 450_000
    assert local[2] == round(1e6 * 0.9 * 10**-0.05)
    assert local[3] == 950_000
    assert local[4] == 50_000


def test_at_home_it_is_the_local_one_unless_a_neighbour_exposes_more(
    geography: Geography, ppm: np.ndarray
) -> None:
    others = ppm.copy()
    np.fill_diagonal(others, 0)
    local = local_exposure(POLICY, geography.municipalities)
    assert (ppm.diagonal() == np.maximum(local, others.max(axis=1))).all()
    kiruna, stockholm = (geography.codes.index(MunicipalityCode(code)) for code in ("2584", "0180"))
    assert ppm[kiruna, kiruna] == local[kiruna]
    assert ppm[stockholm, stockholm] > local[stockholm]


def test_capacity_grows_with_inhabitants(geography: Geography) -> None:
    capacity = geography.capacity(POLICY)
    people = np.array([m.population for m in geography.municipalities])
    assert capacity.tolist() == [max(2, int(count) // 2000) for count in people]
    assert (np.diff(capacity[np.argsort(people, kind="stable")]) >= 0).all()


def test_a_policy_with_another_road_factor_is_refused(geography: Geography) -> None:
    other = replace(POLICY, road=replace(POLICY.road, factor=1.3))
    with pytest.raises(InvalidPolicy, match=r"another road\.factor"):
        geography.exposure_ppm(other)
    longer = load_geography(other)
    assert (longer.road_m >= geography.road_m).all()
    assert longer.content_hash != geography.content_hash
    assert (longer.exposure_ppm(other) <= longer.exposure_ppm(other).diagonal()).all()


def test_results_cannot_be_changed(geography: Geography, ppm: np.ndarray) -> None:
    for array in (ppm, geography.capacity(POLICY)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
