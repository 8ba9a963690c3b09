"""The witness: a second look at a plan that shares nothing with the search.

It sees the problem and the plan and nothing else: the problem's own definitions over its own
columns, no line of which the search shares and no presolve, so that a fault in the search
cannot hide in it. The tests hold it against plain loops, one subject and one pair at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    micronats,
    micronats_array,
)


class WitnessRefused(Exception):  # never leaves the solver: it becomes `Faulted`
    """The plan breaks a rule of the problem; the message names rules, nobody and no place."""


@dataclass(frozen=True, slots=True, init=False)
class Witness:
    """Record that a plan was checked. Building one *is* the check.

    Parameters
    ----------
    problem, assignment
        The plan as a site index for each subject of the problem.

    Attributes
    ----------
    assignment
        The plan that was checked.
    shares
        Own share of each subject in micro-nats: unary plus the full cost of her pairs.
    values
        Value of each level, worst band as its rank 0 to 2.

    Raises
    ------
    WitnessRefused
        The plan breaks a rule; such a witness does not come into being.
    """

    assignment: tuple[int, ...]
    shares: tuple[int, ...]
    values: tuple[tuple[Level, int], ...]

    def __init__(self, problem: PlacementProblem, assignment: Sequence[int]) -> None:
        plan = tuple(assignment)
        if not _has_shape(problem, plan):
            raise WitnessRefused("The plan breaks: shape.")
        stand = _Stand(problem, plan)
        broken = sorted({rule for rule, _ in _broken(problem, plan, stand)})
        if broken:
            raise WitnessRefused(f"The plan breaks: {', '.join(broken)}.")
        shares = tuple(stand.shares().tolist())
        values = (
            (Level.WORST_BAND, problem.band(max(shares)).rank),
            (Level.TOTAL, stand.total()),
            (Level.MOVES, moves(problem, plan)),
        )
        object.__setattr__(self, "assignment", plan)
        object.__setattr__(self, "shares", shares)
        object.__setattr__(self, "values", values)

    def value(self, level: Level) -> int:
        """The plan's value at a level."""
        return dict(self.values)[level]


def check(problem: PlacementProblem, assignment: Sequence[int]) -> Witness:
    """Check a plan; see `Witness`."""
    return Witness(problem, assignment)


