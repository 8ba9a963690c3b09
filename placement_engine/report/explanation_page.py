"""Why a case was answered as it was, as a page: reason classes and numbers, no places."""

from __future__ import annotations

from placement_engine.proposal import wording
from placement_engine.proposal.outcome import KnownRecords
from placement_engine.report.bodies import ExplanationBody
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.report.proposal_page import (
    ENGLISH_COLUMNS,
    SWEDISH_COLUMNS,
    conflict_blocks,
    exclusion_blocks,
    health_region,
    notice_blocks,
    records_line,
)
from placement_engine.vocabulary import Language

PLACE_COLUMNS = frozenset({"kommun", "län", "municipality", "county"})
STATES = {
    "open": ("öppet", "open"),
    "proposed": ("förslag finns", "proposed"),
    "decided": ("beslutat", "decided"),
}


def explanation_page(body: ExplanationBody, language: Language) -> Page:
    """What an analyst reads of an explanation, in `language`."""
    swedish = language is Language.SWEDISH
    records = KnownRecords(graded_ties=body.graded_ties, latest=body.latest)
    blocks: list[Block] = [
        line(
            f"{'Ärende' if swedish else 'Case'} {body.case}: {state(body.state, language)}",
            strong=True,
        ),
        line(wording.STATUS[body.status].in_language(language)),
        *conflict_blocks(body.conflict, language),
    ]
    if body.choices:
        columns = SWEDISH_COLUMNS if swedish else ENGLISH_COLUMNS
        blocks.append(
            Table(
                columns=tuple(name for name in columns if name not in PLACE_COLUMNS),
                rows=tuple(
                    (
                        str(choice.number),
                        wording.BAND[choice.band].in_language(language),
                        wording.chance(choice.risk, language),
                        wording.danger(choice.danger, records, language),
                        health_region(choice.changes_health_region, language),
                        wording.unchecked(choice.unchecked, language) or "–",
                    )
                    for choice in body.choices
                ),
                right=frozenset({0}),
            )
        )
    blocks += exclusion_blocks(body.excluded, body.considered, body.remaining, language)
    blocks.append(line(records_line(records, language)))
    blocks += notice_blocks(body.notices, language)
    return Page(blocks=tuple(blocks))


def state(name: str, language: Language) -> str:
    """The state of a case in words."""
    swedish, english = STATES.get(name, (name, name))
    return swedish if language is Language.SWEDISH else english
