"""``placement alerts message``: from owner to owner about one alert, in their own words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import InvalidInput
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.register import Register
    from placement_engine.report.register_bodies import MessagesBody

Alert = Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert.")]


@shared(REGISTER, MODEL, OUTPUT)
def message(
    run: Run,
    alert: Alert,
    *,
    days: Annotated[
        int, typer.Option("--days", metavar="N", help="It ends after this time; default 30.")
    ] = 30,
) -> None:
    """Write to the other owner of an alert, or answer; the text is read from standard input."""
    from placement_engine.register import messages

    text = _read()
    with run.opened() as register:
        messages.send(register.desk, alert, text, days=days)
        body = _body(run, register, alert)
    _tell(run, body)


@shared(REGISTER, MODEL, OUTPUT)
def read(run: Run, alert: Alert) -> None:
    """Read what was written about an alert and has not ended."""
    with run.opened() as register:
        body = _body(run, register, alert)
    _tell(run, body)


def _read() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise InvalidInput("The message is not UTF-8.", unchanged="Nothing was sent.") from None


def _body(run: Run, register: Register, alert: str) -> MessagesBody:
    from placement_engine.register import messages
    from placement_engine.report.register_bodies import MessageRow, MessagesBody

    return MessagesBody(
        alert=alert,
        messages=tuple(
            MessageRow(own=one.own, sent=one.sent, expires=one.expires, text=one.text)
            for one in messages.read(register.desk, alert)
        ),
        notices=run.notices(register),
    )


def _tell(run: Run, body: MessagesBody) -> None:
    from placement_engine.report.page import Page, line, printable

    swedish = run.language is Language.SWEDISH
    lines = []
    for one in body.messages:
        who = ("du" if one.own else "den andra") if swedish else ("you" if one.own else "the other")
        lines.append(line(f"{one.sent:%Y-%m-%d %H:%M} {who}", strong=True))
        lines += [line(printable(row)) for row in one.text.splitlines()]
    run.output.result(body, Page(blocks=tuple(lines)))
