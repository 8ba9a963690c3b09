"""The head: what must be true of all records together, sealed beside them.

The number of records, and a sum over all of them that nobody can compute without the key:
so no record can be added, removed or put back unnoticed. Each change raises the epoch. The
head of the audit log stands here too, so that the log and what it tells of change together.
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
from placement_engine.register.merkle import HASH_SIZE, Frontier
from placement_engine.register.records import Sealer

RECORDS = b"record"
HEADS = b"head"
MODULUS = 1 << 256
_HEAD = struct.Struct(f">QQ32sQQ{ID_SIZE}s")

Entropy = Callable[[int], bytes]
Rows = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """How far the audit log has come.

    Parameters
    ----------
    tree
        The Merkle tree over all entries.
    page
        Id of the document that the last entries stand in; zeros before the first one.
    """

    tree: Frontier = field(default_factory=Frontier)
    page: bytes = bytes(ID_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What must be true of all records together.

    Parameters
    ----------
    count, epoch, digest
        Number of records, number of changes, and the keyed sum over all records.
    quiet
        How many of the changes wrote to the audit log alone.
    """

    count: int
    epoch: int
    digest: int = field(repr=False)
    quiet: int = 0
    log: LogState = field(default_factory=LogState, repr=False)

    def encode(self) -> bytes:
        """80 bytes, and 32 for each full subtree of the log: at most 2,128."""
        fixed = _HEAD.pack(
            self.count,
            self.epoch,
            self.digest.to_bytes(32, "big"),
            self.quiet,
            self.log.tree.size,
            self.log.page,
        )
        return fixed + b"".join(self.log.tree.roots)

    @classmethod
    def decode(cls, body: bytes) -> Head:
        """Undo `encode`; padding is ignored, and a head without a log is padded with zeros."""
        count, epoch, digest, quiet, size, page = _HEAD.unpack_from(body)
        end = _HEAD.size + HASH_SIZE * size.bit_count()
        roots = tuple(body[at : at + HASH_SIZE] for at in range(_HEAD.size, end, HASH_SIZE))
        return cls(
            count=count,
            epoch=epoch,
            digest=int.from_bytes(digest, "big"),
            quiet=quiet,
            log=LogState(tree=Frontier(size=size, roots=roots), page=page),
        )


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
