"""Columns of a large CSV file by the compiled kernels of `cells`: what `columns.cut` gives."""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from placement_engine.intelligence import cells
from placement_engine.intelligence.column import LONGEST, Body, Column, Ints, Wrong

_THREADS = 2
"""Columns numbered at once."""
_SLOTS = 2**10
_TOLD_LINE, _TOLD_FIELDS, _TOLD_ROW = range(3)


def numbered(
    data: bytes,
    start: int,
    width: int,
    wrong: Wrong,
    *,
    delimiter: str = ",",
    rows: int = cells.ROWS,
) -> Body | None:
    """The rows of a `plain` file from `start` on; None if a cell is too long.

    Parameters
    ----------
    rows
        Rows cut at once: bounds the memory, not the answer.
    """
    raw = np.frombuffer(data if data.endswith(b"\n") else data + b"\n", dtype=np.uint8)
    ends = np.empty((rows, width), dtype=np.int64)
    starts = np.empty(rows, dtype=np.int64)
    told = np.empty((rows, 3), dtype=np.int64)
    columns = [_Numbers() for _ in range(width)]
    lines: list[Ints] = []
    at, line = start, 2
    # No column looks at another, and the kernels let go of the interpreter.
    with ThreadPoolExecutor(_THREADS) as threads:
        while at < len(data):
            found, noted, passed, at = cells.rows_of(
                raw, at, ord(delimiter), LONGEST, ends, starts, told
            )
            if at < 0:
                return None
            for row in np.flatnonzero(told[:noted, _TOLD_ROW] < 0).tolist():
                wrong(line + int(told[row, _TOLD_LINE]), int(told[row, _TOLD_FIELDS]))
            lines.append(line + told[:noted, _TOLD_LINE][told[:noted, _TOLD_ROW] >= 0])
            line += passed
            lasts = [ends[:found, number] for number in range(width)]
            firsts = [starts[:found], *(last + 1 for last in lasts[:-1])]
            adding = (column.add for column in columns)
            list(threads.map(lambda add, *ends: add(raw, *ends), adding, firsts, lasts))
    return Body(
        columns=tuple(column.column(raw) for column in columns),
        lines=array("q", np.concatenate([np.zeros(0, dtype=np.int64), *lines]).tobytes()),
    )


class _Numbers:
    """The different texts of one column so far and the cells' numbers among them."""

    def __init__(self) -> None:
        self._slots = np.zeros((_SLOTS, 4), dtype=np.uint64)
        self._spans = np.empty((_SLOTS // 2, 2), dtype=np.int64)
        self._count = 0
        self._parts: list[NDArray[np.int32]] = []

    def add(self, raw: NDArray[np.uint8], firsts: Ints, lasts: Ints) -> None:
        """Note the cells between `firsts` and `lasts`, positions in `raw`."""
        codes = np.empty(len(firsts), dtype=np.int32)
        row = 0
        firsts, lasts = np.ascontiguousarray(firsts), np.ascontiguousarray(lasts)
        while row < len(codes):
            row, self._count = cells.number(
                raw, firsts, lasts, row, self._slots, self._spans, self._count, codes
            )
            if row < len(codes):
                self._widen()
        self._parts.append(codes)

    def column(self, raw: NDArray[np.uint8]) -> Column:
        """All cells noted; the table is given up."""
        self._slots = self._slots[:0]
        spans = self._spans[: self._count]
        size = int((spans[:, 1] - spans[:, 0] + 1).sum())
        out = np.empty(size, dtype=np.uint8)
        cells.joined_texts(raw, spans, out)
        texts = out.tobytes().decode().split("\n")[:-1]
        none = np.zeros(0, dtype=np.int32)
        return Column(codes=np.concatenate([none, *self._parts]), texts=texts)

    def _widen(self) -> None:
        wider = np.zeros((4 * len(self._slots), 4), dtype=np.uint64)
        cells.moved(self._slots, wider)
        spans = np.empty((len(wider) // 2, 2), dtype=np.int64)
        spans[: self._count] = self._spans[: self._count]
        self._slots, self._spans = wider, spans