def violations(
    problem: PlacementProblem, plan: Sequence[int]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every rule that a plan breaks, with the subjects that it binds.

    Yields
    ------
    rule, subjects
        ``shape`` and ``fixed``; the reason codes of forbidden sites; ``separation``;
        ``capacity``; ``ceiling``.
    """
    if _has_shape(problem, plan):
        yield from _broken(problem, plan, _Stand(problem, plan))
    else:
        yield "shape", ()


def _has_shape(problem: PlacementProblem, plan: Sequence[int]) -> bool:
    """Whether a plan names a site for each subject."""
    return (
        len(plan) == len(problem.subjects)
        and set(map(type, plan)) <= {int}
        and min(plan) >= 0
        and max(plan) < len(problem.sites)
    )


def _broken(
    problem: PlacementProblem, plan: Sequence[int], stand: _Stand
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """`violations` of a plan that names a site for each subject."""
    subjects, pairs, sites = problem.subject_columns, problem.pair_columns, stand.sites
    for k in subjects.fixed[stand.strayed].tolist():
        yield "fixed", (k,)
    for k in subjects.forbids.tolist():
        for reason in problem.subjects[k].forbidden.get(plan[k], ()):
            yield reason, (k,)
    for i in np.flatnonzero(stand.apart).tolist():
        yield "separation", (int(pairs.a[i]), int(pairs.b[i]))
    used = np.zeros(len(problem.sites), dtype=np.int64)
    np.add.at(used, sites, subjects.demand)
    # What has no limit is the largest number there is, which demands cannot come to.
    crowded = np.flatnonzero(used > problem.capacity)
    users = (np.flatnonzero(sites == site).tolist() for site in crowded)
    for there in sorted(users):
        yield "capacity", tuple(there)
    over = (subjects.ceiling >= 0) & (stand.shares() > subjects.ceiling)
    for k in np.flatnonzero(over).tolist():
        yield "ceiling", (k,)


def pair_cost(problem: PlacementProblem, pair: ProblemPair, at_a: int, at_b: int) -> int | None:
    """Micro-nats of one pair at two sites, None where the two may not stand there."""
    if pair.table is not None:
        entry = int(problem.tables[pair.table][at_a, at_b])
        return None if entry == FORBIDDEN else entry
    near = int(problem.distance_m[at_a, at_b]) < pair.separation_m
    if near and pair.penalty is None:
        return None
    exposure = int(problem.exposure_ppm[at_a, at_b]) / PPM
    hostile = micronats(pair.hostility_ppm / PPM * exposure)
    reunited = micronats(pair.reunion_ppm / PPM * exposure)
    return hostile + reunited + ((pair.penalty or 0) if near else 0)


class _Stand:
    """What everybody, and each pair, comes to where a plan puts them.

    Attributes
    ----------
    sites
        K sites.
    strayed
        Which of the fixed subjects are not at their site.
    unary
        K micro-nats.
    pairs
        P micro-nats, 0 for a pair that may not stand so.
    apart
        Which those are: P truth values.
    """

    __slots__ = ("_problem", "apart", "pairs", "sites", "strayed", "unary")

    def __init__(self, problem: PlacementProblem, plan: Sequence[int]) -> None:
        self._problem = problem
        self.sites = np.array(plan, dtype=np.int64)
        subjects = problem.subject_columns
        self.strayed = self.sites[subjects.fixed] != subjects.site
        self.unary = np.zeros(len(self.sites), dtype=np.int64)
        self.unary[subjects.fixed] = subjects.unary
        for k in [*subjects.moving.tolist(), *subjects.fixed[self.strayed].tolist()]:
            self.unary[k] = problem.subjects[k].unary[plan[k]]
        self.pairs, self.apart = self._between()

    def _between(self) -> tuple[IntArray, NDArray[np.bool_]]:
        problem, pairs = self._problem, self._problem.pair_columns
        at_a, at_b = self.sites[pairs.a], self.sites[pairs.b]
        exposure = problem.exposure_ppm[at_a, at_b] / PPM
        cost = micronats_array(pairs.hostility / PPM * exposure)
        cost += micronats_array(pairs.reunion / PPM * exposure)
        near = problem.distance_m[at_a, at_b] < pairs.separation
        refused = near & (pairs.penalty < 0)
        cost += np.where(near, pairs.penalty, 0)
        for i in pairs.tabled.tolist():
            name = problem.pairs[i].table
            assert name is not None
            cost[i] = problem.tables[name][at_a[i], at_b[i]]
            refused[i] = cost[i] == FORBIDDEN
        cost[refused] = 0
        return cost, refused

    def shares(self) -> IntArray:
        """Unary cost plus the full cost of each own pair, for each subject."""
        found: IntArray = self.unary.copy()
        np.add.at(found, self._problem.pair_columns.a, self.pairs)
        np.add.at(found, self._problem.pair_columns.b, self.pairs)
        return found

    def total(self) -> int:
        """Unary and pair costs, each pair once."""
        return int(self.unary.sum()) + int(self.pairs.sum())


def own_shares(problem: PlacementProblem, plan: Sequence[int]) -> tuple[int, ...]:
    """Unary cost plus the full cost of each own pair, for each subject.

    A pair that may not stand there counts nothing; `violations` tells of it.
    """
    return tuple(_Stand(problem, plan).shares().tolist())


def total(problem: PlacementProblem, plan: Sequence[int]) -> int:
    """Unary and pair costs of a plan, each pair once."""
    return _Stand(problem, plan).total()


def moves(problem: PlacementProblem, plan: Sequence[int]) -> int:
    """Move costs of those who leave their current site, and preferences."""
    subjects = problem.subject_columns
    left = (subjects.current >= 0) & (subjects.current != np.array(plan, dtype=np.int64))
    value = int(subjects.move_cost[left].sum())
    for k in subjects.prefers.tolist():
        preference = problem.subjects[k].preference
        assert preference is not None
        value += int(preference[plan[k]])
    return value
