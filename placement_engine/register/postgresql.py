"""A register that several share, in a PostgreSQL database that sees only ciphertext.

The same records under the same random ids as in a file. The server is not trusted with
anything: what it alters is noticed, what it logs is not ours. So no record, id or
other value is ever a parameter of a statement, which a server may write to its log: what
goes in goes by COPY.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from placement_engine.errors import (
    PlacementError,
    RegisterUnavailable,
)
from placement_engine.register.postgresql_connection import (
    check_structure,
    connect,
    refuse_existing,
)
from placement_engine.register.postgresql_errors import altered, in_use, translated
from placement_engine.register.store import StoreChange, StoreView

if TYPE_CHECKING:
    from placement_engine.register.postgresql_connection import Connection

ATTEMPTS = 20
"""How often a change is begun anew that somebody else's change has made impossible."""

# Header and head are rows like the others, under ids that no random id will ever hit.
_HEADER_ID = bytes(16)
_HEAD_ID = b"\xff" * 16
_TOGETHER = 500  # rows fetched at a time; 2 MB

_CREATE = """
CREATE SCHEMA placement_register;
REVOKE ALL ON SCHEMA placement_register FROM PUBLIC;
CREATE TABLE placement_register.sealed (id bytea PRIMARY KEY, content bytea NOT NULL);
ALTER TABLE placement_register.sealed ALTER content SET STORAGE EXTERNAL;
REVOKE ALL ON TABLE placement_register.sealed FROM PUBLIC;
ALTER TABLE placement_register.sealed ENABLE ROW LEVEL SECURITY;
ALTER TABLE placement_register.sealed FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON placement_register.sealed TO CURRENT_USER USING (true) WITH CHECK (true)
"""


class PostgresqlStore:
    """Keeps the bytes of one register in a database; make it by `create` or `open`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._closed = False

    @classmethod
    def create(
        cls,
        url: str,
        *,
        header: bytes,
        head: bytes,
        records: Sequence[tuple[bytes, bytes]],
        wait_s: float = 5.0,
    ) -> Self:
        """Make a new register in a database that has none; all of it, or nothing.

        It belongs to the role that makes it. Another role may use it as a member of that
        one; everybody else is kept out by row-level security, which is forced.

        Raises
        ------
        RegisterUnavailable
            There is a register already, or the server cannot be reached.
        """
        connection = connect(url, wait_s=wait_s)
        store = cls(connection)
        try:
            with translated():
                connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
                refuse_existing(connection)
                connection.execute(_CREATE.encode())
                _Change(connection).put([(_HEADER_ID, header), (_HEAD_ID, head), *records])
                connection.execute("COMMIT")
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, wait_s: float = 5.0) -> Self:
        """Open the register of a database.

        Parameters
        ----------
        url
            ``postgresql://user@host/database``; never with a password.
        read_only
            Refuse to write.
        wait_s
            How long to wait for the server, and for another program, in seconds.

        Raises
        ------
        RegisterUnavailable, IntegrityBroken, InvalidConfiguration
            As their names say.
        """
        connection = connect(url, wait_s=wait_s)
        store = cls(connection)
        try:
            with translated():
                check_structure(connection)
                if read_only:
                    connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            store.close()
            raise
        return store

    def header(self) -> bytes:
        """The register's header."""
        with self.read() as view:
            return view.header()

    @contextmanager
    def read(self) -> Iterator[StoreView]:
        """Look at the state as it is now; others may write meanwhile, unseen."""
        with self._transaction() as change:
            with translated():
                self._connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")
            yield change

    @contextmanager
    def write(self) -> Iterator[StoreChange]:
        """Change the state alone; waits for another writer.

        Writers queue at a lock on the table before they look, so that two seldom meet. Should
        two meet all the same, the server refuses one; it then begins anew, at most
        `ATTEMPTS` times, as long as nothing has been decided from what it saw.
        """
        with self._transaction() as change:
            self._begin_write()
            yield change

    def _begin_write(self) -> None:
        import psycopg

        for _ in range(ATTEMPTS):
            with translated():
                try:
                    self._connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
                    self._connection.execute(
                        "LOCK TABLE placement_register.sealed IN SHARE ROW EXCLUSIVE MODE"
                    )
                    _Change(self._connection).lock_head()
                except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                    self._connection.execute("ROLLBACK")
                else:
                    return
        raise in_use()

    @contextmanager
    def _transaction(self) -> Iterator[_Change]:
        if self._closed:
            raise RegisterUnavailable("The register was closed.", unchanged="Nothing was changed.")
        idle = self._connection.pgconn.transaction_status == 0
        if not idle and not self._connection.broken:
            raise PlacementError("The register was asked for two things at once by one caller.")
        try:
            yield _Change(self._connection)
            with translated():
                self._connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        """Leave the transaction; a connection that is lost has left it already."""
        import psycopg

        with contextlib.suppress(psycopg.Error):
            if not self._connection.broken:
                self._connection.execute("ROLLBACK")

    def scrub(self) -> None:
        """Write the table anew without removed rows, in the order of the random ids.

        Only its owner can, and only while nobody else looks; otherwise it is left to the
        next time. The server's log of changes and its backups are out of reach.
        """
        import psycopg

        with contextlib.suppress(psycopg.Error):
            self._connection.execute("CLUSTER placement_register.sealed USING sealed_pkey")

    def close(self) -> None:
        """Close the connection; harmless if done twice."""
        self._closed = True
        self._connection.close()


