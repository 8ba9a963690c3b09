"""A backup: the sealed bytes of a register in one file, encrypted to two or more keepers.

The file is in the age format, so that its outer layer opens without this program. Inside are
header, head and records as the store keeps them: who holds an age identity and not the
register's key reads nothing, and who restores needs both.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from placement_engine.errors import (
    IntegrityBroken,
    InvalidInput,
    MissingExtra,
    RegisterUnavailable,
    WrongKey,
)
from placement_engine.register.anchor import Anchor
from placement_engine.register.head import Entropy
from placement_engine.register.header import HEADER_SIZE, ID_SIZE, Header
from placement_engine.register.keys import KeyProvider
from placement_engine.register.memory import MemoryStore
from placement_engine.register.records import RECORD_SIZE
from placement_engine.register.store import RegisterStore, StoreMaker, StoreView
from placement_engine.register.vault import Vault, VerifyReport

RECIPIENTS = 2
"""Fewest recipients: one who is away, or whose key is lost, must not take the backup along."""

_MAGIC = b"PLACEBAK\x00\x01"
_BEGINNING = struct.Struct(f">{len(_MAGIC)}s{HEADER_SIZE}s{RECORD_SIZE}s")
_ROW = ID_SIZE + RECORD_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """The bytes of a register as they were backed up; nothing in them was checked yet."""

    header: bytes
    head: bytes
    records: list[tuple[bytes, bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """That a backup was whole, and is a register again.

    Parameters
    ----------
    behind
        How many changes the anchor has seen that the backup does not hold; None if there
        is no anchor, or the register has got new keys since.
    """

    report: VerifyReport
    behind: int | None


def write_backup(store: RegisterStore, path: Path, recipients: Sequence[str]) -> int:
    """Write one consistent state of a store into a new file; gives the number of records.

    Parameters
    ----------
    path
        Is not overwritten; readable by the owner alone.
    recipients
        Public keys of age, ``age1…``, at least `RECIPIENTS` different ones.

    Raises
    ------
    InvalidInput
        A recipient is none, or there are too few.
    RegisterUnavailable
        The file is there already, or cannot be written.
    """
    pyrage = _library()
    try:
        keys = [pyrage.x25519.Recipient.from_str(text) for text in sorted(set(recipients))]
    except pyrage.RecipientError:
        raise InvalidInput(
            "A recipient is not a public key of age.",
            unchanged="Nothing was written.",
            do="Give what age-keygen prints as public key: age1 and 58 more letters.",
        ) from None
    if len(keys) < RECIPIENTS:
        raise InvalidInput(
            f"A backup has at least {RECIPIENTS} different recipients.",
            unchanged="Nothing was written.",
            do="Give --recipient once more.",
        )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RegisterUnavailable(
            f"There is something at {path} already.",
            unchanged="It was not touched.",
            do="Choose another path.",
        ) from None
    except OSError as error:
        raise _unwritable(error) from None
    try:
        with os.fdopen(descriptor, "wb") as file, store.read() as view:
            source = _Source(view)
            pyrage.encrypt_io(source, file, keys)
            file.flush()
            os.fsync(descriptor)
    except BaseException as error:
        path.unlink(missing_ok=True)  # half a backup must not be taken for one
        if isinstance(error, OSError | pyrage.EncryptError):
            raise _unwritable(error) from None
        raise
    return source.count


def read_backup(path: Path, identities: Sequence[str]) -> Backup:
    """Read a backup with the private key of one of its recipients.

    Parameters
    ----------
    identities
        Lines of a file of age identities; those that begin with ``#`` are passed over.

    Raises
    ------
    WrongKey
        No identity is one of the recipients'.
    IntegrityBroken
        The file is not a backup, is cut short, or was altered.
    RegisterUnavailable
        The file cannot be read.
    """
    pyrage = _library()
    lines = [line.strip() for line in identities]
    try:
        keys = [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        ]
    except pyrage.IdentityError:
        raise WrongKey(
            "The file of identities holds something else.",
            unchanged="Nothing was restored.",
            do="Give the file that age-keygen has written.",
        ) from None
    content = io.BytesIO()
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, content, keys)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise WrongKey(
                "No identity is that of a recipient of this backup.",
                unchanged="Nothing was restored.",
            ) from None
        raise _damaged() from None
    except FileNotFoundError:
        raise RegisterUnavailable(f"There is no backup at {path}.", do="Check the path.") from None
    except OSError as error:
        # The library tells a damaged stream as an error of reading too.
        if error.errno is None:
            raise _damaged() from None
        raise RegisterUnavailable(
            f"The backup cannot be read ({type(error).__name__}).", do="Check the rights to it."
        ) from None
    return _parsed(content.getbuffer())


def restore(
    backup: Backup, keys: KeyProvider, make: StoreMaker, *, anchor: Anchor | None, entropy: Entropy
) -> Restored:
    """Open a backup in memory, account for every record, and only then make a store of it.

    Raises
    ------
    WrongKey, IntegrityBroken
        As their names say; nothing was made.
    RegisterUnavailable
        There is a register already where this one should be.
    """
    rows = {"header": backup.header, "head": backup.head}
    root_keys = Header.parse(backup.header).unlock(keys)
    vault = Vault(MemoryStore(records=backup.records, **rows), root_keys, entropy=entropy)
    try:
        report = vault.verify()
        behind = None if anchor is None else _behind(vault, anchor)
    finally:
        vault.close()
    make(records=backup.records, **rows).close()
    return Restored(report=report, behind=behind)


def _behind(vault: Vault, anchor: Anchor) -> int | None:
    kept = anchor.read(vault.register_id)
    if kept is None:
        return None
    try:
        return vault.read_head(kept).epoch - vault.epoch
    except IntegrityBroken:  # the register has got new keys since
        return None


def _parsed(content: memoryview) -> Backup:
    if len(content) < _BEGINNING.size:
        raise _damaged()
    magic, header, head = _BEGINNING.unpack_from(content)
    if magic != _MAGIC or (len(content) - _BEGINNING.size) % _ROW:
        raise _damaged()
    starts = range(_BEGINNING.size, len(content), _ROW)
    rows = [
        (bytes(content[at : at + ID_SIZE]), bytes(content[at + ID_SIZE : at + _ROW]))
        for at in starts
    ]
    return Backup(header=header, head=head, records=rows)


class _Source(io.RawIOBase):
    """The content of a backup as something to read from, never as a whole in memory."""

    def __init__(self, view: StoreView) -> None:
        self.count = 0
        self._left = _BEGINNING.pack(_MAGIC, view.header(), view.head())
        self._rows = view.records()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        row = None if self._left else next(self._rows, None)
        if row is not None:
            self.count += 1
            self._left = row[0] + row[1]
        end = len(self._left) if size < 0 else size
        given, self._left = self._left[:end], self._left[end:]
        return given


def _unwritable(error: BaseException) -> RegisterUnavailable:
    return RegisterUnavailable(
        f"The backup cannot be written ({type(error).__name__}).",
        unchanged="Nothing was left behind.",
        do="Check the folder and the room on its disk.",
    )


def _library() -> Any:
    try:
        import pyrage
    except ImportError:
        raise MissingExtra("A backup", extra="keeper") from None
    return pyrage


def _damaged() -> IntegrityBroken:
    return IntegrityBroken(
        "The file is not a backup, or it is damaged, cut short or altered.",
        unchanged="Nothing was restored.",
        do="Take another backup.",
    )
