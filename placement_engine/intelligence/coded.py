"""A column of texts that repeat: every different text once, and the rows as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Coded(Sequence[str]):
    """A column of texts: `codes` (n,) int32 index into `texts`, which other columns share."""

    codes: Numbers = field(repr=False)
    texts: Sequence[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Coded: ...

    def __getitem__(self, at: int | slice) -> str | Coded:
        if isinstance(at, slice):
            return Coded(self.codes[at], self.texts)
        return self.texts[int(self.codes[at])]

    def __iter__(self) -> Iterator[str]:
        return map(self.texts.__getitem__, self.codes.tolist())

    def different(self) -> list[tuple[int, str]]:
        """Each text that stands in this column, with its code."""
        used = np.zeros(len(self.texts), dtype=np.bool_)
        used[self.codes] = True
        return [(code, self.texts[code]) for code in np.flatnonzero(used).tolist()]
