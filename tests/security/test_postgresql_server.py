"""A server that logs everything, is asked by the wrong people, or is altered by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import (
    IntegrityBroken,
    InvalidConfiguration,
    MissingExtra,
    PlacementError,
    RegisterUnavailable,
)
from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.register.location import open_store, store_maker
from placement_engine.register.server import connection_words, refuse_open_wire
from placement_engine.register.store import StoreChange
from placement_engine.testing.postgresql_server import PostgresqlServer
from placement_engine.vocabulary import MunicipalityCode, OwnerId, ProtectionCategory, SubjectRef

SECRET = bytes(range(32))
DAY = date(2026, 11, 23)
NUMBERS = itertools.count()
TABLE = "placement_register.sealed"


def placed(subject: str) -> Placement:
    return Placement(
        subject=SubjectRef(subject),
        municipality=MunicipalityCode("2584"),
        start=DAY,
        end=None,
        owner=OwnerId("canary-owner"),
        provider=None,
        category=ProtectionCategory.WITNESS,
        review_by=None,
    )


@pytest.fixture
def address(server: PostgresqlServer) -> Iterator[str]:
    name = f"server{next(NUMBERS)}"
    address = server.new_database(name)
    store_maker(address, bytes)
    with Register.found(
        store_maker(address, bytes), RawKey(SECRET), single_user=True, today=DAY
    ) as register:
        register.import_placements([placed("canary-subject")])
        register.put_cases({"canary-case": b"canary-words " * 3000})
    yield address
    server.run_sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def opened(address: str) -> Register:
    return Register.over(open_store(address, wait_s=0.2), RawKey(SECRET))


def database(address: str) -> str:
    return address.split("/")[3].partition("?")[0]


def test_the_log_and_the_files_of_the_server_tell_nothing(
    server: PostgresqlServer, address: str
) -> None:
    """It logs every statement with its parameters, and yet no byte of a record or an id."""
    with opened(address) as register:
        [stored] = register.placements()
        with register._vault._store.read() as view:
            rows = [*view.records(), (b"", view.head())]
        register.remove_placement(stored.id, DAY)
        with pytest.raises(IntegrityBroken), register._vault._store.write() as change:
            change.delete([bytes(range(16))])
    server.run_sql("postgres", "CHECKPOINT")
    log = server.log.read_bytes()
    assert b"COPY stage FROM STDIN" in log
    for row_id, content in rows:
        for some in filter(None, (row_id, content[:24], content[-24:])):
            assert some.hex().encode() not in log.lower()
            assert some not in log
    everything = log + b"".join(
        path.read_bytes() for path in sorted(server.data.rglob("*")) if path.is_file()
    )
    for canary in (b"canary-", b"2584", SECRET, SECRET.hex().encode()):
        assert canary not in everything if len(canary) > 4 else canary + b'"' not in everything


def test_only_the_owner_role_sees_a_row(server: PostgresqlServer, address: str) -> None:
    """Row-level security holds even where somebody granted too much, and for the owner too."""
    name = database(address)
    server.run_sql(
        name,
        "DROP ROLE IF EXISTS stranger",
        "CREATE ROLE stranger LOGIN",
        "GRANT USAGE ON SCHEMA placement_register TO stranger",
        f"GRANT ALL ON {TABLE} TO stranger",
        "DROP ROLE IF EXISTS region",
        "CREATE ROLE region LOGIN IN ROLE keeper",
    )
    seen = server.run_sql(name, "SET ROLE stranger", f"SELECT count(*) FROM {TABLE}")
    assert seen.strip() == "0"
    with pytest.raises(IntegrityBroken):
        opened(server.address(name, "stranger"))
    with opened(server.address(name, "region")) as register:
        register.put_cases({"C-2": b"from another region"})
    with opened(address) as register:
        assert len(register.cases()) == 2
    server.run_sql(name, "DROP OWNED BY stranger", "DROP ROLE stranger", "DROP ROLE region")


def test_a_role_above_row_level_security_is_refused(server: PostgresqlServer, address: str) -> None:
    with pytest.raises(InvalidConfiguration, match="above row-level security"):
        opened(server.address(database(address), "postgres"))


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {TABLE} ADD COLUMN municipality text",
        f"CREATE RULE copies AS ON INSERT TO {TABLE} DO ALSO NOTHING",
        f"UPDATE {TABLE} SET content = '\\x00' WHERE id = '\\x{'00' * 16}'",
        f"UPDATE {TABLE} SET content = overlay(content placing '\\xffff'::bytea from 900)"
        f" WHERE id <> '\\x{'00' * 16}'",
        f"DELETE FROM {TABLE} WHERE id = '\\x{'ff' * 16}'",
        f"DELETE FROM {TABLE} WHERE id = (SELECT id FROM {TABLE}"
        f" WHERE id NOT IN ('\\x{'00' * 16}', '\\x{'ff' * 16}') LIMIT 1)",
        f"INSERT INTO {TABLE} SELECT '\\x{'11' * 16}', content FROM {TABLE} LIMIT 1",
    ],
)
def test_a_server_that_alters_is_noticed(
    server: PostgresqlServer, address: str, statement: str
) -> None:
    server.run_sql(database(address), statement)
    with pytest.raises(IntegrityBroken) as broken:
        opened(address)
    assert broken.value.exit_code == 14


def test_an_older_state_put_back_while_we_look_is_noticed(
    server: PostgresqlServer, address: str
) -> None:
    name = database(address)
    with opened(address) as register:
        server.run_sql(name, f"CREATE TABLE older AS SELECT * FROM {TABLE}")
        register.put_cases({"C-2": b"new"})
        server.run_sql(name, f"TRUNCATE {TABLE}", f"INSERT INTO {TABLE} SELECT * FROM older")
        with pytest.raises(IntegrityBroken):
            register.cases()


# The address. ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://keeper:canary-word@/base?host=/run",
        "postgresql:///base?host=/run&password=canary-word",
        "postgresql://localhost/base?sslpassword=canary-word",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    with pytest.raises(InvalidConfiguration, match="holds a password") as refused:
        open_store(address)
    assert "canary-word" not in str(refused.value)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
@pytest.mark.parametrize(
    "given",
    [
        {"host": "db.example.se"},
        {"hostaddr": "192.0.2.1"},
        {"service": "x"},
        {"host": "localhost,db.se"},
    ],
)
def test_an_open_wire_off_the_machine_is_refused(given: dict[str, str], mode: str) -> None:
    with pytest.raises(InvalidConfiguration, match="certificate"):
        connection_words({**given, "sslmode": mode}, wait_s=5)
    assert connection_words(given, wait_s=5)["sslmode"] == "verify-full"
    assert connection_words({**given, "sslmode": "verify-ca"}, wait_s=5)["sslmode"] == "verify-ca"


def test_on_the_machine_no_certificate_is_asked_for() -> None:
    for host in ("/run/postgresql", "localhost", "127.0.0.1", "::1"):
        assert "sslmode" not in connection_words({"host": host}, wait_s=5)
        refuse_open_wire(host=host, address="", encrypted=False)


def test_what_was_reached_is_looked_at_once_more() -> None:
    refuse_open_wire(host="db.example.se", address="192.0.2.1", encrypted=True)
    for host, address in (("db.example.se", ""), ("localhost", "192.0.2.1")):
        with pytest.raises(InvalidConfiguration, match="certificate"):
            refuse_open_wire(host=host, address=address, encrypted=False)


@pytest.mark.parametrize("address", ["mysql://host/base", "http://host", "postgresql://%zz"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    with pytest.raises(InvalidConfiguration):
        open_store(address)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"placement-engine\[postgresql\]") as missing:
        open_store("postgresql:///base")
    assert missing.value.exit_code == 11


# The server goes away. ---------------------------------------------------------------


def test_no_server_no_database_no_user_no_register(
    server: PostgresqlServer, tmp_path: Path
) -> None:
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    empty = server.new_database("empty")
    for address, told in (
        (f"postgresql://keeper@/base?host={tmp_path}", "cannot be reached"),
        (server.address("no_such_database"), "cannot be reached"),
        (server.address("empty", "nobody_of_that_name"), "cannot be reached"),
        (empty, "no register in that database"),
    ):
        with pytest.raises(RegisterUnavailable, match=told) as missing:
            open_store(address, wait_s=0.2)
        assert missing.value.exit_code == 12
        assert "keeper" not in str(missing.value)


def test_a_second_register_in_one_database_is_refused(address: str) -> None:
    with pytest.raises(RegisterUnavailable, match="already"):
        Register.found(store_maker(address, bytes), RawKey(SECRET), single_user=True, today=DAY)
    with opened(address) as register:
        assert len(register.placements()) == 1


def test_a_connection_that_is_cut_is_12_and_nothing_is_lost(
    server: PostgresqlServer, address: str
) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keeper'"
    register = opened(address)

    def cut_in_the_middle(change: StoreChange) -> None:
        change.put([(bytes(range(16)), b"x" * 4568)])
        server.run_sql("postgres", cut)
        change.set_head(b"y" * 4568)

    with pytest.raises(RegisterUnavailable), register._vault._store.write() as change:
        cut_in_the_middle(change)
    with pytest.raises(RegisterUnavailable):
        register.cases()
    register.close()
    with opened(address) as again:
        assert again.verify().epoch == 3


def test_opened_for_reading_it_cannot_be_changed(address: str) -> None:
    with Register.over(open_store(address, read_only=True), RawKey(SECRET)) as register:
        assert len(register.placements()) == 1
        with pytest.raises(RegisterUnavailable, match="cannot be written"):
            register.put_cases({"C-2": b"case"})


def test_asked_for_two_things_at_once_is_our_fault(address: str) -> None:
    with opened(address) as register:
        store = register._vault._store
        with pytest.raises(PlacementError, match="at once"), store.read(), store.read():
            pass
        assert len(register.placements()) == 1
