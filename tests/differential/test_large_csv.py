"""The compiled pass over large files reads what the csv module reads, fault for fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from placement_engine.intelligence import large_csv, table
from placement_engine.intelligence.coded import Coded
from placement_engine.intelligence.large_csv import coded_rows
from placement_engine.intelligence.table import Faults, Table, read_table
from tests.unit.test_network_reader import equal, files, read

COLUMNS = ("a", "b", "c")
CELLS = st.one_of(
    st.sampled_from(("", "P1", "P-2", "Å", "x" * 40, " y ", "\x00"[:0])),
    st.text(st.characters(exclude_characters='\n\r",\x00', exclude_categories=["Cs"]), max_size=6),
)
LINES = st.one_of(
    st.lists(CELLS, min_size=3, max_size=3), st.lists(CELLS, max_size=5), st.just([""])
)


def by_module(data: bytes) -> tuple[Table, Faults]:
    faults = Faults("x")
    read = table._read_rows(
        data, "f.csv", required=COLUMNS, optional=(), faults=faults, delimiter=","
    )
    return read, faults


def compiled(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Table, Faults]:
    faults = Faults("x")
    with monkeypatch.context() as patched:
        patched.setattr(table, "LARGE", 0)
        patched.setattr(table, "COMPILED", True)
        return read_table(data, "f.csv", required=COLUMNS, optional=(), faults=faults), faults


def same(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    (one, its), (other, theirs) = by_module(data), compiled(data, monkeypatch)
    assert sorted(its.found) == sorted(theirs.found)
    assert list(one.lines) == [int(line) for line in other.lines]
    for name in COLUMNS:
        assert list(one.columns[name]) == list(other.columns[name])


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(LINES, max_size=12),
    end=st.sampled_from(("\n", "\r\n")),
    last=st.booleans(),
    mark=st.booleans(),
)
@example(lines=[["a", "b", "c"]] * 3, end="\r\n", last=False, mark=True)
def test_both_read_the_same(lines: list[list[str]], end: str, last: bool, mark: bool) -> None:
    text = end.join(",".join(line) for line in [list(COLUMNS), *lines]) + (end if last else "")
    data = (b"\xef\xbb\xbf" if mark else b"") + text.encode()
    with pytest.MonkeyPatch.context() as patched:
        same(data, patched)


@pytest.mark.parametrize(
    "data",
    [
        b"a,b,c\n1,2,3\r4,5,6\n",
        b'a,b,c\n"1\n2",2,3\n',
        b'a,b,c\n"1,2,3\n',
        b"a,b,c\n1,2," + b"x" * 140_000 + b"\n",
        b"a,b,c",
        b"",
        b"\n\na,b,c\n",
        b"a,b\n1,2\n",
    ],
)
def test_what_only_the_module_can_tell(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    same(data, monkeypatch)


def test_room_for_texts_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"P{i},P{i * 7 % 9001},{i % 3}\n" for i in range(9000))
    same(("a,b,c\n" + rows).encode(), monkeypatch)


def test_very_many_wrong_rows_and_texts_of_one_hash_go_to_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = b"a,b,c\n" + b"1,2\n" * (large_csv.MOST_WRONG + 1)
    assert coded_rows(wrong, start=6, width=3, delimiter=",") is None
    same(wrong, monkeypatch)


def test_a_column_of_codes_is_a_column_of_texts() -> None:
    rows = coded_rows(b"x,y\r\nz,x\n", start=0, width=2, delimiter=",")
    assert rows is not None
    first, second = rows.columns
    assert (list(first), list(second)) == (["x", "z"], ["y", "x"])
    assert (len(first), first[1], list(first[1:])) == (2, "z", ["z"])
    assert isinstance(first[:1], Coded)
    assert {text for _, text in first.different()} == {"x", "z"}


def test_a_network_is_the_same_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = read(tmp_path / "plain", files())
    monkeypatch.setattr(table, "LARGE", 0)
    assert equal(read(tmp_path / "coded", files()), plain)
