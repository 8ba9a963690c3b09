"""Readers of the network, placements and facilities: all faults at once, none echoed."""

from __future__ import annotations

import io
import traceback
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidFiles, InvalidInput
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import (
    Network,
    read_facilities,
    read_network,
    read_placements,
)
from placement_engine.intelligence.network import KINDS, PRESENCE_TYPES, ROLES, TIE_TYPES
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, Need, PersonRole, ProtectionCategory, TieKind

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
    assert network.count_ties("G1") == {TieKind.MEMBERSHIP: 1, TieKind.RIVALRY: 1}
    assert network.count_ties("nobody") == {}
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


# What is refused. ------------------------------------------------------------------------


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] += "P4,boss,1990\nP5,member,90\nP1,member,\nP8,member,\n"
    content["groups.csv"] += "P8,unnamed,honour,\nG3,big,sect,\n"
    content["ties.csv"] += (
        "P9,G1,membership,B,2,2025-01-01,,,,,\n"
        "P1,G1,friendship,G,7,2025-02-30,x,2025-13-01,2,19900101-1234,\n"
        "P1,G1\n"
    )
    content["presence.csv"] += "G9,9999,-1,Z,0,yesterday,never\n"
    assert places(tmp_path, content) == {
        ("persons.csv", 5, "role"),
        ("persons.csv", 6, "birth_year"),
        ("persons.csv", 7, "person_id"),
        ("groups.csv", 4, "group_id"),
        ("groups.csv", 5, "category"),
        ("groups.csv", 5, "environment"),
        ("ties.csv", 6, "a"),
        *(("ties.csv", 7, column) for column in list(TIE_TYPES)[2:10]),
        ("ties.csv", 8, ""),
        *(("presence.csv", 4, column) for column in PRESENCE_TYPES),
    }


def test_ten_thousand_bad_rows_are_all_reported(tmp_path: Path) -> None:
    content = files()
    content["ties.csv"] += "P1,G1,membership,B,2,2025-01-01,,,CANARY,,\n" * 10_000
    with pytest.raises(InvalidFiles) as caught:
        read(tmp_path, content)
    lines = [fault.line for fault in caught.value.faults]
    assert lines == list(range(6, 10_006))
    assert "10000 faults" in str(caught.value)
    assert len(str(caught.value)) < 5_000


def test_no_content_of_any_column_is_echoed(tmp_path: Path) -> None:
    canary = "cAnArY"
    content: Files = {}
    for name, text in files().items():
        header = text.splitlines()[0].split(",")
        good = text.splitlines()[1].split(",")
        rows = [
            ",".join([*good[:at], f"{canary} {at}!", *good[at + 1 :]]) for at in range(len(header))
        ]
        # Unknown ids and texts that are too long are faults too.
        rows += [",".join([canary, *good[1:]]), ",".join([*good, canary])]
        rows += [",".join([*good[:-1], canary * 50])]
        content[name] = text + "\n".join(rows) + "\n"
    with pytest.raises(InvalidFiles) as caught:
        read(tmp_path, content)
    assert len(caught.value.faults) > 25
    shown = [str(caught.value), repr(caught.value), repr(caught.value.args)]
    shown += [str(fault) + repr(fault) for fault in caught.value.faults]
    shown += traceback.format_exception(caught.value)
    assert not any(canary in text for text in shown)
    assert caught.value.__cause__ is None


