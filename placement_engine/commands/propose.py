"""``placement propose``: safe municipalities for one or several cases, together."""

from __future__ import annotations

from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, SEARCH, Run, shared
from placement_engine.vocabulary import CaseId


@shared(REGISTER, MODEL, SEARCH, OUTPUT)
def propose(
    run: Run,
    cases: Annotated[list[str], typer.Argument(metavar="CASE...", help="Cases, as one problem.")],
) -> int:
    """Propose municipalities for cases; nothing is decided."""
    from placement_engine.commands.search import exit_code

    run.check_limits()
    asked = [CaseId(case) for case in dict.fromkeys(cases)]
    pages = ("report.proposal_page", "report.documents")
    with run.engine(*pages) as engine, engine.register.desk.acting("propose", asked):
        proposal = engine.propose(
            asked,
            limits=run.limits(),
            seed=run.options["seed"],
            workers=run.options["workers"],
        )
    from placement_engine.report.proposal_page import proposal_page

    run.output.result(proposal, proposal_page(proposal, run.language))
    return exit_code(proposal.status, interrupted=proposal.interrupted)
