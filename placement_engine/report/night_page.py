"""The nightly recheck and its alerts as pages of words."""

from __future__ import annotations

from placement_engine.report.night_bodies import (
    AlertBody,
    AlertRow,
    AlertsBody,
    NightBody,
    NightChange,
    PathTie,
)
from placement_engine.report.night_words import word
from placement_engine.report.page import NO_BREAK, Block, Page, Table, line
from placement_engine.vocabulary import Language


def night_page(body: NightBody, language: Language) -> Page:
    """What one night has told, the most urgent first."""
    return Page(blocks=(*summary(body, language), *changes(body, language)))


def summary(body: NightBody, language: Language) -> list[Block]:
    """How much was checked, what it came to, and what can be done."""
    swedish = language is Language.SWEDISH
    counts = body.counts
    told = (
        f"Natt {body.number}, {body.as_of.isoformat()}: kontrollerade {body.checked} av {body.of}."
        if swedish
        else f"Night {body.number}, {body.as_of.isoformat()}: checked {body.checked} of {body.of}."
    )
    found = (
        f"Nytt: {counts.new}, värre: {counts.worse}, bättre: {counts.better}, borta: {counts.gone}."
        if swedish
        else f"New {counts.new}, worse {counts.worse}, better {counts.better}, gone {counts.gone}."
    )
    blocks: list[Block] = [line(told, strong=True), line(found)]
    if body.repeated or body.escalated:
        blocks.append(
            line(
                f"Larm som påmints: {body.repeated}, varav eskalerade: {body.escalated}."
                if swedish
                else f"Alerts told again {body.repeated}, of which escalated {body.escalated}."
            )
        )
    if body.expired:
        blocks.append(
            line(
                f"T9: skyddspersoner vars bevarandetid har gått ut: {body.expired}. "
                "Se placement register review."
                if swedish
                else f"T9: people whose data are past their retention date: {body.expired}. "
                "See placement register review."
            )
        )
    moves = body.moves
    unproved = moves.status == "proposed" and not moves.proved_fewest
    blocks.append(line(word(language, "proposed_unproved" if unproved else moves.status)))
    if moves.left_out:
        blocks.append(
            line(
                f"Utan svar: {moves.left_out} av {moves.affected} över taket. Kör placement "
                "propose för dem."
                if swedish
                else f"Without an answer: {moves.left_out} of {moves.affected} over the ceiling. "
                "Run placement propose for them."
            )
        )
    if moves.moves is not None and moves.status.startswith("proposed"):
        bounded = not moves.proved_fewest and moves.lower_bound is not None
        bound = f" (≥ {moves.lower_bound})" if bounded else ""
        blocks.append(
            line(
                f"Över taket: {moves.affected}. Flyttar: {moves.moves}{bound}, varav till annan "
                f"sjukvårdsregion {moves.to_other_region}, för "
                f"{', '.join(moves.owners)}. Kör placement propose för egna ärenden."
                if swedish
                else f"Over the ceiling: {moves.affected}. Moves: {moves.moves}{bound}, "
                f"{moves.to_other_region} to another health-care region, for "
                f"{', '.join(moves.owners)}. Run placement propose for your own cases."
            )
        )
    return blocks


def changes(body: NightBody, language: Language) -> list[Block]:
    """One table of changes for each urgency."""
    swedish = language is Language.SWEDISH
    columns = (
        ("larm", "enhet", "ändring", "vad", "varför", "nivå", "egen risk per år", "koppling")
        if swedish
        else ("alert", "unit", "change", "what", "why", "level", "own risk a year", "path")
    )
    blocks: list[Block] = []
    for urgency in ("red", "amber", "info"):
        rows = [c for c in body.changes if c.urgency == urgency]
        if rows:
            blocks.append(line(word(language, urgency), strong=True))
            blocks.append(
                Table(columns=columns, rows=tuple(_row(change, language) for change in rows))
            )
    if not body.changes:
        blocks.append(line("Inget nytt." if swedish else "Nothing new."))
    return blocks


def alerts_page(body: AlertsBody, language: Language) -> Page:
    """Alerts as one table."""
    swedish = language is Language.SWEDISH
    if not body.alerts:
        return Page(blocks=(line("Inga larm." if swedish else "No alerts."),))
    columns = (
        ("larm", "enhet", "prioritet", "läge", "vad", "varför", "sedan", "gånger")
        if swedish
        else ("alert", "unit", "urgency", "state", "what", "why", "since", "times")
    )
    rows = tuple(_alert_row(row, language) for row in body.alerts)
    return Page(blocks=(Table(columns=columns, rows=rows, right=frozenset({7})),))


def alert_page(body: AlertBody, language: Language) -> Page:
    """One alert to its owner."""
    swedish = language is Language.SWEDISH
    row = body.alert
    lines = [
        line(f"{'Larm' if swedish else 'Alert'} {row.id}", strong=True),
        line(f"{'Skyddsperson' if swedish else 'Subject'}: {body.subject}"),
        line(
            f"{word(language, row.urgency)}, {word(language, row.state)}: "
            f"{word(language, row.finding)}."
        ),
        *(line(f"{code}: {word(language, code)}") for code in row.triggers),
        line(f"{'Nivå' if swedish else 'Level'}: {body.level_before} → {body.level_after}"),
    ]
    if body.reach:
        lines.append(
            line(
                f"Den andra enheten nås genom registrets meddelanden, under larm {row.id}."
                if swedish
                else f"The other unit is reached by the register's messages under alert {row.id}."
            )
        )
    return Page(blocks=tuple(lines))


def _row(change: NightChange, language: Language) -> tuple[str, ...]:
    return (
        change.alert or "–",
        change.owner or "–",
        word(language, change.change),
        word(language, change.finding),
        "; ".join(f"{code} {word(language, code)}" for code in change.triggers),
        f"{change.level_before}{NO_BREAK}→{NO_BREAK}{change.level_after}",
        f"{_chance(change.risk_before, language)} → {_chance(change.risk_after, language)}",
        " – ".join(_tie(tie, language) for tie in change.path) or "–",
    )


def _alert_row(row: AlertRow, language: Language) -> tuple[str, ...]:
    return (
        row.id,
        row.owner or "–",
        word(language, row.urgency),
        word(language, row.state),
        word(language, row.finding),
        ", ".join(row.triggers),
        row.raised.isoformat(),
        str(row.times),
    )


def _tie(tie: PathTie, language: Language) -> str:
    past = ("tidigare " if language is Language.SWEDISH else "past ") if tie.past else ""
    months = "mån" if language is Language.SWEDISH else "mo"
    return f"{past}{word(language, tie.kind)} ({tie.grade}, {tie.age_months} {months})"


def _chance(risk: float | None, language: Language) -> str:
    if risk is None:
        return word(language, "below")
    told = f"{risk * 100:.2g}{NO_BREAK}%"
    return told.replace(".", ",") if language is Language.SWEDISH else told
