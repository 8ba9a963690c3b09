"""The search of one component: parts with a bound each, the lowest bound first.

A part is bounded, narrowed and searched by a tree of few nodes. If that does not exhaust
it, it is split and each piece is bounded anew: a bound costs as much as a hundred nodes and
often closes more than they could.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

import numpy as np

from placement_engine.solver.backends import Effort, Goal
from placement_engine.solver.bound import FINE, TooLarge
from placement_engine.solver.branch import Tree, in_units
from placement_engine.solver.dense import Dense, Handed, costs_of, lay_out, narrowed, pieces
from placement_engine.solver.improve import relocated
from placement_engine.solver.model import Model
from placement_engine.solver.presolve import close

Sites = tuple[int, ...]
"""Site index of each mover of a component."""

ROUNDS = 50
"""Sweeps of messages for one bound, at the most."""
NODES_BEFORE_SPLIT = 128
"""Nodes of one tree before the part it searches is split."""
DIVES = 8
"""A tree gets nodes for so many dives to a whole plan at the least."""
BOUND_WORK = 32
"""Nodes that bounding a part counts for."""
WORTH_AGAIN = 0.9
"""The bound is computed again while it leaves less than this part of the sites open."""


def value_of(model: Model, goal: Goal, sites: Sites) -> int:
    """What the movers of a model cost at these sites."""
    if goal is Goal.TOTAL:
        return model.value_total(sites)
    return model.value_of(costs_of(model, goal), sites)


class Component:
    """Searches one component, and can be told to go on.

    Parameters
    ----------
    model
        From `presolve.take`.
    goal
        What to make least; None seeks any plan.
    at_most
        Values of other goals that may not be passed.
    start
        A plan that keeps all of this, if one is known.
    gap
        Relative gap at which nothing better is sought.

    Attributes
    ----------
    best
        Best plan so far.
    bound
        Lower bound of the goal.
    complete
        Everything was searched: `best` is best, or if None there is no plan.
    stuck
        Nothing can be searched, for costs are too large to bound.
    work
        Nodes so far.
    """

    def __init__(
        self,
        *,
        model: Model,
        goal: Goal | None,
        at_most: Mapping[Goal, int],
        start: Sites | None,
        gap: float,
    ) -> None:
        self.movers = model.movers
        self.best = start
        self.bound = 0
        self.complete = goal is None and start is not None
        self.stuck = False
        self.work = 0
        self._model = model
        self._goal = goal
        self._at_most = at_most
        self._gap = gap
        self._goals = [Goal.TOTAL]
        self._goals += [g for g in (*at_most, goal) if g is not None and g not in self._goals]
        self._guide = 0 if goal is None else self._goals.index(goal)
        self._limits = np.array([in_units(at_most.get(g)) for g in self._goals], dtype=np.int64)
        # Bound, order of creation (so that models are never compared), part, its messages.
        self._parts: list[tuple[int, int, Model, Handed | None]] = [(0, 0, model, None)]
        self._created = 0
        self._lower_limit()

    def search(self, effort: Effort, on_better: Callable[[Sites], None]) -> None:
        """Search to the end, or until the effort is spent."""
        try:
            while self._parts and not self.complete and not effort.spent(BOUND_WORK):
                self.work += BOUND_WORK
                self._search_part(effort, on_better)
        except TooLarge:
            self.stuck = True
            return
        self.complete |= not self._parts
        if self._goal is None:
            return
        if not self._parts and self.best is not None:
            value = value_of(self._model, self._goal, self.best)
            self.bound = value - self._tolerated(value)
            self.stuck = self.bound < value
            self.complete = not self.stuck
        elif self._parts:
            self.bound = max(self.bound, -(-self._parts[0][0] // FINE))

    def _search_part(self, effort: Effort, on_better: Callable[[Sites], None]) -> None:
        """Search the part with the lowest bound; put back what is left of it."""
        bound, _, part, handed = self._parts[0]
        laid = self._narrow(part, handed, effort)
        if laid is None:
            heapq.heappop(self._parts)
            return
        model, dense = laid
        if self._goal is not None:
            bound = max(bound, int(dense.constant[self._guide]))
        had_plan = self.best is not None
        tree = Tree(dense, self._limits, guide=self._guide)
        self._grow(dense, tree, effort, on_better)
        heapq.heappop(self._parts)
        if self.complete or tree.exhausted:
            return
        if not had_plan and self.best is not None:
            # The limit of the first plan makes all bounds better.
            self._put(bound, model, dense.handed)
            return
        for least, piece in pieces(model, dense, self._guide):
            self._put(max(bound, least), piece, dense.handed)

    def _put(self, bound: int, part: Model, handed: Handed) -> None:
        self._created += 1
        heapq.heappush(self._parts, (bound, self._created, part, handed))

    def _grow(
        self, dense: Dense, tree: Tree, effort: Effort, on_better: Callable[[Sites], None]
    ) -> None:
        """Search one tree until it is exhausted, has had its nodes, or gives a first plan."""
        had_plan = self.best is not None
        most = max(NODES_BEFORE_SPLIT, DIVES * len(dense.values))
        while (picked := tree.next_plan(effort, most=most)) is not None:
            sites = self._checked(dense, picked)
            if sites is None:
                continue
            self.best = sites
            self._lower_limit()
            on_better(sites)
            self.complete = self._goal is None
            if self.complete or not had_plan:
                break
        self.work += tree.nodes

    def _narrow(
        self, model: Model, handed: Handed | None, effort: Effort
    ) -> tuple[Model, Dense] | None:
        """Bound and close sites in turn; None where nothing better than `best` exists."""
        while True:
            closed = close(model)
            if closed is None:
                return None
            dense = lay_out(
                closed,
                self._goals,
                self._limits,
                rounds=ROUNDS,
                stop=lambda: effort.spent(0),
                handed=handed,
            )
            if dense is None or (dense.constant > self._limits).any():
                return None
            model = narrowed(closed, dense, self._limits)
            if int(model.open.sum()) > WORTH_AGAIN * int(closed.open.sum()):
                return closed, dense
            handed = dense.handed

    def _checked(self, dense: Dense, picked: tuple[int, ...]) -> Sites | None:
        """A plan of the tree, made better; None if it is over a limit after all.

        Prices of places that stay empty let a bound lie below the value of a whole plan.
        """
        sites = tuple(int(v[i]) for v, i in zip(dense.values, picked, strict=True))
        values = [value_of(self._model, goal, sites) for goal in self._goals]
        if any(in_units(v) > limit for v, limit in zip(values, self._limits, strict=True)):
            return None
        if self._goal is Goal.TOTAL:
            return relocated(self._model, sites, most_moves=self._at_most.get(Goal.MOVES))
        return sites

    def _lower_limit(self) -> None:
        if self._goal is not None and self.best is not None:
            value = value_of(self._model, self._goal, self.best)
            self._limits[self._guide] = in_units(value - 1 - self._tolerated(value))

    def _tolerated(self, value: int) -> int:
        """How much better a plan may be without being sought."""
        return int(self._gap * value)
