"""A proposal as a page: choices, what is excluded and why, what is behind it, how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable

from placement_engine.proposal import wording
from placement_engine.proposal.outcome import (
    CaseProposal,
    Choice,
    Conflict,
    Exclusion,
    KnownRecords,
    Notice,
    Proposal,
    Sensitivity,
    Status,
)
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.vocabulary import Language

SHORT_HASH = 12
SWEDISH_COLUMNS = (
    "nr",
    "kommun",
    "län",
    "band",
    "risk per år",
    "närmaste fara",
    "vårdregion",
    "ej kontrollerat",
)
ENGLISH_COLUMNS = (
    "no",
    "municipality",
    "county",
    "band",
    "risk per year",
    "nearest danger",
    "health region",
    "not checked",
)


def proposal_page(proposal: Proposal, language: Language) -> Page:
    """What an analyst reads of a proposal, in `language`."""
    swedish = language is Language.SWEDISH
    blocks: list[Block] = [line(wording.STATUS[proposal.status].in_language(language), strong=True)]
    if proposal.interrupted:
        blocks.append(
            line(
                "AVBRUTET: det bästa kontrollerade svaret så långt."
                if swedish
                else "INTERRUPTED: the best checked answer so far."
            )
        )
    blocks += conflict_blocks(proposal.conflict, language)
    for case in proposal.cases:
        blocks += [line(""), *_case(case, language)]
    blocks += [line(""), *_proof(proposal, language)]
    blocks += [line(text) for text in _provenance(proposal, swedish)]
    blocks.append(line(wording.PROPOSAL_ONLY.in_language(language), strong=True))
    return Page(blocks=tuple(blocks))


def _case(case: CaseProposal, language: Language) -> Iterable[Block]:
    swedish = language is Language.SWEDISH
    yield line(f"{'Ärende' if swedish else 'Case'} {case.case}", strong=True)
    if case.choices:
        yield _choices(case, language)
    yield from exclusion_blocks(case.excluded, case.considered, case.remaining, language)
    yield line(records_line(case.records, language))
    yield from (line(text) for text in _sensitivity(case.sensitivity, swedish))
    yield from notice_blocks(case.notices, language)


def _choices(case: CaseProposal, language: Language) -> Table:
    columns = SWEDISH_COLUMNS if language is Language.SWEDISH else ENGLISH_COLUMNS
    return Table(
        columns=columns,
        rows=tuple(_choice(choice, case.records, language) for choice in case.choices),
        right=frozenset({0}),
    )


def _choice(choice: Choice, records: KnownRecords, language: Language) -> tuple[str, ...]:
    return (
        str(choice.number),
        choice.name,
        choice.county,
        wording.BAND[choice.band].in_language(language),
        wording.chance(choice.risk, language),
        wording.danger(choice.danger, records, language),
        health_region(choice.changes_health_region, language),
        wording.unchecked(choice.unchecked, language) or "–",
    )


def health_region(changes: bool | None, language: Language) -> str:
    """Whether a place changes the health-care region; unknown is told as not checked."""
    if changes is None:
        return wording.UNCHECKED.in_language(language)
    if not changes:
        return "–"
    return "byter" if language is Language.SWEDISH else "changes"


def exclusion_blocks(
    excluded: tuple[Exclusion, ...], considered: int, remaining: int, language: Language
) -> Iterable[Block]:
    """How many municipalities are excluded, by reason, never which."""
    swedish = language is Language.SWEDISH
    out = considered - remaining
    yield line(
        f"Uteslutna: {out} av {considered} kommuner; en kommun kan ha flera skäl."
        if swedish
        else f"Excluded: {out} of {considered} municipalities; one may have several reasons."
    )
    if excluded:
        yield Table(
            columns=("kommuner", "skäl") if swedish else ("count", "reason"),
            rows=tuple(
                (str(one.municipalities), wording.rule_wording(one.reason, language))
                for one in excluded
            ),
            right=frozenset({0}),
        )


def records_line(records: KnownRecords, language: Language) -> str:
    """What stands behind the numbers."""
    told = wording.known_records(records, language)
    return f"Underlag: {told}." if language is Language.SWEDISH else f"Based on: {told}."


def notice_blocks(notices: tuple[Notice, ...], language: Language) -> Iterable[Block]:
    """What must be told besides."""
    mark = "Obs" if language is Language.SWEDISH else "Note"
    for notice in notices:
        yield line(f"{mark}: {wording.NOTICE[notice].in_language(language)}")


def conflict_blocks(conflict: tuple[Conflict, ...], language: Language) -> Iterable[Block]:
    """The minimal conflict: rules and cases, with the class of a separation alone."""
    if not conflict:
        return
    swedish = language is Language.SWEDISH
    yield line(
        "Minsta konflikt: dessa går inte att förena, men utan vilken som helst av dem går det."
        if swedish
        else "Minimal conflict: these cannot all hold, but without any one of them they can."
    )
    yield Table(
        columns=("regel", "ärenden", "klass") if swedish else ("rule", "cases", "class"),
        rows=tuple(
            (
                wording.rule_wording(member.rule, language),
                ", ".join(member.cases) or "–",
                "–" if member.band is None else wording.BAND[member.band].in_language(language),
            )
            for member in conflict
        ),
    )


def _sensitivity(results: tuple[Sensitivity, ...], swedish: bool) -> Iterable[str]:
    for one in results:
        value = f"{one.value:g}"
        if swedish:
            told = "ÄNDRAS" if one.first_choice_changes else "ändras inte"
            yield f"Känslighet: förstahandsvalet {told} om {one.number} är {value}."
        else:
            told = "CHANGES" if one.first_choice_changes else "does not change"
            yield f"Sensitivity: the first choice {told} if {one.number} is {value}."


def _proof(proposal: Proposal, language: Language) -> Iterable[Block]:
    swedish = language is Language.SWEDISH
    if proposal.status is Status.PROPOSED:
        if proposal.proved_optimal:
            yield line("Bevisat bästa svar." if swedish else "Proved to be the best answer.")
        else:
            gap = f"{100 * (proposal.gap or 0.0):.1f}"
            yield line(
                f"Inte bevisat bäst: gapet är {gap.replace('.', ',')} %."
                if swedish
                else f"Not proved to be the best: the gap is {gap} %."
            )
        for level in proposal.levels:
            if not level.proved:
                name = wording.LEVEL.get(level.name)
                told = level.name if name is None else name.in_language(language)
                yield line(f"  {'inte bevisat' if swedish else 'not proved'}: {told}")
    if proposal.objective_micronats is not None:
        safe = _floor_percent(math.exp(-proposal.objective_micronats / 1e6))
        yield line(
            f"Chansen att ingen kolliderar inom ett år är minst {safe.replace('.', ',')} %: "
            "en undre gräns, som planen gör så hög som möjligt."
            if swedish
            else f"The chance that nobody collides within a year is at least {safe} %: "
            "a lower bound, which the plan makes as high as it can."
        )
    if proposal.witnessed:
        yield line(
            "Kontrollerat av oberoende kod." if swedish else "Checked again by independent code."
        )


def _floor_percent(chance: float) -> str:
    """Rounded down, since it stands for a lower bound; never certainty.

    Examples
    --------
    >>> _floor_percent(0.98769), _floor_percent(1.0)
    ('98.76', '99.99')
    """
    return f"{min(9_999, math.floor(chance * 10_000)) / 100:.2f}"


def _provenance(proposal: Proposal, swedish: bool) -> Iterable[str]:
    made = proposal.provenance
    policy, network = made.policy_hash[:SHORT_HASH], made.network_hash[:SHORT_HASH]
    if swedish:
        yield f"Per {made.as_of}, regelverk {policy}, underrättelser {network}."
    else:
        yield f"As of {made.as_of}, policy {policy}, intelligence {network}."
