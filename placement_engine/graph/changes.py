"""What a change of the network can have changed: the edges, the nodes, the pairs.

A pair's hostility changes only if a path between the two runs over an edge that changed, or
if somebody became or ceased to be a leaver. From each changed edge the patterns of
`hostile_walks` are followed to both ends. That a path visits no node twice is only asked of
the changed edge's own ends, so a little too much may be named, never too little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from placement_engine.graph.edges import KIND_COUNT, NUMBER, PAST, Bools, Edges, HalfEdges, Ints
from placement_engine.graph.paths import GROUP_LENGTH
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.vocabulary import BONDS, TieKind

MANY = 2000
"""Changed edges from which on everything counts as changed: a new day ages every tie."""

_BONDS = np.array([*sorted(NUMBER[kind] for kind in BONDS), PAST])
_ENMITIES = np.setdiff1d(np.arange(KIND_COUNT), _BONDS)
_MEMBERS = np.array([NUMBER[TieKind.MEMBERSHIP], PAST])
_ALLIANCES = np.array([NUMBER[TieKind.ALLIANCE]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangedEdges:
    """What differs between two graphs.

    Parameters
    ----------
    before, after
        Numbers of the edges of each graph that the other has not, or has otherwise.
    leavers_before, leavers_after
        ``person * n + group`` of leavers that only one of them has, in its own numbers.
    """

    before: Ints
    after: Ints
    leavers_before: Ints
    leavers_after: Ints

    @property
    def many(self) -> bool:
        """Whether so much changed that following each edge is pointless."""
        return max(len(self.before), len(self.after)) > MANY


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Nodes reached from changed edges: the edge's place, and the node."""

    which: Ints
    node: Ints


