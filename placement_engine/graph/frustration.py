"""Camps: how few pairs stand in the way of two camps that only love within and hate across.

The frustration index is the least number of pairs that any split into two camps leaves over
(Harary 1959; Aref and Wilson, "Balance and frustration in signed networks", J. Complex
Networks 7, 2019). It is exact for small parts of the network; for larger ones it is bounded
from below by unbalanced cycles that share no pair, and from above by a split that was found.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from placement_engine.graph.balance import SignedPairs, triangles
from placement_engine.graph.edges import Bools, HalfEdges, Ints

EXACT_NODES = 20
"""A part with at most so many nodes on its cycles is solved by trying every split."""
SEARCHED_PAIRS = 3_000
"""A part with at most so many pairs is searched from several starts, and for short cycles."""
STARTS = 12
SHORT = (4, 5, 6)
"""Lengths of unbalanced cycles that are looked for, after triangles."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frustration:
    """The best split that was found, and how good it may be at most.

    Parameters
    ----------
    lower, upper
        Bounds on the frustration index; equal where it is exact.
    camp
        (n,) 0 or 1, the camp of each node within its part.
    part
        (n,) number of the part of each node, -1 for a node without pairs.
    left_over
        Numbers of the pairs that the split leaves over: ``upper`` of them.
    """

    lower: int
    upper: int
    camp: Ints = field(repr=False)
    part: Ints = field(repr=False)
    left_over: Ints = field(repr=False)

    @property
    def exact(self) -> bool:
        """Whether the index is known."""
        return self.lower == self.upper


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Walked:
    """Half edges and signs as lists: what is followed one by one is quicker there.

    ``start``, ``far`` and ``edge`` as in `HalfEdges`; ``enemies`` by pair.
    """

    start: list[int]
    far: list[int]
    edge: list[int]
    enemies: list[bool]

    @classmethod
    def of(cls, pairs: SignedPairs, near: HalfEdges) -> _Walked:
        """The lists of these arrays."""
        return cls(
            start=near.start.tolist(),
            far=near.far.tolist(),
            edge=near.edge.tolist(),
            enemies=pairs.enemies.tolist(),
        )


def frustration(pairs: SignedPairs) -> Frustration:
    """Split each connected part into two camps, leaving over as few pairs as can be."""
    n = len(pairs.nodes)
    near = HalfEdges.among(n, pairs.u, pairs.v, np.ones(len(pairs), dtype=np.bool_))
    walked = _Walked.of(pairs, near)
    core, peeled = _core(near)
    camp = np.zeros(n, dtype=np.int64)
    part = np.full(n, -1, dtype=np.int64)
    lower = 0
    unbalanced = [block[_odd(pairs, block)] for block in triangles(pairs)]
    wrong = np.concatenate([np.zeros((0, 3), dtype=np.int64), *unbalanced])
    for number, nodes in enumerate(_parts(pairs, near)):
        part[nodes] = number
        inside = np.zeros(n, dtype=np.bool_)
        inside[nodes] = core[nodes]
        own = np.flatnonzero(inside[pairs.u] & inside[pairs.v])
        cycle = np.flatnonzero(inside)
        if len(cycle) <= EXACT_NODES:
            camp[cycle], least = _every_split(pairs, cycle, own)
            lower += least
        else:
            camp[cycle] = _best_start(pairs, near, walked, cycle, own)
            among = np.zeros(len(pairs), dtype=np.bool_)
            among[own] = True
            lower += _disjoint_cycles(pairs, near, walked, cycle, among, wrong)
    for node, over in reversed(peeled):
        other = int(pairs.u[over]) + int(pairs.v[over]) - node
        camp[node] = camp[other] ^ int(pairs.enemies[over])
    left_over = np.flatnonzero((camp[pairs.u] != camp[pairs.v]) != pairs.enemies)
    return Frustration(lower=lower, upper=len(left_over), camp=camp, part=part, left_over=left_over)


def _odd(pairs: SignedPairs, block: Ints) -> Bools:
    odd: Bools = pairs.enemies[block].sum(axis=1) % 2 == 1
    return odd


