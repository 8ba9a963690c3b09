"""Where a person decides otherwise: a municipality and a reason, from standard input or editor.

Neither ever stands on a command line. The file that an editor works on is readable by
nobody else, lies in memory where the system offers that, and is overwritten and removed
together with whatever the editor left beside it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from placement_engine.errors import InvalidConfiguration, InvalidInput
from placement_engine.vocabulary import Language, MunicipalityCode

TEMPLATE: Final[Mapping[Language, str]] = {
    Language.SWEDISH: "\n# Rad 1: kommunkod, fyra siffror. Följande rader: skälet.\n"
    "# Rader som börjar med # räknas inte.\n",
    Language.ENGLISH: "\n# Line 1: municipality code, four digits. Following lines: the reason.\n"
    "# Lines that begin with # do not count.\n",
}


def read_override(*, language: Language, editor: bool) -> tuple[MunicipalityCode, str]:
    """The municipality code on the first line and the reason on the following ones.

    Raises
    ------
    InvalidInput
        If the first line is no municipality code or the reason is empty; tells neither.
    """
    if editor:
        text = _from_editor(TEMPLATE[language], os.environ)
        rows = [row for row in text.splitlines() if not row.startswith("#")]
    else:
        rows = sys.stdin.read().splitlines()
    while rows and not rows[0].strip():
        del rows[0]
    code = rows[0].strip() if rows else ""
    reason = "\n".join(rows[1:]).strip()
    if not (len(code) == 4 and code.isascii() and code.isdigit()):
        raise InvalidInput(
            "Line 1 of the override is not a municipality code.",
            unchanged="Nothing was written.",
            do="Give four digits on line 1 and the reason on the following lines.",
        )
    if not reason:
        raise InvalidInput(
            "The override has no reason.",
            unchanged="Nothing was written.",
            do="Give the reason on the lines after the municipality code.",
        )
    return MunicipalityCode(code), reason


def _from_editor(template: str, environment: Mapping[str, str]) -> str:
    command = environment.get("VISUAL") or environment.get("EDITOR")
    if not command:
        raise InvalidConfiguration(
            "No editor is set.", do="Set EDITOR, or give the override on standard input."
        )
    folder = Path(tempfile.mkdtemp(prefix="placement-", dir=_memory(environment)))
    try:
        file = folder / "override.txt"
        file.touch(mode=0o600)
        file.write_text(template, encoding="utf-8")
        _edit(command, file)
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("The override is not UTF-8.") from None
    finally:
        _destroy(folder)


def _edit(command: str, file: Path) -> None:
    try:
        done = subprocess.run([*shlex.split(command), str(file)], check=False)  # noqa: S603
    except (OSError, ValueError) as error:
        raise InvalidConfiguration(
            f"The editor cannot be run ({type(error).__name__}).", do="Check EDITOR."
        ) from None
    if done.returncode != 0:
        raise InvalidInput(
            f"The editor ended with code {done.returncode}.", unchanged="Nothing was written."
        )


def _memory(environment: Mapping[str, str]) -> str | None:
    """A folder that never reaches a disk, where there is one."""
    for name in (environment.get("XDG_RUNTIME_DIR"), "/dev/shm"):  # noqa: S108
        if name and Path(name).is_dir() and os.access(name, os.W_OK):
            return name
    return None


def _destroy(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            with file.open("r+b") as content:
                content.write(bytes(file.stat().st_size))
                content.flush()
                os.fsync(content.fileno())
    shutil.rmtree(folder)
