"""The meaning of hostility and reunion, by enumerating every path of a small network.

Written straight from ``docs/model.md``, on networkx and plain Python, sharing nothing with
the fast rooms but the columns of the network and the numbers of the policy. It is slow on
purpose; tests hold the fast version to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import prod
from typing import Any

import networkx as nx

from placement_engine.intelligence import Network
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import BONDS, SOURCES, Grade, TieKind

LONGEST = 4
"""Edges of the longest path at group level, with one ally."""
MOST_EDGES = 14
"""Edges that `reliability_by_worlds` enumerates at most."""

_KINDS = tuple(TieKind)
_ENDS = frozenset({TieKind.ALLIANCE, TieKind.CO_OFFENDING, TieKind.ASSOCIATION})
_DIRECTED = frozenset({TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.THREAT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceEdge:
    """One edge: its ends as reported, kind, strength and the chance that it is open.

    ``past`` marks a membership that has ended. ``direct`` tells that some report is graded
    well enough for a separation of its own.
    """

    a: str
    b: str
    kind: TieKind
    past: bool
    strength: float
    chance: float
    direct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePath:
    """A simple path: L+1 nodes and the L edges between them."""

    nodes: tuple[str, ...]
    edges: tuple[ReferenceEdge, ...]

    @property
    def chance(self) -> float:
        """Chance that all its edges are open."""
        return prod(edge.chance for edge in self.edges)

    @property
    def enmities(self) -> int:
        """How many of its edges are enmities."""
        return sum(edge.kind not in BONDS for edge in self.edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceGraph:
    """Edges as of a day. Made by `reference_graph`.

    Parameters
    ----------
    graph
        A multigraph of ids whose edge keys are `ReferenceEdge`.
    groups
        Ids of the groups.
    leavers
        Person and group of the defections that are believed.
    """

    graph: Any = field(repr=False)
    groups: frozenset[str] = field(repr=False)
    leavers: frozenset[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairReference:
    """Scores of one pair, and the paths behind them."""

    h_max: float
    h_or: float
    reunion: float
    direct: bool
    hostile: tuple[ReferencePath, ...] = field(repr=False)
    friendly: tuple[ReferencePath, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    a: str
    b: str
    kind: TieKind
    past: bool
    origin: str
    quality: float
    severity: float
    age_months: float
    grade: Grade

    def strength(self, policy: Policy) -> float:
        numbers = policy.ties.of(self.kind)
        faded = 1.0
        if numbers.half_life_months:
            faded = 0.5 ** (self.age_months / numbers.half_life_months)
        return self.severity * self.quality * (numbers.floor + (1 - numbers.floor) * faded)


def reference_graph(
    network: Network,
    *,
    as_of: date,
    policy: Policy,
    implied_defectors: Collection[str] = (),
    confirmed_defectors: Collection[tuple[str, str]] = (),
) -> ReferenceGraph:
    """The edges of a network on a day; arguments as in `RivalGraph.build`."""
    edges: dict[tuple[str, str, TieKind, bool], list[_Report]] = {}
    for report in _reports(network, as_of, policy):
        edges.setdefault((report.a, report.b, report.kind, report.past), []).append(report)
    strength = {ends: _combined(reports, policy) for ends, reports in edges.items()}
    if policy.leavers.implied_defection:
        for (a, b, kind, _), reports in edges.items():
            if kind is TieKind.MEMBERSHIP and a in implied_defectors:
                left = (a, b, TieKind.DEFECTION, False)
                told = max(report.severity * report.quality for report in reports)
                strength[left] = max(strength.get(left, 0.0), told)
    groups = frozenset(
        node for node, group in zip(network.nodes, network.is_group, strict=True) if group
    )
    graph: Any = nx.MultiGraph()
    graph.add_nodes_from(network.nodes)
    for (a, b, kind, past), value in strength.items():
        if value > 0:
            factor = policy.ties.of(kind).bond_factor
            edge = ReferenceEdge(
                a=a,
                b=b,
                kind=kind,
                past=past,
                strength=value,
                chance=value if factor is None else value * factor,
                direct=any(
                    _at_least(report.grade, policy.separation.direct_enmity_grade)
                    for report in edges.get((a, b, kind, past), ())
                ),
            )
            graph.add_edge(a, b, key=edge)
    believed = {
        (a, b)
        for (a, b, kind, _), reports in edges.items()
        if kind is TieKind.DEFECTION
        and any(_at_least(r.grade, policy.leavers.defection_grade) for r in reports)
        and not _has_returned(network, (a, b), as_of, policy)
    }
    return ReferenceGraph(
        graph=graph, groups=groups, leavers=frozenset(believed | set(confirmed_defectors))
    )


def hostility_reference(
    graph: ReferenceGraph, u: str, v: str, *, max_length: int = 3
) -> PairReference:
    """Scores of one pair by enumeration.

    Unknown ids, and anybody with himself, score nothing.
    """
    longest = max(max_length, LONGEST)
    paths = [path for path in paths_from(graph, u, longest=longest) if path.nodes[-1] == v]
    return judged(graph, paths, max_length=max_length)


def judged(
    graph: ReferenceGraph, paths: Sequence[ReferencePath], *, max_length: int
) -> PairReference:
    """Scores of all simple paths between one pair of ends."""
    hostile = tuple(path for path in paths if _is_hostile(graph, path, max_length))
    friendly = tuple(p for p in paths if p.enmities == 0 and len(p.edges) <= max_length)
    return PairReference(
        h_max=max((path.chance for path in hostile), default=0.0),
        h_or=1 - prod(1 - path.chance for path in hostile),
        reunion=1 - prod(1 - path.chance for path in friendly),
        direct=any(_is_direct(graph, path) for path in hostile),
        hostile=hostile,
        friendly=friendly,
    )


def paths_from(
    graph: ReferenceGraph, source: str, *, longest: int = LONGEST
) -> Iterator[ReferencePath]:
    """Every simple path of 1 to `longest` edges that starts at a node."""
    if source in graph.graph:
        yield from _grown(graph.graph, ReferencePath(nodes=(source,), edges=()), longest)


def reliability_by_worlds(paths: Sequence[ReferencePath]) -> float:
    """Chance that some path is open, each edge being open independently.

    Every world of open and closed edges is looked at.

    Raises
    ------
    ValueError
        If the paths use more than `MOST_EDGES` different edges.
    """
    edges = list(dict.fromkeys(edge for path in paths for edge in path.edges))
    if len(edges) > MOST_EDGES:
        raise ValueError(f"more than {MOST_EDGES} edges")
    needed = [sum(1 << edges.index(edge) for edge in path.edges) for path in paths]
    total = 0.0
    for world in range(1 << len(edges)):
        if any(world & path == path for path in needed):
            total += prod(
                edge.chance if world >> at & 1 else 1 - edge.chance for at, edge in enumerate(edges)
            )
    return total


def _has_returned(network: Network, pair: tuple[str, str], as_of: date, policy: Policy) -> bool:
    """Whether somebody is trusted to have returned on the last trusted day he left, or later."""
    ties, today = network.ties, as_of.toordinal()
    returned, left = 0, 0
    for row in range(len(ties)):
        grade = Grade(SOURCES[int(ties.source[row])], int(ties.information[row]))
        ends = (network.nodes[int(ties.a[row])], network.nodes[int(ties.b[row])])
        seen, first = int(ties.last_seen[row]), int(ties.first_seen[row])
        if (
            ends == pair
            and _KINDS[int(ties.kind[row])] is TieKind.DEFECTION
            and max(seen, first) <= today
            and _at_least(grade, policy.leavers.defection_grade)
        ):
            end = int(ties.ended[row])
            if 0 < end <= today:
                returned = max(returned, end)
            else:
                left = max(left, seen)
    return returned > 0 and returned >= left


def _reports(network: Network, as_of: date, policy: Policy) -> Iterator[_Report]:
    """Reports that exist on the day and that no trusted end has undone."""
    ties, today = network.ties, as_of.toordinal()
    for row in range(len(ties)):
        last, first, end = (
            int(column[row]) for column in (ties.last_seen, ties.first_seen, ties.ended)
        )
        if last > today or first > today:
            continue
        kind = _KINDS[int(ties.kind[row])]
        grade = Grade(SOURCES[int(ties.source[row])], int(ties.information[row]))
        ended = 0 < end <= today
        if ended and kind in _ENDS:
            continue
        returned = ended and kind is TieKind.DEFECTION
        if returned and _at_least(grade, policy.leavers.defection_grade):
            continue
        a, b = network.nodes[int(ties.a[row])], network.nodes[int(ties.b[row])]
        if kind not in _DIRECTED:
            a, b = min(a, b), max(a, b)
        yield _Report(
            a=a,
            b=b,
            kind=kind,
            past=ended and kind is TieKind.MEMBERSHIP,
            origin=network.origins[int(ties.origin[row])],
            quality=_quality(grade, policy),
            severity=float(ties.severity[row]),
            age_months=(today - last) / DAYS_PER_MONTH,
            grade=grade,
        )


def _quality(grade: Grade, policy: Policy) -> float:
    weight = policy.grading.credibility_weight
    told = policy.grading.credibility[grade.information - 1]
    teller = policy.grading.source["ABCDEF".index(grade.source)]
    return weight * told + (1 - weight) * teller


def _combined(reports: Sequence[_Report], policy: Policy) -> float:
    """The strongest of each origin; different origins as independent witnesses."""
    strongest: dict[str, float] = {}
    for report in reports:
        value = report.strength(policy)
        strongest[report.origin] = max(strongest.get(report.origin, 0.0), value)
    return 1 - prod(1 - value for value in strongest.values())


def _at_least(grade: Grade, wanted: str) -> bool:
    return grade.source <= wanted[0] and str(grade.information) <= wanted[1]


def _grown(graph: Any, path: ReferencePath, longest: int) -> Iterator[ReferencePath]:
    for far, parallel in graph.adj[path.nodes[-1]].items():
        if far in path.nodes:
            continue
        for edge in parallel:
            longer = ReferencePath(nodes=(*path.nodes, far), edges=(*path.edges, edge))
            yield longer
            if len(longer.edges) < longest:
                yield from _grown(graph, longer, longest)


def _is_hostile(graph: ReferenceGraph, path: ReferencePath, max_length: int) -> bool:
    if path.enmities != 1:
        return False
    if len(path.edges) > max_length and not _at_group_level(graph, path):
        return False
    return not (_past_member_beside_defection(path) or _leaver_forgives(graph, path))


def _at_group_level(graph: ReferenceGraph, path: ReferencePath) -> bool:
    """Member, group, rival group, member; or with one alliance of groups before or after."""
    first, *middle, last = path.edges
    ends = path.nodes[0], path.nodes[-1]
    if not (first.kind is last.kind is TieKind.MEMBERSHIP) or any(e in graph.groups for e in ends):
        return False
    if not all(node in graph.groups for node in path.nodes[1:-1]):
        return False
    bonds = [edge.kind for edge in middle if edge.kind in BONDS]
    return bonds in ([], [TieKind.ALLIANCE])


def _past_member_beside_defection(path: ReferencePath) -> bool:
    """A past member of a group does not carry its will against those who left it."""
    return any(
        one.past and other.kind is TieKind.DEFECTION and one.b == other.b == node
        for node, left, right in zip(path.nodes[1:-1], path.edges, path.edges[1:], strict=False)
        for one, other in ((left, right), (right, left))
    )


def _leaver_forgives(graph: ReferenceGraph, path: ReferencePath) -> bool:
    """One end has left a group for sure, and the path runs over the other's defection from it."""
    ends = path.nodes[0], path.nodes[-1]
    return any(
        edge.kind is TieKind.DEFECTION and edge.a == other and (end, edge.b) in graph.leavers
        for edge in path.edges
        for end, other in (ends, ends[::-1])
    )


def _is_direct(graph: ReferenceGraph, path: ReferencePath) -> bool:
    persons = not any(node in graph.groups for node in path.nodes)
    return persons and len(path.edges) == 1 and path.edges[0].direct


def all_pairs(
    graph: ReferenceGraph, *, max_length: int = 3
) -> Mapping[tuple[str, str], PairReference]:
    """Scores of every ordered pair of different nodes that some path joins."""
    return {
        (source, target): judged(graph, paths, max_length=max_length)
        for source in graph.graph
        for target, paths in _by_end(graph, source, max(max_length, LONGEST)).items()
    }


def _by_end(graph: ReferenceGraph, source: str, longest: int) -> dict[str, list[ReferencePath]]:
    found: dict[str, list[ReferencePath]] = {}
    for path in paths_from(graph, source, longest=longest):
        found.setdefault(path.nodes[-1], []).append(path)
    return found
