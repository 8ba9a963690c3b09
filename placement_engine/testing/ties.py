"""Ties of a synthetic world in columns: what is true there, before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.vocabulary import TieKind

IntColumn = NDArray[np.int64]
FloatColumn = NDArray[np.float64]

KINDS: tuple[TieKind, ...] = tuple(TieKind)
"""Kinds in the order of their codes in `TrueTies.kind`."""
DIRECTED = frozenset({TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.THREAT})
"""Kinds in which the first end is not exchangeable with the second."""


def code_of(kind: TieKind) -> int:
    """Code of a kind in the columns."""
    return KINDS.index(kind)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueTies:
    """T ties as columns of shape (T,), one row a tie, no tie twice.

    Parameters
    ----------
    a, b
        Node numbers: persons first, then groups.
    kind
        Codes of `KINDS`.
    began, last, ended
        Day ordinals: when the tie began, when it was last alive, and when it ended
        (0 if it has not).
    severity
        How grave, in (0, 1].
    """

    a: IntColumn
    b: IntColumn
    kind: IntColumn
    began: IntColumn
    last: IntColumn
    ended: IntColumn
    severity: FloatColumn

    def __len__(self) -> int:
        return len(self.a)

    def of_kind(self, kind: TieKind) -> TrueTies:
        """The ties of one kind."""
        return self.take(np.flatnonzero(self.kind == code_of(kind)))

    def take(self, rows: IntColumn) -> TrueTies:
        """The ties at `rows`, in that order."""
        return TrueTies(
            a=self.a[rows],
            b=self.b[rows],
            kind=self.kind[rows],
            began=self.began[rows],
            last=self.last[rows],
            ended=self.ended[rows],
            severity=self.severity[rows],
        )

    def keys(self, nodes: int) -> IntColumn:
        """One integer for each tie, equal for equal ends and kind; `nodes` bounds the ends."""
        return tie_keys(self.a, self.b, self.kind, nodes)

    @classmethod
    def joined(cls, parts: Sequence[TrueTies], nodes: int) -> TrueTies:
        """All `parts` in order, without loops and without ties that stand there already."""
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("a", "b", "kind", "began", "last", "ended", "severity")
        }
        ties = cls(**columns)
        directed = np.isin(ties.kind, [code_of(kind) for kind in DIRECTED])
        low = np.where(directed, ties.a, np.minimum(ties.a, ties.b))
        high = np.where(directed, ties.b, np.maximum(ties.a, ties.b))
        ties = cls(**{**columns, "a": low, "b": high})
        _, first = np.unique(ties.keys(nodes), return_index=True)
        kept = np.sort(first)
        return ties.take(kept[ties.a[kept] != ties.b[kept]])


def tie_keys(a: IntColumn, b: IntColumn, kind: IntColumn, nodes: int) -> IntColumn:
    """``(a, b, kind)`` of each row folded into one integer."""
    return (a * nodes + b) * len(KINDS) + kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days of a world: nothing is older than ten years, nothing is after `today`."""

    today: int

    span: int = 3652

    def spells(
        self, rng: np.random.Generator, count: int, *, youngest: int = 30
    ) -> tuple[IntColumn, IntColumn]:
        """Begin and last day of `count` spells: begins spread over ten years, lasts lean to now."""
        age = rng.integers(youngest, self.span, size=count)
        silence = np.floor(age * rng.random(count) ** 1.6).astype(np.int64)
        return self.today - age, self.today - silence

    def ties(
        self,
        rng: np.random.Generator,
        a: IntColumn,
        b: IntColumn,
        kind: TieKind,
        *,
        ended_share: float = 0.0,
        severity: tuple[float, float] = (1.0, 1.0),
    ) -> TrueTies:
        """Ties of one kind with random spells, a share of them over."""
        count = len(a)
        began, last = self.spells(rng, count)
        over = rng.random(count) < ended_share
        low, high = severity
        return TrueTies(
            a=np.asarray(a, dtype=np.int64),
            b=np.asarray(b, dtype=np.int64),
            kind=np.full(count, code_of(kind), dtype=np.int64),
            began=began,
            last=last,
            ended=np.where(over, last, 0),
            severity=np.round(low + (high - low) * rng.random(count), 2),
        )
