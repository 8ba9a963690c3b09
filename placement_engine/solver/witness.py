"""The witness: a second look at a plan that shares nothing with the search.

It sees the problem and the plan and nothing else. Plain loops over the problem's own
definitions, one subject and one pair at a time; no array code and no presolve, so that a
fault in the search cannot hide in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    UNLIMITED,
    Level,
    PlacementProblem,
    ProblemPair,
    micronats,
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
        broken = sorted({rule for rule, _ in violations(problem, plan)})
        if broken:
            raise WitnessRefused(f"The plan breaks: {', '.join(broken)}.")
        shares = own_shares(problem, plan)
        values = (
            (Level.WORST_BAND, problem.band(max(shares)).rank),
            (Level.TOTAL, total(problem, plan)),
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
    if len(plan) != len(problem.subjects):
        yield "shape", ()
        return
    if not all(type(site) is int and 0 <= site < len(problem.sites) for site in plan):
        yield "shape", ()
        return
    for k, site in problem.fixed.items():
        if plan[k] != site:
            yield "fixed", (k,)
    for k, subject in enumerate(problem.subjects):
        for reason in subject.forbidden.get(plan[k], ()):
            yield reason, (k,)
    for pair in problem.pairs:
        if pair_cost(problem, pair, plan[pair.a], plan[pair.b]) is None:
            yield "separation", (pair.a, pair.b)
    users: dict[int, list[int]] = defaultdict(list)
    for k, site in enumerate(plan):
        users[site].append(k)
    for site, there in users.items():
        free = int(problem.capacity[site])
        if free != UNLIMITED and sum(problem.subjects[k].demand for k in there) > free:
            yield "capacity", tuple(there)
    for k, share in enumerate(own_shares(problem, plan)):
        ceiling = problem.subjects[k].ceiling
        if ceiling is not None and share > ceiling:
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


def own_shares(problem: PlacementProblem, plan: Sequence[int]) -> tuple[int, ...]:
    """Unary cost plus the full cost of each own pair, for each subject.

    A pair that may not stand there counts nothing; `violations` tells of it.
    """
    shares = [int(subject.unary[plan[k]]) for k, subject in enumerate(problem.subjects)]
    for pair in problem.pairs:
        cost = pair_cost(problem, pair, plan[pair.a], plan[pair.b]) or 0
        shares[pair.a] += cost
        shares[pair.b] += cost
    return tuple(shares)


def total(problem: PlacementProblem, plan: Sequence[int]) -> int:
    """Unary and pair costs of a plan, each pair once."""
    unary = sum(int(subject.unary[plan[k]]) for k, subject in enumerate(problem.subjects))
    return unary + sum(
        pair_cost(problem, pair, plan[pair.a], plan[pair.b]) or 0 for pair in problem.pairs
    )


def moves(problem: PlacementProblem, plan: Sequence[int]) -> int:
    """Move costs of those who leave their current site, and preferences."""
    value = 0
    for k, subject in enumerate(problem.subjects):
        if subject.current is not None and plan[k] != subject.current:
            value += subject.move_cost
        if subject.preference is not None:
            value += int(subject.preference[plan[k]])
    return value
