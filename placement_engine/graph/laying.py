"""Half edges of a network: chosen by the marks of their ends, and laid out by the near one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.graph.edges import KIND_COUNT, NUMBER, PAST, Bools, Floats, Ints, Small
from placement_engine.graph.half_edges import Chosen, EdgeColumns, End, Half, room_for, starts_of
from placement_engine.vocabulary import TieKind

MARKS = 16
"""Numbers of which a node has one: four marks, each there or not."""
Question = tuple[Bools, int, int]
"""Mask of kind numbers; marks, one of which the near and the far end must bear."""
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
        bits = np.dtype(np.uint8 if 2 * len(questions) <= 8 else np.uint16)
        told = np.zeros((KIND_COUNT, MARKS, MARKS), dtype=bits)
        for number, (kinds, near, far) in enumerate(questions):
            fits = ((mark & near) > 0)[:, None] & ((mark & far) > 0)
            told[kinds] |= fits.astype(bits) << bits.type(2 * number)
            told[kinds] |= fits.T.astype(bits) << bits.type(2 * number + 1)
        if self.compiled:
            return self._answered(marks, told, len(questions))
        asked = told[e.kind, marks[e.a], marks[e.b]]
        some = np.flatnonzero(asked)
        asked = asked[some]
        found = [some[(asked & (1 << bit)) != 0] for bit in range(2 * len(questions))]
        return list(map(self.both, found[::2], found[1::2]))

    def _answered(self, marks: Marks, told: NDArray[Any], count: int) -> list[Chosen]:
        from placement_engine.graph.table_kernel import dealt, looked_at

        e, workers = self.edges, self.workers
        cuts = [len(e.a) * part // workers for part in range(workers + 1)]
        bits = np.empty(len(e.a), dtype=told.dtype)
        with ThreadPoolExecutor(workers) as threads:
            look = partial(looked_at, e.a, e.b, e.kind, marks, told, bits, 2 * count)
            found = np.array(list(threads.map(look, cuts, cuts[1:])))
            # Each bit has its place, and in it each part of the edges.
            ends = np.cumsum(found.T).reshape(found.T.shape)
            places = ends - found.T
            size, whole = int(ends[-1, -1]), self._whole
            near, far, edge, chance, kind = room_for(
                *[(size, whole)] * 3, (size, np.float64), (size, e.kind.dtype)
            )

            def deal(part: int) -> None:
                own = places[:, part].copy()
                dealt(
                    e.a, e.b, e.chance, e.kind, bits, own,
                    near, far, edge, chance, kind, cuts[part], cuts[part + 1],
                )  # fmt: skip

            list(threads.map(deal, range(workers)))
        begins = [*places[:, 0].tolist(), size]
        everything = Chosen(near, far, edge, chance, kind, 0)
        return [
            everything.at(slice(first, last), forth=middle - first)
            for first, middle, last in zip(begins[:-2:2], begins[1::2], begins[2::2], strict=True)
        ]

    def mark(self, marks: Marks, nodes: Ints, bit: int) -> None:
        """Give some nodes, any of them often, one mark more."""
        if self.compiled:
            from placement_engine.graph.table_kernel import marked

            marked(marks, nodes, bit)
        else:
            marks[nodes] |= bit

    def both(self, forth: Ints, back: Ints) -> Chosen:
        """Edges seen from `a`, and others seen from `b`."""
        e, edge = self.edges, np.concatenate([forth, back])
        return Chosen(
            near=np.concatenate([e.a[forth], e.b[back]]),
            far=np.concatenate([e.b[forth], e.a[back]]),
            edge=edge,
            chance=e.chance[edge],
            kind=e.kind[edge],
            forth=len(forth),
        )

    def half(self, chosen: Chosen) -> Half:
        """Half edges with what going over them asks."""
        start, far, edge, chance, kind, _ = self._laid(chosen, np.zeros(0, dtype=self._whole))
        return Half(
            start=start,
            far=far,
            edge=edge,
            chance=chance,
            past=kind == PAST,
            group=self._left(edge, kind)[0],
        )

    def end(self, chosen: Chosen, rank: Ints) -> End:
        """Half edges to targets, by the (n,) rank of each within every near end."""
        start, far, edge, chance, kind, ranks = self._laid(chosen, rank)
        group, left = self._left(edge, kind)
        leaves = np.zeros(len(edge), dtype=np.bool_)
        leaves[left] = self.edges.a[edge[left]] == far[left]
        return End(
            start=start,
            far=far,
            edge=edge,
            rank=ranks,
            chance=chance,
            past=kind == PAST,
            group=group,
            leaves=leaves,
        )

    def ranks(self, targets: Ints) -> Ints:
        """(n,) of each of some different nodes, -1 of the others."""
        rank = np.full(self.edges.nodes, -1, dtype=self._whole)
        rank[targets] = np.arange(len(targets))
        return rank

    @property
    def _whole(self) -> type[np.signedinteger]:
        """Compiled code takes half the memory; arrays are multiplied, and must not overflow."""
        return np.int32 if self.compiled else np.int64

    def _left(self, edge: Ints, kind: Small) -> tuple[Ints, Ints]:
        """Of each edge the group that it is a defection from, else -1; and which these are."""
        group = np.full(len(edge), -1, dtype=self._whole)
        left = np.flatnonzero(kind == NUMBER[TieKind.DEFECTION])
        group[left] = self.edges.b[edge[left]]
        return group, left

    def _laid(self, chosen: Chosen, rank: Ints) -> tuple[Ints, Ints, Ints, Floats, Small, Ints]:
        """By near ends: where each node's begin, far ends, edges, chances, kinds, ranks."""
        if self.compiled:
            return self._laid_compiled(chosen, rank)
        near, far, edge, chance, kind, _ = chosen
        order = np.lexsort((rank[far], near)) if len(rank) else np.argsort(near, kind="stable")
        start = starts_of(self.edges.nodes, near)
        far = far[order]
        ranks = rank[far] if len(rank) else rank
        return start, far, edge[order], chance[order], kind[order], ranks

    def _laid_compiled(
        self, chosen: Chosen, rank: Ints
    ) -> tuple[Ints, Ints, Ints, Floats, Small, Ints]:
        from placement_engine.graph.table_kernel import laid, ranked

        nodes, whole = self.edges.nodes, self._whole
        near, far, edge = (np.ascontiguousarray(column, dtype=whole) for column in chosen[:3])
        size = len(edge)
        start, fars, edges, chances, kinds, ranks = room_for(
            (nodes + 2, whole),
            (size, whole),
            (size, whole),
            (size, np.float64),
            (size, chosen.kind.dtype),
            (size if len(rank) else 0, whole),
        )
        if size:
            laid(near, far, edge, chosen.chance, chosen.kind, start, fars, edges, chances, kinds)
        else:
            start = np.zeros(nodes + 2, dtype=whole)  # takes no memory until written
        if len(rank):
            ranked(rank, start[:-1], fars, edges, chances, kinds, ranks)
        return start[:-1], fars, edges, chances, kinds, ranks
