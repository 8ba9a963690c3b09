"""The plan for the mean beside the plan that minds the worst worlds, as a page."""

from __future__ import annotations

from placement_engine.proposal import wording
from placement_engine.proposal.uncertainty import RiskOverWorlds, Uncertainty
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.vocabulary import Language


def uncertainty_page(body: Uncertainty, language: Language) -> Page:
    """What an analyst reads; only the status where there is no plan."""
    swedish = language is Language.SWEDISH
    blocks: list[Block] = [line(wording.STATUS[body.status].in_language(language), strong=True)]
    if body.interrupted:
        blocks.append(line(wording.INTERRUPTED.in_language(language)))
    if body.by_mean is None or body.by_tail is None:
        return Page(blocks=tuple(blocks))
    changed = sum(case.changed for case in body.cases)
    yes, no = ("JA", "nej") if swedish else ("YES", "no")
    blocks += [
        line(
            f"{body.worlds} tänkbara nätverk prövades: i vart och ett gäller varje uppgift "
            "helt eller inte alls."
            if swedish
            else f"{body.worlds} possible networks were tried: in each of them every report "
            "holds fully or not at all."
        ),
        line(
            f"Förstahandsvalet ändras för {changed} av {len(body.cases)} ärenden om även de "
            f"värsta {body.tail_percent} procenten räknas."
            if swedish
            else f"The first choice changes for {changed} of {len(body.cases)} cases if the "
            f"worst {body.tail_percent} per cent count too."
        ),
        Table(
            columns=("ärende", "bäst i genomsnitt", "bäst om det värsta räknas", "ändras")
            if swedish
            else ("case", "best on average", "best if the worst counts", "changes"),
            rows=tuple(
                (
                    case.case,
                    f"{case.by_mean.code} {case.by_mean.name}",
                    f"{case.by_tail.code} {case.by_tail.name}",
                    yes if case.changed else no,
                )
                for case in body.cases
            ),
        ),
        Table(
            columns=("risk per år", "i genomsnitt", "i de värsta")
            if swedish
            else ("risk in a year", "on average", "in the worst"),
            rows=(
                _row("bäst i genomsnitt" if swedish else "best on average", body.by_mean),
                _row(
                    "bäst om det värsta räknas" if swedish else "best if the worst counts",
                    body.by_tail,
                ),
            ),
            right=frozenset({1, 2}),
        ),
    ]
    if not body.proved:
        blocks.append(line(wording.NOT_PROVED_IN_TAIL.in_language(language)))
    return Page(blocks=tuple(blocks))


def _row(name: str, risk: RiskOverWorlds) -> tuple[str, ...]:
    return name, *(f"{chance * 1000:.2g} ‰" for chance in (risk.mean, risk.tail))
