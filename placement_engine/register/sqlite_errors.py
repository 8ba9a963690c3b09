"""What SQLite says, in the words of `placement_engine.errors`.

Busy, full, unwritable or missing is `RegisterUnavailable`; everything else is something
that a sound file never causes, and so `IntegrityBroken`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from placement_engine.errors import IntegrityBroken, PlacementError, RegisterUnavailable

_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: ("is in use by another program", "Try again in a moment."),
    sqlite3.SQLITE_LOCKED: ("is in use by another program", "Try again in a moment."),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "Make room and run again."),
    sqlite3.SQLITE_READONLY: ("cannot be written", "Check the rights to the file and its folder."),
    sqlite3.SQLITE_PERM: ("cannot be opened", "Check the rights to the file and its folder."),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check the rights to the file and its folder."),
    sqlite3.SQLITE_IOERR: ("could not be read or written by the system", "Check the disk."),
    sqlite3.SQLITE_NOMEM: ("could not be read: the memory is full", "Run again with more memory."),
}
_PRIMARY_CODE = 0xFF  # the extended codes of SQLite keep the primary one in the low byte


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors in place of SQLite's, whose words may repeat what stands in a file."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise PlacementError(
            "The register was used from another thread than the one that opened it.",
            unchanged="Nothing was changed.",
            do="Open one for each thread.",
        ) from None
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
        raise (unavailable(primary) if primary in _UNAVAILABLE else damaged()) from None
    except UnicodeDecodeError:  # SQLite's own message repeats the damaged bytes
        raise damaged() from None
    except MemoryError:
        raise unavailable(sqlite3.SQLITE_NOMEM) from None


def unavailable(primary: int) -> RegisterUnavailable:
    """The error for a primary result code that says nothing against the file itself."""
    what, do = _UNAVAILABLE[primary]
    return RegisterUnavailable(f"The register {what}.", unchanged="Nothing was changed.", do=do)


def damaged() -> IntegrityBroken:
    """The error for what a sound file never causes."""
    return IntegrityBroken(
        "The register's file is damaged or was altered outside the program.",
        unchanged="Nothing was changed.",
        do="Restore the register from a backup, and find out who could write to it.",
    )
