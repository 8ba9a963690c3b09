"""What the commands themselves say, in Swedish and English, apart from outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.vocabulary import Language

PHRASES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "error": ("fel", "error"),
        "note": ("obs", "note"),
        "see_help": ("Se: {command} --help", "See: {command} --help"),
        "no_command": ("Kommandot saknas.", "The command is missing."),
        "unknown_command": ("Det kommandot finns inte.", "There is no such command."),
        "unknown_option": ("Det valet finns inte här.", "There is no such option here."),
        "missing": ("{what} saknas.", "{what} is missing."),
        "bad_value": ("{what}: värdet går inte att använda.", "{what}: the value cannot be used."),
        "bad_usage": (
            "Kommandot är skrivet så att det inte kan köras.",
            "The command is written in a way that cannot be run.",
        ),
        "unexpected": (
            "Ett oväntat fel ({kind}) i {where}. Inget mer visas, eftersom mer kunde röja "
            "uppgifter.",
            "An unexpected error ({kind}) in {where}. The fault is ours. No more is shown, since "
            "more could reveal facts.",
        ),
        "unknown_ids": (
            "{unknown} av {asked} id är inte kända i nätverket.",
            "{unknown} of {asked} ids are not known in the network.",
        ),
        "exported": ("Skrivet: {counts}.", "Written: {counts}."),
        "withheld": (
            "Utelämnat: {ties} kopplingar med hanteringskod som inte angavs, och {nodes} personer "
            "och grupper som bara de nämner.",
            "Left out: {ties} ties with a handling code that was not given, and {nodes} persons "
            "and groups that they alone mention.",
        ),
        "plain_text": (
            "Filen är inte krypterad. Förstör den när den inte behövs.",
            "The file is not encrypted. Destroy it when it is not needed.",
        ),
        "interrupted": ("Avbrutet innan det fanns ett svar.", "Interrupted before an answer."),
        "single_user": (
            "Enanvändarregister för prov: ingen andra person godkänner något.",
            "Single-user register for trials: nobody else approves anything.",
        ),
        "passphrase": ("Lösenfras: ", "Passphrase: "),
        "passphrase_again": ("Lösenfras igen: ", "Passphrase again: "),
        "identity_passphrase": (
            "Lösenfras för din privata nyckel: ",
            "Passphrase of your private key: ",
        ),
        "identity_passphrase_again": ("Samma igen: ", "The same again: "),
    }
)
"""Key to (Swedish, English)."""

BY_CODE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PE-0100": "Felet är vårt.",
        "PE-0200": "Kommandot kan inte köras så.",
        "PE-0300": "Avbrutet.",
        "PE-1000": "Indata är fel.",
        "PE-1010": "Filen avvisades.",
        "PE-1020": "Problemet motsäger sig självt.",
        "PE-1030": "Ärendet går inte att använda.",
        "PE-1040": "Samtycke eller villkor saknas, så inget beräknas.",
        "PE-1050": "Det som pekas ut är inte känt här.",
        "PE-1060": "Förslaget gäller inte längre.",
        "PE-1080": "Det går inte att bedöma så.",
        "PE-1100": "Regelverket är fel.",
        "PE-1110": "Inställningarna saknas eller motsäger varandra.",
        "PE-1120": "Kommundata är ofullständiga eller ändrade.",
        "PE-1130": "Ett bibliotek som behövs är inte installerat.",
        "PE-1200": "Registret är upptaget eller går inte att nå.",
        "PE-1210": "Registret är skrivet av en senare version av programmet.",
        "PE-1300": "Nyckeln är fel eller saknas.",
        "PE-1400": "Registret är ändrat utanför programmet.",
        "PE-1500": "Det är inte tillåtet.",
        "PE-1510": "En andra person måste godkänna först.",
    }
)
"""What an error code means, in Swedish; the details follow in the error's own words."""


def say(language: Language, key: str, **fields: object) -> str:
    """The phrase `key` with its fields filled in.

    Examples
    --------
    >>> say(Language.ENGLISH, "missing", what="CASE")
    'CASE is missing.'
    """
    swedish, english = PHRASES[key]
    return (swedish if language is Language.SWEDISH else english).format(**fields)
