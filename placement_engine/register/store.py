"""The seam between the register and whatever keeps its bytes.

A store knows nothing of keys or people. It keeps one header, one head and any number of
records under 16-byte ids, shows one consistent state at a time, and changes all or nothing.
`placement_engine.testing.register_contract` tells by tests what a store must do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class StoreView(Protocol):
    """One consistent state of a store, unchanged while it is looked at."""

    def header(self) -> bytes:
        """The header, in the clear but for the key in it."""

    def head(self) -> bytes:
        """The sealed head, which tells count and digest of all records."""

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        """All records as (id, bytes), ids strictly ascending."""

    def fetch(self, ids: Sequence[bytes]) -> Iterator[bytes | None]:
        """The record of each id, None where there is none."""


class StoreChange(StoreView, Protocol):
    """A state that only the holder can change; nobody else sees it before it is kept."""

    def put(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        """Add records, or replace those whose id is there."""

    def delete(self, ids: Sequence[bytes]) -> None:
        """Remove records; all ids must be there."""

    def set_head(self, head: bytes) -> None:
        """Replace the head."""

    def set_header(self, header: bytes) -> None:
        """Replace the header: the register has new keys."""


class RegisterStore(Protocol):
    """Keeps the bytes of one register.

    Every method raises `RegisterUnavailable` if the store is busy for longer than it may
    wait, full, or not writable, and `IntegrityBroken` if it is damaged.
    """

    def header(self) -> bytes:
        """The register's header."""

    def read(self) -> AbstractContextManager[StoreView]:
        """Look at the state as it is now."""

    def write(self) -> AbstractContextManager[StoreChange]:
        """Change the state: kept as a whole at the end, dropped as a whole on an error."""

    def scrub(self) -> None:
        """Leave no bytes of removed records behind, as far as the store can."""

    def close(self) -> None:
        """Let go; harmless if done twice."""


class StoreMaker(Protocol):
    """Makes a new store that holds exactly this; `MemoryStore` is one."""

    def __call__(
        self, *, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]
    ) -> RegisterStore:
        """Make it."""
