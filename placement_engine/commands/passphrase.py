"""The passphrase: from a file, a descriptor, a command or a person; never from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from placement_engine.commands.phrases import say
from placement_engine.commands.settings import Setting
from placement_engine.errors import InvalidConfiguration, UsageError, WrongKey
from placement_engine.vocabulary import Language

SOURCES: Final = ("passphrase_file", "passphrase_command", "passphrase_credential")
MAX_BYTES = 64 * 1024
"""More than this is not a passphrase but a wrong file."""


def read_passphrase(
    settings: Mapping[str, Setting],
    fd: int | None,
    *,
    language: Language,
    new: bool = False,
    credentials: str | None = None,
) -> bytearray:
    """The passphrase as bytes that the caller can overwrite.

    Parameters
    ----------
    settings
        ``passphrase_file``, ``passphrase_command`` and ``passphrase_credential`` of the
        effective settings.
    fd
        Open file descriptor to read it from.
    new
        Whether a person is asked twice, because nothing can tell a slip.
    credentials
        The folder in which systemd lays a service's credentials, decrypted for it alone.

    Raises
    ------
    UsageError, InvalidConfiguration
        More than one source is given.
    WrongKey
        No source is given or it gives nothing.
    """
    named = [settings[name] for name in SOURCES]
    given = [s for s in named if s.origin == "option"]
    if len(given) + (fd is not None) > 1:
        raise UsageError(
            "More than one source of the passphrase is given.",
            do="Give one of --passphrase-file, --passphrase-fd, --passphrase-command and"
            " --passphrase-credential.",
        )
    if fd is not None:
        return _checked(_from_descriptor(fd))
    sources = given or [s for s in named if s.value is not None]
    if len(sources) > 1:
        raise InvalidConfiguration(
            "The configuration gives more than one source of the passphrase.",
            do=f"Keep one of {', '.join(SOURCES)}.",
        )
    if sources and sources[0].value is not None:
        name, value = sources[0].name, sources[0].value
        if name == "passphrase_credential":
            return _checked(_from_credential(value, credentials))
        return _checked(_from_file(value) if name == "passphrase_file" else _from_command(value))
    if sys.stdin.isatty():
        return _checked(_from_person(language, twice=new))
    raise WrongKey(
        "The passphrase is missing.",
        unchanged="Nothing was opened.",
        do="Give --passphrase-file, --passphrase-fd or --passphrase-command.",
    )


def from_file(path: str) -> bytearray:
    """A passphrase from the first line of a file; raises `WrongKey` if it gives none."""
    return _checked(_from_file(path))


def from_person(language: Language, *, twice: bool, phrase: str) -> bytearray:
    """A passphrase that a person types; raises `WrongKey` if nothing is typed."""
    return _checked(_from_person(language, twice=twice, phrase=phrase))


def _checked(raw: bytearray) -> bytearray:
    """`raw` without its last line break."""
    for ending in (b"\n", b"\r"):
        if raw.endswith(ending):
            del raw[-1]
    if not raw:
        raise WrongKey("The passphrase is empty.", unchanged="Nothing was opened.")
    if len(raw) > MAX_BYTES:
        raise WrongKey("That is too long for a passphrase.", unchanged="Nothing was opened.")
    return raw


def _from_file(path: str) -> bytearray:
    try:
        with Path(path).open("rb") as file:
            return bytearray(file.read(MAX_BYTES + 3))
    except OSError as error:
        raise WrongKey(
            f"The passphrase file or credential cannot be read ({type(error).__name__}).",
            unchanged="Nothing was opened.",
        ) from None


def _from_credential(name: str, folder: str | None) -> bytearray:
    """What systemd has decrypted for this service (LoadCredentialEncrypted=)."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise InvalidConfiguration(
            "The name of the credential is a path.",
            do="Give the name alone, as in LoadCredentialEncrypted=.",
        )
    if folder is None:
        raise WrongKey(
            "There are no credentials: systemd did not start this program with any.",
            unchanged="Nothing was opened.",
            do="Start it as a service with LoadCredentialEncrypted=.",
        )
    return _from_file(str(Path(folder) / name))


def _from_descriptor(fd: int) -> bytearray:
    raw = bytearray()
    try:
        while len(raw) <= MAX_BYTES + 2 and (piece := os.read(fd, 4096)):
            raw += piece
    except OSError as error:
        raise WrongKey(
            f"The passphrase descriptor cannot be read ({type(error).__name__}).",
            unchanged="Nothing was opened.",
        ) from None
    return raw


def _from_command(command: str) -> bytearray:
    """Standard output of a command run without a shell; its standard error is not shown."""
    import shlex
    import subprocess

    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603 - the caller's own command, without a shell
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except (OSError, ValueError, IndexError) as error:
        raise WrongKey(
            f"The passphrase command cannot be run ({type(error).__name__}).",
            unchanged="Nothing was opened.",
            do="Run it by itself to see why.",
        ) from None
    if done.returncode != 0:
        raise WrongKey(
            f"The passphrase command ended with code {done.returncode}.",
            unchanged="Nothing was opened.",
            do="Run it by itself to see why.",
        )
    return bytearray(done.stdout)


def _from_person(language: Language, *, twice: bool, phrase: str = "passphrase") -> bytearray:
    from getpass import getpass

    first = bytearray(getpass(say(language, phrase), stream=sys.stderr).encode())
    if twice and first != getpass(say(language, f"{phrase}_again"), stream=sys.stderr).encode():
        raise WrongKey("The two passphrases differ.", unchanged="Nothing was made.")
    return first
