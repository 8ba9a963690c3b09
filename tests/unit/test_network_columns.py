"""Two ways to read a CSV file, one answer: by arrays, and by the standard library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.compiled import COMPILED
from placement_engine.intelligence import columns
from placement_engine.intelligence.column import LONGEST, Body
from placement_engine.intelligence.columns import (
    BadRow,
    cut_by_arrays,
    header_of,
    plain,
    read,
)

CELL = st.text(st.characters(exclude_characters='\0",\r\n', exclude_categories=["Cs"]), max_size=20)
ROW = st.lists(CELL, min_size=2, max_size=4)


def cells(body: Body) -> list[tuple[str, ...]]:
    texts = [[c.texts[code] for code in c.codes.tolist()] for c in body.columns]
    return list(zip(*texts, strict=True))


def both(data: bytes, width: int, piece_size: int) -> tuple[Body, Body, list[tuple[int, int]]]:
    """The body by both ways, and the rows that are wrong, equal for both."""
    by_arrays: list[tuple[int, int]] = []
    by_reader: list[tuple[int, int]] = []
    _, start = header_of(data)
    quick = cut_by_arrays(
        data, start, width, lambda line, n: by_arrays.append((line, n)), piece_size=piece_size
    )
    slow = read(data.decode(), width, lambda line, n: by_reader.append((line, n)))
    assert quick is not None
    assert by_arrays == by_reader
    if COMPILED:
        from placement_engine.intelligence.numbering import numbered

        by_kernels: list[tuple[int, int]] = []
        compiled = numbered(
            data, start, width, lambda line, n: by_kernels.append((line, n)), rows=piece_size
        )
        assert compiled is not None
        assert cells(compiled) == cells(quick)
        assert list(compiled.lines) == list(quick.lines)
        assert by_kernels == by_reader
    return quick, slow, by_arrays


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, max_size=12), st.booleans(), st.integers(1, 60))
def test_arrays_and_the_standard_reader_agree(
    rows: list[list[str]], last_newline: bool, piece_size: int
) -> None:
    text = "\n".join(["a,b,c", *map(",".join, rows)]) + "\n" * last_newline
    data = text.encode()
    assert plain(data)
    quick, slow, wrong = both(data, 3, piece_size)
    assert cells(quick) == cells(slow)
    assert list(quick.lines) == list(slow.lines)
    assert len(quick.lines) + len(wrong) <= len(rows)


@pytest.mark.parametrize("piece_size", [1, 7, 1000])
def test_blank_lines_are_passed_over_and_counted(piece_size: int) -> None:
    quick, slow, wrong = both(b"a,b\n\n1,2\n\n\n3\n4,5", 2, piece_size)
    assert cells(quick) == cells(slow) == [("1", "2"), ("4", "5")]
    assert list(quick.lines) == list(slow.lines) == [3, 7]
    assert wrong == [(6, 1)]


def test_texts_of_one_key_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def poor_keys(words: columns.Words) -> columns.Words:
        keys: columns.Words = np.where((words[:, 1:] != 0).any(axis=1), 0, words[:, 0])
        return keys

    monkeypatch.setattr(columns, "_keys", poor_keys)
    rows = [(f"P-{n % 7:012}", "x" * (n % 30)) for n in range(50)]
    data = "\n".join(["a,b", *map(",".join, rows)]).encode()
    quick, slow, _ = both(data, 2, 100)
    assert cells(quick) == cells(slow) == rows


def test_every_length_up_to_the_longest_and_none_beyond() -> None:
    rows = [("ä" * n, "b") for n in range(LONGEST // 2 + 1)]
    data = "\n".join(["a,b", *map(",".join, rows)]).encode()
    assert cells(both(data, 2, 10_000)[0]) == rows
    longer = b"a,b\n" + b"x" * (LONGEST + 1) + b",b\n"
    assert cut_by_arrays(longer, 4, 2, lambda line, n: None) is None


def test_what_is_not_plain() -> None:
    assert not plain(b'a,"b"\n')
    assert not plain(b"a,b\r\n")
    assert header_of(b"") == ([], 0)
    assert header_of(b" a , b") == (["a", "b"], 6)
    with pytest.raises(BadRow):
        header_of(b'"a\n')


def test_a_large_file_is_cut_alike_with_kernels_and_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [(f"P-{n * 7919 % 3000:020}", f"{n % 3}", f"o{n}") for n in range(4000)]
    data = "\n".join(["a;b;c", *map(";".join, rows)]).encode()
    monkeypatch.setattr(columns, "_WORTH", 0)
    large = columns.cut(data, 6, 3, lambda line, n: None, delimiter=";")
    small = cut_by_arrays(data, 6, 3, lambda line, n: None, delimiter=";")
    assert large is not None
    assert small is not None
    assert cells(large) == cells(small) == rows
    assert list(large.lines) == list(small.lines) == [*range(2, 4002)]
    longer = b"a;b;c\n" + b"x" * (LONGEST + 1) + b";b;c\n"
    assert columns.cut(longer, 6, 3, lambda line, n: None, delimiter=";") is None
