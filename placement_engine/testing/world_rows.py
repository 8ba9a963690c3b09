"""Rows of a synthetic world for the plain second look of `rivals`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from placement_engine.testing.rivals import TieRow
from placement_engine.testing.ties import KINDS, code_of
from placement_engine.testing.told import ORIGINS
from placement_engine.vocabulary import SOURCES, Grade, TieKind

if TYPE_CHECKING:
    from placement_engine.testing.world import SyntheticWorld

GROUP_LEVEL = (TieKind.MEMBERSHIP, TieKind.RIVALRY)
"""The kinds that the second look reads."""


def told_rows(world: SyntheticWorld) -> Iterator[TieRow]:
    """The reported memberships and rivalries."""
    told = world.told
    for i in np.flatnonzero(np.isin(told.kind, [code_of(kind) for kind in GROUP_LEVEL])).tolist():
        yield TieRow(
            a=world.ids[told.a[i]],
            b=world.ids[told.b[i]],
            kind=KINDS[told.kind[i]],
            grade=Grade(SOURCES[told.grades.source[i]], int(told.grades.information[i])),
            last_seen=date.fromordinal(int(told.last_seen[i])),
            ended=date.fromordinal(int(told.ended[i])) if told.ended[i] else None,
            severity=float(told.severity[i]),
            origin=ORIGINS[told.grades.origin[i]],
        )


def true_rows(world: SyntheticWorld) -> Iterator[TieRow]:
    """The true memberships and rivalries, as reports beyond doubt."""
    truth = world.truth
    for i in np.flatnonzero(np.isin(truth.kind, [code_of(kind) for kind in GROUP_LEVEL])).tolist():
        yield TieRow(
            a=world.ids[truth.a[i]],
            b=world.ids[truth.b[i]],
            kind=KINDS[truth.kind[i]],
            grade=Grade("A", 1),
            last_seen=date.fromordinal(int(truth.last[i])),
            ended=date.fromordinal(int(truth.ended[i])) if truth.ended[i] else None,
            severity=float(truth.severity[i]),
            origin="",
        )