class _Change:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def header(self) -> bytes:
        return _the_only(self, _HEADER_ID)

    def head(self) -> bytes:
        return _the_only(self, _HEAD_ID)

    def lock_head(self) -> None:
        """Take the head for this transaction, which fixes the state that it sees."""
        with self._staged([(_HEAD_ID, None)]):
            self._connection.execute(
                "SELECT 1 FROM placement_register.sealed"
                " WHERE id = (SELECT id FROM stage) FOR UPDATE"
            )

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        with translated():
            last = b""
            with self._connection.cursor("records", binary=True) as cursor:
                cursor.itersize = _TOGETHER
                cursor.execute("SELECT id, content FROM placement_register.sealed ORDER BY id")
                for row in cursor:
                    row_id, content = map(_bytes, row)
                    if row_id <= last:
                        raise altered()
                    last = row_id
                    if row_id not in (_HEADER_ID, _HEAD_ID):
                        yield row_id, content

    def fetch(self, ids: Sequence[bytes]) -> Iterator[bytes | None]:
        for start in range(0, len(ids), _TOGETHER):
            wanted = [(row_id, None) for row_id in ids[start : start + _TOGETHER]]
            with translated(), self._staged(wanted):
                found = self._connection.execute(
                    "SELECT kept.content FROM stage"
                    " LEFT JOIN placement_register.sealed AS kept USING (id) ORDER BY stage.n",
                    binary=True,
                ).fetchall()
            if len(found) != len(wanted):
                raise altered()
            for (content,) in found:
                yield None if content is None else _bytes(content)

    def put(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        with translated(), self._staged(rows):
            self._connection.execute(
                "INSERT INTO placement_register.sealed (id, content) SELECT id, content FROM stage"
                " ON CONFLICT (id) DO UPDATE SET content = excluded.content"
            )

    def delete(self, ids: Sequence[bytes]) -> None:
        with translated(), self._staged([(row_id, None) for row_id in ids]):
            gone = self._connection.execute(
                "DELETE FROM placement_register.sealed WHERE id IN (SELECT id FROM stage)"
            ).rowcount
        if gone != len(ids):
            raise altered()

    def set_head(self, head: bytes) -> None:
        self.put([(_HEAD_ID, head)])

    def set_header(self, header: bytes) -> None:
        self.put([(_HEADER_ID, header)])

    @contextmanager
    def _staged(self, rows: Sequence[tuple[bytes, bytes | None]]) -> Iterator[None]:
        cursor = self._connection.cursor()
        with cursor.copy("COPY stage FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "bytea", "bytea"])
            for n, (row_id, content) in enumerate(rows):
                copy.write_row((n, row_id, content))
        yield
        cursor.execute("DELETE FROM stage")


def _the_only(view: StoreView, row_id: bytes) -> bytes:
    [content] = view.fetch([row_id])
    if content is None:
        raise altered()
    return content


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        raise altered()
    return value
