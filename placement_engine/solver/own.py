"""Our own search: presolve, a bound in whole numbers, and a tree that is searched to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from placement_engine.problem import Level, PlacementProblem
from placement_engine.solver.backends import Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.bound import TooLarge
from placement_engine.solver.branch import Tree, in_units
from placement_engine.solver.dense import Dense, costs_of, lay_out, narrowed
from placement_engine.solver.improve import relocated
from placement_engine.solver.model import Model, compile_model, limited, share_limit
from placement_engine.solver.presolve import (
    split,
    supported,
    take,
    tighten,
    without_dominated,
    without_slack,
)

ROUNDS = 20
"""Sweeps of messages for the bound at the root."""
WORTH_AGAIN = 0.9
"""The bound is computed again while it leaves less than this part of the sites open."""


class OwnSearch:
    """The solver's own backend.

    Parameters
    ----------
    problem
        What it is bound to.
    dominance
        Whether sites that another always beats are taken out. Conflicts and alternatives
        need every site and switch it off.
    """

    def __init__(self, problem: PlacementProblem, *, dominance: bool = True) -> None:
        self._problem = problem
        self._dominance = dominance
        self._model = tighten(compile_model(problem))

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Search each component to its end, or until the effort is spent."""
        model = self._presolved(question.band)
        if model is None:
            return Reply(plan=None, bound=0, complete=True)
        groups = split(model)
        parts = [take(model, group) for group in groups]
        found: list[tuple[int, ...] | None] = [
            None if question.start is None else part.part(question.start) for part in parts
        ]

        def tell() -> tuple[int, ...] | None:
            if any(sites is None for sites in found):
                return None
            plan = list(model.plan)
            for part, sites in zip(parts, found, strict=True):
                for k, site in zip(part.movers, sites or (), strict=True):
                    plan[k] = site
            return tuple(plan)

        def better(number: int, sites: tuple[int, ...]) -> None:
            found[number] = sites
            plan = tell()
            if plan is not None:
                on_plan(plan)

        bound = _base(model, question.goal)
        complete, work = True, 0
        for number, part in enumerate(parts):
            one = _Component(
                model=part,
                goal=question.goal,
                at_most=_own_limits(question, model, parts, found, number),
                start=found[number],
                gap=question.gap,
            )
            one.search(effort, lambda sites, number=number: better(number, sites))  # type: ignore[misc]
            bound += one.bound
            work += one.nodes
            if one.best is None and one.complete:
                return Reply(plan=None, bound=0, complete=True, work=work)
            complete &= one.complete
            found[number] = one.best
        if question.at_most and not question.at_least_proved and len(parts) > 1:
            # What each part may spend was taken from the start plan, and need not be so.
            complete, bound = False, 0
        return Reply(plan=tell(), bound=bound, complete=complete, work=work)

    def _presolved(self, band: int) -> Model | None:
        if self._model is None:
            return None
        model = tighten(limited(self._model, share_limit(self._problem, band)))
        if model is None:
            return None
        if self._dominance:
            ordered = {Level.TOTAL: model.total, Level.MOVES: model.moves}
            levels = [ordered[level] for level in self._problem.lexicographic if level in ordered]
            model = without_dominated(model, ordered=[*levels, model.tie])
        return without_slack(model)


def _base(model: Model, goal: Goal | None) -> int:
    if goal is Goal.TOTAL:
        return model.base_total
    return model.base_moves if goal is Goal.MOVES else 0


def _own_limits(
    question: Question,
    model: Model,
    parts: list[Model],
    found: list[tuple[int, ...] | None],
    number: int,
) -> dict[Goal, int]:
    """What one component may spend: the limit of all, less what the others stand at.

    A question with limits has a start plan that keeps them.
    """
    own = {}
    for goal, limit in question.at_most.items():
        spent = _base(model, goal)
        for other, (part, sites) in enumerate(zip(parts, found, strict=True)):
            if other != number:
                assert sites is not None
                spent += _value(part, goal, sites)
        own[goal] = limit - spent
    return own


