"""What it costs to live where placed people may be met, one danger a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.world import World
from placement_engine.problem import IntArray, micronats, micronats_array

FloatArray = NDArray[np.float64]


def encounter_cost(world: World, chances: FloatArray, site: int) -> int:
    """Micro-nats at one site, in plain Python, of the placed people who are folded.

    Parameters
    ----------
    chances
        (N,) chance of hostility, or of reunion, with each placed person.
    """
    total = 0
    for n in range(len(world.placed.subjects)):
        if world.folded[n]:
            exposure = float(world.exposure[site, int(world.placed.site[n])])
            total += micronats(float(chances[n]) * exposure)
    return total


def encounter_costs(world: World, chances: FloatArray) -> IntArray:
    """`encounter_cost` at each of the M sites."""
    counted = np.flatnonzero(world.folded & (chances > 0))
    exposure = world.exposure[:, world.placed.site[counted]]
    costs: IntArray = micronats_array(chances[counted] * exposure).sum(axis=1)
    return costs
