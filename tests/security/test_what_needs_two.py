"""All that one person alone must not be able to do, tried as one and then as two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from placement_engine.errors import (
    ApprovalNeeded,
    InvalidInput,
    MissingExtra,
    NotPermitted,
    WrongKey,
)
from placement_engine.register import RawKey, Register, Role, keeping, offices, retention
from placement_engine.register.access import CALLS
from placement_engine.register.anchor import FileAnchor
from placement_engine.register.recovery import RememberedKey
from placement_engine.vocabulary import CaseId
from tests.security.test_every_call_is_noted import log
from tests.security.test_two_signatures import DAY, KEY, PLACE, Office, accept, approve, office

__all__ = ["office"]  # the fixture


@dataclass(frozen=True)
class Task:
    """Who does what; `fails` is what comes after both have signed, where a trial has no more."""

    call: str
    who: str
    role: Role
    run: Callable[[Register, Path], Any]
    fails: tuple[type[Exception], ...] = ()


def erased(register: Register) -> None:
    retention.erase(register.desk, [CaseId("C-1")], {CaseId("C-1"): PLACE.subject}, DAY)


def backed_up(register: Register, folder: Path) -> None:
    keeping.back_up(register.desk, register._vault._store, folder / "b", [])


def anchor_in(folder: Path) -> FileAnchor:
    return FileAnchor(path=folder / "the.anchor")


PLACER, KEEPER, ANALYST = Role.PLACER, Role.KEEPER, Role.ANALYST
TASKS = {
    "opening a case": Task(
        "put_cases", "Ann", ANALYST, lambda r, _: r.put_cases({"C-2": b"another"})
    ),
    "committing a placement": Task("accept", "Ann", PLACER, lambda r, _: accept(r)),
    "committing known placements": Task(
        "import_placements", "Ann", PLACER, lambda r, _: r.import_placements([PLACE])
    ),
    "moving somebody": Task(
        "accept", "Ann", PLACER, lambda r, _: accept(r, decision=b"somewhere else")
    ),
    "deleting a placement": Task(
        "remove_placement", "Ann", PLACER, lambda r, _: r.remove_placements([], DAY)
    ),
    "erasing a case": Task("erase", "Ann", PLACER, lambda r, _: erased(r)),
    "export": Task(
        "export", "Ann", PLACER, lambda r, _: offices.authorise(r.desk, "export", [b"whole"])
    ),
    "export by backup": Task("backup", "Cia", KEEPER, backed_up, (InvalidInput, MissingExtra)),
    "export of the key in shares": Task(
        "share", "Cia", KEEPER, lambda r, _: keeping.share(r.desk, RememberedKey(KEY)), (WrongKey,)
    ),
    "forgetting what the anchor has seen": Task(
        "reset_anchor", "Cia", KEEPER, lambda r, f: offices.reset_anchor(r.desk, anchor_in(f))
    ),
    "key rotation": Task(
        "rotate", "Cia", KEEPER, lambda r, _: keeping.renew(r.desk, RawKey(bytes(32)))
    ),
}


@pytest.mark.parametrize("what", TASKS)
def test_it_takes_two(office: Office, tmp_path: Path, what: str) -> None:
    task = TASKS[what]
    assert CALLS[task.call].two
    with office.open(task.who, task.role) as register:
        before = register.epoch
        for _ in range(2):  # asking twice is still one person
            with pytest.raises(ApprovalNeeded):
                task.run(register, tmp_path)
        assert log(register)[-1].call == f"ask {task.call}"
        assert register.epoch == before + 1  # the request, and nothing else
    request = office.asked()
    assert (request.operation, request.by) == (task.call, task.who)
    approve(office, request)
    with office.open(task.who, task.role) as register:
        if task.fails:
            with pytest.raises(task.fails):
                task.run(register, tmp_path)
        else:
            task.run(register, tmp_path)
        assert log(register)[-1].call == task.call


def test_whatever_is_signed_by_two_is_tried_here() -> None:
    """Users are tried beside the roles: until there is an approver nobody could sign."""
    tried = {task.call for task in TASKS.values()}
    assert {call for call, about in CALLS.items() if about.two} == tried | {"add_user"}


def test_two_agree_on_what_is_forgotten(office: Office, tmp_path: Path) -> None:
    anchor = anchor_in(tmp_path)
    with office.open("Cia") as register:
        anchor.write(register.desk.vault.register_id, b"seen")
        with pytest.raises(ApprovalNeeded):
            offices.reset_anchor(register.desk, anchor)
    approve(office, office.asked())
    with office.open("Cia") as register:
        anchor.write(register.desk.vault.register_id, b"seen later")
        with pytest.raises(ApprovalNeeded):
            offices.reset_anchor(register.desk, anchor)
        assert anchor.read(register.desk.vault.register_id) == b"seen later"


def test_where_the_anchor_refuses_nothing_else_is_signed(office: Office) -> None:
    with office.open("Ann", Role.ANALYST) as register, pytest.raises(ApprovalNeeded):
        register.put_cases({"C-2": b"another"})
    request = office.asked()
    with office.open("Bo", Role.APPROVER) as register:
        with pytest.raises(NotPermitted, match="no request to let it"):
            offices.approve(register.desk, request.id, alone="reset_anchor")
        assert offices.waiting(register.desk) == (request,)


def test_two_agree_on_who_can_open_a_backup(office: Office, tmp_path: Path) -> None:
    with office.open("Cia") as register, pytest.raises(ApprovalNeeded):
        keeping.back_up(register.desk, register._vault._store, tmp_path / "b", ["age1a", "age1b"])
    approve(office, office.asked())
    with office.open("Cia") as register, pytest.raises(ApprovalNeeded):
        keeping.back_up(register.desk, register._vault._store, tmp_path / "b", ["age1a", "age1c"])
    assert not (tmp_path / "b").exists()
