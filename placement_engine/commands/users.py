"""``placement register user``: who may use a register, as what, and with which key."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.commands.session import anchor_of, identity_passphrase
from placement_engine.errors import InvalidInput, RegisterUnavailable, UsageError
from placement_engine.vocabulary import Language


@shared(REGISTER, MODEL, OUTPUT)
def identity(
    run: Run, file: Annotated[str, typer.Argument(metavar="FILE", help="Where to put it.")]
) -> None:
    """Make a private key of one's own, encrypted; prints the public one for a keeper."""
    from placement_engine.register import SeedSigner, crypto
    from placement_engine.report.page import line, page
    from placement_engine.report.register_bodies import IdentityBody

    passphrase = identity_passphrase(run.settings, run.language, new=True)
    seed = os.urandom(crypto.KEY_SIZE)
    try:
        locked = crypto.lock_seed(seed, passphrase)
    finally:
        crypto.wipe(passphrase)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as made:
            made.write(locked)
    except OSError as error:
        raise RegisterUnavailable(
            f"The file cannot be made ({type(error).__name__}).", unchanged="Nothing was made."
        ) from None
    body = IdentityBody(public=SeedSigner(seed=seed).public.hex())
    run.output.result(body, page(line(body.public)))


@shared(REGISTER, MODEL, OUTPUT)
def add(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As decided_by names them.")],
    *,
    grant: Annotated[
        list[str] | None, typer.Option("--grant", metavar="ROLE", help="A role; may be repeated.")
    ] = None,
) -> None:
    """Add or change a user; the public key is read from standard input."""
    from placement_engine.commands.session import read_role
    from placement_engine.register import User, offices

    roles = frozenset(read_role(role) for role in grant or ())
    if not roles:
        raise UsageError("Give at least one --grant ROLE, or: placement register user remove.")
    try:
        public = bytes.fromhex(sys.stdin.readline().strip())
    except ValueError:
        raise InvalidInput(
            "The public key is not 64 hexadecimal digits.", unchanged="Nothing was changed."
        ) from None
    with run.opened() as register:
        offices.add_user(register.desk, User(name=name, roles=roles, public=public))
    _say(run, f"{name}: tillagd.", f"{name}: added.")


@shared(REGISTER, MODEL, OUTPUT)
def remove(
    run: Run, name: Annotated[str, typer.Argument(metavar="NAME", help="The user.")]
) -> None:
    """Take all roles from a user; the name and key stay, for what was signed with it."""
    from placement_engine.errors import UnknownReference
    from placement_engine.register import User, offices

    with run.opened() as register:
        there = {user.name: user for user in offices.known(register.desk)}
        if name not in there:
            raise UnknownReference("There is no such user.", unchanged="Nothing was changed.")
        gone = User(name=name, roles=frozenset(), public=there[name].public)
        offices.add_user(register.desk, gone)
    _say(run, f"{name}: alla roller är borttagna.", f"{name}: all roles are taken away.")


@shared(REGISTER, MODEL, OUTPUT)
def list_users(run: Run) -> None:
    """List users and their roles."""
    from placement_engine.register import offices
    from placement_engine.report.page import Table, page, printable
    from placement_engine.report.register_bodies import UserRow, UsersBody

    with run.opened() as register:
        body = UsersBody(
            users=tuple(
                UserRow(name=user.name, roles=tuple(sorted(user.roles)), public=user.public.hex())
                for user in offices.known(register.desk)
            ),
            notices=run.notices(register),
        )
    swedish = run.language is Language.SWEDISH
    columns = ("namn", "roller", "öppen nyckel") if swedish else ("name", "roles", "public key")
    rows = tuple((printable(row.name), ", ".join(row.roles), row.public) for row in body.users)
    run.output.result(body, page(Table(columns=columns, rows=rows)))


@shared(REGISTER, MODEL, OUTPUT)
def anchor(
    run: Run,
    *,
    reset: Annotated[
        bool, typer.Option("--reset", help="Make the anchor follow the register as it is now.")
    ] = False,
) -> None:
    """Begin the anchor, or accept a register that the anchor refuses; two answer for it."""
    from placement_engine.register import offices
    from placement_engine.report.page import line, page
    from placement_engine.report.register_bodies import AnchorBody

    kept = anchor_of(run.settings)
    if not reset or kept is None:
        raise UsageError("Give --reset, and --anchor PATH or anchor in the configuration.")
    with run.opened(anchored=False) as register:
        epoch = offices.reset_anchor(register.desk, kept)
        body = AnchorBody(epoch=epoch, notices=run.notices(register))
    told = (
        f"Ankaret följer registret från epok {body.epoch}."
        if run.language is Language.SWEDISH
        else f"The anchor follows the register from epoch {body.epoch} on."
    )
    run.output.result(body, page(line(told)))


def _say(run: Run, swedish: str, english: str) -> None:
    from placement_engine.report.page import line, page, printable
    from placement_engine.report.register_bodies import UsersBody

    told = swedish if run.language is Language.SWEDISH else english
    run.output.result(UsersBody(users=(), notices=()), page(line(printable(told))))
