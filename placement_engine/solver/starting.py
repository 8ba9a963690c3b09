"""A first plan of a large problem, before anything is laid out that takes time."""

from __future__ import annotations

import numpy as np

from placement_engine.problem import IntArray, PlacementProblem
from placement_engine.solver.anneal import board_of
from placement_engine.solver.kernels.board import least_sites
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.starting import first_plan
from placement_engine.solver.wide import Wide

FEW = 8
"""Sites of each mover that are tried before all others."""
ALIKE = 8
"""Numbers of open sites that differ by less are taken for the same."""
STEPS_ASIDE = 20_000
"""Movers who may be asked to step aside for others, at the most."""


def begun(problem: PlacementProblem, wide: Wide) -> IntArray | None:
    """Sites of the movers in an allowed plan; None where so little effort finds none.

    Large households come first and those who lose most by their second choice; where that
    finds no plan, those who have the fewest sites.

    Parameters
    ----------
    wide
        With or without tables of pairs.
    """
    n, m = wide.unary.shape
    if wide.broken or n == 0:
        return None
    every = np.arange(n)
    two = np.empty((n, min(2, m)), dtype=np.int64)
    least_sites(wide.unary, two)
    lost = wide.unary[every, two[:, -1]] - wide.unary[every, two[:, 0]]
    regret = np.minimum(lost, CLOSED >> 8)
    places = wide.open.sum(axis=1)
    at = np.empty(n, dtype=np.int64)
    board = board_of(problem, wide)
    for hardest in ((-regret, -wide.demand), (-regret, places), (-wide.demand, places // ALIKE)):
        if first_plan(board, np.lexsort(hardest), min(FEW, m), STEPS_ASIDE, at):
            return at
    return None
