"""Drawings go to new files that only their owner may read."""

from __future__ import annotations

import os
from pathlib import Path

from placement_engine.errors import UsageError


def write_drawing(path: Path, svg: str) -> None:
    """Write a new file that only its owner may read.

    Raises
    ------
    UsageError
        If there is something already, or it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(svg)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise UsageError(
            f"--svg: {reason}.", do="Name a file that is not there, in a folder you may write to."
        ) from None
