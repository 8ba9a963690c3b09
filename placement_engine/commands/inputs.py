"""What is handed in by a person: files, or standard input where a dash stands."""

from __future__ import annotations

import sys
from pathlib import Path

from placement_engine.errors import InvalidInput

STANDARD_INPUT = "-"


def read_bytes(path: str) -> bytes:
    """The whole of a file, or of standard input for a dash.

    Raises
    ------
    InvalidInput
        If it cannot be read; tells its name, never its content.
    """
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{Path(path).name} cannot be read ({type(error).__name__}).",
            unchanged="Nothing was changed.",
            do="Check the path.",
        ) from None


def read_ids(path: str) -> tuple[str, ...]:
    """Ids, one a line, each once, in order; empty lines do not count."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{Path(path).name} is not UTF-8.", do="Save it as UTF-8.") from None
    return tuple(dict.fromkeys(stripped for row in text.splitlines() if (stripped := row.strip())))
