"""What was refused stands in the log; it stays refused; and a flood of it breaks nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from placement_engine.errors import (
    ApprovalNeeded,
    IntegrityBroken,
    NotPermitted,
    PlacementError,
    RegisterUnavailable,
)
from placement_engine.register import Act, Register, Role, User, offices
from placement_engine.register.audit import Entry
from placement_engine.register.location import open_store, store_maker
from placement_engine.register.refusals import FLOOD, PAUSE
from tests.security.test_every_call_is_noted import log
from tests.security.test_two_signatures import (
    DAY,
    KEY,
    NOON,
    Office,
    accept,
    approve,
    ask,
    office,
    signer,
)

if TYPE_CHECKING:
    from placement_engine.testing.postgresql_server import PostgresqlServer

__all__ = ["office"]  # the fixture


def last(office: Office) -> Entry:
    with office.open("Cia") as register:
        return log(register)[-1]


def refused(entry: Entry, who: str, call: str) -> bool:
    told = (entry.who, entry.call, entry.act, entry.role, entry.case, entry.purpose)
    return told == (who, call, Act.REFUSED, None, "", "")


def test_no_right_no_role_and_nobody(office: Office) -> None:
    for who, role, seed in (
        ("Ann", Role.ANALYST, None),
        ("Ann", Role.KEEPER, None),
        ("Ann", Role.PLACER, b"x" * 32),
        ("N" * 5000, None, b"n" * 32),
    ):
        with office.open(who, role, seed or signer_seed(who)) as register:
            before = log(register)
            with pytest.raises(NotPermitted):
                offices.read_log(register.desk)
            assert len(log(register)) == len(before) + 1
            assert refused(log(register)[-1], who[:200], "audit")
            register.verify()


def signer_seed(who: str) -> bytes:
    return signer(who).seed


def test_reading_changing_and_acting_are_noted_when_refused(office: Office) -> None:
    with office.open("Cia") as register:
        with pytest.raises(NotPermitted):
            register.placements()
        assert refused(log(register)[-1], "Cia", "placements")
        with pytest.raises(NotPermitted):
            accept(register)
        assert refused(log(register)[-1], "Cia", "accept")
        with pytest.raises(NotPermitted), register.desk.acting("propose", ["C-1"]):
            raise AssertionError
        assert refused(log(register)[-1], "Cia", "propose")


def test_the_same_person_a_replay_and_what_has_ended(office: Office) -> None:
    request = ask(office)
    with office.open("Dag", Role.PLACER) as register, pytest.raises(ApprovalNeeded):
        accept(register)
    assert last(office).call == "ask accept"  # what waits is no refusal
    with office.open("Bo") as register:
        [own] = [one for one in offices.waiting(register.desk) if one.by == "Dag"]
    with office.open("Dag", Role.APPROVER) as register, pytest.raises(NotPermitted):
        offices.approve(register.desk, own.id)
    assert refused(last(office), "Dag", "approve")
    approve(office, request)
    with office.open("Bo") as register, pytest.raises(NotPermitted):
        offices.approve(register.desk, request.id)
    assert refused(last(office), "Bo", "approve")
    office.now = NOON + timedelta(hours=24)
    with office.open("Bo") as register, pytest.raises(NotPermitted):
        offices.approve(register.desk, own.id)
    assert refused(last(office), "Bo", "approve")


def test_a_second_user_with_the_same_key(office: Office) -> None:
    twin = User(name="Dagny", roles=frozenset({Role.KEEPER}), public=signer("Dag").public)
    with office.open("Cia") as register, pytest.raises(ApprovalNeeded):
        offices.add_user(register.desk, twin)
    approve(office, office.asked())
    with office.open("Cia") as register, pytest.raises(NotPermitted, match="the same key"):
        offices.add_user(register.desk, twin)
    assert refused(last(office), "Cia", "add_user")


@pytest.mark.parametrize("error", [RegisterUnavailable, IntegrityBroken])
def test_what_cannot_be_noted_stays_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: type[PlacementError]
) -> None:
    def broken() -> AbstractContextManager[Any]:
        raise error("The disk is full.", unchanged="")

    with office.open("Cia") as register:
        monkeypatch.setattr(register.desk.vault, "change", broken)
        expected = NotPermitted if error is RegisterUnavailable else error
        with pytest.raises(expected) as told:
            register.placements()
    if error is RegisterUnavailable:
        assert "could not be noted (PE-" in str(told.value)


def flood(register: Register, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NotPermitted):
            register.placements()


def test_a_flood_is_told_and_does_not_grow(office: Office) -> None:
    with office.open("Cia") as register:
        before = len(log(register))
        flood(register, 60)
        records, noted = register.verify().records, len(log(register)) - before
        assert FLOOD <= noted <= 2 * FLOOD  # a page of the log that begins meanwhile counts anew
        flood(register, 60)
        assert register.verify().records == records
        assert len(log(register)) - before == noted
    accept_after(office)
    with office.open("Cia") as register:
        flood(register, 1)
        assert refused(log(register)[-1], "Cia", "placements")  # after anything else: noted again


def accept_after(office: Office) -> None:
    """Whoever may is not hindered."""
    request = ask(office)
    approve(office, request)
    with office.open("Ann", Role.PLACER) as register:
        accept(register)
    office.now = NOON + PAUSE


def test_who_tells_no_name_is_noted_without_one_and_each_entry_has_its_own_salt(
    office: Office,
) -> None:
    with Register.over(office.store, KEY) as register:
        flood(register, 2)
        *_, one, other = log(register)
    assert refused(one, "", "placements")
    assert refused(other, "", "placements")
    assert isinstance(one.salt, str)
    assert one.salt != other.salt


def test_an_hour_later_refusals_are_noted_again(office: Office) -> None:
    with office.open("Cia") as register:
        flood(register, 3 * FLOOD)
        before = len(log(register))
        office.now = NOON + PAUSE - timedelta(seconds=1)
        flood(register, 1)
        assert len(log(register)) == before
        office.now = NOON - PAUSE  # nor does a clock that is set back open the gates
        flood(register, 1)
        assert len(log(register)) == before
        office.now = NOON + PAUSE
        flood(register, 1)
        assert len(log(register)) == before + 1


def test_at_a_server_too(server: PostgresqlServer) -> None:
    address = server.new_database("refusals")
    cia = Office().session("Cia", Role.KEEPER)
    try:
        with Register.found(
            store_maker(address, bytes), KEY, single_user=False, today=DAY, session=cia
        ) as register:
            keeper = User(name="Cia", roles=frozenset({Role.KEEPER}), public=signer("Cia").public)
            offices.add_user(register.desk, keeper)
        with Register.over(open_store(address), KEY, session=cia) as register:
            flood(register, 3 * FLOOD)
            assert refused(log(register)[-1], "Cia", "placements")
            assert len([one for one in log(register) if one.act is Act.REFUSED]) <= 2 * FLOOD
            register.verify()
    finally:
        server.run_sql("postgres", "DROP DATABASE refusals WITH (FORCE)")
