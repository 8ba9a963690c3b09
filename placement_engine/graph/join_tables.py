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


class End(NamedTuple):
    """Half edges that lead to targets alone, by rank, with what closing a path asks of them.

    Parameters
    ----------
    start
        (n+1,) into the rest.
    far, edge, rank
        The target, the edge, and the target's rank.
    chance, past
        Of the edge; whether it is a past membership.
    group, leaves
        The group of a defection, else -1; and whether the target is who left it.
    """

    start: Ints
    far: Ints
    edge: Ints
    rank: Ints
    chance: Floats
    past: Bools
    group: Ints
    leaves: Bools


class Tables(NamedTuple):
    """What paths go over, for some targets.

    Parameters
    ----------
    bond_to_bond, bond_to_enmity, enmity_to_bond
        Half edges of the one kind that lead to where an edge of the other ends at a target.
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
    bond_to_bond: Half
    bond_to_enmity: Half
    enmity_to_bond: Half
    bond_end: End
    enmity_end: End
    member_end: End
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
    past, defection = edges.kind == PAST, edges.kind == NUMBER[TieKind.DEFECTION]

    def end(half: HalfEdges, among: Ints) -> End:
        near = closing(edges, among, half)
        left = defection[near.edge]
        return End(
            start=near.start,
            far=near.far,
            edge=near.edge,
            rank=rank[near.far],
            chance=edges.chance[near.edge],
            past=past[near.edge],
            group=np.where(left, edges.b[near.edge], -1),
            leaves=left & (edges.a[near.edge] == near.far),
        )

    bond, enmity = Half.of(edges.bond), Half.of(edges.enmity)
    bond_end, enmity_end = end(edges.bond, targets), end(edges.enmity, targets)
    bonded, opposed = np.diff(bond_end.start) > 0, np.diff(enmity_end.start) > 0
    person, group = edges.leavers // max(n, 1), edges.leavers % max(n, 1)
    asked = rank[person] >= 0
    return Tables(
        bond=bond,
        enmity=enmity,
        membership=Half.of(edges.membership),
        alliance=Half.of(edges.alliance),
        bond_to_bond=bond.leading(bonded),
        bond_to_enmity=bond.leading(opposed),
        enmity_to_bond=enmity.leading(bonded),
        bond_end=bond_end,
        enmity_end=enmity_end,
        member_end=end(edges.membership, targets[~edges.is_group[targets]]),
        groups_left=Half.of(HalfEdges.of(n, person, group, person)),
        left_by=Half.of(HalfEdges.of(n, group[asked], person[asked], person[asked])),
        chance=edges.chance,
        past=past,
        defection=defection,
        direct=edges.direct,
        defector=edges.a,
        group=edges.b,
        is_group=edges.is_group,
        rank=rank,
        leavers=edges.leavers,
    )
