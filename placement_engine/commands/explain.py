"""``placement explain``: why a case was answered as it was, by reason class, without places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import CaseId

if TYPE_CHECKING:
    from placement_engine.proposal.decision import StoredProposal
    from placement_engine.proposal.outcome import Notice
    from placement_engine.report.bodies import ExplanationBody


@shared(REGISTER, MODEL, OUTPUT)
def explain(
    run: Run, case: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]
) -> None:
    """Explain the last proposal of a case; choices by number, no places."""
    from placement_engine.report.explanation_page import explanation_page

    with run.engine() as engine:
        body = _body(engine.explain(CaseId(case)), CaseId(case), run.notices(engine))
    run.output.result(body, explanation_page(body, run.language))


def _body(stored: StoredProposal, case: CaseId, notices: tuple[Notice, ...]) -> ExplanationBody:
    from placement_engine.report.bodies import ExplainedChoice, ExplanationBody

    proposal = stored.proposal
    own = next(one for one in proposal.cases if one.case == case)
    return ExplanationBody(
        case=case,
        state=stored.state,
        status=proposal.status,
        choices=tuple(
            ExplainedChoice(
                number=choice.number,
                band=choice.band,
                risk=choice.risk,
                danger=choice.danger,
                unchecked=choice.unchecked,
                changes_health_region=choice.changes_health_region,
            )
            for choice in own.choices
        ),
        excluded=own.excluded,
        considered=own.considered,
        remaining=own.remaining,
        graded_ties=own.records.graded_ties,
        latest=own.records.latest,
        conflict=proposal.conflict,
        notices=tuple(dict.fromkeys((*own.notices, *notices))),
    )
