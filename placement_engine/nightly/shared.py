"""Arrays in one block of shared memory: written once, read by every process of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNED = 64
"""Bytes to which every array begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where each array stands in a block: name, dtype, shape, first byte."""

    block: str
    arrays: tuple[tuple[str, str, tuple[int, ...], int], ...]

    def views(self, memory: SharedMemory) -> dict[str, NDArray[Any]]:
        """The arrays, read-only, without a copy; valid while `memory` is open."""
        views: dict[str, NDArray[Any]] = {}
        for name, dtype, shape, start in self.arrays:
            view: NDArray[Any] = np.ndarray(
                shape, dtype=np.dtype(dtype), buffer=memory.buf, offset=start
            )
            view.setflags(write=False)
            views[name] = view
        return views


def share(arrays: Mapping[str, NDArray[Any]]) -> tuple[SharedMemory, Layout]:
    """Copy arrays into a new block; whoever asked for it closes and unlinks it."""
    placed: list[tuple[str, str, tuple[int, ...], int]] = []
    at = 0
    for name, array in arrays.items():
        placed.append((name, array.dtype.str, array.shape, at))
        at += -(-array.nbytes // ALIGNED) * ALIGNED
    memory = SharedMemory(create=True, size=max(at, 1))
    for (name, array), (_, dtype, shape, start) in zip(arrays.items(), placed, strict=True):
        del name
        np.ndarray(shape, dtype=np.dtype(dtype), buffer=memory.buf, offset=start)[...] = array
    return memory, Layout(block=memory.name, arrays=tuple(placed))
