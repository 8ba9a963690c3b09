"""Who is hostile to whom on a day, how much of it is known, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from placement_engine.graph.answers import Coverage, EdgeOnPath, PairScores, PathExplanation
from placement_engine.graph.beside import Beside, edges_beside
from placement_engine.graph.edges import PAST, Bools, Edges, Floats, Ints, edges_of, left_of
from placement_engine.graph.paths import (
    GROUP_LENGTH,
    Ends,
    Walks,
    friendly_walks,
    hostile_walks,
)
from placement_engine.graph.presences import PresenceAt, gangs_of, presences_of
from placement_engine.intelligence import Network
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import SOURCES, Grade, TieKind

Scores = TypeVar("Scores", Floats, Bools)

Left = tuple[frozenset[str], frozenset[tuple[str, str]]]
"""Who is known to have left: implied and confirmed defectors."""

_CHUNK = 128
"""Sources joined at once: bounds the memory, not the answer."""
_ENDS_KEPT = 4


class RivalGraph:
    """The network as of a day under a policy; read-only. Made by `build`."""

    def __init__(
        self,
        *,
        network: Network,
        edges: Edges,
        policy: Policy,
        as_of: date,
        index: dict[str, int],
        left: Left | None = None,
    ) -> None:
        self._network = network
        self._edges = edges
        self._policy = policy
        self._index = index
        self._left = left
        self._ends: dict[bytes, Ends] = {}
        self.as_of = as_of

    @classmethod
    def build(
        cls,
        network: Network,
        *,
        as_of: date,
        policy: Policy,
        implied_defectors: frozenset[str] = frozenset(),
        confirmed_defectors: frozenset[tuple[str, str]] = frozenset(),
        aliases: Mapping[str, str] = MappingProxyType({}),
        like: RivalGraph | None = None,
    ) -> RivalGraph:
        """Grade, decay and combine all reports as of a day.

        Parameters
        ----------
        implied_defectors
            Protected people, who have left whatever group they belonged to.
        confirmed_defectors
            Person and group of defections that a named analyst confirmed.
        aliases
            Other ids that may be asked for, each with the node that it means.
        like
            Another graph of nearly the same: what both have in common is graded and kept once.
        """
        index = {node: at for at, node in enumerate(network.nodes)}
        index |= {alias: index[node] for alias, node in aliases.items() if node in index}
        implied, confirmed = left_of(
            index, len(network.nodes), implied_defectors, confirmed_defectors
        )
        left = implied_defectors, confirmed_defectors
        beside = None
        if like is not None and (like.as_of, like.policy, like._left) == (as_of, policy, left):
            beside = edges_beside(
                network,
                as_of=as_of,
                policy=policy,
                implied=implied,
                confirmed=confirmed,
                other=Beside(network=like.network, edges=like.edges),
            )
        edges = beside or edges_of(
            network,
            as_of=as_of,
            policy=policy,
            implied=implied,
            confirmed=confirmed,
            like=like.edges if like else None,
        )
        return cls(network=network, edges=edges, policy=policy, as_of=as_of, index=index, left=left)

    @cached_property
    def network_hash(self) -> str:
        """Hex SHA-256 of what it was built from; worked out when it is first asked for."""
        return self._network.content_hash

    @property
    def network(self) -> Network:
        """What it was built from, reports after the day included."""
        return self._network

    @property
    def nodes(self) -> tuple[str, ...]:
        """Ids in order; everything numbered by node follows it."""
        return self._network.nodes

    @property
    def index(self) -> Mapping[str, int]:
        """Number of each node, by its id and by its aliases."""
        return self._index

    @property
    def edges(self) -> Edges:
        """The edges as of the day, as arrays."""
        return self._edges

    @property
    def policy(self) -> Policy:
        """The numbers it was built with."""
        return self._policy

    @property
    def max_length(self) -> int:
        """Most edges of a path, by the policy."""
        return self._policy.paths.max_length

    def scores(
        self, sources: Sequence[str], targets: Sequence[str], *, max_length: int | None = None
    ) -> PairScores:
        """Hostility and reunion of each source with each target.

        Ids that the network does not know score 0, and so does anybody with himself. An id
        may stand several times.

        Parameters
        ----------
        max_length
            Most edges of a path, at least 1; None takes the policy's.

        Returns
        -------
        PairScores
            Arrays of shape (S, T).

        Raises
        ------
        ValueError
            If `max_length` is below 1.
        """
        length = self._length(max_length)
        near, row = self._places(sources)
        far, column = self._places(targets)
        shape = (len(near), len(far))
        h_max, h_or, reunion = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        direct = np.zeros(shape, dtype=np.bool_)
        if len(near) and len(far):
            # Paths grow from the smaller side; hostility and reunion are symmetric.
            turned = len(near) > len(far)
            a, b = (far, near) if turned else (near, far)
            h_max, h_or, direct = self._joined(a, b, length, hostile=True)
            _, reunion, _ = self._joined(a, b, length, hostile=False)
            if turned:
                h_max, h_or, reunion, direct = h_max.T, h_or.T, reunion.T, direct.T
        return PairScores(
            h_max=_spread(h_max, row, column),
            h_or=_spread(h_or, row, column),
            reunion=_spread(reunion, row, column),
            direct=_spread(direct, row, column),
        )

    def explain(
        self, a: str, b: str, *, count: int = 5, max_length: int | None = None
    ) -> tuple[PathExplanation, ...]:
        """The best hostile paths between two, best first; empty if there is none."""
        if a not in self._index or b not in self._index or a == b:
            return ()
        length = self._length(max_length)
        near, far = (np.array([self._index[node]], dtype=np.int64) for node in (a, b))
        found = [
            (-float(walks.chance[i]), walks.nodes[i].tolist(), walks.edges[i].tolist())
            for walks in hostile_walks(self._edges, near, Ends.of(self._edges, far), length)
            for i in np.argsort(-walks.chance, kind="stable")[:count]
        ]
        return tuple(
            PathExplanation(
                probability=-chance,
                nodes=tuple(self._network.nodes[node] for node in nodes),
                edges=tuple(self._told(edge) for edge in edges),
            )
            for chance, nodes, edges in sorted(found)[:count]
        )

    def best_paths(
        self, pairs: Sequence[tuple[str, str]], *, max_length: int | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Nodes of the best hostile path of each pair; empty for a pair that has none."""
        near, row = self._places([a for a, _ in pairs])
        far, column = self._places([b for _, b in pairs])
        cells = np.where((row >= 0) & (column >= 0), row * len(far) + column, -1)
        wanted = np.unique(cells[cells >= 0])
        best = np.zeros(len(wanted))
        length = self._length(max_length)
        nodes = np.full((len(wanted), max(length, GROUP_LENGTH) + 1), -1, dtype=np.int64)
        for _, cell, walks in self._blocks(near, far, length, hostile=True):
            asked = np.flatnonzero(np.isin(cell, wanted))
            at = np.searchsorted(wanted, cell[asked])
            order = np.lexsort((-walks.chance[asked], at))
            first = order[np.append(True, np.diff(at[order]) > 0)[: len(order)]]
            better = first[walks.chance[asked[first]] > best[at[first]]]
            best[at[better]] = walks.chance[asked[better]]
            nodes[at[better]] = -1
            nodes[at[better], : walks.nodes.shape[1]] = walks.nodes[asked[better]]
        ids = self._network.nodes
        paths = [tuple(ids[node] for node in path if node >= 0) for path in nodes.tolist()]
        places = np.searchsorted(wanted, cells).tolist()
        return tuple(
            paths[place] if cell >= 0 else ()
            for place, cell in zip(places, cells.tolist(), strict=True)
        )

    def coverage(self, node: str) -> Coverage:
        """How much is known of somebody."""
        if node not in self._index:
            return Coverage(graded_ties=0, latest=None)
        e, at = self._edges, self._index[node]
        own = np.concatenate(
            [half.edge[half.start[at] : half.start[at + 1]] for half in (e.bond, e.enmity)]
        )
        own = own[e.graded[own]]
        latest = date.fromordinal(int(e.newest[own].max())) if len(own) else None
        return Coverage(graded_ties=len(own), latest=latest)

    def presences(self) -> tuple[PresenceAt, ...]:
        """Where groups and people are known to be on the day, by actor and municipality."""
        return presences_of(self._network, as_of=self.as_of, policy=self._policy)

    def gangs_of(self, actors: Sequence[str]) -> tuple[str, ...]:
        """The group that each danger counts with: a group itself, a person's strongest membership.

        Somebody who belongs to no known group counts alone.
        """
        known = sorted({self._index[actor] for actor in actors if actor in self._index})
        gangs = gangs_of(self._edges, np.array(known, dtype=np.int64)).tolist()
        # An id that means another node counts as that node's own gang, or as it was asked.
        told = {at: self.nodes[gang] for at, gang in zip(known, gangs, strict=True) if at != gang}
        return tuple(told.get(self._index.get(actor, -1), actor) for actor in actors)

    def numbers(self, ids: Sequence[str]) -> Ints:
        """Node number of each id, -1 where the network does not know it."""
        return np.array([self._index.get(i, -1) for i in ids], dtype=np.int64)

    def _places(self, ids: Sequence[str]) -> tuple[Ints, Ints]:
        """Different known nodes, and for each id its position among them, -1 if unknown."""
        known = sorted({self._index[i] for i in ids if i in self._index})
        position = {node: at for at, node in enumerate(known)}
        spread = [position[self._index[i]] if i in self._index else -1 for i in ids]
        return np.array(known, dtype=np.int64), np.array(spread, dtype=np.int64)

    def _joined(
        self, near: Ints, far: Ints, length: int, *, hostile: bool
    ) -> tuple[Floats, Floats, Bools]:
        """Best and joined chance of each pair, and whether a direct enmity counts by itself."""
        shape = (len(near), len(far))
        best, log = np.zeros(shape).ravel(), np.zeros(shape).ravel()
        direct = np.zeros(len(log), dtype=np.bool_)
        for block, cell, walks in self._blocks(near, far, length, hostile=hostile):
            with np.errstate(divide="ignore"):
                closed = np.log1p(-walks.chance)
            size = block.stop - block.start
            log[block] += np.bincount(cell - block.start, weights=closed, minlength=size)
            if hostile:
                np.maximum.at(best, cell, walks.chance)
                if walks.edges.shape[1] == 1:
                    direct[cell[self._edges.direct[walks.edges[:, 0]]]] = True
        # Nothing is 0, never -0; and rounding may leave one path joined a hair below itself.
        joined = np.maximum(0.0 - np.expm1(log), best)
        return best.reshape(shape), joined.reshape(shape), direct.reshape(shape)

    def _blocks(
        self, near: Ints, far: Ints, length: int, *, hostile: bool
    ) -> Iterator[tuple[slice, Ints, Walks]]:
        """Paths by blocks of sources: the cells of the block, each path's cell, the paths.

        Cells number the pairs row by row.
        """
        family: Callable[[Edges, Ints, Ends, int], Iterator[Walks]] = (
            hostile_walks if hostile else friendly_walks
        )
        width = len(far)
        row, column = (np.full(self._edges.nodes, -1, dtype=np.int64) for _ in range(2))
        row[near], column[far] = np.arange(len(near)), np.arange(width)
        ends = self._ends_at(far)
        for start in range(0, len(near), _CHUNK):
            block = slice(start * width, min(start + _CHUNK, len(near)) * width)
            for walks in family(self._edges, near[start : start + _CHUNK], ends, length):
                if len(walks):
                    yield block, row[walks.nodes[:, 0]] * width + column[walks.nodes[:, -1]], walks

    def _length(self, asked: int | None) -> int:
        if asked is None:
            return self._policy.paths.max_length
        if asked < 1:
            raise ValueError("max_length must be at least 1")
        return asked

    def _ends_at(self, nodes: Ints) -> Ends:
        """Ends at some nodes, kept from the last few calls: the same people are asked for."""
        key = nodes.tobytes()
        ends = self._ends.pop(key, None) or Ends.of(self._edges, nodes)
        self._ends[key] = ends
        while len(self._ends) > _ENDS_KEPT:
            del self._ends[next(iter(self._ends))]
        return ends

    def _told(self, edge: int) -> EdgeOnPath:
        e = self._edges
        kind = int(e.kind[edge])
        return EdgeOnPath(
            a=self._network.nodes[int(e.a[edge])],
            b=self._network.nodes[int(e.b[edge])],
            kind=TieKind.MEMBERSHIP if kind == PAST else KINDS[kind],
            past=kind == PAST,
            strength=float(e.strength[edge]),
            grade=Grade(SOURCES[int(e.source[edge])], int(e.information[edge])),
            age_months=(self.as_of.toordinal() - int(e.newest[edge])) / DAYS_PER_MONTH,
        )


def _spread(found: Scores, row: Ints, column: Ints) -> Scores:
    """Scores of different nodes spread to all ids asked for; unknown ones score nothing."""
    if found.shape == (len(row), len(column)) and _in_order(row) and _in_order(column):
        return found
    scores = np.zeros((len(row), len(column)), dtype=found.dtype)
    known = np.ix_(row >= 0, column >= 0)
    scores[known] = found[np.ix_(row[row >= 0], column[column >= 0])]
    return scores


def _in_order(places: Ints) -> bool:
    return bool((places == np.arange(len(places))).all())
