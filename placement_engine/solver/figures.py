"""What plans come to, for whole plans at a time: the search's own sums, in arrays.

The witness adds everything up once more, one by one, before an answer is given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement_engine.problem import FORBIDDEN, IntArray, PlacementProblem
from placement_engine.solver.model import CLOSED, costs_between


class Figures:
    """Sums over plans of one problem.

    Parameters
    ----------
    problem
        Whose plans they are.
    """

    def __init__(self, problem: PlacementProblem) -> None:
        self._problem = problem

    def own_shares(self, plan: Sequence[int]) -> IntArray:
        """Unary cost plus the full cost of each own pair, for each subject."""
        pairs = self._problem.pair_columns
        shares, costs = self._unary(plan), self._pairs(plan)
        np.add.at(shares, pairs.a, costs)
        np.add.at(shares, pairs.b, costs)
        return shares

    def total(self, plan: Sequence[int]) -> int:
        """Unary and pair costs, each pair once."""
        return int(self._unary(plan).sum()) + int(self._pairs(plan).sum())

    def _unary(self, plan: Sequence[int]) -> IntArray:
        """Costs of subjects, of whom those who are fixed stand at their sites."""
        subjects = self._problem.subject_columns
        costs = np.zeros(len(plan), dtype=np.int64)
        costs[subjects.fixed] = subjects.unary
        for k in subjects.moving.tolist():
            costs[k] = self._problem.subjects[k].unary[plan[k]]
        return costs

    def _pairs(self, plan: Sequence[int]) -> IntArray:
        """Costs of all pairs; one that may not stand there counts nothing."""
        problem, pairs = self._problem, self._problem.pair_columns
        sites = np.asarray(plan, dtype=np.int64)
        at_a, at_b = sites[pairs.a], sites[pairs.b]
        every = np.arange(len(at_a))
        costs: IntArray = costs_between(problem, every, at_b, at_a[:, None])[:, 0]
        for i in pairs.tabled.tolist():
            entry = int(problem.tables[problem.pairs[i].table or ""][at_a[i], at_b[i]])
            costs[i] = 0 if entry == FORBIDDEN else entry
        return np.where(costs >= CLOSED, 0, costs)
