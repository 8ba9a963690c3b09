"""Reading the shipped tables, and refusing them where anything does not add up.

The tables decide where people are placed, so a damaged or half-updated copy must stop the
program, with a message that names what is wrong. All of it is public, so the message may.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from placement_engine.errors import DataFault
from placement_engine.geo.municipality import Crossing, Municipality
from placement_engine.provenance import content_hash
from placement_engine.vocabulary import MunicipalityCode

COUNT = 290
POPULATION = 10_587_710
"""All registered inhabitants of Sweden on 31 December 2024 (Statistics Sweden)."""

CHECKSUMS = "checksums.txt"
_MUNICIPALITIES = "municipalities.csv"
_DESIGNATED = "designated_areas.csv"
_NEIGHBOURS = "neighbours.csv"
_CROSSINGS = "crossings.csv"
_TABLES = (_MUNICIPALITIES, _DESIGNATED, _NEIGHBOURS, _CROSSINGS)

_COLUMNS = {
    _MUNICIPALITIES: (
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
    ),
    _DESIGNATED: ("code", "year", "category", "areas"),
    _NEIGHBOURS: ("code_a", "code_b", "border_m"),
    _CROSSINGS: (
        "name",
        "kind",
        "code_a",
        "x_a_m",
        "y_a_m",
        "code_b",
        "x_b_m",
        "y_b_m",
        "length_m",
        "source",
    ),
}

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The tables, read and checked.

    Parameters
    ----------
    municipalities
        All 290, by rising code.
    neighbours
        Index pairs with a border on land, lower first.
    crossings
        Bridges and ferries.
    hash
        Hex SHA-256 over the bytes of the tables.
    """

    municipalities: tuple[Municipality, ...]
    neighbours: tuple[tuple[int, int], ...]
    crossings: tuple[Crossing, ...]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One line of a table, which knows where it stands."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        value = self.cells[column]
        if not value:
            raise self.fault(column, "is empty")
        return value

    def number(self, column: str, kind: Callable[[str], _Value]) -> _Value:
        try:
            return kind(self.cells[column])
        except ValueError:
            raise self.fault(column, "is not a number") from None

    def fault(self, column: str, problem: str) -> DataFault:
        return _fault(f"{self.file}:{self.line}: {column} {problem}.")


def default_folder() -> Path:
    """The shipped data: inside the package in a wheel, at the top in a checkout."""
    inside = Path(__file__).parent / "municipalities"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "data" / "municipalities"


def read_checked(folder: Path, name: str) -> bytes:
    """The bytes of one shipped file, if they are the ones that were shipped.

    Raises
    ------
    DataFault
        If the file or its checksum is missing, or they disagree.
    """
    try:
        listed = (folder / CHECKSUMS).read_text(encoding="ascii")
        content = (folder / name).read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise _fault(f"{name} or {CHECKSUMS} cannot be read ({type(error).__name__}).") from None
    listed_for = [line.split()[0] for line in listed.splitlines() if line.split()[1:] == [name]]
    if not listed_for:
        raise _fault(f"{CHECKSUMS} has no line for {name}.")
    if listed_for != [hashlib.sha256(content).hexdigest()]:
        raise _fault(f"{name} does not have the checksum that {CHECKSUMS} gives.")
    return content


def read_facts(folder: Path) -> Facts:
    """Read and check all tables of `folder`.

    Raises
    ------
    DataFault
        At a wrong checksum, a missing or repeated code, a wrong total population, a row
        that cannot be read, or a municipality without any way to the rest of the country.
    """
    contents = {name: read_checked(folder, name) for name in _TABLES}
    tables = {name: _rows(name, content) for name, content in contents.items()}
    designated = _designated(tables[_DESIGNATED])
    municipalities = tuple(_municipality(row, designated) for row in tables[_MUNICIPALITIES])
    index = _index(municipalities)
    _check_codes(tables, index)
    _check_totals(municipalities)
    return Facts(
        municipalities=municipalities,
        neighbours=_neighbours(tables[_NEIGHBOURS], index),
        crossings=tuple(_crossing(row, index) for row in tables[_CROSSINGS]),
        hash=content_hash(contents[name] for name in _TABLES),
    )


def _rows(name: str, content: bytes) -> list[_Row]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
        header, *lines = [row for row in reader if row]
    except (UnicodeDecodeError, csv.Error, ValueError):
        raise _fault(f"{name} is not a table in UTF-8.") from None
    if tuple(header) != _COLUMNS[name]:
        raise _fault(f"{name} does not have the columns {', '.join(_COLUMNS[name])}.")
    rows = []
    for number, cells in enumerate(lines, start=2):
        if len(cells) != len(header):
            raise _fault(f"{name}:{number} has {len(cells)} cells, not {len(header)}.")
        rows.append(_Row(file=name, line=number, cells=dict(zip(header, cells, strict=True))))
    return rows


