"""What is written and read again is the same network, in every format that goes both ways."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from placement_engine.errors import InvalidInput, UsageError
from placement_engine.intelligence import Network
from placement_engine.intelligence.formats import format_of, read_network_as
from placement_engine.intelligence.formats.rows import without_codes
from placement_engine.intelligence.formats.writing import WRITTEN, write_network
from placement_engine.testing.exchange import CODES, networks
from placement_engine.vocabulary import NetworkFormat
from tests.unit.test_network_reader import equal, files, read

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = {
    NetworkFormat.FOLDER: "network",
    NetworkFormat.ANX: "chart.anx",
    NetworkFormat.GRAPHML: "network.graphml",
    NetworkFormat.FTM: "entities.ftm.json",
}


@pytest.mark.parametrize("format_", WRITTEN)
@QUICK
@given(network=networks(batch="west"))
def test_round_trips_are_equal(
    format_: NetworkFormat, network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("trip") / NAMES[format_]
    write_network(network, path, format_)
    again = read_network_as(path, batch="west", codes=CODES)
    assert equal(again, network)


@pytest.mark.parametrize("format_", WRITTEN)
def test_the_name_tells_the_format(format_: NetworkFormat, tmp_path: Path) -> None:
    write_network(Network.empty(), tmp_path / NAMES[format_], format_)
    assert format_of(tmp_path / NAMES[format_]) is format_
    assert equal(read_network_as(tmp_path / NAMES[format_], codes=CODES), Network.empty())


@pytest.mark.parametrize("format_", WRITTEN)
def test_files_are_the_owners_alone_and_never_overwritten(
    format_: NetworkFormat, tmp_path: Path
) -> None:
    network = read(tmp_path / "plain", files())
    path = tmp_path / NAMES[format_]
    write_network(network, path, format_)
    written = [path, *(path.iterdir() if path.is_dir() else ())]
    assert {stat.S_IMODE(one.stat().st_mode) & 0o077 for one in written} == {0}
    before = {one: one.read_bytes() for one in written if one.is_file()}
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_network(Network.empty(), path, format_)
    assert {one: one.read_bytes() for one in before} == before


def test_what_is_only_read_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only read"):
        write_network(Network.empty(), tmp_path / "x.json", NetworkFormat.STIX)
    with pytest.raises(InvalidInput):
        write_network(Network.empty(), tmp_path / "nowhere" / "x.anx", NetworkFormat.ANX)


def test_a_character_that_xml_cannot_carry(tmp_path: Path) -> None:
    content = files()
    content["groups.csv"] += "G9,unnamed,honour,bell\x07\n"
    network = read(tmp_path / "plain", content)
    for format_ in (NetworkFormat.ANX, NetworkFormat.GRAPHML):
        with pytest.raises(InvalidInput, match="XML cannot carry"):
            write_network(network, tmp_path / NAMES[format_], format_)
        assert not (tmp_path / NAMES[format_]).exists()
    write_network(network, tmp_path / "e.jsonl", NetworkFormat.FTM)
    assert equal(read_network_as(tmp_path / "e.jsonl", codes=CODES), network)


def test_what_two_imports_said_apart_stays_apart(tmp_path: Path) -> None:
    one = read(tmp_path / "one", files(), batch="one")
    two = read(tmp_path / "two", files(), batch="two")
    both = Network.combine([one, two])
    write_network(both, tmp_path / "both", NetworkFormat.FOLDER)
    again = read_network_as(tmp_path / "both", codes=CODES)
    assert (both.tie_count, again.tie_count) == (8, 7)  # one row is the same in both
    assert {"batch-1:A", "batch-2:A", "R-1"} <= set(again.origins)


def test_ties_with_a_code_stay_here_unless_it_is_given(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] += "P9,threat_actor,\n"
    content["ties.csv"] += "P9,P1,threat,A,1,2026-06-01,,,,,sealed\n"
    network = read(tmp_path / "plain", content)
    left, withheld = without_codes(network, ())
    assert (withheld.ties, withheld.nodes) == (2, 1)
    assert "P9" not in left.nodes
    assert "G2" in left.nodes  # another tie speaks of it
    write_network(left, tmp_path / "e.jsonl", NetworkFormat.FTM)
    assert "sealed" not in (tmp_path / "e.jsonl").read_text("utf-8")
    assert "P9" not in (tmp_path / "e.jsonl").read_text("utf-8")
    everything, none = without_codes(network, ("sealed",))
    assert equal(everything, network)
    assert (none.ties, none.nodes) == (0, 0)


def test_ids_that_look_like_those_that_an_export_makes(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] += "link-1,member,\na-link-2,member,\nmunicipality-0114,member,\n"
    network = read(tmp_path / "plain", content)
    for format_ in WRITTEN:
        write_network(network, tmp_path / NAMES[format_], format_)
        assert equal(read_network_as(tmp_path / NAMES[format_], codes=CODES), network)
    content["persons.csv"] += "municipality-0180,member,\n"
    network = read(tmp_path / "plain", content)
    for format_ in set(WRITTEN) - {NetworkFormat.FOLDER}:
        with pytest.raises(InvalidInput, match="looks like that of a municipality"):
            write_network(network, tmp_path / f"2-{NAMES[format_]}", format_)
