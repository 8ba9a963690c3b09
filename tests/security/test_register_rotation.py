"""New keys: all is sealed anew; killed at any point, the old keys open all or the new ones do."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken, RegisterUnavailable, WrongKey
from placement_engine.register import RawKey, Register
from placement_engine.register.access import Actor, Session
from placement_engine.register.anchor import FileAnchor
from placement_engine.register.documents import DocumentKind
from placement_engine.register.header import Header
from placement_engine.register.location import open_store, store_maker
from placement_engine.testing.postgresql_server import PostgresqlServer
from tests.security.killed import DAY, placed
from tests.security.test_register_crash import run

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
NUMBERS = itertools.count()
LONG = {f"C-{n}": os.urandom(12_000) for n in range(20)}

ROTATE = """
import sys
from placement_engine.register import RawKey, Register
from placement_engine.register.location import open_store
register = Register.over(open_store(sys.argv[1]), RawKey(bytes.fromhex(sys.argv[2])))
print("ready", flush=True)
register.desk.vault.renew(RawKey(bytes.fromhex(sys.argv[3])))
print("done", flush=True)
register.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A register with people and long cases in it, in either store."""
    name = f"rotation{next(NUMBERS)}"
    if request.param == "sqlite":
        location = str(tmp_path / name)
    else:
        server: PostgresqlServer = request.getfixturevalue("server")
        location = server.new_database(name)
    make = store_maker(location, os.urandom)
    with Register.found(make, RawKey(OLD), single_user=True, today=DAY) as register:
        fill(register)
    yield location
    if request.param == "postgresql":
        server.run_sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def fill(register: Register) -> None:
    register.import_placements([placed(number) for number in range(30)])
    register.put_cases(LONG)


def opened(location: str, key: bytes, session: Session | None = None) -> Register:
    return Register.over(open_store(location), RawKey(key), session=session)


def holds_all(register: Register) -> None:
    register.verify()
    assert len(register.placements()) == 30
    assert {case: register.case(case) for case, _ in register.cases()} == LONG


def raw(location: str) -> list[tuple[bytes, bytes]]:
    store = open_store(location)
    with store.read() as view:
        rows = [*view.records(), (b"head", view.head()), (b"header", view.header())]
    store.close()
    return rows


def test_the_new_key_opens_all_and_the_old_one_nothing(location: str) -> None:
    before = dict(raw(location))
    with opened(location, OLD) as register:
        epoch = register.epoch
        assert register.desk.vault.renew(RawKey(NEW)) == len(before) - 2 + 1
        holds_all(register)  # it stays open, under the new keys
        assert register.epoch == epoch  # no fact has changed
        register.put_cases({"C-after": b"written under the new keys"})
    with pytest.raises(WrongKey):
        opened(location, OLD)
    after = dict(raw(location))
    assert not set(before.values()) & set(after.values())
    old_header, new_header = (Header.parse(rows[b"header"]) for rows in (before, after))
    assert old_header.register_id == new_header.register_id
    assert old_header.key_id != new_header.key_id
    with opened(location, NEW) as register:
        assert register.case("C-after") == b"written under the new keys"
        register.desk.vault.renew(RawKey(OLD))  # and once more: one bridge is kept, not two
        with register.desk.vault.read() as state:
            assert len(state.ids(DocumentKind.ROTATION)) == 1
        register.verify()


def test_the_old_root_key_does_not_open_what_is_written_later(location: str) -> None:
    """Not even with the old header, its passphrase and a row put back among the new ones."""
    before = dict(raw(location))
    old_keys = Header.parse(before.pop(b"header")).unlock(RawKey(OLD))
    with opened(location, OLD) as register:
        register.desk.vault.renew(RawKey(NEW))
    from placement_engine.register.head import RECORDS
    from placement_engine.register.records import Sealer

    sealer = Sealer(old_keys, RECORDS, os.urandom)
    for row_id, record in raw(location)[:-2]:
        with pytest.raises(IntegrityBroken):
            sealer.open(row_id, record)
    store = open_store(location)
    row_id, record = next(iter(before.items()))
    with store.write() as change:
        change.put([(row_id, record)])
    store.close()
    with pytest.raises(IntegrityBroken):
        opened(location, NEW)


def test_who_has_it_open_meanwhile_has_to_open_it_again(location: str) -> None:
    other = opened(location, OLD)
    with opened(location, OLD) as register:
        register.desk.vault.renew(RawKey(NEW))
    for attempt in (other.placements, lambda: other.put_cases({"C-x": b"late"})):
        with pytest.raises(RegisterUnavailable, match="new keys") as told:
            attempt()
        assert told.value.exit_code == 12
    other.close()
    with opened(location, NEW) as register:
        holds_all(register)


def test_a_provider_that_fails_leaves_the_old_keys(location: str) -> None:
    class Broken(RawKey):
        def key(self, parameters: object) -> bytearray:
            raise WrongKey("The hardware module is gone.")

    with opened(location, OLD) as register:
        with pytest.raises(WrongKey, match="gone"):
            register.desk.vault.renew(Broken(NEW))
        holds_all(register)
    with opened(location, OLD) as register:
        holds_all(register)


# Killed. -----------------------------------------------------------------------------


def kill(location: str, times: int) -> None:
    chance = random.Random(times)
    keys = [OLD, NEW]
    ended = 0
    longest = 0.2
    for _ in range(times):
        with run(ROTATE, location, keys[0].hex(), keys[1].hex()) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == "ready\n", process.stderr.read()
            time.sleep(chance.uniform(0, longest))
            process.send_signal(signal.SIGKILL)
            done = process.stdout.read() == "done\n"
        try:
            register = opened(location, keys[1])
            keys.reverse()
            ended += 1
        except WrongKey:
            assert not done  # what was acknowledged is so
            register = opened(location, keys[0])
        with register:
            holds_all(register)
            register.put_cases(LONG)  # nothing is locked
    assert times < 10 or 0 < ended < times  # the kills came before and after the change


def test_3_kills_leave_the_old_keys_or_the_new(location: str) -> None:
    kill(location, 3)


@pytest.mark.prove
def test_100_kills_leave_the_old_keys_or_the_new(location: str) -> None:
    kill(location, 100)


@pytest.mark.prove
def test_4_kills_in_the_middle_of_100_000_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.register"
    with Register.create(path, RawKey(OLD), single_user=True, today=DAY) as register:
        register.import_placements([placed(number) for number in range(100_000)])
    chance = random.Random(4)
    for _ in range(4):
        with run(ROTATE, str(path), OLD.hex(), NEW.hex()) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(1, 8))
            process.send_signal(signal.SIGKILL)
            assert process.stdout.read() == ""
        with Register.open(path, RawKey(OLD)) as register:
            assert register.verify().documents == 100_001
    with Register.open(path, RawKey(OLD)) as register:
        assert register.desk.vault.renew(RawKey(NEW)) == 100_002
    with Register.open(path, RawKey(NEW)) as register:
        assert len(register.placements()) == 100_000


def test_an_anchor_that_was_not_told_any_more_goes_on(tmp_path: Path) -> None:
    """Killed between the change and the anchor: the register still opens, once and for all."""
    path, anchor = tmp_path / "a.register", FileAnchor(path=tmp_path / "an.anchor")
    session = Session(
        actor=Actor(who="keeper"), clock=lambda: datetime(2026, 11, 23, tzinfo=UTC), anchor=anchor
    )
    with Register.create(
        path, RawKey(OLD), single_user=True, today=DAY, session=session
    ) as register:
        fill(register)
    with opened(str(path), OLD) as register:  # without the anchor, as if killed before it
        register.desk.vault.renew(RawKey(NEW))
    older = path.read_bytes()
    with opened(str(path), NEW, session) as register:
        holds_all(register)
        register.put_cases({"C-x": b"later"})
    path.write_bytes(older)
    with pytest.raises(IntegrityBroken, match="older copy"):
        opened(str(path), NEW, session)
