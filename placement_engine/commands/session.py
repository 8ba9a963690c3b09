"""For whom a command opens the register: who acts, with which key, and what lies outside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement_engine.commands.settings import Setting
from placement_engine.errors import InvalidConfiguration, UsageError, WrongKey
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.register import Role, SeedSigner, Session
    from placement_engine.register.anchor import Anchor

MAX_NAME = 200
IN_HARDWARE = "pkcs11:"
"""Begins the name of an anchor that is in a token of a hardware module."""
MAX_KEY_FILE = 16 * 1024

ACCESS: tuple[tuple[str, object, object], ...] = (
    (
        "role",
        Annotated[str | None, typer.Option("--role", metavar="ROLE", help="As what you act.")],
        None,
    ),
    (
        "identity",
        Annotated[
            str | None,
            typer.Option("--identity", metavar="FILE", help="Your private key, encrypted."),
        ],
        None,
    ),
    (
        "identity_passphrase_file",
        Annotated[
            str | None,
            typer.Option(
                "--identity-passphrase-file", metavar="F", help="Read that key's passphrase."
            ),
        ],
        None,
    ),
    (
        "anchor",
        Annotated[
            str | None,
            typer.Option(
                "--anchor",
                metavar="PATH",
                help="File, folder or pkcs11:TOKEN that notices a rollback.",
            ),
        ],
        None,
    ),
    (
        "witness",
        Annotated[
            str | None,
            typer.Option(
                "--witness", metavar="DIR", help="Folders for checkpoints of the log, by colon."
            ),
        ],
        None,
    ),
)
"""Options that every command over the register shares, beside those of its key."""


def acting_user(settings: Mapping[str, Setting]) -> str:
    """Who acts: a name that somebody answers for.

    Raises
    ------
    InvalidConfiguration
        If nobody is named.
    """
    who = (settings["decided_by"].value or "").strip()
    if not who or len(who) > MAX_NAME or not who.isprintable():
        raise InvalidConfiguration(
            "Nobody is named who acts.",
            do="Set decided_by in the configuration, or PLACEMENT_USER.",
        )
    return who


def open_session(
    settings: Mapping[str, Setting],
    options: Mapping[str, Any],
    *,
    language: Language,
    anchored: bool = True,
) -> Session:
    """The session of one run.

    Parameters
    ----------
    anchored
        False where the anchor itself is to be set anew.
    """
    from placement_engine.register import Actor, Session, WitnessDirectory

    witness, role = (settings[name].value for name in ("witness", "role"))
    return Session(
        actor=Actor(
            who=acting_user(settings),
            role=None if role is None else read_role(role),
            purpose=settings["purpose"].value or str(options.get("command", "")),
            case=str(options.get("case", "")),
        ),
        clock=now,
        signer=_signer(settings, language),
        anchor=anchor_of(settings) if anchored else None,
        witnesses=tuple(
            WitnessDirectory(path=Path(path)) for path in (witness or "").split(os.pathsep) if path
        ),
    )


def anchor_of(settings: Mapping[str, Setting]) -> Anchor | None:
    """The anchor that is set: a path, or ``pkcs11:`` and the label of a token.

    Raises
    ------
    InvalidConfiguration
        A token is named, and no module.
    """
    named = settings["anchor"].value
    if not named:
        return None
    if not named.startswith(IN_HARDWARE):
        from placement_engine.register import FileAnchor

        return FileAnchor(path=Path(named))
    from placement_engine.register.pkcs11 import Pkcs11Anchor

    module = settings["pkcs11_module"].value
    if not module:
        raise InvalidConfiguration(
            "The anchor is in a token, and no module is named.", do="Give --pkcs11-module."
        )
    return Pkcs11Anchor(module=Path(module), token=named.removeprefix(IN_HARDWARE))


def now() -> datetime:
    """The time with its zone."""
    return datetime.now().astimezone()


def read_identity(path: Path, passphrase: bytearray) -> SeedSigner:
    """A person's private key from its encrypted file; the passphrase is wiped.

    Raises
    ------
    WrongKey
        The file cannot be read, or the passphrase does not open it.
    """
    from placement_engine.register import SeedSigner, crypto

    try:
        with path.open("rb") as file:
            pem = file.read(MAX_KEY_FILE)
        return SeedSigner(seed=crypto.unlock_seed(pem, passphrase))
    except OSError as error:
        raise WrongKey(
            f"The file of your private key cannot be read ({type(error).__name__}).",
            unchanged="Nothing was opened.",
        ) from None
    except crypto.Unauthentic:
        raise WrongKey(
            "The passphrase does not open the file of your private key.",
            unchanged="Nothing was opened.",
        ) from None
    finally:
        crypto.wipe(passphrase)


def identity_passphrase(
    settings: Mapping[str, Setting], language: Language, *, new: bool = False
) -> bytearray:
    """The passphrase of a person's key, from a file or from the person."""
    from placement_engine.commands.passphrase import from_file, from_person
    from placement_engine.register.hardening import forbid_core_dumps

    forbid_core_dumps()
    named = settings["identity_passphrase_file"].value
    if named:
        return from_file(named)
    if sys.stdin.isatty():
        return from_person(language, twice=new, phrase="identity_passphrase")
    raise WrongKey(
        "The passphrase of your private key is missing.",
        unchanged="Nothing was opened.",
        do="Give --identity-passphrase-file.",
    )


def _signer(settings: Mapping[str, Setting], language: Language) -> SeedSigner | None:
    named = settings["identity"].value
    if not named:
        return None
    return read_identity(Path(named), identity_passphrase(settings, language))


def read_role(told: str) -> Role:
    """A role by its name; raises `UsageError` if there is none, or it is for trials alone."""
    from placement_engine.register import Role

    roles = {role.value: role for role in Role if role is not Role.SINGLE_USER}
    if told not in roles:
        raise UsageError("That role does not exist.", do=f"Roles: {', '.join(roles)}.")
    return roles[told]
