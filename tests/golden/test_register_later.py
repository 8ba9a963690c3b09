"""A register of every format ever released is written to, given new keys, backed up, restored."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from placement_engine.register import RawKey, Register, keeping, offices
from placement_engine.register.access import Actor, Session
from placement_engine.register.header import FORMAT
from placement_engine.register.location import open_store as _store
from placement_engine.register.retention import erase
from placement_engine.vocabulary import CaseId, SubjectRef
from tests.golden.test_register_format import CURRENT, GOLDEN, LATER, MOVED, keys
from tests.security.test_register_backup import NOON, Keepers, restored

NEW = RawKey(bytes(range(32)))
FORMATS = {
    int(path.stem.partition("-v")[2]): path for path in GOLDEN.parent.glob("register-v*.bin")
}


@pytest.fixture(params=sorted(FORMATS))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "a.register"
    shutil.copyfile(FORMATS[request.param], path)
    return path


def test_there_is_a_file_of_every_format_and_the_manual_lists_it() -> None:
    assert sorted(FORMATS) == list(range(1, FORMAT + 1))
    manual = (GOLDEN.parents[2] / "docs" / "register.md").read_text("utf-8")
    table = manual.partition("## Formats and their migrations")[2].partition("## ")[0]
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(FORMATS)


def test_it_is_written_to_and_its_log_begins(path: Path) -> None:
    session = Session(actor=Actor(who="keeper"), clock=lambda: NOON)
    with Register.over(_store(path), keys(), session=session) as register:
        register.put_cases({"C-3": b"case three"})
        assert [s.placement for s in register.placements()] == [MOVED, CURRENT]
        assert offices.verify_log(register.desk).entries == 2
        erase(register.desk, [CaseId("C-2")], {CaseId("C-2"): SubjectRef("P-9")}, LATER)
        assert [case for case, _ in register.cases()] == ["C-1", "C-3"]
    with Register.open(path, keys()) as register:
        register.verify()


def test_it_gets_new_keys(path: Path) -> None:
    with Register.open(path, keys()) as register:
        keeping.renew(register.desk, NEW)
    with Register.open(path, NEW) as register:
        register.verify()
        assert register.case("C-2") == b"long" * 3000
        assert [s.placement for s in register.placements()] == [MOVED, CURRENT]


def test_it_is_backed_up_and_restored(path: Path) -> None:
    keepers = Keepers(2)
    target, again = path.with_name("a.backup"), path.with_name("b.register")
    with Register.open(path, keys()) as register, closing(_store(path)) as store:
        keeping.back_up(register.desk, store, target, keepers.recipients)
    restored(target, keepers.identities[0], again, keys=keys())
    with Register.open(again, keys()) as register:
        assert register.case("C-2") == b"long" * 3000
