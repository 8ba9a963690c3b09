"""``placement facilities``: what places offer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared


@shared(REGISTER, MODEL, OUTPUT)
def import_facilities(
    run: Run,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="facilities.csv; - is standard input.")
    ],
) -> None:
    """Import what places offer; replaces what was known."""
    from placement_engine.commands.imports import import_result

    with run.engine() as engine:
        count = engine.import_facilities(Path(file))
        notices = run.notices(engine)
    import_result(run, "facilities", {"facilities": count}, notices)
