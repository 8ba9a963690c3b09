"""Columns of text as their different texts and one number a row: parsed once for each text.

A file without quotes is cut by arrays or compiled kernels, millions of rows in seconds; any
other goes through the standard library's reader. All give the same columns.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import COMPILED
from placement_engine.intelligence.column import LONGEST, Body, Column, Ints, Wrong

if TYPE_CHECKING:
    from _csv import Reader

Words = NDArray[np.uint64]

_ROWS = 4096
"""Rows of the standard reader turned into columns at once."""
PIECE = 2**25
"""Bytes cut at once: bounds the memory, not the answer."""
_FEW = 2**16
"""Different texts up to which all cells are looked up at once, without sorting them."""
_NEWLINE, _WORD = ord("\n"), 8
_WORTH = 2**22
"""Bytes of a file from which on compiled kernels are worth being loaded."""
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_WORD + 1)], dtype=np.uint64)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def plain(data: bytes) -> bool:
    """Whether rows and cells end where newlines and delimiters stand, and nowhere else."""
    return b'"' not in data and b"\r" not in data


def header_of(data: bytes, delimiter: str = ",") -> tuple[list[str], int]:
    """Names in the first line, and where the second line of a `plain` file begins.

    Raises
    ------
    BadRow
        The line is not CSV.
    """
    if plain(data):
        end = data.find(b"\n")
        line = data[: end if end >= 0 else len(data)].decode()
        names = line.split(delimiter) if line else []
        return [name.strip() for name in names], end + 1 if end >= 0 else len(data)
    try:
        names = next(_reader(data.decode(), delimiter), [])
    except csv.Error:
        raise BadRow(1) from None
    return [name.strip() for name in names], 0


def cut(data: bytes, start: int, width: int, wrong: Wrong, *, delimiter: str = ",") -> Body | None:
    """The rows of a `plain` file from `start` on, its second line; None if a cell is too long.

    Parameters
    ----------
    data
        The file, without NUL bytes.
    width
        Fields of the header.
    """
    # The kernels need a start of their own: not for a file of a few lines.
    if COMPILED and len(data) >= _WORTH:
        from placement_engine.intelligence.numbering import numbered

        return numbered(data, start, width, wrong, delimiter=delimiter)
    return cut_by_arrays(data, start, width, wrong, delimiter=delimiter)


def cut_by_arrays(
    data: bytes,
    start: int,
    width: int,
    wrong: Wrong,
    *,
    delimiter: str = ",",
    piece_size: int = PIECE,
) -> Body | None:
    """What `cut` gives, by numpy alone.

    Parameters
    ----------
    piece_size
        Bytes cut at once.
    """
    known = [_Texts() for _ in range(width)]
    lines: list[Ints] = []
    line = 2
    for piece in _pieces(data, start, piece_size):
        raw = np.frombuffer(piece, dtype=np.uint8)
        ends = np.flatnonzero((raw == ord(delimiter)) | (raw == _NEWLINE))
        closing = np.flatnonzero(raw[ends] == _NEWLINE)
        fields = np.diff(closing, prepend=-1)
        row_starts = np.append(0, ends[closing[:-1]] + 1)
        blank = ends[closing] == row_starts
        for row in np.flatnonzero((fields != width) & ~blank).tolist():
            wrong(line + row, int(fields[row]))
        kept = np.flatnonzero((fields == width) & ~blank)
        lines.append(line + kept)
        line += len(closing)
        padded = np.concatenate([raw, np.zeros(LONGEST + _WORD, dtype=np.uint8)])
        first, separator = row_starts[kept], closing[kept] - (width - 1)
        for texts in known:
            last = ends[separator]
            if int((last - first).max(initial=0)) > LONGEST:
                return None
            texts.add(padded, first, last)
            first, separator = last + 1, separator + 1
    return Body(
        columns=tuple(texts.column() for texts in known),
        lines=array("q", np.concatenate([np.zeros(0, dtype=np.int64), *lines]).tobytes()),
    )


def read(text: str, width: int, wrong: Wrong, *, delimiter: str = ",") -> Body:
    """The rows below the header of any CSV file, by the standard reader.

    Raises
    ------
    BadRow
        The file is not CSV.
    """
    reader = _reader(text, delimiter)
    index: list[dict[str, int]] = [{} for _ in range(width)]
    codes: list[list[NDArray[np.int32]]] = [[] for _ in range(width)]
    lines: list[int] = []
    rows: list[list[str]] = []

    def move() -> None:
        for number, cells in enumerate(zip(*rows, strict=True)):
            own = index[number]
            found = [own.setdefault(cell, len(own)) for cell in cells]
            codes[number].append(np.array(found, dtype=np.int32))
        rows.clear()

    begins = 1
    try:
        next(reader, None)
        begins = reader.line_num + 1
        for row in reader:
            if len(row) == width:
                rows.append(row)
                lines.append(begins)
                if len(rows) == _ROWS:
                    move()
            elif row:
                wrong(begins, len(row))
            begins = reader.line_num + 1
    except csv.Error:
        raise BadRow(begins) from None
    move()
    none = np.zeros(0, dtype=np.int32)
    return Body(
        columns=tuple(
            Column(codes=np.concatenate([none, *parts]), texts=tuple(own))
            for parts, own in zip(codes, index, strict=True)
        ),
        lines=lines,
    )


def _reader(text: str, delimiter: str) -> Reader:
    return csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)


class BadRow(ValueError):
    """A row that is not CSV; `line` is where it begins."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _pieces(data: bytes, start: int, size: int) -> Iterator[bytes]:
    """Whole lines, each piece ending with a newline."""
    while start < len(data):
        end = data.rfind(b"\n", start, start + size) + 1
        if end <= start:  # one line longer than a piece, or the last one without its newline
            end = (data.find(b"\n", start) + 1) or len(data)
        piece = data[start:end]
        yield piece if piece.endswith(b"\n") else piece + b"\n"
        start = end


