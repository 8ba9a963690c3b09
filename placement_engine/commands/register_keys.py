"""``placement register rotate`` and ``recovery``: new keys, and shares for the day of need."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement_engine.commands.opening import NewKeys, keys_of, open_with
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import InvalidInput, RegisterUnavailable
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.register import Register

NEW_KEY = (
    (
        "new_passphrase_file",
        Annotated[
            str | None,
            typer.Option("--new-passphrase-file", metavar="F", help="Read the new passphrase."),
        ],
        None,
    ),
    (
        "new_passphrase_fd",
        Annotated[
            int | None,
            typer.Option("--new-passphrase-fd", metavar="N", help="Read it from a descriptor."),
        ],
        None,
    ),
    (
        "new_passphrase_command",
        Annotated[
            str | None,
            typer.Option("--new-passphrase-command", metavar="C", help="Read it from a command."),
        ],
        None,
    ),
    (
        "new_pkcs11_module",
        Annotated[
            str | None,
            typer.Option("--new-pkcs11-module", metavar="LIB", help="New hardware module."),
        ],
        None,
    ),
    (
        "new_pkcs11_token",
        Annotated[
            str | None, typer.Option("--new-pkcs11-token", metavar="LABEL", help="Its token.")
        ],
        None,
    ),
    (
        "new_pkcs11_key",
        Annotated[
            str | None, typer.Option("--new-pkcs11-key", metavar="LABEL", help="Its new key.")
        ],
        None,
    ),
)
"""Where the new key comes from."""
SHARES_LIMIT = 64 * 1024


@shared(REGISTER, NEW_KEY, MODEL, OUTPUT)
def rotate(run: Run) -> None:
    """Give the register new keys and seal every record anew, under a new passphrase."""
    with run.opened() as register:
        _renew(run, register)


@shared(REGISTER, MODEL, OUTPUT)
def recovery_create(
    run: Run,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A new folder for the shares.")],
) -> None:
    """Write five recovery shares, of which any three open the register."""
    from placement_engine.register import keeping
    from placement_engine.register.recovery import NEEDED, RememberedKey
    from placement_engine.report.keeper_bodies import SharesBody
    from placement_engine.report.page import line, page

    with keys_of(run) as keys:
        remembered = RememberedKey(keys)
        try:
            with open_with(run, remembered) as register:
                notices = run.notices(register)
                files = _write_shares(Path(folder), keeping.share(register.desk, remembered))
        finally:
            remembered.wipe()
    body = SharesBody(files=files, needed=NEEDED, notices=notices)
    told = (
        f"{len(files)} andelar är skrivna; {NEEDED} av dem öppnar registret. Ge var och en till"
        " sin egen väktare och förstör filerna. Nya nycklar gör dem värdelösa."
        if run.language is Language.SWEDISH
        else f"{len(files)} shares are written; {NEEDED} of them open the register. Give each to"
        " a keeper of its own and destroy the files. New keys make them worthless."
    )
    run.output.result(body, page(line(told)))


@shared(REGISTER, NEW_KEY, MODEL, OUTPUT)
def recovery_restore(
    run: Run,
    shares: Annotated[
        str, typer.Argument(metavar="FILE", help="Shares, one a line; - is standard input.")
    ],
) -> None:
    """Open the register with recovery shares, and give it new keys."""
    from placement_engine.commands.inputs import read_bytes
    from placement_engine.register.hardening import forbid_core_dumps
    from placement_engine.register.recovery import RecoveredKey

    forbid_core_dumps()
    raw = read_bytes(shares)[:SHARES_LIMIT]
    try:
        recovered = RecoveredKey(raw.decode("utf-8-sig").splitlines())
    except UnicodeDecodeError:
        raise InvalidInput("The shares are not text.", unchanged="Nothing was opened.") from None
    try:
        with open_with(run, recovered) as register:
            _renew(run, register)
    finally:
        recovered.wipe()


def _renew(run: Run, register: Register) -> None:
    from placement_engine.register import keeping
    from placement_engine.report.keeper_bodies import RotationBody
    from placement_engine.report.page import line, page

    with keys_of(_new_keys(run), new=True) as keys:
        records = keeping.renew(register.desk, keys)
    body = RotationBody(records=records, notices=run.notices(register))
    told = (
        f"Registret har nya nycklar: {records} poster är förseglade på nytt. Tidigare"
        " återställningsandelar öppnar det inte längre."
        if run.language is Language.SWEDISH
        else f"The register has new keys: {records} records are sealed anew. Earlier recovery"
        " shares do not open it any more."
    )
    run.output.result(body, page(line(told)))


def _new_keys(run: Run) -> NewKeys:
    given: dict[str, Any] = {name: run.options[name] for name, _, _ in NEW_KEY}
    return NewKeys.given(given, language=run.language)


def _write_shares(folder: Path, shares: tuple[str, ...]) -> tuple[str, ...]:
    """Each share into a file of its own that only its owner can read."""
    files = []
    try:
        folder.mkdir(mode=0o700)
        for number, share in enumerate(shares, start=1):
            path = folder / f"share-{number}.txt"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(share + "\n")
            files.append(str(path))
    except OSError as error:
        raise RegisterUnavailable(
            f"The shares cannot be written ({type(error).__name__}).",
            unchanged="The register itself was not changed.",
            do="Name a folder that does not exist yet, where you may write.",
        ) from None
    return tuple(files)
