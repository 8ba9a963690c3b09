"""Why there is no plan: a minimal conflict of rules, confirmed before it is told.

QuickXplain (Junker 2004) finds a conflict from the most important rules. It is told only
when two methods that share no code agree that its members alone are impossible together,
and when for each member a plan that the witness has checked keeps all the others.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

import numpy as np

from placement_engine.problem import PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import ConflictMember
from placement_engine.solver.backends import Effort, Question
from placement_engine.solver.clauses import PAIR_CLASSES_PPM, Clause, Kind, clauses_of, relaxed
from placement_engine.solver.cover import blocked_sites
from placement_engine.solver.model import Tables
from placement_engine.solver.own import OwnSearch

T = TypeVar("T")

FEW_PLANS = 20_000
"""Up to this many plans the second method is to try them all."""
CHECK_WORK = 32
"""Nodes that one check counts for besides those that it searches."""
MOST_TAKERS = 60
"""With more who take places, a conflict of capacity names them all."""
NODES_EACH = 20_000
"""Nodes for one check while a conflict is sought."""


class Verdict(Enum):
    """What one method says of a set of rules."""

    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"


def explain(
    problem: PlacementProblem,
    *,
    effort: Effort,
    seed: int,
    workers: int,
    rule_order: tuple[str, ...] = (),
    pair_classes_ppm: tuple[int, int] = PAIR_CLASSES_PPM,
) -> tuple[ConflictMember, ...] | None:
    """A minimal conflict of a problem that is held to be impossible.

    Returns
    -------
    None where no conflict was found, or one that the second method does not confirm.
    """
    clauses = clauses_of(problem, rule_order=rule_order, pair_classes_ppm=pair_classes_ppm)
    search = _Search(problem, effort, seed, workers)
    try:
        found = _minimal(search, clauses)
        if found is not None and search.confirms(found):
            return tuple(clause.member for clause in found)
    except _OutOfEffort:
        return None
    return None


def clash(
    problem: PlacementProblem, clauses: Sequence[Clause], *, effort: Effort
) -> tuple[Clause, ...] | None:
    """Clauses that are impossible together as far as our own search can tell.

    Parameters
    ----------
    clauses
        All those of the problem, most important first.

    Returns
    -------
    A minimal conflict that no second method has confirmed, for a search that goes on from
    it; None where none was found.
    """
    try:
        found = _minimal(_Search(problem, effort, seed=0, workers=1), clauses)
    except _OutOfEffort:
        return None
    return None if found is None else tuple(found)


def _minimal(search: _Search, clauses: Sequence[Clause]) -> list[Clause] | None:
    check = search.verdict
    if search.movers <= 1:
        blocked = dict(blocked_sites(search.problem, clauses))

        def check(kept: Sequence[Clause]) -> Verdict:
            search.count()
            # A capacity that names fewer is another clause than those of the problem.
            blocked.update(blocked_sites(search.problem, [c for c in kept if c not in blocked]))
            rows = [blocked[clause] for clause in kept]
            impossible = bool(rows) and bool(np.logical_or.reduce(rows).all())
            return Verdict.IMPOSSIBLE if impossible else Verdict.POSSIBLE

    def impossible(kept: Sequence[Clause]) -> bool:
        return check(kept) is Verdict.IMPOSSIBLE

    if not impossible(clauses):
        return None
    found = quickxplain(clauses, impossible)
    found.sort(key=clauses.index)
    found = _fewer_takers(found, impossible)
    return found if impossible(found) else None


def _fewer_takers(
    found: list[Clause], impossible: Callable[[Sequence[Clause]], bool]
) -> list[Clause]:
    """The conflict, its capacity naming none whose place is not needed for it."""
    number = next((i for i, clause in enumerate(found) if clause.kind is Kind.CAPACITY), None)
    if number is None or len(found[number].member.subjects) > MOST_TAKERS:
        return found

    def with_only(takers: Sequence[int]) -> list[Clause]:
        member = replace(found[number].member, subjects=tuple(sorted(takers)))
        return [*found[:number], replace(found[number], member=member), *found[number + 1 :]]

    takers = found[number].member.subjects
    return with_only(quickxplain(takers, lambda kept: impossible(with_only(kept))))


def quickxplain(clauses: Sequence[T], impossible: Callable[[Sequence[T]], bool]) -> list[T]:
    """A minimal subset that is impossible, of clauses that are impossible together.

    Parameters
    ----------
    clauses
        Most important first; a conflict among the first is preferred.
    impossible
        Whether some clauses are impossible together. Where it cannot tell it must say
        False; the outcome may then not be minimal, which `explain` finds out.
    """

    def within(background: list[T], *, grown: bool, candidates: Sequence[T]) -> list[T]:
        if grown and impossible(background):
            return []
        if len(candidates) == 1:
            return list(candidates)
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        of_second = within([*background, *first], grown=True, candidates=second)
        of_first = within([*background, *of_second], grown=bool(of_second), candidates=first)
        return [*of_first, *of_second]

    return within([], grown=True, candidates=clauses) if clauses else []


class _OutOfEffort(Exception):
    """The limits were reached before a conflict was found."""


@dataclass(slots=True)
class _Search:
    """Checks of sets of rules, within one effort."""

    problem: PlacementProblem
    effort: Effort
    seed: int
    workers: int
    tables: Tables = field(default_factory=dict)

    @property
    def movers(self) -> int:
        return len(self.problem.subjects) - len(self.problem.fixed)

    def plan(self, problem: PlacementProblem, nodes: int) -> tuple[Verdict, tuple[int, ...]]:
        """Our own search, without taking away dominated sites."""
        own = OwnSearch(problem, dominance=False, tables=self.tables)
        reply = own.answer(
            Question(goal=None, band=len(problem.bands)),
            self.effort.part(1.0, nodes=nodes),
            lambda _: None,
        )
        self.effort.spent(reply.work)
        if reply.plan is not None:
            return Verdict.POSSIBLE, reply.plan
        return (Verdict.IMPOSSIBLE if reply.complete else Verdict.UNKNOWN), ()

    def count(self) -> None:
        """Count a check; ends the search where nothing is left."""
        if self.effort.spent(CHECK_WORK):
            raise _OutOfEffort

    def verdict(self, kept: Sequence[Clause]) -> Verdict:
        """Whether these clauses can be kept together, as far as our own search can tell."""
        self.count()
        return self.plan(relaxed(self.problem, kept), NODES_EACH)[0]

    def confirms(self, found: Sequence[Clause]) -> bool:
        """Whether a second method agrees, and each member is needed."""
        if self.second_opinion(relaxed(self.problem, found)) is not Verdict.IMPOSSIBLE:
            return False
        for left_out in found:
            without = relaxed(self.problem, [clause for clause in found if clause != left_out])
            verdict, plan = self.plan(without, NODES_EACH)
            if verdict is not Verdict.POSSIBLE:
                return False
            try:
                witness.check(without, plan)
            except witness.WitnessRefused:
                return False
        return True

    def second_opinion(self, problem: PlacementProblem) -> Verdict:
        """A method that shares no code with our own search.

        The witness on every plan where they are few, else the second solver.
        """
        if len(problem.sites) ** self.movers <= FEW_PLANS:
            return _every_plan(problem)
        from placement_engine.solver.cpsat import CpSat

        second = CpSat(problem, seed=self.seed, workers=self.workers, presolve=False)
        reply = second.answer(
            Question(goal=None, band=len(problem.bands)), self.effort, lambda _: None
        )
        if reply.plan is not None:
            return Verdict.POSSIBLE
        return Verdict.IMPOSSIBLE if reply.complete else Verdict.UNKNOWN


def _every_plan(problem: PlacementProblem) -> Verdict:
    everywhere = range(len(problem.sites))
    options = [
        (problem.fixed[k],) if k in problem.fixed else everywhere
        for k in range(len(problem.subjects))
    ]
    for plan in itertools.product(*options):
        if next(witness.violations(problem, plan), None) is None:
            return Verdict.POSSIBLE
    return Verdict.IMPOSSIBLE
