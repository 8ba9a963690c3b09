"""The reports behind an edge: who said so, how well graded, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from placement_engine.graph.edges import PAST, Ints
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.intelligence import Network
from placement_engine.intelligence.network import KINDS, Column
from placement_engine.policy import Policy
from placement_engine.vocabulary import SOURCES, Grade, TieKind

EdgeKey = tuple[str, str, TieKind, bool]
"""Ends as reported, kind, and whether it is a past membership."""

_ENDS = (TieKind.ALLIANCE, TieKind.CO_OFFENDING, TieKind.ASSOCIATION)
_DIRECTED = (TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.THREAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of a tie; ``handling`` is the code under which it may be shown, if any."""

    source: str = field(repr=False)
    grade: Grade
    seen: date
    handling: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All reports of one edge that exist on the day, best grade first.

    ``implied`` marks a defection that nobody reported: the person is protected, and the
    reports are those of the membership.
    """

    reports: tuple[Report, ...]
    implied: bool

    def shown(self, codes: frozenset[str]) -> tuple[Report, ...]:
        """The reports that whoever holds these handling codes may see."""
        return tuple(r for r in self.reports if not r.handling or r.handling in codes)


def evidence(
    graph: RivalGraph, edges: Sequence[EdgeKey], *, policy: Policy
) -> tuple[Evidence, ...]:
    """The reports behind each of some edges."""
    found: dict[EdgeKey, list[tuple[int, int, Report]]] = {}
    network, as_of = graph.network, graph.as_of
    for row in _rows(network, graph, edges):
        report = _report(network, row)
        key = _key(network, row, as_of, report.grade, policy)
        if key is not None:
            order = SOURCES.index(report.grade.source), report.grade.information
            found.setdefault(key, []).append((*order, report))
    return tuple(_of(found, _ordered(edge)) for edge in edges)


def readable_source(origin: str) -> str:
    r"""An origin as a source id; a blank one is the import and the source's letter.

    Examples
    --------
    >>> readable_source("informant-7"), readable_source("\0main\0B")
    ('informant-7', 'main/B')
    """
    return "/".join(part for part in origin.split("\0") if part) or "?"


def _of(found: dict[EdgeKey, list[tuple[int, int, Report]]], edge: EdgeKey) -> Evidence:
    a, b, kind, _ = edge
    own = found.get(edge, [])
    implied = not own and kind is TieKind.DEFECTION
    if implied:
        own = [r for past in (False, True) for r in found.get((a, b, TieKind.MEMBERSHIP, past), [])]
    ordered = sorted(own, key=lambda told: (*told[:2], -told[2].seen.toordinal(), told[2].source))
    return Evidence(reports=tuple(report for _, _, report in ordered), implied=implied)


def _rows(network: Network, graph: RivalGraph, edges: Sequence[EdgeKey]) -> list[int]:
    """Rows of the network that tell of two ends which some edge joins, known by the day."""
    ties, today, n = network.ties, graph.as_of.toordinal(), len(network.nodes)
    ends = np.array([[graph.index[a], graph.index[b]] for a, b, _, _ in edges], dtype=np.int64)
    if not len(ends):
        return []
    wanted = np.zeros(n, dtype=np.bool_)
    wanted[ends.ravel()] = True
    rows = np.flatnonzero(wanted[ties.a])
    rows = rows[wanted[ties.b[rows]]]
    keys = _joined(ends[:, 0], ends[:, 1], n)
    rows = rows[np.isin(_joined(ties.a[rows], ties.b[rows], n), keys, kind="sort")]
    known = np.maximum(ties.last_seen[rows], ties.first_seen[rows]) <= today
    return [int(row) for row in rows[known]]


def _joined(a: Column, b: Column, n: int) -> Ints:
    """One number for two ends, whichever comes first."""
    keys: Ints = np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b)
    return keys


def _report(network: Network, row: int) -> Report:
    ties = network.ties
    return Report(
        source=readable_source(network.origins[int(ties.origin[row])]),
        grade=Grade(SOURCES[int(ties.source[row])], int(ties.information[row])),
        seen=date.fromordinal(int(ties.last_seen[row])),
        handling=network.handlings[int(ties.handling[row])],
    )


def _key(network: Network, row: int, as_of: date, grade: Grade, policy: Policy) -> EdgeKey | None:
    """The edge that a row speaks for on the day; None if it says that its tie is over."""
    ties = network.ties
    kind = KINDS[int(ties.kind[row])]
    ended = 0 < int(ties.ended[row]) <= as_of.toordinal()
    if ended and kind in _ENDS:
        return None
    if ended and kind is TieKind.DEFECTION:
        wanted = policy.leavers.defection_grade
        if grade.source <= wanted[0] and grade.information <= int(wanted[1]):
            return None
    a, b = network.nodes[int(ties.a[row])], network.nodes[int(ties.b[row])]
    return _ordered((a, b, kind, ended and kind is TieKind.MEMBERSHIP))


def _ordered(edge: EdgeKey) -> EdgeKey:
    a, b, kind, past = edge
    return edge if kind in _DIRECTED else (min(a, b), max(a, b), kind, past)


def kind_of(number: int) -> tuple[TieKind, bool]:
    """The kind of an edge by its number, and whether it is a past membership."""
    return (TieKind.MEMBERSHIP, True) if number == PAST else (KINDS[number], False)
