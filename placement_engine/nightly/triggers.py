"""Why something has changed: from what is different since the last night to reason codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from placement_engine.graph import EdgeOnPath, PathExplanation, RivalGraph
from placement_engine.nightly.finding import DATED, Change, FindingKind, Trigger
from placement_engine.vocabulary import TieKind

PAIRS = (FindingKind.PLACED, FindingKind.PROVIDER)
PRESENT = (FindingKind.ACTOR, FindingKind.PRESENCE)
BY_EDGE = {TieKind.CONFLICT: Trigger.CONFLICT, TieKind.THREAT: Trigger.CONFLICT}
"""Which trigger a new or stronger tie is; every other kind is `Trigger.ALLIANCE`."""
PATHS = 5
"""Best paths between two among which one is sought that has changed."""
HIGHER = 1e-9
"""A strength is higher only above this: it never is by ageing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Causes:
    """What is different since the last night.

    Parameters
    ----------
    first
        Whether there was no night before: then everything is new for the same reason.
    moved
        Placements that are new, have ended, or stand at another place or provider.
    persons
        Placements whose household changed, or somebody in it has come of age.
    present
        Presences (actor and municipality) that are new, gone or stronger.
    leavers
        Who counts as having left a group by a placement or a case, and did not, or did and
        does not; by kept id. That is no news of the network.
    terms
        Whether policy, geography or program changed.
    judged
        Whether an analyst has judged anew: a merge, a peace, a defection.
    now, before
        What is known on the day, and what was known the last night, aged to the day; None
        if the same.
    subjects
        The person of each placement, past ones too.
    homes
        Those who live there, by kept ids, the person first.
    """

    first: bool
    moved: frozenset[str] = field(repr=False)
    persons: frozenset[str] = field(repr=False)
    present: frozenset[str] = field(repr=False)
    leavers: frozenset[str] = field(repr=False)
    terms: bool
    judged: bool
    now: RivalGraph
    before: RivalGraph | None
    subjects: Mapping[str, str] = field(repr=False)
    homes: Mapping[str, Sequence[str]] = field(repr=False)


def attributed(changes: Sequence[Change], causes: Causes) -> tuple[Change, ...]:
    """Each change with its triggers, the first one first; never none."""
    told: dict[int, tuple[Trigger, ...]] = {}
    at_placement: dict[str, set[Trigger]] = {}
    for n, change in enumerate(changes):
        if change.finding.kind is not FindingKind.RISK:
            told[n] = _of_finding(change, causes)
            if change.finding.kind not in DATED:
                at_placement.setdefault(change.placement, set()).update(told[n])
    for n, change in enumerate(changes):
        if change.finding.kind is FindingKind.RISK:
            told[n] = _of_risk(change, causes, at_placement.get(change.placement, set()))
    return tuple(replace(change, triggers=told[n]) for n, change in enumerate(changes))


def path_of(change: Change, causes: Causes) -> PathExplanation | None:
    """The hostile path behind a change: the best that has changed, or the best of all.

    As it is, or as it was where the change is for the better.
    """
    return _behind(change, causes)[0]


def _of_finding(change: Change, causes: Causes) -> tuple[Trigger, ...]:
    found = change.finding
    if found.kind is FindingKind.EVENT:
        return (Trigger.BREACH,)
    if found.kind is FindingKind.THREAT:
        return (Trigger.PERSON,)
    if found.kind is FindingKind.REVIEW:
        return (Trigger.PERSON,) if found.other else (Trigger.REVIEW,)
    codes: list[Trigger] = []
    if found.kind is FindingKind.PROVIDER:
        codes.append(Trigger.PROVIDER)
    if causes.first:
        return tuple(codes) or (_first(found.kind),)
    if found.kind in PRESENT and found.other in causes.present:
        codes.append(Trigger.ACTOR if found.kind is FindingKind.ACTOR else Trigger.PRESENCE)
    if change.placement in causes.moved or found.other in causes.moved:
        codes.append(Trigger.NEIGHBOUR)
    if change.placement in causes.persons or found.other in causes.persons:
        codes.append(Trigger.PERSON)
    codes += _of_path(change, causes)
    if causes.terms:
        codes.append(Trigger.TERMS)
    if causes.judged and not codes:
        codes.append(Trigger.ALLIANCE)
    if change.kind.is_bad and causes.before is not None and not codes:
        codes.append(Trigger.ALLIANCE)  # over weaker paths than are looked at
    return tuple(dict.fromkeys(codes)) or (Trigger.SOURCE,)


