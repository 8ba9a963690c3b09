"""What the engine is told of a synthetic world: graded reports, some missing, some wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.testing.gangs import Presences
from placement_engine.testing.ties import DIRECTED, KINDS, IntColumn, TrueTies, code_of, tie_keys
from placement_engine.vocabulary import TieKind

MISSING_SHARE = 0.30
"""Share of the true ties of each kind that nobody reports."""
WRONG_SHARE = 0.10
"""Share of the reported ties that do not exist."""
REPORTS_PER_TIE = 1.25
"""Mean number of reports of a reported true tie."""

ORIGINS = ("", "police-1", "police-2", "police-3", "prison", "social-services", "abroad")
HANDLINGS = ("", "H1", "H2", "H3")

_TRUE_SOURCE = (0.12, 0.34, 0.26, 0.11, 0.04, 0.13)
_TRUE_INFORMATION = (0.14, 0.36, 0.26, 0.08, 0.03, 0.13)
_WRONG_SOURCE = (0.03, 0.15, 0.27, 0.25, 0.12, 0.18)
_WRONG_INFORMATION = (0.02, 0.13, 0.30, 0.25, 0.10, 0.20)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grades:
    """Admiralty grades, origins and handling codes as columns.

    ``source`` counts from 0 (A) to 5 (F), ``information`` from 1 to 6; ``origin`` and
    ``handling`` number `ORIGINS` and `HANDLINGS`.
    """

    source: IntColumn
    information: IntColumn
    origin: IntColumn
    handling: IntColumn

    @classmethod
    def drawn(cls, rng: np.random.Generator, wrong: NDArray[np.bool_]) -> Grades:
        """Grades of reports; wrong ones are mostly, but not always, graded lower."""
        count = len(wrong)
        return cls(
            source=np.where(
                wrong,
                rng.choice(6, size=count, p=_WRONG_SOURCE),
                rng.choice(6, size=count, p=_TRUE_SOURCE),
            ),
            information=1
            + np.where(
                wrong,
                rng.choice(6, size=count, p=_WRONG_INFORMATION),
                rng.choice(6, size=count, p=_TRUE_INFORMATION),
            ),
            origin=rng.integers(0, len(ORIGINS), size=count),
            handling=rng.integers(0, len(HANDLINGS), size=count),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TieReports:
    """N reports of ties; ``first_seen`` and ``ended`` are 0 where nothing is said."""

    a: IntColumn
    b: IntColumn
    kind: IntColumn
    last_seen: IntColumn
    first_seen: IntColumn
    ended: IntColumn
    severity: NDArray[np.float64]
    grades: Grades

    def __len__(self) -> int:
        return len(self.a)

    def keys(self, nodes: int) -> IntColumn:
        """As `TrueTies.keys`, whichever way round a report names the two."""
        directed = np.isin(self.kind, [code_of(kind) for kind in DIRECTED])
        low = np.where(directed, self.a, np.minimum(self.a, self.b))
        high = np.where(directed, self.b, np.maximum(self.a, self.b))
        return tie_keys(low, high, self.kind, nodes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresenceReports:
    """Reports of presences; ``ended`` is 0 where nothing is said."""

    actor: IntColumn
    site: IntColumn
    strength: NDArray[np.float64]
    last_seen: IntColumn
    ended: IntColumn
    grades: Grades

    def __len__(self) -> int:
        return len(self.actor)


def tell_ties(
    rng: np.random.Generator, truth: TrueTies, *, region: IntColumn, nodes: int
) -> TieReports:
    """Report `truth` with 30 % of each kind missing and 10 % of what is told wrong.

    Parameters
    ----------
    region
        (nodes,) police region of each node: wrong reports confuse people of one region.
    nodes
        Number of persons and groups.
    """
    known: list[IntColumn] = []
    wrong: list[TrueTies] = []
    for kind in KINDS:
        rows = np.flatnonzero(truth.kind == code_of(kind))
        rows = rows[rng.permutation(len(rows))]
        told = np.sort(rows[round(MISSING_SHARE * len(rows)) :])
        known.append(told)
        count = round(len(told) * WRONG_SHARE / (1 - WRONG_SHARE))
        wrong.append(_mistaken(rng, truth, rows, count, region=region, nodes=nodes))
    right = truth.take(np.concatenate(known))
    repeated = right.take(
        np.repeat(np.arange(len(right)), 1 + rng.poisson(REPORTS_PER_TIE - 1, size=len(right)))
    )
    mistakes = TrueTies.joined(wrong, nodes)
    is_wrong = np.repeat([False, True], [len(repeated), len(mistakes)])
    return _reported(rng, [repeated, mistakes], is_wrong)


def _mistaken(
    rng: np.random.Generator,
    truth: TrueTies,
    rows: IntColumn,
    count: int,
    *,
    region: IntColumn,
    nodes: int,
) -> TrueTies:
    """`count` ties of one kind that do not exist: true ones with an end confused for another."""
    true_keys = truth.keys(nodes)
    rows = rows[np.argsort(region[truth.a[rows]], kind="stable")]
    found = truth.take(rows[:0])
    for _ in range(20):
        if len(found) >= count or len(rows) < 2:
            break
        pick = rng.integers(0, len(rows), size=2 * count + 4)
        step = rng.integers(1, min(60, len(rows)), size=len(pick))
        one = truth.take(rows[pick])
        other = truth.take(rows[(pick + step) % len(rows)])
        made = TrueTies(
            a=one.a,
            b=other.b,
            kind=one.kind,
            began=one.began,
            last=one.last,
            ended=np.zeros(len(pick), dtype=np.int64),
            severity=one.severity,
        )
        found = TrueTies.joined([found, made], nodes)
        found = found.take(np.flatnonzero(~np.isin(found.keys(nodes), true_keys)))
    return found.take(np.arange(min(count, len(found))))


def _reported(
    rng: np.random.Generator, parts: list[TrueTies], wrong: NDArray[np.bool_]
) -> TieReports:
    def column(name: str) -> IntColumn:
        return np.concatenate([getattr(part, name) for part in parts])

    count = len(wrong)
    began, last, ended = column("began"), column("last"), column("ended")
    seen = last - np.floor((last - began) * rng.random(count) ** 2).astype(np.int64)
    a, b, kind = column("a"), column("b"), column("kind")
    directed = np.isin(kind, [code_of(k) for k in DIRECTED])
    turned = ~directed & (rng.random(count) < 0.5)
    says_first = (rng.random(count) < 0.3) & (began <= seen)
    says_end = (ended > 0) & (rng.random(count) < 0.8)
    leaves = kind == code_of(TieKind.DEFECTION)
    order = rng.permutation(count)
    grades = Grades.drawn(rng, wrong[order])
    return TieReports(
        a=np.where(turned, b, a)[order],
        b=np.where(turned, a, b)[order],
        kind=kind[order],
        last_seen=seen[order],
        first_seen=np.where(says_first, began, 0)[order],
        ended=np.where(says_end & ~leaves, ended, np.where(leaves & (ended > 0), ended, 0))[order],
        severity=column("severity")[order].astype(np.float64),
        grades=grades,
    )


def tell_presences(
    rng: np.random.Generator, truth: Presences, *, near: NDArray[np.int64]
) -> PresenceReports:
    """Report presences, again 30 % missing and 10 % in a wrong place.

    Parameters
    ----------
    near
        (M, M) metres between municipalities: a wrong report is a few places off.
    """
    count = len(truth)
    rows = np.sort(rng.permutation(count)[round(MISSING_SHARE * count) :])
    mistakes = rng.choice(rows, size=round(len(rows) * WRONG_SHARE / (1 - WRONG_SHARE)))
    taken = set(zip(truth.actor.tolist(), truth.site.tolist(), strict=True))
    site = truth.site[mistakes].copy()
    for i, row in enumerate(mistakes.tolist()):
        by_distance = np.argsort(near[truth.site[row]], kind="stable")[1:40]
        free = [int(s) for s in by_distance if (int(truth.actor[row]), int(s)) not in taken]
        site[i] = rng.choice(free)
    chosen = np.concatenate([rows, mistakes])
    wrong = np.repeat([False, True], [len(rows), len(mistakes)])
    began, last = truth.began[chosen], truth.last[chosen]
    seen = last - np.floor((last - began) * rng.random(len(chosen)) ** 2).astype(np.int64)
    says_end = (truth.ended[chosen] > 0) & ~wrong & (rng.random(len(chosen)) < 0.8)
    return PresenceReports(
        actor=truth.actor[chosen],
        site=np.concatenate([truth.site[rows], site]),
        strength=truth.strength[chosen],
        last_seen=seen,
        ended=np.where(says_end, truth.ended[chosen], 0),
        grades=Grades.drawn(rng, wrong),
    )
