"""The pure night: every placement in force, its share and all that is wrong there.

`check_rows` is the one task of the night. It takes numbers and gives numbers, needs
nothing but the `Sight` of a `Snapshot`, and gives the same bytes wherever and in whatever
order it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.gangs import gang_costs_of_pairs
from placement_engine.cases.steps import TOLERANCE
from placement_engine.graph import PairScores
from placement_engine.nightly.ageing import FOREVER
from placement_engine.nightly.finding import FindingKind
from placement_engine.nightly.sight import Pairs, Sight
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray, micronats_array

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

ROWS_AT_ONCE = 512
"""Placements of one task: bounds the memory, not the answer."""
TASKS = 16
"""So many tasks at least, where there are placements enough, so that no worker waits long."""
FINDING_COLUMNS = 6
"""Row, kind, other, level, risk, days."""
ROUNDED = 1e-6
"""Hostility is rounded up to whole parts per million: it may be this much less."""
FAINT = 20.0
"""Micro-nats below which a part is left out of the lower bound, for its rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Rows:
    """What was seen of some placements.

    Parameters
    ----------
    row
        (R,) row numbers of the placements.
    share
        (R,) own shares in micro-nats.
    sure, parts
        (R,) what ageing can take from the share: after a fall by the factor f it is at
        least ``f * sure - parts / 2``.
    found
        (F, 6) row, number of the kind, other (row of a placement, or number of a
        presence, or -1), level, risk in micro-nats, and for how many days ageing alone
        cannot lower the level; sorted.
    """

    row: IntArray
    share: IntArray
    sure: IntArray
    parts: IntArray
    found: IntArray

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Parts as one, by row, whatever order they came in."""
        row = np.concatenate([np.zeros(0, dtype=np.int64), *(p.row for p in parts)])
        share = np.concatenate([np.zeros(0, dtype=np.int64), *(p.share for p in parts)])
        sure = np.concatenate([np.zeros(0, dtype=np.int64), *(p.sure for p in parts)])
        count = np.concatenate([np.zeros(0, dtype=np.int64), *(p.parts for p in parts)])
        found = np.concatenate(
            [np.zeros((0, FINDING_COLUMNS), dtype=np.int64), *(p.found for p in parts)]
        )
        order = np.argsort(row, kind="stable")
        return cls(
            row=row[order],
            share=share[order],
            sure=sure[order],
            parts=count[order],
            found=_sorted(found),
        )


def rows_at_once(snapshot: Snapshot) -> int:
    """How many placements one task looks at."""
    return max(8, min(ROWS_AT_ONCE, snapshot.placements // TASKS))


def check_rows(sight: Sight, rows: IntArray) -> Rows:
    """Look at some placements.

    Parameters
    ----------
    rows
        Row numbers, rising.
    """
    snapshot, count = sight.snapshot, len(rows)
    placed, present = sight.with_placed(rows), sight.with_present(rows)
    here = snapshot.site[rows]
    exposure = snapshot.exposure[here[placed.at], snapshot.site[placed.other]]
    cost = micronats_array(placed.h_or * exposure)
    share = _sums(placed.at, cost + micronats_array(placed.reunion * exposure), count)
    met = present.h_or * snapshot.actor_strength[present.other]
    met *= snapshot.exposure[here[present.at], snapshot.actor_site[present.other]]
    gang = snapshot.gang[present.other]
    gangs = gang_costs_of_pairs(present.at, present.h_or, met, gang, rows=count)[0]
    share += gangs
    far, parts = _lasting(placed, exposure, count)
    # Dangers that are left out only lower what a gang costs.
    less = np.maximum(1 - ROUNDED / np.maximum(present.h_or, ROUNDED), 0.0)
    kept = met * less * 1e6 >= FAINT
    gangs, among = gang_costs_of_pairs(
        present.at[kept],
        np.maximum(present.h_or - ROUNDED, 0.0)[kept],
        (met * less)[kept],
        gang[kept],
        rows=count,
    )
    # A cost of p is at least p: what is certain is told in p, which falls as hostility does.
    sure = far + 1e6 * -np.expm1(-np.maximum(gangs - among / 2, 0.0) / 1e6)
    found = np.concatenate(
        [
            placed_findings(snapshot, rows, placed, cost),
            present_findings(snapshot, rows, present, micronats_array(met)),
            _own(snapshot, rows, share),
        ]
    )
    return Rows(
        row=rows,
        share=share,
        sure=np.floor(sure).astype(np.int64),
        parts=parts + among,
        found=_sorted(found),
    )


def _sums(at: IntArray, numbers: IntArray, count: int) -> IntArray:
    """Sums of whole numbers by row."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, at, numbers)
    return total


def _lasting(pairs: Pairs, exposure: FloatArray, count: int) -> tuple[FloatArray, IntArray]:
    """What of a share is certain but for ageing, in micro-nats, and of how many parts."""
    total = np.zeros(count)
    parts = np.zeros(count, dtype=np.int64)
    for chance in (pairs.h_or, pairs.reunion):
        least = np.maximum(chance - ROUNDED, 0.0) * exposure * 1e6
        kept = least >= FAINT
        total += np.bincount(pairs.at[kept], weights=least[kept], minlength=count)
        parts += np.bincount(pairs.at[kept], minlength=count)
    return total, parts


def pair_findings(
    snapshot: Snapshot, rows: IntArray, scores: PairScores, cost: IntArray
) -> IntArray:
    """Findings with other placed people, as in `Rows.found` but unsorted.

    Parameters
    ----------
    scores
        Of the households of `rows` with those of all placements.
    cost
        (R, N) micro-nats of each pair's hostility.
    """
    at, other = np.nonzero((scores.h_or > 0) | scores.direct)
    pairs = Pairs(
        at=at,
        other=other,
        h_or=scores.h_or[at, other],
        reunion=scores.reunion[at, other],
        direct=scores.direct[at, other],
    )
    return placed_findings(snapshot, rows, pairs, cost[at, other])


