"""What the join goes over: edges by their near end, and by which of them targets are reached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from placement_engine.graph.edges import NUMBER, PAST, Bools, Floats, Ints, Small
from placement_engine.graph.laying import EdgeColumns, End, Half, Laying, Middle, sorted_halves
from placement_engine.vocabulary import TieKind

_NODE, _SOURCE, _TARGET, _GROUP = (1 << bit for bit in range(4))
_HOSTILE, _FRIENDLY, _BONDED, _OPPOSED = (1 << bit for bit in range(4))
"""Marks of a node, at the first look at all edges and at the second: an enmity or a bond leads
there from a source, and a bond or an enmity from there to a target."""
_BOND, _ENMITY = True, False


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

    The last lead to targets and tell their ranks. Runs compiled.
    """
    own, end = tables.bond, tables.bond_end
    marks = np.zeros(e.nodes, dtype=np.uint8)
    marks[own.far] |= _FRIENDLY
    marks[np.diff(end.start) > 0] |= _BONDED
    lay = Laying(edges=e, compiled=True)
    half = lay.half(*lay.asked(marks, [(_BOND, _FRIENDLY, _BONDED)]))
    return (
        (own.start, own.far, e.chance[own.edge]),
        (half.start, half.far.astype(np.int32), e.chance[half.edge]),
        (end.start, end.rank, end.chance),
    )


def tables_of(
    e: EdgeColumns, sources: Ints, targets: Ints, *, compiled: bool = False, workers: int = 1
) -> Tables:
    """The tables between sources and targets, each of them different node indices.

    Every edge is looked at twice, by the marks of its ends; only those that a path between
    the two sides can use are laid out.

    Parameters
    ----------
    compiled, workers
        Whether to run the compiled form, which gives the same, and by how many threads.
    """
    n = e.nodes
    lay = Laying(edges=e, compiled=compiled, workers=workers)
    rank = np.full(n, -1, dtype=np.int64)
    rank[targets] = np.arange(len(targets))
    marks = np.where(e.is_group, _NODE | _GROUP, _NODE).astype(np.uint8)
    marks[sources] |= _SOURCE
    marks[targets] |= _TARGET
    own, against, to_bond, to_enmity, (between, _) = lay.asked(
        marks,
        [
            (_BOND, _SOURCE, _NODE),
            (_ENMITY, _SOURCE, _NODE),
            # Seen from the other end, what touches a target leads to it.
            (_BOND, _NODE, _TARGET),
            (_ENMITY, _NODE, _TARGET),
            (_ENMITY, _GROUP, _GROUP),
        ],
    )
    marks = np.zeros(n, dtype=np.uint8)
    marks[lay.far(against)] |= _HOSTILE
    marks[lay.far(own)] |= _FRIENDLY
    marks[lay.near(to_bond)] |= _BONDED
    marks[lay.near(to_enmity)] |= _OPPOSED
    between_ends = lay.asked(
        marks,
        [
            (_BOND, _HOSTILE, _BONDED),
            (_BOND, _FRIENDLY, _OPPOSED),
            (_ENMITY, _FRIENDLY, _BONDED),
        ],
    )
    allied = np.flatnonzero(e.kind == NUMBER[TieKind.ALLIANCE])
    allied = allied[e.is_group[e.a[allied]] & e.is_group[e.b[allied]]]
    enmities = np.union1d(against[0], between), np.union1d(against[1], between)
    # A membership leads from the person to the group.
    member = own[0][_members(e.kind[own[0]])], own[1][:0]
    to_member = to_bond[0][:0], to_bond[1][_members(e.kind[to_bond[1]])]
    with ThreadPoolExecutor(workers) as threads:
        middles = threads.map(lay.middle, between_ends)
        ends = threads.map(partial(lay.end, rank=rank), (to_bond, to_enmity, to_member))
        halves = threads.map(lay.half, (own, enmities, member, (allied, allied)))
    bond_to_bond, bond_to_enmity, enmity_to_bond = middles
    bond_end, enmity_end, member_end = ends
    bond, enmity, membership, alliance = halves
    person, group = e.leavers // max(n, 1), e.leavers % max(n, 1)
    asked = rank[person] >= 0
    has_left = np.zeros(n, dtype=np.bool_)
    has_left[person] = True
    return Tables(
        bond=bond,
        enmity=enmity,
        membership=membership,
        alliance=alliance,
        bond_to_bond=bond_to_bond,
        bond_to_enmity=bond_to_enmity,
        enmity_to_bond=enmity_to_bond,
        bond_end=bond_end,
        enmity_end=enmity_end,
        member_end=member_end,
        groups_left=sorted_halves(n, person, group),
        left_by=sorted_halves(n, group[asked], person[asked]),
        chance=e.chance,
        past=e.kind == PAST,
        defection=e.kind == NUMBER[TieKind.DEFECTION],
        direct=e.direct,
        defector=e.a,
        group=e.b,
        # What was read from bytes is read-only, for which compiled code is compiled anew.
        is_group=e.is_group.copy(),
        rank=rank,
        leavers=e.leavers,
        has_left=has_left,
    )


def _members(kind: Small) -> Bools:
    found: Bools = (kind == PAST) | (kind == NUMBER[TieKind.MEMBERSHIP])
    return found
