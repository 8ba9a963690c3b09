"""The pure night: every placement in force, its share and all that is wrong there.

`check_rows` is the one task of the night. It takes numbers and gives numbers, needs
nothing but a `Snapshot`, and gives the same bytes wherever and in whatever order it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.gangs import gang_costs
from placement_engine.cases.households import household_scores
from placement_engine.cases.steps import TOLERANCE
from placement_engine.graph import PairScores, RivalGraph
from placement_engine.intelligence import Network
from placement_engine.nightly.ageing import FOREVER
from placement_engine.nightly.finding import FindingKind
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray, micronats_array

if TYPE_CHECKING:
    from placement_engine.policy import Policy

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

CELLS = 1_000_000
"""Pairs compared at once: bounds the memory, not the answer."""
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


def numbered_graph(snapshot: Snapshot, policy: Policy, as_of_ordinal: int) -> RivalGraph:
    """The graph of a snapshot, in which everybody's id is a number; it can explain nothing."""
    from datetime import date

    known = np.unique(np.concatenate([snapshot.member, snapshot.actor]))
    return RivalGraph(
        network=Network.empty(),
        edges=snapshot.edges,
        policy=policy,
        as_of=date.fromordinal(as_of_ordinal),
        index={str(node): node for node in known[known >= 0].tolist()},
    )


def rows_at_once(snapshot: Snapshot) -> int:
    """How many placements one task looks at."""
    return max(8, min(256, CELLS // max(1, snapshot.placements)))


def check_rows(snapshot: Snapshot, graph: RivalGraph, rows: IntArray) -> Rows:
    """Look at some placements.

    Parameters
    ----------
    graph
        As `numbered_graph` makes it.
    rows
        Row numbers, rising.
    """
    everyone = _homes(snapshot, np.arange(snapshot.placements))
    homes = [everyone[row] for row in rows.tolist()]
    actors = [(str(node),) for node in snapshot.actor.tolist()]
    to_placed = household_scores(graph, homes, everyone)
    to_present = household_scores(graph, homes, actors)
    here = snapshot.site[rows]
    exposure = snapshot.exposure[np.ix_(here, snapshot.site)]
    cost = micronats_array(to_placed.h_or * exposure)
    together = micronats_array(to_placed.reunion * exposure)
    own = (np.arange(len(rows)), rows)
    cost[own] = together[own] = 0  # nobody is a danger to her own household
    met = to_present.h_or * snapshot.actor_strength
    met *= snapshot.exposure[np.ix_(here, snapshot.actor_site)]
    share = (cost + together).sum(axis=1) + _of_gangs(snapshot, to_present.h_or, met)[0]
    far, count = _lasting((to_placed.h_or, to_placed.reunion), exposure, own)
    # Dangers that are left out only lower what a gang costs.
    less = np.maximum(1 - ROUNDED / np.maximum(to_present.h_or, ROUNDED), 0.0)
    kept = met * less * 1e6 >= FAINT
    gangs, among = _of_gangs(
        snapshot,
        np.where(kept, np.maximum(to_present.h_or - ROUNDED, 0.0), 0.0),
        np.where(kept, met * less, 0.0),
    )
    # A cost of p is at least p: what is certain is told in p, which falls as hostility does.
    sure = far + 1e6 * -np.expm1(-np.maximum(gangs - among / 2, 0.0) / 1e6)
    found = np.concatenate(
        [
            pair_findings(snapshot, rows, to_placed, cost),
            _present(snapshot, rows, to_present, micronats_array(met)),
            _own(snapshot, rows, share),
        ]
    )
    return Rows(
        row=rows,
        share=share,
        sure=np.floor(sure).astype(np.int64),
        parts=count + among,
        found=_sorted(found),
    )


def _of_gangs(
    snapshot: Snapshot, hostility: FloatArray, met: FloatArray
) -> tuple[IntArray, IntArray]:
    """What all gangs cost each row in micro-nats, and how many gangs do."""
    hostile = np.flatnonzero(met.any(axis=0) | hostility.any(axis=0))
    if not len(hostile):
        nothing = np.zeros(len(met), dtype=np.int64)
        return nothing, nothing
    gang = snapshot.gang[hostile]
    order = np.argsort(gang, kind="stable")
    starts = np.flatnonzero(np.diff(gang[order], prepend=-1))
    costing = np.logical_or.reduceat(met[:, hostile[order]] > 0, starts, axis=1)
    return gang_costs(hostility[:, hostile], met[:, hostile], gang), costing.sum(axis=1)


def _lasting(
    chances: Sequence[FloatArray], exposure: FloatArray, own: tuple[IntArray, IntArray]
) -> tuple[FloatArray, IntArray]:
    """What of a share is certain but for ageing, in micro-nats, and of how many parts."""
    total = np.zeros(len(exposure))
    count = np.zeros(len(exposure), dtype=np.int64)
    for chance in chances:
        least = np.maximum(chance - ROUNDED, 0.0) * exposure * 1e6
        least[own] = 0.0
        least[least < FAINT] = 0.0
        total += least.sum(axis=1)
        count += np.count_nonzero(least, axis=1)
    return total, count


def _homes(snapshot: Snapshot, rows: IntArray) -> list[tuple[str, ...]]:
    names = [str(node) for node in snapshot.member.tolist()]
    start = snapshot.member_start.tolist()
    return [tuple(names[start[row] : start[row + 1]]) for row in rows.tolist()]


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
    level = _levels(snapshot.steps[0], scores.h_or, scores.direct)
    level[snapshot.subject[rows][:, None] == snapshot.subject[None, :]] = 0
    at = np.searchsorted(rows, snapshot.at_home[:, 0])
    inside = np.flatnonzero(at < len(rows))
    inside = inside[rows[at[inside]] == snapshot.at_home[inside, 0]]
    level[at[inside], snapshot.at_home[inside, 1]] = 0
    i, j = np.nonzero(level)
    taken, risk = level[i, j], cost[i, j]
    days = _days(snapshot, 0, scores.h_or[i, j], taken, scores.direct[i, j], present=False)
    a, b = snapshot.site[rows[i]], snapshot.site[j]
    apart = _broken(snapshot, snapshot.steps[0], taken, a, b)
    known = snapshot.provider[rows[i]] >= 0
    shared = known & (snapshot.provider[rows[i]] == snapshot.provider[j])
    return np.concatenate(
        [
            _found(rows[i[chosen]], kind, j[chosen], taken[chosen], risk[chosen], days[chosen])
            for kind, chosen in ((FindingKind.PLACED, apart), (FindingKind.PROVIDER, shared))
        ]
    )


def _present(snapshot: Snapshot, rows: IntArray, scores: PairScores, cost: IntArray) -> IntArray:
    parts = []
    never = np.zeros_like(scores.direct)
    for kind, family, hostility, direct, among in (
        (
            FindingKind.ACTOR,
            1,
            scores.h_or,
            scores.direct,
            ~snapshot.actor_is_group,
        ),
        (
            FindingKind.PRESENCE,
            2,
            scores.h_or * snapshot.actor_strength,
            never,
            snapshot.actor_is_group,
        ),
    ):
        table = snapshot.steps[family]
        level = _levels(table, hostility, direct)
        level[:, ~among] = 0
        i, j = np.nonzero(level)
        taken = level[i, j]
        broken = _broken(snapshot, table, taken, snapshot.site[rows[i]], snapshot.actor_site[j])
        i, j, taken = i[broken], j[broken], taken[broken]
        days = _days(snapshot, family, hostility[i, j], taken, direct[i, j], present=family == 2)
        parts.append(_found(rows[i], kind, j, taken, cost[i, j], days))
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
