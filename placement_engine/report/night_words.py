"""The catalogue of the night: every word in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.vocabulary import Language

WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # What is found.
        "placed": ("annan skyddsperson för nära", "another protected person too near"),
        "provider": ("samma vårdgivare för två som kolliderar", "one provider for two who collide"),
        "threat_actor": ("hotaktör för nära", "threat actor too near"),
        "presence": ("fientlig gruppering för nära", "hostile group too near"),
        "risk": ("egen risk", "own risk"),
        "unknown": ("för få uppgifter", "too little on record"),
        "event": ("egen händelse", "own event"),
        "review": ("uppföljning", "review"),
        "threat_level": ("hotnivå i ärendet", "threat level of the case"),
        "below": ("under MEDEL", "below MEDIUM"),
        # What has become of it.
        "new": ("ny", "new"),
        "worse": ("värre", "worse"),
        "better": ("bättre", "better"),
        "gone": ("borta", "gone"),
        # How soon.
        "red": ("RÖD", "RED"),
        "amber": ("GUL", "AMBER"),
        "info": ("INFO", "INFO"),
        # Why.
        "T1": ("ny placering i närheten", "new placement near"),
        "T2": ("konflikthändelse eller hot", "conflict event or threat"),
        "T3": ("allians, splittring, fred eller ny koppling", "alliance, split, peace or new tie"),
        "T4": ("hotaktör frigiven, flyttad eller gripen", "threat actor released, moved, arrested"),
        "T5": ("ny närvaro", "new presence"),
        "T6": ("skyddspersonens egen händelse", "the subject's own breach"),
        "T7": ("uppgift nedgraderad, återtagen eller för gammal", "source downgraded or aged"),
        "T8": ("hotnivå, hushåll eller myndighetsålder", "threat level, household or majority"),
        "T9": ("dag för uppföljning eller gallring", "review or retention date"),
        "T10": (
            "regelverk, program eller geografi har ändrats",
            "policy, program or geography changed",
        ),
        "T11": ("vårdgivaren har nu två som kolliderar", "the provider now houses two who collide"),
        # Ties.
        "membership": ("medlemskap", "membership"),
        "alliance": ("allians", "alliance"),
        "kinship": ("släktskap", "kinship"),
        "co_offending": ("gemensam brottslighet", "co-offending"),
        "association": ("umgänge", "association"),
        "rivalry": ("rivalitet", "rivalry"),
        "threat": ("hot", "threat"),
        "defection": ("avhopp", "defection"),
        "conflict": ("konflikt", "conflict"),
        # Alerts.
        "open": ("öppet", "open"),
        "acknowledged": ("kvitterat", "acknowledged"),
        "escalated": ("eskalerat", "escalated"),
        "closed": ("avslutat", "closed"),
        # Moves.
        "none_needed": ("Ingen är över taket.", "Nobody is over the ceiling."),
        "as_told": (
            "För dem över taket gäller det senaste beskedet.",
            "For those over the ceiling what was last said still holds.",
        ),
        "proposed": (
            "Så få flyttar som möjligt får alla under taket.",
            "There are fewest moves that bring everybody below the ceiling.",
        ),
        "proposed_unproved": (
            "Flyttarna får alla under taket. Att de är så få som möjligt är inte visat.",
            "The moves bring everybody below the ceiling. That they are the fewest is not proved.",
        ),
        "proposed_in_part": (
            "Alla som kan behöva flytta ryms inte i en fråga. Flyttarna gäller de mest utsatta; "
            "att de är så få som möjligt är inte visat.",
            "Not all who might have to move fit in one question. The moves are for those worst "
            "off; that they are the fewest is not proved.",
        ),
        "undecided_in_part": (
            "Fler skulle behöva flytta än som ryms i en fråga, och för de mest utsatta fanns "
            "inget svar. Det betyder inte nej.",
            "More might have to move than fit in one question, and for those worst off there "
            "was no answer. This does not mean no.",
        ),
        "no_safe_placement": (
            "Inga flyttar får alla under taket. Det är bekräftat.",
            "No moves bring everybody below the ceiling; that is confirmed.",
        ),
        "undecided": (
            "Obesvarat inom den tid som gavs. Det betyder inte nej.",
            "Undecided in the time given. This does not mean no.",
        ),
    }
)
"""Key to (Swedish, English)."""


def word(language: Language, key: str) -> str:
    """What `key` is called.

    Examples
    --------
    >>> word(Language.SWEDISH, "worse")
    'värre'
    """
    swedish, english = WORDS[key]
    return swedish if language is Language.SWEDISH else english
