"""Compiled kernels that lay out what the join goes over; imported only where they run.

`join_tables` is the same on numpy arrays and tells the meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.graph.half_edges import Backs, End, Half

_BLOCK = 4096
"""Edges that are looked at before any of them is told."""
_FEW = 16
"""Half edges that are put in order one by one."""


@compiled
def looked_at(
    a: Any, b: Any, kind: Any, marks: Any, told: Any, bits: Any, count: int, first: int, last: int
) -> Any:
    """How many edges from `first` to before `last` have each of `count` bits; fills `bits`.

    The bits of an edge stand in ``told[kind, marks[a], marks[b]]``.
    """
    found = np.zeros(count, dtype=np.int64)
    some = np.empty(_BLOCK, dtype=np.int64)
    for begin in range(first, last, _BLOCK):
        size = 0
        for edge in range(begin, min(begin + _BLOCK, last)):
            # Numbers without a sign are not asked whether they count from the end.
            x, y = marks[np.uint64(a[edge])], marks[np.uint64(b[edge])]
            bits[edge] = told[np.uint64(kind[edge]), np.uint64(x), np.uint64(y)]
            some[size] = edge
            size += bits[edge] != 0
        for k in range(size):
            left, bit = bits[some[k]], 0
            while left:
                found[bit] += left & 1
                left >>= 1
                bit += 1
    return found


@compiled
def dealt(
    a: Any, b: Any, chance: Any, kind: Any, bits: Any, places: Any,
    near: Any, far: Any, edges: Any, chances: Any, kinds: Any, first: int, last: int,
) -> None:  # fmt: skip
    """Write down each edge once for each of its bits, from the place of the bit on.

    By even bits they are seen from `a`. The five columns after the places are filled.
    """
    some = np.empty(_BLOCK, dtype=np.int64)
    for begin in range(first, last, _BLOCK):
        size = 0
        for edge in range(begin, min(begin + _BLOCK, last)):
            some[size] = edge
            size += bits[edge] != 0
        for k in range(size):
            edge = some[k]
            left, bit = bits[edge], 0
            while left:
                if left & 1:
                    at = places[bit]
                    places[bit] += 1
                    near[at], far[at], edges[at] = a[edge], b[edge], edge
                    chances[at], kinds[at] = chance[edge], kind[edge]
                    if bit & 1:
                        near[at], far[at] = b[edge], a[edge]
                left >>= 1
                bit += 1


@compiled
def marked(marks: Any, nodes: Any, bit: int) -> None:
    """Give some nodes one mark more."""
    for i in range(len(nodes)):
        marks[nodes[i]] |= np.uint8(bit)


@compiled
def laid(
    near: Any, far: Any, edge: Any, chance: Any, kind: Any,
    start: Any, fars: Any, edges: Any, chances: Any, kinds: Any,
) -> None:  # fmt: skip
    """Half edges by their near end, else in order as they come; the last five are filled.

    Where each node's begin, with one number too many at the end; far end, edge, chance, kind.
    """
    size = len(edge)
    start[:] = 0
    for i in range(size):
        start[near[i] + 2] += 1
    for node in range(2, len(start)):
        start[node] += start[node - 1]
    for i in range(size):
        at = start[near[i] + 1]
        start[near[i] + 1] = at + 1
        fars[at], edges[at], chances[at], kinds[at] = far[i], edge[i], chance[i], kind[i]


@compiled
def ranked(
    rank: Any, start: Any, fars: Any, edges: Any, chances: Any, kinds: Any, ranks: Any
) -> None:
    """Put the half edges of each node in order of the `rank` of their far ends; fill `ranks`."""
    for i in range(len(fars)):
        ranks[i] = rank[fars[i]]
    for node in range(len(start) - 1):
        first, last = start[node], start[node + 1]
        if last - first > _FEW:
            order = first + np.argsort(ranks[first:last], kind="mergesort")
            fars[first:last], edges[first:last] = fars[order], edges[order]
            chances[first:last], kinds[first:last] = chances[order], kinds[order]
            ranks[first:last] = ranks[order]
            continue
        for i in range(first + 1, last):
            at, own = i, ranks[i]
            one, edge, chance, kind = fars[i], edges[i], chances[i], kinds[i]
            while at > first and ranks[at - 1] > own:
                fars[at], edges[at] = fars[at - 1], edges[at - 1]
                chances[at], kinds[at] = chances[at - 1], kinds[at - 1]
                ranks[at] = ranks[at - 1]
                at -= 1
            fars[at], edges[at], chances[at], kinds[at], ranks[at] = one, edge, chance, kind, own


@compiled
def back_count(half: Half, end: End, ranks: Any, first: int, last: int) -> int:
    """How many `backs_of` tells of nodes from `first` to before `last`."""
    m_start, m_far, e_start, e_rank = half.start, half.far, end.start, end.rank
    count = 0
    for x in range(first, last):
        for j in range(m_start[x], m_start[x + 1]):
            for i in range(e_start[m_far[j]], e_start[m_far[j] + 1]):
                count += e_rank[i] != ranks[x]
    return count


@compiled
def backs_of(
    half: Half, end: End, ranks: Any, backs: Backs, begin: int, first: int, last: int
) -> None:
    """Fill in every two bonds that lead from nodes from `first` to before `last` to a target.

    Those of the first node stand from `begin` on. Many sources are enemies of the same few
    nodes, above all of the groups that they left.
    """
    m_start, m_far, m_chance, m_past = half.start, half.far, half.chance, half.past
    e_start, e_rank, e_chance = end.start, end.rank, end.chance
    start, rank, between = backs.start, backs.rank, backs.between
    chance, past = backs.chance, backs.past
    at = begin
    for x in range(first, last):
        start[x] = from_ = at
        rising = True
        for j in range(m_start[x], m_start[x + 1]):
            y = m_far[j]
            for i in range(e_start[y], e_start[y + 1]):
                if e_rank[i] != ranks[x]:
                    rank[at], between[at] = e_rank[i], y
                    chance[at], past[at] = m_chance[j] * e_chance[i], m_past[j]
                    rising = rising and (at == from_ or rank[at - 1] <= rank[at])
                    at += 1
        if not rising:
            order = from_ + np.argsort(rank[from_:at], kind="mergesort")
            rank[from_:at], between[from_:at] = rank[order], between[order]
            chance[from_:at], past[from_:at] = chance[order], past[order]
