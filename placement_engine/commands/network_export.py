"""``placement network export``: what is known, for programs that draw and analyse it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placement_engine.commands.imports import SWEDISH
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.commands.phrases import say
from placement_engine.vocabulary import Language, NetworkFormat


@shared(REGISTER, MODEL, OUTPUT)
def export_network(
    run: Run,
    target: Annotated[
        str, typer.Argument(metavar="PATH", help="File, or folder, that is not there yet.")
    ],
    *,
    format_: Annotated[
        NetworkFormat | None,
        typer.Option(
            "--format", metavar="F", help="folder, anx, graphml or ftm; default by the name."
        ),
    ] = None,
    code: Annotated[
        list[str] | None,
        typer.Option(
            "--code", metavar="CODE", help="Handling code whose ties are written too; else none."
        ),
    ] = None,
) -> None:
    """Export intelligence, unencrypted; ties with a handling code are left out and counted."""
    from placement_engine.intelligence.formats import format_of
    from placement_engine.intelligence.formats.rows import without_codes
    from placement_engine.intelligence.formats.writing import may_be_written, write_network
    from placement_engine.register.offices import authorise
    from placement_engine.report.bodies import ExportBody
    from placement_engine.report.page import line, page

    kind = format_ or format_of(Path(target))
    may_be_written(Path(target), kind)
    with run.engine() as engine:
        network, withheld = without_codes(engine.register.network(), code or ())
        # What two sign is this very content in this format.
        told = [kind.value.encode(), network.content_hash.encode()]
        authorise(engine.register.desk, "export", told)
        write_network(network, Path(target), kind)
        notices = run.notices(engine)
    body = ExportBody(
        format=kind.value,
        rows={
            "persons": network.person_count,
            "groups": network.group_count,
            "ties": network.tie_count,
            "presences": network.presence_count,
        },
        withheld_ties=withheld.ties,
        withheld_nodes=withheld.nodes,
        notices=notices,
    )
    words = SWEDISH if run.language is Language.SWEDISH else {name: name for name in body.rows}
    counts = ", ".join(f"{count} {words[name]}" for name, count in body.rows.items())
    lines = [say(run.language, "exported", counts=counts)]
    if withheld.ties:
        lines.append(say(run.language, "withheld", ties=withheld.ties, nodes=withheld.nodes))
    run.output.note(say(run.language, "plain_text"))
    run.output.result(body, page(*(line(text) for text in lines)))
