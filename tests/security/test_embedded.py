"""A case system that embeds the engine acts as a user: with the same rights, noted as once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from placement_engine.engine import PlacementEngine
from placement_engine.errors import ApprovalNeeded, NotPermitted
from placement_engine.register import Actor, RawKey, Role, SeedSigner, Session, User, offices
from placement_engine.vocabulary import CaseId
from tests.acceptance.test_flow import AS_OF, GROUPS, PERSONS, PRESENCE, TIES, case_document
from tests.security.test_every_call_is_noted import log

KEY = RawKey(bytes(range(32)))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROLES = {"Ann": {Role.ANALYST}, "Cia": {Role.KEEPER}, "Pia": {Role.PLACER}, "Bo": {Role.APPROVER}}
SEEDS = {name: name.encode().ljust(32, b".") for name in ROLES}
CASE = CaseId("C-1")


def session(who: str) -> Session:
    return Session(
        actor=Actor(who=who, purpose="case system", case="C-0"),
        clock=lambda: NOON,
        signer=SeedSigner(seed=SEEDS[who]),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.register"
    with PlacementEngine.create(
        path, KEY, single_user=False, as_of=AS_OF, session=session("Cia")
    ) as engine:
        for name in ("Cia", "Ann", "Pia", "Bo"):
            public = SeedSigner(seed=SEEDS[name]).public
            user = User(name=name, roles=frozenset(ROLES[name]), public=public)
            offices.add_user(engine.register.desk, user)
    return path


def opened(path: Path, who: str) -> PlacementEngine:
    return PlacementEngine.open(path, KEY, as_of=AS_OF, session=session(who))


def approved(path: Path) -> None:
    with opened(path, "Bo") as engine:
        for request in offices.waiting(engine.register.desk):
            offices.approve(engine.register.desk, request.id)


def test_it_proposes_and_decides_as_its_users_may(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    files = {"persons": PERSONS, "groups": GROUPS, "ties": TIES, "presence": PRESENCE}
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    document = json.dumps(case_document())
    with opened(path, "Ann") as engine:
        engine.import_network(folder)
        with pytest.raises(ApprovalNeeded):
            engine.add_cases(document)
    approved(path)
    with opened(path, "Ann") as engine:
        engine.add_cases(document)
        before = len(log(engine.register))
        engine.propose([CASE])
        engine.explain(CASE)
        engine.graph()
        new = [(one.call, one.case, one.who) for one in log(engine.register)[before:]]
        assert new == [
            ("propose", "C-1", "Ann"),
            ("put_proposals", "C-1", "Ann"),
            ("proposal", "C-1", "Ann"),
            ("networks", "C-0", "Ann"),
        ]
        with pytest.raises(NotPermitted, match="place, move and remove"):
            engine.accept(CASE, 1, decided_by="Ann")
    with opened(path, "Pia") as engine, pytest.raises(ApprovalNeeded):
        engine.accept(CASE, 1, decided_by="Pia")
    approved(path)
    with opened(path, "Pia") as engine:
        before = len(log(engine.register))
        assert engine.accept(CASE, 1, decided_by="Pia").choice == 1
        calls = [one.call for one in log(engine.register)[before:]]
        assert calls == ["propose", "accept"]


def test_without_a_session_a_register_for_several_tells_nothing(path: Path) -> None:
    with PlacementEngine.open(path, KEY, as_of=AS_OF) as engine, pytest.raises(NotPermitted):
        engine.cases()


def test_a_keeper_may_not_ask_who_is_hostile_to_whom(path: Path) -> None:
    with opened(path, "Cia") as engine:
        for call in (engine.graph, engine.cases, lambda: engine.propose([CASE])):
            with pytest.raises(NotPermitted):
                call()
