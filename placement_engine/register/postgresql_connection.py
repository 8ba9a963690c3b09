"""A connection to the database of a register, refused where it would be open to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_engine.errors import InvalidConfiguration, MissingExtra, RegisterUnavailable
from placement_engine.register.postgresql_errors import altered, translated
from placement_engine.register.server import connection_words, refuse_open_wire

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[object, ...]]

SCHEMA = "placement_register"

# Ids and records wait here, seen by this session alone, for the statement that uses them.
_STAGE = "CREATE TEMPORARY TABLE stage (n int, id bytea, content bytea) ON COMMIT DELETE ROWS"
_TABLE = (
    "SELECT relkind::text, relrowsecurity, relforcerowsecurity, relhasrules, relhastriggers"
    " FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)"
)
_COLUMNS = (
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute"
    " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)
_SOUND = [("r", True, True, False, False)], [("id", "bytea"), ("content", "bytea")]


def connect(url: str, *, wait_s: float) -> Connection:
    """Connect, with every setting that a register asks for.

    Raises
    ------
    MissingExtra
        psycopg is not installed.
    InvalidConfiguration
        The address holds a password, the wire would be open, or the role is above
        row-level security.
    RegisterUnavailable
        The server cannot be reached, or does not let us in.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise MissingExtra("A register on a server", extra="postgresql") from None
    with translated():
        try:
            given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        except psycopg.ProgrammingError:  # its words repeat the address
            raise InvalidConfiguration(
                "The address of the register is not one of PostgreSQL.",
                do="Write postgresql://user@host/database.",
            ) from None
        words = connection_words(given, wait_s=wait_s)
        connection = psycopg.connect(autocommit=True, **words)  # type: ignore[arg-type]
    try:
        with translated():
            refuse_open_wire(
                host=connection.info.host,
                address=connection.info.hostaddr,
                encrypted=bool(connection.pgconn.ssl_in_use),
            )
            connection.prepare_threshold = None
            for setting, value in (
                ("lock_timeout", f"'{max(1, round(wait_s * 1000))}ms'"),
                ("idle_in_transaction_session_timeout", "'120s'"),  # who hangs locks nobody out
                ("synchronous_commit", "on"),
                ("client_min_messages", "error"),
                ("search_path", "pg_catalog, pg_temp"),
            ):
                connection.execute(f"SET {setting} = {value}")
            _refuse_above_the_rules(connection)
            connection.execute(_STAGE)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_above_the_rules(connection: Connection) -> None:
    if _one(
        connection,
        "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = %s",
        connection.info.user,
    ):
        raise InvalidConfiguration(
            "The role at the server is above row-level security.",
            unchanged="Nothing was read or changed.",
            do="Connect as a role without SUPERUSER and BYPASSRLS.",
        )


def refuse_existing(connection: Connection) -> None:
    """Raise `RegisterUnavailable` if the database holds a register."""
    if _one(connection, "SELECT to_regnamespace(%s) IS NOT NULL", SCHEMA):
        raise RegisterUnavailable(
            "There is a register in that database already.",
            unchanged="It was not touched.",
            do="Choose another database: each holds one register.",
        )


def check_structure(connection: Connection) -> None:
    """Raise `IntegrityBroken` if the table is not as it was made; its rows are not looked at."""
    table = "placement_register.sealed"
    if not _one(connection, "SELECT to_regclass(%s) IS NOT NULL", table):
        raise RegisterUnavailable(
            "There is no register in that database, or this role may not know of it.",
            do="Check the address and the role, or make one: register init.",
        )
    relation = connection.execute(_TABLE, (table,)).fetchall()
    columns = connection.execute(_COLUMNS, (table,)).fetchall()
    if (relation, columns) != _SOUND:
        raise altered()


def _one(connection: Connection, query: str, value: str) -> object:
    row = connection.execute(query.encode(), (value,)).fetchone()
    return None if row is None else row[0]