def _core(near: HalfEdges) -> tuple[Bools, list[tuple[int, int]]]:
    """Nodes on or between cycles, and the others in the order they fall off, with their pair."""
    degree = np.diff(near.start).astype(np.int64)
    core = degree > 0
    peeled: list[tuple[int, int]] = []
    ends = deque(np.flatnonzero(degree == 1).tolist())
    while ends:
        node = ends.popleft()
        if not core[node] or degree[node] != 1:
            continue
        for at in range(int(near.start[node]), int(near.start[node + 1])):
            far = int(near.far[at])
            if core[far]:
                core[node] = False
                peeled.append((node, int(near.edge[at])))
                degree[far] -= 1
                if degree[far] == 1:
                    ends.append(far)
                break
    lone = core & (degree == 0)
    core[lone] = False
    return core, peeled


def _parts(pairs: SignedPairs, near: HalfEdges) -> list[Ints]:
    """Nodes of each connected part, those of the first node first."""
    seen = np.zeros(len(pairs.nodes), dtype=np.bool_)
    found: list[Ints] = []
    for root in np.unique(np.concatenate([pairs.u, pairs.v])).tolist():
        if seen[root]:
            continue
        seen[root] = True
        reached = [root]
        for node in reached:
            for far in near.far[near.start[node] : near.start[node + 1]].tolist():
                if not seen[far]:
                    seen[far] = True
                    reached.append(far)
        found.append(np.array(sorted(reached), dtype=np.int64))
    return found


def _every_split(pairs: SignedPairs, nodes: Ints, own: Ints) -> tuple[Ints, int]:
    """The best camps of a few nodes, the first node in camp 0, and how many pairs they leave."""
    if not len(nodes):
        return np.zeros(0, dtype=np.int64), 0
    splits = np.arange(1 << (len(nodes) - 1), dtype=np.int64) << 1
    cost = np.zeros(len(splits), dtype=np.int16)
    for pair in own.tolist():
        u, v = np.searchsorted(nodes, [pairs.u[pair], pairs.v[pair]])
        across = ((splits >> u) ^ (splits >> v)) & 1
        cost += across != int(pairs.enemies[pair])
    best = int(np.argmin(cost))
    camps: Ints = (splits[best] >> np.arange(len(nodes))) & 1
    return camps, int(cost[best])


def _best_start(
    pairs: SignedPairs, near: HalfEdges, walked: _Walked, nodes: Ints, own: Ints
) -> Ints:
    """The best camps that are reached from the nodes with most pairs."""
    members = dict.fromkeys(nodes.tolist(), 0)
    degree = np.diff(near.start)[nodes]
    roots = nodes[np.lexsort((nodes, -degree))][: STARTS if len(own) <= SEARCHED_PAIRS else 1]
    enemies = pairs.enemies[own]
    u, v = (np.searchsorted(nodes, ends[own]) for ends in (pairs.u, pairs.v))
    best, least = np.zeros(len(nodes), dtype=np.int64), len(own) + 1
    for root in roots.tolist():
        camps = _grown(walked, root, members)
        _improve(walked, camps)
        camp = np.array([*camps.values()], dtype=np.int64)
        left = int(((camp[u] != camp[v]) != enemies).sum())
        if left < least:
            best, least = camp, left
    return best


def _grown(walked: _Walked, root: int, members: dict[int, int]) -> dict[int, int]:
    """Camps that agree with a tree of shortest ways from a node; what cycles join is connected."""
    start, ends, edges, enemies = walked.start, walked.far, walked.edge, walked.enemies
    camps = members.copy()
    seen = {root}
    reached = [root]
    for node in reached:
        for at in range(start[node], start[node + 1]):
            far = ends[at]
            if far in camps and far not in seen:
                seen.add(far)
                camps[far] = camps[node] ^ enemies[edges[at]]
                reached.append(far)
    return camps


