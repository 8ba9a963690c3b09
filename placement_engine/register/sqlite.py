"""A register in one SQLite file.

The table of records is ordered by random id (``WITHOUT ROWID``), so the file does not tell
in which order people were placed. What is removed is overwritten, in the file and in the
write-ahead log.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from placement_engine.errors import IntegrityBroken, PlacementError, RegisterUnavailable
from placement_engine.register.header import FORMAT, refuse_newer
from placement_engine.register.sqlite_errors import damaged, translated, unavailable
from placement_engine.register.store import StoreChange, StoreView

APPLICATION_ID = 0x504C4143  # "PLAC", for file(1) and for us
PAGE_SIZE = 4096

_SCHEMA = "CREATE TABLE row (id BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID"
# Header and head are rows like the others, under ids that no random id will ever hit.
_HEADER_ID = bytes(16)
_HEAD_ID = b"\xff" * 16
_TOGETHER = 200  # ids asked for in one statement; old builds of SQLite take at most 999
# Whoever reads reads all pages in turn, and finds the next in the system's memory sooner than
# SQLite makes room for it; what a change alters stays in memory until it is written.
_READING_KIB = 2 * 1024
_WRITING_KIB = 64 * 1024
_NUMBER_AT = 60  # of the format, in the first bytes of the file
_LONGEST_VALUE = 1 << 20  # a damaged length must not make SQLite allocate gigabytes


class SqliteStore:
    """Keeps the bytes of one register in an SQLite file; make it by `create` or `open`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._closed = False

    @classmethod
    def create(
        cls,
        path: Path,
        temporary: Path,
        *,
        header: bytes,
        head: bytes,
        records: Sequence[tuple[bytes, bytes]],
        wait_s: float = 5.0,
    ) -> Self:
        """Make a new file that only its owner may read.

        The file is filled under the name `temporary`, in the same folder, and gets its own
        name when it is whole: a kill never leaves half a register behind.

        Raises
        ------
        RegisterUnavailable
            There is something at `path` already, or it cannot be written.
        """
        try:
            refuse_existing(path)
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                _fill(temporary, header, head, records)
                _rename_new(temporary, path)
            finally:
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{temporary}{suffix}").unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError:
            raise unavailable(sqlite3.SQLITE_CANTOPEN) from None
        return cls.open(path, wait_s=wait_s)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, wait_s: float = 5.0) -> Self:
        """Open a file.

        Parameters
        ----------
        read_only
            Never write, not even beside the file: for registers on read-only media.
        wait_s
            How long to wait for another program, in seconds.

        Raises
        ------
        RegisterUnavailable, IntegrityBroken
            As their names say.
        """
        _check_beginning(path)
        with translated():
            connection = _connect(path, read_only=read_only, wait_s=wait_s)
            try:
                _check_structure(connection, thorough=not read_only)
            except BaseException:
                connection.close()
                raise
        return cls(connection)

    def header(self) -> bytes:
        """The register's header."""
        with translated():
            return _content(self._connection, _HEADER_ID)

    @contextmanager
    def read(self) -> Iterator[StoreView]:
        """Look at the state as it is now; others may write meanwhile, unseen."""
        with self._transaction("BEGIN", _READING_KIB) as view:
            yield view

    @contextmanager
    def write(self) -> Iterator[StoreChange]:
        """Change the state alone; waits for another writer."""
        with self._transaction("BEGIN IMMEDIATE", _WRITING_KIB) as change:
            yield change

    @contextmanager
    def _transaction(self, begin: str, cache_kib: int) -> Iterator[_Change]:
        if self._closed:
            raise RegisterUnavailable("The register was closed.", unchanged="Nothing was changed.")
        with translated():
            if self._connection.in_transaction:
                raise PlacementError("The register was asked for two things at once by one caller.")
            self._connection.execute(f"PRAGMA cache_size = -{cache_kib}")
            self._connection.execute(begin)
            try:
                yield _Change(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                # Some errors have rolled back already, and a second rollback is an error.
                with contextlib.suppress(sqlite3.OperationalError):
                    self._connection.execute("ROLLBACK")
                raise

    def scrub(self) -> None:
        """Empty the write-ahead log into the file, where removed rows are overwritten.

        If another program is reading just now, that is left to the next close.
        """
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Empty the write-ahead log and close; committed data are safe even if that fails."""
        if not self._closed:
            self._closed = True
            self.scrub()
            self._connection.close()


class _Change:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def header(self) -> bytes:
        with translated():
            return _content(self._connection, _HEADER_ID)

    def head(self) -> bytes:
        with translated():
            return _content(self._connection, _HEAD_ID)

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        with translated():
            last = b""
            for row_id, content in self._connection.execute("SELECT id, content FROM row"):
                if type(row_id) is not bytes or type(content) is not bytes or row_id <= last:
                    raise damaged()
                last = row_id
                if row_id not in (_HEADER_ID, _HEAD_ID):
                    yield row_id, content

    def fetch(self, ids: Sequence[bytes]) -> Iterator[bytes | None]:
        near = True
        with translated():
            for start in range(0, len(ids), _TOGETHER):
                wanted = ids[start : start + _TOGETHER]
                found = self._between(wanted) if near else None
                if found is None:  # and so it will be with the rest
                    near = False
                    found = self._one_by_one(wanted)
                for row_id in wanted:
                    content = found.get(row_id)
                    yield None if content is None else _bytes(content)

    def _between(self, wanted: Sequence[bytes]) -> dict[bytes, object] | None:
        """All rows from the first id to the last, which is quicker, unless most are others."""
        most = 2 * len(wanted)
        rows = self._connection.execute(
            "SELECT id, content FROM row WHERE id BETWEEN ? AND ? LIMIT ?",
            (min(wanted), max(wanted), most),
        )
        found = dict(rows.fetchall())
        return None if len(found) == most else found

    def _one_by_one(self, wanted: Sequence[bytes]) -> dict[bytes, object]:
        marks = ",".join("?" * len(wanted))
        asked = f"SELECT id, content FROM row WHERE id IN ({marks})"  # noqa: S608
        return dict(self._connection.execute(asked, wanted))

    def put(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        with translated():
            self._connection.executemany(
                "INSERT INTO row (id, content) VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET content = excluded.content",
                rows,
            )

    def delete(self, ids: Sequence[bytes]) -> None:
        with translated():
            for row_id in ids:
                gone = self._connection.execute("DELETE FROM row WHERE id = ?", (row_id,))
                if gone.rowcount != 1:
                    raise damaged()

    def set_head(self, head: bytes) -> None:
        with translated():
            self.put([(_HEAD_ID, head)])

    def set_header(self, header: bytes) -> None:
        with translated():
            self.put([(_HEADER_ID, header)])


def refuse_existing(path: Path) -> None:
    """Raise `RegisterUnavailable` if there is anything at `path`."""
    if os.path.lexists(path):
        raise RegisterUnavailable(
            f"There is something at {path} already.",
            unchanged="It was not touched.",
            do="Choose another path, or move it away.",
        )


def _connect(path: Path, *, read_only: bool, wait_s: float) -> sqlite3.Connection:
    path = path.resolve()  # SQLite puts its log beside the file that a link leads to
    uri = path.as_uri() + ("?mode=ro" if read_only else "?mode=rw")
    if read_only and not Path(f"{path}-wal").exists() and not _writable(path.parent):
        uri += "&immutable=1"  # nobody writes there, and without this SQLite would have to
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=wait_s)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        # Our values are all blobs; a text is a forgery, and must not fail as bad UTF-8.
        connection.text_factory = partial(str, encoding="latin-1")
        for pragma in (
            "secure_delete = ON",
            "synchronous = FULL",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            f"cache_size = -{_READING_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _fill(path: Path, header: bytes, head: bytes, records: Sequence[tuple[bytes, bytes]]) -> None:
    with translated():
        connection = _connect(path, read_only=False, wait_s=0)
        try:
            for pragma in (
                f"cache_size = -{_WRITING_KIB}",
                f"page_size = {PAGE_SIZE}",
                "auto_vacuum = FULL",  # what is removed leaves the file, not only the table
                f"application_id = {APPLICATION_ID}",
                f"user_version = {FORMAT}",
                "journal_mode = WAL",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_SCHEMA)
            rows = [(_HEADER_ID, header), (_HEAD_ID, head), *records]
            connection.executemany("INSERT INTO row VALUES (?, ?)", rows)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _rename_new(temporary: Path, path: Path) -> None:
    """Give the whole file its name, but never take the name from another file."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        refuse_existing(path)
    except OSError:  # a file system without hard links
        refuse_existing(path)
        temporary.rename(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the file system offers that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_beginning(path: Path) -> None:
    """Compare what SQLite's own first bytes must say, before SQLite believes them."""
    try:
        with path.open("rb") as file:
            start = file.read(100)
    except FileNotFoundError:
        raise RegisterUnavailable(
            f"There is no register at {path}.", do="Check the path, or make one: register init."
        ) from None
    except OSError:
        raise unavailable(sqlite3.SQLITE_CANTOPEN) from None
    expected = {
        0: b"SQLite format 3\0" + PAGE_SIZE.to_bytes(2, "big") + b"\2\2",  # 2: write-ahead log
        21: b"\x40\x20\x20",
        _NUMBER_AT: FORMAT.to_bytes(4, "big"),
        68: APPLICATION_ID.to_bytes(4, "big"),
    }
    wrong = [at for at, value in expected.items() if start[at : at + len(value)] != value]
    if wrong == [_NUMBER_AT] and int.from_bytes(start[_NUMBER_AT:][:4], "big") > FORMAT:
        _refuse_newer(path)
    if wrong:
        raise IntegrityBroken(
            f"The file {path} is not a register, or its beginning was altered.",
            unchanged="It was not touched.",
            do="Check the path; if it is right, restore the register from a backup.",
        )


def _refuse_newer(path: Path) -> None:
    """Raise `NewerFormat` if the header in the file agrees; nothing is written beside it."""
    with contextlib.suppress(sqlite3.Error, IntegrityBroken):
        uri = path.resolve().as_uri() + "?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            refuse_newer(_content(connection, _HEADER_ID))


def _check_structure(connection: sqlite3.Connection, *, thorough: bool) -> None:
    found = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    if found != [("table", "row", _SCHEMA)]:
        raise damaged()
    # A forged list of free pages would let our own next write destroy rows.
    if thorough and connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise damaged()


def _content(connection: sqlite3.Connection, row_id: bytes) -> bytes:
    row = connection.execute("SELECT content FROM row WHERE id = ?", (row_id,)).fetchone()
    if row is None:
        raise damaged()
    return _bytes(row[0])


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        raise damaged()
    return value