def test_unreadable_files_are_not_echoed(tmp_path: Path) -> None:
    for number, bad in enumerate((b'"cAnArY\n', b"cAnArY,\0\n", b"cAnArY,\xff\n", b"cAnArY\n")):
        content: Mixed = {**files(), "persons.csv": b"person_id,role\n" + bad}
        with pytest.raises(InvalidFiles) as caught:
            read(tmp_path / str(number), content)
        assert "cAnArY" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("column", "about"),
    [
        ("ethnicity", "ethnicity"),
        ("Etnicitet", "ethnicity"),
        ("religion", "religion"),
        ("trosuppfattning", "religion"),
        ("nationality", "nationality"),
        ("medborgarskap", "nationality"),
        ("country of birth", "nationality"),
        ("Födelseland", "nationality"),
        ("personnummer", "personal identity"),
        ("samordningsnummer", "personal identity"),
        ("personal-identity-number", "personal identity"),
        ("namn", "personal identity"),
    ],
)
def test_columns_that_are_refused_with_their_reason(
    tmp_path: Path, column: str, about: str
) -> None:
    content = files() | {"persons.csv": f"person_id,role,{column}\nP1,member,secret\n"}
    found = faults(tmp_path, content)
    (problem,) = [fault[3] for fault in found if fault[:3] == ("persons.csv", 1, "column 3")]
    assert f"columns on {about} are refused" in problem
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    "number",
    [
        "19900101-1234",
        "199001011234",
        "900101-1234",
        "9001011234",
        "900101+1234",
        "900161-1234",  # a coordination number has 60 added to its day
        "199001611234",
        "P-19900101-1234",
        "19900101-T234",
    ],
)
def test_ids_shaped_like_personal_identity_numbers_are_refused(tmp_path: Path, number: str) -> None:
    content = files()
    content["persons.csv"] += f"{number},member,\n"
    found = faults(tmp_path, content)
    assert [at[:3] for at in found] == [("persons.csv", 5, "person_id")]
    assert "personal identity number" in found[0][3]
    assert number not in found[0][3]


@pytest.mark.parametrize(
    "good", ["P-17", "a", "P:1/2.3+4", "Åsa-1", "901301-1234x", "x" * 64, "P_1"]
)
def test_ids_that_may_stand(tmp_path: Path, good: str) -> None:
    content = files()
    content["persons.csv"] += f"{good},member,\n"
    assert good in read(tmp_path, content).nodes


@pytest.mark.parametrize("bad", ["", "-P", "P 1", "P1;", "x" * 65, "=1+1", "P\t1", "_P", " P1"])
def test_ids_that_may_not(tmp_path: Path, bad: str) -> None:
    content = files()
    content["persons.csv"] += f"{bad},member,\n"
    assert places(tmp_path, content) == {("persons.csv", 5, "person_id")}


def test_an_id_is_a_person_or_a_group(tmp_path: Path) -> None:
    content = files()
    content["groups.csv"] += "P1,unnamed,honour,\n"
    assert faults(tmp_path, content)[0] == (
        "groups.csv",
        4,
        "group_id",
        "the id is a person's too",
    )


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("G1,P1,membership,B,2,2025-01-01,,,", {"kind"}),
        ("P1,P2,membership,B,2,2025-01-01,,,", {"kind"}),
        ("G1,G2,defection,B,2,2025-01-01,,,", {"kind"}),
        ("G1,P1,defection,B,2,2025-01-01,,,", {"kind"}),
        ("P1,G1,kinship,B,2,2025-01-01,,,", {"kind"}),
        ("P1,P1,conflict,B,2,2025-01-01,,,", {"kind"}),
        ("P1,P9,conflict,B,2,2025-01-01,,,", {"b"}),
        ("P1,P2,Conflict,B,2,2025-01-01,,,", {"kind"}),
        ("P1,P2,conflict,b,2,2025-01-01,,,", {"source"}),
        ("P1,P2,conflict,AB,2,2025-01-01,,,", {"source"}),
        ("P1,P2,conflict,,2,2025-01-01,,,", {"source"}),
        ("P1,P2,conflict,B,0,2025-01-01,,,", {"information"}),
        ("P1,P2,conflict,B,7,2025-01-01,,,", {"information"}),
        ("P1,P2,conflict,B,2.0,2025-01-01,,,", {"information"}),
        ("P1,P2,conflict,B,²,2025-01-01,,,", {"information"}),
        ("P1,P2,conflict,B,2,,,,", {"last_seen"}),
        ("P1,P2,conflict,B,2,20250101,,,", {"last_seen"}),
        ("P1,P2,conflict,B,2,2025-W01-1,,,", {"last_seen"}),
        ("P1,P2,conflict,B,2,2025-02-29,,,", {"last_seen"}),
        ("P1,P2,conflict,B,2,01/02/2025,,,", {"last_seen"}),
        ("P1,P2,conflict,B,2,2025-01-01,2025-01-02,,", {"first_seen"}),
        ("P1,P2,conflict,B,2,2025-01-01,2024-01-02,2023-01-01,", {"ended"}),
        ("P1,P2,conflict,B,2,2025-01-01,,,NaN", {"severity"}),
        ("P1,P2,conflict,B,2,2025-01-01,,,inf", {"severity"}),
        ("P1,P2,conflict,B,2,2025-01-01,,,-0.1", {"severity"}),
        ("P1,P2,conflict,B,2,2025-01-01,,,1.01", {"severity"}),
        ('P1,P2,conflict,B,2,2025-01-01,,,"0,5"', {"severity"}),
        ("P1,P2,conflict,B,2,2025-01-01,,,1e-400", set()),
    ],
)
def test_faults_of_one_tie(tmp_path: Path, row: str, columns: set[str]) -> None:
    if columns:
        assert places(tmp_path, one_tie(row)) == {("ties.csv", 2, column) for column in columns}
    else:
        assert read(tmp_path, one_tie(row)).tie_count == 1


