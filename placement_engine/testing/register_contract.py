"""What every store of a register must do, as tests that an embedder runs on his own.

Subclass `RegisterStoreContract` in a test file and say how a store is made; pytest, or any
runner that collects methods named ``test_``, does the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import TracebackType

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register import RawKey, Register, RegisterStore
from placement_engine.register.records import RECORD_SIZE

_HEADER = b"a header of any bytes"
_HEAD = b"H" * RECORD_SIZE
_ROWS = [(bytes([n]) * 16, bytes([n]) * RECORD_SIZE) for n in (7, 3, 5)]
_NEW = (b"\x04" * 16, b"n" * RECORD_SIZE)
_DAY = date(2026, 11, 22)


class RegisterStoreContract(ABC):
    """Tests of one kind of `RegisterStore`."""

    @abstractmethod
    def new_store(
        self, *, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]
    ) -> RegisterStore:
        """A new store that holds exactly this."""

    @abstractmethod
    def second_handle(self, store: RegisterStore) -> RegisterStore:
        """The same contents as another process would open them, waiting 0.2 s at most.

        A store that only one handle can hold gives itself.
        """

    @abstractmethod
    def raw_bytes(self, store: RegisterStore) -> bytes:
        """All bytes that the store keeps outside of this process, as they are now."""

    @contextmanager
    def _store(self) -> Iterator[RegisterStore]:
        store = self.new_store(header=_HEADER, head=_HEAD, records=list(_ROWS))
        try:
            yield store
        finally:
            store.close()

    def test_it_holds_what_it_was_made_with(self) -> None:
        """Header, head and records are there, records ascending by id."""
        with self._store() as store:
            assert store.header() == _HEADER
            assert _all(store) == (_HEAD, sorted(_ROWS))

    def test_records_are_fetched_in_the_order_asked(self) -> None:
        """Also twice, and None where there is none."""
        with self._store() as store, store.read() as view:
            wanted = [_ROWS[0][0], _NEW[0], _ROWS[2][0], _ROWS[0][0]]
            expected = [_ROWS[0][1], None, _ROWS[2][1], _ROWS[0][1]]
            assert list(view.fetch(wanted)) == expected
            assert list(view.fetch([])) == []

    def test_many_records_are_fetched_however_they_lie(self) -> None:
        """Neighbours, a few among many, backwards, and some that are not there."""
        rows = [(n.to_bytes(16, "big"), n.to_bytes(4, "big") * 8) for n in range(1, 700)]
        with self._store() as store:
            with store.write() as change:
                change.put(rows)
            ids = [row_id for row_id, _ in rows]
            known, strange = dict(rows), (1000).to_bytes(16, "big")
            for wanted in (ids, ids[::-1], ids[::7], ids[:250] + ids[250::9], [strange, *ids[:3]]):
                with store.read() as view:
                    assert list(view.fetch(wanted)) == [known.get(row_id) for row_id in wanted]

    def test_a_change_is_kept_as_a_whole(self) -> None:
        """Deleted, replaced, added and the head: seen by this handle and any other."""
        with self._store() as store:
            with store.write() as change:
                change.delete([_ROWS[0][0]])
                change.put([_NEW, (_ROWS[1][0], _NEW[1])])
                change.set_head(_NEW[1])
            expected = sorted([_NEW, (_ROWS[1][0], _NEW[1]), _ROWS[2]])
            assert _all(store) == (_NEW[1], expected)
            other = self.second_handle(store)
            assert _all(other) == (_NEW[1], expected)
            other.close()

    def test_a_new_header_is_kept_with_the_change_or_dropped_with_it(self) -> None:
        """Keys are replaced together with all that they seal."""
        with self._store() as store:
            with _raises(ZeroDivisionError), store.write() as change:
                change.set_header(b"never seen")
                raise ZeroDivisionError
            assert store.header() == _HEADER
            with store.write() as change:
                change.set_header(b"another header")
                change.set_head(_NEW[1])
            other = self.second_handle(store)
            assert other.header() == store.header() == b"another header"
            assert _all(other) == (_NEW[1], sorted(_ROWS))
            other.close()

    def test_a_change_that_fails_leaves_nothing(self) -> None:
        """An error inside of a change drops all of it."""
        with self._store() as store:
            with _raises(ZeroDivisionError), store.write() as change:
                change.put([_NEW])
                change.set_head(_NEW[1])
                change.delete([_ROWS[0][0]])
                raise ZeroDivisionError
            assert _all(store) == (_HEAD, sorted(_ROWS))

    def test_removing_what_is_not_there_is_refused(self) -> None:
        """A missing record means that somebody else removed it."""
        with self._store() as store:
            with _raises(IntegrityBroken), store.write() as change:
                change.put([_NEW])
                change.delete([b"\xee" * 16])
            assert _all(store) == (_HEAD, sorted(_ROWS))

    def test_who_looks_sees_one_state_while_another_writes(self) -> None:
        """A reader neither blocks a writer nor sees half of its change."""
        with self._store() as store:
            other = self.second_handle(store)
            with store.read() as view:
                assert view.head() == _HEAD
                with other.write() as change:
                    change.put([_NEW])
                    change.set_head(_NEW[1])
                assert view.head() == _HEAD
                assert list(view.records()) == sorted(_ROWS)
            assert _all(store) == (_NEW[1], sorted([*_ROWS, _NEW]))
            other.close()

    def test_one_writes_at_a_time_and_the_other_waits_a_bounded_time(self) -> None:
        """The second writer gives up, and succeeds later."""
        with self._store() as store:
            other = self.second_handle(store)
            with store.write() as change:
                change.put([_NEW])
                with _raises(RegisterUnavailable), other.write():
                    pass
            with other.write() as change:
                assert list(change.fetch([_NEW[0]])) == [_NEW[1]]
            other.close()

    def test_removed_bytes_are_gone_when_it_is_scrubbed(self) -> None:
        """Not in the file, not in a log beside it."""
        with self._store() as store:
            with store.write() as change:
                change.put([_NEW])
            with store.write() as change:
                change.delete([_NEW[0]])
            store.scrub()
            assert _NEW[1][:32] not in self.raw_bytes(store)

    def test_closing_twice_is_harmless(self) -> None:
        """The second time does nothing."""
        with self._store() as store:
            store.close()

    def test_a_register_lives_in_it(self) -> None:
        """A whole register works over it."""
        founded = Register.found(
            self.new_store, RawKey(bytes(range(32))), single_user=True, today=_DAY
        )
        with founded as register:
            register.put_cases({"C-1": b"one", "C-2": b"two" * 5000})
            register.put_proposals({"C-1": b"proposal"})
            assert register.cases() == [("C-1", "proposed"), ("C-2", "open")]
            assert register.case("C-2") == b"two" * 5000
            assert register.verify().epoch == register.epoch == 3


def _all(store: RegisterStore) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    with store.read() as view:
        return view.head(), list(view.records())


class _raises:  # noqa: N801  # reads as pytest.raises, which embedders may not have
    def __init__(self, expected: type[Exception]) -> None:
        self._expected = expected

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        assert kind is not None, f"{self._expected.__name__} was not raised"
        return issubclass(kind, self._expected)
