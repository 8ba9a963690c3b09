"""A path of ties as a sentence that a police analyst can read aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from placement_engine.cases.rule import Wording
from placement_engine.report.network_bodies import EdgeRow, SourceRow
from placement_engine.vocabulary import Language, TieKind

PROTECTED: Final = Wording(sv="skyddad uppgift", en="protected source")
PAST_MEMBER: Final = Wording(sv="{a} har varit med i {b}", en="{a} has been a member of {b}")
IMPLIED: Final = Wording(sv="{a} räknas som avhoppare från {b}", en="{a} counts as having left {b}")
CLAUSE: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        TieKind.MEMBERSHIP: Wording(sv="{a} är med i {b}", en="{a} is a member of {b}"),
        TieKind.ALLIANCE: Wording(sv="{a} och {b} är allierade", en="{a} and {b} are allies"),
        TieKind.KINSHIP: Wording(sv="{a} och {b} är släkt", en="{a} and {b} are kin"),
        TieKind.CO_OFFENDING: Wording(
            sv="{a} och {b} har begått brott tillsammans", en="{a} and {b} have offended together"
        ),
        TieKind.ASSOCIATION: Wording(sv="{a} och {b} umgås", en="{a} and {b} associate"),
        TieKind.RIVALRY: Wording(sv="{a} och {b} är rivaler", en="{a} and {b} are rivals"),
        TieKind.THREAT: Wording(sv="{a} har hotat {b}", en="{a} has threatened {b}"),
        TieKind.DEFECTION: Wording(sv="{a} har hoppat av från {b}", en="{a} has left {b}"),
        TieKind.CONFLICT: Wording(
            sv="{a} och {b} har varit i öppen konflikt", en="{a} and {b} have been in open conflict"
        ),
    }
)


def sentence(edges: Sequence[EdgeRow], language: Language) -> str:
    """What a path says, tie by tie, each with its grade, age and sources."""
    return "; ".join(_clause(edge, language) for edge in edges) + "."


def age_wording(months: int, language: Language) -> str:
    """An age in whole months.

    Examples
    --------
    >>> age_wording(1, Language.SWEDISH), age_wording(0, Language.ENGLISH)
    ('1 månad', 'under a month')
    """
    swedish = language is Language.SWEDISH
    if months < 1:
        return "under en månad" if swedish else "under a month"
    if swedish:
        return f"{months} månad" + ("er" if months > 1 else "")
    return f"{months} month" + ("s" if months > 1 else "")


def sources_wording(rows: Sequence[SourceRow], language: Language) -> str:
    """The source ids of a tie, each once; protected ones are told as that."""
    told = dict.fromkeys(row.source for row in rows if row.source is not None)
    names = list(told)
    if any(row.protected for row in rows):
        names.append(PROTECTED.in_language(language))
    return ", ".join(names)


def _clause(edge: EdgeRow, language: Language) -> str:
    wording = CLAUSE[edge.kind]
    if edge.past:
        wording = PAST_MEMBER
    elif edge.implied:
        wording = IMPLIED
    said = wording.in_language(language).format(a=edge.a, b=edge.b)
    details = [] if edge.grade is None else [edge.grade]
    if edge.months is not None:
        details.append(age_wording(edge.months, language))
    sources = sources_wording(edge.sources, language)
    if sources and details:
        details.append(f"{'källa' if language is Language.SWEDISH else 'source'} {sources}")
    elif sources:
        details.append(sources)
    return f"{said} ({', '.join(details)})"
