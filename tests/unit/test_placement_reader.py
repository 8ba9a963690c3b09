"""Readers of placements and facilities: all faults at once, none echoed."""

from __future__ import annotations

import io
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import (
    read_facilities,
    read_placements,
)
from placement_engine.vocabulary import Need, ProtectionCategory
from tests.unit.test_network_reader import (
    CODES,
)


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
