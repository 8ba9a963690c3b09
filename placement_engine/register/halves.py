"""Work on many records by two threads, half each.

The primitives let go of Python while they run, and hardly need it in between; whatever does
need it runs before or after, when no other thread wants it: two that take it from each other
at every record are slower together than one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

LOT = 128
"""Records that are worked on together: as many as a core keeps near, and enough to be worth
handing over."""

MANY = 2048
"""From so many records on a thread is worth its making."""


class Halves:
    """A second thread; use it as a context manager, which ends it.

    Parameters
    ----------
    alone
        Make no thread: for few records.
    """

    def __init__(self, *, alone: bool) -> None:
        self._pool = None if alone else ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def __call__(self, work: Callable[[Sequence[T]], list[R]], lot: Sequence[T]) -> list[R]:
        """What `work` makes of a lot, in the order of the lot; raises what either half raises."""
        if self._pool is None:
            return work(lot)
        half = len(lot) // 2
        other = self._pool.submit(work, lot[half:])
        return work(lot[:half]) + other.result()
