"""The catalogue: every word of an outcome in Swedish and English.

Swedish is what an analyst reads by default. A danger that nobody knows of is never worded
as safety: "ingen känd koppling" stands with the number and the age of the records behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.cases.rule import Wording
from placement_engine.cases.rules.registry import RULES
from placement_engine.proposal.outcome import (
    Danger,
    DangerClass,
    KnownRecords,
    Notice,
    Status,
)
from placement_engine.vocabulary import Band, Language

INTERRUPTED: Final = Wording(sv="AVBRUTET", en="INTERRUPTED")
NOT_PROVED_IN_TAIL: Final = Wording(
    sv="Tiden räckte inte för att bevisa att inget val är bättre i de värsta fallen.",
    en="The time was too short to prove that no choice is better in the worst cases.",
)
STATUS: Final[Mapping[Status, Wording]] = MappingProxyType(
    {
        Status.PROPOSED: Wording(sv="Förslag finns.", en="Proposed."),
        Status.NO_SAFE_PLACEMENT: Wording(
            sv="Ingen säker placering finns. Alla kommuner prövades, bekräftat två gånger.",
            en="There is no safe placement. All municipalities were tried, confirmed twice.",
        ),
        Status.UNDECIDED: Wording(
            sv="Obesvarat inom den tid som gavs. Det betyder inte nej.",
            en="Undecided in the time given. This does not mean no.",
        ),
        Status.FAULTED: Wording(
            sv="Svaret föll i kontrollen och visas inte. Felet är vårt.",
            en="The answer failed its check and is not shown. The fault is ours.",
        ),
    }
)

BAND: Final[Mapping[Band, Wording]] = MappingProxyType(
    {
        Band.LOW: Wording(sv="LÅG", en="LOW"),
        Band.MEDIUM: Wording(sv="MEDEL", en="MEDIUM"),
        Band.HIGH: Wording(sv="HÖG", en="HIGH"),
    }
)

DANGER: Final[Mapping[DangerClass, Wording]] = MappingProxyType(
    {
        DangerClass.PROTECTED_PERSON: Wording(sv="annan skyddsperson", en="other protected person"),
        DangerClass.GROUP: Wording(sv="gruppnärvaro", en="presence of a group"),
        DangerClass.THREAT_ACTOR: Wording(sv="namngiven hotaktör", en="named threat actor"),
        DangerClass.REUNION: Wording(sv="återförening", en="reunion"),
        DangerClass.NONE_KNOWN: Wording(sv="ingen känd koppling", en="no known tie"),
    }
)

NOTICE: Final[Mapping[Notice, Wording]] = MappingProxyType(
    {
        Notice.NO_THREAT: Wording(
            sv="Ingen hotbild är angiven: pröva först den egna kommunens ordinarie insatser.",
            en="No threat is stated: try the regular services of the own municipality first.",
        ),
        Notice.UNKNOWN_SUBJECT: Wording(
            sv="Personen är i stort sett okänd här: bandet är höjt tills en namngiven analytiker "
            "bedömt saken.",
            en="Little is known of the person here: the band is raised until a named analyst "
            "has judged it.",
        ),
        Notice.UNKNOWN_HOUSEHOLD: Wording(
            sv="Någon i hushållet är i stort sett okänd här: bandet är höjt tills en namngiven "
            "analytiker bedömt saken.",
            en="Little is known of somebody in the household: the band is raised until a named "
            "analyst has judged it.",
        ),
        Notice.DIVIDED_HOUSEHOLD: Wording(
            sv="Inom hushållet finns en känd fiendskap: pröva om de alls ska bo tillsammans.",
            en="There is a known enmity inside the household: judge whether they should live "
            "together at all.",
        ),
        Notice.ACUTE: Wording(
            sv="Akut ärende: förslaget gäller varaktig placering, inte skyddet i natt.",
            en="Acute case: this proposes a lasting placement, not protection tonight.",
        ),
        Notice.NOT_ALONE: Wording(
            sv="Personen klarar inte att bo ensam: stöd på plats är ej kontrollerat.",
            en="The person does not manage alone: support at the place is not checked.",
        ),
        Notice.SINGLE_USER: Wording(
            sv="Enanvändarregister för prov: ingen andra person har godkänt något.",
            en="Single-user register for trials: nobody else has approved anything.",
        ),
        Notice.LAWYER: Wording(
            sv="Barn berörs: reglerna om barn i skyddat boende ska kontrolleras av en jurist.",
            en="Children are concerned: the rules on children in protected housing are to be "
            "checked by a lawyer.",
        ),
        Notice.OTHERS_REMAIN: Wording(
            sv="Andra konflikter kan finnas kvar utöver den som visas.",
            en="Other conflicts than the one shown may remain.",
        ),
    }
)

_BESIDES_RULES: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "ceiling": Wording(
            sv="Personens egen risk skulle överstiga taket.",
            en="The person's own risk would pass the ceiling.",
        ),
        "fixed": Wording(
            sv="En redan placerad person bor kvar.", en="A person already placed stays."
        ),
    }
)

TOPIC: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "needs": Wording(sv="behov", en="needs"),
        "same_provider": Wording(sv="samma vårdgivare", en="same care provider"),
        "child": Wording(sv="barn", en="children"),
        "presence": Wording(sv="gruppnärvaro", en="presence of groups"),
        "threat_actor": Wording(sv="hotaktörer", en="threat actors"),
        "health_region": Wording(sv="vårdregion", en="health-care region"),
    }
)
"""What a rule is about, for a column of things not checked."""

LEVEL: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "worst_band": Wording(sv="högsta band", en="worst band"),
        "total": Wording(sv="samlad risk", en="total risk"),
        "moves": Wording(sv="flyttar och önskemål", en="moves and preferences"),
    }
)

PROPOSAL_ONLY: Final = Wording(
    sv="Förslag, inget beslut: en namngiven person beslutar.",
    en="A proposal, no decision: a named person decides.",
)
UNCHECKED: Final = Wording(sv="ej kontrollerat", en="not checked")


def rule_wording(code: str, language: Language) -> str:
    """The reason that a code stands for; a code of nobody's stays as it is.

    Examples
    --------
    >>> rule_wording("ceiling", Language.SWEDISH)
    'Personens egen risk skulle överstiga taket.'
    """
    for rule in RULES:
        if rule.code == code:
            return rule.wording.in_language(language)
    besides = _BESIDES_RULES.get(code)
    return code if besides is None else besides.in_language(language)


def known_records(records: KnownRecords, language: Language) -> str:
    """How much stands behind an answer, and how old it is.

    Examples
    --------
    >>> from datetime import date
    >>> known_records(KnownRecords(graded_ties=3, latest=date(2026, 8, 2)), Language.SWEDISH)
    '3 uppgifter, senaste 2026-08'
    >>> known_records(KnownRecords(graded_ties=0, latest=None), Language.ENGLISH)
    '0 records'
    """
    count = records.graded_ties
    swedish = language is Language.SWEDISH
    if swedish:
        told = f"{count} uppgift" if count == 1 else f"{count} uppgifter"
    else:
        told = f"{count} record" if count == 1 else f"{count} records"
    if records.latest is None:
        return told
    return f"{told}, {'senaste' if swedish else 'latest'} {records.latest:%Y-%m}"


def danger(nearest: Danger, records: KnownRecords, language: Language) -> str:
    """The nearest danger as class and band, or that none is known and from how many records.

    Examples
    --------
    >>> none = Danger(kind=DangerClass.NONE_KNOWN, band=Band.LOW)
    >>> danger(none, KnownRecords(graded_ties=0, latest=None), Language.SWEDISH)
    'ingen känd koppling (0 uppgifter)'
    """
    told = DANGER[nearest.kind].in_language(language)
    if nearest.kind is DangerClass.NONE_KNOWN:
        return f"{told} ({known_records(records, language)})"
    return f"{told}, {BAND[nearest.band].in_language(language)}"


def chance(risk: float, language: Language) -> str:
    """A chance per year as a percentage and as one in so many; never nothing at all.

    Examples
    --------
    >>> chance(0.0125, Language.SWEDISH)
    '1,25 % (1 på 80)'
    >>> chance(0.0, Language.ENGLISH)
    'below 0.0001 % (less than 1 in 1,000,000)'
    >>> chance(0.00042, Language.ENGLISH)
    '0.04 % (1 in 2,300)'
    """
    swedish = language is Language.SWEDISH
    one_in = "1 på" if swedish else "1 in"
    if risk < 1e-6:
        told = f"{'under' if swedish else 'below'} 0.0001 %"
        odds = f"{'mindre än' if swedish else 'less than'} {one_in} {_thousands(10**6, swedish)}"
    else:
        told = f"{_percent(100 * risk)} %"
        odds = f"{one_in} {_thousands(_two_digits(1 / risk), swedish)}"
    return f"{told.replace('.', ',') if swedish else told} ({odds})"


def unchecked(codes: tuple[str, ...], language: Language) -> str:
    """What could not be checked at a place for want of data; it never counts as met."""
    topics = ((code, TOPIC.get(code)) for code in codes)
    return ", ".join(
        code if topic is None else topic.in_language(language) for code, topic in topics
    )


def _percent(percent: float) -> str:
    """Two decimals, or as many as it takes for one above nought."""
    return f"{percent:.2f}" if percent >= 0.01 else f"{percent:.5f}".rstrip("0")


def _two_digits(odds: float) -> int:
    """Rounded down to two digits: more would be pretended, fewer of so many is the safe side."""
    step = int("1" + "0" * max(0, len(str(int(odds))) - 2))
    return max(1, int(odds) // step * step)


def _thousands(number: int, swedish: bool) -> str:
    grouped = f"{number:,}"
    return grouped.replace(",", "\N{NO-BREAK SPACE}") if swedish else grouped
