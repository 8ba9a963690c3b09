"""How long steps take, measured as they go, so that the last one ends before the limit does.

Only where time is limited: where work is counted, steps are as long as ever, and the plan is
the same on any machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from placement_engine.solver.backends import Effort

LOOK_S = 0.2
"""Seconds between two looks at the clock, about."""
FEWEST = 4_096
"""Proposals of the first stretch, which also waits for the kernel to be loaded."""
GROWS = 8
"""A stretch is at most so many times as long as the one before."""


class Pace:
    """Stretches of proposals of about the same time.

    Parameters
    ----------
    longest
        Proposals of a stretch where nothing limits it.
    """

    __slots__ = ("_longest", "_stretch")

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._stretch = FEWEST

    def proposals(self, effort: Effort) -> int:
        """How many to make before the next look at the clock."""
        return self._longest if effort.deadline is None else min(self._longest, self._stretch)

    def took(self, proposals: int, seconds: float) -> None:
        """Learn from a stretch."""
        by_rate = int(proposals * LOOK_S / max(seconds, 1e-6))
        self._stretch = max(FEWEST // GROWS, min(by_rate, GROWS * proposals))


def ending_by(effort: Effort, seconds: float) -> Effort:
    """The effort that ends so much earlier; the same where no time is limited."""
    if effort.deadline is None:
        return effort
    return replace(effort, deadline=effort.deadline - seconds)


def in_time(effort: Effort, seconds: float) -> bool:
    """Whether a step that takes so long would end before the effort does."""
    return effort.deadline is None or effort.clock() + seconds < effort.deadline


def while_in_time(effort: Effort, steps: Iterable[int], seconds: float) -> Iterator[int]:
    """Steps, while one more that takes as long as the longest, or `seconds`, would end in time."""
    start = effort.clock()
    for step in steps:
        now = effort.clock()
        seconds, start = max(seconds, now - start), now
        yield step
        if not in_time(effort, seconds):
            return