def _value(model: Model, goal: Goal, sites: tuple[int, ...]) -> int:
    if goal is Goal.TOTAL:
        return model.value_total(sites)
    return model.value_of(costs_of(model, goal), sites)


class _Component:
    """The search of one component: `best`, `bound` and `complete` tell how far it came."""

    def __init__(
        self,
        *,
        model: Model,
        goal: Goal | None,
        at_most: Mapping[Goal, int],
        start: tuple[int, ...] | None,
        gap: float,
    ) -> None:
        self.best = start
        self._gap = gap
        self.bound = 0
        self.complete = False
        self.nodes = 0
        self._model = model
        self._goal = goal
        self._at_most = at_most
        self._goals = [Goal.TOTAL]
        self._goals += [g for g in (*at_most, goal) if g is not None and g not in self._goals]
        self._limits = np.array([in_units(at_most.get(g)) for g in self._goals], dtype=np.int64)

    def search(self, effort: Effort, on_better: Callable[[tuple[int, ...]], None]) -> None:
        """Search to the end, or until the effort is spent."""
        if self._goal is None and self.best is not None:
            self.complete = True
            return
        try:
            self._search(effort, on_better)
        except TooLarge:
            return
        if self.complete and self.best is not None and self._goal is not None:
            value = _value(self._model, self._goal, self.best)
            self.bound = max(self.bound, value - self._tolerated(value))
            self.complete = self.bound == value

    def _search(self, effort: Effort, on_better: Callable[[tuple[int, ...]], None]) -> None:
        if self.best is not None:
            self._lower_limit()
        model: Model | None = self._model
        while True:
            dense = self._narrow(model)
            if dense is None:
                self.complete = True
                return
            tree = Tree(dense, self._limits, goal=self._guide())
            first = self.best is None
            while (picked := tree.next_plan(effort)) is not None:
                if not self._take(dense, picked):
                    continue
                on_better(self.best or ())
                if self._goal is None:
                    self.complete = True
                    self.nodes += tree.nodes
                    return
                self._lower_limit()
                if first:
                    break
            self.nodes += tree.nodes
            if picked is None:
                self.complete = tree.exhausted
                return
            model = self._model

    def _guide(self) -> int:
        return 0 if self._goal is None else self._goals.index(self._goal)

    def _narrow(self, model: Model | None) -> Dense | None:
        """Bound and close sites in turn; None where nothing better than `best` exists."""
        while True:
            model = None if model is None else supported(model)
            if model is None:
                return None
            dense = lay_out(model, self._goals, rounds=ROUNDS)
            if dense is None or (dense.constant > self._limits).any():
                return None
            if self._goal is not None:
                self.bound = max(self.bound, dense.bound(self._goal))
            before = int(model.open.sum())
            model = narrowed(model, dense, self._limits)
            if int(model.open.sum()) > WORTH_AGAIN * before:
                return dense

    def _take(self, dense: Dense, picked: tuple[int, ...]) -> bool:
        """Keep a plan of the tree, made better first; False if it is over a limit after all.

        Prices of places that stay empty let a bound lie below the value of a whole plan.
        """
        sites = tuple(int(v[i]) for v, i in zip(dense.values, picked, strict=True))
        values = [_value(self._model, goal, sites) for goal in self._goals]
        if any(in_units(v) > limit for v, limit in zip(values, self._limits, strict=True)):
            return False
        if self._goal is Goal.TOTAL:
            most = self._at_most.get(Goal.MOVES)
            sites, _ = relocated(self._model, sites, most_moves=most)
        self.best = sites
        return True

    def _lower_limit(self) -> None:
        if self._goal is not None and self.best is not None:
            value = _value(self._model, self._goal, self.best)
            limit = value - 1 - self._tolerated(value)
            self._limits[self._goals.index(self._goal)] = in_units(limit)

    def _tolerated(self, value: int) -> int:
        """How much better a plan may be without being sought."""
        return int(self._gap * value)
