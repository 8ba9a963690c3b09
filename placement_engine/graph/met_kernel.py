"""Compiled kernels of reunion: paths of bonds alone, from a source to every target they reach.

Imported only inside the function that runs them; `paths.friendly_walks` tells the meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.graph.half_edges import room_for
from placement_engine.graph.kernels import BLOCK, ROOM, SHIFT, marks_of


@compiled
def _count(v: int, q: float, joined: Any, seen: Any) -> None:
    """Add a path of chance `q` to the target of rank `v`."""
    before = joined[v]
    seen[v >> SHIFT] = True
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


def reunion_of(steps: Any, ranks: Any, sources: Any, count: int, length: int) -> tuple[Any, Any]:
    """Cells of the pairs of sources with `count` targets that bonds join, and their chances."""
    own, between, ends = steps
    parts, at = [(np.zeros(0, dtype=np.int64), np.zeros(0))], 0
    while at < len(sources):
        room = max(ROOM, 2 * count)
        cells, told = room_for((room, np.int64), (room, np.float64))
        at, size = reunion_rows(own, between, ends, ranks, sources, at, count, length, cells, told)
        parts.append((cells[:size], told[:size]))
    cells, told = map(np.concatenate, zip(*parts, strict=True))
    return cells, told


@compiled
def reunion_rows(
    own_bonds: Any, between: Any, ends: Any, ranks: Any, sources: Any, begin: int, count: int,
    length: int, cells: Any, told: Any,
) -> Any:  # fmt: skip
    """Fill in pairs of sources with `count` targets that bonds join, and their joined chances.

    The first three are start, other end - that of `ends` by rank - and chance of the bonds of
    sources, of those between, and of those that lead to targets. Of the sources from `begin`
    on while a whole row has room: the next source, and how many pairs there are.
    """
    start, far, chance = own_bonds
    b_start, b_far, b_chance = between
    e_start, e_rank, e_chance = ends
    joined = np.zeros(count)
    words, seen = marks_of(count)
    size = 0
    for at in range(begin, len(sources)):
        if size + count > len(cells):
            return at, size
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
        for word in range(len(words)):
            if not words[word]:
                continue
            for block in range(BLOCK * word, BLOCK * word + BLOCK):
                if not seen[block]:
                    continue
                for cell in range(BLOCK * block, min(BLOCK * block + BLOCK, count)):
                    if joined[cell] > 0.0:
                        cells[size], told[size] = at * count + cell, joined[cell]
                        joined[cell] = 0.0
                        size += 1
            words[word] = 0
    return len(sources), size


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