def test_missing_twice_and_unknown_headers(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] = "person_id,person_id,height\nP1,P1,180\n"
    found = faults(tmp_path, content)
    in_persons = {at[:3] for at in found if at[0] == "persons.csv"}
    assert in_persons == {
        ("persons.csv", 1, "role"),
        ("persons.csv", 1, "person_id"),
        ("persons.csv", 1, "column 3"),
    }
    assert "height" not in str(found)


def test_a_file_that_cannot_be_read_hides_no_fault_of_another(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] = "person_id\nP1\n"
    content["groups.csv"] += "G7,huge,honour,\n"
    found = places(tmp_path, content)
    assert {("persons.csv", 1, "role"), ("groups.csv", 4, "category")} <= found
    # Nobody is known, so that ties are not blamed for it.
    assert not any(file in ("ties.csv", "presence.csv") for file, _, _ in found)


def test_missing_and_empty_files(tmp_path: Path) -> None:
    assert places(tmp_path / "none", {}) == {
        (name, 0, "") for name in ("persons.csv", "groups.csv", "ties.csv")
    }
    empty = dict.fromkeys(files(), "")
    assert {file for file, _, _ in places(tmp_path / "empty", empty)} == set(files())
    heads = {name: text.splitlines()[0] + "\n" for name, text in files().items()}
    network = read(tmp_path / "heads", heads)
    assert (network.nodes, network.tie_count, network.presence_count) == ((), 0, 0)


def test_a_missing_file_hides_no_fault_of_another(tmp_path: Path) -> None:
    content = files()
    del content["ties.csv"]
    content["persons.csv"] += "P4,boss,1990\n"
    assert places(tmp_path, content) == {("ties.csv", 0, ""), ("persons.csv", 5, "role")}


def test_nul_and_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    content: Mixed = {
        **files(),
        "persons.csv": files()["persons.csv"].encode() + b"P4\0,member,\n",
        "groups.csv": files()["groups.csv"].encode() + "G9,unnamed,honour,Å\n".encode("latin-1"),
    }
    found = places(tmp_path, content)
    assert {("persons.csv", 5, ""), ("groups.csv", 4, "")} <= found
    utf_16: Mixed = {**files(), "persons.csv": files()["persons.csv"].encode("utf-16")}
    assert any(at[0] == "persons.csv" for at in places(tmp_path / "16", utf_16))


def test_line_numbers_count_lines_inside_quotes(tmp_path: Path) -> None:
    content = files()
    content["groups.csv"] += 'G3,unnamed,honour,"one\ntwo\nthree"\nG4,wrong,honour,\n'
    assert places(tmp_path, content) == {("groups.csv", 7, "category")}


def test_a_fault_in_a_row_of_several_lines_stands_at_its_first_line(tmp_path: Path) -> None:
    content = files()
    content["groups.csv"] += 'G3,wrong,honour,"one\ntwo"\nG4,unnamed\n'
    assert places(tmp_path, content) == {("groups.csv", 4, "category"), ("groups.csv", 6, "")}


def test_an_open_quote_is_told(tmp_path: Path) -> None:
    content = files()
    content["groups.csv"] += 'G3,unnamed,honour,"one\n'
    assert any(at[0] == "groups.csv" and "CSV" in at[3] for at in faults(tmp_path, content))


