"""Compiled kernels that lay out what the join goes over; imported only where they run.

`join_tables` is the same on numpy arrays and tells the meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement_engine.compiled import compiled

_BLOCK = 4096
"""Edges that are looked at before any of them is told."""


@compiled
def longer(column: Any) -> Any:
    """The column with as much room again."""
    grown = np.empty(2 * len(column), dtype=column.dtype)
    grown[: len(column)] = column
    return grown


@compiled
def answered(
    a: Any, b: Any, kind: Any, row: Any, marks: Any, told: Any, first: int, last: int
) -> Any:
    """Edges from `first` to before `last` of which `told` any bit, once for each of its bits.

    The bits stand in ``told[row[kind], marks[a], marks[b]]``. Their numbers, and the edges.
    """
    size = 0
    bits, edges = np.empty(1024, dtype=np.int8), np.empty(1024, dtype=np.int64)
    seen, at = np.empty(_BLOCK, dtype=told.dtype), np.empty(_BLOCK, dtype=np.int64)
    for begin in range(first, last, _BLOCK):
        end, some = min(begin + _BLOCK, last), 0
        # Without a question in between, the marks of many nodes are fetched at once.
        for edge in range(begin, end):
            seen[edge - begin] = told[row[kind[edge]], marks[a[edge]], marks[b[edge]]]
        for i in range(end - begin):
            at[some] = i
            some += seen[i] != 0
        for k in range(some):
            i = at[k]
            left, bit = seen[i], 0
            while left:
                if left & 1:
                    if size == len(bits):
                        bits, edges = longer(bits), longer(edges)
                    bits[size], edges[size] = bit, begin + i
                    size += 1
                left >>= 1
                bit += 1
    return bits[:size], edges[:size]


@compiled
def laid(
    nodes: int, rank: Any, count: int, a: Any, b: Any, kind: Any, chance: Any, forth: Any, back: Any
) -> Any:
    """Half edges by their near end: where each node's begin, far end, edge, chance and kind.

    Of edges `forth` seen from `a`, and then `back` seen from `b`; with a `rank` of `count` far
    ends, each node's by that.
    """
    size = len(forth) + len(back)
    order: Any = np.arange(size)
    if len(rank):
        place = np.zeros(count + 1, dtype=np.int64)
        for i in range(size):
            far = b[forth[i]] if i < len(forth) else a[back[i - len(forth)]]
            place[rank[far] + 1] += 1
        for v in range(count):
            place[v + 1] += place[v]
        for i in range(size):
            far = b[forth[i]] if i < len(forth) else a[back[i - len(forth)]]
            order[place[rank[far]]] = i
            place[rank[far]] += 1
    start = np.zeros(nodes + 2, dtype=np.int64)
    for edge in forth:
        start[a[edge] + 2] += 1
    for edge in back:
        start[b[edge] + 2] += 1
    for node in range(2, nodes + 2):
        start[node] += start[node - 1]
    fars, edges = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    chances, kinds = np.empty(size), np.empty(size, dtype=kind.dtype)
    for i in order:
        edge = forth[i] if i < len(forth) else back[i - len(forth)]
        near, far = a[edge], b[edge]
        if i >= len(forth):
            near, far = far, near
        at = start[near + 1]
        start[near + 1] += 1
        fars[at], edges[at], chances[at], kinds[at] = far, edge, chance[edge], kind[edge]
    return start[: nodes + 1], fars, edges, chances, kinds
