"""The last proposal for a case as a report to read, print and sign."""

from __future__ import annotations

from placement_engine.geo import Geography
from placement_engine.proposal.decision import StoredProposal
from placement_engine.report.html import html
from placement_engine.report.page import Page, line
from placement_engine.report.proposal_page import proposal_page
from placement_engine.report.sweden_map import municipalities_map
from placement_engine.vocabulary import CaseId, Language

STATE = {
    "open": ("öppet", "open"),
    "proposed": ("förslag finns", "proposed"),
    "decided": ("beslutat", "decided"),
}


def case_report(
    stored: StoredProposal, case: CaseId, geography: Geography, language: Language
) -> str:
    """One HTML document: the answer, its reasons, and the choices on a map by their number.

    The other cases of a joint proposal are left out, as is who stands behind a danger.
    """
    swedish = language is Language.SWEDISH
    proposal = stored.proposal.only(case)
    [own] = proposal.cases
    blocks = list(proposal_page(proposal, language).blocks)
    if own.choices:
        text = (
            "Kommunerna i förslaget, med valens nummer."
            if swedish
            else "The proposed municipalities, by the number of the choice."
        )
        marks = {choice.municipality: str(choice.number) for choice in own.choices}
        blocks.insert(-1, municipalities_map(geography, marks, text=text))
    state = STATE[stored.state][0 if swedish else 1]
    blocks.append(line(f"{'Ärendets läge' if swedish else 'State of the case'}: {state}."))
    title = f"Placeringsförslag {case}" if swedish else f"Proposed placement {case}"
    return html(Page(blocks=tuple(blocks)), title=title, language=language)
