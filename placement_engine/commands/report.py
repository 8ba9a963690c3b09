"""``placement report``: the last proposal of a case as one HTML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UsageError
from placement_engine.vocabulary import CaseId, Language


@shared(REGISTER, MODEL, OUTPUT)
def report(
    run: Run,
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")],
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="A file that is not there.")],
) -> None:
    """Write the last proposal of a case as one HTML file, with a map."""
    from placement_engine.report.bodies import ReportBody
    from placement_engine.report.case_report import case_report
    from placement_engine.report.page import line, page

    case_id = CaseId(case)
    with run.engine() as engine:
        text = case_report(engine.explain(case_id), case_id, engine.geography, run.language)
        body = ReportBody(case=case, file=out, notices=run.notices(engine))
    _write(Path(out), text)
    told = (
        f"Rapporten för ärende {case} är skriven. Den nämner kommuner: förvara den därefter."
        if run.language is Language.SWEDISH
        else f"The report on case {case} is written. It names municipalities: keep it accordingly."
    )
    run.output.result(body, page(line(told)))


def _write(path: Path, text: str) -> None:
    """Write a new file that only its owner may read."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise UsageError(
            f"--out: {reason}.", do="Name a file that is not there, in a folder you may write to."
        ) from None