def placed_findings(snapshot: Snapshot, rows: IntArray, pairs: Pairs, cost: IntArray) -> IntArray:
    """Findings of pairs (Q,) of some rows with other placements; costs (Q,) in micro-nats."""
    level = _levels(snapshot.steps[0], pairs.h_or, pairs.direct)
    level[snapshot.subject[rows[pairs.at]] == snapshot.subject[pairs.other]] = 0
    home = snapshot.at_home[:, 0] * snapshot.placements + snapshot.at_home[:, 1]
    level[np.isin(rows[pairs.at] * snapshot.placements + pairs.other, home)] = 0
    chosen = np.flatnonzero(level)
    i, j, direct = rows[pairs.at[chosen]], pairs.other[chosen], pairs.direct[chosen]
    taken, risk = level[chosen], cost[chosen]
    days = _days(snapshot, 0, pairs.h_or[chosen], taken, direct, present=False)
    apart = _broken(snapshot, snapshot.steps[0], taken, snapshot.site[i], snapshot.site[j])
    shared = (snapshot.provider[i] >= 0) & (snapshot.provider[i] == snapshot.provider[j])
    return np.concatenate(
        [
            _found(i[told], kind, j[told], taken[told], risk[told], days[told])
            for kind, told in ((FindingKind.PLACED, apart), (FindingKind.PROVIDER, shared))
        ]
    )


def present_findings(snapshot: Snapshot, rows: IntArray, pairs: Pairs, cost: IntArray) -> IntArray:
    """The same of pairs with presences."""
    parts = []
    group = snapshot.actor_is_group[pairs.other]
    strong = pairs.h_or * snapshot.actor_strength[pairs.other]
    never = np.zeros_like(pairs.direct)
    for kind, family, hostility, direct, among in (
        (FindingKind.ACTOR, 1, pairs.h_or, pairs.direct, ~group),
        (FindingKind.PRESENCE, 2, strong, never, group),
    ):
        table = snapshot.steps[family]
        level = _levels(table, hostility, direct)
        level[~among] = 0
        chosen = np.flatnonzero(level)
        i, j = rows[pairs.at[chosen]], pairs.other[chosen]
        sites = snapshot.site[i], snapshot.actor_site[j]
        broken = _broken(snapshot, table, level[chosen], *sites)
        i, j, chosen = i[broken], j[broken], chosen[broken]
        taken = level[chosen]
        days = _days(
            snapshot, family, hostility[chosen], taken, direct[chosen], present=family == 2
        )
        parts.append(_found(i, kind, j, taken, cost[chosen], days))
    return np.concatenate(parts)


def _own(snapshot: Snapshot, rows: IntArray, share: IntArray) -> IntArray:
    # Bands begin at their number; a ceiling is passed only above it.
    over = snapshot.bands + np.array([0, 0, 1])
    band = (share[:, None] >= over).sum(axis=1)
    banded, unknown = np.flatnonzero(band), np.flatnonzero(snapshot.unknown[rows])
    nobody = np.full(len(rows), -1, dtype=np.int64)
    one = np.ones(len(unknown), dtype=np.int64)
    return np.concatenate(
        [
            _found(
                rows[banded],
                FindingKind.RISK,
                nobody[banded],
                band[banded],
                share[banded],
                np.full(len(banded), FOREVER),
            ),
            _found(
                rows[unknown], FindingKind.UNKNOWN, nobody[unknown], one, 0 * one, FOREVER * one
            ),
        ]
    )


def _levels(table: FloatArray, hostility: FloatArray, direct: BoolArray) -> IntArray:
    """The step that each hostility takes, 0 below the lowest, highest last."""
    steps = table[table[:, 0] <= 1]
    level = np.zeros(hostility.shape, dtype=np.int64)
    for step in steps:
        level += hostility >= step[0] - TOLERANCE
    level[direct] = len(steps)
    return level


def _days(
    snapshot: Snapshot,
    family: int,
    hostility: FloatArray,
    level: IntArray,
    direct: BoolArray,
    *,
    present: bool,
) -> IntArray:
    """For how many days ageing alone cannot take each hostility below its level."""
    table = snapshot.steps[family]
    steps = table[table[:, 0] <= 1]
    limit = np.maximum(steps[len(steps) - level, 0], ROUNDED)
    rate = snapshot.rates[0] + (snapshot.rates[1] if present else 0.0)
    margin = np.log(np.maximum(hostility - ROUNDED, ROUNDED) / limit)
    days = np.full(len(level), FOREVER, dtype=np.int64)
    if rate > 0:
        days = np.clip(np.floor(margin / rate), 0, FOREVER).astype(np.int64)
    days[direct] = FOREVER
    return days


def _broken(
    snapshot: Snapshot, table: FloatArray, level: IntArray, a: IntArray, b: IntArray
) -> BoolArray:
    """Whether two sites are nearer than the step of each pair demands."""
    steps = table[table[:, 0] <= 1]
    step = steps[len(steps) - level]
    broken: BoolArray = (
        (a == b)
        | (snapshot.separation_m[a, b] < step[:, 1])
        | ((step[:, 2] > 0) & snapshot.same_labour_market[a, b])
    )
    return broken


def _found(
    row: IntArray,
    kind: FindingKind,
    other: IntArray,
    level: IntArray,
    risk: IntArray,
    days: IntArray,
) -> IntArray:
    return np.column_stack([row, np.full(len(row), kind.number), other, level, risk, days])


def _sorted(found: IntArray) -> IntArray:
    return found[np.lexsort(found.T[::-1])]
