"""Scores of the few pairs that any path joins, without a table of all pairs.

The paths, and the order in which they are counted, are those of `RivalGraph.scores`: what it
tells of a pair is told here to the last bit, and what is not told here is 0 there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placement_engine.graph.edges import Bools, Edges, Floats, Ints
from placement_engine.graph.paths import Ends, Walks, friendly_walks, hostile_walks

_CHUNK = 128
"""Sources joined at once: bounds the memory, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """T different nodes that paths may end at, laid out once for many calls.

    Parameters
    ----------
    nodes
        (T,) rising.
    column
        (n,) position of each node of the network among them, -1 elsewhere.
    """

    nodes: Ints
    column: Ints
    ends: Ends

    @classmethod
    def of(cls, edges: Edges, nodes: Ints) -> Targets:
        """Targets at some nodes; -1 and repeated ones are left out."""
        different = np.unique(nodes[nodes >= 0])
        column = np.full(edges.nodes, -1, dtype=np.int64)
        column[different] = np.arange(len(different))
        return cls(nodes=different, column=column, ends=Ends.of(edges, different))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetPairs:
    """Q pairs by rising source and target, with the scores of `PairScores`.

    Parameters
    ----------
    source, target
        (Q,) positions among the sources and the targets.
    h_or, reunion
        (Q,) chances; one of the two is above 0.
    direct
        (Q,) whether a direct enmity is graded well enough for a separation of its own.
    """

    source: Ints
    target: Ints
    h_or: Floats
    reunion: Floats
    direct: Bools


def met_pairs(edges: Edges, sources: Ints, targets: Targets, *, length: int) -> MetPairs:
    """The pairs of different sources with targets that any path joins.

    Parameters
    ----------
    sources
        (S,) different node indices.
    length
        Most edges of a path, as in `RivalGraph.scores`.

    Raises
    ------
    ValueError
        If `length` is below 1.
    """
    if length < 1:
        raise ValueError("length must be at least 1")
    parts = [
        _block(edges, sources, start, targets, length) for start in range(0, len(sources), _CHUNK)
    ]
    none: Ints = np.zeros(0, dtype=np.int64)
    cell = np.concatenate([none, *(part[0] for part in parts)])
    width = max(len(targets.nodes), 1)
    return MetPairs(
        source=cell // width,
        target=cell % width,
        h_or=np.concatenate([np.zeros(0), *(part[1] for part in parts)]),
        reunion=np.concatenate([np.zeros(0), *(part[2] for part in parts)]),
        direct=np.concatenate([np.zeros(0, dtype=np.bool_), *(part[3] for part in parts)]),
    )


def _block(
    edges: Edges, sources: Ints, start: int, targets: Targets, length: int
) -> tuple[Ints, Floats, Floats, Bools]:
    here = sources[start : start + _CHUNK]
    row = np.full(edges.nodes, -1, dtype=np.int64)
    row[here] = np.arange(start, start + len(here))
    hostile = _told(edges, row, targets, hostile_walks(edges, here, targets.ends, length))
    friendly = _told(edges, row, targets, friendly_walks(edges, here, targets.ends, length))
    cell = np.union1d(hostile[0], friendly[0])
    h_or, reunion = np.zeros(len(cell)), np.zeros(len(cell))
    direct = np.zeros(len(cell), dtype=np.bool_)
    at = np.searchsorted(cell, hostile[0])
    h_or[at], direct[at] = hostile[1:]
    reunion[np.searchsorted(cell, friendly[0])] = friendly[1]
    return cell, h_or, reunion, direct


def _told(
    edges: Edges, row: Ints, targets: Targets, family: Iterator[Walks]
) -> tuple[Ints, Floats, Bools]:
    """Cells that a family of paths joins, the joined chance of each, and whether it is direct."""
    kept: list[tuple[Ints, Floats, Bools]] = []
    for walks in family:
        if len(walks):
            cell = row[walks.nodes[:, 0]] * len(targets.nodes)
            cell += targets.column[walks.nodes[:, -1]]
            direct = np.zeros(len(cell), dtype=np.bool_)
            if walks.edges.shape[1] == 1:
                direct = edges.direct[walks.edges[:, 0]]
            kept.append((cell, walks.chance, direct))
    cells = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(k[0] for k in kept)]))
    best, log = np.zeros(len(cells)), np.zeros(len(cells))
    counted = np.zeros(len(cells), dtype=np.bool_)
    # Pattern after pattern, as the table of all pairs is summed: the same bits come out.
    for cell, chance, direct in kept:
        at = np.searchsorted(cells, cell)
        with np.errstate(divide="ignore"):
            closed = np.log1p(-chance)
        log += np.bincount(at, weights=closed, minlength=len(cells))
        np.maximum.at(best, at, chance)
        counted[at[direct]] = True
    return cells, np.maximum(0.0 - np.expm1(log), best), counted
