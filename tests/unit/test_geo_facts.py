"""The shipped tables are refused, with a message that names the fault, when they do not add up."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from placement_engine.errors import DataFault
from placement_engine.geo import load_geography
from placement_engine.geo.facts import default_folder, read_checked, read_facts
from placement_engine.policy import Policy

Lines = list[str]
Altered = Callable[[str, Callable[[Lines], Lines]], Path]


@pytest.fixture
def altered(tmp_path: Path) -> Altered:
    """A copy of the data with one table changed and all checksums made to fit."""

    def make(name: str, change: Callable[[Lines], Lines]) -> Path:
        folder = tmp_path / "data"
        if not folder.exists():
            shutil.copytree(default_folder(), folder, ignore=shutil.ignore_patterns("*.py"))
        path = folder / name
        lines = change(path.read_text(encoding="utf-8").splitlines())
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "checksums.txt").write_text(
            "".join(
                f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
                for file in sorted(folder.iterdir())
                if file.suffix in {".csv", ".geojson"}
            )
        )
        return folder

    return make


def replaced(old: str, new: str) -> Callable[[Lines], Lines]:
    """Replace `old`, which must stand there exactly once."""

    def change(lines: Lines) -> Lines:
        assert sum(line.count(old) for line in lines) == 1
        return [line.replace(old, new) for line in lines]

    return change


def without(start: str) -> Callable[[Lines], Lines]:
    return lambda lines: [line for line in lines if not line.startswith(start)]


def refusal(folder: Path) -> str:
    with pytest.raises(DataFault) as caught:
        load_geography(Policy.default(), data_dir=folder)
    assert caught.value.exit_code == 11
    assert caught.value.unchanged
    assert caught.value.do
    return caught.value.what


def test_a_copy_that_is_unchanged_is_accepted(altered: Altered) -> None:
    folder = altered("municipalities.csv", lambda lines: lines)
    assert read_facts(folder) == read_facts(default_folder())


def test_a_missing_code_is_named(altered: Altered) -> None:
    assert "lacks the code 0305" in refusal(altered("municipalities.csv", without("0305,")))


def test_a_municipality_that_is_gone_everywhere_is_missed(altered: Altered) -> None:
    altered("neighbours.csv", lambda lines: [line for line in lines if "0331" not in line])
    folder = altered("municipalities.csv", without("0331,"))
    assert "289 municipalities, not 290" in refusal(folder)


def test_a_repeated_code_is_named(altered: Altered) -> None:
    twice = altered("municipalities.csv", lambda lines: [*lines[:3], *lines[2:]])
    assert "has the code 0115 twice" in refusal(twice)


def test_codes_out_of_order_are_refused(altered: Altered) -> None:
    swapped = altered("municipalities.csv", lambda lines: [lines[0], *lines[:0:-1]])
    assert "order of the codes" in refusal(swapped)


def test_a_wrong_total_population_is_refused(altered: Altered) -> None:
    folder = altered("municipalities.csv", replaced(",50323,", ",50324,"))
    assert refusal(folder) == (
        "Municipality data: the population is 10587711 in all, not 10587710."
    )


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("municipalities.csv", replaced(",50323,", ",many,"), ":2: population is not a number"),
        ("municipalities.csv", replaced(",50323,", ",-1,"), "is not above zero"),
        ("municipalities.csv", replaced(",75.01,", ",nan,"), "is not above zero"),
        ("municipalities.csv", replaced("land_area_km2", "area"), "does not have the columns"),
        ("municipalities.csv", replaced("0114,Upplands Väsby,", "0114,,"), ":2: name is empty"),
        ("neighbours.csv", replaced("0114,0115,", "0115,0114,"), "not below code_b"),
        ("neighbours.csv", replaced("0114,0115,6934", "0114,0115"), "has 2 cells, not 3"),
        ("neighbours.csv", lambda lines: [*lines, lines[-1]], "has a pair twice"),
        ("crossings.csv", replaced(",bridge,0840", ",tunnel,0840"), "neither bridge nor ferry"),
        ("crossings.csv", replaced(",6072,", ",5072,"), "shorter than the straight line"),
        ("crossings.csv", without("Lidingöbron"), "0186 has neither a neighbour nor a crossing"),
        ("crossings.csv", without("Ölandsbron"), "no way to the others"),
        ("designated_areas.csv", replaced("0123,2023,", "9999,2023,"), "lacks the code 9999"),
        ("designated_areas.csv", lambda _: [], "is not a table"),
    ],
)
def test_what_does_not_add_up_is_refused(
    altered: Altered, name: str, change: Callable[[Lines], Lines], expected: str
) -> None:
    assert expected in refusal(altered(name, change))


@pytest.mark.parametrize("name", ["municipalities.csv", "crossings.csv", "neighbours.csv"])
def test_a_file_that_differs_from_its_checksum_is_refused(altered: Altered, name: str) -> None:
    folder = altered("municipalities.csv", lambda lines: lines)
    with (folder / name).open("a") as file:
        file.write("\n")
    assert f"{name} does not have the checksum" in refusal(folder)


def test_a_file_without_a_checksum_or_an_absent_one_is_refused(altered: Altered) -> None:
    folder = altered("municipalities.csv", lambda lines: lines)
    (folder / "crossings.csv").unlink()
    assert "crossings.csv or checksums.txt cannot be read" in refusal(folder)
    (folder / "checksums.txt").write_text("")
    with pytest.raises(DataFault, match=r"no line for municipalities\.csv"):
        read_checked(folder, "municipalities.csv")


def test_every_altered_table_changes_the_content_hash(altered: Altered) -> None:
    before = load_geography(Policy.default()).content_hash
    folder = altered("crossings.csv", replaced(",6072,", ",6073,"))
    assert load_geography(Policy.default(), data_dir=folder).content_hash != before
