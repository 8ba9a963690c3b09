"""``placement register audit``: who did what, when and why; and proofs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.register.audit import Entry
    from placement_engine.report.register_bodies import EntryRow

ACTS = {
    "collection": "insamling",
    "change": "ändring",
    "read": "läsning",
    "disclosure": "utlämning",
    "combination": "sammanföring",
    "erasure": "radering",
    "log_read": "läsning av loggen",
    "refused": "avvisat",
}
"""The kinds in the words of brottsdatalagen."""


@shared(REGISTER, MODEL, OUTPUT)
def verify(run: Run) -> None:
    """Compute the log's tree anew and compare it with the head and with every witness."""
    from placement_engine.register import offices
    from placement_engine.report.page import line, page
    from placement_engine.report.register_bodies import AuditBody

    with run.opened() as register:
        report = offices.verify_log(register.desk)
        body = AuditBody(
            intact=True,
            entries=report.entries,
            root=report.root.hex(),
            witnesses=report.witnesses,
            set_back=report.set_back,
            verifier=report.verifier,
            notices=run.notices(register),
        )
    swedish = run.language is Language.SWEDISH
    told = (
        f"Loggen är hel: {body.entries} rader, {body.witnesses} vittnen stämmer."
        if swedish
        else f"The log is whole: {body.entries} entries, {body.witnesses} witnesses agree."
    )
    keys = "Loggens öppna nyckel: " if swedish else "Public key of the log: "
    lines = [line(told)] + ([line(keys + body.verifier)] if body.verifier else [])
    if body.set_back:
        clock = (
            f"Klockan gick bakåt vid {body.set_back} rader."
            if swedish
            else f"The clock went back at {body.set_back} entries."
        )
        lines.append(line(clock))
    run.output.result(body, page(*lines))


@shared(REGISTER, MODEL, OUTPUT)
def show(
    run: Run,
    *,
    case: Annotated[
        str | None, typer.Option("--case", metavar="CASE", help="Entries of one case alone.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="The last N entries alone.")
    ] = None,
) -> None:
    """Show the log; that it was read stands in it."""
    from placement_engine.register import offices
    from placement_engine.report.page import Table, page, printable
    from placement_engine.report.register_bodies import LogBody

    with run.opened() as register:
        entries = offices.read_log(register.desk)
        rows = [_row(number, entry) for number, entry in enumerate(entries, start=1)]
        if case is not None:
            rows = [row for row in rows if row.case == case]
        body = LogBody(entries=tuple(rows[-last:] if last else rows), notices=run.notices(register))
    swedish = run.language is Language.SWEDISH
    columns = (
        ("nr", "när", "vem", "roll", "slag", "anrop", "ärende", "ändamål")
        if swedish
        else ("no", "when", "who", "role", "kind", "call", "case", "purpose")
    )
    told = tuple(
        tuple(
            printable(word)
            for word in (
                str(row.number),
                "–" if row.at is None else f"{row.at:%Y-%m-%d %H:%M:%S}",
                row.who,
                row.role,
                ACTS[row.act] if swedish else row.act,
                row.call,
                row.case,
                row.purpose,
            )
        )
        for row in body.entries
    )
    run.output.result(body, page(Table(columns=columns, rows=told, right=frozenset({0}))))


@shared(REGISTER, MODEL, OUTPUT)
def prove(
    run: Run, number: Annotated[int, typer.Argument(metavar="N", help="Number of the entry.")]
) -> None:
    """Prove that an entry is in the log, to somebody who has no key."""
    from base64 import b64encode

    from placement_engine.register import offices
    from placement_engine.report.page import line, page
    from placement_engine.report.register_bodies import ProofBody

    with run.opened() as register:
        proof, note, verifier = offices.prove(register.desk, number)
        body = ProofBody(
            leaf=b64encode(proof.leaf).decode(),
            index=proof.index,
            size=proof.size,
            path=tuple(b64encode(step).decode() for step in proof.path),
            checkpoint=note.decode(),
            verifier=verifier,
            notices=run.notices(register),
        )
    lines = (
        f"leaf {body.leaf}",
        f"index {body.index} size {body.size}",
        *(f"path {step}" for step in body.path),
        *body.checkpoint.rstrip("\n").split("\n"),
        f"key {body.verifier}",
    )
    run.output.result(body, page(*map(line, lines)))


def _row(number: int, entry: Entry) -> EntryRow:
    from placement_engine.report.register_bodies import EntryRow

    return EntryRow(
        number=number,
        at=entry.at,
        who=entry.who,
        role="" if entry.role is None else entry.role.value,
        purpose=entry.purpose,
        act=entry.act.value,
        call=entry.call,
        case=entry.case,
    )
