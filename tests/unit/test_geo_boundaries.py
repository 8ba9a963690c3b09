"""Boundaries: one valid tiling that fits the tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import shapely

from placement_engine.errors import DataFault
from placement_engine.geo import load_geography
from placement_engine.geo.boundaries import load_boundaries
from placement_engine.geo.facts import default_folder, read_facts
from placement_engine.policy import Policy

FRAME = load_boundaries()
SHAPES = FRAME.geometry.to_numpy()
CODES = list(FRAME["code"])


def test_all_municipalities_in_the_national_plane() -> None:
    assert list(FRAME.columns) == ["code", "geometry"]
    assert FRAME.crs.to_epsg() == 3006
    assert tuple(CODES) == load_geography(Policy.default()).codes


def test_the_outlines_are_valid_and_do_not_overlap() -> None:
    assert shapely.is_valid(SHAPES).all()
    assert not shapely.is_empty(SHAPES).any()
    assert shapely.coverage_is_valid(SHAPES)
    assert shapely.area(SHAPES).sum() / 1e6 == pytest.approx(436_795, abs=5)
    points = shapely.get_coordinates(SHAPES)
    assert (points == points.round()).all()


def test_neighbours_are_those_whose_outlines_share_fifty_metres() -> None:
    facts = read_facts(default_folder())
    listed = {(CODES[a], CODES[b]) for a, b in facts.neighbours}
    touching = shapely.STRtree(SHAPES).query(SHAPES, predicate="touches")
    shared = {
        (CODES[a], CODES[b])
        for a, b in touching.T
        if a < b and SHAPES[a].intersection(SHAPES[b]).length >= 50
    }
    assert listed == shared


def test_seats_and_landings_lie_in_or_near_their_outline() -> None:
    places = load_geography(Policy.default()).municipalities
    seats = shapely.points([(place.seat_x_m, place.seat_y_m) for place in places])
    away = shapely.distance(seats, SHAPES)
    assert (away > 0).sum() == 22  # the layer is generalised
    assert away.max() < 3_000
    for crossing in read_facts(default_folder()).crossings:
        ends = {
            crossing.a: (crossing.x_a_m, crossing.y_a_m),
            crossing.b: (crossing.x_b_m, crossing.y_b_m),
        }
        for municipality, (x, y) in ends.items():
            assert shapely.distance(shapely.Point(x, y), SHAPES[municipality]) < 3_000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[]", "not a collection"),
        (b"\xff", "not a collection"),
        (json.dumps({"features": []}).encode(), "290 different codes"),
    ],
)
def test_other_contents_are_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "boundaries.geojson").write_bytes(content)
    (tmp_path / "checksums.txt").write_text(
        f"{hashlib.sha256(content).hexdigest()}  boundaries.geojson\n"
    )
    with pytest.raises(DataFault, match=problem):
        load_boundaries(data_dir=tmp_path)


def test_altered_boundaries_are_refused(tmp_path: Path) -> None:
    (tmp_path / "boundaries.geojson").write_bytes(b"{}")
    (tmp_path / "checksums.txt").write_text(f"{'0' * 64}  boundaries.geojson\n")
    with pytest.raises(DataFault, match="does not have the checksum"):
        load_boundaries(data_dir=tmp_path)
