"""Who may do what: least rights, and two people for what can hurt somebody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from placement_engine.errors import (
    ApprovalNeeded,
    NotPermitted,
)
from placement_engine.intelligence import Placement
from placement_engine.register import (
    Act,
    Actor,
    MemoryStore,
    RawKey,
    Register,
    Role,
    SeedSigner,
    Session,
    User,
    offices,
    requests,
)
from placement_engine.register.requests import Request
from placement_engine.vocabulary import MunicipalityCode, SubjectRef
from tests.security.test_every_call_is_noted import log

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEEDS = {
    "Ann": b"a" * 32,
    "Bo": b"b" * 32,
    "Cia": b"c" * 32,
    "Dag": b"d" * 32,
    "Eva": b"e" * 32,
}
ROLES = {
    "Ann": {Role.PLACER, Role.ANALYST},
    "Bo": {Role.APPROVER},
    "Cia": {Role.KEEPER},
    "Dag": {Role.PLACER, Role.APPROVER},
    "Eva": {Role.BREAK_GLASS},
}
APPROVED = r"PE-1500 The request is approved already\. N"
ENDED = r"PE-1500 The request does not hold now: it has ended, or a clock is wrong\. N"
UNSIGNED = r"PE-1500 The request does not carry the signatures of two users who may sign it\. N"
PLACE = Placement(
    subject=SubjectRef("P-1"), municipality=MunicipalityCode("0180"), start=DAY, end=None
)


class Office:
    """One register in memory and the people around it; `now` is the clock on the wall."""

    def __init__(self) -> None:
        self.now = NOON
        with self.founded() as register:
            for name in ("Cia", "Ann", "Eva", "Dag"):
                self.add(register, name)
            with pytest.raises(ApprovalNeeded):  # with Dag there is somebody who could sign
                self.add(register, "Bo")
        with self.open("Dag", Role.APPROVER) as register:
            [request] = offices.waiting(register.desk)
            offices.approve(register.desk, request.id)
        with self.open("Cia") as register:
            self.add(register, "Bo")

    def founded(self) -> Register:
        def make(**content: object) -> MemoryStore:
            self.store = MemoryStore(**content)  # type: ignore[arg-type]
            return self.store

        return Register.found(
            make, KEY, single_user=False, today=DAY, session=self.session("Cia", Role.KEEPER)
        )

    def session(self, who: str, role: Role | None = None, seed: bytes | None = None) -> Session:
        return Session(
            actor=Actor(who=who, role=role, purpose="test"),
            clock=lambda: self.now,
            signer=SeedSigner(seed=seed or SEEDS[who]),
        )

    def open(self, who: str, role: Role | None = None, seed: bytes | None = None) -> Register:
        return Register.over(self.store, KEY, session=self.session(who, role, seed))

    def add(self, register: Register, name: str) -> None:
        public = SeedSigner(seed=SEEDS[name]).public
        user = User(name=name, roles=frozenset(ROLES[name]), public=public)
        offices.add_user(register.desk, user)

    def asked(self) -> Request:
        with self.open("Bo") as register:
            return offices.waiting(register.desk)[-1]


@pytest.fixture
def office() -> Office:
    made = Office()
    with made.open("Ann", Role.ANALYST) as register, pytest.raises(ApprovalNeeded):
        register.put_case("C-1", b"case")
    with made.open("Bo") as register:
        offices.approve(register.desk, made.asked().id)
    with made.open("Ann", Role.ANALYST) as register:
        register.put_case("C-1", b"case")
    return made


def accept(register: Register, place: Placement = PLACE, decision: bytes = b"d") -> bytes:
    return register.accept("C-1", place, decision=decision, day=DAY)


def ask(office: Office) -> Request:
    with office.open("Ann", Role.PLACER) as register, pytest.raises(ApprovalNeeded) as needed:
        accept(register)
    request = office.asked()
    error = needed.value
    assert error.what == (
        f"This needs a second person: request {request.id} waits until {request.expires}."
    )
    assert error.unchanged == "Nothing else was changed."
    assert error.do == (f"Somebody else runs: placement approve {request.id}. Then run this again.")
    assert (error.code, error.exit_code) == ("PE-1510", 15)
    return request


def approve(office: Office, request: Request, who: str = "Bo") -> None:
    with office.open(who, Role.APPROVER) as register:
        offices.approve(register.desk, request.id)


def places(office: Office) -> int:
    with office.open("Ann", Role.PLACER) as register:
        return len(register.placements())


def test_two_people_place_somebody_together(office: Office) -> None:
    request = ask(office)
    assert (request.operation, request.cases, request.by) == ("accept", ("C-1",), "Ann")
    with office.open("Cia") as register:
        last = [one for one in log(register) if one.call == "ask accept"][-1]
        assert (last.who, last.role) == ("Ann", Role.PLACER)
        assert (last.case, last.act) == ("C-1", Act.CHANGE)
        assert request.register == register.desk.vault.register_id.hex()
    assert places(office) == 0
    assert ask(office).id == request.id  # asking again is not a second request
    approve(office, request)
    with office.open("Ann", Role.PLACER) as register:
        accept(register)
    assert places(office) == 1


def test_what_was_used_cannot_be_replayed(office: Office) -> None:
    request = ask(office)
    approve(office, request)
    with office.open("Ann", Role.PLACER) as register:
        stored = offices_entry(register, request)
        accept(register)
        with register._vault.change() as change:  # a used request that is put back unused
            used = register.desk.known_requests(change)
            assert [one.used for one in used if one.id == request.id] == [True]
        with pytest.raises(NotPermitted, match=APPROVED):
            requests.approve(
                stored, users=known(register), who="Dag", signer=signer("Dag"), now=NOON
            )
    with office.open("Ann", Role.ANALYST) as register, pytest.raises(ApprovalNeeded):
        register.put_case("C-1", b"case again")
    with (
        office.open("Bo") as register,
        pytest.raises(NotPermitted, match=APPROVED),
    ):
        offices.approve(register.desk, request.id)


def offices_entry(register: Register, request: Request) -> Request:
    with register._vault.read() as state:
        [found] = [one for one in register.desk.known_requests(state) if one.id == request.id]
    return found


def known(register: Register) -> dict[str, User]:
    with register._vault.read() as state:
        return register.desk.known_users(state)


def signer(who: str) -> SeedSigner:
    return SeedSigner(seed=SEEDS[who])


def test_what_somebody_else_used_a_moment_ago_is_used_up(office: Office) -> None:
    """Between the look at the request and the change that it allows."""
    request = ask(office)
    approve(office, request)
    with office.open("Ann", Role.PLACER) as register:
        desk = register.desk
        good = offices_entry(register, request)
        wish = requests.Wish(
            register=good.register,
            operation=good.operation,
            cases=good.cases,
            parameters=good.parameters,
            by=good.by,
        )
        with desk.vault.change() as change:
            desk._use(change, wish)
        with pytest.raises(NotPermitted) as refused, desk.vault.change() as change:
            desk._use(change, wish)
    assert refused.value.what == "The request was used, or has ended, a moment ago."


def test_nothing_else_can_be_done_with_it(office: Office) -> None:
    approve(office, ask(office))
    elsewhere = replace(PLACE, municipality=MunicipalityCode("1480"))
    with office.open("Ann", Role.PLACER) as register:
        for place, decision in ((elsewhere, b"d"), (PLACE, b"other")):
            with pytest.raises(ApprovalNeeded):
                accept(register, place, decision)
        with pytest.raises(ApprovalNeeded):
            register.import_placements([PLACE])
    with office.open("Dag", Role.PLACER) as register, pytest.raises(ApprovalNeeded):
        accept(register)  # it was Ann who asked
    assert places(office) == 0


def test_the_same_person_cannot_sign_twice(office: Office) -> None:
    with office.open("Dag", Role.PLACER) as register, pytest.raises(ApprovalNeeded):
        accept(register)
    [request] = [one for one in waiting(office) if one.by == "Dag"]
    with office.open("Dag", Role.APPROVER) as register, pytest.raises(NotPermitted) as refused:
        offices.approve(register.desk, request.id)
    assert refused.value.exit_code == 15
    assert refused.value.what == "Nobody approves what they ask for themselves."
    # Nor under a second name with the same key.
    twin = User(name="Dagny", roles=frozenset({Role.APPROVER}), public=signer("Dag").public)
    from placement_engine.register import users

    with office.open("Cia") as register, pytest.raises(NotPermitted) as same:
        users.check(known(register), twin)
    assert same.value.what == "Another user has the same key."
    assert same.value.do == "One person is one user, with one key."
    both = {"Dag": User(name="Dag", roles=frozenset({Role.PLACER}), public=twin.public)}
    with pytest.raises(
        NotPermitted,
        match=UNSIGNED,
    ):
        requests.approve(
            request, users={**both, "Dagny": twin}, who="Dagny", signer=signer("Dag"), now=NOON
        )


def waiting(office: Office) -> tuple[Request, ...]:
    with office.open("Bo") as register:
        return offices.waiting(register.desk)


@pytest.mark.parametrize(
    "late",
    [timedelta(hours=24), timedelta(days=3), timedelta(seconds=-1)],
    ids=["at the end", "long after", "a clock set back"],
)
def test_a_request_holds_for_a_day(office: Office, late: timedelta) -> None:
    request = ask(office)
    office.now = NOON + late
    with office.open("Bo") as register:
        assert offices.waiting(register.desk) == ()
        with pytest.raises(
            NotPermitted,
            match=ENDED,
        ):
            offices.approve(register.desk, request.id)
    office.now = NOON
    approve(office, request)
    office.now = NOON + late
    with office.open("Ann", Role.PLACER) as register, pytest.raises(ApprovalNeeded):
        accept(register)
    assert places(office) == 0


def test_what_has_ended_is_cleared_away_at_the_next_request(office: Office) -> None:
    first = ask(office)
    office.now = NOON + timedelta(hours=24)  # the very end
    second = ask(office)
    assert second.id != first.id
    with office.open("Bo") as register, register._vault.read() as state:
        assert [one.id for one in register.desk.known_requests(state)] == [second.id]


ALTERED: dict[str, Callable[[Request], Request]] = {
    "operation": lambda r: replace(r, operation="remove_placement"),
    "case": lambda r: replace(r, cases=("C-2",)),
    "no case": lambda r: replace(r, cases=()),
    "parameters": lambda r: replace(r, parameters="00" * 32),
    "nonce": lambda r: replace(r, nonce="11" * 16),
    "asked": lambda r: replace(r, asked=(NOON - timedelta(minutes=1)).isoformat()),
    "expires": lambda r: replace(r, expires=(NOON + timedelta(hours=23)).isoformat()),
    "longer": lambda r: replace(r, expires=(NOON + timedelta(hours=25)).isoformat()),
    "by": lambda r: replace(r, by="Dag"),
    "register": lambda r: replace(r, register="00" * 16),
    "approver": lambda r: replace(r, approver="Dag"),
    "approver is who asks": lambda r: replace(r, approver=r.by, approval=r.signature),
    "signatures swapped": lambda r: replace(r, signature=r.approval, approval=r.signature),
    "no signature": lambda r: replace(r, signature=""),
    "no approval": lambda r: replace(r, approval=""),
    "not hexadecimal": lambda r: replace(r, approval="x"),
}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_request_allows_nothing(office: Office, how: str) -> None:
    request = ask(office)
    approve(office, request)
    with office.open("Ann", Role.PLACER) as register:
        good = offices_entry(register, request)
        users = known(register)
        wish = requests.Wish(
            register=good.register,
            operation=good.operation,
            cases=good.cases,
            parameters=good.parameters,
            by=good.by,
        )
        assert requests.usable([good], wish, users=users, now=NOON) == good
        bad = ALTERED[how](good)
        own = replace(wish, register=bad.register, operation=bad.operation, cases=bad.cases)
        own = replace(own, parameters=bad.parameters, by=bad.by)
        for asked in (wish, own):  # even for who wants just what the altered one says
            assert requests.usable([bad], asked, users=users, now=NOON) is None
        assert requests.usable([replace(good, used=True)], wish, users=users, now=NOON) is None


def test_who_lost_the_role_has_signed_nothing(office: Office) -> None:
    request = ask(office)
    approve(office, request)
    with office.open("Ann", Role.PLACER) as register:
        good, users = offices_entry(register, request), known(register)
    assert requests.is_approved(good, users)
    for name in ("Ann", "Bo"):
        gone = {**users, name: replace(users[name], roles=frozenset[Role]())}
        assert not requests.is_approved(good, gone)
        missing = {other: user for other, user in users.items() if other != name}
        assert not requests.is_approved(good, missing)


def test_both_sign_the_same_words(office: Office) -> None:
    request = ask(office)
    told = json.loads(request.canonical.partition(b"{")[1] + request.canonical.partition(b"{")[2])
    assert told == {
        "schema": "placement_engine/request",
        "version": 1,
        "register": request.register,
        "operation": "accept",
        "cases": ["C-1"],
        "parameters": request.parameters,
        "nonce": request.nonce,
        "asked": NOON.isoformat(),
        "expires": (NOON + timedelta(hours=24)).isoformat(),
        "by": "Ann",
    }
    assert Request.decode(request.encode()) == request
