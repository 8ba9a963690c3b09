"""The demonstration as a page and as a document: a world, three answers, a second look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from placement_engine.proposal.outcome import Proposal
from placement_engine.report.page import Block, Page, line
from placement_engine.report.proposal_page import proposal_page
from placement_engine.vocabulary import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldFacts:
    """What the synthetic world holds and how much of it the engine is told."""

    seed: int
    as_of: date
    municipalities: int
    police_regions: int
    persons: int
    groups: int
    placed: int
    true_ties: int
    reports: int
    missing_share: float
    wrong_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalPairs:
    """Pairs of placed defectors from rival groups, counted by plain code of its own.

    ``demanding`` of the ``pairs`` are hostile enough to demand a distance, and ``too_near``
    of those lack it.
    """

    pairs: int
    demanding: int
    too_near: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBody:
    """What ``placement demo`` shows.

    ``told`` counts rivals by what the engine was told, ``unknown`` the pairs that are
    rivals in truth without the engine having been told.
    """

    world: WorldFacts
    proposals: tuple[Proposal, ...]
    accepted: tuple[str, ...]
    told: RivalPairs
    unknown: RivalPairs


INTRODUCTIONS: Final[Mapping[Language, tuple[str, ...]]] = MappingProxyType(
    {
        Language.SWEDISH: (
            "Fall 1: en avhoppare med hushåll och behov",
            "Fall 2: en avhoppare med platser att undvika, som helst ska stanna i sin vårdregion",
            "Fall 3: ett ärende som är omöjligt med flit, begränsat till två kommuner",
        ),
        Language.ENGLISH: (
            "Case 1: a defector with a household and needs",
            "Case 2: a defector with places to avoid, who should rather stay in the health region",
            "Case 3: a case made impossible on purpose, limited to two municipalities",
        ),
    }
)


def demo_page(body: DemoBody, language: Language) -> Page:
    """What a person reads of the demonstration, in `language`."""
    swedish = language is Language.SWEDISH
    blocks: list[Block] = [*_world(body.world, swedish)]
    for introduction, proposal in zip(INTRODUCTIONS[language], body.proposals, strict=True):
        rule = line("─" * len(introduction))
        blocks += [line(""), line(introduction, strong=True), rule]
        blocks += proposal_page(proposal, language).blocks
    accepted = ", ".join(body.accepted) or "–"
    after = "Efter besluten" if swedish else "After the decisions"
    blocks += [line(""), line(after, strong=True), line("─" * len(after))]
    blocks.append(
        line(
            f"Val 1 accepterat för: {accepted}."
            if swedish
            else f"Choice 1 accepted for: {accepted}."
        )
    )
    blocks += _rivals(body, swedish)
    return Page(blocks=tuple(blocks))


def _world(world: WorldFacts, swedish: bool) -> Iterable[Block]:
    missing = f"{100 * world.missing_share:.0f}"
    wrong = f"{100 * world.wrong_share:.0f}"
    if swedish:
        yield line(f"Påhittad värld nr {world.seed}, per {world.as_of}", strong=True)
        yield line("Kommunerna är verkliga. Personer, grupper och kopplingar finns inte.")
        yield line(
            f"{world.placed} placerade bland {_grouped(world.persons)} personer och "
            f"{world.groups} grupper i {world.police_regions} polisregioner, "
            f"{world.municipalities} kommuner."
        )
        yield line(
            f"Sanna kopplingar: {_grouped(world.true_ties)}. Motorn har fått "
            f"{_grouped(world.reports)} uppgifter: {missing} % av kopplingarna saknas "
            f"och {wrong} % av de uppgivna är fel."
        )
    else:
        yield line(f"Invented world no. {world.seed}, as of {world.as_of}", strong=True)
        yield line("The municipalities are real. Persons, groups and ties do not exist.")
        yield line(
            f"{world.placed} placed among {_grouped(world.persons)} persons and "
            f"{world.groups} groups in {world.police_regions} police regions, "
            f"{world.municipalities} municipalities."
        )
        yield line(
            f"True ties: {_grouped(world.true_ties)}. The engine is told "
            f"{_grouped(world.reports)} reports: {missing} % of the ties are missing "
            f"and {wrong} % of those told are wrong."
        )


def _rivals(body: DemoBody, swedish: bool) -> Iterable[Block]:
    told, unknown = body.told, body.unknown
    if swedish:
        kept = "alla håller" if told.too_near == 0 else f"{told.too_near} HÅLLER INTE"
        yield line(
            f"Par av placerade avhoppare från rivaliserande grupper, enligt det motorn vet: "
            f"{told.pairs}. {told.demanding} kräver avstånd, {kept} sitt avstånd "
            "(räknat av oberoende kod)."
        )
        yield line(
            f"Ärligt: {unknown.pairs} par till är rivaler i verkligheten utan att motorn "
            f"kunde veta det. {unknown.demanding} av dem skulle kräva avstånd, "
            f"{unknown.too_near} av dem bor för nära."
        )
    else:
        kept = "every one keeps" if told.too_near == 0 else f"{told.too_near} DO NOT KEEP"
        yield line(
            f"Pairs of placed defectors from rival groups, by what the engine knows: "
            f"{told.pairs}. {told.demanding} demand a distance, {kept} it "
            "(counted by independent code)."
        )
        yield line(
            f"To be honest: {unknown.pairs} more pairs are rivals in truth without the engine "
            f"being able to know. {unknown.demanding} of them would demand a distance, "
            f"{unknown.too_near} of them live too near."
        )


def _grouped(number: int) -> str:
    """Thousands apart by a space.

    Examples
    --------
    >>> _grouped(12345)
    '12 345'
    """
    return f"{number:,}".replace(",", " ")
