"""The fewest people to move so that a plan in force keeps every rule again.

Whatever is broken names people of whom some must move: either of two rivals who live too
near, so many of an overfull site, somebody over her ceiling or enough of those who lift
her. The least set that meets all of these is a lower bound; a plan that moves no more is
proved. It nearly always exists, for most people can go elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

import numpy as np

from placement_engine.errors import InvalidProblem
from placement_engine.problem import IntArray, Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import (
    Faulted,
    Limits,
    NoSafePlacement,
    Undecided,
)
from placement_engine.solver.backends import Backend, Effort
from placement_engine.solver.conflict import explain
from placement_engine.solver.figures import Figures
from placement_engine.solver.hitting import fewest
from placement_engine.solver.levels import Climb, Climbed
from placement_engine.solver.model import Tables
from placement_engine.solver.own import OwnSearch
from placement_engine.solver.repairing import demands_of, freed, standing_costs
from placement_engine.solver.solving import ENDING_S
from placement_engine.solver.witness import Witness

BOUND_NODES = 50_000
"""Nodes for the lower bound; what it has then is still a bound."""
FIRST_SHARE = 0.3
"""Share of the time for a plan that moves just the least set; the rest looks beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """A plan that keeps every rule, and how few have to move for it.

    Parameters
    ----------
    assignment
        Site index for each subject.
    moved
        Subjects whose site is another than the current one, rising.
    lower_bound
        No plan that keeps every rule moves fewer.
    proved
        ``len(moved) == lower_bound``.
    total, total_bound
        Micro-nats of the plan, and what no plan that moves as few can stay below; 0 where
        nothing better is known, or the number of moves is not proved.
    witness
        Of this plan.
    proved_after
        Seconds until a plan and the bound met; None where they did not.
    interrupted
        Somebody stopped the search; this is the best that was found by then.
    """

    assignment: tuple[int, ...]
    moved: tuple[int, ...]
    lower_bound: int
    proved: bool
    total: int
    total_bound: int
    witness: Witness
    seconds: float
    proved_after: float | None
    interrupted: bool = False

    def __post_init__(self) -> None:
        if self.witness.assignment != self.assignment:
            raise TypeError("moves need the witness of their own plan")
        if self.lower_bound > len(self.moved) or self.total_bound > self.total:
            raise ValueError("a bound lies above its value")
        if self.proved != (self.lower_bound == len(self.moved)):
            raise ValueError("moves are proved where they meet their bound and only there")


Repair: TypeAlias = Moves | NoSafePlacement | Undecided | Faulted
"""What `fewest_moves` can answer."""


def fewest_moves(
    problem: PlacementProblem,
    current: Sequence[int] | None = None,
    *,
    limits: Limits | None = None,
    seed: int = 0,
    workers: int = 2,
    confirm: bool = True,
    total_s: float | None = None,
    clock: Callable[[], float] = monotonic,
) -> Repair:
    """The least set of subjects to move until all hard rules, ceilings and capacities hold.

    Number of moves first, then the total. Bands, move costs and preferences do not count.

    Parameters
    ----------
    problem
        Its `fixed` subjects stay whatever happens.
    current
        Site index for each subject; by default the `current` of each.
    limits
        When to stop without a proof; `gap` is not used.
    seed, workers
        Of the second solver.
    confirm
        Whether to look for the conflict that confirms that there is no plan; without it that is
        told as undecided, in less time and memory.
    total_s
        Seconds for the total once the number of moves is proved; None gives it all that is
        left, and so does a limit that looks at no clock.
    clock
        Seconds, rising.

    Raises
    ------
    InvalidProblem
        Somebody's current site is not known.

    Notes
    -----
    `NoSafePlacement` is told where no plan keeps all rules however many move.
    """
    limits = limits or Limits()
    plan = _current(problem, current)
    repair = _Repair(problem, plan, limits, seed, workers, confirm, total_s, clock)
    try:
        return repair.run()
    except KeyboardInterrupt:
        return repair.told(interrupted=True)


def _current(problem: PlacementProblem, current: Sequence[int] | None) -> tuple[int, ...]:
    given = [s.current for s in problem.subjects] if current is None else list(current)
    if len(given) != len(problem.subjects):
        raise InvalidProblem("current: must hold a site for each subject.")
    found = []
    for k, site in enumerate(given):
        here = problem.fixed.get(k, site)
        if here is None:
            raise InvalidProblem(f"subjects[{k}].current: is missing.")
        if not 0 <= here < len(problem.sites):
            raise InvalidProblem(f"subjects[{k}].current: out of range.")
        found.append(int(here))
    return tuple(found)