def _designated(rows: Sequence[_Row]) -> dict[tuple[str, int], int]:
    totals: dict[tuple[str, int], int] = {}
    for row in rows:
        key = (row.text("code"), row.number("year", int))
        totals[key] = totals.get(key, 0) + row.number("areas", int)
    return totals


def _municipality(row: _Row, designated: Mapping[tuple[str, int], int]) -> Municipality:
    code = row.text("code")
    population, area = row.number("population", int), row.number("land_area_km2", float)
    if population <= 0 or not 0 < area < float("inf"):
        raise row.fault("population or land_area_km2", "is not above zero")
    return Municipality(
        code=MunicipalityCode(code),
        name=row.text("name"),
        county_code=row.text("county_code"),
        county=row.text("county"),
        population=population,
        land_area_km2=area,
        seat_name=row.text("seat_name"),
        seat_lon=row.number("seat_lon", float),
        seat_lat=row.number("seat_lat", float),
        seat_x_m=row.number("seat_x_m", int),
        seat_y_m=row.number("seat_y_m", int),
        skr_group=row.text("skr_group"),
        labour_market=row.text("labour_market"),
        fa_region=row.text("fa_region"),
        police_region=row.text("police_region"),
        health_region=row.text("health_region"),
        nuts3=row.text("nuts3"),
        designated_areas_2023=designated.get((code, 2023), 0),
        designated_areas_2025=designated.get((code, 2025), 0),
    )


def _index(municipalities: Sequence[Municipality]) -> dict[str, int]:
    index: dict[str, int] = {}
    for n, municipality in enumerate(municipalities):
        if municipality.code in index:
            raise _fault(f"{_MUNICIPALITIES} has the code {municipality.code} twice.")
        index[municipality.code] = n
    codes = list(index)
    if codes != sorted(codes):
        raise _fault(f"{_MUNICIPALITIES} is not in the order of the codes.")
    return index


def _check_codes(tables: Mapping[str, Sequence[_Row]], index: Mapping[str, int]) -> None:
    # Every municipality has a neighbour or a crossing, so these two name all that must be there.
    named = {
        row.text(column)
        for name in (_NEIGHBOURS, _CROSSINGS)
        for row in tables[name]
        for column in ("code_a", "code_b")
    }
    listed = named | {row.text("code") for row in tables[_DESIGNATED]}
    if missing := sorted(listed - set(index)):
        raise _fault(f"{_MUNICIPALITIES} lacks the code {', '.join(missing)}.")
    if alone := sorted(set(index) - named):
        raise _fault(f"{', '.join(alone)} has neither a neighbour nor a crossing.")


def _check_totals(municipalities: Sequence[Municipality]) -> None:
    if len(municipalities) != COUNT:
        raise _fault(f"{_MUNICIPALITIES} has {len(municipalities)} municipalities, not {COUNT}.")
    total = sum(municipality.population for municipality in municipalities)
    if total != POPULATION:
        raise _fault(f"the population is {total} in all, not {POPULATION}.")


def _neighbours(rows: Sequence[_Row], index: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    pairs = [(index[row.cells["code_a"]], index[row.cells["code_b"]]) for row in rows]
    for row, (a, b) in zip(rows, pairs, strict=True):
        if a >= b:
            raise row.fault("code_a", "is not below code_b")
    if len(set(pairs)) != len(pairs):
        raise _fault(f"{_NEIGHBOURS} has a pair twice.")
    return tuple(pairs)


def _crossing(row: _Row, index: Mapping[str, int]) -> Crossing:
    kind = row.text("kind")
    if kind not in {"bridge", "ferry"}:
        raise row.fault("kind", "is neither bridge nor ferry")
    ends = [row.number(column, int) for column in ("x_a_m", "y_a_m", "x_b_m", "y_b_m")]
    length = row.number("length_m", int)
    if length**2 < (ends[0] - ends[2]) ** 2 + (ends[1] - ends[3]) ** 2:
        raise row.fault("length_m", "is shorter than the straight line")
    return Crossing(
        a=index[row.cells["code_a"]],
        b=index[row.cells["code_b"]],
        bridge=kind == "bridge",
        x_a_m=ends[0],
        y_a_m=ends[1],
        x_b_m=ends[2],
        y_b_m=ends[3],
        length_m=length,
    )


def _fault(what: str) -> DataFault:
    return DataFault(
        f"Municipality data: {what}",
        unchanged="Nothing was computed.",
        do="Install the program again, or rebuild the data with data/municipalities/build.py.",
    )
