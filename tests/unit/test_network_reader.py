"""Readers of the network, placements and facilities: all faults at once, none echoed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import (
    Network,
    read_network,
)
from placement_engine.intelligence.network import KINDS
from placement_engine.vocabulary import Grade, PersonRole, TieKind

CODES = frozenset({"0114", "0180", "1480"})
AS_OF = date(2026, 11, 1)
B2 = Grade("B", 2)
Files = dict[str, str]
Mixed = dict[str, str | bytes]


def files() -> Files:
    """A small network without a fault."""
    return {
        "persons.csv": "person_id,role,birth_year\nP1,subject,1990\nP2,member,\nP3,relative,\n",
        "groups.csv": (
            "group_id,category,environment,label\n"
            "G1,self_defined,criminal_network,the first\nG2,unnamed,honour,\n"
        ),
        "ties.csv": (
            "a,b,kind,source,information,last_seen,first_seen,ended,severity,origin,handling\n"
            "P1,G1,membership,B,2,2025-01-02,2024-01-01,2025-06-01,,R-1,\n"
            "P2,G2,membership,A,1,2026-01-02,,,,,\n"
            "G1,G2,rivalry,C,3,2026-05-06,,,0.5,,sealed\n"
            "P3,P1,kinship,F,6,2026-01-01,,,1,,\n"
        ),
        "presence.csv": (
            "actor,municipality,strength,source,information,last_seen,ended\n"
            "G1,0180,0.75,B,2,2026-03-01,\nP2,1480,1,A,1,2026-02-01,2026-04-01\n"
        ),
    }


def write(folder: Path, content: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in content.items():
        data = text.encode() if isinstance(text, str) else text
        (folder / name).write_bytes(data)
    return folder


def read(folder: Path, content: Mapping[str, str | bytes], batch: str = "main") -> Network:
    return read_network(write(folder, content), batch=batch, codes=CODES)


def faults(folder: Path, content: Mapping[str, str | bytes]) -> list[tuple[str, int, str, str]]:
    with pytest.raises(InvalidFiles) as caught:
        read(folder, content)
    return [(f.file, f.line, f.column, f.problem) for f in caught.value.faults]


def places(folder: Path, content: Mapping[str, str | bytes]) -> set[tuple[str, int, str]]:
    return {(file, line, column) for file, line, column, _ in faults(folder, content)}


def one_tie(row: str) -> Files:
    header = "a,b,kind,source,information,last_seen,first_seen,ended,severity\n"
    return files() | {"ties.csv": header + row + "\n"}


def equal(one: Network, other: Network) -> bool:
    return one.content_hash == other.content_hash


# What is read. ---------------------------------------------------------------------------


def test_a_network_without_faults(tmp_path: Path) -> None:
    network = read(tmp_path, files())
    assert network.nodes == ("G1", "G2", "P1", "P2", "P3")
    assert network.is_group.tolist() == [True, True, False, False, False]
    assert (network.person_count, network.group_count) == (3, 2)
    assert (network.tie_count, network.presence_count) == (4, 2)
    assert network.with_role(PersonRole.SUBJECT) == ("P1",)
    assert network.birth_year.tolist() == [0, 0, 1990, 0, 0]
    assert network.labels == ("the first", "", "", "", "")
    assert network.count_ties("G1", AS_OF) == {TieKind.MEMBERSHIP: 1, TieKind.RIVALRY: 1}
    assert network.count_ties("nobody", AS_OF) == {}
    at = network.ties.kind.tolist().index(KINDS.index(TieKind.RIVALRY))
    assert network.ties.severity[at] == 0.5
    assert network.handlings[network.ties.handling[at]] == "sealed"
    past = network.ties.ended.tolist().index(date(2025, 6, 1).toordinal())
    assert network.ties.severity[past] == 1
    assert network.ties.first_seen[past] == date(2024, 1, 1).toordinal()
    assert network.origins[network.ties.origin[past]] == "R-1"
    assert network.presences.municipality.tolist() == [180, 1480]
    assert "P1" not in repr(network)


def test_optional_columns_and_presence_may_be_missing(tmp_path: Path) -> None:
    network = read(
        tmp_path,
        {
            "persons.csv": "role,person_id\nmember,P1\n",
            "groups.csv": "environment,category,group_id\nhonour,unnamed,G1\n",
            "ties.csv": "kind,a,b,last_seen,information,source\nmembership,P1,G1,2026-01-01,2,B\n",
        },
    )
    assert network.tie_count == 1
    assert network.ties.severity.tolist() == [1.0]
    assert network.presence_count == 0


def test_order_of_rows_and_of_files_is_nothing(tmp_path: Path) -> None:
    turned = {}
    for name, text in files().items():
        header, *rows = text.splitlines()
        turned[name] = "\n".join([header, *reversed(rows)]) + "\n"
    assert equal(read(tmp_path / "a", files()), read(tmp_path / "b", turned))


def test_rows_equal_in_all_columns_collapse(tmp_path: Path) -> None:
    content = files()
    row = content["ties.csv"].splitlines()[1]
    content["ties.csv"] += f"{row}\n{row}\n{row.replace('R-1', 'R-2')}\n"
    content["presence.csv"] += content["presence.csv"].splitlines()[1] + "\n"
    network = read(tmp_path, content)
    assert network.tie_count == 5
    assert network.presence_count == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace("P1,", '"P1",'),
        lambda text: text.replace("role", " role "),
    ],
    ids=["byte order mark", "CRLF", "no last line end", "blank lines", "quotes", "spaces"],
)
def test_what_spreadsheets_do_changes_nothing(tmp_path: Path, change: Callable[[str], str]) -> None:
    changed = {name: change(text) for name, text in files().items()}
    assert equal(read(tmp_path / "a", files()), read(tmp_path / "b", changed))


def test_blank_origins_are_one_for_each_letter_and_batch(tmp_path: Path) -> None:
    header = "a,b,kind,source,information,last_seen,origin\n"
    rows = [
        "P1,P2,conflict,B,2,2026-01-01,",
        "P1,P2,conflict,B,3,2026-01-02,",
        "P1,P2,conflict,C,2,2026-01-01,",
        "P1,P2,conflict,B,2,2026-01-01,B",
    ]
    content = files() | {"ties.csv": header + "\n".join(rows) + "\n"}
    main = read(tmp_path / "a", content)
    assert len(set(main.ties.origin.tolist())) == 3
    other = read(tmp_path / "b", content, batch="other")
    both = Network.combine([main, other])
    assert len(set(both.ties.origin.tolist())) == 5  # B from both is one and the same origin


@pytest.mark.parametrize("name", ["presences.csv", "Ties.csv", "ties.CSV"])
def test_a_misspelt_file_is_refused_rather_than_lost(tmp_path: Path, name: str) -> None:
    wrong = {**files(), name: "actor,municipality\n"}
    assert places(tmp_path / "a", wrong) == {(name, 0, "")}
    packed_up = tmp_path / "a.zip"
    with zipfile.ZipFile(packed_up, "w") as packed_file:
        for entry, text in wrong.items():
            packed_file.writestr(f"network/{entry}", text)
    with pytest.raises(InvalidFiles, match="is not a file of a network"):
        read_network(packed_up, codes=CODES)
