"""Documents over a store that cannot be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import pytest

from placement_engine.errors import IntegrityBroken
from placement_engine.register import DocumentKind, MemoryStore, RawKey, Register, records
from placement_engine.register.head import found
from placement_engine.register.store import StoreView
from placement_engine.register.vault import Vault

KEY = RawKey(bytes(range(32)))
FIRST = (DocumentKind.SETTING, b'{"single_user":true}')


class EndlessStore(MemoryStore):
    """Gives its only row again and again, as a forged file with a circle in it would."""

    given = 0

    @contextmanager
    def read(self) -> Iterator[StoreView]:
        with super().read() as view:
            [row] = view.records()

            def again() -> Iterator[tuple[bytes, bytes]]:
                while self.given < 1000:
                    self.given += 1
                    yield row

            view.records = again  # type: ignore[method-assign]
            yield view


def test_a_store_without_end_is_refused_at_once() -> None:
    made = found(KEY, FIRST, os.urandom)
    store = EndlessStore(header=made.header, head=made.head, records=made.records)
    with pytest.raises(IntegrityBroken):
        Vault(store, made.keys, entropy=os.urandom)
    assert store.given == 2


class ForgetfulStore(MemoryStore):
    """Shows all rows when asked for all, and none when asked for one."""

    @contextmanager
    def read(self) -> Iterator[StoreView]:
        with super().read() as view:
            view.fetch = lambda ids: iter([None] * len(ids))  # type: ignore[method-assign]
            yield view


def test_a_row_that_is_counted_must_be_found() -> None:
    with pytest.raises(IntegrityBroken):
        Register.found(ForgetfulStore, KEY, single_user=True, today=date(2026, 11, 22))


class ExchangedStore(MemoryStore):
    """Gives one of many rows, when asked for by id, as an earlier and once true record."""

    earlier: tuple[bytes, bytes] = (b"", b"")

    @contextmanager
    def read(self) -> Iterator[StoreView]:
        with super().read() as view:
            fetch = view.fetch

            def fetched(ids: Sequence[bytes]) -> Iterator[bytes | None]:
                row_id, record = self.earlier
                return (record if i == row_id else r for i, r in zip(ids, fetch(ids), strict=True))

            view.fetch = fetched  # type: ignore[method-assign]
            yield view


def test_many_are_opened_in_order_and_none_is_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LOT", 8)
    made = found(KEY, FIRST, os.urandom)
    store = ExchangedStore(header=made.header, head=made.head, records=made.records)
    vault = Vault(store, made.keys, entropy=os.urandom, many=20)
    with vault.change() as change:
        added = {
            change.add(DocumentKind.EVENT, bytes([n]) * (9000 if n % 9 == 0 else 9)): n
            for n in range(1, 101)
        }
    with vault.read() as state:
        told = list(state.payloads(DocumentKind.EVENT))
        assert [row_id for row_id, _ in told] == state.ids(DocumentKind.EVENT)
        assert {row_id: payload[0] for row_id, payload in told} == added
        assert told == [(d.id, d.payload) for d in state.documents(DocumentKind.EVENT)]
        assert next(state.payloads(DocumentKind.EVENT)) == told[0]  # the rest is let go
        [replaced] = state.sealed([told[60][0]])
    with vault.change() as change:
        change.replace(told[60][0], b"newer")
    store.earlier = (told[60][0], replaced)
    with vault.read() as state, pytest.raises(IntegrityBroken):
        list(state.payloads(DocumentKind.EVENT))


def test_a_document_that_is_referred_to_must_be_there() -> None:
    made = found(KEY, FIRST, os.urandom)
    store = MemoryStore(header=made.header, head=made.head, records=made.records)
    vault = Vault(store, made.keys, entropy=os.urandom)
    with vault.change() as change:
        long = change.add(DocumentKind.DECISION, bytes(10_000))
    with vault.read() as state:
        assert state.document(long).payload == bytes(10_000)
        with pytest.raises(IntegrityBroken):
            state.document(os.urandom(16))
        parts = set(state._index) - {made.records[0][0], long}
        assert len(parts) == 2
        for part in parts:
            with pytest.raises(IntegrityBroken):
                state.document(part)


def test_a_change_of_nothing_is_no_change() -> None:
    made = found(KEY, FIRST, os.urandom)
    store = MemoryStore(header=made.header, head=made.head, records=made.records)
    vault = Vault(store, made.keys, entropy=os.urandom)
    with vault.change():
        pass
    assert vault.epoch == 1
    with store.read() as view:
        assert view.head() == made.head
