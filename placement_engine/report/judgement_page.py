"""What analysts have judged, and of whom too little is known, as pages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.cases.rule import Wording
from placement_engine.intelligence.judgements import JudgementKind
from placement_engine.report.network_bodies import CoverageBody, JudgementBody, JudgementsBody
from placement_engine.report.page import Page, Table, line, page
from placement_engine.vocabulary import Language

KIND: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        JudgementKind.CLEAR: Wording(sv="inte längre okänd", en="no longer unknown"),
        JudgementKind.PEACE: Wording(sv="fred", en="peace"),
        JudgementKind.DEFECTION: Wording(sv="avhopp bekräftat", en="defection confirmed"),
        JudgementKind.MERGE: Wording(sv="samma person eller grupp", en="one person or group"),
        JudgementKind.SEEN_UNKNOWN: Wording(sv="okänd vid förslag", en="unknown at a proposal"),
    }
)


def judgement_page(body: JudgementBody, language: Language) -> Page:
    """One judgement that was just recorded."""
    swedish = language is Language.SWEDISH
    about = " – ".join(node for node in (body.a, body.b) if node)
    what = KIND[body.kind].in_language(language)
    if body.revoked:
        what = f"{what}, {'återtaget' if swedish else 'taken back'}"
    told = "Infört" if swedish else "Recorded"
    by = "Beslutat av" if swedish else "Decided by"
    return page(line(f"{told}: {about}: {what}. {by} {body.decided_by}, {body.day}."))


def judgements_page(body: JudgementsBody, language: Language) -> Page:
    """The log of judgements, without their reasons."""
    swedish = language is Language.SWEDISH
    if not body.judgements:
        return page(line("Inga bedömningar." if swedish else "No judgements."))
    holds, over = ("gäller", "gäller inte") if swedish else ("in force", "not in force")
    back = "återtaget" if swedish else "taken back"
    return page(
        Table(
            columns=("dag", "vem", "bedömning", "av", "läge")
            if swedish
            else ("day", "about", "judgement", "by", "state"),
            rows=tuple(
                (
                    row.day.isoformat(),
                    " – ".join(node for node in (row.a, row.b) if node),
                    KIND[row.kind].in_language(language),
                    row.decided_by,
                    back if row.revoked else holds if row.in_force else over,
                )
                for row in body.judgements
            ),
        )
    )


def coverage_page(body: CoverageBody, language: Language) -> Page:
    """How much is known of everybody protected, least first."""
    swedish = language is Language.SWEDISH
    head = (
        f"{body.unknown} är okända: färre än {body.minimum_graded_ties} graderade kopplingar, "
        "eller så var det så vid ett förslag."
        if swedish
        else f"{body.unknown} are unknown: fewer than {body.minimum_graded_ties} graded ties, "
        "or so it was at a proposal."
    )
    yes = ("okänd", "bedömd") if swedish else ("unknown", "cleared")
    return page(
        line(head, strong=True),
        Table(
            columns=("id", "graderade kopplingar", "senaste, månader", "läge")
            if swedish
            else ("id", "graded ties", "latest, months", "state"),
            rows=tuple(
                (
                    row.id,
                    str(row.graded_ties),
                    "" if row.months is None else str(row.months),
                    yes[0] if row.floor else yes[1] if row.cleared else "",
                )
                for row in body.people
            ),
            right=frozenset({1, 2}),
        ),
    )
