"""Documents over a store: sealed one by one, and accounted for all together.

Each record is authenticated by itself; that none was added, removed or put back is proved
by the head: the number of records, and a sum over all of them that nobody can compute
without the key. Opening a register compares both before anything is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from placement_engine.errors import RegisterUnavailable
from placement_engine.register import crypto
from placement_engine.register import documents as layout
from placement_engine.register.documents import KIND_CODES, DocumentKind
from placement_engine.register.halves import MANY
from placement_engine.register.head import (
    HEADS,
    MODULUS,
    RECORDS,
    Entropy,
    Head,
    LogState,
    seal_head,
    unaccounted,
)
from placement_engine.register.header import RootKeys
from placement_engine.register.keys import KeyProvider
from placement_engine.register.reading import Changing, Reading
from placement_engine.register.records import Ahead, Index, Seal, Sealer
from placement_engine.register.rotation import refuse_renewed, renew
from placement_engine.register.store import RegisterStore, StoreView

__all__ = ["Changing", "Reading", "Vault", "VerifyReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """That every record was opened and accounted for; there is no report otherwise.

    Parameters
    ----------
    records, documents
        How many there are; a long document takes several records.
    epoch
        Rises by one with each change; a lower one than noted before means that an old
        copy of the register was put back.
    """

    records: int
    documents: int
    epoch: int


class Vault:
    """The documents of one register.

    Parameters
    ----------
    store
        Keeps the bytes.
    keys
        From the header; wiped by `close`.
    entropy
        Gives random bytes.
    many
        From so many records on two threads share the work.
    ahead
        What is wanted next: opened while it is accounted for, and kept until it is first
        asked for.

    Raises
    ------
    IntegrityBroken
        The records are not those that the head accounts for.
    """

    def __init__(
        self,
        store: RegisterStore,
        keys: RootKeys,
        *,
        entropy: Entropy,
        many: int = MANY,
        ahead: DocumentKind | None = None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._entropy = entropy
        self._many = many
        self._sealer = Sealer(keys, RECORDS, entropy, many=many)
        self._heads = Sealer(keys, HEADS, entropy)
        self._closed = False
        self._known = b""  # the sealed head for which _head and _index hold
        self._head = Head(count=0, epoch=0, digest=0)
        self._index: Index = {}
        self._wanted = None if ahead is None else KIND_CODES[ahead]
        self._ahead: Ahead = {}
        self._told: Callable[[], None] | None = None
        with self.read():
            pass

    @property
    def epoch(self) -> int:
        """Number of changes that the register had seen when it was last looked at."""
        return self._head.epoch

    @property
    def facts(self) -> int:
        """As `epoch`, but changes of the audit log alone do not count."""
        return self._head.epoch - self._head.quiet

    @property
    def log(self) -> LogState:
        """How far the audit log had come when the register was last looked at."""
        return self._head.log

    @property
    def register_id(self) -> bytes:
        """16 random bytes that tell this register from others."""
        return self._keys.register_id

    @property
    def sealed_head(self) -> bytes:
        """The head as it was last seen in the store: sealed, so that it may lie anywhere."""
        return self._known

    def read_head(self, sealed: bytes) -> Head:
        """Open a copy of a sealed head that was kept elsewhere.

        Raises
        ------
        IntegrityBroken
            It is no head of this register under its present key.
        """
        seal, body = self._heads.open(self._keys.register_id, sealed)
        head = Head.decode(body)
        if seal.kind != layout.HEAD_CODE or seal.version != head.epoch:
            raise unaccounted()
        return head

    def tell(self, told: Callable[[], None]) -> None:
        """Call `told` after each change that was kept."""
        self._told = told

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """Look at one consistent state."""
        self._refuse_closed()
        with self._store.read() as view:
            self._account(view)
            yield Reading(view, self._sealer, self._keys, self._index, self._ahead)

    @contextmanager
    def change(self) -> Iterator[Changing]:
        """Change the register alone: all that is staged inside is kept at the end, or nothing."""
        self._refuse_closed()
        with self._store.write() as store:
            self._account(store)
            draft = Changing(store, self._sealer, self._keys, self._index, self._entropy)
            draft.log = self._head.log
            yield draft
            if not draft.puts and not draft.deletes:
                return
            index = dict(self._index)
            digest = self._head.digest
            for row_id in (*draft.deletes, *(i for i, _ in draft.puts if i in index)):
                digest -= index.pop(row_id)[3]
            for row_id, record in draft.puts:
                number = crypto.fingerprint(self._keys.digest, row_id, record)
                index[row_id] = (*self._sealer.look(row_id, record), number)
                digest += number
            head = Head(
                count=len(index),
                epoch=self._head.epoch + 1,
                digest=digest % MODULUS,
                quiet=self._head.quiet + draft.quiet,
                log=draft.log,
            )
            sealed = seal_head(self._keys, self._entropy, head)
            store.delete(draft.deletes)
            store.put(draft.puts)
            store.set_head(sealed)
        # Only a change that was kept may alter what we believe to be there.
        self._known, self._head, self._index = sealed, head, index
        if self._told is not None:
            self._told()

    def renew(self, provider: KeyProvider) -> int:
        """Give the register new keys, wrapped under a key of `provider`, and seal all anew.

        One change: killed at any point, it leaves the old keys or the new ones. Who has the
        register open meanwhile has to open it again.

        Returns
        -------
        int
            How many records were sealed anew.
        """
        self._refuse_closed()
        with self._store.write() as store:
            self._account(store)
            renewed = renew(
                store,
                keys=self._keys,
                provider=provider,
                entropy=self._entropy,
                head=self._head,
                seals={row_id: Seal(*entry[:3]) for row_id, entry in self._index.items()},
            )
        self._keys.wipe()
        self._keys = renewed.keys
        self._sealer = Sealer(renewed.keys, RECORDS, self._entropy, many=self._many)
        self._heads = Sealer(renewed.keys, HEADS, self._entropy)
        self._known, self._head, self._index = renewed.sealed_head, renewed.head, renewed.index
        if self._told is not None:
            self._told()
        self.scrub()
        return len(self._index)

    def verify(self) -> VerifyReport:
        """Open every record and account for each.

        Raises
        ------
        IntegrityBroken
            Something was added, altered, removed, swapped or put back.
        """
        self._refuse_closed()
        with self._store.read() as view:
            self._known = b""
            self._account(view)
            reading = Reading(view, self._sealer, self._keys, self._index)
            found = parts = 0
            for kind in DocumentKind:
                for document in reading.documents(kind):
                    found += 1
                    parts += layout.parts(len(document.payload))
            if found + parts != len(self._index):
                raise unaccounted()
            return VerifyReport(records=len(self._index), documents=found, epoch=self._head.epoch)

    def scrub(self) -> None:
        """Leave no bytes of removed records behind, as far as the store can."""
        self._store.scrub()

    def close(self) -> None:
        """Close the store and wipe the keys; harmless if done twice."""
        if not self._closed:
            self._closed = True
            self._index = {}
            self._ahead = {}
            self._keys.wipe()
            self._store.close()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise RegisterUnavailable("The register was closed.", unchanged="Nothing was changed.")

    def _account(self, view: StoreView) -> None:
        """Compare all records with the head, unless nothing changed since the last time."""
        sealed = view.head()
        if sealed == self._known:
            return
        refuse_renewed(view.header(), self._keys)
        head = self.read_head(sealed)
        if head.epoch <= self._head.epoch and self._known:
            raise unaccounted()  # an old state was put back while we looked
        wanted, self._wanted = self._wanted, None
        index, digest, ahead = self._sealer.account(
            view.records(), most=head.count, ahead=wanted, keep=layout.trimmed
        )
        if len(index) != head.count or digest % MODULUS != head.digest:
            raise unaccounted()
        self._known, self._head, self._index, self._ahead = sealed, head, index, ahead
