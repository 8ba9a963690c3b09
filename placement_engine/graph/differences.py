"""Which ties are new, gone or graded anew between two states of the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from placement_engine.graph.edges import KIND_COUNT, NUMBER, PAST, Bools, Ints
from placement_engine.graph.evidence import kind_of
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.vocabulary import SOURCES, Grade, TieKind

DIRECTED = (
    NUMBER[TieKind.MEMBERSHIP],
    NUMBER[TieKind.DEFECTION],
    NUMBER[TieKind.THREAT],
    PAST,
)
"""Numbers of the kinds whose ends mean different things."""


class Change(StrEnum):
    """What became of a tie."""

    NEW = "new"
    GONE = "gone"
    REGRADED = "regraded"


@dataclass(frozen=True, slots=True, kw_only=True)
class TieChange:
    """One tie that differs.

    ``protected`` tells that a report of it is coded for handling; its grades are None then.
    """

    change: Change
    a: str = field(repr=False)
    b: str = field(repr=False)
    kind: TieKind
    past: bool
    before: Grade | None
    after: Grade | None
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """Ties of one state, keyed so that both states can be compared; sorted by key."""

    key: Ints
    grade: Ints
    protected: Bools


def tie_changes(before: RivalGraph, after: RivalGraph) -> tuple[TieChange, ...]:
    """All ties that differ: new ones first, then those gone, then those graded anew.

    A tie is there if it has any strength on the day of its state. Its grade is that of its
    strongest report. What only grew older does not differ.
    """
    nodes = sorted({*before.nodes, *after.nodes})
    index = {node: at for at, node in enumerate(nodes)}
    old, new = (_side(graph, index) for graph in (before, after))
    _, at_old, at_new = np.intersect1d(old.key, new.key, assume_unique=True, return_indices=True)
    differ = old.grade[at_old] != new.grade[at_new]
    came, went = _others(len(new.key), at_new), _others(len(old.key), at_old)
    none = np.full(max(len(came), len(went)), -1, dtype=np.int64)
    return (
        *_told(Change.NEW, nodes, new.key[came], none, new.grade[came], new.protected[came]),
        *_told(Change.GONE, nodes, old.key[went], old.grade[went], none, old.protected[went]),
        *_told(
            Change.REGRADED,
            nodes,
            old.key[at_old][differ],
            old.grade[at_old][differ],
            new.grade[at_new][differ],
            (old.protected[at_old] | new.protected[at_new])[differ],
        ),
    )


def _side(graph: RivalGraph, index: dict[str, int]) -> _Side:
    e, ties, n = graph.edges, graph.network.ties, len(index)
    place = np.array([index[node] for node in graph.nodes], dtype=np.int64)
    a, b = place[e.a], place[e.b]
    turned = (a > b) & ~np.isin(e.kind, DIRECTED)
    key = (np.where(turned, b, a) * n + np.where(turned, a, b)) * KIND_COUNT + e.kind
    order = np.argsort(key)
    coded = np.array([bool(text) for text in graph.network.handlings], dtype=np.bool_)
    rows = np.flatnonzero(coded[ties.handling])
    known = np.maximum(ties.last_seen[rows], ties.first_seen[rows]) <= graph.as_of.toordinal()
    rows = rows[known]
    ends = _ends(place[ties.a[rows]], place[ties.b[rows]], n)
    return _Side(
        key=key[order],
        grade=(e.source * 10 + e.information)[order],
        # Any coded report between two protects all their ties: better too much than a slip.
        protected=np.isin(_ends(place[e.a], place[e.b], n), ends, kind="sort")[order],
    )


def _others(count: int, chosen: Ints) -> Ints:
    rest = np.ones(count, dtype=np.bool_)
    rest[chosen] = False
    return np.flatnonzero(rest)


def _ends(a: Ints, b: Ints, n: int) -> Ints:
    ends: Ints = np.minimum(a, b) * n + np.maximum(a, b)
    return ends


def _told(
    change: Change, nodes: list[str], key: Ints, before: Ints, after: Ints, protected: Bools
) -> Iterator[TieChange]:
    n = len(nodes)
    for row, (number, hidden) in enumerate(zip(key.tolist(), protected.tolist(), strict=True)):
        ends, kind = divmod(number, KIND_COUNT)
        told, past = kind_of(kind)
        yield TieChange(
            change=change,
            a=nodes[ends // n],
            b=nodes[ends % n],
            kind=told,
            past=past,
            before=None if hidden else _grade(int(before[row])),
            after=None if hidden else _grade(int(after[row])),
            protected=hidden,
        )


def _grade(number: int) -> Grade | None:
    return None if number < 0 else Grade(SOURCES[number // 10], number % 10)
