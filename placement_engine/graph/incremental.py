"""Hostility after single reports come, change or go, without building the graph again.

A `LiveGraph` is a graph with corrections: edges that no longer hold, and edges that do now.
Whoever a correction touches is found by following it outwards; then a small graph around just
these people is cut out and scored by the ordinary join, with the numbers that a full build
would give. Another day ages every tie: see `ageing`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.graph.changes import forgiven_by, fronts_of, products_of
from placement_engine.graph.cutting import (
    MoreEdges,
    Region,
    between_two,
    half_edges,
    incident,
    region_of,
)
from placement_engine.graph.edges import Bools, Floats, Ints, edges_of
from placement_engine.graph.join import join
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.intelligence import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """All that is reported now of some pairs of nodes; nothing if a pair has no row.

    Parameters
    ----------
    ends
        The pairs; what the graph held of them is replaced.
    told
        A network of these nodes alone with every report between them.
    """

    ends: frozenset[tuple[str, str]] = field(repr=False)
    told: Network = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recomputed:
    """Pairs of subjects whose hostility may have changed, with what it is now.

    Parameters
    ----------
    pairs
        N pairs of ids, each in their order.
    h_max, h_or, direct
        (N,) as in `PairScores`; 0 where no path is left.
    """

    pairs: tuple[tuple[str, str], ...] = field(repr=False)
    h_max: Floats
    h_or: Floats
    direct: Bools


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveGraph:
    """A graph with corrections, never changed itself. Made by `of`.

    Parameters
    ----------
    base
        The graph that was built.
    gone
        Numbers of its edges that do not hold any more.
    more
        Edges that hold besides.
    nodes
        Ids that came since, numbered after those of the base.
    is_group
        Of the base's nodes and of those.
    leavers
        (2, L) persons and the groups that they left for sure.
    implied, confirmed
        As in `RivalGraph.build`.
    """

    base: RivalGraph
    gone: Ints
    more: MoreEdges
    nodes: tuple[str, ...] = field(repr=False)
    is_group: Bools
    leavers: Ints
    implied: frozenset[str] = field(repr=False)
    confirmed: frozenset[tuple[str, str]] = field(repr=False)

    @classmethod
    def of(
        cls,
        graph: RivalGraph,
        *,
        implied_defectors: frozenset[str] = frozenset(),
        confirmed_defectors: frozenset[tuple[str, str]] = frozenset(),
    ) -> LiveGraph:
        """A graph without corrections; who has left must be as it was built with."""
        n = max(graph.edges.nodes, 1)
        return cls(
            base=graph,
            gone=np.zeros(0, dtype=np.int64),
            more=MoreEdges.none(),
            nodes=(),
            is_group=graph.edges.is_group,
            leavers=np.stack([graph.edges.leavers // n, graph.edges.leavers % n]),
            implied=implied_defectors,
            confirmed=confirmed_defectors,
        )

    def after(self, reported: Reported, subjects: Collection[str]) -> tuple[LiveGraph, Recomputed]:
        """The graph with these reports, and every pair of subjects they may have changed."""
        changed = self._with(reported)
        ends = changed._numbers(reported.ends)
        people = np.array(
            sorted(at for at in map(changed.place, subjects) if at >= 0), dtype=np.int64
        )
        n = len(changed.is_group)
        asked = np.zeros(n, dtype=np.bool_)
        asked[people] = True
        # The leavers that only one of the two has.
        old, new = (graph.leavers[0] * n + graph.leavers[1] for graph in (self, changed))
        keys = np.unique(
            np.concatenate(
                [
                    self._touched(ends, asked, np.setdiff1d(old, new), n),
                    changed._touched(ends, asked, np.setdiff1d(new, old), n),
                ]
            )
        )
        return changed, changed._scored(keys, n)

    def place(self, node: str) -> int:
        """Number of a node, -1 if it is not known."""
        at = self.base.index.get(node, -1)
        if at < 0 and node in self.nodes:
            at = len(self.base.nodes) + self.nodes.index(node)
        return at

    def name(self, at: int) -> str:
        """Id of a node by its number."""
        known = len(self.base.nodes)
        return self.base.nodes[at] if at < known else self.nodes[at - known]

    def _with(self, reported: Reported) -> LiveGraph:
        told = reported.told
        new = tuple(node for node in told.nodes if self.place(node) < 0)
        group = {node: bool(told.is_group[at]) for at, node in enumerate(told.nodes)}
        grown = replace(
            self,
            nodes=(*self.nodes, *new),
            is_group=np.append(self.is_group, [group[node] for node in new]).astype(np.bool_),
        )
        index = {node: at for at, node in enumerate(told.nodes)}
        confirmed = {pair for pair in self.confirmed if pair[0] in index and pair[1] in index}
        edges = edges_of(
            told,
            as_of=self.base.as_of,
            policy=self.base.policy,
            implied=np.array(sorted(index[p] for p in self.implied if p in index), dtype=np.int64),
            confirmed=np.array(
                sorted(index[p] * len(index) + index[g] for p, g in confirmed), dtype=np.int64
            ),
        )
        ends = grown._numbers(reported.ends)
        place = np.array([grown.place(node) for node in told.nodes], dtype=np.int64)
        n = max(len(told.nodes), 1)
        left: Ints = place[np.stack([edges.leavers // n, edges.leavers % n])]
        # A confirmed leaver may become known by any tie, not only by one to the group.
        known = [pair for pair in self.confirmed if {*pair} & {*new}]
        places = [(grown.place(person), grown.place(group)) for person, group in known]
        late = np.array([at for at in places if min(at) >= 0], dtype=np.int64).reshape(-1, 2)
        kept = self.leavers[:, ~between_two(self.leavers[0], self.leavers[1], ends)]
        return replace(
            grown,
            gone=np.union1d(self.gone, self._between(ends)),
            more=self.more.without(ends).extended(MoreEdges.of(edges, place).only(ends)),
            leavers=np.unique(
                np.concatenate(
                    [kept, left[:, between_two(left[0], left[1], ends)], late.T], axis=1
                ),
                axis=1,
            ),
        )

    def _numbers(self, ends: Collection[tuple[str, str]]) -> Ints:
        """(N, 2) numbers of the pairs that are known, the lower first."""
        pairs = [(self.place(a), self.place(b)) for a, b in ends]
        known = sorted({(min(pair), max(pair)) for pair in pairs if min(pair) >= 0})
        return np.array(known, dtype=np.int64).reshape(-1, 2)

    def _between(self, ends: Ints) -> Ints:
        """Edges of the base between pairs of nodes."""
        e = self.base.edges
        near = np.unique(ends[(ends < e.nodes).all(axis=1), 0])
        found = incident(e, near)
        kept: Ints = found[between_two(e.a[found], e.b[found], ends)]
        return kept

    def _touched(self, ends: Ints, asked: Bools, leavers: Ints, n: int) -> Ints:
        """``lower * n + higher`` of the pairs of those asked for that a change may touch."""
        known = ends[(ends < len(self.is_group)).all(axis=1)]
        seeds = np.unique(np.append(known, np.stack([leavers // n, leavers % n])))
        region = self._around(seeds)
        edges, nodes = region.edges, region.nodes
        changed = np.flatnonzero(between_two(nodes[edges.a], nodes[edges.b], known))
        here, m = asked[nodes], len(nodes)
        keys = [
            key
            for left, right in fronts_of(edges, changed, self.base.max_length)
            for key in products_of(left, right, here, m)
        ]
        own = np.searchsorted(nodes, leavers // n) * m + np.searchsorted(nodes, leavers % n)
        for person, others in forgiven_by(edges, own):
            if here[person]:
                keys.append(person * m + others[here[others]])
        if not keys:
            return np.zeros(0, dtype=np.int64)
        joined = np.unique(np.concatenate(keys))
        a, b = nodes[joined // m], nodes[joined % m]
        pairs: Ints = (np.minimum(a, b) * n + np.maximum(a, b))[a != b]
        return pairs

    def _scored(self, keys: Ints, n: int) -> Recomputed:
        """Scores of pairs, from a graph of what lies between their people."""
        sources, others = _sides(keys, n)
        region = self._among(sources, others)
        found = join(
            region.edges,
            np.searchsorted(region.nodes, sources),
            np.searchsorted(region.nodes, others),
            length=self.base.max_length,
            threshold=0.0,
            compiled=False,
        )
        near, far = sources[found.source], others[found.target]
        at = np.minimum(near, far) * n + np.maximum(near, far)
        # Pairs within the sources are found from both ends, with the same numbers.
        _, told, place = np.intersect1d(at, keys, return_indices=True)
        scores = {
            name: np.zeros(len(keys), dtype=getattr(found, name).dtype)
            for name in ("h_max", "h_or", "direct")
        }
        for name, column in scores.items():
            column[place] = getattr(found, name)[told]
        ends = [(self.name(a), self.name(b)) for a, b in zip(*divmod(keys, n), strict=True)]
        return Recomputed(pairs=tuple((min(p), max(p)) for p in ends), **scores)

    def _around(self, seeds: Ints) -> Region:
        """What paths over a change between some nodes can use."""
        seen = self._incident(seeds)
        near = self._ends(seen)
        seen = np.union1d(seen, self._incident(near))
        # At group level a member may stand one step farther out.
        a, b = self._columns("a", seen), self._columns("b", seen)
        pair = self.is_group[a] & self.is_group[b]
        groups = np.unique(np.concatenate([a[pair], b[pair]]))
        return self._cut(np.union1d(seen, self._incident(groups)), seeds)

    def _among(self, sources: Ints, others: Ints) -> Region:
        """What paths between two sides can use."""
        own, far = self._incident(sources), self._incident(others)
        beside, beyond = (np.zeros(len(self.is_group), dtype=np.bool_) for _ in range(2))
        beside[self._ends(own)] = True
        beyond[self._ends(far)] = True
        middle = self._incident(np.flatnonzero(beside))
        a, b = self._columns("a", middle), self._columns("b", middle)
        groups = self.is_group[a] & self.is_group[b]
        kept = (beside[a] & beyond[b]) | (beyond[a] & beside[b]) | groups
        # At group level an ally stands between: its ties to other groups count too.
        ally = np.unique(np.concatenate([a[groups], b[groups]]))
        seen = np.union1d(
            np.union1d(own, far), np.union1d(middle[kept], self._between_groups(ally))
        )
        return self._cut(seen, np.union1d(sources, others))

    def _between_groups(self, groups: Ints) -> Ints:
        """Edges from some groups to other groups."""
        e = self.base.edges
        more = len(e.a) + self.more.touching(groups)
        known = groups[groups < e.nodes]
        found = [half_edges(half, known, self.is_group) for half in (e.alliance, e.enmity)]
        base = np.setdiff1d(np.concatenate(found), self.gone)
        return np.append(base, more)

    def _incident(self, nodes: Ints) -> Ints:
        """Edges that touch some nodes; those of `more` are numbered after the base's."""
        e = self.base.edges
        found = np.setdiff1d(incident(e, nodes[nodes < e.nodes]), self.gone, assume_unique=True)
        return np.append(found, len(e.a) + self.more.touching(nodes))

    def _columns(self, name: str, edges: Ints) -> NDArray[Any]:
        count = len(self.base.edges.a)
        column: NDArray[Any] = np.concatenate(
            [
                getattr(self.base.edges, name)[edges[edges < count]],
                self.more.columns[name][edges[edges >= count] - count],
            ]
        )
        return column

    def _ends(self, edges: Ints) -> Ints:
        ends: Ints = np.unique(np.append(self._columns("a", edges), self._columns("b", edges)))
        return ends

    def _cut(self, edges: Ints, seeds: Ints) -> Region:
        columns = {name: self._columns(name, edges) for name in self.more.columns}
        return region_of(columns, seeds, self.is_group, self.leavers)


def _sides(keys: Ints, n: int) -> tuple[Ints, Ints]:
    """Few people of whom every pair has one, and all the others of the pairs."""
    a, b = keys // n, keys % n
    _, place, count = np.unique(np.append(a, b), return_inverse=True, return_counts=True)
    busy = count[place]
    # The busier end of each: one person who meets a gang, or the smaller of two gangs.
    first = busy[: len(a)] >= busy[len(a) :]
    sources = np.unique(np.where(first, a, b))
    return sources, np.unique(np.where(first, b, a))
