"""What the desk notes, keeps outside and lets through, entry by entry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register import (
    Act,
    Actor,
    DocumentKind,
    MemoryStore,
    RawKey,
    Register,
    Role,
    Session,
    audit,
    checkpoint,
    merkle,
)
from placement_engine.register.audit import Entry
from placement_engine.register.desk import Desk
from placement_engine.register.head import found

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SESSION = Session(actor=Actor(who="Ann", purpose="why", case="C-0"), clock=lambda: NOON)


@pytest.fixture
def store() -> MemoryStore:
    made = found(KEY, (DocumentKind.SETTING, b'{"single_user":true}'), os.urandom)
    return MemoryStore(header=made.header, head=made.head, records=made.records)


@pytest.fixture
def register(store: MemoryStore) -> Iterator[Register]:
    with Register.over(store, KEY, session=SESSION) as made:
        yield made


def noted(register: Register) -> list[Entry]:
    """The log without leaving a trace in it."""
    with register._vault.read() as state:
        return list(audit.entries(audit.leaves(state, register._vault.log)))


def test_an_entry_says_all_of_who_when_why_and_what(register: Register) -> None:
    register.put_cases({"C-1": b"one", "C-2": b"two"})
    register.placements()
    entries = noted(register)
    by_hand = Entry(
        at=NOON,
        who="Ann",
        role=Role.SINGLE_USER,
        purpose="why",
        act=Act.COLLECTION,
        call="put_cases",
        case="C-1",
        salt="",
    )
    assert [replace(entry, salt="") for entry in entries] == [
        by_hand,
        replace(by_hand, case="C-2"),
        replace(by_hand, act=Act.READ, call="placements", case="C-0"),
    ]


def test_each_entry_is_salted_anew(register: Register) -> None:
    for _ in range(3):
        register.placements()
    salts = {entry.salt for entry in noted(register)}
    assert len(salts) == 3
    assert all(len(bytes.fromhex(salt)) == 16 for salt in salts)


def test_without_a_session_a_log_that_was_begun_goes_on(store: MemoryStore) -> None:
    with Register.over(store, KEY) as nobody:
        nobody.placements()
        assert noted(nobody) == []
    with Register.over(store, KEY, session=SESSION) as ann:
        ann.placements()
    with Register.over(store, KEY) as nobody:
        nobody.placements()
        last = noted(nobody)[-1]
    assert (last.at, last.who, last.purpose, last.case) == (None, "", "", "")
    assert (last.role, last.act, last.call) == (Role.SINGLE_USER, Act.READ, "placements")


class Wall:
    """A witness that keeps what it is given, or says that it cannot be reached."""

    def __init__(self) -> None:
        self.notes: list[bytes] = []
        self.out_of_reach = False

    def read(self, register_id: bytes) -> bytes | None:
        assert len(register_id) == 16
        return self.notes[-1] if self.notes else None

    def write(self, register_id: bytes, note: bytes) -> None:
        if self.out_of_reach:
            raise RegisterUnavailable("Nobody is there.", unchanged="Nothing.", do="Wait.")
        assert len(register_id) == 16
        self.notes.append(note)


def test_every_witness_is_told_of_each_entry_once(store: MemoryStore) -> None:
    walls = Wall(), Wall()
    session = replace(SESSION, witnesses=walls)
    with Register.over(store, KEY, session=session) as register:
        for _ in range(2):
            register.placements()
        register.put_case("C-1", b"case")
        with register.desk.vault.read() as state:
            key = register.desk.log_key(state)
            leaves = audit.leaves(state, register.desk.vault.log)
        assert key is not None
        for wall in walls:
            told = [
                checkpoint.read_checkpoint(note, name=key.origin, public=key.public)
                for note in wall.notes
            ]
            assert [one.size for one in told] == [1, 2, 3]
            hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
            assert [one.root for one in told] == [merkle.root(hashes[:size]) for size in (1, 2, 3)]
    with Register.over(store, KEY, session=session) as register:
        for _ in range(3):
            with register.desk.vault.change() as change:  # nothing new in the log
                change.add(DocumentKind.EVENT, b"fact")
        assert {len(wall.notes) for wall in walls} == {4}  # once more by who came anew


class Mark:
    """An anchor that remembers all that it was given, and for which register."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, bytes]] = []

    def read(self, register_id: bytes) -> bytes | None:
        return next((head for name, head in reversed(self.kept) if name == register_id), None)

    def write(self, register_id: bytes, sealed: bytes) -> None:
        self.kept.append((register_id, sealed))


def test_the_anchor_follows_each_change_from_the_first(store: MemoryStore) -> None:
    mark = Mark()
    with Register.found(
        MemoryStore, KEY, single_user=True, today=DAY, session=replace(SESSION, anchor=mark)
    ) as register:
        vault = register.desk.vault
        assert mark.kept == [(vault.register_id, vault.sealed_head)]
        for number in range(3):
            register.put_case(f"C-{number}", b"case")
            assert mark.kept[-1] == (vault.register_id, vault.sealed_head)
        assert len(mark.kept) == len(set(mark.kept)) == 4
        with vault.change() as change:
            change.add(DocumentKind.EVENT, b"fact")
        assert mark.kept[-1] == (vault.register_id, vault.sealed_head)


def test_an_anchor_that_is_empty_is_believed_only_of_a_new_register(register: Register) -> None:
    vault, mark = register.desk.vault, Mark()
    session = replace(SESSION, anchor=mark)
    with pytest.raises(IntegrityBroken, match="anchor is missing"):
        Desk(vault, session, single_user=True)
    assert mark.kept == []
    Desk(vault, session, single_user=True, founding=True)
    assert mark.kept == [(vault.register_id, vault.sealed_head)]


def test_a_change_before_the_first_entry_needs_no_key_of_the_log(register: Register) -> None:
    with register.desk.vault.change() as change:
        change.add(DocumentKind.EVENT, b"fact")
    assert noted(register) == []


def test_what_no_witness_was_told_is_kept_and_said_to_be(store: MemoryStore) -> None:
    wall = Wall()
    with Register.over(store, KEY, session=replace(SESSION, witnesses=(wall,))) as register:
        wall.out_of_reach = True
        with pytest.raises(RegisterUnavailable) as missing:
            register.put_case("C-1", b"case")
        assert (missing.value.what, missing.value.do) == ("Nobody is there.", "Wait.")
        assert missing.value.unchanged == (
            "What was to be changed is kept; what was to be read is not told."
        )
        assert [entry.call for entry in noted(register)] == ["put_cases"]
        wall.out_of_reach = False
        assert register.case("C-1") == b"case"
        assert len(wall.notes) == 1
