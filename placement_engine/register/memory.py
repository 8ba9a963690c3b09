"""A register that lives in memory and is gone with the process: for trials and tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register.store import StoreChange, StoreView


class MemoryStore:
    """Keeps the bytes of one register in dictionaries.

    Parameters
    ----------
    header, head, records
        The bytes of a new register.
    """

    def __init__(
        self, *, header: bytes, head: bytes, records: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._state = _State(header, head, dict(records))
        self._writing = False

    def header(self) -> bytes:
        """The header as it is now."""
        return self._state.header()

    @contextmanager
    def read(self) -> Iterator[StoreView]:
        """The state as it is now."""
        yield self._state

    @contextmanager
    def write(self) -> Iterator[StoreChange]:
        """A copy that takes the place of the state at the end."""
        if self._writing:
            raise RegisterUnavailable(
                "The register is being changed.", unchanged="Nothing was changed."
            )
        self._writing = True
        try:
            draft = _State(self._state.header(), self._state.head(), dict(self._state.rows))
            yield draft
            self._state = draft
        finally:
            self._writing = False

    def scrub(self) -> None:
        """Nothing to do: what is removed is let go at once."""

    def close(self) -> None:
        """Nothing to do: the records live as long as the store."""


class _State:
    def __init__(self, header: bytes, head: bytes, rows: dict[bytes, bytes]) -> None:
        self._header = header
        self._head = head
        self.rows = rows

    def header(self) -> bytes:
        return self._header

    def head(self) -> bytes:
        return self._head

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted(self.rows.items()))

    def fetch(self, ids: Sequence[bytes]) -> Iterator[bytes | None]:
        return (self.rows.get(row_id) for row_id in ids)

    def put(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        self.rows.update(rows)

    def delete(self, ids: Sequence[bytes]) -> None:
        for row_id in ids:
            if self.rows.pop(row_id, None) is None:
                raise IntegrityBroken("A record of the register is missing.")

    def set_head(self, head: bytes) -> None:
        self._head = head

    def set_header(self, header: bytes) -> None:
        self._header = header
