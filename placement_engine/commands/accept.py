"""``placement accept``: a named person decides, and the register is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.commands.session import acting_user
from placement_engine.errors import UsageError
from placement_engine.vocabulary import CaseId, Language, ProviderId

if TYPE_CHECKING:
    from placement_engine.report.bodies import DecisionBody


@shared(REGISTER, MODEL, OUTPUT)
def accept(
    run: Run,
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")],
    *,
    choice: Annotated[
        int | None, typer.Option("--choice", metavar="N", help="Number of a proposed choice.")
    ] = None,
    override: Annotated[
        bool,
        typer.Option(
            "--override",
            help="Decide otherwise: code on line 1 of standard input, then the reason.",
        ),
    ] = False,
    provider: Annotated[
        str | None,
        typer.Option("--provider", metavar="ID", help="Pseudonym of the care provider."),
    ] = None,
    editor: Annotated[
        bool, typer.Option("--editor", help="Write the override in an editor.")
    ] = False,
) -> None:
    """Record what a named person decided in a case."""
    from placement_engine.commands.override import read_override
    from placement_engine.report.bodies import DecisionBody
    from placement_engine.report.page import line, page

    if (choice is None) is not override:
        raise UsageError("Give either --choice N or --override.")
    if editor and not override:
        raise UsageError("--editor goes with --override.")
    who = acting_user(run.settings)
    other = read_override(language=run.language, editor=editor) if override else None
    housed_by = None if provider is None else _pseudonym(provider)
    with run.engine() as engine:
        if other is not None:
            decision = engine.override(CaseId(case), *other, decided_by=who, provider=housed_by)
        else:
            assert choice is not None
            decision = engine.accept(CaseId(case), choice, decided_by=who, provider=housed_by)
        body = DecisionBody(
            case=decision.case,
            kind=decision.kind.value,
            choice=decision.choice,
            decided_by=who,
            notices=run.notices(engine),
        )
    run.output.result(body, page(line(_told(body, run.language))))


def _pseudonym(provider: str) -> ProviderId:
    from placement_engine.intelligence.ids import id_problem

    problem = id_problem(provider)
    if problem:
        raise UsageError(f"--provider {problem}.")
    return ProviderId(provider)


def _told(body: DecisionBody, language: Language) -> str:
    if language is Language.SWEDISH:
        what = "annat än förslaget" if body.choice is None else f"val {body.choice}"
        return f"Ärende {body.case}: {what} är infört i registret. Beslutat av {body.decided_by}."
    what = "otherwise than proposed" if body.choice is None else f"choice {body.choice}"
    return f"Case {body.case}: {what} is written to the register. Decided by {body.decided_by}."
