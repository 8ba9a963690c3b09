"""``placement register``: who is placed where, encrypted, never told by municipality."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.inputs import read_ids
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import NotPermitted, UnknownReference, UsageError
from placement_engine.vocabulary import CaseId, Language

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine


@shared(REGISTER, MODEL, OUTPUT)
def init(
    run: Run,
    *,
    single_user: Annotated[
        bool, typer.Option("--single-user", help="For trials: nobody else approves anything.")
    ] = False,
) -> None:
    """Make a new, empty register; who makes it is its first keeper."""
    from placement_engine.commands.session import acting_user
    from placement_engine.register import Role, User, offices
    from placement_engine.report.bodies import RegisterBody
    from placement_engine.report.page import line, page

    if not single_user and run.settings["identity"].value is None:
        raise NotPermitted(
            "Nobody has shown a key who would be the register's first keeper.",
            unchanged="Nothing was made.",
            do="Give --identity FILE (see: placement register user identity), or --single-user "
            "for trials and tests; all output then says so.",
        )
    with run.opened(create=True, single_user=single_user) as register:
        session = register.desk.session
        if not single_user and session is not None and session.signer is not None:
            keeper = User(
                name=acting_user(run.settings),
                roles=frozenset({Role.KEEPER}),
                public=session.signer.public,
            )
            offices.add_user(register.desk, keeper)
        body = RegisterBody(
            created=True, single_user=register.single_user, notices=run.notices(register)
        )
    told = "Registret är skapat." if run.language is Language.SWEDISH else "The register is made."
    run.output.result(body, page(line(told)))


@shared(REGISTER, MODEL, OUTPUT)
def import_placements(
    run: Run,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="placements.csv; - is standard input.")
    ],
) -> None:
    """Import who is placed where; the file stays yours to destroy."""
    from placement_engine.commands.imports import import_result

    with run.engine() as engine:
        count = engine.import_placements(Path(file))
        notices = run.notices(engine)
    import_result(run, "placements", {"placements": count}, notices)
    run.output.note(
        "Filen är din att förstöra: programmet har inte kopierat den."
        if run.language is Language.SWEDISH
        else "The file is yours to destroy: the program has not copied it."
    )


@shared(REGISTER, MODEL, OUTPUT)
def list_cases(run: Run) -> None:
    """List cases by id and state; no municipality."""
    from placement_engine.report.bodies import CaseRow, CasesBody
    from placement_engine.report.explanation_page import state
    from placement_engine.report.page import Table, page

    with run.engine() as engine:
        body = CasesBody(
            cases=tuple(CaseRow(id=one.id, state=one.state) for one in engine.cases()),
            notices=run.notices(engine),
        )
    columns = ("ärende", "läge") if run.language is Language.SWEDISH else ("case", "state")
    rows = tuple((row.id, state(row.state, run.language)) for row in body.cases)
    run.output.result(body, page(Table(columns=columns, rows=rows)))


@shared(REGISTER, MODEL, OUTPUT)
def remove(
    run: Run,
    case: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="The case whose subject is placed.")
    ] = None,
    *,
    subjects: Annotated[
        str | None,
        typer.Option(
            "--subjects", metavar="FILE", help="Subjects, one a line; - is standard input."
        ),
    ] = None,
) -> None:
    """Remove the placements of a case's subject, or of listed subjects; it is recorded."""
    from placement_engine.report.bodies import RemovalBody
    from placement_engine.report.page import line, page

    if (case is None) is (subjects is None):
        raise UsageError("Give either CASE or --subjects FILE.")
    with run.engine() as engine:
        if case is not None:
            people = frozenset({str(engine.case(CaseId(case)).subject)})
        else:
            people = frozenset(read_ids(subjects or "-"))
        body = RemovalBody(removed=_remove(engine, people), notices=run.notices(engine))
    told = (
        f"Borttagna placeringar: {body.removed}."
        if run.language is Language.SWEDISH
        else f"Placements removed: {body.removed}."
    )
    run.output.result(body, page(line(told)))


def _remove(engine: PlacementEngine, people: frozenset[str]) -> int:
    found = [
        stored for stored in engine.register.placements() if stored.placement.subject in people
    ]
    missing = len(people) - len({stored.placement.subject for stored in found})
    if missing or not found:
        raise UnknownReference(
            f"{missing} of {len(people)} subjects have no placement.",
            unchanged="Nothing was removed.",
            do="Check the ids.",
        )
    engine.register.remove_placements([stored.id for stored in found], engine.as_of)
    return len(found)


@shared(REGISTER, MODEL, OUTPUT)
def verify(run: Run) -> None:
    """Check that no record was added, changed, swapped or removed."""
    from placement_engine.report.bodies import VerificationBody
    from placement_engine.report.page import line, page

    with run.engine() as engine:
        report = engine.verify()
        body = VerificationBody(
            intact=True,
            records=report.records,
            epoch=report.epoch,
            notices=run.notices(engine),
        )
    told = (
        f"Registret är helt: {body.records} poster, epok {body.epoch}."
        if run.language is Language.SWEDISH
        else f"The register is intact: {body.records} records, epoch {body.epoch}."
    )
    run.output.result(body, page(line(told)))
