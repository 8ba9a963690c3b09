"""Half edges of a network laid out by their near end: what the join goes over.

Named tuples, because compiled code takes them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from placement_engine.graph.edges import Bools, Edges, Floats, Ints, Small


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


class Chosen(NamedTuple):
    """Edges seen from one of their ends, the first `forth` of them from `a`, the rest from `b`.

    Parameters
    ----------
    near, far, edge
        The end that an edge is seen from, the end it leads to, and its number.
    chance, kind
        Of the edge.
    """

    near: Ints
    far: Ints
    edge: Ints
    chance: Floats
    kind: Small
    forth: int

    def kept(self, rows: Bools) -> Chosen:
        """Some of them."""
        return self.at(rows, forth=int(rows[: self.forth].sum()))

    def at(self, rows: Bools | slice, *, forth: int) -> Chosen:
        """Some of them, of which `forth` are seen from `a`."""
        return Chosen(
            near=self.near[rows],
            far=self.far[rows],
            edge=self.edge[rows],
            chance=self.chance[rows],
            kind=self.kind[rows],
            forth=forth,
        )

    def turned(self) -> Chosen:
        """The same edges, each seen from its other end."""
        forth = self.forth
        return Chosen(
            near=np.concatenate([self.far[forth:], self.far[:forth]]),
            far=np.concatenate([self.near[forth:], self.near[:forth]]),
            edge=np.concatenate([self.edge[forth:], self.edge[:forth]]),
            chance=np.concatenate([self.chance[forth:], self.chance[:forth]]),
            kind=np.concatenate([self.kind[forth:], self.kind[:forth]]),
            forth=len(self.edge) - forth,
        )


class Leads(NamedTuple):
    """Where each node leads: ``start`` (n+1,) into ``far``."""

    start: Ints
    far: Ints

    @classmethod
    def of(cls, nodes: int, near: Ints, far: Ints) -> Leads:
        """From each near node to the far ones beside it."""
        return cls(starts_of(nodes, near), far[np.argsort(near, kind="stable")])


class Half(NamedTuple):
    """Half edges by their near end, with what going over them asks.

    Parameters
    ----------
    start
        (n+1,) into the rest.
    far, edge
        Where each leads to, and its edge.
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


class Backs(NamedTuple):
    """Ends of paths over two bonds, by the node where they begin. Of the compiled form alone.

    Parameters
    ----------
    start
        (n+1,) into the rest.
    rank, between, chance, past
        Of the target, ascending for each node; the node between; the chance of both bonds;
        whether the first is a past membership.
    """

    start: Ints
    rank: Ints
    between: Ints
    chance: Floats
    past: Bools


def room_for(*columns: tuple[int, DTypeLike]) -> list[NDArray[Any]]:
    """Arrays of so many numbers of such kinds, not filled.

    They are cut out of one: to that the system gives a few large pages, where many of
    their size would wait for thousands of small ones.
    """
    kinds = [np.dtype(kind) for _, kind in columns]
    sizes = [count * kind.itemsize for (count, _), kind in zip(columns, kinds, strict=True)]
    begins = np.cumsum([0, *(-(-size // 8) * 8 for size in sizes)]).tolist()
    whole = np.empty(begins[-1], dtype=np.uint8)
    return [
        whole[begin : begin + size].view(kind)
        for begin, size, kind in zip(begins, sizes, kinds, strict=False)
    ]


def starts_of(nodes: int, near: Ints) -> Ints:
    """(n+1,) where the entries of each node begin, once they stand in order of it."""
    start = np.zeros(nodes + 1, dtype=np.int64)
    if len(near):
        np.cumsum(np.bincount(near, minlength=nodes), out=start[1:])
    return start
