"""``placement config``: the settings in force and where each came from."""

from __future__ import annotations

from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import Language


@shared(REGISTER, MODEL, OUTPUT)
def show(
    run: Run,
    *,
    origin: Annotated[
        bool, typer.Option("--origin", help="Tell where each setting came from.")
    ] = False,
) -> None:
    """Show the settings in force; never a secret."""
    from placement_engine.report.bodies import ConfigBody, SettingRow
    from placement_engine.report.page import Table, page

    swedish = run.language is Language.SWEDISH
    body = ConfigBody(
        settings=tuple(
            SettingRow(name=s.name, value=s.shown, origin=s.origin) for s in run.settings.values()
        )
    )
    columns = ("inställning", "värde", "från") if swedish else ("setting", "value", "from")
    rows = tuple((row.name, row.value or "–", row.origin) for row in body.settings)
    width = 3 if origin else 2
    table = Table(columns=columns[:width], rows=tuple(row[:width] for row in rows))
    run.output.result(body, page(table))
