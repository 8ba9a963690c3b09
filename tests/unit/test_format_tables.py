"""CSV and workbooks by a mapping: what is read, and every fault at once without its content."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from placement_engine.errors import Fault, InvalidFiles
from placement_engine.intelligence import Network
from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.formats import workbook as workbook_module
from placement_engine.testing.exchange import CODES
from placement_engine.vocabulary import TieKind
from tests.unit.test_network_reader import equal, files, read

MAPPING = """
version = 1
delimiter = ";"

[[persons]]
columns = { person_id = "Från" }
constants = { role = "member" }
distinct = true

[[persons]]
columns = { person_id = "Till" }
constants = { role = "other" }
where = { "Sort" = ["person"] }
distinct = true

[[groups]]
columns = { group_id = "Till" }
constants = { category = "unnamed", environment = "criminal_network" }
where = { "Sort" = ["gäng"] }
distinct = true

[[ties]]
columns = { a = "Från", b = "Till", kind = "Typ", grade = "Grad", last_seen = "Senast" }
dates = "%d/%m %Y"
ignore = ["Anteckning"]
[ties.values.kind]
"medlem i" = "membership"
"hotar" = "threat"
"""
LINKS = (
    "Från;Till;Sort;Typ;Grad;Senast;Anteckning\n"
    "P1;G1;gäng;medlem i;B2;01/06 2026;x\n"
    "P2 ;G1;gäng; medlem i;A1;02/06 2026;\n"
    "P1;P2;person;hotar;C3;03/06 2026;y\n"
)


def mapped(folder: Path, links: str | bytes, mapping: str = MAPPING) -> Network:
    (folder / "map.toml").write_text(mapping, encoding="utf-8")
    data = links.encode() if isinstance(links, str) else links
    (folder / "links.csv").write_bytes(data)
    return read_network_as(folder / "links.csv", mapping=folder / "map.toml", codes=CODES)


def found(folder: Path, links: str | bytes, mapping: str = MAPPING) -> list[Fault]:
    with pytest.raises(InvalidFiles) as caught:
        mapped(folder, links, mapping)
    return list(caught.value.faults)


def book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def as_sheets(content: dict[str, str]) -> dict[str, list[list[Any]]]:
    return {
        name.removesuffix(".csv"): [line.split(",") for line in text.splitlines()]
        for name, text in content.items()
    }


# CSV. ------------------------------------------------------------------------------------


def test_csv_of_any_shape(tmp_path: Path) -> None:
    network = mapped(tmp_path, LINKS)
    assert network.nodes == ("G1", "P1", "P2")
    assert network.count_ties("P1", date(2026, 11, 1)) == {TieKind.MEMBERSHIP: 1, TieKind.THREAT: 1}
    threat = network.ties.severity.tolist().index(1.0)
    assert network.tie_count == 3
    assert date.fromordinal(int(network.ties.last_seen[threat])).year == 2026
    assert sorted(network.ties.information.tolist()) == [1, 2, 3]
    # P2 is known as a member before it is met as the other end.
    assert network.role[network.nodes.index("P2")] == network.role[network.nodes.index("P1")]


def test_a_folder_of_csv_files(tmp_path: Path) -> None:
    plain = read(tmp_path / "net", files())
    sections = []
    for name, text in files().items():
        columns = ", ".join(f'{c} = "{c}"' for c in text.splitlines()[0].split(","))
        kind = name.removesuffix(".csv")
        sections.append(f'[[{kind}]]\nfile = "{name}"\ncolumns = {{ {columns} }}\n')
    (tmp_path / "map.toml").write_text("version = 1\n" + "".join(sections), encoding="utf-8")
    again = read_network_as(tmp_path / "net", mapping=tmp_path / "map.toml", codes=CODES)
    assert equal(again, plain)


def test_faults_of_a_mapped_file_are_all_told(tmp_path: Path) -> None:
    bad = LINKS + "P1;G1;gäng;cAnArY;cAnArY;cAnArY;\ncA nArY;G1;gäng;hotar;B2;01/06 2026;\n"
    faults = found(tmp_path, bad)
    assert {(f.file, f.line, f.column) for f in faults} == {
        ("links.csv", 5, "kind"),
        ("links.csv", 5, "grade"),
        ("links.csv", 5, "last_seen"),
        ("links.csv", 6, "person_id"),
        ("links.csv", 6, "a"),
    }
    assert "cAnArY" not in "".join(map(str, faults))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-16-le"])
def test_wrong_encodings_are_one_fault(tmp_path: Path, encoding: str) -> None:
    (fault,) = found(tmp_path, LINKS.encode(encoding))
    assert "UTF-8" in fault.problem


def test_an_encoding_that_the_mapping_names(tmp_path: Path) -> None:
    named = MAPPING.replace("version = 1", 'version = 1\nencoding = "windows-1252"')
    assert equal(mapped(tmp_path, LINKS.encode("cp1252"), named), mapped(tmp_path, LINKS))
    (fault,) = found(tmp_path, b"\x81" + LINKS.encode("cp1252"), named)
    assert "is not windows-1252" in fault.problem


def test_nul_bytes_and_huge_cells_are_one_fault(tmp_path: Path) -> None:
    (fault,) = found(tmp_path, LINKS + "P1;\0;;;;;\n")
    assert (fault.line, "NUL" in fault.problem) == (5, True)
    (fault,) = found(tmp_path, LINKS + "P" * 2**20 + ";G1;gäng;hotar;B2;01/06 2026;\n")
    assert "is not CSV" in fault.problem


def test_columns_that_nobody_named_or_nobody_may_hold(tmp_path: Path) -> None:
    faults = found(tmp_path, LINKS.replace("Anteckning", "Etnicitet"))
    assert {f.problem.partition(":")[0] for f in faults} == {"columns on ethnicity are refused"}
    faults = found(tmp_path, LINKS.replace("Anteckning", "Telefon"))
    assert {f.column for f in faults} == {"column 7"}
    (fault,) = found(tmp_path, LINKS, MAPPING.replace("Anteckning", "namn"))
    assert fault.file == "map.toml"
    assert "personal identity" in fault.problem


@pytest.mark.parametrize(
    ("mapping", "place"),
    [
        ("version = 2", "version"),
        ("version = 1\nties = 3", "ties"),
        ("version = 1\nfriends = 3", ""),
        ("version = 1\n[[ties]]\ncolumns = 3", "ties 1 columns"),
        ("version = 1\n[[ties]]\ncolumns = { a = 3 }", "ties 1 columns"),
        ("version = 1\n[[ties]]\ncolumns = { friend = 'x' }", "ties 1 columns"),
        ("version = 1\n[[ties]]\ndates = '%s'", "ties 1 dates"),
        ("version = 1\n[[ties]]\nwhere = { a = 'x' }", "ties 1 where"),
        ("version = 1\n[[ties]]\ndistinct = 'no'", "ties 1 distinct"),
        ("version = 1\nencoding = 'rot13'", "encoding"),
        ("version = 1\ndelimiter = '\"'", "delimiter"),
        ("version = 1\n[entities.Man]\nkind = 'dog'", "entities 1 kind"),
        ("version = 1\n[entities.Man]\nkind = 'person'\nlabel = 'x'", "entities 1"),
        ("version = 1\n[attributes]\nreligion = 'label'", "attributes 1"),
        ("version = 1\nx = " + "[" * 5000, ""),
        ("version = ", ""),
    ],
)
def test_faults_of_a_mapping(tmp_path: Path, mapping: str, place: str) -> None:
    faults = found(tmp_path, LINKS, mapping)
    assert [(f.file, f.column) for f in faults] == [("map.toml", place)]


# Workbooks. ------------------------------------------------------------------------------


def test_a_workbook_with_our_sheets_is_the_folder(tmp_path: Path) -> None:
    plain = read(tmp_path / "net", files())
    sheets = as_sheets(files())
    sheets["persons"][1][2] = 1990  # a number as Excel keeps it
    sheets["ties"][1][5] = date(2025, 1, 2)
    sheets["presence"][1][1] = 180  # the zero that Excel takes away
    again = read_network_as(book(tmp_path / "net.xlsx", sheets), codes=CODES)
    assert equal(again, plain)


def test_a_workbook_by_a_mapping(tmp_path: Path) -> None:
    rows = [line.split(";") for line in LINKS.splitlines()]
    path = book(tmp_path / "links.xlsx", {"Blad1": rows})
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    again = read_network_as(path, mapping=tmp_path / "map.toml", codes=CODES)
    assert equal(again, mapped(tmp_path, LINKS))
    rows[1][4] = "cAnArY"
    path = book(tmp_path / "bad.xlsx", {"Blad1": rows})
    with pytest.raises(InvalidFiles) as caught:
        read_network_as(path, mapping=tmp_path / "map.toml", codes=CODES)
    assert [(f.file, f.line, f.column) for f in caught.value.faults] == [("bad.xlsx", 2, "grade")]


def problems(path: Path) -> list[str]:
    with pytest.raises(InvalidFiles) as caught:
        read_network_as(path, codes=CODES)
    return [str(fault) for fault in caught.value.faults]


def test_formulas_are_refused_once(tmp_path: Path) -> None:
    sheets = as_sheets(files())
    sheets["ties"] += [["=HYPERLINK(1)", *sheets["ties"][1][1:]] for _ in range(500)]
    (problem,) = problems(book(tmp_path / "net.xlsx", sheets))
    assert problem == "net.xlsx sheet 3:6: holds a formula; save the sheet with values alone"


def test_sheets_that_are_missing_or_unknown(tmp_path: Path) -> None:
    sheets = as_sheets(files())
    sheets["tie"] = sheets.pop("ties")
    told = problems(book(tmp_path / "net.xlsx", sheets))
    assert told[0] == "net.xlsx: the sheet ties is missing"
    assert "sheet 4: must be named one of" in told[1]


def test_a_workbook_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path / "net.xlsx", as_sheets(files()))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/bomb.xml", b" " * 2**22)
    monkeypatch.setattr(workbook_module, "MAX_UNPACKED", 2**21)
    assert problems(path) == ["net.xlsx: unpacks to more than 2 MiB"]


def repacked(path: Path, part: str, change: tuple[bytes, bytes]) -> None:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert change[0] in parts[part]
    parts[part] = parts[part].replace(*change)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        b'<?xml version="1.0" encoding="utf-7"?>',
    ],
)
def test_xml_in_a_workbook_that_could_expand_or_fetch(tmp_path: Path, head: bytes) -> None:
    path = book(tmp_path / "net.xlsx", as_sheets(files()))
    repacked(path, "xl/workbook.xml", (b"<workbook", head + b"<workbook"))
    (problem,) = problems(path)
    assert "declares a document type" in problem


def test_rows_and_columns_at_the_end_of_the_world(tmp_path: Path) -> None:
    path = book(tmp_path / "net.xlsx", as_sheets(files()))
    repacked(path, "xl/worksheets/sheet1.xml", (b'<row r="4"', b'<row r="99999999999"'))
    plain = read(tmp_path / "net", files())
    # A row beyond the last that a sheet can have is not there, and so not its person.
    assert problems(path)
    repacked(path, "xl/worksheets/sheet1.xml", (b'r="A2"', b'r="ZZZ2"'))
    assert problems(path)
    assert plain.tie_count == 4


def test_other_files_with_the_name_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "net.xlsx"
    for data in (b"", b"PK\x03\x04", b"a,b\n1,2\n"):
        path.write_bytes(data)
        assert problems(path) == ["net.xlsx: is not a readable workbook; save it again as .xlsx"]
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("ties.csv", "a,b\n")
    assert problems(path) == ["net.xlsx: is not a readable workbook; save it again as .xlsx"]
