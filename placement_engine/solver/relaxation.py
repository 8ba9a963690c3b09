"""The cheapest relaxation that makes an impossible problem possible.

A relaxation is told by classes of rules and the risk that they let in. Which people, which
places and how far stands in a separate object, for only an approver may see it: each of
these answers tells where somebody lives.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from placement_engine.problem import IntArray, Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import ConflictMember, Limits, Proposed
from placement_engine.solver.backends import Effort, Question
from placement_engine.solver.clauses import PAIR_CLASSES_PPM, Clause, Kind, clauses_of
from placement_engine.solver.conflict import NODES_EACH, clash
from placement_engine.solver.cover import blocked_sites
from placement_engine.solver.lowering import (
    CAPACITY,
    Lift,
    broken,
    let_in,
    lift_of,
    lowered,
    places_over,
)
from placement_engine.solver.model import Tables
from placement_engine.solver.own import OwnSearch
from placement_engine.solver.solving import ENDING_S, solve
from placement_engine.solver.witness import Witness
from placement_engine.vocabulary import Band

STEPS_M = (150_000, 100_000, 50_000)
"""Separations of the default policy; one step lowers to the next, the last to none."""
MOST_STEPS = 8
"""Relaxations of more steps are not sought: nobody would approve them."""
PLAN_SHARE = 0.4
"""Share of what is left for the best plan of one relaxation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftedRule:
    """Rules of one class that are lowered.

    Parameters
    ----------
    rule, pair_class
        As in `ConflictMember`.
    count
        How many such rules.
    steps
        How far in all: a separation to the next shorter one of the policy, a capacity by
        one place, any other rule wholly.
    """

    rule: str
    pair_class: Band | None
    count: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What would have to be lowered, and what it lets in.

    Parameters
    ----------
    rules
        Classes of rules.
    steps
        Of all rules together.
    added
        Micro-nats that the lowered rules let in at the best plan: the whole cost of a pair
        that stands nearer, what a place that was excluded costs above the person's cheapest
        place, what a share has above its ceiling.
    total
        Micro-nats of that plan.
    """

    rules: tuple[LiftedRule, ...]
    steps: int
    added: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RelaxationDetail:
    """What stands behind a relaxation: for an approver only.

    Parameters
    ----------
    members
        Each rule that is lowered and the subjects whom it binds.
    relaxed
        The problem with these rules lowered.
    witness
        Of the plan, checked against `relaxed`.
    """

    members: tuple[ConflictMember, ...]
    relaxed: PlacementProblem
    witness: Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxations:
    """Ways to make an impossible problem possible, fewest steps first, then least risk added.

    Parameters
    ----------
    ranked
        Classes only.
    least_steps_proved
        No relaxation has fewer steps than the first.
    details
        One for each of `ranked`; never for a reader without the approver's role.
    """

    ranked: tuple[Relaxation, ...]
    least_steps_proved: bool
    details: tuple[RelaxationDetail, ...] = field(repr=False)


def relaxations(
    problem: PlacementProblem,
    *,
    count: int = 3,
    steps_m: tuple[int, ...] = STEPS_M,
    limits: Limits | None = None,
    seed: int = 0,
    workers: int = 2,
    clock: Callable[[], float] = monotonic,
    rule_order: tuple[str, ...] = (),
    pair_classes_ppm: tuple[int, int] = PAIR_CLASSES_PPM,
) -> Relaxations:
    """Rank the relaxations that make an impossible problem possible.

    Parameters
    ----------
    count
        How many, each of other classes of rules.
    steps_m
        Separations of the policy in metres.
    rule_order, pair_classes_ppm
        As for `solve`.

    Notes
    -----
    With one person to place, every site is looked at. Otherwise Reiter's tree (1987) is
    searched best first: each relaxation lowers some member of every conflict.
    """
    limits = limits or Limits()
    start = clock()
    deadline = None if limits.time_s is None else start + limits.time_s - ENDING_S
    tree = _Tree(
        problem,
        Effort(clock=clock, deadline=deadline, work_left=limits.max_work),
        count,
        tuple(sorted(steps_m, reverse=True)),
        (seed, workers),
        rule_order,
        pair_classes_ppm,
    )
    if len(problem.subjects) - len(problem.fixed) <= 1:
        proved = tree.every_site()
    else:
        proved = tree.best_first()
    return tree.told(proved)


_Key = tuple[frozenset[tuple[Lift, int]], frozenset[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class _Node:
    """Rules lowered by so many steps, and the most places that some sites may get of them."""

    lifts: Mapping[Lift, int]
    most: Mapping[int, int]

    @property
    def key(self) -> _Key:
        return frozenset(self.lifts.items()), frozenset(self.most.items())

    @property
    def steps(self) -> int:
        return sum(self.lifts.values())

    def with_lower(self, lift: Lift) -> _Node:
        """One step more of a rule; a place more may stand anywhere again."""
        most = {} if lift == CAPACITY else self.most
        return _Node({**self.lifts, lift: self.lifts.get(lift, 0) + 1}, most)

    def with_fewer(self, over: Mapping[int, int]) -> list[_Node]:
        """Those without a plan that takes more places in all than steps are counted.

        Any other plan takes fewer at one of its sites at least.
        """
        if sum(over.values()) <= self.lifts.get(CAPACITY, 0):
            return []
        return [_Node(self.lifts, {**self.most, site: few - 1}) for site, few in over.items()]


class _Tree:
    """The relaxations of one problem that were found."""

    def __init__(
        self,
        problem: PlacementProblem,
        effort: Effort,
        count: int,
        ladder: tuple[int, ...],
        search: tuple[int, int],
        rule_order: tuple[str, ...],
        pair_classes_ppm: tuple[int, int],
    ) -> None:
        self._problem = problem
        self._effort = effort
        self._count = count
        self._ladder = ladder
        self._seed, self._workers = search
        self._rule_order = rule_order
        self._classes = pair_classes_ppm
        clauses = clauses_of(problem, rule_order=rule_order, pair_classes_ppm=pair_classes_ppm)
        self._clauses: dict[Lift, Clause] = {lift_of(clause): clause for clause in clauses}
        self._tables: Tables = {}
        self._found: dict[tuple[LiftedRule, ...], tuple[Relaxation, RelaxationDetail]] = {}

    def told(self, proved: bool) -> Relaxations:
        ranked = sorted(self._found.values(), key=lambda one: _rank(one[0]))[: self._count]
        return Relaxations(
            ranked=tuple(relaxation for relaxation, _ in ranked),
            least_steps_proved=proved and bool(ranked),
            details=tuple(detail for _, detail in ranked),
        )

    def every_site(self) -> bool:
        """One mover: each site, those that few rules close first."""
        problem = self._problem
        blocked = blocked_sites(problem, list(self._clauses.values()))
        closed: IntArray = np.zeros(len(problem.sites), dtype=np.int64)
        for row in blocked.values():
            closed += row
        mover = next((k for k in range(len(problem.subjects)) if k not in problem.fixed), None)
        everywhere = range(len(problem.sites)) if mover is not None else range(1)
        for site in sorted(everywhere, key=lambda site: (int(closed[site]), site)):
            if self._enough(int(closed[site])):
                return True
            if self._effort.spent(1):
                return self._least() <= int(closed[site])
            plan = [problem.fixed.get(k, site) for k in range(len(problem.subjects))]
            self._note(tuple(plan))
        return True

    def best_first(self) -> bool:
        """Several movers: lower one member of each conflict, fewest steps first."""
        number = itertools.count()
        heap: list[tuple[int, int, _Node]] = [(0, next(number), _Node({}, {}))]
        seen: set[_Key] = set()
        unknown = MOST_STEPS + 1
        while heap:
            steps, _, node = heapq.heappop(heap)
            if self._enough(steps):
                break
            if steps > MOST_STEPS or self._effort.spent(1):
                unknown = min(unknown, steps)
                break
            tried = lowered(self._problem, node.lifts, self._ladder, node.most)
            reply = OwnSearch(tried, dominance=False, tables=self._tables).answer(
                Question(goal=None, band=len(tried.bands)),
                self._effort.part(1.0, nodes=NODES_EACH),
                lambda _: None,
            )
            self._effort.spent(reply.work)
            if reply.plan is not None:
                plan = self._best_plan(tried, reply.plan)
                self._note(plan)
                children = node.with_fewer(places_over(self._problem, plan))
            else:
                found = None
                if reply.complete:
                    clauses = clauses_of(
                        tried, rule_order=self._rule_order, pair_classes_ppm=self._classes
                    )
                    found = clash(tried, clauses, effort=self._effort)
                if found is None:
                    unknown = min(unknown, steps)
                    continue
                children = [node.with_lower(lift_of(clause)) for clause in found]
            for child in children:
                if child.key not in seen:
                    seen.add(child.key)
                    heapq.heappush(heap, (child.steps, next(number), child))
        return self._least() <= unknown

    def _best_plan(self, tried: PlacementProblem, plan: tuple[int, ...]) -> tuple[int, ...]:
        part = self._effort.part(PLAN_SHARE)
        left = None if part.deadline is None else max(0.0, part.deadline - part.clock())
        answer = solve(
            tried,
            limits=Limits(time_s=left, max_work=part.work_left),
            seed=self._seed,
            workers=self._workers,
            clock=self._effort.clock,
        )
        return answer.assignment if isinstance(answer, Proposed) else plan

    def _least(self) -> int:
        return min((one.steps for one, _ in self._found.values()), default=MOST_STEPS + 1)

    def _enough(self, steps: int) -> bool:
        """Whether none that is to come, of so many steps or more, is told."""
        better = sum(one.steps < steps for one, _ in self._found.values())
        return better >= self._count

    def _note(self, plan: tuple[int, ...]) -> None:
        """Keep what a plan would have to be allowed, if it is the best of its classes."""
        lifts = dict(broken(self._problem, plan, self._ladder))
        tried = lowered(self._problem, lifts, self._ladder)
        # Ceilings count the cost of pairs that stand nearer now.
        lifts |= {
            (Kind.CEILING, rule, subjects): 1
            for rule, subjects in witness.violations(tried, plan)
            if (Kind.CEILING, rule, subjects) in self._clauses
        }
        tried = lowered(self._problem, lifts, self._ladder)
        try:
            seen = witness.check(tried, plan)
        except witness.WitnessRefused:
            return
        classes: Counter[tuple[str, Band | None]] = Counter()
        taken: Counter[tuple[str, Band | None]] = Counter()
        for lift, steps in lifts.items():
            member = self._clauses[lift].member
            classes[member.rule, member.pair_class] += 1
            taken[member.rule, member.pair_class] += steps
        rules = tuple(
            LiftedRule(rule=rule, pair_class=band, count=number, steps=taken[rule, band])
            for (rule, band), number in sorted(classes.items(), key=lambda one: str(one[0]))
        )
        found = Relaxation(
            rules=rules,
            steps=sum(lifts.values()),
            added=let_in(self._problem, lifts, seen),
            total=seen.value(Level.TOTAL),
        )
        known = self._found.get(rules)
        if known is None or _rank(found) < _rank(known[0]):
            members = tuple(self._clauses[lift].member for lift in lifts)
            detail = RelaxationDetail(members=members, relaxed=tried, witness=seen)
            self._found[rules] = (found, detail)


def _rank(found: Relaxation) -> tuple[int, int, int, str]:
    return found.steps, found.added, found.total, str(found.rules)
