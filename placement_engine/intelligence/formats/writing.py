"""Writes a network for other programs; files are the owner's alone, nothing is overwritten."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from placement_engine.errors import InvalidInput, UsageError
from placement_engine.intelligence.formats.anx import anx
from placement_engine.intelligence.formats.ftm import ftm
from placement_engine.intelligence.formats.graphml import graphml
from placement_engine.intelligence.formats.reports import (
    GROUPS,
    PERSONS,
    PRESENCE,
    TIES,
    columns_of,
)
from placement_engine.intelligence.formats.rows import (
    group_rows,
    person_rows,
    presence_rows,
    tie_rows,
)
from placement_engine.intelligence.network import Network
from placement_engine.vocabulary import NetworkFormat

_DOCUMENTS = {
    NetworkFormat.ANX: anx,
    NetworkFormat.GRAPHML: graphml,
    NetworkFormat.FTM: ftm,
}
WRITTEN = (NetworkFormat.FOLDER, *_DOCUMENTS)
"""The formats that can be written."""


def may_be_written(path: Path, format_: NetworkFormat) -> None:
    """Refuse, before anything is computed, what cannot be written; errors as `write_network`."""
    if format_ not in WRITTEN:
        raise UsageError(
            f"{format_.value} is a format that is only read.",
            do=f"Give one of {', '.join(WRITTEN)}.",
        )
    if path.exists():
        raise _not_written("FileExistsError")


def write_network(network: Network, path: Path, format_: NetworkFormat) -> None:
    """Write a network; reading it again as the same batch gives the same network.

    Parameters
    ----------
    path
        A file, or for `NetworkFormat.FOLDER` a folder, that is not there yet.

    Raises
    ------
    UsageError
        If the format is read only.
    InvalidInput
        If it is there already or cannot be written, or if the format cannot carry a text.
    """
    may_be_written(path, format_)
    if format_ is not NetworkFormat.FOLDER:
        _write({path: _joined(_DOCUMENTS[format_](network))}, folder=None)
        return
    contents = {path / name: _csv(name, network) for name in (PERSONS, GROUPS, TIES, PRESENCE)}
    _write(contents, folder=path)


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(name: str, network: Network) -> bytes:
    rows = {
        PERSONS: person_rows,
        GROUPS: group_rows,
        TIES: tie_rows,
        PRESENCE: presence_rows,
    }[name]
    text = io.StringIO(newline="")
    # Line ends of RFC 4180: with others, Python 3.11 leaves a lone carriage return unquoted.
    writer = csv.DictWriter(text, fieldnames=columns_of(name), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows(network))
    return text.getvalue().encode()


def _write(contents: dict[Path, bytes], folder: Path | None) -> None:
    """Write new files; where one cannot be written, those before it are taken back."""
    made: list[Path] = []
    try:
        if folder is not None:
            folder.mkdir(mode=0o700)
        for path, content in contents.items():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            made.append(path)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        if made and folder is not None:
            folder.rmdir()
        raise _not_written(type(error).__name__) from None


def _not_written(why: str) -> InvalidInput:
    return InvalidInput(
        f"The export cannot be written ({why}).",
        unchanged="Nothing was overwritten.",
        do="Name a file or folder that is not there yet, in a folder that you may write.",
    )
