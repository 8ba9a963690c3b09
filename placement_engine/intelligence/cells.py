"""Cells of a CSV file cut and numbered in one pass over its bytes, by compiled kernels.

A column's different texts stand in an open table of 2**k slots: a cell of at most 16 bytes is
its own key, a longer one is told apart by its bytes. The numpy form of the same is in
`columns`, and both are held against the standard library's reader.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import compiled

Bytes = NDArray[np.uint8]
Slots = NDArray[np.uint64]
Ints = NDArray[np.int64]

ROWS = 2**16
"""Rows cut at once: their bytes stay in the cache while each column reads its cells."""
LOW, HIGH, SIZE, CODE = range(4)
"""What a slot holds: the first and second eight bytes, the bytes in all, one more than the code."""
_NEWLINE = np.uint8(ord("\n"))
_EIGHT, _SIXTEEN, _ONE = np.uint64(8), np.int64(16), np.uint64(1)
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)
_FOLD = np.uint64(32)


@compiled
def rows_of(
    raw: Bytes, at: int, delimiter: int, longest: int, ends: Ints, starts: Ints, told: Ints
) -> tuple[int, int, int, int]:
    """Cut rows until `ends` or `told` is full or the file is over.

    Parameters
    ----------
    raw
        The file, ending with a newline.
    at
        Where the next row begins.
    ends, starts
        (R, width) and (R,) positions in `raw`: the separator after each cell, and where the
        row begins. They are filled.
    told
        (T, 3) one for each line that is not blank, in order: its number from 0, how many
        fields it has, and the row it became or -1. It is filled.

    Returns
    -------
    rows, lines told, all lines, where the next begins
        The last is -1 where a cell is longer than `longest`.
    """
    width, most = ends.shape[1], len(ends)
    rows, noted, line = 0, 0, 0
    size = len(raw)
    while at < size and rows < most and noted < len(told):
        start, begin, fields = at, at, 0
        while True:
            byte = raw[at]
            if byte == delimiter or byte == _NEWLINE:  # noqa: SIM109 (a tuple is slow to compile)
                if fields < width:
                    ends[rows, fields] = at
                if at - begin > longest:
                    return rows, noted, line, -1
                fields += 1
                begin = at + 1
                if byte == _NEWLINE:
                    break
            at += 1
        if at > start:
            told[noted, 0], told[noted, 1], told[noted, 2] = line, fields, -1
            if fields == width:
                told[noted, 2] = rows
                starts[rows] = start
                rows += 1
            noted += 1
        at += 1
        line += 1
    return rows, noted, line, at


@compiled
def _key(raw: Bytes, first: int, last: int) -> tuple[np.uint64, np.uint64]:
    low, high = np.uint64(0), np.uint64(0)
    shift = np.uint64(0)
    for at in range(first, min(last, first + 8)):
        low |= np.uint64(raw[at]) << shift
        shift += _EIGHT
    shift = np.uint64(0)
    for at in range(first + 8, min(last, first + 16)):
        high |= np.uint64(raw[at]) << shift
        shift += _EIGHT
    for at in range(first + 16, last):
        high = (high ^ np.uint64(raw[at])) * _SECOND
    return low, high


@compiled
def _slot(low: np.uint64, high: np.uint64, mask: np.uint64) -> np.uint64:
    mixed = (low ^ (low >> _FOLD)) * _FIRST
    mixed = (mixed ^ high ^ (high >> _FOLD)) * _SECOND
    return (mixed ^ (mixed >> _FOLD)) & mask


@compiled
def number(
    raw: Bytes,
    firsts: Ints,
    lasts: Ints,
    row: int,
    slots: Slots,
    spans: Ints,
    count: int,
    codes: NDArray[np.int32],
) -> tuple[int, int]:
    """Number the cells of one column from `row` on, until its table is half full.

    Parameters
    ----------
    firsts, lasts
        (R,) where each cell begins and ends in `raw`.
    slots
        (2**k, 4) the open table; changed.
    spans
        (at least 2**(k-1), 2) where each different text stands in `raw`; changed.
    count
        How many different texts there are so far.
    codes
        (R,) is filled.

    Returns
    -------
    next row, count
        The row is R when all is done.
    """
    mask = np.uint64(len(slots) - 1)
    most = len(slots) // 2
    for at in range(row, len(codes)):
        first, last = firsts[at], lasts[at]
        size = last - first
        low, high = _key(raw, first, last)
        place = _slot(low, high, mask)
        while True:
            code = np.int64(slots[place, CODE]) - 1
            if code < 0:
                if count == most:
                    return at, count
                slots[place, LOW], slots[place, HIGH] = low, high
                slots[place, SIZE] = np.uint64(size)
                slots[place, CODE] = np.uint64(count + 1)
                spans[count, 0], spans[count, 1] = first, last
                codes[at] = count
                count += 1
                break
            same = slots[place, LOW] == low and slots[place, HIGH] == high
            if same and slots[place, SIZE] == np.uint64(size):
                if size > _SIXTEEN:
                    other = spans[code, 0]
                    for step in range(8, size):
                        if raw[other + step] != raw[first + step]:
                            same = False
                            break
                if same:
                    codes[at] = code
                    break
            place = (place + _ONE) & mask
    return len(codes), count


@compiled
def moved(slots: Slots, wider: Slots) -> None:
    """Put every text of a table into an empty, wider one."""
    mask = np.uint64(len(wider) - 1)
    for at in range(len(slots)):
        if slots[at, CODE] == np.uint64(0):
            continue
        place = _slot(slots[at, LOW], slots[at, HIGH], mask)
        while wider[place, CODE] != np.uint64(0):
            place = (place + _ONE) & mask
        for part in range(4):
            wider[place, part] = slots[at, part]


@compiled
def joined_texts(raw: Bytes, spans: Ints, out: Bytes) -> None:
    """Write the texts one after another, a newline behind each."""
    to = 0
    for text in range(len(spans)):
        for at in range(spans[text, 0], spans[text, 1]):
            out[to] = raw[at]
            to += 1
        out[to] = _NEWLINE
        to += 1
