"""Subjects and pairs of a problem as columns, built once with it and never changed.

Twenty thousand who stay are summed in arrays, not visited one by one. Who cannot move stands at
one site, so that of her unary costs one number is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from placement_engine.problem import ProblemPair, ProblemSubject

NONE = -1
"""Stands where a subject or a pair has no such value; all values are at least 0."""

IntColumn = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SubjectColumns:
    """K subjects, of whom F are fixed.

    Parameters
    ----------
    demand, current, move_cost, ceiling
        K numbers; `NONE` for no current site, and for no ceiling.
    prefers, forbids
        Indices of subjects who have preferences, and forbidden sites.
    moving
        Indices of subjects who are not fixed.
    fixed, site, unary
        F indices in the order of the problem, the site of each and what it costs her.
    """

    demand: IntColumn
    current: IntColumn
    move_cost: IntColumn
    ceiling: IntColumn
    prefers: IntColumn
    forbids: IntColumn
    moving: IntColumn
    fixed: IntColumn
    site: IntColumn
    unary: IntColumn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PairColumns:
    """P pairs: ends, chances in parts per million, metres and penalty, `NONE` for hard.

    Parameters
    ----------
    tabled
        Indices of pairs that have a table of their own.
    """

    a: IntColumn
    b: IntColumn
    hostility: IntColumn
    reunion: IntColumn
    separation: IntColumn
    penalty: IntColumn
    tabled: IntColumn


def subject_columns(subjects: Sequence[ProblemSubject], fixed: Mapping[int, int]) -> SubjectColumns:
    """The columns of subjects; `fixed` is the site of each who is."""
    staying = np.fromiter(fixed.keys(), dtype=np.int64, count=len(fixed))
    moves = np.ones(len(subjects), dtype=np.bool_)
    moves[staying] = False
    return SubjectColumns(
        demand=_column([subject.demand for subject in subjects]),
        current=_column([NONE if s.current is None else s.current for s in subjects]),
        move_cost=_column([subject.move_cost for subject in subjects]),
        ceiling=_column([NONE if s.ceiling is None else s.ceiling for s in subjects]),
        prefers=_column([k for k, s in enumerate(subjects) if s.preference is not None]),
        forbids=_column([k for k, s in enumerate(subjects) if s.forbidden]),
        moving=np.flatnonzero(moves),
        fixed=staying,
        site=np.fromiter(fixed.values(), dtype=np.int64, count=len(fixed)),
        unary=_column([subjects[k].unary.item(site) for k, site in fixed.items()]),
    )


def pair_columns(pairs: Sequence[ProblemPair]) -> PairColumns:
    """The columns of pairs."""
    return PairColumns(
        a=_column([pair.a for pair in pairs]),
        b=_column([pair.b for pair in pairs]),
        hostility=_column([pair.hostility_ppm for pair in pairs]),
        reunion=_column([pair.reunion_ppm for pair in pairs]),
        separation=_column([pair.separation_m for pair in pairs]),
        penalty=_column([NONE if pair.penalty is None else pair.penalty for pair in pairs]),
        tabled=_column([i for i, pair in enumerate(pairs) if pair.table is not None]),
    )


def _column(values: list[int]) -> IntColumn:
    return np.array(values, dtype=np.int64)
