"""The examples of docs/formats.md are files that can be imported, and all tell the same tie."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from placement_engine.errors import InvalidConfiguration
from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.network import KINDS
from placement_engine.testing.exchange import CODES
from placement_engine.vocabulary import Grade, NetworkFormat, TieKind

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def example(kind: str) -> str:
    """The one example of the page in this format."""
    [found] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.mark.parametrize(
    ("kind", "name", "grade"),
    [
        ("text", "links.csv", Grade("B", 2)),
        ("xml", "chart.anx", Grade("B", 2)),
        ("graphml", "network.graphml", Grade("B", 2)),
        ("jsonl", "entities.jsonl", Grade("B", 2)),
        ("stix", "bundle.json", Grade("F", 2)),
    ],
)
def test_the_examples_can_be_imported(tmp_path: Path, kind: str, name: str, grade: Grade) -> None:
    (tmp_path / name).write_text(example(kind), encoding="utf-8")
    (tmp_path / "map.toml").write_text(example("toml"), encoding="utf-8")
    mapping = tmp_path / "map.toml" if kind == "text" else None
    network = read_network_as(tmp_path / name, mapping=mapping, codes=CODES)
    ties = network.ties
    assert (network.person_count, network.group_count, len(ties)) == (1, 1, 1)
    assert KINDS[ties.kind[0]] is TieKind.MEMBERSHIP
    assert Grade("ABCDEF"[ties.source[0]], int(ties.information[0])) == grade


def test_the_page_names_every_format() -> None:
    for format_ in NetworkFormat:
        assert f"| `{format_.value}` |" in PAGE


@pytest.mark.parametrize(
    ("library", "kind", "name"),
    [("openpyxl", "", "n.xlsx"), ("defusedxml", "xml", "c.anx"), ("stix2", "stix", "b.json")],
)
def test_a_format_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, kind: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / name).write_text(example(kind) if kind else "", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match=f"needs {library}") as caught:
        read_network_as(tmp_path / name, codes=CODES)
    assert "placement-engine[formats]" in str(caught.value)
