"""Paths of bonds that run over edges that changed: by how much a reunion can have moved.

Of a pair's paths those over unchanged edges stay as they were. With the chance that all
others are shut, before and after, a reunion has risen by no more than ``before - after``,
and fallen by no more than ``after - before``: what stays can only make it less.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement_engine.graph.edges import Bools, Edges, Ints, bonds_among
from placement_engine.graph.paths import Ends, Walks, extend


def bond_walks_over(edges: Edges, changed: Ints, people: Ints, length: int) -> Iterator[Walks]:
    """All paths of bonds between different people over at least one of some edges.

    Each path is told once from either end.

    Parameters
    ----------
    changed
        Numbers of edges; those that are no bonds are passed over.
    people
        Different node indices: the ends.
    length
        Most edges of a path.
    """
    ends = Ends.of(edges, people)
    over = np.zeros(len(edges.a), dtype=np.bool_)
    over[changed] = True
    over &= bonds_among(edges.kind)
    edge = np.flatnonzero(over)
    begun = Walks(
        nodes=np.concatenate(
            [
                np.column_stack([edges.a[edge], edges.b[edge]]),
                np.column_stack([edges.b[edge], edges.a[edge]]),
            ]
        ),
        edges=np.concatenate([edge, edge])[:, None],
        chance=np.concatenate([edges.chance[edge], edges.chance[edge]]),
    )
    led: list[Walks] = []
    for bonds in range(1, length + 1):
        place = bonds - 1
        walks = _turned(_to_an_end(edges, _turned(begun), ends, place))
        # The first of several changed edges counts, so that no path is told twice.
        first: Bools = np.asarray(~over[walks.edges[:, :place]].any(axis=1), dtype=np.bool_)
        led.append(walks.keep(first))
        for place, walks in enumerate(led):
            yield _to_an_end(edges, walks, ends, bonds - 1 - place)


def _to_an_end(edges: Edges, walks: Walks, ends: Ends, steps: int) -> Walks:
    if steps == 0:
        return walks.keep(ends.home[walks.nodes[:, -1]])
    for step in range(steps):
        walks = extend(edges, walks, ends.bond if step == steps - 1 else edges.bond)
    return walks


def _turned(walks: Walks) -> Walks:
    return Walks(nodes=walks.nodes[:, ::-1], edges=walks.edges[:, ::-1], chance=walks.chance)
