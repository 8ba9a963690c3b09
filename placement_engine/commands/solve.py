"""``placement solve``: an answer to a problem file, without register, network or geography."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.inputs import read_bytes
from placement_engine.commands.options import OUTPUT, SEARCH, Run, shared
from placement_engine.errors import UsageError

if TYPE_CHECKING:
    from placement_engine.problem import PlacementProblem
    from placement_engine.report.bodies import Alternative
    from placement_engine.solver import Proposed


@shared(SEARCH, OUTPUT)
def solve(
    run: Run,
    problem_file: Annotated[
        str, typer.Argument(metavar="PROBLEM", help="problem.json; - is standard input.")
    ],
    *,
    alternatives: Annotated[
        int,
        typer.Option("--alternatives", metavar="K", help="Other sites for each subject."),
    ] = 0,
) -> int:
    """Solve a problem; exit 0 with a checked plan, 3 with a confirmed conflict, 4 undecided."""
    from placement_engine.commands.search import exit_code
    from placement_engine.problem_json import read_problem
    from placement_engine.report.outcome_page import outcome_body, outcome_page
    from placement_engine.solver import Proposed
    from placement_engine.solver import solve as solve_problem

    if alternatives < 0:
        raise UsageError("--alternatives is out of range.")
    limits = run.limits()
    problem = read_problem(read_bytes(problem_file))
    answer = solve_problem(
        problem, limits=limits, seed=run.options["seed"], workers=run.options["workers"]
    )
    others = (
        _alternatives(problem, answer, alternatives)
        if alternatives and isinstance(answer, Proposed)
        else ()
    )
    body = outcome_body(problem, answer, others)
    run.output.result(body, outcome_page(body, run.language))
    return exit_code(body.status, interrupted=body.interrupted)


def _alternatives(problem: PlacementProblem, plan: Proposed, count: int) -> tuple[Alternative, ...]:
    """For each movable subject up to `count` other sites, best first, the others staying."""
    from placement_engine.report.bodies import Alternative
    from placement_engine.solver import choices

    found = []
    for k, subject in enumerate(problem.subjects):
        if k in problem.fixed:
            continue
        # The first choice is the plan's own site.
        for choice in choices(problem, plan, k, count=count + 1, apart_m=0)[1:]:
            sites = list(plan.assignment)
            sites[k] = choice.site
            found.append(
                Alternative(
                    subject=subject.id,
                    site=problem.sites[choice.site],
                    assignment={
                        one.id: problem.sites[site]
                        for one, site in zip(problem.subjects, sites, strict=True)
                    },
                    objective_micronats=plan.objective + choice.delta,
                    share_micronats=choice.share,
                )
            )
    return tuple(found)
