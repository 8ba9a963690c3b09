"""A network with faults is refused with all of them at once, none of its content echoed."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import table
from placement_engine.intelligence.network import PRESENCE_TYPES, TIE_TYPES
from tests.unit.test_network_reader import (
    Files,
    Mixed,
    faults,
    files,
    one_tie,
    places,
    read,
)


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


def test_a_million_faults_are_told_by_the_first_and_their_number(tmp_path: Path) -> None:
    content = files()
    content["ties.csv"] += "x\n" * 1_000_000
    with pytest.raises(InvalidFiles) as caught:
        read(tmp_path, content)
    assert caught.value.count == 1_000_000
    assert len(caught.value.faults) == table.MOST_FAULTS
    assert caught.value.faults[0].line == 6
    assert "1000000 faults" in str(caught.value)
    assert "999980 more; --json lists the first 10000" in str(caught.value)
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


@pytest.mark.parametrize("year", ["1899", "2101", "199", "19900", "+199", "²²²²", "9" * 5000])
def test_years_of_birth_that_may_not(tmp_path: Path, year: str) -> None:
    content = files()
    content["persons.csv"] += f"P4,member,{year}\n"
    assert places(tmp_path, content) == {("persons.csv", 5, "birth_year")}


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
