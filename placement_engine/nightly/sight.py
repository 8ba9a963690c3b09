"""What a task of the night sees of a snapshot: the pairs of households that any path joins.

Of 100,000 placements hardly any two have to do with each other, and no table of all pairs
is made. What it tells of a pair is what `household_scores` tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.households import whole_ppm
from placement_engine.graph.met_pairs import MetPairs, Targets, met_pairs
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray

FloatArray = NDArray[np.float64]

FEW = 500
"""Rows below which loading the compiled form takes longer than looking by the form on arrays,
also where groups of thousands make its rows dear."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Pairs:
    """Q pairs of a row with a placement or a presence, by rising row and other.

    Parameters
    ----------
    at, other
        (Q,) position among the rows asked for; row of a placement or number of a presence.
    h_or, reunion
        (Q,) chances in whole parts per million, rounded up.
    direct
        (Q,) whether a direct enmity demands a separation of its own.
    """

    at: IntArray
    other: IntArray
    h_or: FloatArray
    reunion: FloatArray
    direct: NDArray[np.bool_]

    def keep(self, mask: NDArray[np.bool_]) -> Pairs:
        """The pairs that a mask (Q,) keeps."""
        return Pairs(
            at=self.at[mask],
            other=self.other[mask],
            h_or=self.h_or[mask],
            reunion=self.reunion[mask],
            direct=self.direct[mask],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Homes:
    """In which homes each of K nodes lives, in order of the first of them.

    Parameters
    ----------
    node, start, home
        (K,) different nodes, (K+1,) where the homes of each begin, (L,) homes.
    single
        Whether nobody lives in two homes, and no two in one.
    """

    node: IntArray
    start: IntArray
    home: IntArray
    single: bool

    @classmethod
    def placed(cls, snapshot: Snapshot) -> Homes:
        """The homes of all placements."""
        return cls.of(*_members(snapshot, np.arange(snapshot.placements)))

    @classmethod
    def of(cls, member: IntArray, home: IntArray) -> Homes:
        """The homes (L,) of members (L,), rising; -1 is nobody who is known."""
        member, home = member[member >= 0], home[member >= 0]
        node, first, number = np.unique(member, return_index=True, return_inverse=True)
        by_home = np.argsort(first)
        place = np.empty(len(node), dtype=np.int64)
        place[by_home] = np.arange(len(node))
        order = np.argsort(place[number], kind="stable")
        count = np.bincount(place[number], minlength=len(node))
        return cls(
            node=node[by_home],
            start=np.append(0, np.cumsum(count)),
            home=home[order],
            single=len(node) == len(member) and bool((np.diff(home) > 0).all()),
        )

    def spread(self, place: IntArray) -> tuple[IntArray, IntArray]:
        """Which of the places given, and the home, for every home of theirs."""
        count = self.start[place + 1] - self.start[place]
        which = np.repeat(np.arange(len(place)), count)
        at = np.arange(len(which)) + np.repeat(self.start[place] - np.cumsum(count) + count, count)
        return which, self.home[at]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Sight:
    """A snapshot with the ends of its paths laid out; made once, for many tasks."""

    snapshot: Snapshot
    placed: Targets
    present: Targets
    lives: Homes
    active: Homes
    alone: bool

    @classmethod
    def of(cls, snapshot: Snapshot, rows: IntArray, *, compiled: bool | None = None) -> Sight:
        """The sight of a snapshot from some rows.

        Parameters
        ----------
        compiled
            As for `Targets.of`; None never runs the compiled form for fewer than `FEW` rows.
        """
        if compiled is None and len(rows) < FEW:
            compiled = False
        sizes = np.diff(snapshot.member_start)
        edges, length = snapshot.edges, snapshot.max_length
        lives = Homes.placed(snapshot)
        active = Homes.of(snapshot.actor, np.arange(len(snapshot.actor)))
        from_here = np.unique(_members(snapshot, rows)[0])
        from_here = from_here[from_here >= 0]
        return cls(
            snapshot=snapshot,
            placed=Targets.of(edges, from_here, lives.node, length=length, compiled=compiled),
            present=Targets.of(
                edges, from_here, active.node, length=length, friendly=False, compiled=compiled
            ),
            lives=lives,
            active=active,
            alone=bool((sizes == 1).all()),
        )

    def with_placed(self, rows: IntArray) -> Pairs:
        """Pairs of some placements with all others; nobody is a danger to her own household."""
        pairs = self._joined(rows, self.placed, self.lives, alone=self.alone)
        return pairs.keep(pairs.other != rows[pairs.at])

    def with_present(self, rows: IntArray) -> Pairs:
        """Pairs of some placements with the presences."""
        start = self.snapshot.member_start
        alone = bool((start[rows + 1] - start[rows] == 1).all())
        return self._joined(rows, self.present, self.active, alone=alone)

    def _joined(self, rows: IntArray, targets: Targets, there: Homes, *, alone: bool) -> Pairs:
        here = Homes.of(*_members(self.snapshot, rows))
        return of_homes(met_pairs(targets, here.node), here, there, alone=alone)


def _members(snapshot: Snapshot, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Who lives in some homes, one after another, and in which of them."""
    first = snapshot.member_start[rows]
    sizes = snapshot.member_start[rows + 1] - first
    at = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(len(at)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return snapshot.member[first[at] + within], at


def of_homes(found: MetPairs, here: Homes, there: Homes, *, alone: bool) -> Pairs:
    """Pairs of homes from pairs of those who live there; `alone` if nobody lives with anybody."""
    if here.single and there.single:  # each by itself, and in the order they came in
        return Pairs(
            at=here.home[found.source],
            other=there.home[found.target],
            h_or=whole_ppm(found.h_or),
            reunion=whole_ppm(found.reunion),
            direct=found.direct,
        )
    first, at = here.spread(found.source)
    second, other = there.spread(found.target[first])
    pair, at = first[second], at[second]
    # As `household_scores` joins them: one after another along a row, then the columns.
    order = np.lexsort((found.source[pair], found.target[pair], other, at))
    pair, at, other = pair[order], at[order], other[order]
    column = _starts(at, other, found.target[pair])
    home = _starts(at[column], other[column])
    direct = found.direct[pair]
    if len(pair):
        direct = np.logical_or.reduceat(direct, column[home])
    chances = [found.h_or[pair], found.reunion[pair]]
    if not alone and len(pair):
        none = [np.multiply.reduceat(1 - chance, column) for chance in chances]
        chances = [1 - np.multiply.reduceat(chance, home) for chance in none]
    return Pairs(
        at=at[column[home]],
        other=other[column[home]],
        h_or=whole_ppm(chances[0]),
        reunion=whole_ppm(chances[1]),
        direct=direct,
    )


def _starts(*keys: IntArray) -> IntArray:
    """Where a run of equal keys begins."""
    new = np.zeros(len(keys[0]), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)
