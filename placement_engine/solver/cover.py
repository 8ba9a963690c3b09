"""With one person to place, a conflict is a set of rules that together cover every site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from placement_engine.problem import FORBIDDEN, UNLIMITED, PlacementProblem, ProblemPair
from placement_engine.solver.clauses import Clause, Kind, relaxed
from placement_engine.solver.model import BoolArray, compile_model


def blocked_sites(
    problem: PlacementProblem, clauses: Sequence[Clause]
) -> Mapping[Clause, BoolArray]:
    """For each clause alone, the sites that it takes from the one mover.

    Parameters
    ----------
    problem
        With one mover, or none.

    Returns
    -------
    M truth values a clause, all True where it is broken by those who are fixed already.
    """
    mover = next((k for k in range(len(problem.subjects)) if k not in problem.fixed), None)
    over = _over_ceiling(problem, [c for c in clauses if c.kind is Kind.CEILING], mover)
    pairs = {(pair.a, pair.b): pair for pair in problem.pairs}
    blocked: dict[Clause, BoolArray] = {}
    for clause in clauses:
        subjects = clause.member.subjects
        if clause.kind is Kind.REASON:
            forbidden = problem.subjects[subjects[0]].forbidden
            sites = np.zeros(len(problem.sites), dtype=np.bool_)
            sites[[site for site, codes in forbidden.items() if clause.member.rule in codes]] = True
            blocked[clause] = _seen_by(problem, sites, mover, subjects[0])
        elif clause.kind is Kind.SEPARATION:
            a, b = subjects
            near = _near(problem, pairs[a, b])
            one, other = (a, b) if b in problem.fixed else (b, a)
            column = near[:, problem.fixed[other]] if other == b else near[problem.fixed[other]]
            blocked[clause] = _seen_by(problem, column, mover, one)
        elif clause.kind is Kind.CAPACITY:
            blocked[clause] = _full(problem, mover, subjects)
        else:
            blocked[clause] = over[subjects[0]]
    return blocked


def _seen_by(
    problem: PlacementProblem, sites: BoolArray, mover: int | None, subject: int
) -> BoolArray:
    """What closes these sites to a subject, as the mover sees it: all or nothing if fixed."""
    if subject == mover:
        return sites
    return np.full(len(sites), bool(sites[problem.fixed[subject]]))


def _near(problem: PlacementProblem, pair: ProblemPair) -> BoolArray:
    """M × M truth values, rows for `a`: where a pair may not stand."""
    near: BoolArray = problem.distance_m < pair.separation_m
    if pair.table is not None:
        near = problem.tables[pair.table] == FORBIDDEN
    return near


def _full(problem: PlacementProblem, mover: int | None, takers: Sequence[int]) -> BoolArray:
    free = problem.capacity.copy()
    for k in takers:
        site = problem.fixed.get(k)
        if site is not None and free[site] != UNLIMITED:
            free[site] -= problem.subjects[k].demand
    if (free < 0).any():
        return np.ones(len(free), dtype=np.bool_)
    taken = problem.subjects[mover].demand if mover in takers and mover is not None else 0
    full: BoolArray = free < taken
    return full


def _over_ceiling(
    problem: PlacementProblem, ceilings: Sequence[Clause], mover: int | None
) -> dict[int, BoolArray]:
    """For each subject with a ceiling, the mover's sites at which she is over it."""
    if not ceilings:
        return {}
    bound = relaxed(problem, ceilings)
    costs = compile_model(bound)
    at = {row.subject: row.base + row.cost[0] for row in costs.rows}
    if mover is not None:
        at[mover] = costs.total[0]
    found = {}
    for k in (clause.member.subjects[0] for clause in ceilings):
        share = at[k] if k in at else np.full(len(problem.sites), costs.shares[k], dtype=np.int64)
        ceiling = problem.subjects[k].ceiling
        assert ceiling is not None
        found[k] = share > ceiling
    return found
