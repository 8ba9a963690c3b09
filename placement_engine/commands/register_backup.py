"""``placement register backup`` and ``restore``: one file, for two keepers or more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from placement_engine.commands.opening import keys_of, open_with
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.commands.session import anchor_of
from placement_engine.vocabulary import Language


@shared(REGISTER, MODEL, OUTPUT)
def backup(
    run: Run,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup; is not overwritten.")],
    *,
    recipient: Annotated[
        list[str] | None,
        typer.Option("--recipient", metavar="AGE", help="Public key of age; at least two."),
    ] = None,
) -> None:
    """Write the register into one file that two keepers or more can open."""
    from placement_engine.register import keeping
    from placement_engine.register.location import open_store
    from placement_engine.report.keeper_bodies import BackupBody
    from placement_engine.report.page import line, page

    recipients = tuple(dict.fromkeys(recipient or ()))
    with run.opened() as register:
        notices = run.notices(register)
        store = open_store(run.register_location, read_only=True)
        try:
            records = keeping.back_up(register.desk, store, Path(file), recipients)
        finally:
            store.close()
    body = BackupBody(records=records, recipients=len(recipients), notices=notices)
    told = (
        f"Säkerhetskopian är skriven: {records} poster, för {len(recipients)} mottagare."
        if run.language is Language.SWEDISH
        else f"The backup is written: {records} records, for {len(recipients)} recipients."
    )
    run.output.result(body, page(line(told)))


@shared(REGISTER, MODEL, OUTPUT)
def restore(
    run: Run,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup.")],
    *,
    age_identity: Annotated[
        str, typer.Option("--age-identity", metavar="F", help="File of an age identity.")
    ],
) -> None:
    """Make a register from a backup, after every record of it was opened."""
    from placement_engine.commands.inputs import read_bytes
    from placement_engine.register import offices
    from placement_engine.register.backup import read_backup
    from placement_engine.register.backup import restore as restored
    from placement_engine.register.location import store_maker
    from placement_engine.register.recovery import RememberedKey
    from placement_engine.report.keeper_bodies import RestoreBody
    from placement_engine.report.page import line, page

    make = store_maker(run.register_location, os.urandom)
    anchor = anchor_of(run.settings)
    identities = read_bytes(age_identity).decode("utf-8", "replace").splitlines()
    content = read_backup(Path(file), identities)
    with keys_of(run) as keys:
        remembered = RememberedKey(keys)
        try:
            done = restored(content, remembered, make, anchor=anchor, entropy=os.urandom)
            accepted = anchor is None or done.behind == 0
            if accepted:  # otherwise the keeper who accepts it is noted
                with open_with(run, remembered) as register:
                    offices.authorise(register.desk, "restore")
        finally:
            remembered.wipe()
    body = RestoreBody(records=done.report.records, epoch=done.report.epoch, behind=done.behind)
    swedish = run.language is Language.SWEDISH
    lines = [
        f"Registret är återställt: {body.records} poster, epok {body.epoch}."
        if swedish
        else f"The register is restored: {body.records} records, epoch {body.epoch}."
    ]
    if not accepted:
        lines.append(
            "Ankaret har sett ett annat eller senare läge. En väktare godtar detta med: "
            "placement register anchor --reset."
            if swedish
            else "The anchor has seen another or a later state. A keeper accepts this one with: "
            "placement register anchor --reset."
        )
    run.output.result(body, page(*map(line, lines)))
