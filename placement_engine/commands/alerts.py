"""``placement alerts``: who must look, until somebody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.inputs import read_ids
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UsageError
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.nightly.alerts import Alert

Owner = Annotated[
    str | None, typer.Option("--owner", metavar="UNIT", help="Only those of one handling unit.")
]


@shared(REGISTER, MODEL, OUTPUT)
def list_alerts(
    run: Run,
    *,
    owner: Owner = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
) -> None:
    """List alerts, the most urgent first."""
    from placement_engine.nightly.telling import alerts_body
    from placement_engine.report.night_page import alerts_page

    with run.engine() as engine:
        alerts = {
            key: alert
            for key, alert in _alerts(engine).items()
            if owner is None or alert.owner == owner
        }
        body = alerts_body(alerts, everything=everything, notices=run.notices(engine))
    run.output.result(body, alerts_page(body, run.language))


@shared(REGISTER, MODEL, OUTPUT)
def show(
    run: Run,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert.")],
) -> None:
    """Show one alert to its owner: the own subject, never the other one."""
    from placement_engine.nightly.alerts import find
    from placement_engine.nightly.facts import last_night
    from placement_engine.nightly.telling import alert_body
    from placement_engine.report.night_page import alert_page

    with run.engine() as engine:
        found = find(_alerts(engine), alert)
        body = alert_body(
            found,
            last_night(engine.register),
            notices=run.notices(engine),
        )
    run.output.result(body, alert_page(body, run.language))


@shared(REGISTER, MODEL, OUTPUT)
def ack(
    run: Run,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert.")],
    *,
    by: Annotated[
        str, typer.Option("--by", metavar="FILE", help="Who takes it on; - is standard input.")
    ] = "-",
) -> None:
    """Take an alert on: the night is silent about it until it gets worse."""
    from placement_engine.nightly.alerts import acknowledge
    from placement_engine.nightly.telling import alerts_body
    from placement_engine.report.night_page import alerts_page
    from placement_engine.report.page import Page, line

    named = tuple(read_ids(by))
    if len(named) != 1:
        raise UsageError(
            "Exactly one name is needed.", unchanged="Nothing was written.", do="Write one line."
        )
    with run.engine() as engine:
        taken = acknowledge(engine.register, alert, by=named[0], on=engine.as_of)
        body = alerts_body({taken.id: taken}, everything=True, notices=run.notices(engine))
    told = "Larmet är kvitterat." if run.language is Language.SWEDISH else "The alert is taken on."
    drawn = alerts_page(body, run.language)
    run.output.result(body, Page(blocks=(line(told), *drawn.blocks)))


def _alerts(engine: PlacementEngine) -> dict[str, Alert]:
    from placement_engine.nightly.alerts import read_alerts
    from placement_engine.register import DocumentKind

    return read_alerts(engine.register.entries(DocumentKind.ALERT))
