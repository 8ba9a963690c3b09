"""Scores of the few pairs that any path joins, without a table of all pairs.

The paths are those of `RivalGraph.scores`: what it tells of a pair is told here, and what is
not told here is 0 there. On arrays they are counted in its order, to the last bit; the
compiled form is the join of all pairs, which sums in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placement_engine.graph.edges import Bools, Edges, Floats, Ints
from placement_engine.graph.half_edges import EdgeColumns
from placement_engine.graph.join import pays
from placement_engine.graph.join_tables import Steps, Tables, friendly_steps, tables_of
from placement_engine.graph.paths import Ends, Walks, friendly_walks, hostile_walks

_CHUNK = 128
"""Sources joined at once on arrays: bounds the memory, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """T different nodes that paths from some sources may end at, laid out for many calls.

    Parameters
    ----------
    edges
        All edges.
    nodes
        (T,) different node indices, in any order.
    column
        (n,) position of each node of the network among them, -1 elsewhere.
    friendly
        Whether paths of reunion are asked for.
    length
        Most edges of a path, 1 to 3, as in `RivalGraph.scores`.
    ends
        Of the form on arrays.
    tables, steps
        Of the compiled form; it is used where they stand.
    """

    edges: Edges
    nodes: Ints
    column: Ints
    friendly: bool
    length: int
    ends: Ends | None = None
    tables: Tables | None = None
    steps: tuple[Steps, Steps, Steps] | None = None

    @classmethod
    def of(
        cls,
        edges: Edges,
        sources: Ints,
        nodes: Ints,
        *,
        length: int,
        friendly: bool = True,
        compiled: bool | None = None,
    ) -> Targets:
        """What leads from some sources to some targets, both different nodes.

        Parameters
        ----------
        compiled
            Whether to run the compiled form; None runs it where it is installed and the
            network so large that loading it pays.

        Raises
        ------
        ValueError
            If `length` is below 1.
        """
        if length < 1:
            raise ValueError("length must be at least 1")
        column = np.full(edges.nodes, -1, dtype=np.int64)
        column[nodes] = np.arange(len(nodes))
        if not (pays(edges) if compiled is None else compiled):
            ends = Ends.of(edges, nodes)
            return cls(
                edges=edges, nodes=nodes, column=column, friendly=friendly, length=length, ends=ends
            )
        columns = EdgeColumns.of(edges).writable()
        tables = tables_of(columns, sources, nodes, compiled=True)
        return cls(
            edges=edges,
            nodes=nodes,
            column=column,
            friendly=friendly,
            length=length,
            tables=tables,
            steps=friendly_steps(columns, tables) if friendly else None,
        )


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


def met_pairs(targets: Targets, sources: Ints) -> MetPairs:
    """The pairs of different sources with targets that any path joins.

    Parameters
    ----------
    sources
        (S,) of the nodes that the targets were laid out for.
    """
    if targets.tables is None:
        chunks = range(0, len(sources), _CHUNK)
        parts = [_block(targets, sources[start : start + _CHUNK], start) for start in chunks]
    else:
        parts = [_compiled(targets, sources)] if len(sources) and len(targets.nodes) else []
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


def _compiled(targets: Targets, sources: Ints) -> tuple[Ints, Floats, Floats, Bools]:
    """Cells of pairs in order, their hostility and reunion, and whether they are direct."""
    from placement_engine.graph import kernels, met_kernel

    count, tables = len(targets.nodes), targets.tables
    assert tables is not None
    question = count, False, targets.length, 0.0
    found = kernels.rows_of(tables, sources, np.arange(len(sources)), *question)
    row, column, _, h_or, direct = map(np.concatenate, zip(*found, strict=True))
    hostile = row * count + column
    if targets.steps is None:
        return hostile, h_or, np.zeros(len(hostile)), direct
    friendly, joined = met_kernel.reunion_of(
        targets.steps, tables.rank, sources, count, targets.length
    )
    cell, at_hostile, at_friendly = met_kernel.merged(hostile, friendly)
    parts = np.zeros(len(cell)), np.zeros(len(cell)), np.zeros(len(cell), dtype=np.bool_)
    parts[0][at_hostile], parts[2][at_hostile] = h_or, direct
    parts[1][at_friendly] = joined
    return cell, *parts


def _block(targets: Targets, here: Ints, start: int) -> tuple[Ints, Floats, Floats, Bools]:
    edges, ends, length = targets.edges, targets.ends, targets.length
    assert ends is not None
    row = np.full(edges.nodes, -1, dtype=np.int64)
    row[here] = np.arange(start, start + len(here))
    hostile = _told(edges, row, targets, hostile_walks(edges, here, ends, length))
    walks = friendly_walks(edges, here, ends, length) if targets.friendly else iter(())
    friendly = _told(edges, row, targets, walks)
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