def _first(kind: FindingKind) -> Trigger:
    return {
        FindingKind.ACTOR: Trigger.ACTOR,
        FindingKind.PRESENCE: Trigger.PRESENCE,
        FindingKind.UNKNOWN: Trigger.SOURCE,
    }.get(kind, Trigger.NEIGHBOUR)


def _of_risk(change: Change, causes: Causes, beside: set[Trigger]) -> tuple[Trigger, ...]:
    codes = set(beside)
    if change.placement in causes.moved:
        codes.add(Trigger.NEIGHBOUR)
    if change.placement in causes.persons:
        codes.add(Trigger.PERSON)
    if causes.terms:
        codes.add(Trigger.TERMS)
    if not codes and causes.judged:
        codes.add(Trigger.ALLIANCE)
    if not codes and causes.moved:
        codes.add(Trigger.NEIGHBOUR)
    if not codes and causes.present and change.kind.is_bad:
        codes.add(Trigger.PRESENCE)
    if not codes and causes.before is not None and change.kind.is_bad:
        codes.add(Trigger.ALLIANCE)
    return tuple(sorted(codes, key=tuple(Trigger).index)) or (Trigger.SOURCE,)


def _of_path(change: Change, causes: Causes) -> list[Trigger]:
    """What the edges of the path behind a change tell, where the network has changed."""
    if causes.before is None:
        return []
    return _behind(change, causes)[1]


def _behind(change: Change, causes: Causes) -> tuple[PathExplanation | None, list[Trigger]]:
    """The best path between two that has changed, and the codes of what has changed on it."""
    graph, other = causes.now, causes.before
    if not change.kind.is_bad and other is not None:
        graph, other = other, graph
    paths = _paths(graph, change, causes)
    if other is not None:
        for path in paths:
            codes = _on_path(path, change, causes, other)
            if codes:
                return path, codes
    return next(iter(paths), None), []


def _on_path(
    path: PathExplanation, change: Change, causes: Causes, other: RivalGraph
) -> list[Trigger]:
    """The codes of the edges of a path that are weaker in the other graph, or not there."""
    codes: list[Trigger] = []
    for (a, b), edge in zip(pairwise(path.nodes), path.edges, strict=True):
        if edge.strength <= _strength(other, a, b, edge) + HIGHER:
            continue
        if edge.kind is TieKind.DEFECTION and {a, b} & causes.leavers:
            continue
        if change.kind.is_bad:
            codes.append(BY_EDGE.get(edge.kind, Trigger.ALLIANCE))
        elif edge.kind in (TieKind.ALLIANCE, TieKind.RIVALRY):
            codes.append(Trigger.ALLIANCE)
        else:
            codes.append(Trigger.SOURCE)
    return codes


def _strength(graph: RivalGraph, a: str, b: str, edge: EdgeOnPath) -> float:
    """Strength of the same edge in another graph, 0 if it is not there."""
    near, far = graph.numbers([a, b]).tolist()
    e = graph.edges
    if near < 0 or far < 0:
        return 0.0
    for half in (e.bond, e.enmity):
        own = half.edge[half.start[near] : half.start[near + 1]]
        own = own[half.far[half.start[near] : half.start[near + 1]] == far]
        same = own[e.strength[own] > 0]
        told = [
            float(e.strength[i]) for i in same if _kind(graph, int(i)) == (edge.kind, edge.past)
        ]
        if told:
            return max(told)
    return 0.0


def _kind(graph: RivalGraph, edge: int) -> tuple[TieKind, bool]:
    from placement_engine.graph.edges import PAST
    from placement_engine.intelligence.network import KINDS

    number = int(np.asarray(graph.edges.kind)[edge])
    return (TieKind.MEMBERSHIP, True) if number == PAST else (KINDS[number], False)


def _paths(graph: RivalGraph, change: Change, causes: Causes) -> list[PathExplanation]:
    """Hostile paths between anybody of the one home and anybody of the other, the best first."""
    found = change.finding
    there: Sequence[str] = ()
    if found.kind in PAIRS:
        there = causes.homes.get(found.other, ())
    elif found.kind in PRESENT:
        there = (found.other.rpartition(" ")[0],)
    here = causes.homes[change.placement]
    paths = [path for a in here for b in there for path in graph.explain(a, b, count=PATHS)]
    # Of equally good ones that of the persons themselves, who stand first.
    return sorted(paths, key=lambda path: -path.probability)[:PATHS]