def changed_edges(before: RivalGraph, after: RivalGraph) -> ChangedEdges:
    """The edges and leavers that differ in anything that hostility or coverage uses."""
    old, new = before.edges, after.edges
    place = _places(before, after)
    old_key, new_key = _keys(old, new.nodes, place), _keys(new, new.nodes, None)
    at, known = _found(new_key, old_key)
    same = known.copy()
    for name in ("strength", "chance", "direct", "graded"):
        same[known] &= getattr(old, name)[known] == getattr(new, name)[at[known]]
    unchanged = np.zeros(len(new_key), dtype=np.bool_)
    unchanged[at[same]] = True
    old_leavers = _moved(old.leavers // max(old.nodes, 1), old.leavers % max(old.nodes, 1), place)
    old_leaver_key = np.where(
        (old_leavers >= 0).all(axis=0), old_leavers[0] * new.nodes + old_leavers[1], -1
    )
    return ChangedEdges(
        before=np.flatnonzero(~same),
        after=np.flatnonzero(~unchanged),
        leavers_before=old.leavers[~np.isin(old_leaver_key, new.leavers)],
        leavers_after=new.leavers[~np.isin(new.leavers, old_leaver_key)],
    )


def touched(before: RivalGraph, after: RivalGraph) -> frozenset[str]:
    """Everybody whose hostility to anyone, or whose coverage, may have changed.

    Nobody is left out; a few may be named whose numbers stayed as they were.
    """
    changes = changed_edges(before, after)
    if changes.many:
        return frozenset(
            graph.nodes[node]
            for graph in (before, after)
            for node in np.union1d(graph.edges.a, graph.edges.b).tolist()
        )
    found: set[str] = set()
    for graph, edge, leavers in _sides(before, after, changes):
        e = graph.edges
        mask = np.zeros(e.nodes, dtype=np.bool_)
        mask[e.a[edge]] = mask[e.b[edge]] = True
        for left, right in fronts_of(e, edge, _length(before, after)):
            mask[left.node] = mask[right.node] = True
        for person, others in forgiven_by(e, leavers):
            mask[person] = mask[others] = True
        found.update(graph.nodes[node] for node in np.flatnonzero(mask).tolist())
    return frozenset(found)


def changed_pairs(
    before: RivalGraph, after: RivalGraph, subjects: Collection[str], *, reunion: bool = False
) -> frozenset[tuple[str, str]]:
    """Pairs of subjects, each in order of their ids, whose hostility may have changed.

    With `reunion` also those whose reunion may have: paths of bonds alone count too.

    No pair is left out; a few may be named whose numbers stayed as they were. After a change of
    everything, such as another day, these are all pairs.
    """
    changes = changed_edges(before, after)
    people = sorted(set(subjects))
    if changes.many:
        return frozenset((a, b) for i, a in enumerate(people) for b in people[i + 1 :])
    pairs: set[tuple[str, str]] = set()
    for graph, edge, leavers in _sides(before, after, changes):
        index, n = graph.index, graph.edges.nodes
        asked = np.zeros(n, dtype=np.bool_)
        asked[[index[person] for person in people if person in index]] = True
        keys = [
            keys
            for left, right in fronts_of(graph.edges, edge, _length(before, after), reunion=reunion)
            for keys in products_of(left, right, asked, n)
        ]
        for person, others in forgiven_by(graph.edges, leavers):
            if asked[person]:
                keys.append(person * n + others[asked[others]])
        for key in np.unique(np.concatenate(keys)).tolist() if keys else ():
            a, b = graph.nodes[key // n], graph.nodes[key % n]
            if a != b:
                pairs.add((min(a, b), max(a, b)))
    return frozenset(pairs)


def _sides(
    before: RivalGraph, after: RivalGraph, changes: ChangedEdges
) -> Iterator[tuple[RivalGraph, Ints, Ints]]:
    # A path that is gone is found in the graph before, a new one in the graph after.
    yield before, changes.before, changes.leavers_before
    yield after, changes.after, changes.leavers_after


def _length(before: RivalGraph, after: RivalGraph) -> int:
    return max(before.max_length, after.max_length)


def _places(before: RivalGraph, after: RivalGraph) -> Ints | None:
    """Where each node of the graph before stands in the one after, -1 if nowhere."""
    if before.nodes == after.nodes:
        return None
    index = after.index
    return np.array([index.get(node, -1) for node in before.nodes], dtype=np.int64)


def _moved(a: Ints, b: Ints, place: Ints | None) -> Ints:
    return np.stack([a, b] if place is None else [place[a], place[b]])


def _keys(edges: Edges, nodes: int, place: Ints | None) -> Ints:
    """One number for the ends and kind of each edge; -1 for one that has no place."""
    a, b = _moved(edges.a, edges.b, place)
    keys: Ints = np.where((a >= 0) & (b >= 0), (a * nodes + b) * KIND_COUNT + edges.kind, -1)
    return keys


def _found(keys: Ints, wanted: Ints) -> tuple[Ints, Bools]:
    """Where each wanted number stands among sorted ones, and whether it does."""
    if len(keys) == len(wanted) and (keys == wanted).all():
        return np.arange(len(keys)), np.ones(len(keys), dtype=np.bool_)
    at = np.searchsorted(keys, wanted)
    inside = at < len(keys)
    at[~inside] = 0
    known = inside.copy()
    known[inside] = keys[at[inside]] == wanted[inside]
    return at, known


# Patterns: what each step from one end of a path to the other goes over. ---------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """One step of a pattern: the edges it may take, and whether it joins two groups."""

    name: str
    half: HalfEdges
    kinds: Ints
    between_groups: bool = False


def _patterns(edges: Edges, length: int, *, reunion: bool) -> Iterator[tuple[_Step, ...]]:
    """What `hostile_walks` goes over, and `friendly_walks` for `reunion`.

    A pattern and the same turned round are both named.
    """
    bond = _Step(name="bond", half=edges.bond, kinds=_BONDS)
    enmity = _Step(name="enmity", half=edges.enmity, kinds=_ENMITIES)
    if reunion:
        for bonds in range(1, length + 1):
            yield (bond,) * bonds
    for bonds_before in range(length):
        for bonds_after in range(length - bonds_before):
            yield (*[bond] * bonds_before, enmity, *[bond] * bonds_after)
    member = _Step(name="member", half=edges.membership, kinds=_MEMBERS)
    rival = _Step(name="rival", half=edges.enmity, kinds=_ENMITIES, between_groups=True)
    ally = _Step(name="ally", half=edges.alliance, kinds=_ALLIANCES, between_groups=True)
    if length < GROUP_LENGTH - 1:
        yield member, rival, member
    if length < GROUP_LENGTH:
        yield member, ally, rival, member
        yield member, rival, ally, member


def fronts_of(
    edges: Edges, changed: Ints, length: int, *, reunion: bool = False
) -> Iterator[tuple[Front, Front]]:
    """Both ends of all paths over changed edges, one pattern and place in it at a time."""
    groups = edges.is_group
    kind, a, b = edges.kind[changed], edges.a[changed], edges.b[changed]
    which = np.arange(len(changed))
    for pattern in _patterns(edges, length, reunion=reunion):
        for place, step in enumerate(pattern):
            fits = np.isin(kind, step.kinds)
            if step.between_groups:
                fits &= groups[a] & groups[b]
            for near, far in ((a, b), (b, a)):
                left, right = (Front(which[fits], node[fits]) for node in (near, far))
                for back in pattern[:place][::-1]:
                    left = _stepped(edges, left, back, (a, b))
                for onward in pattern[place + 1 :]:
                    right = _stepped(edges, right, onward, (a, b))
                both = np.intersect1d(left.which, right.which)
                if len(both):
                    yield _among(left, both), _among(right, both)


def _stepped(edges: Edges, front: Front, step: _Step, ends: tuple[Ints, Ints]) -> Front:
    """Every node that one more step reaches, once for each changed edge.

    Never back to an `ends` of that edge: those stand on the path already.
    """
    first = step.half.start[front.node]
    count = step.half.start[front.node + 1] - first
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)
    which, node = np.repeat(front.which, count), step.half.far[at]
    fresh = (node != ends[0][which]) & (node != ends[1][which])
    if step.between_groups:
        fresh &= edges.is_group[node]
    which, node = which[fresh], node[fresh]
    key = np.unique(which * edges.nodes + node)
    return Front(key // max(edges.nodes, 1), key % max(edges.nodes, 1))


def _among(front: Front, which: Ints) -> Front:
    kept = np.isin(front.which, which)
    return Front(front.which[kept], front.node[kept])


def products_of(left: Front, right: Front, asked: Bools, n: int) -> Iterator[Ints]:
    """``near * n + far`` of all ends of one changed edge, for the nodes that are asked for."""
    left, right = (
        Front(front.which[asked[front.node]], front.node[asked[front.node]])
        for front in (left, right)
    )
    for which in np.intersect1d(left.which, right.which).tolist():
        near, far = left.node[left.which == which], right.node[right.which == which]
        yield (near[:, None] * n + far).ravel()


def forgiven_by(edges: Edges, leavers: Ints) -> Iterator[tuple[int, Ints]]:
    """Each leaver of a group, and those whose own defections from it he may now mind or not."""
    n = max(edges.nodes, 1)
    for key in leavers.tolist():
        person, group = divmod(key, n)
        own = slice(edges.enmity.start[group], edges.enmity.start[group + 1])
        edge = edges.enmity.edge[own]
        left = (edges.kind[edge] == NUMBER[TieKind.DEFECTION]) & (edges.b[edge] == group)
        yield person, edges.a[edge[left]]
