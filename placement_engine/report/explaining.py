"""Why two are hostile and who stands around somebody, as documents for whoever asks.

What is coded for handling shows neither source, grade, age nor strength, unless the reader
names the code: with the strength of a tie and its age anybody could work out the grade.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from placement_engine.graph import PathExplanation, RivalGraph
from placement_engine.graph.ego import EgoNetwork, EgoTie
from placement_engine.graph.evidence import EdgeKey, Evidence, Report, evidence
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.proposal.outcome import Notice
from placement_engine.report.network_bodies import (
    EdgeRow,
    EgoRow,
    NetworkBody,
    PathRow,
    PathsBody,
    SideRow,
    SourceRow,
    TieCount,
)
from placement_engine.report.sentences import sentence
from placement_engine.vocabulary import Language, TieKind


def paths_body(
    graph: RivalGraph,
    a: str,
    b: str,
    *,
    policy: Policy,
    count: int,
    codes: frozenset[str],
    language: Language,
    notices: tuple[Notice, ...],
) -> PathsBody:
    """The best paths between two, each tie with its reports, and how much is known of each."""
    scores = graph.scores([a], [b])
    paths = graph.explain(a, b, count=count)
    keys = [(edge.a, edge.b, edge.kind, edge.past) for path in paths for edge in path.edges]
    told = dict(zip(keys, evidence(graph, keys, policy=policy), strict=True))
    few = policy.unknown.minimum_graded_ties
    return PathsBody(
        a=a,
        b=b,
        h_max=float(scores.h_max[0, 0]),
        h_or=float(scores.h_or[0, 0]),
        reunion=float(scores.reunion[0, 0]),
        coverage=(_side(graph, a, few), _side(graph, b, few)),
        paths=tuple(_path(path, told, graph.as_of, codes, language) for path in paths),
        notices=notices,
    )


def network_body(
    graph: RivalGraph,
    ego: EgoNetwork,
    *,
    who: str,
    aliases: Sequence[str],
    counts: dict[TieKind, int],
    policy: Policy,
    codes: frozenset[str],
    notices: tuple[Notice, ...],
) -> NetworkBody:
    """What is known of one person or group, tie by tie."""
    keys = [(tie.a, tie.b, tie.kind, tie.past) for tie in ego.own]
    coverage = graph.coverage(who)
    return NetworkBody(
        id=who,
        aliases=tuple(aliases),
        graded_ties=coverage.graded_ties,
        latest=coverage.latest,
        ties=tuple(TieCount(kind=kind.value, reports=n) for kind, n in counts.items()),
        edges=tuple(
            _ego_row(tie, ego.centre, told, graph.as_of, codes)
            for tie, told in zip(ego.own, evidence(graph, keys, policy=policy), strict=True)
        ),
        notices=notices,
    )


def months_between(earlier: date, later: date) -> int:
    """Whole months from one day to another."""
    return int((later - earlier).days / DAYS_PER_MONTH)


def _path(
    path: PathExplanation,
    told: dict[EdgeKey, Evidence],
    as_of: date,
    codes: frozenset[str],
    language: Language,
) -> PathRow:
    rows = []
    for edge in path.edges:
        known = told[(edge.a, edge.b, edge.kind, edge.past)]
        shown, hidden = _shown(known, codes)
        rows.append(
            EdgeRow(
                a=edge.a,
                b=edge.b,
                kind=edge.kind.value,
                past=edge.past,
                implied=known.implied,
                protected=hidden,
                strength=None if hidden else edge.strength,
                grade=_best(known, codes),
                months=_age(known, codes, as_of),
                sources=tuple(
                    SourceRow(
                        source=report.source,
                        grade=str(report.grade),
                        months=months_between(report.seen, as_of),
                        protected=False,
                    )
                    for report in shown
                )
                + (SourceRow(source=None, grade=None, months=None, protected=True),) * hidden,
            )
        )
    return PathRow(
        probability=path.probability, sentence=sentence(rows, language), edges=tuple(rows)
    )


def _ego_row(
    tie: EgoTie, centre: str, known: Evidence, as_of: date, codes: frozenset[str]
) -> EgoRow:
    _, hidden = _shown(known, codes)
    return EgoRow(
        other=tie.b if tie.a == centre else tie.a,
        kind=tie.kind.value,
        past=tie.past,
        enmity=tie.enmity,
        protected=hidden,
        strength=None if hidden else tie.strength,
        grade=_best(known, codes),
        months=_age(known, codes, as_of),
    )


def _shown(known: Evidence, codes: frozenset[str]) -> tuple[tuple[Report, ...], bool]:
    """The reports that may be shown, and whether any may not."""
    shown = known.shown(codes)
    return shown, len(shown) < len(known.reports)


def _best(known: Evidence, codes: frozenset[str]) -> str | None:
    shown = known.shown(codes)
    return str(shown[0].grade) if shown else None


def _age(known: Evidence, codes: frozenset[str], as_of: date) -> int | None:
    shown = known.shown(codes)
    return months_between(max(r.seen for r in shown), as_of) if shown else None


def _side(graph: RivalGraph, node: str, few: int) -> SideRow:
    known = graph.coverage(node)
    return SideRow(
        id=node,
        graded_ties=known.graded_ties,
        latest=known.latest,
        months=None if known.latest is None else months_between(known.latest, graph.as_of),
        unknown=known.graded_ties < few,
    )
