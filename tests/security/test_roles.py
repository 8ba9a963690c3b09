"""Roles: each may do what one table says; who somebody is, a key shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from placement_engine.errors import InvalidConfiguration, InvalidInput, NotPermitted
from placement_engine.register import (
    Actor,
    DocumentKind,
    MemoryStore,
    Register,
    Role,
    SeedSigner,
    Session,
    User,
    journal,
    offices,
)
from placement_engine.register.access import CALLS, RIGHTS, Right
from tests.security.test_two_signatures import DAY, KEY, NOON, SEEDS, Office, office, signer

__all__ = ["office"]  # the fixture


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SINGLE_USER])
def test_each_role_may_do_what_the_table_says_and_no_more(role: Role) -> None:
    office = Office()
    public = SeedSigner(seed=b"x" * 32).public
    user = User(name="Xi", roles=frozenset({role}), public=public)
    with office.open("Cia") as register, register._vault.change() as change:
        journal.put(change, DocumentKind.USER, {"Xi": user.encode()})
    with office.open("Xi", role, b"x" * 32) as register:
        for call, about in CALLS.items():
            if about.right in RIGHTS[role]:
                with register.desk.acting(call):
                    continue
            with pytest.raises(NotPermitted) as refused, register.desk.acting(call):
                raise AssertionError(call)
            assert refused.value.exit_code == 15


def test_no_role_but_that_of_trials_can_do_all() -> None:
    for role, rights in RIGHTS.items():
        assert (rights == frozenset(Right)) is (role is Role.SINGLE_USER)
    assert Right.READ_FACTS not in RIGHTS[Role.KEEPER] | RIGHTS[Role.AUDITOR]
    assert not RIGHTS[Role.BATCH] & {Right.PLACE, Right.EXPORT, Right.READ_LOG, Right.APPROVE}


def test_who_has_another_key_or_name_or_role_is_nobody(office: Office) -> None:
    for who, role, seed in (
        ("Ann", Role.PLACER, SEEDS["Bo"]),
        ("Nobody", None, b"n" * 32),
        ("Ann", Role.KEEPER, None),
        ("Ann", None, None),  # of several roles one has to be named
        ("Bo", Role.SINGLE_USER, None),
    ):
        with office.open(who, role, seed) as register, pytest.raises(NotPermitted) as refused:
            register.placements()
        assert refused.value.exit_code == 15
    with Register.over(office.store, KEY) as register, pytest.raises(NotPermitted):
        register.placements()


class Forger:
    """Says to have Bo's key, and cannot sign with it."""

    public = SeedSigner(seed=SEEDS["Bo"]).public

    def sign(self, message: bytes) -> bytes:
        return SeedSigner(seed=b"f" * 32).sign(message)


def test_the_public_key_alone_is_not_enough(office: Office) -> None:
    session = replace(office.session("Bo"), signer=Forger())
    made = Register.over(office.store, KEY, session=session)
    with made as register, pytest.raises(NotPermitted):
        register.cases()


@pytest.fixture
def empty() -> Iterator[Register]:
    session = Session(
        actor=Actor(who="Cia"), clock=lambda: NOON, signer=SeedSigner(seed=SEEDS["Cia"])
    )
    with Register.found(MemoryStore, KEY, single_user=False, today=DAY, session=session) as made:
        yield made


def test_before_the_first_keeper_nobody_can_do_anything(empty: Register) -> None:
    with pytest.raises(NotPermitted, match="no users"):
        empty.placements()
    placer = User(name="Cia", roles=frozenset({Role.PLACER}), public=signer("Cia").public)
    with pytest.raises(InvalidConfiguration, match="keeper"):
        offices.add_user(empty.desk, placer)
    offices.add_user(empty.desk, replace(placer, roles=frozenset({Role.KEEPER})))
    with pytest.raises(NotPermitted, match="The role keeper may not"):
        empty.placements()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, InvalidInput),
        ({"name": "x" * 201}, InvalidInput),
        ({"name": "a\nb"}, InvalidInput),
        ({"public": b"short"}, InvalidInput),
        ({"roles": frozenset({Role.SINGLE_USER, Role.KEEPER})}, NotPermitted),
    ],
)
def test_users_who_would_be_of_no_use(
    empty: Register, change: dict[str, object], error: type[Exception]
) -> None:
    good = User(name="Cia", roles=frozenset({Role.KEEPER}), public=signer("Cia").public)
    with pytest.raises(error):
        offices.add_user(empty.desk, replace(good, **change))  # type: ignore[arg-type]
    assert empty.desk.single_user is False


def test_a_register_for_one_has_no_other_users() -> None:
    keeper = User(name="A", roles=frozenset({Role.KEEPER}), public=b"a" * 32)
    made = Register.found(MemoryStore, KEY, single_user=True, today=DAY)
    with made as register, pytest.raises(InvalidConfiguration):
        offices.add_user(register.desk, keeper)
