"""``placement case``: placement questions as they were entered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from placement_engine.commands.inputs import read_bytes
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import CaseId, Language


@shared(REGISTER, MODEL, OUTPUT)
def add(
    run: Run,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="case.json or JSON lines; - is standard input.")
    ],
) -> None:
    """Add cases; one of the same id is replaced."""
    from placement_engine.report.bodies import CaseRow, CasesBody
    from placement_engine.report.page import Page, line

    with run.engine() as engine:
        added = engine.add_cases(read_bytes(file))
        states = {summary.id: summary.state for summary in engine.cases()}
        body = CasesBody(
            cases=tuple(CaseRow(id=case, state=states[case]) for case in added),
            notices=run.notices(engine),
        )
    told = "Tillagt" if run.language is Language.SWEDISH else "Added"
    run.output.result(body, Page(blocks=tuple(line(f"{told}: {case}") for case in added)))


@shared(REGISTER, MODEL, OUTPUT)
def show(
    run: Run, case: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]
) -> None:
    """Show a case as it was entered; never where anybody is placed."""
    from placement_engine.cases.case import case_json
    from placement_engine.report.page import Table, page

    with run.engine() as engine:
        document = case_json(engine.case(CaseId(case)))
    if run.output.as_json:
        run.output.document(document)
        return
    columns = ("uppgift", "värde") if run.language is Language.SWEDISH else ("field", "value")
    rows = tuple((name, _told(value)) for name, value in document.items())
    run.output.page(page(Table(columns=columns, rows=rows)))


def _told(value: Any) -> str:
    """One value of the document on one line."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
