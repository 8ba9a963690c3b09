"""Roads: over water only where the table says, and a metric."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import DataFault
from placement_engine.geo import Geography, Municipality, load_geography
from placement_engine.geo.distance import adjacency, road_metres
from placement_engine.geo.facts import default_folder, read_facts
from placement_engine.geo.municipality import Crossing
from placement_engine.policy import Policy

POLICY = Policy.default()
ISLANDS = ("0125", "0186", "0840", "0885", "0980", "1407", "1419")


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography(POLICY)


def at(geography: Geography, matrix: np.ndarray, a: str, b: str) -> int:
    codes = {str(code): n for code, n in geography.index.items()}
    return int(matrix[codes[a], codes[b]])


def test_known_distances(geography: Geography) -> None:
    assert at(geography, geography.crow_m, "0180", "1480") == pytest.approx(398_700, rel=0.003)
    assert at(geography, geography.crow_m, "0180", "1280") == pytest.approx(513_900, rel=0.003)
    assert at(geography, geography.road_m, "0180", "1480") == pytest.approx(470_000, rel=0.03)
    assert at(geography, geography.road_m, "0180", "1280") == pytest.approx(613_000, rel=0.03)


def test_roads_are_a_metric(geography: Geography) -> None:
    road = geography.road_m
    assert (road == road.T).all()
    assert (road.diagonal() == 0).all()
    assert (road[~np.eye(len(road), dtype=bool)] > 0).all()
    for via in range(len(road)):
        assert (road <= road[:, via, None] + road[None, via, :]).all()


def test_the_crow_is_never_longer_than_the_road(geography: Geography) -> None:
    assert (geography.crow_m <= geography.road_m).all()


def test_the_plane_agrees_with_the_sphere(geography: Geography) -> None:
    lon, lat = (
        np.radians([getattr(m, name) for m in geography.municipalities])
        for name in ("seat_lon", "seat_lat")
    )
    haversine = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    sphere = 2 * 6_371_000 * np.arcsin(np.sqrt(haversine))
    # The sphere itself is wrong by up to 0.5 % at these latitudes.
    assert np.abs(geography.crow_m - sphere).max() <= 8_000
    far = sphere > 10_000
    assert np.abs(geography.crow_m / np.where(far, sphere, 1) - 1)[far].max() < 0.006


def test_mainland_roads_are_straight_lines_times_the_factor(geography: Geography) -> None:
    mainland = [n for n, code in enumerate(geography.codes) if code not in ISLANDS]
    crow = geography.crow_m[np.ix_(mainland, mainland)]
    road = geography.road_m[np.ix_(mainland, mainland)]
    assert np.abs(road - crow * POLICY.road.factor).max() <= 3  # rounding, at each step


@pytest.mark.parametrize(
    ("island", "gates"),
    [
        ("0125", {"0180", "0127"}),
        ("0186", {"0180"}),
        ("0980", {"0192", "0882"}),
        ("1407", {"1480"}),
        ("1419", {"1415", "1421"}),
        ("0840", {"0880"}),
        ("0885", {"0880"}),
    ],
)
def test_islands_are_left_by_their_crossings_only(
    geography: Geography, island: str, gates: set[str]
) -> None:
    """No road from an island is shorter than the way to one of its landings and on."""
    tables = read_facts(default_folder()).crossings
    here = next(m for m in geography.municipalities if m.code == island)
    land = {"0840", "0885"} if island in {"0840", "0885"} else {island}
    crossings = [c for c in tables if geography.codes[c.a] in land]
    assert {str(geography.codes[c.b]) for c in crossings} == gates
    factor = POLICY.road.factor
    for n, other in enumerate(geography.municipalities):
        if str(other.code) in land:
            continue
        expected = min(
            factor * np.hypot(here.seat_x_m - c.x_a_m, here.seat_y_m - c.y_a_m)
            + c.length_m
            + factor * np.hypot(other.seat_x_m - c.x_b_m, other.seat_y_m - c.y_b_m)
            for c in crossings
        )
        road = geography.road_m[geography.index[here.code], n]
        if str(other.code) in ISLANDS:
            assert road > expected * 0.9  # over a second crossing too
        else:
            assert road == pytest.approx(expected, abs=3)


def test_bridges_are_neighbours_and_ferries_are_not(geography: Geography) -> None:
    bridged = [("0186", "0180"), ("0125", "0180"), ("1419", "1415"), ("1419", "1421")]
    for a, b in [*bridged, ("0840", "0880")]:
        assert at(geography, geography.adjacent, a, b)
        assert at(geography, geography.separation_m, b, a) == 0
    for a, b in [("0980", "0192"), ("0980", "0882"), ("1407", "1480"), ("0125", "0127")]:
        assert not at(geography, geography.adjacent, a, b)
        assert at(geography, geography.separation_m, a, b) == at(geography, geography.crow_m, a, b)


def test_separation_is_the_crow_except_for_neighbours_and_oneself(geography: Geography) -> None:
    near = geography.adjacent | np.eye(len(geography.codes), dtype=bool)
    assert (geography.separation_m[near] == 0).all()
    assert (geography.separation_m[~near] == geography.crow_m[~near]).all()
    assert not geography.adjacent.diagonal().any()
    assert (geography.adjacent == geography.adjacent.T).all()


def test_nothing_of_a_geography_can_be_changed(geography: Geography) -> None:
    for name in ("crow_m", "road_m", "adjacent", "separation_m", "same_labour_market"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(geography, name)[0, 0] = 1
    with pytest.raises(TypeError):
        geography.index["0114"] = 3  # type: ignore[index]


# Small made-up countries, against the definition said plainly.

TEMPLATE = load_geography(POLICY).municipalities[0]


def place(x: int, y: int) -> Municipality:
    return replace(TEMPLATE, seat_x_m=x, seat_y_m=y)


COORDINATE = st.integers(0, 60_000)


@dataclass(frozen=True, kw_only=True)
class Country:
    """Two lands, the municipalities below `cut` and the others, and what joins them."""

    places: list[Municipality]
    cut: int
    crossings: list[Crossing]

    @property
    def neighbours(self) -> list[tuple[int, int]]:
        return [(n - 1, n) for n in range(1, len(self.places)) if n != self.cut]


@st.composite
def crossings(draw: st.DrawFn, cut: int, size: int) -> Crossing:
    ends = [draw(COORDINATE) for _ in range(4)]
    straight = int(np.hypot(ends[0] - ends[2], ends[1] - ends[3])) + 1
    return Crossing(
        a=draw(st.integers(0, cut - 1)),
        b=draw(st.integers(cut, size - 1)),
        bridge=draw(st.booleans()),
        x_a_m=ends[0],
        y_a_m=ends[1],
        x_b_m=ends[2],
        y_b_m=ends[3],
        length_m=straight + draw(st.integers(0, 5_000)),
    )


@st.composite
def countries(draw: st.DrawFn) -> Country:
    size = draw(st.integers(2, 6))
    cut = draw(st.integers(1, size - 1))
    return Country(
        places=[place(draw(COORDINATE), draw(COORDINATE)) for _ in range(size)],
        cut=cut,
        crossings=draw(st.lists(crossings(cut, size), min_size=1, max_size=3)),
    )


def shortest(country: Country, factor: float) -> list[list[int]]:
    """Edges one by one until nothing gets shorter."""
    points = [(p.seat_x_m, p.seat_y_m, n >= country.cut) for n, p in enumerate(country.places)]
    for c in country.crossings:
        points += [(c.x_a_m, c.y_a_m, False), (c.x_b_m, c.y_b_m, True)]
    edges = {
        (a, b): round(round(math.sqrt((xa - xb) ** 2 + (ya - yb) ** 2)) * factor)
        for a, (xa, ya, far_a) in enumerate(points)
        for b, (xb, yb, far_b) in enumerate(points)
        if far_a == far_b
    }
    for n, c in enumerate(country.crossings):
        a = len(country.places) + 2 * n
        edges[a, a + 1] = edges[a + 1, a] = c.length_m
    rows = []
    for start in range(len(country.places)):
        length = {start: 0}
        changed = True
        while changed:
            changed = False
            for (a, b), metres in edges.items():
                if a in length and length[a] + metres < length.get(b, 10**12):
                    length[b] = length[a] + metres
                    changed = True
        rows.append([length[end] for end in range(len(country.places))])
    return rows


@given(country=countries(), factor=st.floats(1, 2))
@settings(deadline=None, max_examples=60)
def test_roads_of_made_up_countries_are_shortest_paths(country: Country, factor: float) -> None:
    road = road_metres(country.places, country.neighbours, country.crossings, factor)
    assert road.tolist() == shortest(country, factor)


@given(country=countries())
@settings(deadline=None, max_examples=30)
def test_land_and_bridges_make_neighbours(country: Country) -> None:
    bridges = {(c.a, c.b) for c in country.crossings if c.bridge}
    adjacent = adjacency(len(country.places), country.neighbours, country.crossings)
    assert {(int(a), int(b)) for a, b in np.argwhere(np.triu(adjacent))} == {
        *country.neighbours,
        *bridges,
    }


def test_an_island_without_a_crossing_is_refused() -> None:
    with pytest.raises(DataFault, match="no way to the others"):
        road_metres([place(0, 0), place(9, 9)], [], [], 1.0)
