"""Which numbers of the policy the first choice hangs on, as a page."""

from __future__ import annotations

from placement_engine.proposal import wording
from placement_engine.proposal.sensitivity import Effect, SensitivityTable, Tried
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.vocabulary import Language

EFFECTS = {
    Effect.SAME: ("samma", "same"),
    Effect.CHANGED: ("ANNAT", "CHANGED"),
    Effect.POSSIBLE: ("BLIR MÖJLIGT", "POSSIBLE"),
    Effect.IMPOSSIBLE: ("BLIR OMÖJLIGT", "IMPOSSIBLE"),
    Effect.UNDECIDED: ("oavgjort", "undecided"),
}


def sensitivity_page(body: SensitivityTable, language: Language) -> Page:
    """What an analyst reads, numbers that change the answer first."""
    swedish = language is Language.SWEDISH
    rows = sorted(body.rows, key=lambda row: all(t.effect is Effect.SAME for t in row.tried))
    moved = sum(any(t.effect is not Effect.SAME for t in row.tried) for row in rows)
    blocks: list[Block] = [
        line(wording.STATUS[body.status].in_language(language), strong=True),
        line(
            f"{moved} av {len(rows)} tal kan ändra förstahandsvalet."
            if swedish
            else f"{moved} of {len(rows)} numbers can change the first choice."
        ),
        Table(
            columns=("tal", "värde", "lägre", "högre")
            if swedish
            else ("number", "value", "lower", "higher"),
            rows=tuple(
                (
                    row.number,
                    f"{row.value:g}",
                    _cell([t for t in row.tried if t.value < row.value], language),
                    _cell([t for t in row.tried if t.value > row.value], language),
                )
                for row in rows
            ),
            right=frozenset({1}),
        ),
    ]
    return Page(blocks=tuple(blocks))


def _cell(tried: list[Tried], language: Language) -> str:
    swedish = language is Language.SWEDISH
    told = (f"{one.value:.4g}: {EFFECTS[one.effect][0 if swedish else 1]}" for one in tried)
    return ", ".join(told) or "–"
