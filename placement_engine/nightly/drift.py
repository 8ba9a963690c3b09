"""What has changed of the risk of those who need not be looked at: bounds, and whom to look at.

Every pair whose hostility may have changed has an end in a small *cover* of placements.
The costs of the cover with everybody, before and now, are computed exactly; they bound how
far each share can have moved, and tell each finding that has appeared, gone or moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from placement_engine.cases.households import household_scores
from placement_engine.graph import RivalGraph, changed_pairs
from placement_engine.graph.changes import ChangedEdges, changed_edges
from placement_engine.graph.join import LONGEST
from placement_engine.nightly.check import BoolArray, pair_findings, rows_at_once
from placement_engine.nightly.everyone import as_it_was, moved_shares
from placement_engine.nightly.facts import Facts
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray, micronats_array
from placement_engine.register import StoredPlacement

MOST = 4
"""A cover of more than one in so many placements costs as much as looking at all."""

FOLLOWED = 200
"""Changed edges from which on joining all pairs costs less than following each edge."""
LARGE = 2_000_000
"""Edges from which on a look at all, whose join is compiled, costs less than joining all pairs
before and now."""
SHARE = 4
"""Where one edge in so many has changed, nobody can be spared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drift:
    """How far shares can have moved, and who must be looked at.

    Parameters
    ----------
    gain, loss
        (N,) micro-nats.
    look
        (N,) whether a finding of the placement may have changed.
    """

    gain: IntArray
    loss: IntArray
    look: BoolArray

    @classmethod
    def none(cls, placements: int) -> Drift:
        """Nobody has moved."""
        zero = np.zeros(placements, dtype=np.int64)
        return cls(gain=zero, loss=zero.copy(), look=np.zeros(placements, dtype=np.bool_))


def drift(
    facts: Facts,
    snapshot: Snapshot,
    *,
    before: RivalGraph | None,
    new: BoolArray,
    gone: Iterable[StoredPlacement],
) -> Drift | None:
    """The drift since the last night; None where looking at all costs no more.

    Parameters
    ----------
    before
        What was known the last night, aged to this day; None if the same is known now.
    new
        (N,) placements that were not in force the last night.
    gone
        Placements that were, and are not any more.
    """
    moved = Drift.none(snapshot.placements)
    moved.look[new] = True
    pairs: set[tuple[int, int]] = set()
    if before is not None:
        changes = changed_edges(before, facts.observer.graph)
        if max(len(changes.before), len(changes.after)) > FOLLOWED:
            if not _counted(facts, snapshot, before, changes, new, moved):
                return None
        else:
            pairs = _touched(facts, before, moved)
    cover = _cover(pairs) | set(np.flatnonzero(new).tolist())
    if len(cover) * MOST > snapshot.placements:
        return None
    rows = np.array(sorted(cover), dtype=np.int64)
    size = rows_at_once(snapshot)
    for start in range(0, len(rows), size):
        _compare(facts, snapshot, before, rows[start : start + size], rows, new, moved)
    for stored in gone:
        _part(facts, snapshot, before or facts.observer.graph, stored, moved)
    return moved


def _counted(
    facts: Facts,
    snapshot: Snapshot,
    before: RivalGraph,
    changes: ChangedEdges,
    new: BoolArray,
    moved: Drift,
) -> bool:
    """Count in what changed of all pairs at once; False where looking at all costs no more."""
    graph = facts.observer.graph
    most = max(len(changes.before), len(changes.after)) * SHARE
    edges = len(graph.edges.a)
    if most > edges or edges > LARGE or snapshot.max_length > LONGEST:
        return False
    then = as_it_was(snapshot, before, graph.nodes)
    if then is None:
        return False
    gain, loss, look = moved_shares(then, snapshot, changes, new=new)
    moved.gain[:] += gain
    moved.loss[:] += loss
    moved.look[look] = True
    return True


def _touched(facts: Facts, before: RivalGraph, moved: Drift) -> set[tuple[int, int]]:
    """Pairs of placements that may have changed; placements whose dangers may have, marked."""
    observer = facts.observer
    lives: dict[str, list[int]] = {}
    for n, placement in enumerate(observer.in_force):
        for member in observer.household(placement.subject):
            lives.setdefault(member, []).append(n)
    actors = set(observer.present.actors)
    pairs: set[tuple[int, int]] = set()
    for a, b in changed_pairs(before, observer.graph, {*lives, *actors}, reunion=True):
        for one, other in ((a, b), (b, a)):
            if other in actors:
                moved.look[lives.get(one, [])] = True
        pairs.update(
            (min(i, j), max(i, j)) for i in lives.get(a, ()) for j in lives.get(b, ()) if i != j
        )
    return pairs


def _cover(pairs: set[tuple[int, int]]) -> set[int]:
    """Placements such that each pair has one: of each pair the one that is in more pairs."""
    count = Counter(n for pair in pairs for n in pair)
    return {max(pair, key=lambda n: (count[n], n)) for pair in pairs}


def _compare(
    facts: Facts,
    snapshot: Snapshot,
    before: RivalGraph | None,
    rows: IntArray,
    cover: IntArray,
    new: BoolArray,
    moved: Drift,
) -> None:
    """Count in what the pairs of some rows of the cover have gained and lost."""
    observer = facts.observer
    homes = [observer.household(p.subject) for p in observer.in_force]
    own = [homes[row] for row in rows.tolist()]
    exposure = snapshot.exposure[np.ix_(snapshot.site[rows], snapshot.site)]
    self = (np.arange(len(rows)), rows)
    costs = []
    found = []
    for graph in (observer.graph, before or observer.graph):
        scores = household_scores(graph, own, homes)
        cost = micronats_array(scores.h_or * exposure)
        together = micronats_array(scores.reunion * exposure)
        cost[self] = together[self] = 0
        costs.append(cost + together)
        found.append({tuple(row) for row in pair_findings(snapshot, rows, scores, cost).tolist()})
    fresh = new[rows][:, None] | new[None, :]
    costs[1][fresh] = 0  # whoever is new cost nobody anything
    rise, fall = np.maximum(costs[0] - costs[1], 0), np.maximum(costs[1] - costs[0], 0)
    others = np.ones(snapshot.placements, dtype=np.bool_)
    others[cover] = False  # both ends in the cover: each counts its own row
    moved.gain[rows] += rise.sum(axis=1)
    moved.loss[rows] += fall.sum(axis=1)
    moved.gain[others] += rise.sum(axis=0)[others]
    moved.loss[others] += fall.sum(axis=0)[others]
    for row, _, other, *_ in found[0] ^ found[1]:
        moved.look[[row, other]] = True
    for row, _, other, *_ in found[0]:
        if new[row] or new[other]:
            moved.look[[row, other]] = True


def _part(
    facts: Facts, snapshot: Snapshot, before: RivalGraph, stored: StoredPlacement, moved: Drift
) -> None:
    """Count out somebody who is not there any more."""
    observer = facts.observer
    homes = [observer.household(p.subject) for p in observer.in_force]
    gone = observer.household(stored.placement.subject)
    scores = household_scores(before, [gone], homes)
    site = observer.geography.index[stored.placement.municipality]
    exposure = snapshot.exposure[site, snapshot.site][None, :]
    moved.loss[:] += (
        micronats_array(scores.h_or * exposure) + micronats_array(scores.reunion * exposure)
    )[0]
