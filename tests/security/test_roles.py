"""Roles: each may do what one table says; who somebody is, a key shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from placement_engine.errors import (
    ApprovalNeeded,
    InvalidConfiguration,
    InvalidInput,
    NotPermitted,
    PlacementError,
    UnknownReference,
)
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
    requests,
)
from placement_engine.register.access import CALLS, RIGHTS, Right
from placement_engine.register.requests import Request
from tests.security.test_every_call_is_noted import log
from tests.security.test_two_signatures import (
    DAY,
    KEY,
    NOON,
    SEEDS,
    Office,
    accept,
    ask,
    office,
    signer,
)

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
    ("change", "error", "what"),
    [
        ({"name": ""}, InvalidInput, "The name of the user is of no use."),
        ({"name": "x" * 201}, InvalidInput, "The name of the user is of no use."),
        ({"name": "a\nb"}, InvalidInput, "The name of the user is of no use."),
        ({"public": b"short"}, InvalidInput, "The public key has not 32 bytes."),
        (
            {"roles": frozenset({Role.SINGLE_USER, Role.KEEPER})},
            NotPermitted,
            "That role is for trials alone.",
        ),
    ],
)
def test_users_who_would_be_of_no_use(
    empty: Register, change: dict[str, object], error: type[PlacementError], what: str
) -> None:
    good = User(name="Cia", roles=frozenset({Role.KEEPER}), public=signer("Cia").public)
    with pytest.raises(error) as refused:
        offices.add_user(empty.desk, replace(good, **change))  # type: ignore[arg-type]
    assert (refused.value.what, refused.value.unchanged) == (what, "Nothing was changed.")
    if error is NotPermitted:
        assert refused.value.do == "Choose another."
    offices.add_user(empty.desk, replace(good, name="x" * 200))


def test_a_register_for_one_has_no_other_users() -> None:
    keeper = User(name="A", roles=frozenset({Role.KEEPER}), public=b"a" * 32)
    made = Register.found(MemoryStore, KEY, single_user=True, today=DAY)
    with made as register, pytest.raises(InvalidConfiguration):
        offices.add_user(register.desk, keeper)


def test_refusals_say_what_is_unchanged_and_what_to_do(office: Office) -> None:
    told = []
    for who, role in (("Nobody", None), ("Ann", None), ("Ann", Role.ANALYST), ("Bo", None)):
        seed = SEEDS.get(who, b"n" * 32)
        made = office.open(who, role, seed)
        with made as register, pytest.raises(NotPermitted) as refused:
            offices.read_log(register.desk)
        told.append((refused.value.what, refused.value.unchanged, refused.value.do))
    changed, read = "Nothing was changed.", "Nothing was read or changed."
    assert told == [
        ("The user is not known here, or the key is another one.", changed, "Ask a keeper."),
        ("The user has not that role, or has several.", changed, "Give --role."),
        (
            "The role analyst may not do this: read the audit log.",
            read,
            "Ask somebody who has the role for it.",
        ),
        (
            "The role approver may not do this: read the audit log.",
            read,
            "Ask somebody who has the role for it.",
        ),
    ]
    session = replace(office.session("Bo"), signer=None)
    made = Register.over(office.store, KEY, session=session)
    with made as register, pytest.raises(NotPermitted) as refused:
        register.cases()
    assert str(refused.value) == (
        "PE-1500 Nobody has said with a key who acts. Nothing was changed. Give --identity."
    )
    error = requests.refused("Why.")
    assert (error.what, error.unchanged, error.do) == ("Why.", changed, "Ask for it anew.")


def test_the_right_to_read_the_log_is_the_auditors(office: Office) -> None:
    with office.open("Cia") as register, pytest.raises(NotPermitted):
        offices.read_log(register.desk)
    assert [role for role in Role if Right.READ_LOG in RIGHTS[role]] == [
        Role.AUDITOR,
        Role.SINGLE_USER,
    ]


def test_names_are_kept_as_they_are_written(office: Office) -> None:
    user = User(name="Åsa", roles=frozenset({Role.PLACER}), public=b"p" * 32)
    assert User.decode(user.encode()) == user
    assert "Åsa".encode() in user.encode()
    request = replace(ask(office), by="Åsa")
    assert Request.decode(request.encode()) == request
    assert "Åsa".encode() in request.encode()


def test_keepers_need_a_second_person_as_soon_as_there_is_one(office: Office) -> None:
    helper = User(name="Fia", roles=frozenset({Role.APPROVER}), public=b"f" * 32)
    with office.open("Cia") as register, pytest.raises(ApprovalNeeded):
        offices.add_user(register.desk, helper)
    with office.open("Cia") as register, pytest.raises(ApprovalNeeded):
        offices.authorise(register.desk, "rotate", [b"new key"])
    with office.open("Bo") as register:
        asked = {one.operation for one in offices.waiting(register.desk)}
        assert asked >= {"add_user", "rotate"}
        for one in offices.waiting(register.desk):
            offices.approve(register.desk, one.id)
        with pytest.raises(UnknownReference):
            offices.approve(register.desk, "R-nothing")
    with office.open("Cia") as register:
        offices.add_user(register.desk, helper)
        offices.authorise(register.desk, "rotate", [b"new key"])
        assert "Fia" in {user.name for user in offices.known(register.desk)}


def test_a_life_in_danger_tonight_needs_nobody_else_and_is_noted(office: Office) -> None:
    with office.open("Eva") as register:
        accept(register)
    with office.open("Cia") as register:
        assert log(register)[-1].role is Role.BREAK_GLASS


def test_the_nightly_batch_notes_alerts_and_judges_nobody() -> None:
    office = Office()
    public = SeedSigner(seed=b"x" * 32).public
    user = User(name="Xi", roles=frozenset({Role.BATCH}), public=public)
    with office.open("Cia") as register, register._vault.change() as change:
        journal.put(change, DocumentKind.USER, {"Xi": user.encode()})
    with office.open("Xi", Role.BATCH, b"x" * 32) as register:
        assert register.desk.may("recheck")
        assert not register.desk.may("map_by_county")
        register.put_entries(DocumentKind.ALERT, {"A-1": b"alert"})
        judged = {DocumentKind.JUDGEMENT: {"J-1": b"cleared"}}
        with pytest.raises(NotPermitted):
            register.put_entries(DocumentKind.JUDGEMENT, {"J-1": b"cleared"})
        with pytest.raises(NotPermitted):
            register.put_entries(DocumentKind.JUDGEMENT, {}, removed=["J-1"])
        with pytest.raises(NotPermitted):
            register.put_all(judged)
        with pytest.raises(NotPermitted):
            register.put_all({}, removed={DocumentKind.JUDGEMENT: ["J-1"]})
        assert not register.entries(DocumentKind.JUDGEMENT)
    assert [role for role in Role if Right.JUDGE in RIGHTS[role]] == [
        Role.ANALYST,
        Role.SINGLE_USER,
    ]


def test_nobody_is_the_second_person_to_themselves() -> None:
    """Who may approve and stands alone adds the next user alone; with another it takes two."""
    signer_ = SeedSigner(seed=SEEDS["Cia"])
    actor = Actor(who="Cia", role=Role.KEEPER)
    session = Session(actor=actor, clock=lambda: NOON, signer=signer_)
    made = Register.found(MemoryStore, KEY, single_user=False, today=DAY, session=session)
    with made as register:
        both = frozenset({Role.KEEPER, Role.APPROVER})
        offices.add_user(register.desk, User(name="Cia", roles=both, public=signer_.public))
        other = User(name="Bo", roles=frozenset({Role.APPROVER}), public=signer("Bo").public)
        offices.add_user(register.desk, other)
        third = replace(other, name="Ann", public=signer("Ann").public)
        with pytest.raises(ApprovalNeeded):
            offices.add_user(register.desk, third)
        assert {user.name for user in offices.known(register.desk)} == {"Bo", "Cia"}
