"""``placement event add``: what people enter by hand for the night."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from placement_engine.commands.inputs import read_bytes
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import Language


@shared(REGISTER, MODEL, OUTPUT)
def add(
    run: Run,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="event.json; - is standard input.")
    ] = "-",
) -> None:
    """Enter a breach, such as a photo, or a threat actor's move; it may lie ahead."""
    from placement_engine.nightly.events import add_event
    from placement_engine.report.night_bodies import EventBody
    from placement_engine.report.page import line, page

    text = read_bytes(file)
    with run.engine() as engine:
        event = add_event(
            engine.register,
            text,
            codes=frozenset(engine.geography.codes),
            entropy=secrets.token_bytes,
        )
        body = EventBody(
            event=event.id, kind=event.kind.value, on=event.on, notices=run.notices(engine)
        )
    told = (
        f"Händelsen är införd: {event.id}. Nästa natt ser den."
        if run.language is Language.SWEDISH
        else f"The event is entered: {event.id}. The next night sees it."
    )
    run.output.result(body, page(line(told)))
