"""An anchor outside the register: a copy of its sealed head, to notice a rollback.

Whoever puts an older copy of the whole file in place has a state that is consistent with
itself. The anchor, on another disk or host, has seen a later one. The head says nothing to
whoever has no key, and nobody without the key can make one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident
from typing import Protocol

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register.documents import DocumentKind
from placement_engine.register.records import RECORD_SIZE
from placement_engine.register.rotation import follows
from placement_engine.register.vault import Vault


class Anchor(Protocol):
    """Keeps one sealed head; `FileAnchor` is one."""

    def read(self, register_id: bytes) -> bytes | None:
        """The head that was kept last for a register, None if there is none."""

    def write(self, register_id: bytes, sealed: bytes) -> None:
        """Keep a head; what was kept before is replaced as a whole or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnchor:
    """An anchor in a file, or in a directory that holds one for each register."""

    path: Path

    def read(self, register_id: bytes) -> bytes | None:
        """As `Anchor`; raises `RegisterUnavailable` if the file cannot be read."""
        try:
            with self._file(register_id).open("rb") as file:
                return file.read(RECORD_SIZE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreachable("anchor", error) from None

    def write(self, register_id: bytes, sealed: bytes) -> None:
        """As `Anchor`; raises `RegisterUnavailable` if it cannot be written."""
        try:
            write_whole(self._file(register_id), sealed)
        except OSError as error:
            raise _unreachable("anchor", error) from None

    def _file(self, register_id: bytes) -> Path:
        return self.path / f"{register_id.hex()}.anchor" if self.path.is_dir() else self.path


def write_whole(path: Path, content: bytes) -> None:
    """Put content into a file as a whole or not at all, for the owner's eyes only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def hold(vault: Vault, anchor: Anchor) -> None:
    """Compare a register with its anchor, and let the anchor follow where it is behind.

    Raises
    ------
    IntegrityBroken
        The anchor is missing, or has seen a state that this file does not come from.
    """
    kept = anchor.read(vault.register_id)
    if kept is None:
        raise IntegrityBroken(
            "The register's anchor is missing.",
            unchanged="Nothing was changed, and nothing was answered from the register.",
            do=_RECOVER,
        )
    if kept == vault.sealed_head:
        return
    if _before_new_keys(vault, kept):
        anchor.write(vault.register_id, vault.sealed_head)
        return
    if kept == vault.sealed_head:  # by now: somebody else changed it as we opened it
        return
    head = vault.read_head(kept)
    if head.epoch >= vault.epoch:
        raise IntegrityBroken(
            f"The anchor has seen epoch {head.epoch} of the register, which stands at "
            f"{vault.epoch}: an older copy was put back.",
            unchanged="Nothing was changed, and nothing was answered from the register.",
            do=_RECOVER,
        )
    anchor.write(vault.register_id, vault.sealed_head)


def _before_new_keys(vault: Vault, kept: bytes) -> bool:
    """Whether new keys were the very next thing after what the anchor has seen."""
    with vault.read() as state:
        bridges = [document.payload for document in state.documents(DocumentKind.ROTATION)]
    return any(follows(bridge, kept) for bridge in bridges)


_RECOVER = (
    "Find out what happened. Then a keeper puts the newest copy back, or accepts this one with: "
    "placement register anchor --reset, which somebody else has to sign."
)


def _unreachable(what: str, error: OSError) -> RegisterUnavailable:
    return RegisterUnavailable(
        f"The {what} cannot be reached ({type(error).__name__}).",
        unchanged="Nothing was changed.",
        do=f"Check the disk or host that keeps the {what}, and run: placement register verify.",
    )
