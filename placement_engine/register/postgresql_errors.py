"""What PostgreSQL says, in the words of `placement_engine.errors`.

Only the five letters of its SQLSTATE are looked at: its words may repeat an address, a
name or a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from placement_engine.errors import IntegrityBroken, RegisterUnavailable

_UNCHANGED = "Nothing was changed."
_UNAVAILABLE = {
    "40": ("was changed by another program at the same time", "Run it again."),
    "53": ("cannot grow: the server is out of disk, memory or connections", "Make room there."),
    "55": ("is in use by another program", "Try again in a moment."),
    "57": ("is being stopped or was taken from us by the server", "Try again in a moment."),
    "58": ("could not be read or written by the server's system", "Check the server's disk."),
    "25": ("cannot be written", "It was opened for reading, or is a standby of another server."),
    "42501": ("may not be used by this role", "Ask the owner to make the role a member of hers."),
    "28": ("may not be opened by this user", "Check the user, and the password file or service."),
    "3D": ("is not there: the server has no such database", "Check the address."),
}
_DAMAGED = ("XX001", "XX002")  # the server itself found a page or an index to be wrong


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors in place of PostgreSQL's."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise _told(error.sqlstate) from None


def _told(state: str | None) -> RegisterUnavailable | IntegrityBroken:
    if state is None or state[:2] == "08":
        return RegisterUnavailable(
            "The server of the register cannot be reached, or the connection broke.",
            unchanged="What was not acknowledged may have been kept; look before it is repeated.",
            do="Check the address, the network and its certificate, and run again.",
        )
    if state in _DAMAGED:
        return altered()
    for start in (state, state[:2]):
        if start in _UNAVAILABLE:
            what, do = _UNAVAILABLE[start]
            return RegisterUnavailable(f"The register {what}.", unchanged=_UNCHANGED, do=do)
    return altered()


def in_use() -> RegisterUnavailable:
    """The error for a register that others keep changing."""
    return RegisterUnavailable(
        "The register was changed by others again and again.",
        unchanged=_UNCHANGED,
        do="Try again in a moment.",
    )


def altered() -> IntegrityBroken:
    """The error for what a sound register never causes."""
    return IntegrityBroken(
        "The register's table is damaged or was altered outside the program.",
        unchanged=_UNCHANGED,
        do="Restore the register from a backup, and find out who could write to it.",
    )
