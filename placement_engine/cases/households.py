"""Somebody stands for those who live with her: ties of a household joined in one number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.case import Case
from placement_engine.graph import PairScores, RivalGraph
from placement_engine.intelligence.identity import Identity
from placement_engine.problem import PPM

FloatArray = NDArray[np.float64]
BIT = 1e-6
"""Of a part per million: what the order of a sum may change, and more."""
Household = tuple[str, ...]
"""Ids of those who live together, never empty."""


def living_with(cases: Sequence[Case], identity: Identity) -> dict[str, Household]:
    """Those who live with each subject, from all cases of theirs: a later case adds, only.

    Subjects stand under the id that is kept of theirs.
    """
    members: dict[str, set[str]] = {}
    for case in cases:
        if case.household:
            members.setdefault(identity.of(case.subject), set()).update(
                m.id for m in case.household
            )
    return {subject: tuple(sorted(ids)) for subject, ids in members.items()}


def household_scores(
    graph: RivalGraph, rows: Sequence[Household], columns: Sequence[Household]
) -> PairScores:
    """Scores of households against households, in whole parts per million, rounded up.

    A household's hostility is the chance that at least one of its pairs is hostile,
    ``1 - prod(1 - h)``; rounding up keeps a folded cost equal to that of a pair.

    Returns
    -------
    PairScores
        Arrays of shape (rows, columns).
    """
    found = graph.scores([i for row in rows for i in row], [i for c in columns for i in c])
    at_row, at_column = _starts(rows), _starts(columns)
    direct = found.direct
    if at_row is not None:
        direct = np.logical_or.reduceat(direct, at_row, axis=0)
    if at_column is not None:
        direct = np.logical_or.reduceat(direct, at_column, axis=1)
    h_max, h_or, reunion = (
        whole_ppm(_one_of(chance, at_row, at_column))
        for chance in (found.h_max, found.h_or, found.reunion)
    )
    return PairScores(h_max=h_max, h_or=h_or, reunion=reunion, direct=direct)


def whole_ppm(chances: FloatArray) -> FloatArray:
    """Chances rounded up to whole parts per million, as the problem holds them.

    One that is above a whole number by less than `BIT` parts is that number: sums of floats
    in another order differ by so little.
    """
    rounded: FloatArray = np.ceil(chances * PPM - BIT) / PPM
    rounded += 0.0  # what was rounded up to none is no negative zero, which prints as -0.0
    return rounded


def at_least_one(chances: FloatArray) -> FloatArray:
    """Chance that at least one of the rows holds, per column, in whole parts per million."""
    alone: FloatArray = chances[0]
    if len(chances) == 1:
        return alone
    return whole_ppm(1 - np.prod(1 - chances, axis=0))


def _starts(households: Sequence[Household]) -> NDArray[np.int64] | None:
    """Where each household begins among the ids; None if everybody lives alone."""
    sizes = np.array([len(household) for household in households], dtype=np.int64)
    return None if (sizes == 1).all() else np.cumsum(sizes) - sizes


def _one_of(
    chance: FloatArray, at_row: NDArray[np.int64] | None, at_column: NDArray[np.int64] | None
) -> FloatArray:
    if at_row is None and at_column is None:
        return chance
    none: FloatArray = 1 - chance
    if at_row is not None:
        none = np.multiply.reduceat(none, at_row, axis=0)
    if at_column is not None:
        none = np.multiply.reduceat(none, at_column, axis=1)
    joined: FloatArray = 1 - none
    return joined
