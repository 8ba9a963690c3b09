"""What the join goes over: edges by their near end, and by which of them targets are reached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from placement_engine.graph.edges import (
    KIND_COUNT,
    NUMBER,
    PAST,
    Bools,
    Floats,
    Ints,
    bonds_among,
)
from placement_engine.graph.half_edges import Backs, Chosen, EdgeColumns, End, Half, Leads, room_for
from placement_engine.graph.laying import Laying
from placement_engine.graph.reports import of_kinds
from placement_engine.vocabulary import TieKind

_NODE, _SOURCE, _TARGET, _GROUP = (1 << bit for bit in range(4))
_HOSTILE, _FRIENDLY, _BONDED, _OPPOSED = (1 << bit for bit in range(4))
"""Marks of a node, at the first look at all edges and at the second: an enmity or a bond leads
there from a source, and a bond or an enmity from there to a target."""
_BOND = bonds_among(np.arange(KIND_COUNT))
_ENMITY, _ALLIANCE = ~_BOND, of_kinds((TieKind.ALLIANCE,))


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
        From a person to the groups left for sure, and from a group to the targets who left it.
    direct, defector
        (E,) of each edge as in `EdgeColumns`, and its end ``a``.
    rank
        (n,) of each target, -1 for the others.
    leavers, has_left
        As in `Edges`; and (n,) who stands in it.
    backs
        Every two bonds that lead to a target; None in the form on arrays.
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
    groups_left: Leads
    left_by: Leads
    direct: Bools
    defector: Ints
    is_group: Bools
    rank: Ints
    leavers: Ints
    has_left: Bools
    backs: Backs | None


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
        (own.start, own.far, own.chance),
        (half.start, half.far.astype(np.int32), half.chance),
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
    rank = lay.ranks(targets)
    marks = np.full(n, _NODE, dtype=np.uint8)
    marks[e.is_group] |= _GROUP
    marks[sources] |= _SOURCE
    marks[targets] |= _TARGET
    questions = [
        (_BOND, _SOURCE, _NODE),
        (_ENMITY, _SOURCE, _NODE),
        (_ENMITY, _GROUP, _GROUP),
        (_ALLIANCE, _GROUP, _GROUP),
    ]
    if sources is targets:
        own, against, between, allied = lay.asked(marks, questions)
        # Seen from the other end, what touches a target leads to it.
        to_bond, to_enmity = own.turned(), against.turned()
    else:
        questions += [(_BOND, _NODE, _TARGET), (_ENMITY, _NODE, _TARGET)]
        own, against, between, allied, to_bond, to_enmity = lay.asked(marks, questions)
    marks = np.zeros(n, dtype=np.uint8)
    lay.mark(marks, against.far, _HOSTILE)
    lay.mark(marks, own.far, _FRIENDLY)
    lay.mark(marks, to_bond.near, _BONDED)
    lay.mark(marks, to_enmity.near, _OPPOSED)
    onward, opposing, to_friend = lay.asked(
        marks,
        [
            (_BOND, _HOSTILE, _BONDED),
            (_BOND, _FRIENDLY, _OPPOSED),
            (_ENMITY, _FRIENDLY, _BONDED),
        ],
    )
    with ThreadPoolExecutor(workers) as threads:
        # What others wait for comes first.
        bond_to_bond = threads.submit(lay.half, onward)
        bond_end = threads.submit(lay.end, to_bond, rank)
        ends = [
            threads.submit(lay.end, chosen, rank)
            for chosen in (to_enmity, _members(to_bond, from_a=False))
        ]
        halves = [
            threads.submit(lay.half, chosen)
            for chosen in (
                own,
                _united(lay, against, between),
                _members(own, from_a=True),
                allied,
                opposing,
                to_friend,
            )
        ]
        backs = None
        if compiled:
            backs = _backs(bond_to_bond.result(), bond_end.result(), rank, threads, workers)
    person, group = e.leavers // max(n, 1), e.leavers % max(n, 1)
    asked = rank[person] >= 0
    has_left = np.zeros(n, dtype=np.bool_)
    has_left[person] = True
    enmity_end, member_end = (end.result() for end in ends)
    bond, enmity, membership, alliance, bond_to_enmity, enmity_to_bond = (
        half.result() for half in halves
    )
    return Tables(
        bond=bond,
        enmity=enmity,
        membership=membership,
        alliance=alliance,
        bond_to_bond=bond_to_bond.result(),
        bond_to_enmity=bond_to_enmity,
        enmity_to_bond=enmity_to_bond,
        bond_end=bond_end.result(),
        enmity_end=enmity_end,
        member_end=member_end,
        groups_left=Leads.of(n, person, group),
        left_by=Leads.of(n, group[asked], person[asked]),
        direct=e.direct,
        defector=e.a,
        # What was read from bytes is read-only, for which compiled code is compiled anew.
        is_group=e.is_group.copy(),
        rank=rank,
        leavers=e.leavers,
        has_left=has_left,
        backs=backs,
    )


def _members(chosen: Chosen, *, from_a: bool) -> Chosen:
    """Those that are memberships; seen from `a` they lead from the person to the group."""
    rows = (chosen.kind == PAST) | (chosen.kind == NUMBER[TieKind.MEMBERSHIP])
    rows[slice(chosen.forth, None) if from_a else slice(0, chosen.forth)] = False
    return chosen.kept(rows)


def _united(lay: Laying, one: Chosen, other: Chosen) -> Chosen:
    """The edges of either, each of them once from each end."""
    if not len(other.edge):
        return one
    return lay.both(
        np.union1d(one.edge[: one.forth], other.edge[: other.forth]),
        np.union1d(one.edge[one.forth :], other.edge[other.forth :]),
    )


def _backs(half: Half, end: End, rank: Ints, threads: ThreadPoolExecutor, workers: int) -> Backs:
    """Every two bonds that lead to a target, by as many threads as there are."""
    from placement_engine.graph.table_kernel import back_count, backs_of

    nodes = len(half.start) - 1
    shares = half.start[-1] * np.arange(1, workers) // workers
    cuts = [0, *np.searchsorted(half.start, shares).tolist(), nodes]
    counts = list(threads.map(partial(back_count, half, end, rank), cuts, cuts[1:]))
    begins = np.cumsum([0, *counts])
    size = int(begins[-1])
    backs = Backs(
        *room_for(
            (nodes + 1, np.int32),
            (size, np.int32),
            (size, np.int32),
            (size, np.float64),
            (size, np.bool_),
        )
    )
    backs.start[-1] = size
    list(threads.map(partial(backs_of, half, end, rank, backs), begins[:-1], cuts, cuts[1:]))
    return backs