def _improve(walked: _Walked, camps: dict[int, int]) -> None:
    """Move single nodes to the other camp as long as that leaves fewer pairs over."""
    start, ends, edges, enemies = walked.start, walked.far, walked.edge, walked.enemies
    waiting = deque(camps)
    queued = set(camps)
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        own, size, wrong = camps[node], 0, 0
        for at in range(start[node], start[node + 1]):
            far = ends[at]
            if far in camps:
                size += 1
                wrong += (camps[far] != own) != enemies[edges[at]]
        if 2 * wrong > size:
            camps[node] = 1 - own
            for far in ends[start[node] : start[node + 1]]:
                if far in camps and far not in queued:
                    queued.add(far)
                    waiting.append(far)


def _disjoint_cycles(
    pairs: SignedPairs,
    near: HalfEdges,
    walked: _Walked,
    nodes: Ints,
    among: Bools,
    wrong: Ints,
) -> int:
    """How many unbalanced cycles that share no pair were found: each needs one left over.

    Triangles first, then short cycles, then what a tree over the pairs that are left closes.
    """
    unused = among.tolist()
    found = 0
    for i, j, k in wrong.tolist():
        if unused[i] and unused[j] and unused[k]:
            unused[i] = unused[j] = unused[k] = False
            found += 1
    free = np.array(unused, dtype=np.bool_)
    if among.sum() <= SEARCHED_PAIRS:
        for longest in SHORT:
            # Every unbalanced cycle goes over an enmity.
            for root in np.unique(pairs.u[free & pairs.enemies]).tolist():
                while walk := _unbalanced_walk(pairs, near, root, free, longest):
                    free[walk] = False
                    found += 1
    return found + _closed_by_a_tree(pairs, walked, nodes, free)


def _unbalanced_walk(
    pairs: SignedPairs, near: HalfEdges, root: int, free: Bools, longest: int
) -> list[int]:
    """Pairs of a shortest closed walk with an odd number of enmities; empty if too long.

    Such a walk holds an unbalanced cycle, if not more.
    """
    came: dict[tuple[int, int], tuple[tuple[int, int], int]] = {(root, 0): ((root, 0), -1)}
    layer = [(root, 0)]
    for _ in range(longest):
        following = []
        for place in layer:
            for at in range(int(near.start[place[0]]), int(near.start[place[0] + 1])):
                edge = int(near.edge[at])
                there = int(near.far[at]), place[1] ^ int(pairs.enemies[edge])
                if free[edge] and there not in came:
                    came[there] = place, edge
                    following.append(there)
        layer = following
        if (root, 1) in came:
            walk, here = [], (root, 1)
            while here != (root, 0):
                here, edge = came[here]
                walk.append(edge)
            return walk
    return []


def _closed_by_a_tree(pairs: SignedPairs, walked: _Walked, nodes: Ints, free: Bools) -> int:
    """How many unbalanced cycles that share no pair a tree over the free pairs closes."""
    start, ends, edges, enemies = walked.start, walked.far, walked.edge, walked.enemies
    unused, found = free.tolist(), 0
    parent: dict[int, tuple[int, int]] = {}
    depth: dict[int, int] = {}
    side: dict[int, int] = {}
    for root in nodes.tolist():
        if root in depth:
            continue
        depth[root], side[root] = 0, 0
        reached = [root]
        for node in reached:
            for at in range(start[node], start[node + 1]):
                far, edge = ends[at], edges[at]
                if unused[edge] and far not in depth:
                    depth[far] = depth[node] + 1
                    side[far] = side[node] ^ enemies[edge]
                    parent[far] = node, edge
                    reached.append(far)
    left = np.flatnonzero(free)
    columns = (left.tolist(), pairs.u[left].tolist(), pairs.v[left].tolist())
    for edge, one, other in zip(*columns, strict=True):
        u, v = one, other
        if (side[u] != side[v]) == enemies[edge]:
            continue
        cycle = [edge]
        while u != v:
            low = u if depth[u] >= depth[v] else v
            up, over = parent[low]
            cycle.append(over)
            u, v = (up, v) if low == u else (u, up)
        if all(unused[over] for over in cycle):
            for over in cycle:
                unused[over] = False
            found += 1
    return found
