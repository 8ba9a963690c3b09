"""`solve`: from a problem to one of the four answers."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from placement_engine.problem import Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import (
    Answer,
    Faulted,
    LevelValue,
    Limits,
    NoSafePlacement,
    Proposed,
    Undecided,
)
from placement_engine.solver.backends import Backend, Effort
from placement_engine.solver.clauses import PAIR_CLASSES_PPM
from placement_engine.solver.conflict import explain
from placement_engine.solver.figures import Figures
from placement_engine.solver.levels import Climb, Climbed
from placement_engine.solver.own import OwnSearch

if TYPE_CHECKING:
    from placement_engine.solver.large import LargeSearch

ENDING_S = 0.05
"""Kept from the time limit for checking and handing over the answer."""
ENDING_PAIR_S = ENDING_SUBJECT_S = 3e-6
"""Kept besides for each pair and subject that the witness looks at."""
COMPILING_S = 120.0
"""Below this limit of time nothing is compiled."""
MANY = 24
"""Above so many movers the search for large problems takes over."""


def solve(
    problem: PlacementProblem,
    *,
    limits: Limits | None = None,
    seed: int = 0,
    workers: int = 2,
    clock: Callable[[], float] = monotonic,
    rule_order: tuple[str, ...] = (),
    pair_classes_ppm: tuple[int, int] = PAIR_CLASSES_PPM,
) -> Answer:
    """Find the best plan and prove it, or the reason why there is none.

    Parameters
    ----------
    problem
        What to solve.
    limits
        When to stop without a proof.
    seed, workers
        Of the second solver. A proved answer is the same whatever they are.
    clock
        Seconds, rising.
    rule_order
        Rules that a conflict is sought among first, most important first.
    pair_classes_ppm
        Hostility from which a separation's class is medium and high.

    Returns
    -------
    An interruption (`KeyboardInterrupt`) during the search is answered with the best plan
    found by then, or `Undecided`, marked as interrupted.
    """
    limits = limits or Limits()
    start = clock()
    figures = Figures(problem)
    ending = (
        ENDING_S + ENDING_PAIR_S * len(problem.pairs) + ENDING_SUBJECT_S * len(problem.subjects)
    )
    deadline = None if limits.time_s is None else start + limits.time_s - ending
    effort = Effort(clock=clock, deadline=deadline, work_left=limits.max_work)
    best: list[tuple[int, ...]] = []
    trajectory: list[tuple[float, int]] = []

    def keep(plan: tuple[int, ...]) -> None:
        if not best:
            witness.check(problem, plan)
        best[:] = [plan]
        value = figures.total(plan)
        if not trajectory or value < trajectory[-1][1]:
            trajectory.append((clock() - start, value))

    large: LargeSearch | None = None
    try:
        large = _large(problem, limits, seed, workers)
        climbed = _climb(problem, large, limits, seed, workers, effort, keep, figures)
        if climbed.plan is None and climbed.impossible:
            conflict = explain(
                problem,
                effort=effort,
                seed=seed,
                workers=workers,
                rule_order=rule_order,
                pair_classes_ppm=pair_classes_ppm,
            )
            if conflict is not None:
                return NoSafePlacement(conflict=conflict, seconds=clock() - start)
    except witness.WitnessRefused as refused:
        return Faulted(reason=str(refused), seconds=clock() - start)
    except KeyboardInterrupt:
        if not best:
            return Undecided(seconds=clock() - start, interrupted=True)
        climbed = _unproved(problem, best[-1], large)
        return _told(problem, climbed, tuple(trajectory), clock() - start, interrupted=True)
    if climbed.plan is None:
        return Undecided(seconds=clock() - start)
    return _told(problem, climbed, tuple(trajectory), clock() - start, interrupted=False)


def _climb(
    problem: PlacementProblem,
    large: LargeSearch | None,
    limits: Limits,
    seed: int,
    workers: int,
    effort: Effort,
    keep: Callable[[tuple[int, ...]], None],
    figures: Figures,
) -> Climbed:
    def second() -> Backend:
        from placement_engine.solver.exact import SecondSolvers

        return SecondSolvers(problem, seed=seed, workers=workers)

    return Climb(
        problem,
        own=large or OwnSearch(problem),
        second=None if large is not None else second,
        figures=figures,
        effort=effort,
        gap=limits.gap,
        on_plan=keep,
    ).run()


def _large(
    problem: PlacementProblem, limits: Limits, seed: int, workers: int
) -> LargeSearch | None:
    """The search for large problems, where this is one and its costs are not too large.

    Kernels that would have to be compiled first are left alone where time is short.
    """
    if len(problem.subjects) - len(problem.fixed) <= MANY:
        return None
    from placement_engine.solver.large import is_warm, large_search

    if limits.time_s is not None and limits.time_s < COMPILING_S and not is_warm():
        return None

    return large_search(problem, seed=seed, workers=workers)


def _unproved(
    problem: PlacementProblem, plan: tuple[int, ...], large: LargeSearch | None
) -> Climbed:
    """What can be said of the best plan of an interrupted search."""
    seen = witness.check(problem, plan)
    bound = 0
    if problem.lexicographic[0] is Level.TOTAL and large is not None:
        bound = min(large.bound, seen.value(Level.TOTAL))
    levels = tuple(
        LevelValue(
            name=level,
            value=seen.value(level),
            lower_bound=bound if level is Level.TOTAL else 0,
            proved=seen.value(level) == (bound if level is Level.TOTAL else 0),
        )
        for level in problem.lexicographic
    )
    return Climbed(plan=plan, levels=levels, total_bound=bound, settled=False, impossible=False)


def _told(
    problem: PlacementProblem,
    climbed: Climbed,
    trajectory: tuple[tuple[float, int], ...],
    seconds: float,
    *,
    interrupted: bool,
) -> Answer:
    """A plan becomes an answer only if the witness agrees with all that is said of it."""
    assert climbed.plan is not None
    try:
        seen = witness.check(problem, climbed.plan)
    except witness.WitnessRefused as refused:
        return Faulted(reason=str(refused), seconds=seconds)
    if any(level.value != seen.value(level.name) for level in climbed.levels):
        return Faulted(reason="The witness found other values than the search.", seconds=seconds)
    return Proposed(
        assignment=climbed.plan,
        levels=climbed.levels,
        objective=seen.value(Level.TOTAL),
        lower_bound=climbed.total_bound,
        proved_optimal=climbed.settled,
        witness=seen,
        trajectory=trajectory,
        seconds=seconds,
        interrupted=interrupted,
    )
