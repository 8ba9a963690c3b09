"""A backup opens for its recipients alone, is whole or refused, and knows how old it is."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from placement_engine.errors import (
    IntegrityBroken,
    InvalidInput,
    MissingExtra,
    RegisterUnavailable,
    WrongKey,
)
from placement_engine.register import MemoryStore, RawKey, Register
from placement_engine.register.access import Actor, Session
from placement_engine.register.anchor import FileAnchor
from placement_engine.register.backup import Restored, read_backup, restore, write_backup
from placement_engine.register.location import open_store, store_maker
from tests.security.killed import DAY, KEY, placed

pyrage = pytest.importorskip("pyrage", reason="the extra keeper is not installed")

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Keepers:
    def __init__(self, count: int) -> None:
        keys = [pyrage.x25519.Identity.generate() for _ in range(count)]
        self.recipients = [str(key.to_public()) for key in keys]
        self.identities = [str(key) for key in keys]


@pytest.fixture(scope="module")
def keepers() -> Keepers:
    return Keepers(3)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    anchor = FileAnchor(path=tmp_path / "an.anchor")
    return Session(actor=Actor(who="keeper"), clock=lambda: NOON, anchor=anchor)


@pytest.fixture
def path(tmp_path: Path, session: Session) -> Path:
    path = tmp_path / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY, session=session) as register:
        register.import_placements([placed(number) for number in range(10)])
        register.put_cases({"C-1": b"long " * 5000})
    return path


def backed_up(path: Path, keepers: Keepers) -> Path:
    target = path.with_name("a.backup")
    store = open_store(path)
    with store.read() as view:
        count = sum(1 for _ in view.records())
    assert write_backup(store, target, keepers.recipients[:2]) == count
    store.close()
    return target


def restored(backup: Path, identity: str, target: str | Path, **words: Any) -> Restored:
    content = read_backup(backup, [identity])
    anchor = words.get("anchor")
    make = store_maker(target, os.urandom)
    return restore(content, words.get("keys", KEY), make, anchor=anchor, entropy=os.urandom)


def test_each_recipient_can_restore_it_and_nobody_else(
    path: Path, keepers: Keepers, session: Session
) -> None:
    backup = backed_up(path, keepers)
    assert backup.stat().st_mode & 0o777 == 0o600
    targets = [path.with_name(f"{number}.register") for number in (0, 1)]
    for target, identity in zip(targets, keepers.identities, strict=False):
        assert restored(backup, identity, target, anchor=session.anchor).behind == 0
        with Register.open(target, KEY) as register:
            assert register.verify().records > 10
            assert len(register.placements()) == 10
            assert register.case("C-1") == b"long " * 5000
    with pytest.raises(WrongKey, match="No identity"):
        read_backup(backup, [keepers.identities[2]])
    with pytest.raises(WrongKey):
        read_backup(backup, ["# only a remark"])
    with pytest.raises(WrongKey, match="something else"):
        read_backup(backup, ["canary"])


def test_a_recipient_without_the_registers_key_reads_nothing(path: Path, keepers: Keepers) -> None:
    backup = backed_up(path, keepers)
    target = path.with_name("b.register")
    with pytest.raises(WrongKey):
        restored(backup, keepers.identities[0], target, keys=RawKey(bytes(32)))
    assert not target.exists()
    inside = read_backup(backup, [keepers.identities[0]])
    everything = b"".join(content for _, content in inside.records) + inside.head
    for canary in (b"long " * 2, b'"municipality"', b'"0180"'):
        assert canary not in everything
        assert canary not in backup.read_bytes()


def test_an_older_backup_says_how_old_it_is_and_the_anchor_refuses_it(
    path: Path, keepers: Keepers, session: Session
) -> None:
    backup = backed_up(path, keepers)
    with Register.open(path, KEY, session=session) as register:
        register.put_cases({"C-2": b"later"})
    target = path.with_name("b.register")
    assert restored(backup, keepers.identities[0], target, anchor=session.anchor).behind == 1
    with pytest.raises(IntegrityBroken, match="older copy"):
        Register.open(target, KEY, session=session)
    with Register.open(path, KEY, session=session) as register:
        register.desk.vault.renew(RawKey(bytes(32)))
    target = path.with_name("c.register")
    assert restored(backup, keepers.identities[0], target, anchor=session.anchor).behind is None


def test_what_is_cut_short_or_altered_is_refused(path: Path, keepers: Keepers) -> None:
    backup = backed_up(path, keepers)
    whole = backup.read_bytes()
    target = path.with_name("b.register")
    for cut in (0, 1, 50, 200, len(whole) // 2, len(whole) - 1):
        backup.write_bytes(whole[:cut])
        with pytest.raises(IntegrityBroken, match="not a backup"):
            read_backup(backup, keepers.identities)
    for at in range(0, len(whole), len(whole) // 40):
        backup.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((WrongKey, IntegrityBroken)):
            restored(backup, keepers.identities[0], target)
        assert not target.exists()


def test_content_that_a_recipient_made_up_is_refused(path: Path, keepers: Keepers) -> None:
    """Whoever can encrypt to the keepers cannot therefore make a register."""
    inside = read_backup(backed_up(path, keepers), keepers.identities[:1])
    for records in (
        inside.records[1:],
        [(bytes(16), inside.records[0][1]), *inside.records[1:]],
        [(inside.records[0][0], bytes(4568)), *inside.records[1:]],
    ):
        forged = MemoryStore(header=inside.header, head=inside.head, records=records)
        target = path.with_name("forged.backup")
        write_backup(forged, target, keepers.recipients)
        with pytest.raises(IntegrityBroken):
            restored(target, keepers.identities[0], path.with_name("b.register"))
        target.unlink()
    assert not path.with_name("b.register").exists()


def test_recipients_are_two_at_least_and_real(path: Path, keepers: Keepers) -> None:
    store = open_store(path)
    target = path.with_name("a.backup")
    one = keepers.recipients[0]
    for given in ([], [one], [one, one], [one, "age1nobody"], [one, keepers.identities[1]]):
        with pytest.raises(InvalidInput):
            write_backup(store, target, given)
        assert not target.exists()
    store.close()


def test_nothing_is_overwritten_and_no_half_is_left(
    path: Path, keepers: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = backed_up(path, keepers)
    whole = backup.read_bytes()
    store = open_store(path)
    with pytest.raises(RegisterUnavailable, match="already"):
        write_backup(store, backup, keepers.recipients)
    assert backup.read_bytes() == whole
    with pytest.raises(RegisterUnavailable):
        restored(backup, keepers.identities[0], path)
    with pytest.raises(RegisterUnavailable, match="cannot be written"):
        write_backup(store, path / "no" / "folder", keepers.recipients)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RegisterUnavailable, match="cannot be written"):
        write_backup(store, path.with_name("b.backup"), keepers.recipients)
    assert not path.with_name("b.backup").exists()
    store.close()
    with pytest.raises(RegisterUnavailable, match="no backup at"):
        read_backup(path.with_name("none"), keepers.identities)


def test_a_missing_library_is_named(
    path: Path, keepers: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    store = open_store(path)
    for attempt in (
        partial(write_backup, store, path.with_name("b"), keepers.recipients),
        partial(read_backup, path, keepers.identities),
    ):
        with pytest.raises(MissingExtra, match=r"placement-engine\[keeper\]"):
            attempt()
    store.close()
