"""Every store of a register behaves alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from placement_engine.register import MemoryStore, RegisterStore, SqliteStore
from placement_engine.register.location import open_store
from placement_engine.testing.postgresql_server import PostgresqlServer
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


_NUMBERS = itertools.count()


class TestPostgresqlStore(RegisterStoreContract):
    @pytest.fixture(autouse=True)
    def _on_server(self, server: PostgresqlServer) -> Iterator[None]:
        self.server = server
        self.database = f"contract{next(_NUMBERS)}"
        self.address = server.new_database(self.database)
        yield
        server.run_sql("postgres", f"DROP DATABASE {self.database} WITH (FORCE)")

    def new_store(
        self, *, header: bytes, head: bytes, records: list[tuple[bytes, bytes]]
    ) -> RegisterStore:
        from placement_engine.register.postgresql import PostgresqlStore

        return PostgresqlStore.create(
            self.address, header=header, head=head, records=records, wait_s=0.2
        )

    def second_handle(self, store: RegisterStore) -> RegisterStore:
        return open_store(self.address, wait_s=0.2)

    def raw_bytes(self, store: RegisterStore) -> bytes:
        """The database's own files; the server's log of changes keeps more for a while."""
        self.server.run_sql(self.database, "CHECKPOINT")
        found = self.server.run_sql(
            "postgres", f"SELECT oid FROM pg_database WHERE datname = '{self.database}'"
        )
        folder = self.server.data / "base" / found.strip()
        return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())
