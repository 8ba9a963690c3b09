"""Where a register is: the path of a file, or the address of a database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from placement_engine.errors import InvalidConfiguration
from placement_engine.register.server import SCHEMES, on_server
from placement_engine.register.sqlite import SqliteStore, refuse_existing
from placement_engine.register.store import RegisterStore, StoreMaker

WAIT_S = 5.0
"""How long to wait for another program, in seconds."""


def open_store(
    location: str | Path, *, read_only: bool = False, wait_s: float = WAIT_S
) -> RegisterStore:
    """Open the store at a path, or at an address that begins with ``postgresql://``.

    Raises
    ------
    RegisterUnavailable, IntegrityBroken, InvalidConfiguration
        As their names say; nothing was changed.
    MissingExtra
        The library for such an address is not installed.
    """
    if isinstance(location, Path) or "://" not in location:
        return SqliteStore.open(Path(location), read_only=read_only, wait_s=wait_s)
    _refuse_unknown(location)
    from placement_engine.register.postgresql import PostgresqlStore

    return PostgresqlStore.open(location, read_only=read_only, wait_s=wait_s)


def store_maker(
    location: str | Path, entropy: Callable[[int], bytes], *, wait_s: float = WAIT_S
) -> StoreMaker:
    """What makes a new store at a location, for `Register.found`.

    Raises
    ------
    RegisterUnavailable
        There is something already.
    """
    if isinstance(location, Path) or "://" not in location:
        path = Path(location)
        refuse_existing(path)
        temporary = path.with_name(f".{path.name}.{entropy(8).hex()}")
        return partial(SqliteStore.create, path, temporary, wait_s=wait_s)
    _refuse_unknown(location)
    from placement_engine.register.postgresql import PostgresqlStore

    return partial(PostgresqlStore.create, location, wait_s=wait_s)


def _refuse_unknown(location: str) -> None:
    if not on_server(location):
        raise InvalidConfiguration(
            "A register is kept in a file or in PostgreSQL, and the location names neither.",
            do=f"Give a path, or an address that begins with {SCHEMES[0]}.",
        )
