"""``placement sensitivity``: which numbers of the policy the first choice hangs on."""

from __future__ import annotations

from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, SEARCH, Run, shared


@shared(REGISTER, MODEL, SEARCH, OUTPUT)
def sensitivity(
    run: Run,
    cases: Annotated[list[str], typer.Argument(metavar="CASE...", help="Cases, as one problem.")],
    *,
    number: Annotated[
        list[str] | None,
        typer.Option("--number", metavar="NAME", help="Only this number; may be repeated."),
    ] = None,
) -> None:
    """Tell if the first choice changes when a policy number is 50 % lower or higher."""
    from placement_engine.commands.search import asked_cases
    from placement_engine.errors import UsageError
    from placement_engine.geo import Geography, load_geography
    from placement_engine.policy import Policy
    from placement_engine.proposal import policy_numbers
    from placement_engine.proposal.sensitivity import first_choice
    from placement_engine.proposal.sensitivity import sensitivity as ask
    from placement_engine.report.sensitivity_page import sensitivity_page

    limits = run.limits()
    with run.engine() as engine:
        if number and set(number) - {name for name, _ in policy_numbers.numbers(engine.policy)}:
            raise UsageError(
                "--number names no number of the policy.", do="See: placement config show."
            )
        asked = asked_cases(engine, cases)

        def geography(policy: Policy) -> Geography:
            if policy.road.factor == engine.geography.road_factor:
                return engine.geography
            return load_geography(policy)

        answer = first_choice(
            engine.register,
            asked,
            geography=geography,
            as_of=engine.as_of,
            limits=limits,
            seed=run.options["seed"],
            workers=run.options["workers"],
        )
        body = ask(engine.policy, answer, numbers=number)
    run.output.result(body, sensitivity_page(body, run.language))
