"""Exports of one small network are byte for byte those of the last release."""

from __future__ import annotations

from pathlib import Path

import pytest

from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.formats.writing import write_network
from placement_engine.testing.exchange import CODES
from placement_engine.vocabulary import NetworkFormat
from tests.unit.test_network_reader import equal, files, read

GOLDEN = {
    NetworkFormat.ANX: "network.anx",
    NetworkFormat.GRAPHML: "network.graphml",
    NetworkFormat.FTM: "network.jsonl",
}
EVENTS = "event_id,kind,date,a,b,source,information\nE-1,shooting,2026-05-01,G1,P2,A,1\n"


@pytest.mark.parametrize("format_", GOLDEN)
def test_exports_are_those_of_the_last_release(format_: NetworkFormat, tmp_path: Path) -> None:
    network = read(tmp_path / "plain", {**files(), "events.csv": EVENTS})
    golden = Path(__file__).parent / GOLDEN[format_]
    write_network(network, tmp_path / golden.name, format_)
    assert (tmp_path / golden.name).read_text("utf-8") == golden.read_text("utf-8")
    assert equal(read_network_as(golden, codes=CODES), network)