class _Texts:
    """The different texts of one column so far, found again by a 64-bit key.

    Two texts of one key are told apart: then the column goes by the texts themselves.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(0, dtype=np.uint64)  # ascending
        self._codes = np.zeros(0, dtype=np.int32)  # of each key
        self._words = np.zeros((0, 1), dtype=np.uint64)  # by code
        self._parts: list[NDArray[np.int32]] = []

    def add(self, raw: NDArray[np.uint8], first: Ints, last: Ints) -> None:
        """Note the cells between `first` and `last`, positions in bytes."""
        words = _words(raw, first, last)
        keys = _keys(words)
        found = self._found(keys) if len(self._keys) <= _FEW else None
        if found is None:
            order = np.argsort(keys)
            ordered = keys[order]
            begins = np.append(True, ordered[1:] != ordered[:-1])[: len(keys)]
            sample = order[begins]
            codes = self._of(ordered[begins], words[sample])
            found = np.empty(len(keys), dtype=np.int32)
            found[order] = codes[np.cumsum(begins) - 1]
        if max(words.shape[1], self._words.shape[1]) > 1:  # a word is its own key
            self._widen(words[:0])
            own = np.take(self._words, found, axis=0)
            if (own[:, words.shape[1] :]).any() or (own[:, : words.shape[1]] != words).any():
                found = self._one_by_one(words)
        self._parts.append(found)

    def column(self) -> Column:
        """All cells noted."""
        data = np.ascontiguousarray(self._words.astype("<u8", copy=False))
        size = data.shape[1] * _WORD
        texts = tuple(cell.decode() for cell in data.view(f"S{size}").ravel().tolist())
        none = np.zeros(0, dtype=np.int32)
        return Column(codes=np.concatenate([none, *self._parts]), texts=texts)

    def _found(self, keys: Words) -> NDArray[np.int32] | None:
        """Codes of keys in any order, None if one is new."""
        place = np.searchsorted(self._keys, keys)
        place[place == len(self._keys)] = 0
        if not len(self._keys) or (self._keys[place] != keys).any():
            return None
        return self._codes[place]

    def _of(self, keys: Words, words: Words) -> NDArray[np.int32]:
        """Codes of different ascending keys; new ones are added."""
        place = np.searchsorted(self._keys, keys)
        known = np.zeros(len(keys), dtype=np.bool_)
        inside = place < len(self._keys)
        known[inside] = self._keys[place[inside]] == keys[inside]
        codes = np.empty(len(keys), dtype=np.int32)
        codes[known] = self._codes[place[known]]
        codes[~known] = len(self._words) + np.arange(int((~known).sum()), dtype=np.int32)
        self._widen(words[~known])
        self._keys = np.insert(self._keys, place[~known], keys[~known])
        self._codes = np.insert(self._codes, place[~known], codes[~known])
        return codes

    def _widen(self, words: Words) -> None:
        width = max(self._words.shape[1], words.shape[1])
        both = [np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in (self._words, words)]
        self._words = np.concatenate(both)

    def _one_by_one(self, words: Words) -> NDArray[np.int32]:
        """Codes by the texts themselves, where two texts share a key."""
        self._widen(words[:0])
        padded = np.pad(words, ((0, 0), (0, self._words.shape[1] - words.shape[1])))
        index = {tuple(row): code for code, row in enumerate(self._words.tolist())}
        new = []
        found = np.empty(len(words), dtype=np.int32)
        for at, row in enumerate(map(tuple, padded.tolist())):
            if row not in index:
                index[row] = len(index)
                new.append(row)
            found[at] = index[row]
        if new:
            self._widen(np.array(new, dtype=np.uint64))
        return found


def _words(raw: NDArray[np.uint8], first: Ints, last: Ints) -> Words:
    """(R, W) the cells' bytes as words of eight, padded with zeros."""
    sliding = np.ndarray((len(raw) - _WORD + 1,), dtype="<u8", buffer=raw.data, strides=(1,))
    size = last - first
    width = max(1, -(-int(size.max(initial=0)) // _WORD))
    words = np.empty((len(first), width), dtype=np.uint64)
    for number in range(width):
        words[:, number] = sliding[first + number * _WORD]
        words[:, number] &= _MASKS[np.clip(size - number * _WORD, 0, _WORD)]
    return words


def _keys(words: Words) -> Words:
    """One key a row; rows of one word keep it, so that short texts never share a key."""
    keys = words[:, 0].copy()
    for number in range(1, words.shape[1]):
        some = words[:, number] != 0
        keys[some] = (keys[some] * _SPREAD) ^ (keys[some] >> np.uint64(29)) ^ words[some, number]
    return keys
