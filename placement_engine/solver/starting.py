"""A first plan of a large problem, before anything is laid out that takes time."""

from __future__ import annotations

import numpy as np

from placement_engine.problem import IntArray, PlacementProblem
from placement_engine.solver.anneal import board_of
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.starting import first_plan
from placement_engine.solver.wide import Wide

FEW = 8
"""Sites of each mover that are tried before all others."""
STEPS_ASIDE = 20_000
"""Movers who may be asked to step aside for others, at the most."""


def begun(problem: PlacementProblem, wide: Wide) -> IntArray | None:
    """Sites of the movers in an allowed plan; None where so little effort finds none.

    Those who lose most by their second choice come first, then large households.

    Parameters
    ----------
    wide
        With or without tables of pairs.
    """
    n, m = wide.unary.shape
    if wide.broken or n == 0:
        return None
    two = np.partition(wide.unary, min(1, m - 1), axis=1)[:, :2]
    regret = np.minimum(two[:, -1] - two[:, 0], CLOSED >> 8)
    order = np.lexsort((-regret, -wide.demand))
    at = np.empty(n, dtype=np.int64)
    found = first_plan(board_of(problem, wide), order, min(FEW, m), STEPS_ASIDE, at)
    return at if found else None
