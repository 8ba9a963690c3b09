"""Small graphs cut out of a large one, and edges that came to it since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placement_engine.graph.edges import Bools, Edges, HalfEdges, Ints, halves_of

_COLUMNS = (
    "a",
    "b",
    "kind",
    "strength",
    "chance",
    "newest",
    "source",
    "information",
    "graded",
    "direct",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoreEdges:
    """Edges by column, as in `Edges`, without an order."""

    columns: dict[str, np.ndarray]

    @classmethod
    def none(cls) -> MoreEdges:
        """No edges."""
        kinds: dict[str, type] = dict.fromkeys(_COLUMNS, np.int64)
        kinds |= {"strength": np.float64, "chance": np.float64, "graded": bool, "direct": bool}
        return cls(columns={name: np.zeros(0, dtype=kind) for name, kind in kinds.items()})

    @classmethod
    def of(cls, edges: Edges, place: Ints) -> MoreEdges:
        """The edges of a graph whose nodes stand at other places here."""
        columns = {name: getattr(edges, name) for name in _COLUMNS}
        return cls(columns={**columns, "a": place[edges.a], "b": place[edges.b]})

    def only(self, ends: Ints) -> MoreEdges:
        """Those between some pairs of nodes."""
        return self._kept(between_two(self.columns["a"], self.columns["b"], ends))

    def without(self, ends: Ints) -> MoreEdges:
        """Those that are not between some pairs of nodes."""
        return self._kept(~between_two(self.columns["a"], self.columns["b"], ends))

    def extended(self, other: MoreEdges) -> MoreEdges:
        """These and those."""
        return MoreEdges(
            columns={
                name: np.concatenate([column, other.columns[name]])
                for name, column in self.columns.items()
            }
        )

    def touching(self, nodes: Ints) -> Ints:
        """Numbers of those with an end among some nodes."""
        return np.flatnonzero(np.isin(self.columns["a"], nodes) | np.isin(self.columns["b"], nodes))

    def _kept(self, kept: Bools) -> MoreEdges:
        return MoreEdges(columns={name: column[kept] for name, column in self.columns.items()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """A small graph, and the number in the large one of each of its nodes, in order."""

    edges: Edges
    nodes: Ints


def half_edges(half: HalfEdges, nodes: Ints, wanted: Bools) -> Ints:
    """Numbers of the edges of `half` from some nodes to wanted ones (n,)."""
    first = half.start[nodes]
    count = half.start[nodes + 1] - first
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)
    found: Ints = half.edge[at[wanted[half.far[at]]]]
    return found


def incident(edges: Edges, nodes: Ints) -> Ints:
    """Numbers of the edges that touch some different nodes, sorted."""
    found = [np.zeros(0, dtype=np.int64)]
    everything = np.ones(edges.nodes, dtype=np.bool_)
    found += [half_edges(half, nodes, everything) for half in (edges.bond, edges.enmity)]
    return np.unique(np.concatenate(found))


def between_two(a: Ints, b: Ints, ends: Ints) -> Bools:
    """Whether each edge joins one of the pairs (N, 2) of `ends`, whichever way it runs."""
    if not len(ends) or not len(a):
        return np.zeros(len(a), dtype=np.bool_)
    size = int(max(ends.max(), a.max(), b.max())) + 1
    wanted = ends.min(axis=1) * size + ends.max(axis=1)
    return np.isin(np.minimum(a, b) * size + np.maximum(a, b), wanted)


def region_of(
    columns: dict[str, np.ndarray], seeds: Ints, is_group: Bools, leavers: Ints
) -> Region:
    """The graph of some edges and nodes of a larger one, with leavers (2, L) among them."""
    nodes = np.unique(np.concatenate([columns["a"], columns["b"], seeds]))
    n = len(nodes)
    a, b = np.searchsorted(nodes, columns["a"]), np.searchsorted(nodes, columns["b"])
    inside = np.isin(leavers, nodes).all(axis=0)
    person, group = np.searchsorted(nodes, leavers[:, inside])
    parts: dict[str, Any] = {**columns, "a": a, "b": b, **halves_of(n, a, b, columns["kind"])}
    edges = Edges(nodes=n, is_group=is_group[nodes], leavers=np.unique(person * n + group), **parts)
    return Region(edges=edges, nodes=nodes)
