"""New keys for a register: every record is sealed anew, in one change of its store.

A new root key and not only a new wrapping of the old one: who has an old copy of the
header and the old passphrase has the old root key, and must not open what is written from
now on. All of it is one change, so that a kill leaves the old register or the new one; see
ADR 0014.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from placement_engine.errors import RegisterUnavailable
from placement_engine.register import crypto
from placement_engine.register import documents as layout
from placement_engine.register.documents import KIND_CODES, PART_CODE, DocumentKind
from placement_engine.register.head import (
    MODULUS,
    RECORDS,
    Entropy,
    Head,
    Rows,
    seal_head,
    unaccounted,
)
from placement_engine.register.header import ID_SIZE, Header, RootKeys
from placement_engine.register.keys import KeyProvider
from placement_engine.register.records import Index, Seal, Sealer
from placement_engine.register.store import StoreChange

_TOGETHER = 500  # records in memory at a time
_ROTATION = KIND_CODES[DocumentKind.ROTATION]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A register under new keys, as a vault has to know it."""

    keys: RootKeys = field(repr=False)
    head: Head
    sealed_head: bytes = field(repr=False)
    index: Index = field(repr=False)


def renew(
    store: StoreChange,
    *,
    keys: RootKeys,
    provider: KeyProvider,
    entropy: Entropy,
    head: Head,
    seals: Mapping[bytes, Seal],
) -> Renewed:
    """Seal every record of a register anew, under new keys.

    Parameters
    ----------
    store
        A change that the caller keeps as a whole, or drops.
    keys, head, seals
        The register as it is accounted for: its keys, head, and by id each record.
    provider
        Gives the key that wraps the new root key.

    Raises
    ------
    IntegrityBroken
        A record does not open, or belongs to no document.
    """
    header, new_keys = Header.found(provider, entropy, register_id=keys.register_id)
    resealing = _Resealing(store, seals, Sealer(keys, RECORDS, entropy), new_keys, entropy)
    moved: dict[bytes, bytes] = {}
    for row_id, seal, body in resealing.opened(
        [i for i, s in seals.items() if s.kind != PART_CODE]
    ):
        if seal.kind == _ROTATION:
            continue
        resealing.put(row_id, seal, body)
        count = layout.parts(layout.length(body))
        if count > len(seals):
            raise unaccounted()
        old = keys.part_ids(row_id, seal.version, count)
        moved |= zip(old, new_keys.part_ids(row_id, seal.version, count), strict=True)
    if len(moved) != sum(seal.kind == PART_CODE for seal in seals.values()):
        raise unaccounted()
    for row_id, seal, body in resealing.opened(list(moved)):
        resealing.put(moved[row_id], seal, body)
    gone = [*moved, *(row_id for row_id, seal in seals.items() if seal.kind == _ROTATION)]
    resealing.put(entropy(ID_SIZE), Seal(_ROTATION, 1, b""), _bridge(store.head()))
    index = resealing.finish()
    new_head = replace(
        head,
        count=len(index),
        epoch=head.epoch + 1,
        quiet=head.quiet + 1,  # no fact has changed, and no decision goes stale
        digest=sum(entry[3] for entry in index.values()) % MODULUS,
    )
    sealed = seal_head(new_keys, entropy, new_head)
    store.delete(gone)
    store.set_head(sealed)
    store.set_header(header.encode())
    return Renewed(keys=new_keys, head=new_head, sealed_head=sealed, index=index)


def follows(bridge: bytes, sealed_head: bytes) -> bool:
    """Whether a register's keys were changed right after the state of this sealed head.

    An anchor that was not told any more, because the program was killed, still holds the
    head under the old keys. `bridge` is the register's document of kind ``rotation``.
    """
    told: str = json.loads(bridge)["previous"]
    return told == hashlib.sha256(sealed_head).hexdigest()


def refuse_renewed(header: bytes, keys: RootKeys) -> None:
    """Raise `RegisterUnavailable` if a register has other keys by now than those at hand."""
    if Header.parse(header).key_id != keys.key_id:
        raise RegisterUnavailable(
            "The register was given new keys while it was open.",
            unchanged="Nothing was changed.",
            do="Open it again, with the new passphrase or key.",
        )


def _bridge(sealed_head: bytes) -> bytes:
    previous = hashlib.sha256(sealed_head).hexdigest()
    [body] = layout.split(json.dumps({"previous": previous}).encode())
    return body


class _Resealing:
    """Records that come in under old keys and go out under new ones, some at a time."""

    def __init__(
        self,
        store: StoreChange,
        seals: Mapping[bytes, Seal],
        old: Sealer,
        keys: RootKeys,
        entropy: Entropy,
    ) -> None:
        self._store = store
        self._seals = seals
        self._old = old
        self._new = Sealer(keys, RECORDS, entropy)
        self._digest_key = keys.digest
        self._rows: Rows = []
        self._index: Index = {}

    def opened(self, ids: Sequence[bytes]) -> Iterator[tuple[bytes, Seal, bytes]]:
        for start in range(0, len(ids), _TOGETHER):
            wanted = ids[start : start + _TOGETHER]
            for row_id, record in zip(wanted, list(self._store.fetch(wanted)), strict=True):
                if record is None or row_id not in self._seals:
                    raise unaccounted()
                seal, body = self._old.open(row_id, record)
                if seal != self._seals[row_id]:
                    raise unaccounted()
                yield row_id, seal, body

    def put(self, row_id: bytes, seal: Seal, body: bytes) -> None:
        record = self._new.seal(row_id, kind=seal.kind, version=seal.version, body=body)
        number = crypto.fingerprint(self._digest_key, row_id, record)
        self._index[row_id] = (*self._new.look(row_id, record), number)
        self._rows.append((row_id, record))
        if len(self._rows) >= _TOGETHER:
            self._flush()

    def finish(self) -> Index:
        self._flush()
        return self._index

    def _flush(self) -> None:
        self._store.put(self._rows)
        self._rows = []
