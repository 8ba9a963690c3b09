"""Compiled kernels of reunion: paths of bonds alone, from a source to every target they reach.

Imported only inside the function that runs them; `paths.friendly_walks` tells the meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.graph.kernels import BLOCK
from placement_engine.graph.table_kernel import longer


@compiled
def _count(v: int, q: float, joined: Any, seen: Any) -> None:
    """Add a path of chance `q` to the target of rank `v`."""
    before = joined[v]
    seen[v // BLOCK] = True
    joined[v] = before + q * (1.0 - before)


@compiled
def _close(
    y: int, p: float, own: int, apart: int, start: Any, rank: Any, chance: Any,
    joined: Any, seen: Any,
) -> None:  # fmt: skip
    """Close a path that stands at `y` over one bond more, but not at ranks it stands on."""
    for i in range(start[y], start[y + 1]):
        v = rank[i]
        if v not in (own, apart):
            _count(v, p * chance[i], joined, seen)


@compiled
def reunion_rows(
    own_bonds: Any, between: Any, ends: Any, ranks: Any, sources: Any, count: int, length: int
) -> Any:
    """Pairs of sources with `count` targets that bonds join, and the joined chance of each.

    The first three are start, other end - that of `ends` by rank - and chance of the bonds of
    sources, of those between, and of those that lead to targets.
    """
    start, far, chance = own_bonds
    b_start, b_far, b_chance = between
    e_start, e_rank, e_chance = ends
    joined = np.zeros(count)
    seen = np.zeros(count // BLOCK + 1, dtype=np.bool_)
    size = 0
    cells, told = np.empty(1024, dtype=np.int64), np.empty(1024)
    for at in range(len(sources)):
        u = sources[at]
        own = ranks[u]
        for i in range(start[u], start[u + 1]):
            x, p = far[i], chance[i]
            apart = ranks[x]
            if apart >= 0:
                _count(apart, p, joined, seen)
            if length >= 2:
                _close(x, p, own, own, e_start, e_rank, e_chance, joined, seen)
            if length >= 3:
                for j in range(b_start[x], b_start[x + 1]):
                    y, q = b_far[j], p * b_chance[j]
                    if y != u:
                        _close(y, q, own, apart, e_start, e_rank, e_chance, joined, seen)
        for block in range(len(seen)):
            if not seen[block]:
                continue
            seen[block] = False
            for cell in range(block * BLOCK, min((block + 1) * BLOCK, count)):
                if joined[cell] > 0.0:
                    if size == len(cells):
                        cells, told = longer(cells), longer(told)
                    cells[size], told[size] = at * count + cell, joined[cell]
                    joined[cell] = 0.0
                    size += 1
    return cells[:size], told[:size]


@compiled
def merged(one: Any, other: Any) -> Any:
    """Two rising columns of numbers as one, and where each of both stands in it."""
    cells = np.empty(len(one) + len(other), dtype=np.int64)
    at_one, at_other = np.empty(len(one), np.int64), np.empty(len(other), np.int64)
    i = j = size = 0
    while i < len(one) or j < len(other):
        if j == len(other) or (i < len(one) and one[i] <= other[j]):
            cells[size] = one[i]
        else:
            cells[size] = other[j]
        if i < len(one) and one[i] == cells[size]:
            at_one[i] = size
            i += 1
        if j < len(other) and other[j] == cells[size]:
            at_other[j] = size
            j += 1
        size += 1
    return cells[:size], at_one, at_other
