"""Places known as points give what the matrices give, for all pairs of the 290."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from placement_engine.errors import InvalidPolicy
from placement_engine.geo import Geography, load_geography
from placement_engine.geo.exposure import PPM, exposure, local_exposure
from placement_engine.geo.points import PointGeography, Points
from placement_engine.nightly.executor import Serial
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.policy import Policy
from tests.differential.test_night_executors import looked, snapshot

__all__ = ["snapshot"]

POLICY = Policy.default()


@pytest.fixture(scope="module")
def table() -> Geography:
    return load_geography(POLICY)


@pytest.fixture(scope="module")
def pointed(table: Geography) -> PointGeography:
    markets = sorted({m.labour_market for m in table.municipalities})
    return PointGeography.of(
        table.codes,
        Points(
            metres=np.array([(m.seat_x_m, m.seat_y_m) for m in table.municipalities]),
            market=np.array([markets.index(m.labour_market) for m in table.municipalities]),
            adjacent=np.flatnonzero(table.adjacent.ravel()),
        ),
        local_exposure(POLICY, table.municipalities),
        POLICY,
    )


def straight_exposure(table: Geography) -> np.ndarray:
    """The matrix where every road is straight: points know no water."""
    road = np.rint(table.crow_m * POLICY.road.factor).astype(np.int64)
    return exposure(
        POLICY,
        table.municipalities,
        road_m=road,
        same_labour_market=table.same_labour_market,
        adjacent=table.adjacent,
    )


def test_all_pairs_of_the_290(table: Geography, pointed: PointGeography) -> None:
    everyone = np.arange(len(table.codes))
    pairs = np.ix_(everyone, everyone)
    assert np.array_equal(pointed.points.crow_m(pairs), table.crow_m)
    assert np.array_equal(pointed.separation_m[pairs], table.separation_m)
    assert np.array_equal(pointed.same_labour_market[pairs], table.same_labour_market)
    assert np.array_equal(pointed.exposure(POLICY)[pairs], straight_exposure(table) / PPM)


def test_a_night_over_points_is_a_night_over_matrices(
    table: Geography, pointed: PointGeography, snapshot: Snapshot
) -> None:
    dense = replace(snapshot, exposure=straight_exposure(table) / PPM)
    sparse = replace(
        snapshot,
        exposure=pointed.exposure(POLICY),
        separation_m=pointed.separation_m,
        same_labour_market=pointed.same_labour_market,
    )
    handed = Snapshot.of_arrays(sparse.arrays())
    assert looked(Serial(), handed) == looked(Serial(), dense)


def test_two_places_at_one_point_are_refused(pointed: PointGeography) -> None:
    metres = pointed.points.metres.copy()
    metres[1] = metres[0]
    with pytest.raises(ValueError, match="one point"):
        PointGeography.of(
            pointed.codes, replace(pointed.points, metres=metres), pointed.local, POLICY
        )


def test_another_road_factor_is_refused(pointed: PointGeography) -> None:
    other = replace(POLICY, road=replace(POLICY.road, factor=2.0))
    with pytest.raises(InvalidPolicy):
        pointed.exposure(other)
