"""Half edges of a network: chosen by the marks of their ends, and laid out by the near one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement_engine.graph.edges import (
    KIND_COUNT,
    NUMBER,
    PAST,
    Bools,
    Edges,
    Floats,
    Ints,
    Small,
    bonds_among,
)
from placement_engine.vocabulary import TieKind

_NO_RANK: Ints = np.zeros(0, dtype=np.int64)
MARKS = 16
"""Numbers of which a node has one: four marks, each there or not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeColumns:
    """What the join needs of E edges of n nodes; `Edges` has all of it too.

    Parameters
    ----------
    is_group
        (n,) whether a node is a group.
    a, b, kind, chance, direct, leavers
        As in `Edges`.
    """

    nodes: int
    is_group: Bools
    a: Ints
    b: Ints
    kind: Small
    chance: Floats
    direct: Bools
    leavers: Ints

    def only(self, kept: Bools) -> EdgeColumns:
        """The edges that a mask (E,) keeps."""
        return replace(
            self,
            a=self.a[kept],
            b=self.b[kept],
            kind=self.kind[kept],
            chance=self.chance[kept],
            direct=self.direct[kept],
        )

    @classmethod
    def of(cls, edges: Edges) -> EdgeColumns:
        """The columns of a graph's edges."""
        return cls(**{f.name: getattr(edges, f.name) for f in fields(cls)})

    def writable(self) -> EdgeColumns:
        """The same, copied where it is read-only: for that, kernels would be compiled anew."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "nodes"}
        return replace(
            self, **{name: np.require(array, requirements="W") for name, array in columns.items()}
        )


class Half(NamedTuple):
    """Half edges: ``start`` (n+1,) into ``far`` and ``edge``. A tuple, for compiled code."""

    start: Ints
    far: Ints
    edge: Ints


class Middle(NamedTuple):
    """Half edges that lead to where a path can end, with what going over them asks.

    Parameters
    ----------
    start, far, edge
        As in `Half`.
    chance, past
        Of the edge; whether it is a past membership.
    group
        Of a defection the group that was left, else -1.
    """

    start: Ints
    far: Ints
    edge: Ints
    chance: Floats
    past: Bools
    group: Ints


class End(NamedTuple):
    """Half edges that lead to targets alone, by rank, with what closing a path asks of them.

    Parameters
    ----------
    start
        (n+1,) into the rest.
    far, edge, rank
        The target, the edge, and the target's rank.
    chance, past
        Of the edge; whether it is a past membership.
    group, leaves
        The group of a defection, else -1; and whether the target is who left it.
    """

    start: Ints
    far: Ints
    edge: Ints
    rank: Ints
    chance: Floats
    past: Bools
    group: Ints
    leaves: Bools


Chosen = tuple[Ints, Ints]
"""Edges seen from `a`, and edges seen from `b`."""
Question = tuple[bool, int, int]
"""Whether for bonds or for enmities; marks, one of which the near and the far end must bear."""
Marks = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laying:
    """Lays out half edges of a network, on arrays or compiled; both give the same.

    Parameters
    ----------
    edges
        All edges.
    compiled, workers
        Whether compiled, and by how many threads.
    """

    edges: EdgeColumns
    compiled: bool
    workers: int = 1

    def asked(self, marks: Marks, questions: Sequence[Question]) -> list[Chosen]:
        """The edges that fit each question, by `marks` (n,) of the nodes below `MARKS`."""
        e, mark = self.edges, np.arange(MARKS)
        told = np.zeros((2, MARKS, MARKS), dtype=np.int64)
        for number, (bonds, near, far) in enumerate(questions):
            fits = ((mark & near) > 0)[:, None] & ((mark & far) > 0)
            told[int(bonds)] |= (fits.astype(np.int64) << 2 * number) | (
                fits.T.astype(np.int64) << 2 * number + 1
            )
        row = bonds_among(np.arange(KIND_COUNT)).astype(np.int64)
        if not self.compiled:
            bits = told.astype(np.uint16)[row[e.kind], marks[e.a], marks[e.b]]
            some = np.flatnonzero(bits)
            bits = bits[some]
            found = [some[(bits & (1 << bit)) != 0] for bit in range(2 * len(questions))]
        else:
            found = self._answered(marks, row, told, 2 * len(questions))
        return list(zip(found[::2], found[1::2], strict=True))

    def _answered(self, marks: Marks, row: Ints, told: Ints, count: int) -> list[Ints]:
        from placement_engine.graph.table_kernel import answered

        e, workers = self.edges, self.workers
        bounds = [len(e.a) * part // workers for part in range(workers + 1)]
        part = partial(answered, e.a, e.b, e.kind, row, marks, told)
        with ThreadPoolExecutor(workers) as threads:
            parts = list(threads.map(part, bounds, bounds[1:]))
        bits, edges = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return [edges[bits == bit] for bit in range(count)]

    def near(self, chosen: Chosen) -> Ints:
        """The ends that edges are seen from."""
        return np.concatenate([self.edges.a[chosen[0]], self.edges.b[chosen[1]]])

    def far(self, chosen: Chosen) -> Ints:
        """The ends that edges lead to."""
        return np.concatenate([self.edges.b[chosen[0]], self.edges.a[chosen[1]]])

    def half(self, chosen: Chosen) -> Half:
        """Half edges of edges seen from `a`, and of others seen from `b`."""
        return Half(*self._laid(chosen, _NO_RANK)[:3])

    def middle(self, chosen: Chosen) -> Middle:
        """Half edges with what going over them asks."""
        start, far, edge, chance, kind = self._laid(chosen, _NO_RANK)
        return Middle(
            start=start,
            far=far,
            edge=edge,
            chance=chance,
            past=kind == PAST,
            group=self._left(edge, kind),
        )

    def end(self, chosen: Chosen, rank: Ints) -> End:
        """Half edges to targets, by the (n,) rank of each within every near end."""
        start, far, edge, chance, kind = self._laid(chosen, rank)
        group = self._left(edge, kind)
        return End(
            start=start,
            far=far,
            edge=edge,
            rank=rank[far],
            chance=chance,
            past=kind == PAST,
            group=group,
            leaves=(group >= 0) & (self.edges.a[edge] == far),
        )

    def _left(self, edge: Ints, kind: Small) -> Ints:
        """Of each edge the group that it is a defection from, else -1."""
        group = np.full(len(edge), -1, dtype=np.int64)
        left = np.flatnonzero(kind == NUMBER[TieKind.DEFECTION])
        group[left] = self.edges.b[edge[left]]
        return group

    def _laid(self, chosen: Chosen, rank: Ints) -> tuple[Ints, Ints, Ints, Floats, Small]:
        """By the near ends: where each node's begin, far ends, edges, chances, kinds."""
        e, (forth, back) = self.edges, chosen
        if self.compiled and len(forth) + len(back):
            from placement_engine.graph.table_kernel import laid

            count = int(rank.max(initial=-1)) + 1
            found: tuple[Ints, Ints, Ints, Floats, Small] = laid(
                e.nodes, rank, count, e.a, e.b, e.kind, e.chance, forth, back
            )
            return found
        near, far = self.near(chosen), self.far(chosen)
        edge = np.concatenate([forth, back])
        order = np.lexsort((rank[far], near)) if len(rank) else np.argsort(near, kind="stable")
        start = np.zeros(e.nodes + 1, dtype=np.int64)
        if len(edge):
            np.cumsum(np.bincount(near, minlength=e.nodes), out=start[1:])
        edge = edge[order]
        return start, far[order], edge, e.chance[edge], e.kind[edge]


def sorted_halves(nodes: int, near: Ints, far: Ints) -> Half:
    """Half edges of no edges of a network, by their near end."""
    order = np.argsort(near, kind="stable")
    start = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(near, minlength=nodes), out=start[1:])
    return Half(start, far[order], near[order])
