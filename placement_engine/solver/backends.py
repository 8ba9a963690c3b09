"""The seam: what a search is asked, and what it may answer.

A backend is bound to one problem and answers questions about it, one level at a time.
The levels, the budget and the proof of the whole are `solver.levels`'s concern; a faster
search is another class with this one method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Goal(StrEnum):
    """Sums that can be made least; `TIE` is the keyed hash that chooses between equals."""

    TOTAL = "total"
    MOVES = "moves"
    TIE = "tie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What plan is sought.

    Parameters
    ----------
    goal
        What to make least; None asks for any plan that is allowed.
    band
        Highest rank of band that anybody may have.
    at_most
        Values that other goals may not pass.
    at_least_proved
        Whether each value of `at_most` is proved to be the least that there is (given
        those before it), so that independent parts of a plan each stand at their own least.
    start
        A plan of every subject that keeps all of this, if one is known; there is one where
        `at_most` is not empty.
    gap
        Relative gap of the goal at which nothing better is sought.
    """

    goal: Goal | None
    band: int
    at_most: Mapping[Goal, int] = field(default_factory=dict)
    at_least_proved: bool = True
    start: tuple[int, ...] | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was found.

    Parameters
    ----------
    plan
        The best plan that is known, every subject's site; None if none is.
    bound
        No plan asked for has a lower value of the goal (0 if there is no goal). Our own
        search proves it in whole numbers; from a second solver it is a claim.
    complete
        Everything was searched: the plan is best, or without one none exists.
    work
        Nodes that were searched.
    """

    plan: tuple[int, ...] | None
    bound: int
    complete: bool
    work: int = 0


@dataclass(slots=True, kw_only=True)
class Effort:
    """How much a search may still do: seconds of a clock, nodes, or both.

    Parameters
    ----------
    clock
        Seconds, rising.
    deadline
        On that clock; None looks at no clock.
    work_left
        Nodes; None counts none.
    """

    clock: Callable[[], float]
    deadline: float | None
    work_left: int | None

    def spent(self, nodes: int) -> bool:
        """Count nodes; whether nothing is left."""
        if self.work_left is not None:
            self.work_left -= nodes
            if self.work_left <= 0:
                return True
        return self.deadline is not None and self.clock() >= self.deadline

    def part(self, share: float, *, nodes: int | None = None) -> Effort:
        """A share of what is left, and at most `nodes`, to be counted apart."""
        deadline, left = self.deadline, self.work_left
        if deadline is not None:
            now = self.clock()
            deadline = now + share * max(0.0, deadline - now)
        if left is not None:
            left = int(share * left)
        if nodes is not None:
            left = nodes if left is None else min(nodes, left)
        return Effort(clock=self.clock, deadline=deadline, work_left=left)


OnPlan = Callable[[tuple[int, ...]], None]
"""Told of each better plan at once, so that an interruption keeps it."""


class Backend(Protocol):
    """A search bound to one problem."""

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Answer within the effort; a better plan is told to `on_plan` when it is found."""
        ...
