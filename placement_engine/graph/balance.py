"""Structural balance: pairs with a sign, triangles, and pairs that are friend and foe at once.

A triangle is balanced if it has an even number of enmities; a network splits into two camps
without anything left over if and only if every cycle is balanced (Cartwright and Harary,
"Structural balance", Psychological Review 63, 1956).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from placement_engine.graph.edges import Bools, Ints
from placement_engine.graph.rival_graph import RivalGraph

_AT_ONCE = 4_000_000
"""Wedges that are closed at once: bounds the memory, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignedPairs:
    """E pairs of n nodes, each once, ``u < v``, ordered by (u, v).

    Parameters
    ----------
    enemies
        (E,) whether some enmity joins the two; a bond beside it does not undo that.
    ambivalent
        (E,) whether a bond and an enmity join the two.
    """

    nodes: tuple[str, ...] = field(repr=False)
    u: Ints = field(repr=False)
    v: Ints = field(repr=False)
    enemies: Bools = field(repr=False)
    ambivalent: Bools = field(repr=False)

    def __len__(self) -> int:
        return len(self.u)

    @classmethod
    def of(cls, nodes: tuple[str, ...], a: Ints, b: Ints, enmity: Bools) -> SignedPairs:
        """Pairs of these signed ties; several ties of two are one pair."""
        n = len(nodes)
        key = np.minimum(a, b) * n + np.maximum(a, b)
        pairs, at = np.unique(key, return_inverse=True)
        foes, friends = (np.zeros(len(pairs), dtype=np.bool_) for _ in range(2))
        foes[at[enmity]] = True
        friends[at[~enmity]] = True
        return cls(
            nodes=nodes,
            u=pairs // max(n, 1),
            v=pairs % max(n, 1),
            enemies=foes,
            ambivalent=foes & friends,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangles:
    """How many triangles there are, and how many of them are balanced."""

    count: int
    balanced: int

    @property
    def share(self) -> float | None:
        """Share of balanced ones; None if there is no triangle."""
        return self.balanced / self.count if self.count else None


def signed_pairs(graph: RivalGraph, *, groups_only: bool) -> SignedPairs:
    """The pairs that ties of any strength join on the day.

    Parameters
    ----------
    groups_only
        Leave out all persons.
    """
    e = graph.edges
    kept = e.is_group[e.a] & e.is_group[e.b] if groups_only else np.ones(len(e.a), dtype=np.bool_)
    enmity = np.zeros(len(e.a), dtype=np.bool_)
    enmity[e.enmity.edge] = True
    return SignedPairs.of(graph.nodes, e.a[kept], e.b[kept], enmity[kept])


def count_triangles(pairs: SignedPairs) -> Triangles:
    """Count triangles by their signs."""
    count = balanced = 0
    for block in triangles(pairs):
        enmities = pairs.enemies[block].sum(axis=1)
        count += len(block)
        balanced += int((enmities % 2 == 0).sum())
    return Triangles(count=count, balanced=balanced)


def triangles(pairs: SignedPairs) -> Iterator[Ints]:
    """All triangles as rows (T, 3) of pair numbers, each once, in blocks.

    Every pair points from the node with fewer pairs to the one with more, so that even a hub
    has few pairs that leave it (Chiba and Nishizeki, SIAM J. Comput. 14, 1985).
    """
    n = max(len(pairs.nodes), 1)
    degree = np.bincount(np.concatenate([pairs.u, pairs.v]), minlength=n)
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((np.arange(n), degree))] = np.arange(n)
    low = np.minimum(rank[pairs.u], rank[pairs.v])
    high = np.maximum(rank[pairs.u], rank[pairs.v])
    order = np.lexsort((high, low))
    key = (low * n + high)[order]
    low, high = low[order], high[order]
    start = np.searchsorted(low, np.arange(n + 1))
    width = start[high + 1] - start[high]
    until = np.cumsum(width)
    first = 0
    while first < len(low):
        before = int(until[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(until, before + _AT_ONCE, side="right")))
        own = np.repeat(np.arange(first, last), width[first:last])
        begun = np.repeat(until[first:last] - width[first:last] - before, width[first:last])
        second = np.arange(len(own)) - begun + start[high[own]]
        wanted = low[own] * n + high[second]
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        closed = key[at] == wanted
        yield order[np.column_stack([own[closed], second[closed], at[closed]])]
        first = last
