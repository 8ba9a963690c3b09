"""The documents of one state of a register: looked at, and staged to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from placement_engine.register import documents as layout
from placement_engine.register.documents import KIND_CODES, KINDS, Document, DocumentKind
from placement_engine.register.head import Entropy, LogState, Rows, unaccounted
from placement_engine.register.header import ID_SIZE, RootKeys
from placement_engine.register.records import Ahead, Index, Seal, Sealer
from placement_engine.register.store import StoreView

Opened = tuple[Seal, bytes]
_NOT_OPENED = (b"", b"")


class Reading:
    """One consistent state of the documents."""

    def __init__(
        self,
        view: StoreView,
        sealer: Sealer,
        keys: RootKeys,
        index: Index,
        ahead: Ahead | None = None,
    ) -> None:
        self._view = view
        self._ahead = {} if ahead is None else ahead
        self._sealer = sealer
        self._keys = keys
        self._index = index

    def ids(self, kind: DocumentKind) -> list[bytes]:
        """Ids of the documents of a kind, in no telling order."""
        code = KIND_CODES[kind]
        return [row_id for row_id, entry in self._index.items() if entry[0] == code]

    def beginnings(self, kind: DocumentKind) -> Iterator[tuple[bytes, bytes]]:
        """Id and first bytes of each document of a kind; the rest of it stays shut."""
        ids = self.ids(kind)
        for row_id, (_, body) in zip(ids, self._open(ids), strict=True):
            yield row_id, layout.join(body, [])

    def documents(self, kind: DocumentKind) -> Iterator[Document]:
        """All documents of a kind."""
        ids = self.ids(kind)
        for row_id, (seal, body) in zip(ids, self._open(ids, layout.trimmed), strict=True):
            yield self._whole(row_id, seal, body)

    def payloads(self, kind: DocumentKind) -> Iterator[tuple[bytes, bytes]]:
        """Id and payload of all documents of a kind: as `documents`, for where there are many."""
        ids = self.ids(kind)
        opened = self._opened_ahead(ids)
        if opened is not None:
            for row_id, body in opened:
                payload = layout.alone(body)
                yield row_id, self.document(row_id).payload if payload is None else payload
            return
        for row_id, (seal, body) in zip(ids, self._open(ids, layout.trimmed), strict=True):
            payload = layout.alone(body)
            yield row_id, self._whole(row_id, seal, body).payload if payload is None else payload

    def document(self, row_id: bytes) -> Document:
        """One document by its id.

        Raises
        ------
        IntegrityBroken
            There is no such document, though another one refers to it.
        """
        [(seal, body)] = self._open([row_id])
        if seal.kind not in KINDS:
            raise unaccounted()
        return self._whole(row_id, seal, body)

    def sealed(self, ids: Sequence[bytes]) -> Iterator[bytes]:
        """Records as they stand in the store, shut."""
        for record in self._view.fetch(ids):
            if record is None:
                raise unaccounted()
            yield record

    def _whole(self, row_id: bytes, seal: Seal, body: bytes) -> Document:
        payload = layout.alone(body)
        if payload is None:
            ids = self._part_ids(row_id, seal, body)
            payload = layout.join(body, [part for _, part in self._open(ids)])
        return Document(id=row_id, kind=KINDS[seal.kind], payload=payload, version=seal.version)

    def _part_ids(self, row_id: bytes, seal: Seal, body: bytes) -> list[bytes]:
        count = layout.parts(layout.length(body))
        if not count:
            return []
        if count > len(self._index):
            raise unaccounted()
        return self._keys.part_ids(row_id, seal.version, count)

    def _opened_ahead(self, ids: Sequence[bytes]) -> list[tuple[bytes, bytes]] | None:
        """What was opened on the way, once, if it is all that is wanted and still holds."""
        ahead, index = self._ahead, self._index
        if not ahead or any(ahead.get(i, _NOT_OPENED)[0] != index[i][2] for i in ids):
            return None
        bodies = [(row_id, ahead[row_id][1]) for row_id in ids]
        ahead.clear()
        return bodies

    def _open(
        self, ids: Sequence[bytes], keep: Callable[[bytes], bytes] = bytes
    ) -> Iterator[Opened]:
        rows = zip(ids, self.sealed(ids), strict=True)
        all_opened = self._sealer.open_all(rows, count=len(ids), keep=keep)
        for row_id, opened in zip(ids, all_opened, strict=True):
            entry = self._index.get(row_id)
            # One that was replaced behind our back, by a record that was once true, has another.
            if entry is None or opened[0] != entry[:3]:
                raise unaccounted()
            yield opened


class Changing(Reading):
    """The documents as they were before the change, and what is staged to change.

    What is staged is not yet seen by reading. A document can be staged once. `log` is the
    state of the audit log after the change; `quiet` tells that nothing else changes.
    """

    def __init__(
        self,
        view: StoreView,
        sealer: Sealer,
        keys: RootKeys,
        index: Index,
        entropy: Entropy,
    ) -> None:
        super().__init__(view, sealer, keys, index)
        self.entropy = entropy
        self._staged: set[bytes] = set()
        self.puts: Rows = []
        self.deletes: list[bytes] = []
        self.log = LogState()
        self.quiet = False

    def add(self, kind: DocumentKind, payload: bytes) -> bytes:
        """Stage a new document; gives its id."""
        row_id = self.entropy(ID_SIZE)
        self._put(row_id, KIND_CODES[kind], 1, payload)
        return row_id

    def replace(self, row_id: bytes, payload: bytes) -> None:
        """Stage new content for a document, under the next version."""
        seal = self._drop_parts(row_id)
        self._put(row_id, seal.kind, seal.version + 1, payload)

    def replace_read(self, document: Document, payload: bytes) -> None:
        """As `replace`, for a document that was read in this change and need not be again."""
        self._stage(document.id)
        count = layout.parts(len(document.payload))
        self.deletes.extend(self._keys.part_ids(document.id, document.version, count))
        self._put(document.id, KIND_CODES[document.kind], document.version + 1, payload)

    def remove(self, row_id: bytes) -> None:
        """Stage that a document goes; its bytes are overwritten when the store is scrubbed."""
        self._drop_parts(row_id)
        self.deletes.append(row_id)

    def _drop_parts(self, row_id: bytes) -> Seal:
        self._stage(row_id)
        [(seal, body)] = self._open([row_id])
        self.deletes.extend(self._part_ids(row_id, seal, body))
        return seal

    def _stage(self, row_id: bytes) -> None:
        if row_id in self._staged:
            raise ValueError("this document is staged already")
        self._staged.add(row_id)

    def _put(self, row_id: bytes, kind: int, version: int, payload: bytes) -> None:
        first, *rest = layout.split(payload)
        self.puts.append(
            (row_id, self._sealer.seal(row_id, kind=kind, version=version, body=first))
        )
        ids = self._keys.part_ids(row_id, version, len(rest))
        self.puts.extend(
            (part, self._sealer.seal(part, kind=layout.PART_CODE, version=version, body=body))
            for part, body in zip(ids, rest, strict=True)
        )
