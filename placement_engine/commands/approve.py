"""``placement approve``: the second of two signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.register.requests import Request
    from placement_engine.report.register_bodies import RequestRow


@shared(REGISTER, MODEL, OUTPUT)
def approve(
    run: Run,
    request: Annotated[
        str | None,
        typer.Argument(metavar="[REQUEST]", help="The request; without one, list what waits."),
    ] = None,
    *,
    anchor_refused: Annotated[
        bool,
        typer.Option(
            "--anchor-refused",
            help="Open a register that its anchor refuses, to sign its anchor --reset alone.",
        ),
    ] = False,
) -> None:
    """Sign what somebody else asks for; or list the requests that wait."""
    from placement_engine.register import offices
    from placement_engine.report.page import Table, line, page, printable
    from placement_engine.report.register_bodies import RequestsBody

    with run.opened(anchored=not anchor_refused) as register:
        desk = register.desk
        only = "reset_anchor" if anchor_refused else ""
        found = (offices.approve(desk, request, alone=only),) if request else offices.waiting(desk)
        body = RequestsBody(requests=tuple(map(_row, found)), notices=run.notices(register))
    swedish = run.language is Language.SWEDISH
    if request:
        told = f"{request}: godkänd." if swedish else f"{request}: approved."
        run.output.result(body, page(line(printable(told))))
        return
    columns = (
        ("begäran", "åtgärd", "ärende", "av", "gäller till")
        if swedish
        else ("request", "operation", "case", "by", "holds until")
    )
    rows = tuple(
        (
            row.id,
            row.operation,
            printable(", ".join(row.cases)),
            printable(row.by),
            f"{row.expires:%Y-%m-%d %H:%M}",
        )
        for row in body.requests
    )
    run.output.result(body, page(Table(columns=columns, rows=rows)))


def _row(request: Request) -> RequestRow:
    from datetime import datetime

    from placement_engine.report.register_bodies import RequestRow

    return RequestRow(
        id=request.id,
        operation=request.operation,
        cases=request.cases,
        by=request.by,
        asked=datetime.fromisoformat(request.asked),
        expires=datetime.fromisoformat(request.expires),
        approver=request.approver,
    )
