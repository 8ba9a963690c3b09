"""What many changed ties have changed of everybody: costs before and now, pair by pair.

Where so much has changed that following each edge costs more than joining all pairs, they
are joined twice: as they were, and as they are. Hostility is compared in the whole parts per
million that a look would see; of reunions, which make up most of the pairs and little of
the risk, only how far they can have moved.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from placement_engine.cases.gangs import gang_costs_of_pairs
from placement_engine.graph import RivalGraph
from placement_engine.graph.bond_changes import bond_walks_over
from placement_engine.graph.changes import ChangedEdges
from placement_engine.graph.join import PairTable, join
from placement_engine.graph.met_pairs import MetPairs
from placement_engine.nightly.check import (
    BoolArray,
    FloatArray,
    placed_findings,
    present_findings,
)
from placement_engine.nightly.sight import Homes, Pairs, of_homes
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import PPM, IntArray, micronats_array

_THREADS = 2
"""Threads of a join; its answer does not depend on them."""

Moved = tuple[IntArray, IntArray, BoolArray]
"""(N,) gain and loss in micro-nats, and whether a finding may have changed."""


def as_it_was(snapshot: Snapshot, before: RivalGraph, nodes: tuple[str, ...]) -> Snapshot | None:
    """The snapshot over an earlier network; None if it knew somebody who is not known now.

    Parameters
    ----------
    nodes
        Ids of the nodes of the snapshot.
    """
    if before.nodes == nodes:
        return replace(snapshot, edges=before.edges)
    place = np.append(before.numbers(nodes), -1)
    index = set(nodes)
    gone = np.array([node not in index for node in before.nodes], dtype=np.bool_)
    touched = np.zeros(before.edges.nodes, dtype=np.bool_)
    touched[before.edges.a] = touched[before.edges.b] = True
    if (gone & touched).any():
        return None
    return replace(
        snapshot, edges=before.edges, member=place[snapshot.member], actor=place[snapshot.actor]
    )


def moved_shares(then: Snapshot, now: Snapshot, changes: ChangedEdges, *, new: BoolArray) -> Moved:
    """How far the shares of placements have moved, and whose findings have.

    Parameters
    ----------
    then, now
        The same placements and presences over the network before and now.
    new
        (N,) placements whose pairs are left out, as they were not in force before.
    """
    gain = np.zeros(now.placements, dtype=np.int64)
    loss, look = gain.copy(), np.zeros(now.placements, dtype=np.bool_)
    placed, present = zip(_met(then), _met(now), strict=True)
    _count_placed(now, placed, new, (gain, loss, look))
    _count_present(now, present, (gain, loss, look))
    _count_reunions(then, now, changes, new, (gain, loss, look))
    return gain, loss, look


def _met(snapshot: Snapshot) -> tuple[Pairs, Pairs]:
    """All hostile pairs of placements, each from either side, and with presences."""
    sizes = np.diff(snapshot.member_start)
    alone = bool((sizes == 1).all())
    lives = Homes.placed(snapshot)
    active = Homes.of(snapshot.actor, np.arange(len(snapshot.actor)))
    edges, length = snapshot.edges, snapshot.max_length
    # Before and now in one form: they are compared to the last bit.
    joined = partial(join, length=length, threshold=0.0, compiled=False, workers=_THREADS)
    among = joined(edges, lives.node)
    both = PairTable.joined([among, replace(among, source=among.target, target=among.source)])
    placed = _pairs(both, lives, lives, alone=alone)
    there = joined(edges, lives.node, active.node)
    return placed.keep(placed.at != placed.other), _pairs(there, lives, active, alone=alone)


def _pairs(found: PairTable, here: Homes, there: Homes, *, alone: bool) -> Pairs:
    met = MetPairs(
        source=found.source,
        target=found.target,
        h_or=found.h_or,
        reunion=np.zeros(len(found)),
        direct=found.direct,
    )
    return of_homes(met, here, there, alone=alone)


def _changed(told: tuple[Pairs, Pairs], width: int) -> tuple[Pairs, Pairs]:
    """The pairs whose hostility is not the same, as it was and as it is."""
    keys = [pairs.at * width + pairs.other for pairs in told]
    every = _either(*keys)
    h_or, direct = np.zeros((2, len(every))), np.zeros((2, len(every)), dtype=np.bool_)
    for side, (pairs, key) in enumerate(zip(told, keys, strict=True)):
        at = np.searchsorted(every, key)
        h_or[side, at], direct[side, at] = pairs.h_or, pairs.direct
    kept = (h_or[0] != h_or[1]) | (direct[0] != direct[1])
    none = np.zeros(int(kept.sum()))
    before, after = (
        Pairs(
            at=every[kept] // max(width, 1),
            other=every[kept] % max(width, 1),
            h_or=h_or[side, kept],
            reunion=none,
            direct=direct[side, kept],
        )
        for side in (0, 1)
    )
    return before, after


def _count_placed(
    snapshot: Snapshot, told: tuple[Pairs, Pairs], new: BoolArray, moved: Moved
) -> None:
    rows = np.arange(snapshot.placements)
    before, after = _changed(told, snapshot.placements)
    old = ~(new[before.at] | new[before.other])
    before, after = before.keep(old), after.keep(old)
    exposure = snapshot.exposure[snapshot.site[after.at], snapshot.site[after.other]]
    was, cost = (micronats_array(pairs.h_or * exposure) for pairs in (before, after))
    _add(moved, after.at, was, cost)
    found = [
        placed_findings(snapshot, rows, pairs, paid)
        for pairs, paid in ((before, was), (after, cost))
    ]
    _look(moved, found[0], found[1])


def _count_present(snapshot: Snapshot, told: tuple[Pairs, Pairs], moved: Moved) -> None:
    rows = np.arange(snapshot.placements)
    before, after = _changed(told, len(snapshot.actor))
    _look(
        moved,
        *(
            present_findings(snapshot, rows, pairs, micronats_array(_chances(snapshot, pairs)))
            for pairs in (before, after)
        ),
    )
    # Dangers of one gang share a quarrel: what it costs is counted anew as a whole.
    most = int(snapshot.gang.max(initial=0)) + 1
    gangs = np.unique(after.at * most + snapshot.gang[after.other])
    costs = []
    for pairs in told:
        key = pairs.at * most + snapshot.gang[pairs.other]
        among = pairs.keep(np.isin(key, gangs))
        at = np.searchsorted(gangs, among.at * most + snapshot.gang[among.other])
        met, gang = _chances(snapshot, among), snapshot.gang[among.other]
        costs.append(gang_costs_of_pairs(at, among.h_or, met, gang, rows=len(gangs))[0])
    _add(moved, gangs // most, costs[0], costs[1])


def _chances(snapshot: Snapshot, pairs: Pairs) -> FloatArray:
    met: FloatArray = pairs.h_or * snapshot.actor_strength[pairs.other]
    met *= snapshot.exposure[snapshot.site[pairs.at], snapshot.actor_site[pairs.other]]
    return met


def _count_reunions(
    then: Snapshot, now: Snapshot, changes: ChangedEdges, new: BoolArray, moved: Moved
) -> None:
    count = now.placements
    shut = [
        _shut(snapshot, edge) for snapshot, edge in ((then, changes.before), (now, changes.after))
    ]
    every = _either(shut[0][0], shut[1][0])
    open_ = np.ones((2, len(every)))
    for side, (key, chance) in enumerate(shut):
        open_[side, np.searchsorted(every, key)] = chance
    at, other = every // max(count, 1), every % max(count, 1)
    kept = (at != other) & ~(new[at] | new[other])
    at, other, apart = at[kept], other[kept], open_[0, kept] - open_[1, kept]
    exposure = now.exposure[now.site[at], now.site[other]]
    for sums, rise in ((moved[0], apart), (moved[1], -apart)):
        some = rise > 0
        # Chances are rounded up to whole parts per million, costs to whole micro-nats.
        most = np.minimum((rise[some] + 1 / PPM) * exposure[some], exposure[some])
        with np.errstate(divide="ignore"):
            cost = np.log1p(most / (1 - exposure[some])) * PPM
        np.add.at(sums, at[some], np.ceil(np.minimum(cost, 100 * PPM)).astype(np.int64))


def _shut(snapshot: Snapshot, edge: IntArray) -> tuple[IntArray, FloatArray]:
    """Pairs of placements, and the chance that all their paths over some edges are shut."""
    count, lives = snapshot.placements, Homes.placed(snapshot)
    column = np.full(snapshot.edges.nodes, -1, dtype=np.int64)
    column[lives.node] = np.arange(len(lives.node))
    keys, logs = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for walks in bond_walks_over(snapshot.edges, edge, lives.node, snapshot.max_length):
        first, at = lives.spread(column[walks.nodes[:, 0]])
        second, other = lives.spread(column[walks.nodes[first, -1]])
        keys.append(at[second] * count + other)
        with np.errstate(divide="ignore"):
            logs.append(np.log1p(-walks.chance)[first[second]])
    every, place = np.unique(np.concatenate(keys), return_inverse=True)
    chance: FloatArray = np.exp(
        np.bincount(place, weights=np.concatenate(logs), minlength=len(every))
    )
    return every, chance


def _either(one: IntArray, other: IntArray) -> IntArray:
    """Rising numbers that stand in one of two or both; much faster than `numpy.union1d`."""
    every = np.concatenate([one, other])
    every.sort(kind="stable")
    new = np.ones(len(every), dtype=np.bool_)
    np.not_equal(every[1:], every[:-1], out=new[1:])
    return every[new]


def _add(moved: Moved, at: IntArray, was: IntArray, cost: IntArray) -> None:
    np.add.at(moved[0], at, np.maximum(cost - was, 0))
    np.add.at(moved[1], at, np.maximum(was - cost, 0))


def _look(moved: Moved, was: IntArray, found: IntArray) -> None:
    """Mark the placements of whose findings any number is not the same."""
    differ = {tuple(row) for row in was.tolist()} ^ {tuple(row) for row in found.tolist()}
    moved[2][[row for row, *_ in differ]] = True
