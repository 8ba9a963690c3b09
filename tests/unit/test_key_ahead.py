"""A key that is made while the program gets ready is the same key, and is wiped as it was."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from placement_engine.commands.opening import KeyAhead, open_meanwhile
from placement_engine.errors import InvalidConfiguration, RegisterUnavailable, WrongKey
from placement_engine.register import Actor, PassphraseKey, RawKey, Register, Session, SqliteStore
from placement_engine.register.keys import Derivation, KeyParameters

PARAMETERS = KeyParameters(
    derivation=Derivation.ARGON2ID, salt=bytes(16), memory_kib=64 * 1024, iterations=1, lanes=1
)
DAY = date(2026, 11, 23)
SESSION = Session(actor=Actor(who="A. Analyst"), clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))


def weak(passphrase: bytes) -> PassphraseKey:
    return PassphraseKey(bytearray(passphrase), memory_kib=64 * 1024, iterations=1, lanes=1)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ahead") / "a.register"
    Register.create(path, weak(b"right"), single_user=True, today=DAY).close()
    return path


def test_it_is_the_key_that_the_provider_makes() -> None:
    ahead = KeyAhead(weak(b"right"), PARAMETERS)
    assert ahead.key(PARAMETERS) == weak(b"right").key(PARAMETERS)
    assert repr(ahead) == "KeyAhead(...)"
    proposed = ahead.propose(bytes)
    assert (proposed.derivation, proposed.memory_kib) == (Derivation.ARGON2ID, 64 * 1024)


def test_the_passphrase_is_wiped_and_an_unused_key_too() -> None:
    typed = bytearray(b"right")
    ahead = KeyAhead(PassphraseKey(typed), PARAMETERS)
    ahead._thread.join()
    made = ahead._made
    assert made is not None
    assert any(made)
    ahead.wipe()
    assert typed == bytes(5)
    assert made == bytes(32)
    with pytest.raises(WrongKey, match="wiped"):
        ahead.key(PARAMETERS)


def test_for_other_parameters_the_provider_is_asked_again() -> None:
    other = KeyParameters(derivation=Derivation.ARGON2ID, salt=b"s" * 16, memory_kib=64 * 1024,
                          iterations=1, lanes=1)  # fmt: skip
    with pytest.raises(WrongKey, match="wiped"):
        KeyAhead(weak(b"right"), PARAMETERS).key(other)


def test_its_errors_come_where_the_key_is_asked_for() -> None:
    ahead = KeyAhead(RawKey(bytes(32)), PARAMETERS)
    with pytest.raises(WrongKey, match="raw key"):
        ahead.key(PARAMETERS)


def test_a_register_opens_and_what_was_to_be_done_is_done(file: Path) -> None:
    done: list[str] = []
    with open_meanwhile(
        SqliteStore.open(file), weak(b"right"), SESSION, lambda: done.append("ready")
    ) as register:
        assert register.single_user
    assert done == ["ready"]


def test_a_wrong_passphrase_closes_the_store(file: Path) -> None:
    store = SqliteStore.open(file)
    with pytest.raises(WrongKey):
        open_meanwhile(store, weak(b"wrong"), SESSION, lambda: None)
    with pytest.raises(RegisterUnavailable), store.read():
        pass


def test_what_fails_meanwhile_ends_the_thread_wipes_and_closes(file: Path) -> None:
    def fail() -> None:
        raise InvalidConfiguration("The policy is bad.")

    before, store, typed = threading.active_count(), SqliteStore.open(file), bytearray(b"right")
    with pytest.raises(InvalidConfiguration):
        open_meanwhile(store, PassphraseKey(typed), SESSION, fail)
    assert threading.active_count() == before
    assert typed == bytes(5)
    with pytest.raises(RegisterUnavailable), store.read():
        pass


def test_a_key_that_takes_no_time_is_asked_in_the_same_thread(tmp_path: Path) -> None:
    path = tmp_path / "raw.register"
    Register.create(path, RawKey(bytes(32)), single_user=True, today=DAY).close()
    threads: list[int] = []

    class Told(RawKey):
        def key(self, parameters: KeyParameters) -> bytearray:
            threads.append(threading.get_ident())
            return super().key(parameters)

    open_meanwhile(SqliteStore.open(path), Told(bytes(32)), SESSION, lambda: None).close()
    assert threads == [threading.get_ident()]
