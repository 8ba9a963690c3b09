"""Rules as they bind subjects, and the problem in which only some of them hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from placement_engine.problem import (
    FORBIDDEN,
    UNLIMITED,
    IntArray,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.solver.answer import ConflictMember
from placement_engine.vocabulary import Band

PAIR_CLASSES_PPM = (50_000, 150_000)
"""Hostility from which a pair is medium and high, as the default policy has it."""


class Kind(IntEnum):
    """What kind of rule a clause is; a reason code may have the name of another kind."""

    REASON = 0
    SEPARATION = 1
    CEILING = 2
    CAPACITY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One rule as it binds certain subjects; what a conflict is made of.

    Parameters
    ----------
    kind
        Which part of the problem it stands for.
    member
        How it is told.
    """

    kind: Kind
    member: ConflictMember


def clauses_of(
    problem: PlacementProblem,
    *,
    rule_order: Sequence[str] = (),
    pair_classes_ppm: tuple[int, int] = PAIR_CLASSES_PPM,
) -> tuple[Clause, ...]:
    """Every rule of a problem as it binds its subjects, most important first.

    A reason code binds one subject, a separation the two of a pair, a ceiling one subject,
    and capacity all who take places where places are limited. That somebody is fixed is
    no clause: it is the ground on which the others stand.

    Parameters
    ----------
    rule_order
        Names of rules, most important first; those not named come after, as listed above.
    """
    found = []
    for k, subject in enumerate(problem.subjects):
        standing = problem.fixed.get(k)
        codes = {
            code
            for site, reasons in subject.forbidden.items()
            if standing in (None, site)
            for code in reasons
        }
        found += [_clause(Kind.REASON, code, (k,)) for code in sorted(codes)]
        if subject.ceiling is not None:
            found.append(_clause(Kind.CEILING, "ceiling", (k,)))
    found += [
        _clause(Kind.SEPARATION, "separation", (pair.a, pair.b), _class(pair, pair_classes_ppm))
        for pair in problem.pairs
        if _separates(problem, pair)
    ]
    users = tuple(
        k
        for k, subject in enumerate(problem.subjects)
        if subject.demand
        and (k not in problem.fixed or problem.capacity[problem.fixed[k]] != UNLIMITED)
    )
    if users and (problem.capacity != UNLIMITED).any():
        found.append(_clause(Kind.CAPACITY, "capacity", users))
    rank = {rule: i for i, rule in enumerate(rule_order)}
    return tuple(sorted(found, key=lambda c: (rank.get(c.member.rule, len(rank)), c.kind)))


def _clause(kind: Kind, rule: str, subjects: tuple[int, ...], band: Band | None = None) -> Clause:
    return Clause(kind=kind, member=ConflictMember(rule=rule, subjects=subjects, pair_class=band))


def _separates(problem: PlacementProblem, pair: ProblemPair) -> bool:
    if pair.table is not None:
        return bool((problem.tables[pair.table] == FORBIDDEN).any())
    return pair.penalty is None and pair.separation_m > 0


def _class(pair: ProblemPair, classes: tuple[int, int]) -> Band | None:
    if pair.table is not None and pair.hostility_ppm == 0:
        return None
    medium, high = classes
    if pair.hostility_ppm >= high:
        return Band.HIGH
    return Band.MEDIUM if pair.hostility_ppm >= medium else Band.LOW


def relaxed(problem: PlacementProblem, kept: Collection[Clause]) -> PlacementProblem:
    """The problem in which only the `kept` clauses hold.

    A site stays forbidden while one of its reasons is kept. A pair whose separation is not
    kept costs what it costs elsewhere; an entry of a table that is not allowed then costs
    nothing. Pairs that can neither forbid nor lift anybody over a ceiling are left out.
    Whom a kept capacity does not name takes no place.
    """
    reasons: dict[int, set[str]] = {}
    apart: set[tuple[int, ...]] = set()
    bound: set[int] = set()
    takers: set[int] = set()
    capacity = np.full(len(problem.sites), UNLIMITED, dtype=np.int64)
    for clause in kept:
        subjects = clause.member.subjects
        if clause.kind is Kind.REASON:
            reasons.setdefault(subjects[0], set()).add(clause.member.rule)
        elif clause.kind is Kind.SEPARATION:
            apart.add(subjects)
        elif clause.kind is Kind.CEILING:
            bound.update(subjects)
        else:
            capacity = problem.capacity
            takers.update(subjects)
    tables: dict[str, IntArray] = {}
    pairs = []
    for pair in problem.pairs:
        is_apart = (pair.a, pair.b) in apart
        if is_apart or pair.a in bound or pair.b in bound:
            pairs.append(_pair(problem, pair, tables, is_apart=is_apart))
    return replace(
        problem,
        capacity=capacity,
        subjects=tuple(
            _subject(subject, reasons.get(k, set()), is_bound=k in bound, takes=k in takers)
            for k, subject in enumerate(problem.subjects)
        ),
        pairs=tuple(pairs),
        tables=tables,
    )


def _pair(
    problem: PlacementProblem, pair: ProblemPair, tables: dict[str, IntArray], *, is_apart: bool
) -> ProblemPair:
    if pair.table is None:
        return pair if is_apart or pair.penalty is not None else replace(pair, separation_m=0)
    name = pair.table if is_apart else f"{pair.table} relaxed"
    table = problem.tables[pair.table]
    tables[name] = table if is_apart else np.maximum(table, 0)
    return replace(pair, table=name)


def _subject(
    subject: ProblemSubject, reasons: set[str], *, is_bound: bool, takes: bool
) -> ProblemSubject:
    forbidden = (
        {site: codes for site, codes in subject.forbidden.items() if reasons.intersection(codes)}
        if reasons
        else {}
    )
    return replace(
        subject,
        forbidden=forbidden,
        ceiling=subject.ceiling if is_bound else None,
        demand=subject.demand if takes else 0,
    )
