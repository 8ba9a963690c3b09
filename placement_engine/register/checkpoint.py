"""Signed checkpoints of the audit log, in the C2SP formats tlog-checkpoint and signed-note.

A checkpoint tells a log's name, size and root. Somebody who keeps one can show later that
entries were taken out or altered, even by a person who has the register's key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register import crypto, merkle
from placement_engine.register.anchor import write_whole

MAX_SIZE = 4096
"""Bytes of a checkpoint that are looked at."""
_ED25519 = b"\x01"
_NOTE = re.compile(
    r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n"
    r"\n\N{EM DASH} ([^\s+]+) ([A-Za-z0-9+/=]+)\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Name, size and root of a log at one time."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKey:
    """The key that signs the checkpoints of one register's log."""

    origin: str
    seed: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return crypto.public_key(self.seed)

    @property
    def verifier(self) -> str:
        """The public key as other programs of this format take it: name, hash, key."""
        told = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.origin}+{key_hash(self.origin, self.public).hex()}+{told}"

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The checkpoint as a signed note."""
        signature = key_hash(self.origin, self.public) + crypto.sign(
            self.seed, checkpoint.text.encode()
        )
        line = f"\N{EM DASH} {self.origin} {base64.b64encode(signature).decode()}\n"
        return f"{checkpoint.text}\n{line}".encode()


def origin(register_id: bytes) -> str:
    """Name of a register's log."""
    return f"placement_engine/{register_id.hex()}"


def key_hash(name: str, public: bytes) -> bytes:
    """Four bytes that tell which key signed, as signed-note defines them for Ed25519."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def read_checkpoint(note: bytes, *, name: str, public: bytes) -> Checkpoint:
    """Read a signed checkpoint of the log `name`.

    Raises
    ------
    IntegrityBroken
        It is none, of another log, or not signed by the owner of `public`.
    """
    try:
        told = _NOTE.fullmatch(note.decode())
        root, signature = (_decoded(told[3]), _decoded(told[5])) if told else (b"", b"")
    except (UnicodeDecodeError, binascii.Error):
        told, root, signature = None, b"", b""
    if told is None or told[1] != name or told[4] != name:
        raise _broken("is not one of this register's log")
    checkpoint = Checkpoint(origin=told[1], size=int(told[2]), root=root)
    sound = signature[:4] == key_hash(name, public) and crypto.signed(
        public, signature[4:], checkpoint.text.encode()
    )
    if not sound:
        raise _broken("does not carry the signature of this register's log")
    return checkpoint


def _decoded(text: str) -> bytes:
    """Base64 in its one form: two texts never stand for the same bytes."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise binascii.Error
    return content


class Witness(Protocol):
    """Keeps the last checkpoint of each log; `WitnessDirectory` is one."""

    def read(self, register_id: bytes) -> bytes | None:
        """The checkpoint that was put here last, None if there is none."""

    def write(self, register_id: bytes, note: bytes) -> None:
        """Put a checkpoint here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessDirectory:
    """A witness that is a directory, best on another host."""

    path: Path

    def read(self, register_id: bytes) -> bytes | None:
        """As `Witness`; raises `RegisterUnavailable` if it cannot be read."""
        if not self.path.is_dir():
            raise _unreachable("is no directory")
        try:
            with self._file(register_id).open("rb") as file:
                return file.read(MAX_SIZE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreachable(type(error).__name__) from None

    def write(self, register_id: bytes, note: bytes) -> None:
        """As `Witness`; raises `RegisterUnavailable` if it cannot be written."""
        try:
            write_whole(self._file(register_id), note)
        except OSError as error:
            raise _unreachable(type(error).__name__) from None

    def _file(self, register_id: bytes) -> Path:
        return self.path / f"{register_id.hex()}.checkpoint"


def agree(note: bytes, *, key: LogKey, leaves: Sequence[bytes]) -> Checkpoint:
    """Compare a checkpoint that a witness kept with the leaf hashes of the log as it is now.

    Raises
    ------
    IntegrityBroken
        The log is shorter than the checkpoint, or does not begin as the checkpoint tells.
    """
    kept = read_checkpoint(note, name=key.origin, public=key.public)
    if kept.size > len(leaves) or merkle.root(leaves[: kept.size]) != kept.root:
        raise disagrees(kept.size)
    return kept


def disagrees(size: int) -> IntegrityBroken:
    """The error for a log that does not go on from what a witness has seen."""
    return IntegrityBroken(
        f"The audit log does not go on from the {size} entries that a witness has seen.",
        unchanged="Nothing was changed, and nothing was answered from the register.",
        do="Find out who had the register's key, and restore the newest copy.",
    )


def _broken(how: str) -> IntegrityBroken:
    return IntegrityBroken(
        f"A checkpoint that a witness keeps {how}.",
        unchanged="Nothing was changed.",
        do="Find out who could write to the witness; move the file away to begin anew.",
    )


def _unreachable(how: str) -> RegisterUnavailable:
    return RegisterUnavailable(
        f"A witness of the audit log cannot be reached ({how}).",
        unchanged="Nothing was changed.",
        do="Check the directories that witness names.",
    )
