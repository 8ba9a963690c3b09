"""``placement uncertainty``: whether the first choice still holds if the network is wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, SEARCH, Run, shared

MOST_WORLDS = 10_000
PERCENT = 100


@shared(REGISTER, MODEL, SEARCH, OUTPUT)
def uncertainty(
    run: Run,
    cases: Annotated[list[str], typer.Argument(metavar="CASE...", help="Cases, as one problem.")],
    *,
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", help="How many worlds are drawn.")
    ] = 100,
    weight: Annotated[
        int, typer.Option("--weight", metavar="%", help="What the worst worlds weigh; 50.")
    ] = 50,
    tail: Annotated[
        int, typer.Option("--tail", metavar="%", help="How many worlds are the worst; 5.")
    ] = 5,
) -> int:
    """Tell if the first choice changes when the worst that the network may hide counts too."""
    from placement_engine.cases.standing import observe
    from placement_engine.commands.search import asked_cases, exit_code
    from placement_engine.errors import UsageError
    from placement_engine.proposal.uncertainty import uncertainty as ask
    from placement_engine.report.uncertainty_page import uncertainty_page
    from placement_engine.solver.tail import Aim

    for name, value, least, most in (
        ("--worlds", worlds, 1, MOST_WORLDS),
        ("--weight", weight, 0, PERCENT),
        ("--tail", tail, 1, PERCENT),
    ):
        if not least <= value <= most:
            raise UsageError(f"{name} is out of range.")
    limits = run.limits()
    with run.engine() as engine:
        body = ask(
            observe(
                engine.register,
                policy=engine.policy,
                geography=engine.geography,
                as_of=engine.as_of,
            ),
            asked_cases(engine, cases),
            worlds=worlds,
            aim=Aim(weight_percent=weight, tail_percent=tail),
            limits=limits,
            seed=run.options["seed"],
            workers=run.options["workers"],
        )
    run.output.result(body, uncertainty_page(body, run.language))
    return exit_code(body.status, interrupted=body.interrupted)
