"""Every store of a register behaves alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from placement_engine.register import MemoryStore, RegisterStore, SqliteStore
from placement_engine.testing.register_contract import RegisterStoreContract


class TestMemoryStore(RegisterStoreContract):
    def new_store(
        self, *, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]
    ) -> RegisterStore:
        return MemoryStore(header=header, head=head, records=records)

    def second_handle(self, store: RegisterStore) -> RegisterStore:
        return store

    def raw_bytes(self, store: RegisterStore) -> bytes:
        return b""


class TestSqliteStore(RegisterStoreContract):
    @pytest.fixture(autouse=True)
    def _in_folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "a.register"

    def new_store(
        self, *, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]
    ) -> RegisterStore:
        temporary = self.path.with_suffix(".new")
        return SqliteStore.create(
            self.path, temporary, header=header, head=head, records=records, wait_s=0.2
        )

    def second_handle(self, store: RegisterStore) -> RegisterStore:
        return SqliteStore.open(self.path, wait_s=0.2)

    def raw_bytes(self, store: RegisterStore) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.path.parent.iterdir()))
