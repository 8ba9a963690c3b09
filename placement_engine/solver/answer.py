"""What the solver can answer: four endings, each of which carries its own evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from placement_engine.problem import Level
from placement_engine.solver.witness import Witness
from placement_engine.vocabulary import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a search may stop before it has proved its answer.

    Parameters
    ----------
    time_s
        Seconds of the clock that `solve` is given; None does not look at the clock.
    max_work
        Search nodes; with this alone the answer is the same on any machine.
    gap
        Relative gap of `total` at which the search is content.
    """

    time_s: float | None = 10.0
    max_work: int | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelValue:
    """One level of a plan: its value and the least that any plan could have.

    The bound holds for plans that are no worse at the levels before it. It is `proved`
    where the two meet.
    """

    name: Level
    value: int
    lower_bound: int
    proved: bool

    def __post_init__(self) -> None:
        if self.lower_bound > self.value or self.proved != (self.lower_bound == self.value):
            raise ValueError("a bound must lie at or below its value and prove it only there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A plan that the witness has checked, whether or not it is proved to be the best.

    Parameters
    ----------
    assignment
        Site index for each subject of the problem, fixed ones too.
    levels
        In the order of the problem.
    objective, lower_bound
        Those of `total`, in micro-nats.
    proved_optimal
        Every level, and the choice between equals, is proved by an exhausted search with
        integer bounds; the answer is then the same at any number of workers.
    witness
        Made by `witness.check` from the problem and this very plan.
    trajectory
        Seconds and `total` of each better plan on the way.
    interrupted
        Somebody stopped the search; this is the best that was found by then.
    """

    assignment: tuple[int, ...]
    levels: tuple[LevelValue, ...]
    objective: int
    lower_bound: int
    proved_optimal: bool
    witness: Witness
    trajectory: tuple[tuple[float, int], ...]
    seconds: float
    interrupted: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.witness, Witness) or self.witness.assignment != self.assignment:
            raise TypeError("a proposal needs the witness of its own plan")
        if any(level.value != self.witness.value(level.name) for level in self.levels):
            raise ValueError("a level does not have the value that the witness found")
        if self.objective != self.witness.value(Level.TOTAL) or self.lower_bound > self.objective:
            raise ValueError("the objective is not the total that the witness found")
        if self.proved_optimal and not all(level.proved for level in self.levels):
            raise ValueError("a plan is not proved while one of its levels is not")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictMember:
    """One rule as it binds certain subjects, by index.

    Parameters
    ----------
    rule
        A reason code of forbidden sites, ``separation``, ``capacity`` or ``ceiling``.
    pair_class
        Class of the hostility behind a separation, where the pair has one.
    """

    rule: str
    subjects: tuple[int, ...]
    pair_class: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSafePlacement:
    """No plan exists: the conflict alone is impossible, without any one member it is possible.

    Two methods agreed on the first, a witnessed plan shows each of the second. Other
    conflicts may remain.
    """

    conflict: tuple[ConflictMember, ...]
    seconds: float

    def __post_init__(self) -> None:
        if not self.conflict:
            raise ValueError("no safe placement needs its conflict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Neither a plan nor a confirmed conflict was found within the limits."""

    seconds: float
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulted:
    """Our own parts contradict each other; nothing they say may be used."""

    reason: str
    seconds: float


Answer: TypeAlias = Proposed | NoSafePlacement | Undecided | Faulted
"""Matched exhaustively by whoever tells it to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One site for one subject, the others staying at the plan.

    Parameters
    ----------
    site
        Site index.
    delta
        What the plan's total gains by it, in micro-nats.
    share
        The subject's own share there, in micro-nats.
    """

    site: int
    delta: int
    share: int
    witness: Witness
