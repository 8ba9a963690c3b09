"""Canaries in names, purposes, cases, messages and private keys: in no file, error or repr."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from placement_engine.__main__ import command_table
from placement_engine.errors import PlacementError
from placement_engine.intelligence import Placement
from placement_engine.register import (
    Actor,
    DocumentKind,
    FileAnchor,
    MemoryStore,
    RawKey,
    Register,
    Role,
    SeedSigner,
    Session,
    User,
    WitnessDirectory,
    crypto,
    messages,
    offices,
)
from placement_engine.register.store import StoreChange
from placement_engine.vocabulary import MunicipalityCode, SubjectRef
from tests.security.telling import told_of

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEEDS = {"CANARY-Ann": b"CANARY-Ann".ljust(32, b"!"), "CANARY-Bo": b"CANARY-Bo".ljust(32, b"!")}
ROLES = {
    "CANARY-Ann": {Role.KEEPER, Role.ANALYST, Role.PLACER},
    "CANARY-Bo": {Role.APPROVER, Role.AUDITOR},
}
# Under names of their own: a traceback shows the line of source that was called.
ALERT, TEXT, CASE = "CANARY-A", "CANARY-TEXT", "CANARY-C"
PLACE = Placement(
    subject=SubjectRef("CANARY-P"), municipality=MunicipalityCode("2403"), start=DAY, end=None
)


def session(who: str, role: Role, outside: Path | None = None) -> Session:
    return Session(
        actor=Actor(who=who, role=role, purpose="CANARY-WHY", case="CANARY-C"),
        clock=lambda: NOON,
        signer=SeedSigner(seed=SEEDS[who]),
        anchor=FileAnchor(path=outside / "anchor") if outside else None,
        witnesses=(WitnessDirectory(path=outside),) if outside else (),
    )


def user(name: str) -> User:
    public = SeedSigner(seed=SEEDS[name]).public
    return User(name=name, roles=frozenset(ROLES[name]), public=public)


def errors_of(register: Register, work: Sequence[str]) -> Iterator[str]:
    """All that is told of what goes wrong in a few calls."""
    calls: dict[str, Callable[[], object]] = {
        "case": lambda: register.put_case(CASE, b"CANARY"),
        "accept": lambda: register.accept(CASE, PLACE, decision=b"CANARY", day=DAY),
        "import": lambda: register.import_placements([PLACE]),
        "read": lambda: register.case(CASE),
        "places": register.placements,
        "log": lambda: offices.read_log(register.desk),
        "approve": lambda: [
            offices.approve(register.desk, one.id) for one in offices.waiting(register.desk)
        ],
        "send": lambda: messages.send(register.desk, ALERT, TEXT, days=1),
        "user": lambda: offices.add_user(register.desk, user(next(reversed(SEEDS)))),
    }
    for name in work:
        try:
            calls[name]()
        except (PlacementError, OSError) as error:
            yield "".join(traceback.format_exception(error)) + repr(error)


def test_no_file_beside_the_register_holds_a_canary(tmp_path: Path) -> None:
    path = tmp_path / "a.register"
    told: list[str] = []
    with Register.create(
        path,
        KEY,
        single_user=False,
        today=DAY,
        session=session("CANARY-Ann", Role.KEEPER, tmp_path),
    ) as register:
        offices.add_user(register.desk, user("CANARY-Ann"))
        offices.add_user(register.desk, user("CANARY-Bo"))
    for who, role, work in (
        ("CANARY-Ann", Role.ANALYST, ("case", "read", "send", "log")),
        ("CANARY-Bo", Role.APPROVER, ("approve", "places")),
        ("CANARY-Ann", Role.ANALYST, ("case", "read", "send", "log")),
        ("CANARY-Ann", Role.PLACER, ("accept", "import")),
        ("CANARY-Bo", Role.APPROVER, ("approve", "places")),
        ("CANARY-Ann", Role.PLACER, ("accept", "import", "accept")),
        ("CANARY-Bo", Role.AUDITOR, ("log", "approve")),
    ):
        with Register.open(path, KEY, session=session(who, role, tmp_path)) as register:
            told += errors_of(register, work)
            assert all(b"CANARY" not in f.read_bytes() for f in tmp_path.iterdir())
    assert len(told) >= 8
    secret = ("CANARY-P", "2403", "CANARY-T", "CANARY-Ann", "CANARY-WHY")
    assert [found for one in told if (found := told_of(one, secret))] == []
    with Register.open(path, KEY, session=session("CANARY-Ann", Role.PLACER, tmp_path)) as register:
        assert [s.placement for s in register.placements()] == [PLACE]
    assert len(list(tmp_path.iterdir())) == 3


class Failing(MemoryStore):
    """Fails at one of the things that a disk can fail at."""

    left = -1

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(28, "No space left on device")

    @contextmanager
    def write(self) -> Iterator[StoreChange]:
        self._count()
        with super().write() as change:
            self._count()
            yield change
            self._count()


def test_after_500_faults_no_error_told_a_canary_and_nothing_is_torn() -> None:
    alone = Session(actor=Actor(who="CANARY-Ann", purpose="CANARY-WHY"), clock=lambda: NOON)
    work = ("case", "read", "import", "places", "send", "log")
    faults, told = 0, ""
    while faults < 500:
        store: list[Failing] = []

        def make(made: list[Failing] = store, **content: object) -> Failing:
            made.append(Failing(**content))  # type: ignore[arg-type]
            return made[0]

        with Register.found(make, KEY, single_user=True, today=DAY, session=alone) as register:
            register.put_entries(DocumentKind.ALERT, {ALERT: b"CANARY"})
        for turn in range(1, 31):
            with Register.over(store[0], KEY, session=alone) as register:
                store[0].left = turn
                for error in errors_of(register, work):
                    faults += "No space left" in error
                    told += error
                store[0].left = -1
        with Register.over(store[0], KEY, session=alone) as register:
            assert offices.verify_log(register.desk).entries >= 30
            register.verify()
    assert told_of(told, ("CANARY-P", "CANARY-T", "2403", "CANARY-Ann")) == []


def test_no_repr_tells_a_private_key() -> None:
    own = session("CANARY-Ann", Role.KEEPER)
    with Register.found(MemoryStore, KEY, single_user=True, today=DAY, session=own) as register:
        register.placements()
        with register.desk.vault.read() as state:
            key = register.desk.log_key(state)
        assert key is not None
        for anything in (own, own.signer, key, register, register.desk, register.desk.vault.log):
            shown = f"{anything!r}{anything!s}"
            assert "CANARY-Ann!" not in shown
            assert key.seed.hex() not in shown
            assert repr(key.seed)[2:-1] not in shown


@pytest.mark.parametrize("good", [True, False])
def test_neither_key_nor_phrase_shows_when_an_identity_is_made(tmp_path: Path, good: bool) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text("CANARY-PHRASE\n")
    file = tmp_path / "own.pem" if good else tmp_path / "no" / "own.pem"
    runner = CliRunner(env={"PLACEMENT_CONFIG": os.devnull, "PLACEMENT_USER": "A"})
    words = ["register", "user", "identity", str(file)]
    done = runner.invoke(
        command_table().app, [*words, "--identity-passphrase-file", str(phrase), "--json"]
    )
    assert done.exit_code == (0 if good else 12)
    assert "CANARY" not in done.stdout + done.stderr
    if good:
        assert file.stat().st_mode & 0o777 == 0o600
        seed = crypto.unlock_seed(file.read_bytes(), b"CANARY-PHRASE")
        assert b"CANARY" not in file.read_bytes()
        assert seed.hex() not in done.stdout
        assert SeedSigner(seed=seed).public.hex() in done.stdout
