"""``placement help``: what the program says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from placement_engine.commands.options import OUTPUT, Run, shared
from placement_engine.errors import EXIT_CODES
from placement_engine.vocabulary import Language

SWEDISH: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "klart",
        1: "felet är vårt (även status faulted)",
        2: "fel användning",
        3: "ingen säker placering (bekräftat; för flera ärenden: ingen gemensam)",
        4: "obesvarat inom den tid som gavs",
        5: "kollisioner funna",
        10: "indata felaktiga",
        11: "inställningar",
        12: "registret upptaget eller otillgängligt",
        13: "nyckeln fel eller saknas",
        14: "registret är ändrat utanför programmet",
        15: "inte tillåtet",
        130: "avbrutet (bästa kontrollerade svar skrivet, märkt så)",
    }
)


@shared(OUTPUT)
def exit_codes(run: Run) -> None:
    """List every exit code of the program."""
    from placement_engine.report.bodies import ExitCodeRow, ExitCodesBody
    from placement_engine.report.page import Table, page

    swedish = run.language is Language.SWEDISH
    meanings = SWEDISH if swedish else EXIT_CODES
    body = ExitCodesBody(
        exit_codes=tuple(ExitCodeRow(code=code, meaning=meanings[code]) for code in EXIT_CODES)
    )
    table = Table(
        columns=("kod", "betyder") if swedish else ("code", "means"),
        rows=tuple((str(row.code), row.meaning) for row in body.exit_codes),
        right=frozenset({0}),
    )
    run.output.result(body, page(table))
