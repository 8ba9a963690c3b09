"""What is known of the network, as pages: numbers, ages and paths of ties; no places."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.cases.rule import Wording
from placement_engine.proposal import wording
from placement_engine.proposal.outcome import DangerClass, KnownRecords
from placement_engine.report.bodies import HostilityBody, SaturationRow
from placement_engine.report.network_bodies import EgoRow, NetworkBody, PathRow, PathsBody
from placement_engine.report.page import Block, Page, Table, line, page
from placement_engine.report.sentences import PROTECTED
from placement_engine.vocabulary import Language, TieKind

MOST_ROWS = 40
"""Ties that a page lists; JSON has all."""
TIE: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        TieKind.MEMBERSHIP: Wording(sv="medlemskap", en="membership"),
        TieKind.ALLIANCE: Wording(sv="allians", en="alliance"),
        TieKind.KINSHIP: Wording(sv="släktskap", en="kinship"),
        TieKind.CO_OFFENDING: Wording(sv="brott tillsammans", en="co-offending"),
        TieKind.ASSOCIATION: Wording(sv="umgänge", en="association"),
        TieKind.RIVALRY: Wording(sv="rivalitet", en="rivalry"),
        TieKind.THREAT: Wording(sv="hot", en="threat"),
        TieKind.DEFECTION: Wording(sv="avhopp", en="defection"),
        TieKind.CONFLICT: Wording(sv="konflikt", en="conflict"),
    }
)


def tie_wording(kind: str, language: Language) -> str:
    """A kind of tie in words; one that is not in the catalogue stays as it is."""
    told = TIE.get(kind)
    return kind if told is None else told.in_language(language)


def network_page(body: NetworkBody, language: Language) -> Page:
    """What is known of one person or group: how much, and tie by tie."""
    swedish = language is Language.SWEDISH
    records = KnownRecords(graded_ties=body.graded_ties, latest=body.latest)
    told = wording.known_records(records, language)
    if not body.ties:
        none = wording.DANGER[DangerClass.NONE_KNOWN].in_language(language)
        return page(line(f"{body.id}: {none} ({told})"))
    names = ", ".join((body.id, *body.aliases))
    blocks: list[Block] = [
        line(f"{names}: {told}", strong=True),
        Table(
            columns=("koppling", "uppgifter") if swedish else ("tie", "reports"),
            rows=tuple((tie_wording(row.kind, language), str(row.reports)) for row in body.ties),
            right=frozenset({1}),
        ),
        Table(
            columns=("tecken", "vem", "koppling", "styrka", "gradering", "månader")
            if swedish
            else ("sign", "who", "tie", "strength", "grade", "months"),
            rows=tuple(_ego(row, language) for row in body.edges[:MOST_ROWS]),
            right=frozenset({3, 5}),
        ),
    ]
    if len(body.edges) > MOST_ROWS:
        more = len(body.edges) - MOST_ROWS
        blocks.append(line(f"och {more} till, se --json" if swedish else f"{more} more: --json"))
    return Page(blocks=tuple(blocks))


def _ego(row: EgoRow, language: Language) -> tuple[str, ...]:
    return (
        "×" if row.enmity else "+",
        row.other,
        _tie(row.kind, row.past, language),
        *_details(row.protected, row.strength, row.grade, row.months, language),
    )


def paths_page(body: PathsBody, language: Language) -> Page:
    """Why two are held to be hostile, best path first, and how much is known of each."""
    swedish = language is Language.SWEDISH
    names = ("fiendskapsgrad", "bästa väg", "återförening")
    if not swedish:
        names = ("hostility", "best path", "reunion")
    numbers = ", ".join(
        f"{name} {value:.4f}"
        for name, value in zip(names, (body.h_or, body.h_max, body.reunion), strict=True)
    )
    blocks: list[Block] = [line(f"{body.a} – {body.b}: {numbers}", strong=True)]
    for side in body.coverage:
        records = KnownRecords(graded_ties=side.graded_ties, latest=side.latest)
        told = wording.known_records(records, language)
        if side.unknown:
            told += " – okänd" if swedish else " – unknown"
        blocks.append(line(f"{side.id}: {told}"))
    if not body.paths:
        none = wording.DANGER[DangerClass.NONE_KNOWN].in_language(language)
        blocks.append(line(none))
    for number, path in enumerate(body.paths, start=1):
        blocks.append(line(f"{number}. {path.sentence} ({path.probability:.4f})"))
        blocks.append(_edges(path, swedish, language))
    return Page(blocks=tuple(blocks))


def _tie(kind: str, past: bool, language: Language) -> str:
    told = tie_wording(kind, language)
    if not past:
        return told
    return f"tidigare {told}" if language is Language.SWEDISH else f"past {told}"


def _edges(path: PathRow, swedish: bool, language: Language) -> Table:
    return Table(
        columns=("från", "till", "koppling", "styrka", "gradering", "månader")
        if swedish
        else ("from", "to", "tie", "strength", "grade", "months"),
        rows=tuple(
            (
                edge.a,
                edge.b,
                _tie(edge.kind, edge.past, language),
                *_details(edge.protected, edge.strength, edge.grade, edge.months, language),
            )
            for edge in path.edges
        ),
        right=frozenset({3, 5}),
    )


def _details(
    protected: bool,
    strength: float | None,
    grade: str | None,
    months: int | None,
    language: Language,
) -> tuple[str, str, str]:
    hidden = PROTECTED.in_language(language)
    return (
        "" if strength is None else f"{strength:.3f}",
        ", ".join(part for part in (grade, hidden if protected else None) if part),
        "" if months is None else str(months),
    )


def hostility_page(body: HostilityBody, language: Language) -> Page:
    """All pairs above the threshold, worst first; a warning before them if they are too many."""
    best = "bästa väg" if language is Language.SWEDISH else "best path"
    pairs = Table(
        columns=("a", "b", "h_or", "h_max", best),
        rows=tuple(
            (row.a, row.b, f"{row.h_or:.4f}", f"{row.h_max:.4f}", " – ".join(row.path))
            for row in body.pairs
        ),
        right=frozenset({2, 3}),
    )
    if body.saturation is None:
        return page(pairs)
    return page(line(_saturated(body.saturation, language), strong=True), pairs)


def _saturated(row: SaturationRow, language: Language) -> str:
    causes = ", ".join(
        f"{tie_wording(cause.kind, language)} ({cause.without:.0%})" for cause in row.kinds
    )
    if language is Language.SWEDISH:
        told = (
            f"Varning: {row.share:.0%} av alla par kräver åtskillnad. Nätverket är mättat och "
            "skiljer knappt människor åt."
        )
        return f"{told} Andel utan respektive koppling: {causes}." if causes else told
    told = (
        f"Warning: {row.share:.0%} of all pairs demand a separation. The network is saturated and "
        "hardly tells people apart."
    )
    return f"{told} Share without each kind of tie: {causes}." if causes else told