# Zips. -----------------------------------------------------------------------------------


def packed(path: Path, content: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, text in content.items():
            stream.writestr(name, text)
    return path


def test_a_zip_of_the_folder_is_the_folder(tmp_path: Path) -> None:
    plain = read(tmp_path / "plain", files())
    flat = packed(tmp_path / "flat.zip", files())
    nested = packed(
        tmp_path / "nested.zip",
        {"export/": "", **{f"export/{n}": t for n, t in files().items()}, "export/notes.txt": "x"},
    )
    for path in (flat, nested):
        assert equal(read_network(path, codes=CODES), plain)


def test_faults_in_a_zip_are_told_as_in_a_folder(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] += "P4,boss,1990\n"
    with pytest.raises(InvalidFiles) as caught:
        read_network(packed(tmp_path / "bad.zip", content), codes=CODES)
    found = [(f.file, f.line, f.column) for f in caught.value.faults]
    assert found == [("persons.csv", 5, "role")]


@pytest.mark.parametrize("prefix", ["../", "/", "a/b/", "../../etc/"])
def test_names_that_climb_or_nest_are_not_read(tmp_path: Path, prefix: str) -> None:
    path = packed(tmp_path / "climbing.zip", {prefix + n: t for n, t in files().items()})
    with pytest.raises(InvalidFiles) as caught:
        read_network(path, codes=CODES)
    assert {f.problem for f in caught.value.faults} == {"the file is missing"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["climbing.zip"]


def test_a_file_that_stands_twice_in_a_zip(tmp_path: Path) -> None:
    path = packed(tmp_path / "twice.zip", {**files(), "old/ties.csv": files()["ties.csv"]})
    with pytest.raises(InvalidFiles) as caught:
        read_network(path, codes=CODES)
    assert [(f.file, f.problem) for f in caught.value.faults] == [
        ("ties.csv", "stands twice in the zip")
    ]


@pytest.mark.parametrize("at", [0, 200, -30])
def test_damaged_zips(tmp_path: Path, at: int) -> None:
    good = packed(tmp_path / "good.zip", files()).read_bytes()
    bad = bytearray(good)
    for step in range(20):
        bad[at + step] ^= 0x5A
    (tmp_path / "bad.zip").write_bytes(bytes(bad))
    with pytest.raises(InvalidFiles):
        read_network(tmp_path / "bad.zip", codes=CODES)
    (tmp_path / "cut.zip").write_bytes(good[: len(good) // 2])
    with pytest.raises(InvalidFiles):
        read_network(tmp_path / "cut.zip", codes=CODES)


def test_every_byte_of_a_zip_may_be_damaged(tmp_path: Path) -> None:
    good = packed(tmp_path / "good.zip", files()).read_bytes()
    plain = read_network(tmp_path / "good.zip", codes=CODES)
    for at in range(0, len(good), 3):
        bad = bytearray(good)
        bad[at] ^= 0xFF
        (tmp_path / "bad.zip").write_bytes(bytes(bad))
        try:
            network = read_network(tmp_path / "bad.zip", codes=CODES)
        except InvalidFiles:
            continue
        # A byte that means nothing, such as a time stamp; or the name of the file that may
        # be missing.
        assert equal(network, plain) or network.presence_count == 0
        assert network.tie_count == plain.tie_count


def test_encrypted_zips_and_other_files(tmp_path: Path) -> None:
    locked = bytearray(packed(tmp_path / "good.zip", files()).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    for name, data in (("locked.zip", bytes(locked)), ("text.csv", b"a,b\n"), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidFiles) as caught:
            read_network(tmp_path / name, codes=CODES)
        assert "is neither a folder nor a readable zip" in str(caught.value)


def test_a_path_that_is_not_there_and_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles, match="cannot be read"):
        read_network(tmp_path / "nowhere", codes=CODES)
    content = files()
    del content["ties.csv"]
    (write(tmp_path / "net", content) / "ties.csv").mkdir()
    with pytest.raises(InvalidFiles) as caught:
        read_network(tmp_path / "net", codes=CODES)
    assert caught.value.faults[0].file == "ties.csv"


# Bytes and batches. ----------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(tie_reports(as_of=AS_OF))
def test_bytes_bring_the_network_back(rows: tuple[TieReport, ...]) -> None:
    network = network_of(rows)
    data = network.to_bytes()
    back = Network.from_bytes(data)
    assert back.nodes == network.nodes
    assert back.origins == network.origins
    for name in TIE_TYPES:
        np.testing.assert_array_equal(getattr(back.ties, name), getattr(network.ties, name))
    assert back.content_hash == network.content_hash
    assert back.to_bytes() == data


def test_bytes_bring_everything_back(tmp_path: Path) -> None:
    network = read(tmp_path, files())
    back = Network.from_bytes(network.to_bytes())
    for name in PRESENCE_TYPES:
        np.testing.assert_array_equal(
            getattr(back.presences, name), getattr(network.presences, name)
        )
    for name in ("is_group", "role", "category", "environment", "birth_year"):
        np.testing.assert_array_equal(getattr(back, name), getattr(network, name))
    assert (back.labels, back.handlings) == (network.labels, network.handlings)
    assert equal(back, network)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_invalid_input(data: st.DataObject) -> None:
    good = network_of(
        [
            TieReport(a="P1", b="G1", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=AS_OF),
            TieReport(a="P2", b="P1", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),
        ]
    ).to_bytes()
    bad = bytearray(good)
    at = data.draw(st.integers(0, len(good) - 1))
    bad[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.booleans())
    with pytest.raises(InvalidInput) as caught:
        Network.from_bytes(bytes(bad[:at]) if cut else bytes(bad))
    assert "P1" not in "".join(traceback.format_exception(caught.value))


def test_bytes_that_are_something_else() -> None:
    for data in (b"", b"PENET1\n", b"x" * 100, b"PENET2\n" + Network.empty().to_bytes()[7:]):
        with pytest.raises(InvalidInput):
            Network.from_bytes(data)


def test_combining_nothing_and_one() -> None:
    assert Network.combine([]).nodes == ()
    one = network_of([])
    assert Network.combine([one]) is one


def test_combined_batches_keep_all_ties_and_the_last_role(tmp_path: Path) -> None:
    second = files()
    second["persons.csv"] = "person_id,role,birth_year\nP2,threat_actor,1980\nP7,other,\n"
    second["groups.csv"] = "group_id,category,environment,label\nG1,unnamed,extremist,\n"
    second["ties.csv"] = "a,b,kind,source,information,last_seen\nP7,G1,membership,A,1,2026-01-01\n"
    second["presence.csv"] = files()["presence.csv"].splitlines()[0] + "\n"
    one, two = read(tmp_path / "a", files()), read(tmp_path / "b", second, batch="later")
    both = Network.combine([one, two])
    assert both.nodes == ("G1", "G2", "P1", "P2", "P3", "P7")
    assert both.tie_count == one.tie_count + two.tie_count
    assert both.presence_count == one.presence_count
    assert ROLES[both.role[3]] is PersonRole.THREAT_ACTOR
    assert both.birth_year[3] == 1980
    assert both.labels[0] == "the first"
    assert both.count_ties("G1") == {TieKind.MEMBERSHIP: 2, TieKind.RIVALRY: 1}


def test_a_person_in_one_batch_and_a_group_in_another_is_refused() -> None:
    rows = [TieReport(a="G1", b="P1", kind=TieKind.RIVALRY, grade=B2, last_seen=AS_OF)]
    one, two = network_of(rows), network_of(rows, groups=["P1"])
    with pytest.raises(InvalidInput, match="person in one and a group") as caught:
        Network.combine([one, two])
    assert "P1" not in str(caught.value)


def test_blank_origins_of_two_batches_are_two_witnesses() -> None:
    row = TieReport(a="P1", b="P2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF)

    def h(*batches: str, origin: str = "") -> float:
        told = [replace(row, origin=origin)]
        network = Network.combine([network_of(told, batch=batch) for batch in batches])
        graph = RivalGraph.build(network, as_of=AS_OF, policy=Policy.default())
        return float(graph.scores(["P1"], ["P2"]).h_or[0, 0])

    q = h("main")
    assert h("main", "main") == q
    assert h("main", "other") == pytest.approx(1 - (1 - q) ** 2)
    assert h("main", "other", origin="R-1") == q


# Placements and facilities. --------------------------------------------------------------


def placements(folder: Path, text: str) -> Path:
    path = folder / "placements.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_placements_are_read(tmp_path: Path) -> None:
    path = placements(
        tmp_path,
        "subject,municipality,from,to,owner,provider,category,review_by\n"
        "P1,0180,2025-01-01,2026-01-01,unit,V-1,witness,2025-07-01\nP2,1480,2026-01-01,,,,,\n",
    )
    one, two = read_placements(path, codes=CODES)
    assert (one.subject, one.municipality, one.end) == ("P1", "0180", date(2026, 1, 1))
    assert (one.owner, one.provider, one.category) == ("unit", "V-1", ProtectionCategory.WITNESS)
    assert (two.end, two.owner, two.provider, two.review_by) == (None, None, None, None)
    assert two.category is ProtectionCategory.DEFECTOR
    assert "0180" not in repr(one)
    assert "P1" not in repr(one)


def test_all_faults_of_placements(tmp_path: Path) -> None:
    path = placements(
        tmp_path,
        "subject,municipality,from,to,category\n"
        "P 1,0180,2025-01-01,,\n"
        "P1,cAnArY,2025-01-01,,\n"
        "P1,180,2025-01-01,,\n"
        "P1,0180,,,\n"
        "P1,0180,2025-01-02,2025-01-01,\n"
        "P1,0180,2025-01-01,soon,\n"
        "P1,0180,2025-01-01,,cAnArY\n"
        "19900101-1234,0180,2025-01-01,,\n"
        "P1,0180\n",
    )
    with pytest.raises(InvalidFiles) as caught:
        read_placements(path, codes=CODES)
    assert [(f.line, f.column) for f in caught.value.faults] == [
        (2, "subject"),
        (3, "municipality"),
        (4, "municipality"),
        (5, "from"),
        (6, "to"),
        (7, "to"),
        (8, "category"),
        (9, "subject"),
        (10, ""),
    ]
    shown = "".join(traceback.format_exception(caught.value))
    assert "cAnArY" not in shown
    assert "0180" not in shown


def test_placements_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "subject,municipality,from\nP1,0180,2025-01-01\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    (one,) = read_placements(Path("-"), codes=CODES)
    assert one.municipality == "0180"


def test_facilities_are_read(tmp_path: Path) -> None:
    path = tmp_path / "facilities.csv"
    path.write_text(
        "municipality,kind,capacity,last_seen,source,provider\n"
        "0180,hvb,12,2026-01-01,B,V-1\n1480,school,,2026-01-01,A,\n0114,hvb,0,2026-01-01,F,\n",
        encoding="utf-8",
    )
    one, two, three = read_facilities(path, codes=CODES)
    assert (one.kind, one.capacity, one.source, one.provider) == (Need.HVB, 12, "B", "V-1")
    assert (two.kind, two.capacity, two.provider) == (Need.SCHOOL, None, None)
    assert three.capacity == 0


def test_all_faults_of_facilities(tmp_path: Path) -> None:
    path = tmp_path / "facilities.csv"
    path.write_text(
        "municipality,kind,capacity,last_seen,source,provider\n"
        "9999,hvb,1,2026-01-01,B,\n0180,cAnArY,1,2026-01-01,B,\n0180,hvb,-1,2026-01-01,B,\n"
        "0180,hvb,1.5,2026-01-01,B,\n0180,hvb,1,cAnArY,B,\n0180,hvb,1,2026-01-01,X,\n"
        "0180,hvb,1,2026-01-01,B,a b\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidFiles) as caught:
        read_facilities(path, codes=CODES)
    columns = ["municipality", "kind", "capacity", "capacity", "last_seen", "source", "provider"]
    assert [(f.line, f.column) for f in caught.value.faults] == list(
        zip(range(2, 9), columns, strict=True)
    )
    assert "cAnArY" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("reader", [read_placements, read_facilities])
def test_a_missing_file_is_told(tmp_path: Path, reader: Callable[..., tuple[object, ...]]) -> None:
    with pytest.raises(InvalidFiles, match="cannot be read"):
        reader(tmp_path / "nowhere.csv", codes=CODES)


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
