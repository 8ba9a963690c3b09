"""What the desk notes, keeps outside and lets through, entry by entry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

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
)
from placement_engine.register.audit import Entry
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
