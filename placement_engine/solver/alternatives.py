"""Other plans that differ in kind from the best, each with how near to it it is proved to be.

`choices` leaves everybody else where the plan has them; here all others may be placed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from placement_engine.problem import IntArray, Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import Limits, NoSafePlacement, Proposed
from placement_engine.solver.choices import rank_sites
from placement_engine.solver.model import BoolArray
from placement_engine.solver.solving import solve
from placement_engine.solver.witness import Witness

SHOWN = "shown"
"""Reason code of sites that are like one that was shown already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativePlan:
    """A plan in which some subject lives apart from where all plans before it have her.

    Parameters
    ----------
    assignment
        Site index for each subject.
    subject
        Who lives apart.
    total
        Micro-nats.
    lower_bound
        No plan that differs so from those before it has a lower total, among plans no
        worse at the levels before `total`.
    within
        Micro-nats: the total is proved to lie at most this far above the least that there
        is for plans as good as the best at the levels before.
    witness
        Of this plan.
    """

    assignment: tuple[int, ...]
    subject: int
    total: int
    lower_bound: int
    within: int
    witness: Witness

    @property
    def proved(self) -> bool:
        """Whether it is the best of those that differ so."""
        return self.total == self.lower_bound


def alternatives(
    problem: PlacementProblem,
    proposed: Proposed,
    *,
    count: int,
    apart_m: int,
    region: Sequence[int] | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    workers: int = 2,
    clock: Callable[[], float] = monotonic,
) -> tuple[AlternativePlan, ...]:
    """The best plans that differ in kind from the proposed one and from each other.

    Parameters
    ----------
    count
        How many at the most.
    apart_m
        Metres of `distance_m` that somebody's site must lie from hers in every plan before;
        0 asks for another site.
    region
        M labels; with these somebody must live in another region too.
    limits
        For all together.

    Returns
    -------
    In the order of the levels, as far as they are proved; fewer where there are no more or
    the limits were reached.
    """
    limits = limits or Limits()
    deadline = None if limits.time_s is None else clock() + limits.time_s
    like = _alike(problem, apart_m, region)
    plans = [proposed.assignment]
    found: list[AlternativePlan] = []
    work = limits.max_work
    for number in range(count):
        left = None if deadline is None else (deadline - clock()) / (count - number)
        part = Limits(time_s=left, max_work=None if work is None else work // count, gap=limits.gap)
        best = _next(problem, proposed, plans, like, part, seed, workers, clock)
        if best is None:
            break
        plans.append(best.assignment)
        found.append(best)
    return tuple(found)


def _alike(problem: PlacementProblem, apart_m: int, region: Sequence[int] | None) -> BoolArray:
    """M × M truth values: sites that do not differ in kind."""
    alike: BoolArray = problem.distance_m < apart_m
    if region is not None:
        labels = np.asarray(region)
        alike |= labels[:, None] == labels[None]
    alike |= np.eye(len(problem.sites), dtype=np.bool_)
    return alike


def _next(
    problem: PlacementProblem,
    proposed: Proposed,
    plans: Sequence[tuple[int, ...]],
    like: BoolArray,
    limits: Limits,
    seed: int,
    workers: int,
    clock: Callable[[], float],
) -> AlternativePlan | None:
    deadline = None if limits.time_s is None else clock() + limits.time_s
    asked: list[tuple[int, BoolArray, tuple[int, ...] | None, int | None]] = []
    bounds: list[int] = []
    for k in range(len(problem.subjects)):
        if asked and deadline is not None and clock() >= deadline:
            bounds.append(0)  # nothing is known of those who are not looked at
            break
        if k not in problem.fixed:
            apart = ~np.logical_or.reduce([like[plan[k]] for plan in plans])
            apart[list(problem.subjects[k].forbidden)] = False
            if apart.any():
                asked.append((k, apart, *_staying(problem, proposed, k, apart)))
    # Where the others can stay is looked at first: it is often best, and always something.
    asked.sort(key=lambda one: (one[2] is None, one[2] or (), one[0]))
    best: tuple[tuple[int, ...], int, tuple[int, ...]] | None = None
    # No search is begun that could not even come to its first plan.
    setup = proposed.trajectory[0][0] if proposed.trajectory else 0.0
    for number, (k, apart, staying, site) in enumerate(asked):
        if staying is not None:
            assert site is not None
            moved = (*proposed.assignment[:k], site, *proposed.assignment[k + 1 :])
            best = min(best or (staying, k, moved), (staying, k, moved))
        left = None if deadline is None else (deadline - clock()) / (len(asked) - number)
        if left is not None and left <= setup:
            bounds.append(0)
            continue
        work = None if limits.max_work is None else limits.max_work // len(asked)
        answer = solve(
            _only(problem, k, apart),
            limits=Limits(time_s=left, max_work=work, gap=limits.gap),
            seed=seed,
            workers=workers,
            clock=clock,
        )
        if left is not None:
            setup = max(setup, answer.seconds - left)
        if isinstance(answer, NoSafePlacement):
            continue
        bounds.append(answer.lower_bound if isinstance(answer, Proposed) else 0)
        if isinstance(answer, Proposed):
            found = (tuple(level.value for level in answer.levels), k, answer.assignment)
            best = min(best or found, found)
    if best is None:
        return None
    _, k, plan = best
    seen = witness.check(problem, plan)
    total = seen.value(Level.TOTAL)
    least = max(min(bounds, default=0), 0)
    return AlternativePlan(
        assignment=plan,
        subject=k,
        total=total,
        lower_bound=min(total, max(least, _floor(problem, proposed, seen))),
        within=max(0, total - proposed.lower_bound),
        witness=seen,
    )


def _floor(problem: PlacementProblem, proposed: Proposed, seen: Witness) -> int:
    """The bound of the best plan, for one as good as it at the levels before the total."""
    for level in problem.lexicographic:
        if level is Level.TOTAL:
            return proposed.lower_bound
        if seen.value(level) != proposed.witness.value(level):
            return 0
    return 0


def _staying(
    problem: PlacementProblem, proposed: Proposed, k: int, apart: BoolArray
) -> tuple[tuple[int, ...] | None, int | None]:
    """Levels of the best plan in which only one subject lives apart, and her site there."""
    totals: IntArray = rank_sites(problem, k, proposed.assignment)
    open_sites = np.flatnonzero(apart & (totals >= 0))
    if not len(open_sites):
        return None, None
    site = int(open_sites[np.argmin(totals[open_sites])])
    plan = (*proposed.assignment[:k], site, *proposed.assignment[k + 1 :])
    seen = witness.check(problem, plan)
    return tuple(seen.value(level) for level in problem.lexicographic), site


def _only(problem: PlacementProblem, k: int, apart: BoolArray) -> PlacementProblem:
    """The problem in which one subject lives at one of these sites."""
    subject = problem.subjects[k]
    forbidden = dict(subject.forbidden)
    for site in np.flatnonzero(~apart).tolist():
        forbidden[site] = (*forbidden.get(site, ()), SHOWN)
    changed = replace(subject, forbidden=forbidden)
    return replace(problem, subjects=(*problem.subjects[:k], changed, *problem.subjects[k + 1 :]))
