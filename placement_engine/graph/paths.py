"""Paths of hostility and of reunion, by joining edges on flat arrays.

Paths grow from their sources one edge join at a time and are closed against the edges of
the targets, so that no matrix of all persons is ever built. `Walks` are many paths at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placement_engine.graph.edges import NUMBER, PAST, Bools, Edges, Floats, HalfEdges, Ints
from placement_engine.vocabulary import TieKind

GROUP_LENGTH = 4
"""Edges of the longest path at group level, with one ally."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walks:
    """P paths of L edges: nodes (P, L+1), edges (P, L), chance (P,) that all are open."""

    nodes: Ints
    edges: Ints
    chance: Floats

    def __len__(self) -> int:
        return len(self.chance)

    def keep(self, mask: Bools) -> Walks:
        """The paths that a mask (P,) keeps."""
        if mask.all():
            return self
        return Walks(nodes=self.nodes[mask], edges=self.edges[mask], chance=self.chance[mask])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ends:
    """Where paths may end: the targets, and the edges that lead to them by their other end.

    ``home`` (n,) marks the targets, which are different nodes.
    """

    home: Bools
    bond: HalfEdges
    membership: HalfEdges

    @classmethod
    def of(cls, edges: Edges, targets: Ints) -> Ends:
        """The ends of paths to some nodes."""
        home = np.zeros(edges.nodes, dtype=np.bool_)
        home[targets] = True
        people = targets[~edges.is_group[targets]]
        return cls(
            home=home,
            bond=_closing(edges, targets, edges.bond),
            membership=_closing(edges, people, edges.membership),
        )


def hostile_walks(edges: Edges, sources: Ints, ends: Ends, length: int) -> Iterator[Walks]:
    """All paths with exactly one enmity, one pattern of bonds and enmity at a time.

    Parameters
    ----------
    sources
        Different node indices.
    length
        Most edges of a path, at least 1; the group level adds what it leaves out.
    """
    before = _begin(sources)
    for bonds_before in range(length):
        path = extend(edges, before, edges.enmity)
        for bonds_after in range(length - bonds_before):
            if bonds_after == 0:
                done = path.keep(ends.home[path.nodes[:, -1]])
            else:
                done = extend(edges, path, ends.bond)
                if bonds_after < length - bonds_before - 1:
                    path = extend(edges, path, edges.bond)
            yield _counted(edges, done)
        if bonds_before < length - 1:
            before = extend(edges, before, edges.bond)
    yield from _group_walks(edges, sources, ends, length)


def friendly_walks(edges: Edges, sources: Ints, ends: Ends, length: int) -> Iterator[Walks]:
    """All paths of bonds alone, of at most `length` edges."""
    path = _begin(sources)
    for bonds in range(1, length + 1):
        yield extend(edges, path, ends.bond)
        if bonds < length:
            path = extend(edges, path, edges.bond)


def _group_walks(edges: Edges, sources: Ints, ends: Ends, length: int) -> Iterator[Walks]:
    """Member, group, rival group, member, with one ally on either side: what K leaves out."""
    people, last = _begin(sources[~edges.is_group[sources]]), ends.membership
    own = extend(edges, people, edges.membership)
    rivals = _to_groups(edges, extend(edges, own, edges.enmity))
    if length < 3:
        yield _counted(edges, extend(edges, rivals, last))
    if length >= GROUP_LENGTH:
        return
    allies = _to_groups(edges, extend(edges, own, edges.alliance))
    rivals_of_allies = _to_groups(edges, extend(edges, allies, edges.enmity))
    yield _counted(edges, extend(edges, rivals_of_allies, last))
    allies_of_rivals = _to_groups(edges, extend(edges, rivals, edges.alliance))
    yield _counted(edges, extend(edges, allies_of_rivals, last))


def _begin(nodes: Ints) -> Walks:
    return Walks(
        nodes=nodes[:, None],
        edges=np.zeros((len(nodes), 0), dtype=np.int64),
        chance=np.ones(len(nodes)),
    )


def extend(edges: Edges, walks: Walks, half: HalfEdges) -> Walks:
    """Every way to go on from the last node over an edge of `half`, no node twice."""
    here = walks.nodes[:, -1]
    first = half.start[here]
    count = half.start[here + 1] - first
    row = np.repeat(np.arange(len(walks)), count)
    at = np.arange(len(row)) - np.repeat(np.cumsum(count) - count - first, count)
    far = half.far[at]
    fresh = np.ones(len(row), dtype=np.bool_)
    for step in range(walks.nodes.shape[1] - 1):  # the last node has no edge to itself
        fresh &= walks.nodes[row, step] != far
    row, far, edge = row[fresh], far[fresh], half.edge[at[fresh]]
    return Walks(
        nodes=np.column_stack([walks.nodes[row], far]),
        edges=np.column_stack([walks.edges[row], edge]),
        chance=walks.chance[row] * edges.chance[edge],
    )


def _closing(edges: Edges, targets: Ints, half: HalfEdges) -> HalfEdges:
    """The edges of `half` that lead to a target, by their other end."""
    first = half.start[targets]
    count = half.start[targets + 1] - first
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)
    return HalfEdges.of(edges.nodes, half.far[at], np.repeat(targets, count), half.edge[at])


def _to_groups(edges: Edges, walks: Walks) -> Walks:
    return walks.keep(edges.is_group[walks.nodes[:, -1]])


def _counted(edges: Edges, walks: Walks) -> Walks:
    """Leave out what a past member or a leaver does not carry.

    A past membership of G next to a defection from G; and, for somebody who has left G for
    sure, the other end's own defection from G.
    """
    keep = np.ones(len(walks), dtype=np.bool_)
    steps = walks.edges.shape[1]
    for step in range(steps):
        edge = walks.edges[:, step]
        over = np.flatnonzero(edges.kind[edge] == NUMBER[TieKind.DEFECTION])
        if not len(over):
            continue
        nodes, defector, group = walks.nodes[over], edges.a[edge[over]], edges.b[edge[over]]
        for beside, junction in ((step - 1, step), (step + 1, step + 1)):
            if 0 <= beside < steps:
                past = edges.kind[walks.edges[over, beside]] == PAST
                keep[over] &= ~(past & (nodes[:, junction] == group))
        for end, other in ((0, -1), (-1, 0)):
            carried = np.isin(nodes[:, other] * edges.nodes + group, edges.leavers, kind="sort")
            keep[over] &= ~(carried & (nodes[:, end] == defector))
    return walks.keep(keep)
