"""What the join goes over: edges by their near end, and by which of them targets are reached."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from placement_engine.graph.edges import NUMBER, PAST, Bools, Edges, Floats, Ints, bonds_among
from placement_engine.vocabulary import TieKind

_SOURCE, _TARGET, _HOSTILE, _FRIENDLY, _BONDED, _OPPOSED, _NODE = (
    np.uint8(1 << bit) for bit in range(7)
)
"""Marks of a node: source, target, one enmity or one bond from a source, to a target."""
_ANY = np.uint8(255)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeColumns:
    """What the join needs of E edges of n nodes; `Edges` has all of it too.

    Parameters
    ----------
    is_group
        (n,) whether a node is a group.
    a, b, kind, chance, direct, leavers
        As in `Edges`.
    """

    nodes: int
    is_group: Bools
    a: Ints
    b: Ints
    kind: Ints
    chance: Floats
    direct: Bools
    leavers: Ints

    def only(self, kept: Bools) -> EdgeColumns:
        """The edges that a mask (E,) keeps."""
        return replace(
            self,
            a=self.a[kept],
            b=self.b[kept],
            kind=self.kind[kept],
            chance=self.chance[kept],
            direct=self.direct[kept],
        )

    @classmethod
    def of(cls, edges: Edges) -> EdgeColumns:
        """The columns of a graph's edges."""
        return cls(**{f.name: getattr(edges, f.name) for f in fields(cls)})

    def writable(self) -> EdgeColumns:
        """The same, copied where it is read-only: for that, kernels would be compiled anew."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "nodes"}
        return replace(
            self, **{name: np.require(array, requirements="W") for name, array in columns.items()}
        )


class Half(NamedTuple):
    """Half edges: ``start`` (n+1,) into ``far`` and ``edge``. A tuple, for compiled code."""

    start: Ints
    far: Ints
    edge: Ints

    @classmethod
    def over(cls, e: EdgeColumns, chosen: tuple[Ints, Ints]) -> Half:
        """Half edges of chosen edges, seen from `a`, and of others, seen from `b`."""
        forth, back = chosen
        edge = np.concatenate([forth, back])
        near = np.concatenate([e.a[forth], e.b[back]])
        far = np.concatenate([e.b[forth], e.a[back]])
        return cls.sorted(e.nodes, near, far, edge)

    @classmethod
    def sorted(cls, nodes: int, near: Ints, far: Ints, edge: Ints) -> Half:
        """Half edges by their near end."""
        order = np.argsort(near, kind="stable")
        start = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(near, minlength=nodes), out=start[1:])
        return cls(start, far[order], edge[order])


class Middle(NamedTuple):
    """Half edges that lead to where a path can end, with what going over them asks.

    Parameters
    ----------
    start, far, edge
        As in `Half`.
    chance, past
        Of the edge; whether it is a past membership.
    group
        Of a defection the group that was left, else -1.
    """

    start: Ints
    far: Ints
    edge: Ints
    chance: Floats
    past: Bools
    group: Ints


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
    """What paths go over from some sources to some targets; nothing else is laid out.

    Parameters
    ----------
    bond, enmity, membership
        Ties of the sources; enmities between groups besides.
    alliance
        Alliances between groups.
    bond_to_bond, bond_to_enmity, enmity_to_bond
        Half edges of the one kind, from where a tie of a source leads, to where an edge of the
        other kind ends at a target.
    groups_left, left_by
        From a person to the groups left for sure, and from a group to the targets who left it;
        their ``edge`` means nothing.
    chance, past, defection, direct
        (E,) of each edge; whether it is a past membership, and a defection.
    defector, group
        (E,) ends of the edge as reported.
    rank
        (n,) of each target, -1 for the others.
    leavers, has_left
        As in `Edges`; and (n,) who stands in it.
    """

    bond: Half
    enmity: Half
    membership: Half
    alliance: Half
    bond_to_bond: Middle
    bond_to_enmity: Middle
    enmity_to_bond: Middle
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
    has_left: Bools


Steps = tuple[Ints, Ints, Floats]
"""Half edges: (n+1,) where those of each node begin, other ends, chances."""


def friendly_steps(e: EdgeColumns, tables: Tables) -> tuple[Steps, Steps, Steps]:
    """The bonds of sources, those from there to where a last one begins, and the last ones.

    The last lead to targets and tell their ranks.
    """
    own, end = tables.bond, tables.bond_end
    reached = np.zeros(e.nodes, dtype=np.bool_)
    reached[own.far] = True
    leads = np.diff(end.start) > 0
    is_bond = bonds_among(e.kind)
    half = Half.over(
        e,
        (
            np.flatnonzero(is_bond & reached[e.a] & leads[e.b]),
            np.flatnonzero(is_bond & reached[e.b] & leads[e.a]),
        ),
    )
    return (
        (own.start, own.far, e.chance[own.edge]),
        (half.start, half.far.astype(np.int32), e.chance[half.edge]),
        (end.start, end.rank, end.chance),
    )


def tables_of(e: EdgeColumns, sources: Ints, targets: Ints) -> Tables:
    """The tables between sources and targets, each of them different node indices.

    Every edge is looked at twice, by the marks of its ends; only those that a path between
    the two sides can use are laid out.
    """
    n = e.nodes
    rank = np.full(n, -1, dtype=np.int64)
    rank[targets] = np.arange(len(targets))
    past, defection = e.kind == PAST, e.kind == NUMBER[TieKind.DEFECTION]
    is_bond = bonds_among(e.kind)
    marks = np.full(n, _NODE, dtype=np.uint8)
    marks[sources] |= _SOURCE
    marks[targets] |= _TARGET
    hostile = np.flatnonzero(~is_bond)
    hostile_a, hostile_b = e.a[hostile], e.b[hostile]
    here, there = marks[e.a] * is_bond, marks[e.b] * is_bond

    def bonds(near: np.uint8, far: np.uint8 = _ANY) -> tuple[Ints, Ints]:
        return (
            np.flatnonzero(((here & near) != 0) & ((there & far) != 0)),
            np.flatnonzero(((there & near) != 0) & ((here & far) != 0)),
        )

    def enmities(near: np.uint8, far: np.uint8 = _ANY) -> tuple[Ints, Ints]:
        one, other = marks[hostile_a], marks[hostile_b]
        return (
            hostile[((one & near) != 0) & ((other & far) != 0)],
            hostile[((other & near) != 0) & ((one & far) != 0)],
        )

    own, against = bonds(_SOURCE), enmities(_SOURCE)
    # Seen from the other end, what touches a target leads to it.
    to_bond = (own if sources is targets else bonds(_TARGET))[::-1]
    to_enmity = enmities(_TARGET)[::-1]
    between = hostile
    between = between[e.is_group[e.a[between]] & e.is_group[e.b[between]]]
    bond = Half.over(e, own)
    enmity = Half.over(e, (np.union1d(against[0], between), np.union1d(against[1], between)))
    member = past | (e.kind == NUMBER[TieKind.MEMBERSHIP])
    bond_end, enmity_end = _end(e, to_bond, rank), _end(e, to_enmity, rank)
    marks[np.concatenate([e.b[against[0]], e.a[against[1]]])] |= _HOSTILE
    marks[bond.far] |= _FRIENDLY
    marks[np.diff(bond_end.start) > 0] |= _BONDED
    marks[np.diff(enmity_end.start) > 0] |= _OPPOSED
    here, there = marks[e.a] * is_bond, marks[e.b] * is_bond
    allied = np.flatnonzero(e.kind == NUMBER[TieKind.ALLIANCE])
    allied = allied[e.is_group[e.a[allied]] & e.is_group[e.b[allied]]]
    person, group = e.leavers // max(n, 1), e.leavers % max(n, 1)
    asked = rank[person] >= 0
    has_left = np.zeros(n, dtype=np.bool_)
    has_left[person] = True
    return Tables(
        bond=bond,
        enmity=enmity,
        membership=Half.over(e, (own[0][member[own[0]]], own[1][:0])),
        alliance=Half.over(e, (allied, allied)),
        bond_to_bond=_middle(e, bonds(_HOSTILE, _BONDED), past),
        bond_to_enmity=_middle(e, bonds(_FRIENDLY, _OPPOSED), past),
        enmity_to_bond=_middle(e, enmities(_FRIENDLY, _BONDED), past),
        bond_end=bond_end,
        enmity_end=enmity_end,
        member_end=_end(e, (to_bond[0][:0], to_bond[1][member[to_bond[1]]]), rank),
        groups_left=Half.sorted(n, person, group, person),
        left_by=Half.sorted(n, group[asked], person[asked], person[asked]),
        chance=e.chance,
        past=past,
        defection=defection,
        direct=e.direct,
        defector=e.a,
        group=e.b,
        # What was read from bytes is read-only, for which compiled code is compiled anew.
        is_group=e.is_group.copy(),
        rank=rank,
        leavers=e.leavers,
        has_left=has_left,
    )


def _end(e: EdgeColumns, chosen: tuple[Ints, Ints], rank: Ints) -> End:
    forth, back = chosen
    edge = np.concatenate([forth, back])
    near = np.concatenate([e.a[forth], e.b[back]])
    far = np.concatenate([e.b[forth], e.a[back]])
    by_rank = np.argsort(rank[far], kind="stable")
    half = Half.sorted(e.nodes, near[by_rank], far[by_rank], edge[by_rank])
    kind = e.kind[half.edge]
    left = kind == NUMBER[TieKind.DEFECTION]
    return End(
        start=half.start,
        far=half.far,
        edge=half.edge,
        rank=rank[half.far],
        chance=e.chance[half.edge],
        past=kind == PAST,
        group=np.where(left, e.b[half.edge], -1),
        leaves=left & (e.a[half.edge] == half.far),
    )


def _middle(e: EdgeColumns, chosen: tuple[Ints, Ints], past: Bools) -> Middle:
    half = Half.over(e, chosen)
    return Middle(
        start=half.start,
        far=half.far,
        edge=half.edge,
        chance=e.chance[half.edge],
        past=past[half.edge],
        group=np.where(e.kind[half.edge] == NUMBER[TieKind.DEFECTION], e.b[half.edge], -1),
    )
