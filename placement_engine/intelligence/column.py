"""A column of text as its different texts and one number a row: parsed once for each text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Wrong = Callable[[int, int], None]
"""Told the line and the number of fields of each row that is not like the header."""

LONGEST = 256
"""Bytes of the longest cell that arrays cut; no column of ours takes a longer one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column(Sequence[str]):
    """R cells as (R,) int32 positions among `texts`: few, in no order, rarely one of them twice."""

    codes: NDArray[np.int32] = field(repr=False)
    texts: Sequence[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Column: ...
    def __getitem__(self, at: int | slice) -> str | Column:
        if isinstance(at, slice):
            return Column(codes=self.codes[at], texts=self.texts)
        return self.texts[int(self.codes[at])]

    def at(self, rows: Ints) -> Column:
        """The cells of these rows; what no row has any more is no longer among the texts."""
        if len(rows) == len(self.codes):
            return Column(codes=self.codes[rows], texts=self.texts)
        used, codes = np.unique(self.codes[rows], return_inverse=True)
        texts = [self.texts[code] for code in used.tolist()]
        return Column(codes=codes.astype(np.int32), texts=texts)

    def told(self, meaning: Callable[[str], str]) -> Column:
        """The cells with each text put otherwise."""
        return Column(codes=self.codes, texts=[meaning(text) for text in self.texts])

    @classmethod
    def joined(cls, parts: Sequence[Column]) -> Column:
        """The cells of several columns, one below the other."""
        if len(parts) == 1:
            return parts[0]
        codes, texts = [np.zeros(0, dtype=np.int32)], list[str]()
        for part in parts:
            codes.append(part.codes + np.int32(len(texts)))
            texts += part.texts
        return cls(codes=np.concatenate(codes), texts=texts)

    @classmethod
    def of(cls, cells: Sequence[str]) -> Column:
        """A column of these cells."""
        index: dict[str, int] = {}
        codes = [index.setdefault(cell, len(index)) for cell in cells]
        return cls(codes=np.array(codes, dtype=np.int32), texts=tuple(index))

    @classmethod
    def blank(cls, rows: int) -> Column:
        """A column of nothing."""
        return cls.same("", rows)

    @classmethod
    def same(cls, text: str, rows: int) -> Column:
        """A column of one text."""
        return cls(codes=np.zeros(rows, dtype=np.int32), texts=(text,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The rows below a header: one column a field, and the line where each row begins."""

    columns: tuple[Column, ...]
    lines: Sequence[int] = field(repr=False)
