"""The analyst's views as pages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.cases.rule import Wording
from placement_engine.proposal import wording
from placement_engine.report.analysis_bodies import (
    BalanceBody,
    DiffBody,
    DiffRow,
    ReliabilityBody,
    SensitivityBody,
    SignedPairRow,
)
from placement_engine.report.network_page import MOST_ROWS, tie_wording
from placement_engine.report.page import Block, Page, Table, line, page
from placement_engine.report.sentences import PROTECTED
from placement_engine.vocabulary import Language

CHANGE: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "new": Wording(sv="ny", en="new"),
        "gone": Wording(sv="borta", en="gone"),
        "regraded": Wording(sv="omgraderad", en="regraded"),
    }
)
_CAMP_SHOWN = 12


def diff_page(body: DiffBody, language: Language) -> Page:
    """What differs between two states, counts first."""
    swedish = language is Language.SWEDISH
    counts = (
        f"{body.new} nya, {body.gone} borta, {body.regraded} omgraderade"
        if swedish
        else f"{body.new} new, {body.gone} gone, {body.regraded} regraded"
    )
    blocks: list[Block] = [line(f"{body.earlier} → {body.later}: {counts}", strong=True)]
    if body.rows:
        blocks.append(
            Table(
                columns=("ändring", "från", "till", "koppling", "förr", "nu")
                if swedish
                else ("change", "from", "to", "tie", "before", "now"),
                rows=tuple(_difference(row, language) for row in body.rows[:MOST_ROWS]),
            )
        )
    return Page(blocks=(*blocks, *_more(len(body.rows), swedish)))


def _difference(row: DiffRow, language: Language) -> tuple[str, ...]:
    kind = tie_wording(row.kind, language)
    if row.past:
        kind = f"tidigare {kind}" if language is Language.SWEDISH else f"past {kind}"
    hidden = PROTECTED.in_language(language) if row.protected else ""
    return (
        CHANGE[row.change].in_language(language),
        row.a,
        row.b,
        kind,
        row.before or hidden,
        row.after or hidden,
    )


def reliability_page(body: ReliabilityBody, language: Language) -> Page:
    """The chance that some path holds, with its error and the two bounds."""
    told = f"R = {body.reliability:.4f} ± {body.standard_error:.4f}"
    bounds = f"h_max {body.h_max:.4f} ≤ R ≤ h_or {body.h_or:.4f}"
    how = (
        f"{body.worlds} världar, {body.paths} vägar över {body.ties} kopplingar; ± är ett medelfel"
        if language is Language.SWEDISH
        else f"{body.worlds} worlds, {body.paths} paths over {body.ties} ties; "
        "± is one standard error"
    )
    return page(line(f"{body.a} – {body.b}: {told}", strong=True), line(bounds), line(how))


def balance_page(body: BalanceBody, language: Language) -> Page:
    """Triangles, camps, and the pairs that do not fit."""
    swedish = language is Language.SWEDISH
    share = "–" if body.balanced_share is None else f"{100 * body.balanced_share:.0f} %"
    exact = str(body.frustration_upper)
    if not body.frustration_exact:
        exact = f"{body.frustration_lower}–{body.frustration_upper}"
    told = (
        f"{body.pairs} par, {body.enmities} fiendskap; {body.triangles} trianglar, "
        f"{body.balanced} balanserade ({share}); frustration {exact}"
        if swedish
        else f"{body.pairs} pairs, {body.enmities} enmities; {body.triangles} triangles, "
        f"{body.balanced} balanced ({share}); frustration {exact}"
    )
    blocks: list[Block] = [line(told, strong=True)]
    for rows, name in (
        (body.frustrated, "Par som inte passar i lägren" if swedish else "Pairs across the camps"),
        (body.ambivalent, "Både band och fiendskap" if swedish else "Bond and enmity at once"),
    ):
        if rows:
            blocks += [line(f"{name}: {len(rows)}", strong=True), _pairs(rows, swedish)]
            blocks += _more(len(rows), swedish)
    for number, part in enumerate(body.factions[:MOST_ROWS], start=1):
        camps = " | ".join(_camp(camp) for camp in (part.one, part.other))
        blocks.append(line(f"{'Läger' if swedish else 'Camps'} {number}: {camps}"))
    return Page(blocks=tuple(blocks))


def _camp(camp: tuple[str, ...]) -> str:
    shown = ", ".join(camp[:_CAMP_SHOWN]) or "–"
    return shown if len(camp) <= _CAMP_SHOWN else f"{shown} +{len(camp) - _CAMP_SHOWN}"


def _pairs(rows: tuple[SignedPairRow, ...], swedish: bool) -> Table:
    return Table(
        columns=("tecken", "a", "b") if swedish else ("sign", "a", "b"),
        rows=tuple(("×" if row.enmity else "+", row.a, row.b) for row in rows[:MOST_ROWS]),
    )


def sensitivity_page(body: SensitivityBody, language: Language) -> Page:
    """What rests on each source, the weightiest first."""
    swedish = language is Language.SWEDISH
    hidden = PROTECTED.in_language(language)
    table = Table(
        columns=("utan källan", "uppgifter", "par som byter nivå")
        if swedish
        else ("without source", "reports", "pairs that change band"),
        rows=tuple(
            (row.source or hidden, str(row.reports), str(row.changed)) for row in body.sources
        ),
        right=frozenset({1, 2}),
    )
    blocks: list[Block] = [
        line(
            f"{body.people} skyddspersoner" if swedish else f"{body.people} protected persons",
            strong=True,
        ),
        table,
    ]
    for row in body.sources:
        for pair in row.pairs[:MOST_ROWS]:
            bands = " → ".join(
                wording.BAND[band].in_language(language) for band in (pair.before, pair.after)
            )
            blocks.append(line(f"{row.source or hidden}: {pair.a} – {pair.b}: {bands}"))
    if body.left_out:
        blocks.append(
            line(
                f"{body.left_out} källor prövades inte."
                if swedish
                else f"{body.left_out} sources were not tried."
            )
        )
    return Page(blocks=tuple(blocks))


def _more(rows: int, swedish: bool) -> list[Block]:
    if rows <= MOST_ROWS:
        return []
    more = rows - MOST_ROWS
    return [line(f"och {more} till, se --json" if swedish else f"{more} more: --json")]
