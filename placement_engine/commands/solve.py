"""``placement solve``: an answer to a problem file, without register, network or geography."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.inputs import read_bytes
from placement_engine.commands.options import OUTPUT, SEARCH, Run, shared
from placement_engine.errors import UsageError

if TYPE_CHECKING:
    from placement_engine.solver.alternatives import AlternativePlan
    from placement_engine.solver.relaxation import Relaxations

MOST_KM = 100_000.0
FIRST_SHARE = 0.6
"""Share of the time for the best plan where alternatives are asked for."""


@shared(SEARCH, OUTPUT)
def solve(
    run: Run,
    problem_file: Annotated[
        str, typer.Argument(metavar="PROBLEM", help="problem.json; - is standard input.")
    ],
    *,
    alternatives: Annotated[
        int,
        typer.Option("--alternatives", metavar="K", help="Plans that differ in kind."),
    ] = 0,
    apart_km: Annotated[
        float,
        typer.Option(
            "--apart", metavar="KM", help="How far somebody lives from every plan shown; 50."
        ),
    ] = 50.0,
    scenarios: Annotated[
        str | None,
        typer.Option("--scenarios", metavar="FILE", help="Mind the worst of these networks too."),
    ] = None,
) -> int:
    """Solve a problem; exit 0 with a checked plan, 3 with a confirmed conflict, 4 undecided."""
    from placement_engine.commands.search import exit_code
    from placement_engine.problem_json import read_problem
    from placement_engine.report.outcome_page import outcome_body, outcome_page
    from placement_engine.solver import NoSafePlacement, Proposed
    from placement_engine.solver import solve as solve_problem
    from placement_engine.solver.alternatives import alternatives as find_alternatives
    from placement_engine.solver.relaxation import relaxations

    if alternatives < 0:
        raise UsageError("--alternatives is out of range.")
    if not 0 <= apart_km < MOST_KM:
        raise UsageError("--apart is out of range.")
    if scenarios is not None:
        if alternatives:
            raise UsageError("--scenarios and --alternatives do not go together.")
        return _under_scenarios(run, problem_file, scenarios)
    start = monotonic()
    limits = run.limits()
    problem = read_problem(read_bytes(problem_file))
    seed, workers = run.options["seed"], run.options["workers"]
    first = limits
    if alternatives and limits.time_s is not None:
        first = replace(limits, time_s=FIRST_SHARE * limits.time_s)
    answer = solve_problem(problem, limits=first, seed=seed, workers=workers)
    rest = limits
    if limits.time_s is not None:
        rest = replace(limits, time_s=max(0.0, limits.time_s - (monotonic() - start)))
    others: tuple[AlternativePlan, ...] = ()
    lowered: Relaxations | None = None
    interrupted = False
    try:
        if alternatives and isinstance(answer, Proposed) and not answer.interrupted:
            others = find_alternatives(
                problem,
                answer,
                count=alternatives,
                apart_m=round(apart_km * 1000),
                limits=rest,
                seed=seed,
                workers=workers,
            )
        elif isinstance(answer, NoSafePlacement):
            lowered = relaxations(problem, limits=rest, seed=seed, workers=workers)
    except KeyboardInterrupt:
        interrupted = True  # what was found before is told all the same
    body = outcome_body(problem, answer, others, lowered)
    body = replace(body, interrupted=body.interrupted or interrupted)
    run.output.result(body, outcome_page(body, run.language))
    return exit_code(body.status, interrupted=body.interrupted)


def _under_scenarios(run: Run, problem_file: str, scenarios_file: str) -> int:
    from placement_engine.commands.search import exit_code
    from placement_engine.problem_json import read_problem
    from placement_engine.report.tail_page import tail_body, tail_page
    from placement_engine.solver.scenarios import read_scenarios
    from placement_engine.solver.tail import tail_plan

    problem = read_problem(read_bytes(problem_file))
    scenarios, aim = read_scenarios(read_bytes(scenarios_file), problem)
    answer = tail_plan(
        problem,
        scenarios,
        aim=aim,
        limits=run.limits(),
        seed=run.options["seed"],
        workers=run.options["workers"],
    )
    body = tail_body(problem, aim, answer)
    run.output.result(body, tail_page(body, run.language))
    return exit_code(body.status, interrupted=body.interrupted)
