"""The head: what must be true of all records together, sealed beside them.

The number of records, and a sum over all of them that nobody can compute without the key:
so no record can be added, removed or put back unnoticed. Each change raises the epoch.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from placement_engine.errors import IntegrityBroken
from placement_engine.register import crypto
from placement_engine.register import documents as layout
from placement_engine.register.documents import KIND_CODES, DocumentKind
from placement_engine.register.header import ID_SIZE, Header, RootKeys
from placement_engine.register.keys import KeyProvider
from placement_engine.register.records import Sealer

RECORDS = b"record"
HEADS = b"head"
MODULUS = 1 << 256
_HEAD = struct.Struct(">QQ32s")

Entropy = Callable[[int], bytes]
Rows = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What must be true of all records together."""

    count: int
    epoch: int
    digest: int = field(repr=False)

    def encode(self) -> bytes:
        """48 bytes."""
        return _HEAD.pack(self.count, self.epoch, self.digest.to_bytes(32, "big"))

    @classmethod
    def decode(cls, body: bytes) -> Head:
        """Undo `encode`; padding is ignored."""
        count, epoch, digest = _HEAD.unpack_from(body)
        return cls(count=count, epoch=epoch, digest=int.from_bytes(digest, "big"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """The bytes of a new register, and the keys that open it."""

    header: bytes
    head: bytes
    records: Rows = field(repr=False)
    keys: RootKeys = field(repr=False)


def found(keys: KeyProvider, first: tuple[DocumentKind, bytes], entropy: Entropy) -> Founding:
    """Make a new register with one short document in it."""
    header, root_keys = Header.found(keys, entropy)
    kind, payload = first
    row_id = entropy(ID_SIZE)
    [body] = layout.split(payload)
    sealer = Sealer(root_keys, RECORDS, entropy)
    record = sealer.seal(row_id, kind=KIND_CODES[kind], version=1, body=body)
    digest = crypto.fingerprint(root_keys.digest, row_id, record)
    head = Head(count=1, epoch=1, digest=digest)
    return Founding(
        header=header.encode(),
        head=seal_head(root_keys, entropy, head),
        records=[(row_id, record)],
        keys=root_keys,
    )


def seal_head(keys: RootKeys, entropy: Entropy, head: Head) -> bytes:
    """Seal a head, under its epoch as version."""
    sealer = Sealer(keys, HEADS, entropy)
    return sealer.seal(
        keys.register_id, kind=layout.HEAD_CODE, version=head.epoch, body=head.encode()
    )


def unaccounted() -> IntegrityBroken:
    """The error for records that are not those that the head accounts for."""
    return IntegrityBroken(
        "Records of the register were added, removed or put back outside the program.",
        unchanged="Nothing was changed, and nothing was answered from it.",
        do="Restore the register from a backup, and find out who could write to it.",
    )
