"""Damaged files of every format: a network or one error of ours, never anything else.

The quick half runs with the tests; the long one, marked ``prove``, an hour for each reader.
"""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.formats.mapping import read_mapping
from placement_engine.intelligence.formats.writing import write_network
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.network_folder import read_network
from placement_engine.testing.exchange import CODES, altered, damaged, networks
from placement_engine.vocabulary import NetworkFormat
from tests.unit import test_format_charts as charts
from tests.unit import test_format_stix as stix
from tests.unit import test_format_tables as tables
from tests.unit.guided import guided
from tests.unit.test_network_reader import files

SHEET = "xl/worksheets/sheet1.xml"
SECONDS, HOUR = "PLACEMENT_FUZZ_SECONDS", 3600.0
"""How long each reader is fuzzed by ``make prove``, and the variable that says otherwise."""
Reader = Callable[[Path, bytes], object]
"""Reads bytes from within a folder."""


def as_file(name: str, mapping: str | None = None) -> Reader:
    def run(folder: Path, data: bytes) -> object:
        (folder / name).write_bytes(data)
        rules = None if mapping is None else folder / "map.toml"
        if rules is not None:
            rules.write_text(mapping or "", encoding="utf-8")
        return read_network_as(folder / name, mapping=rules, codes=CODES)

    return run


def as_part(name: str) -> Reader:
    """One file of a network folder."""

    def run(folder: Path, data: bytes) -> object:
        for other, text in files().items():
            (folder / other).write_text(text, encoding="utf-8")
        (folder / name).write_bytes(data)
        return read_network(folder, codes=CODES)

    return run


def as_mapping(folder: Path, data: bytes) -> object:
    del folder
    return read_mapping(data, "map.toml")


def as_sheet(folder: Path, data: bytes) -> object:
    """The XML of one sheet of a workbook that is otherwise whole."""
    parts = {SHEET: data}
    with zipfile.ZipFile(io.BytesIO(workbook(folder))) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()} | parts
    with zipfile.ZipFile(folder / "n.xlsx", "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return read_network_as(folder / "n.xlsx", codes=CODES)


def sheet(folder: Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook(folder))) as packed:
        return packed.read(SHEET)


def workbook(folder: Path) -> bytes:
    return tables.book(folder / "good.xlsx", tables.as_sheets(files())).read_bytes()


def bundle(folder: Path) -> bytes:
    stix.load(folder, [*stix.ACTORS, stix.THREAT])
    return (folder / "b.json").read_bytes()


def entities(folder: Path) -> bytes:
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    write_network(read_network(folder, codes=CODES), folder / "e.jsonl", NetworkFormat.FTM)
    return (folder / "e.jsonl").read_bytes()


EVENTS = "event_id,kind,date,municipality,a,b,source,information\nE-1,arson,2026-05-01,,P1,P2,B,2\n"
READERS: dict[str, tuple[Reader, Callable[[Path], bytes]]] = {
    "persons": (as_part("persons.csv"), lambda _: files()["persons.csv"].encode()),
    "groups": (as_part("groups.csv"), lambda _: files()["groups.csv"].encode()),
    "ties": (as_part("ties.csv"), lambda _: files()["ties.csv"].encode()),
    "presence": (as_part("presence.csv"), lambda _: files()["presence.csv"].encode()),
    "events": (as_part("events.csv"), lambda _: EVENTS.encode()),
    "csv": (as_file("l.csv", tables.MAPPING), lambda _: tables.LINKS.encode()),
    "xlsx": (as_file("n.xlsx"), workbook),
    "sheet": (as_sheet, sheet),
    "anx": (as_file("c.anx", charts.MAPPING), lambda _: charts.ANX.encode()),
    "graphml": (as_file("n.graphml"), lambda _: charts.GRAPHML.encode()),
    "ftm": (as_file("e.jsonl"), entities),
    "stix": (as_file("b.json"), bundle),
    "mapping": (as_mapping, lambda _: tables.MAPPING.encode()),
}


def holds(reader: Reader, folder: Path, data: bytes) -> None:
    """A network that can be stored, or one error with its place; nothing of the content."""
    try:
        network = reader(folder, data)
    except InvalidFiles as error:
        told = error
    else:
        if isinstance(network, Network):
            again = Network.from_bytes(network.to_bytes())
            assert again.content_hash == network.content_hash
        return
    assert told.faults
    assert all(fault.file for fault in told.faults)
    assert len(str(told)) < 10_000


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader, good = READERS[name]
    folder, apart = tmp_path_factory.mktemp(name), tmp_path_factory.mktemp(f"{name}-good")
    whole = good(apart)
    holds(reader, folder, whole)

    @seed(name)
    @settings(max_examples=60, deadline=None, database=None)
    @given(data=damaged(whole))
    def fuzz(data: bytes) -> None:
        holds(reader, folder, data)

    fuzz()


@pytest.mark.parametrize("name", ["ties", "stix"])
def test_the_guided_search_gets_further_than_its_sample(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader, good = READERS[name]
    folder, apart = tmp_path_factory.mktemp(name), tmp_path_factory.mktemp(f"{name}-good")
    inputs, kept = guided(
        lambda data: holds(reader, folder, data), good(apart), seed=1, seconds=60, most=25
    )
    assert inputs == 25
    assert kept


@pytest.mark.prove
@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused_for_long(
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Callable[[str, object], None],
) -> None:
    reader, good = READERS[name]
    folder, apart = tmp_path_factory.mktemp(name), tmp_path_factory.mktemp(f"{name}-good")
    seconds = float(os.environ.get(SECONDS, HOUR))
    inputs, kept = guided(
        lambda data: holds(reader, folder, data),
        good(apart),
        seed=int(time.time()),
        seconds=seconds,
    )
    record_property("inputs", inputs)
    record_property("kept", kept)
    assert inputs


@pytest.mark.parametrize("name", ["ftm", "stix"])
def test_documents_with_other_values_are_read_or_refused(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader, good = READERS[name]
    folder, apart = tmp_path_factory.mktemp(name), tmp_path_factory.mktemp(f"{name}-good")
    documents = [json.loads(line) for line in good(apart).splitlines()]

    @seed(name)
    @settings(max_examples=80, deadline=None, database=None)
    @given(data=st.data(), at=st.integers(0, len(documents) - 1))
    def fuzz(data: st.DataObject, at: int) -> None:
        changed = [*documents[:at], data.draw(altered(documents[at])), *documents[at + 1 :]]
        holds(reader, folder, "\n".join(map(json.dumps, changed)).encode())

    fuzz()


WRITTEN = {
    NetworkFormat.ANX: "c.anx",
    NetworkFormat.GRAPHML: "n.graphml",
    NetworkFormat.FTM: "e.jsonl",
}


@pytest.mark.parametrize("format_", WRITTEN)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(network=networks(), data=st.data())
def test_damaged_exports_are_read_or_refused(
    format_: NetworkFormat,
    network: Network,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / WRITTEN[format_]
    write_network(network, path, format_)
    holds(as_file(path.name), folder, data.draw(damaged(path.read_bytes())))
