"""The passphrase: from a file, a descriptor, a command or a person; never from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from placement_engine.commands.phrases import say
from placement_engine.commands.settings import Setting
from placement_engine.errors import InvalidConfiguration, UsageError, WrongKey
from placement_engine.vocabulary import Language

MAX_BYTES = 64 * 1024
"""More than this is not a passphrase but a wrong file."""


def read_passphrase(
    settings: Mapping[str, Setting], fd: int | None, *, language: Language, new: bool = False
) -> bytearray:
    """The passphrase as bytes that the caller can overwrite.

    Parameters
    ----------
    settings
        ``passphrase_file`` and ``passphrase_command`` of the effective settings.
    fd
        Open file descriptor to read it from.
    new
        Whether a person is asked twice, because nothing can tell a slip.

    Raises
    ------
    UsageError, InvalidConfiguration
        More than one source is given.
    WrongKey
        No source is given or it gives nothing.
    """
    file, command = settings["passphrase_file"], settings["passphrase_command"]
    given = [s for s in (file, command) if s.origin == "option"]
    if len(given) + (fd is not None) > 1:
        raise UsageError(
            "More than one source of the passphrase is given.",
            do="Give one of --passphrase-file, --passphrase-fd and --passphrase-command.",
        )
    if fd is not None:
        return _checked(_from_descriptor(fd))
    sources = given or [s for s in (file, command) if s.value is not None]
    if len(sources) > 1:
        raise InvalidConfiguration(
            "The configuration gives more than one source of the passphrase.",
            do="Keep one of passphrase_file and passphrase_command.",
        )
    if sources and sources[0].value is not None:
        read = _from_file if sources[0].name == "passphrase_file" else _from_command
        return _checked(read(sources[0].value))
    if sys.stdin.isatty():
        return _checked(_from_person(language, twice=new))
    raise WrongKey(
        "The passphrase is missing.",
        unchanged="Nothing was opened.",
        do="Give --passphrase-file, --passphrase-fd or --passphrase-command.",
    )


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
            f"The passphrase file cannot be read ({type(error).__name__}).",
            unchanged="Nothing was opened.",
        ) from None


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


def _from_person(language: Language, *, twice: bool) -> bytearray:
    from getpass import getpass

    first = bytearray(getpass(say(language, "passphrase"), stream=sys.stderr).encode())
    if twice and first != getpass(say(language, "passphrase_again"), stream=sys.stderr).encode():
        raise WrongKey("The two passphrases differ.", unchanged="Nothing was made.")
    return first
