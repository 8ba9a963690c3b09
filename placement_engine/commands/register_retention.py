"""``placement register review`` and ``erase``: what is kept no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UsageError
from placement_engine.vocabulary import CaseId, Language, SubjectRef

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine

WHY = {"review": "omprövas", "expired": "ska gallras"}


@shared(REGISTER, MODEL, OUTPUT)
def review(run: Run) -> None:
    """List cases whose data are to be reviewed, or kept no longer; case ids alone."""
    from placement_engine.register.retention import review as due
    from placement_engine.report.keeper_bodies import ReviewBody, ReviewRow
    from placement_engine.report.page import Table, line, page, printable

    with run.engine() as engine:
        found = due(engine.register.desk, _subjects(engine), engine.policy.retention, engine.as_of)
        body = ReviewBody(
            cases=tuple(ReviewRow(case=case, due=why) for case, why in found.cases.items()),
            without_case=found.without_case,
            networks=found.networks,
            notices=run.notices(engine),
        )
    swedish = run.language is Language.SWEDISH
    columns = ("ärende", "varför") if swedish else ("case", "why")
    rows = tuple((printable(row.case), WHY[row.due] if swedish else row.due) for row in body.cases)
    told = (
        f"Utgångna placeringar utan ärende: {body.without_case}. "
        f"Utgångna underrättelser: {body.networks}."
        if swedish
        else f"Expired placements without a case: {body.without_case}. "
        f"Expired intelligence: {body.networks}."
    )
    run.output.result(body, page(Table(columns=columns, rows=rows), line(told)))


@shared(REGISTER, MODEL, OUTPUT)
def erase(
    run: Run,
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help="Cases to erase.")
    ] = None,
    *,
    expired: Annotated[
        bool, typer.Option("--expired", help="All that is kept no longer by the policy.")
    ] = False,
) -> None:
    """Destroy cases and their placements for good; prints a certificate."""
    from placement_engine.nightly.state import forget
    from placement_engine.register.retention import erase as destroyed
    from placement_engine.report.keeper_bodies import ErasureBody
    from placement_engine.report.page import line, page

    if bool(cases) is expired:
        raise UsageError("Give either CASE or --expired.")
    with run.engine() as engine:
        certificate = destroyed(
            engine.register.desk,
            [CaseId(case) for case in cases or ()],
            _subjects(engine),
            engine.as_of,
            expired=engine.policy.retention if expired else None,
            forget=forget,
        )
        body = ErasureBody(
            on=certificate.on,
            cases=certificate.cases,
            records=certificate.records,
            digest=certificate.digest,
            notices=run.notices(engine),
        )
    told = (
        f"Förstört {body.on}: {len(body.cases)} ärenden, {body.records} poster med sina nycklar. "
        f"Intyg: {body.digest}"
        if run.language is Language.SWEDISH
        else f"Destroyed {body.on}: {len(body.cases)} cases, {body.records} records with their "
        f"keys. Certificate: {body.digest}"
    )
    run.output.result(body, page(line(told)))


def _subjects(engine: PlacementEngine) -> dict[CaseId, SubjectRef]:
    """Of every case, whom it is about."""
    from placement_engine.cases.case import read_cases

    codes = frozenset(engine.geography.codes)
    read = [read_cases(raw, codes=codes)[0] for raw in engine.register.case_files().values()]
    return {case.id: case.subject for case in read}
