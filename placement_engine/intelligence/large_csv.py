"""Large CSV files as columns of codes: every different text is kept once, rows are numbers.

A file of nine million ties has one or two million different texts. One compiled pass over
its bytes finds the fields and gives each text its number; texts become Python strings once.
Without numba, or where a file uses quotes, the `csv` module of Python reads it, with the
same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import compiled
from placement_engine.intelligence.coded import Coded

Numbers = NDArray[Any]

MAX_PROBES: Final = 4096
"""Texts of one hash that are compared before the `csv` module, whose hashes are keyed, reads."""
MAX_FIELD: Final = 131_072
"""Bytes of one field, as in the `csv` module."""
_DONE, _FULL, _GIVEN_UP = 0, 1, 2
_ROWS, _TEXTS, _WRONG = 1, 3, 4
"""What `_split` has come to, besides its position and line, in its state."""
MOST_WRONG: Final = 2**16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CodedRows:
    """The rows of a file: their columns, the line of each, and the rows of wrong length.

    Parameters
    ----------
    columns
        As many as were asked for.
    lines
        (n,) the line of each row.
    wrong
        Line and number of fields of each row that has too few or too many.
    """

    columns: list[Coded] = field(repr=False)
    lines: Numbers
    wrong: list[tuple[int, int]]


def coded_rows(data: bytes, *, start: int, width: int, delimiter: str) -> CodedRows | None:
    """The rows of a CSV file without quotes, of which the header is read already.

    Parameters
    ----------
    data
        UTF-8, whole.
    start
        Where the line after the header begins.
    width
        Fields of the header.

    Returns
    -------
    CodedRows or None
        None where only the `csv` module tells what the file says: it has quotes, lone
        carriage returns or fields of endless length, or somebody chose its texts so that
        their hashes fall together.
    """
    if b'"' in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    size = data.count(b"\n", start) + 1
    content = np.frombuffer(data, dtype=np.uint8)
    codes = np.zeros((width, size), dtype=np.int32)
    lines = np.zeros(size, dtype=np.int32)
    wrong = np.zeros((min(size, MOST_WRONG), 2), dtype=np.int32)
    texts = _Texts.of(2**12)
    state = np.array([start, 0, 2, 0, 0], dtype=np.int64)
    while (end := _split(content, ord(delimiter), codes, lines, wrong, state, *texts.all)) != _DONE:
        if end == _GIVEN_UP:
            return None
        texts = texts.doubled(int(state[_TEXTS]))
    rows = int(state[_ROWS])
    known = texts.read(data, int(state[_TEXTS]))
    return CodedRows(
        columns=[Coded(codes[at, :rows], known) for at in range(width)],
        lines=lines[:rows],
        wrong=[(line, fields) for line, fields in wrong[: int(state[_WRONG])].tolist()],
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Texts:
    """The different texts, by open addressing: where each stands in the file, and its hash."""

    slots: Numbers
    begins: Numbers
    lengths: Numbers
    hashes: Numbers

    @classmethod
    def of(cls, size: int) -> _Texts:
        """Room for `size` texts."""
        return cls(
            np.full(2 * size, -1, dtype=np.int32),
            np.zeros(size, dtype=np.int64),
            np.zeros(size, dtype=np.int32),
            np.zeros(size, dtype=np.uint64),
        )

    @property
    def all(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """The arrays, for a kernel."""
        return self.slots, self.begins, self.lengths, self.hashes

    def doubled(self, count: int) -> _Texts:
        """The same `count` texts in twice the room."""
        larger = _Texts.of(2 * len(self.begins))
        for mine, its in zip(self.all[1:], larger.all[1:], strict=True):
            its[:count] = mine[:count]
        _place(larger.slots, larger.hashes, count)
        return larger

    def read(self, data: bytes, count: int) -> list[str]:
        """The texts as strings."""
        ends = self.begins[:count] + self.lengths[:count]
        spans = zip(self.begins[:count].tolist(), ends.tolist(), strict=True)
        return [data[begin:end].decode() for begin, end in spans]


@compiled
def _split(
    data: Numbers,
    delimiter: int,
    codes: Numbers,
    lines: Numbers,
    wrong: Numbers,
    state: Numbers,
    slots: Numbers,
    begins: Numbers,
    lengths: Numbers,
    hashes: Numbers,
) -> int:
    """Number the fields of each line from `state` on, until the end or until room is out."""
    width, mask = codes.shape[0], np.uint64(len(slots) - 1)
    position, row, line, count = state[0], state[1], state[2], state[3]
    while position < len(data):
        if count + width > len(begins):
            state[0], state[1], state[2], state[3] = position, row, line, count
            return _FULL
        fields, at, inside = 0, position, True
        while inside:
            begin, key = at, np.uint64(14695981039346656037)
            while at < len(data) and data[at] != delimiter and data[at] != 10:
                key = (key ^ np.uint64(data[at])) * np.uint64(1099511628211)
                at += 1
            inside = at < len(data) and data[at] == delimiter
            end = at
            if not inside and end > begin and data[end - 1] == 13:
                end -= 1
                key = np.uint64(14695981039346656037)
                for byte in range(begin, end):
                    key = (key ^ np.uint64(data[byte])) * np.uint64(1099511628211)
            if end - begin > MAX_FIELD:
                return _GIVEN_UP
            if fields < width:
                slot, probes = (key ^ (key >> np.uint64(29))) & mask, 0
                while True:
                    known = slots[slot]
                    if known < 0:
                        known = count
                        slots[slot] = count
                        begins[count], lengths[count], hashes[count] = begin, end - begin, key
                        count += 1
                        break
                    if hashes[known] == key and lengths[known] == end - begin:
                        same = True
                        for byte in range(end - begin):
                            if data[begins[known] + byte] != data[begin + byte]:
                                same = False
                                break
                        if same:
                            break
                    probes += 1
                    if probes > MAX_PROBES:
                        return _GIVEN_UP
                    slot = (slot + np.uint64(1)) & mask
                codes[fields, row] = known
            fields += 1
            at += 1
        if fields == width and not (width == 1 and end == position):
            lines[row] = line
            row += 1
        elif fields > 1 or end > position:
            if state[4] >= len(wrong):
                return _GIVEN_UP
            wrong[state[4], 0], wrong[state[4], 1] = line, fields
            state[4] += 1
        line += 1
        position = at
    state[0], state[1], state[2], state[3] = position, row, line, count
    return _DONE


@compiled
def _place(slots: Numbers, hashes: Numbers, count: int) -> None:
    """Put `count` texts into empty slots by their hashes."""
    mask = np.uint64(len(slots) - 1)
    for text in range(count):
        slot = (hashes[text] ^ (hashes[text] >> np.uint64(29))) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = text
