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
        self._a = np.array([pair.a for pair in problem.pairs], dtype=np.int64)
        self._b = np.array([pair.b for pair in problem.pairs], dtype=np.int64)
        self._tables = [i for i, pair in enumerate(problem.pairs) if pair.table is not None]

    def own_shares(self, plan: Sequence[int]) -> IntArray:
        """Unary cost plus the full cost of each own pair, for each subject."""
        shares = self._unary(plan)
        costs = self._pairs(plan)
        np.add.at(shares, self._a, costs)
        np.add.at(shares, self._b, costs)
        return shares

    def total(self, plan: Sequence[int]) -> int:
        """Unary and pair costs, each pair once."""
        return int(self._unary(plan).sum()) + int(self._pairs(plan).sum())

    def _unary(self, plan: Sequence[int]) -> IntArray:
        return np.array(
            [s.unary[site] for s, site in zip(self._problem.subjects, plan, strict=True)],
            dtype=np.int64,
        )

    def _pairs(self, plan: Sequence[int]) -> IntArray:
        """Costs of all pairs; one that may not stand there counts nothing."""
        problem = self._problem
        if not problem.pairs:
            return np.zeros(0, dtype=np.int64)
        sites = np.asarray(plan, dtype=np.int64)
        at_a, at_b = sites[self._a], sites[self._b]
        costs: IntArray = costs_between(problem, problem.pairs, at_b, at_a[:, None])[:, 0]
        for i in self._tables:
            entry = int(problem.tables[problem.pairs[i].table or ""][at_a[i], at_b[i]])
            costs[i] = CLOSED if entry == FORBIDDEN else entry
        return np.where(costs >= CLOSED, 0, costs)
