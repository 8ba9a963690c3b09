"""Our own search: presolve, then each component with its bound and its tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from placement_engine.problem import Level, PlacementProblem
from placement_engine.solver.backends import Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.component import Component, Sites, value_of
from placement_engine.solver.model import (
    BoolArray,
    Model,
    Tables,
    compile_model,
    limited,
    share_limit,
)
from placement_engine.solver.presolve import split, take, tighten, without_dominated, without_slack


class OwnSearch:
    """The solver's own backend.

    Parameters
    ----------
    problem
        What it is bound to.
    dominance
        Whether sites that another always beats are taken out. Conflicts and alternatives
        need every site and switch it off.
    tables
        See `compile_model`.
    """

    def __init__(
        self,
        problem: PlacementProblem,
        *,
        dominance: bool = True,
        left: BoolArray | None = None,
        tables: Tables | None = None,
    ) -> None:
        self._problem = problem
        self._dominance = dominance
        model = compile_model(problem, tables=tables)
        if left is not None:
            model = replace(model, open=model.open & left)
        self._model = tighten(model)

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Search each component to its end, or until the effort is spent."""
        if question.start is not None and effort.spent(0):
            return Reply(plan=question.start, bound=0, complete=False)
        model = self._presolved(question.band)
        if model is None:
            return Reply(plan=None, bound=0, complete=True)
        parts = [take(model, group) for group in split(model)]
        start = [None if question.start is None else p.part(question.start) for p in parts]
        components = [
            Component(
                model=part,
                goal=question.goal,
                at_most=_own_limits(question, model, parts, start, number),
                start=start[number],
                gap=question.gap,
            )
            for number, part in enumerate(parts)
        ]

        def better(_: Sites) -> None:
            plan = _joined(model, components)
            if plan is not None:
                on_plan(plan)

        _search_in_turn(components, effort, better)
        if any(one.complete and one.best is None for one in components):
            return Reply(plan=None, bound=0, complete=True, work=_work(components))
        complete = all(one.complete for one in components)
        bound = _base(model, question.goal) + sum(one.bound for one in components)
        if question.at_most and not question.at_least_proved and len(parts) > 1:
            # What each part may spend was taken from the start plan, and need not be so.
            complete, bound = False, 0
        plan = _joined(model, components)
        return Reply(plan=plan, bound=bound, complete=complete, work=_work(components))

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


def _search_in_turn(components: Sequence[Component], effort: Effort, better: OnPlan) -> None:
    """Give each component an equal part of what is left, again and again.

    So one that is hard does not keep the others from being searched.
    """
    done = -1
    while done != _work(components):
        done = _work(components)
        unfinished = [one for one in components if not one.complete and not one.stuck]
        for number, one in enumerate(unfinished):
            before = one.work
            one.search(effort.part(1 / (len(unfinished) - number)), better)
            if effort.spent(one.work - before) or (one.complete and one.best is None):
                return


def _joined(model: Model, components: Sequence[Component]) -> tuple[int, ...] | None:
    """The plan of every subject, if every component has its part."""
    plan = list(model.plan)
    for one in components:
        if one.best is None:
            return None
        for k, site in zip(one.movers, one.best, strict=True):
            plan[k] = site
    return tuple(plan)


def _work(components: Sequence[Component]) -> int:
    return sum(one.work for one in components)


def _base(model: Model, goal: Goal | None) -> int:
    if goal is Goal.TOTAL:
        return model.base_total
    return model.base_moves if goal is Goal.MOVES else 0


def _own_limits(
    question: Question,
    model: Model,
    parts: Sequence[Model],
    start: Sequence[Sites | None],
    number: int,
) -> dict[Goal, int]:
    """What one component may spend: the limit of all, less what the others stand at.

    A question with limits has a start plan that keeps them.
    """
    own = {}
    for goal, limit in question.at_most.items():
        spent = _base(model, goal)
        for other, (part, sites) in enumerate(zip(parts, start, strict=True)):
            if other != number:
                assert sites is not None
                spent += value_of(part, goal, sites)
        own[goal] = limit - spent
    return own
