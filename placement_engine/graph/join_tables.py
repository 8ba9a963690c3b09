"""What the join goes over: edges by their near end, and by which of them targets are reached."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from placement_engine.graph.edges import NUMBER, PAST, Bools, Edges, Floats, HalfEdges, Ints
from placement_engine.graph.paths import closing
from placement_engine.vocabulary import TieKind


class Half(NamedTuple):
    """Half edges: ``start`` (n+1,) into ``far`` and ``edge``. A tuple, for compiled code."""

    start: Ints
    far: Ints
    edge: Ints

    @classmethod
    def of(cls, half: HalfEdges) -> Half:
        """The same half edges."""
        return cls(half.start, half.far, half.edge)

    def leading(self, wanted: Bools) -> Half:
        """Those that lead to a wanted node (n,)."""
        kept = wanted[self.far]
        before = np.zeros(len(kept) + 1, dtype=np.int64)
        np.cumsum(kept, out=before[1:])
        return Half(before[self.start], self.far[kept], self.edge[kept])


class Tables(NamedTuple):
    """What paths go over; the ``_end`` tables lead to targets alone, in order of rank.

    Parameters
    ----------
    groups_left, left_by
        From a person to the groups left for sure, and from a group to the targets who left it;
        their ``edge`` means nothing.
    chance, past, defection, direct
        (E,) of each edge; whether it is a past membership, and a defection.
    defector, group
        (E,) ends of the edge as reported.
    rank
        (n,) of each target, -1 for the others.
    leavers
        As in `Edges`.
    """

    bond: Half
    enmity: Half
    membership: Half
    alliance: Half
    bond_end: Half
    enmity_end: Half
    membership_end: Half
    groups_left: Half
    left_by: Half
    chance: Floats
    past: Bools
    defection: Bools
    direct: Bools
    defector: Ints
    group: Ints
    is_group: Bools
    rank: Ints
    leavers: Ints


def tables_of(edges: Edges, targets: Ints) -> Tables:
    """The tables of a graph and its targets, which are different node indices."""
    n = edges.nodes
    rank = np.full(n, -1, dtype=np.int64)
    rank[targets] = np.arange(len(targets))
    people = targets[~edges.is_group[targets]]
    person, group = edges.leavers // max(n, 1), edges.leavers % max(n, 1)
    asked = rank[person] >= 0
    return Tables(
        bond=Half.of(edges.bond),
        enmity=Half.of(edges.enmity),
        membership=Half.of(edges.membership),
        alliance=Half.of(edges.alliance),
        bond_end=Half.of(closing(edges, targets, edges.bond)),
        enmity_end=Half.of(closing(edges, targets, edges.enmity)),
        membership_end=Half.of(closing(edges, people, edges.membership)),
        groups_left=Half.of(HalfEdges.of(n, person, group, person)),
        left_by=Half.of(HalfEdges.of(n, group[asked], person[asked], person[asked])),
        chance=edges.chance,
        past=edges.kind == PAST,
        defection=edges.kind == NUMBER[TieKind.DEFECTION],
        direct=edges.direct,
        defector=edges.a,
        group=edges.b,
        is_group=edges.is_group,
        rank=rank,
        leavers=edges.leavers,
    )
