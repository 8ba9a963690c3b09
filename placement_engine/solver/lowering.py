"""Rules that are lowered by steps: what a plan would need lowered, and what that lets in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from placement_engine.problem import FORBIDDEN, UNLIMITED, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.clauses import Clause, Kind
from placement_engine.solver.witness import Witness

Lift = tuple[Kind, str, tuple[int, ...]]
"""A rule as it binds certain subjects, as something that steps can be counted of."""

MOST_PLACES = UNLIMITED // 2
"""More than anybody can take; some steps above it still fit an int64."""
CAPACITY: Lift = (Kind.CAPACITY, "capacity", ())
"""Capacity is one rule, whomever a conflict names; a step of it is one place more."""


def lowered(
    problem: PlacementProblem,
    lifts: Mapping[Lift, int],
    ladder: Sequence[int],
    most: Mapping[int, int] = MappingProxyType({}),
) -> PlacementProblem:
    """A problem with some of its rules lowered by so many steps.

    Every site gets the places by which capacity is lowered, so that a plan may take more of
    them in all; see `places_over`.

    Parameters
    ----------
    ladder
        Separations in metres, falling; each step lowers to the next that is shorter.
    most
        Most places more at some sites.
    """
    places = np.full(len(problem.sites), lifts.get(CAPACITY, 0), dtype=np.int64)
    for site, few in most.items():
        places[site] = min(int(places[site]), few)
    limited = problem.capacity != UNLIMITED
    tables = dict(problem.tables)
    pairs = []
    for pair in problem.pairs:
        steps = lifts.get((Kind.SEPARATION, "separation", (pair.a, pair.b)), 0)
        if steps and pair.table is not None:
            name = f"{pair.table} lowered"
            tables[name] = np.maximum(problem.tables[pair.table], FORBIDDEN + 1)
            pairs.append(replace(pair, table=name))
        elif steps:
            down = rungs(pair.separation_m, ladder)
            pairs.append(replace(pair, separation_m=down[min(steps, len(down)) - 1]))
        else:
            pairs.append(pair)
    subjects = []
    for k, subject in enumerate(problem.subjects):
        codes = {rule for kind, rule, of in lifts if kind is Kind.REASON and of == (k,)}
        forbidden = {
            site: kept
            for site, reasons in subject.forbidden.items()
            if (kept := tuple(reason for reason in reasons if reason not in codes))
        }
        free = (Kind.CEILING, "ceiling", (k,)) in lifts
        subjects.append(
            replace(subject, forbidden=forbidden, ceiling=None if free else subject.ceiling)
        )
    return replace(
        problem,
        capacity=np.where(
            limited, np.minimum(problem.capacity, MOST_PLACES) + places, problem.capacity
        ),
        pairs=tuple(pairs),
        tables=tables,
        subjects=tuple(subjects),
    )


def lift_of(clause: Clause) -> Lift:
    """What is lowered where a clause is."""
    if clause.kind is Kind.CAPACITY:
        return CAPACITY
    return clause.kind, clause.member.rule, clause.member.subjects


def broken(
    problem: PlacementProblem, plan: Sequence[int], ladder: Sequence[int]
) -> Iterator[tuple[Lift, int]]:
    """What a plan would need lowered, and by how many steps; ceilings are not looked at."""
    for k, site in enumerate(plan):
        for reason in problem.subjects[k].forbidden.get(site, ()):
            yield (Kind.REASON, reason, (k,)), 1
    for pair in problem.pairs:
        if witness.pair_cost(problem, pair, plan[pair.a], plan[pair.b]) is None:
            metres = int(problem.distance_m[plan[pair.a], plan[pair.b]])
            steps = [0] if pair.table is not None else rungs(pair.separation_m, ladder)
            reached = next(i for i, rung in enumerate(steps) if rung <= metres)
            yield (Kind.SEPARATION, "separation", (pair.a, pair.b)), reached + 1
    over = sum(places_over(problem, plan).values())
    if over:
        yield CAPACITY, over


def places_over(problem: PlacementProblem, plan: Sequence[int]) -> dict[int, int]:
    """How many places a plan takes beyond the capacity, by site; only where it does."""
    over = {}
    for site in sorted(set(plan)):
        free = int(problem.capacity[site])
        there = sum(problem.subjects[k].demand for k, s in enumerate(plan) if s == site)
        if free != UNLIMITED and there > free:
            over[site] = there - free
    return over


def rungs(metres: int, ladder: Sequence[int]) -> list[int]:
    """The separations that a longer one is lowered to, step by step."""
    return [*(rung for rung in ladder if 0 < rung < metres), 0]


def let_in(problem: PlacementProblem, lifts: Mapping[Lift, int], seen: Witness) -> int:
    """Micro-nats that lowered rules let in at a plan; see `Relaxation`."""
    plan = seen.assignment
    pairs = {(pair.a, pair.b): pair for pair in problem.pairs}
    added = 0
    for k in {subjects[0] for kind, _, subjects in lifts if kind is Kind.REASON}:
        unary = problem.subjects[k].unary
        added += int(unary[plan[k]]) - int(unary.min())
    for kind, _, subjects in lifts:
        if kind is Kind.SEPARATION:
            pair = pairs[subjects[0], subjects[1]]
            if pair.table is None:
                near = replace(pair, separation_m=0)
                added += witness.pair_cost(problem, near, plan[pair.a], plan[pair.b]) or 0
        elif kind is Kind.CEILING:
            ceiling = problem.subjects[subjects[0]].ceiling
            assert ceiling is not None
            added += seen.shares[subjects[0]] - ceiling
    return added