class _Repair:
    """One question, and the best that is known of it."""

    def __init__(
        self,
        problem: PlacementProblem,
        plan: tuple[int, ...],
        limits: Limits,
        seed: int,
        workers: int,
        confirm: bool,
        total_s: float | None,
        clock: Callable[[], float],
    ) -> None:
        self._problem = problem
        self._confirm = confirm
        self._total_s = total_s
        self._plan = plan
        self._seed = seed
        self._workers = workers
        self._clock = clock
        self._start = clock()
        deadline = None if limits.time_s is None else self._start + limits.time_s - ENDING_S
        self._effort = Effort(clock=clock, deadline=deadline, work_left=limits.max_work)
        self._part = self._effort
        self._tables: Tables = {}
        self._best: tuple[int, int, tuple[int, ...]] | None = None
        self._bound = 0
        self._total_bound = 0
        self._proved_after: float | None = None

    def run(self) -> Repair:
        problem, plan = self._problem, self._plan
        costs = standing_costs(problem, plan)
        demands = list(demands_of(problem, plan, costs))
        if not demands:
            self._keep(plan)
            self._total_bound = self._total(plan)
            return self.told()
        least = fewest(demands, spent=self._effort.part(FIRST_SHARE, nodes=BOUND_NODES).spent)
        if least is None:
            return self._none()
        self._bound = least.lower_bound
        everybody = {k for k in range(len(plan)) if k not in problem.fixed}
        ends = {k for demand in demands for k in demand.weights}
        self._try(costs, set(least.taken), share=FIRST_SHARE, whole=ends == set(least.taken))
        if ends != set(least.taken):
            # A plan that moves as few as the bound moves nobody else.
            self._try(costs, ends, share=1.0 if self._is_proved() else 0.5, whole=True)
        if not self._is_proved():
            climbed = self._try(costs, everybody, share=1.0, whole=True)
            if climbed.impossible and self._best is None:
                return self._none()
        return self.told()

    def told(self, *, interrupted: bool = False) -> Repair:
        """What is known by now, checked."""
        seconds = self._clock() - self._start
        if self._best is None:
            return Undecided(seconds=seconds, interrupted=interrupted)
        count, total, plan = self._best
        try:
            seen = witness.check(self._problem, plan)
        except witness.WitnessRefused as refused:
            return Faulted(reason=str(refused), seconds=seconds)
        if total != seen.value(Level.TOTAL):
            return Faulted(
                reason="The witness found another total than the search.", seconds=seconds
            )
        return Moves(
            assignment=plan,
            moved=tuple(k for k, site in enumerate(plan) if site != self._plan[k]),
            lower_bound=self._bound,
            proved=self._bound == count,
            total=total,
            total_bound=self._total_bound if self._bound == count else 0,
            witness=seen,
            seconds=seconds,
            proved_after=self._proved_after,
            interrupted=interrupted,
        )

    def _try(self, costs: IntArray, free: Collection[int], *, share: float, whole: bool) -> Climbed:
        """Search with only some free to move, and keep all that it finds.

        `whole` tells that every plan that moves as few as the bound is among these.
        """
        smaller, kept = freed(self._problem, self._plan, costs, free)

        def mapped(sites: tuple[int, ...]) -> tuple[int, ...]:
            plan = list(self._plan)
            for k, site in zip(kept, sites, strict=True):
                plan[k] = site
            return tuple(plan)

        def second() -> Backend:
            from placement_engine.solver.cpsat import CpSat

            return CpSat(smaller, seed=self._seed, workers=self._workers)

        self._part = part = self._effort.part(share)
        given = part.work_left or 0
        climbed = Climb(
            smaller,
            own=OwnSearch(smaller, tables=self._tables),
            second=second,
            figures=Figures(smaller),
            effort=part,
            gap=0.0,
            on_plan=lambda sites: self._keep(mapped(sites)),
        ).run()
        self._effort.spent(given - (part.work_left or 0))
        if climbed.plan is None:
            return climbed
        plan = mapped(climbed.plan)
        self._keep(plan)
        moves, total = climbed.levels
        if len(free) == len(self._plan) - len(self._problem.fixed):
            self._bound = max(self._bound, moves.lower_bound)
            self._mark()
        if whole and self._is_proved() and moves.value == self._bound:
            bound = total.lower_bound + self._total(plan) - total.value
            self._total_bound = max(self._total_bound, bound)
        return climbed

    def _keep(self, plan: tuple[int, ...]) -> None:
        count = sum(site != here for site, here in zip(plan, self._plan, strict=True))
        if self._best is not None and count > self._best[0]:
            return
        found = (count, self._total(plan), plan)
        if self._best is None or found[:2] < self._best[:2]:
            self._best = found
            self._mark()

    def _mark(self) -> None:
        if self._proved_after is None and self._is_proved():
            self._proved_after = self._clock() - self._start
            for effort in (self._effort, self._part):
                if self._total_s is not None and effort.deadline is not None:
                    effort.deadline = min(effort.deadline, self._clock() + self._total_s)

    def _is_proved(self) -> bool:
        return self._best is not None and self._best[0] == self._bound

    def _total(self, plan: tuple[int, ...]) -> int:
        unary = sum(int(s.unary[plan[k]]) for k, s in enumerate(self._problem.subjects))
        return unary + int(np.maximum(standing_costs(self._problem, plan), 0).sum())

    def _none(self) -> Repair:
        """Why no plan keeps all rules, if that can be confirmed."""
        if not self._confirm:
            return Undecided(seconds=self._clock() - self._start)
        self._tables.clear()  # hundreds of megabytes, of which a conflict uses other ones
        conflict = explain(
            self._problem, effort=self._effort, seed=self._seed, workers=self._workers
        )
        seconds = self._clock() - self._start
        if conflict is None:
            return Undecided(seconds=seconds)
        return NoSafePlacement(conflict=conflict, seconds=seconds)
