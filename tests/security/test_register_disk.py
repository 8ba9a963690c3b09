"""The disk is full, missing or not writable: a clear error, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.register import Register
from tests.security import test_register_crash
from tests.security.killed import DAY, KEY, placed
from tests.security.test_register_crash import run

path = test_register_crash.path


def test_a_full_disk_loses_nothing(path: Path) -> None:
    code = (
        "import sys, resource, signal\n"
        "from datetime import date\n"
        "from pathlib import Path\n"
        "from placement_engine.errors import RegisterUnavailable\n"
        "from placement_engine.register import RawKey, Register\n"
        "register = Register.open(Path(sys.argv[1]), RawKey(bytes(range(32))))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    register.put_cases({'C-2': b'x' * 1_000_000})\n"
        "except RegisterUnavailable as error:\n"
        "    assert error.exit_code == 12\n"
        "    print(error)\n"
        "print(register.cases(), len(register.placements()))\n"
        "register.put_cases({'C-3': b'small'})\n"
        "register.close()\n"
    )
    with run(code, str(path)) as process:
        told, wrong = process.communicate()
    assert wrong == ""
    assert told.splitlines()[0].startswith("PE-1200 The register ")
    assert told.splitlines()[1] == "[('C-1', 'open')] 10"
    with Register.open(path, KEY) as register:
        assert register.cases() == [("C-1", "open"), ("C-3", "open")]
        register.verify()


def test_a_register_that_may_not_grow_loses_nothing(path: Path) -> None:
    with Register.open(path, KEY) as register:
        connection: sqlite3.Connection = register._vault._store._connection  # type: ignore[attr-defined]
        [(pages,)] = connection.execute("PRAGMA page_count")
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        epoch = register.epoch
        with pytest.raises(RegisterUnavailable, match="full"):
            register.put_cases({"C-2": b"x" * 100_000})
        assert register.epoch == epoch
        assert register.cases() == [("C-1", "open")]
        connection.execute("PRAGMA max_page_count = 1000000")
        register.put_cases({"C-2": b"x" * 100_000})
        assert register.verify().epoch == epoch + 1


def test_a_missing_file_is_12(tmp_path: Path) -> None:
    for missing in (tmp_path / "no.register", tmp_path / "no" / "folder.register"):
        with pytest.raises(RegisterUnavailable, match="no register at"):
            Register.open(missing, KEY)
        assert not missing.exists()
    with pytest.raises(RegisterUnavailable):
        Register.create(tmp_path / "no" / "a.register", KEY, single_user=True, today=DAY)
    with pytest.raises(RegisterUnavailable):
        Register.open(tmp_path, KEY)


@pytest.mark.parametrize("content", [b"", b"subject,municipality\n", b"x" * 5000, bytes(8192)])
def test_a_file_that_is_no_register_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(IntegrityBroken, match="not a register"):
        Register.open(path, KEY)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_another_programs_database_is_no_register(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE row (id, content)")
    connection.close()
    with pytest.raises(IntegrityBroken, match="not a register"):
        Register.open(path, KEY)


def test_nothing_is_overwritten(path: Path) -> None:
    clean = path.read_bytes()
    with pytest.raises(RegisterUnavailable, match="something at"):
        Register.create(path, KEY, single_user=True, today=DAY)
    link = path.with_name("link")
    link.symlink_to(path.with_name("nowhere"))
    with pytest.raises(RegisterUnavailable, match="something at"):
        Register.create(link, KEY, single_user=True, today=DAY)
    assert path.read_bytes() == clean
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.register", "link"]


def test_nothing_is_overwritten_that_came_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.register"

    def late(self: Path, target: Path) -> None:
        path.write_bytes(b"mine")
        raise FileExistsError

    monkeypatch.setattr(Path, "hardlink_to", late)
    with pytest.raises(RegisterUnavailable, match="something at"):
        Register.create(path, KEY, single_user=True, today=DAY)
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(self: Path, target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", cannot)
    path = tmp_path / "a.register"
    Register.create(path, KEY, single_user=True, today=DAY).close()
    Register.open(path, KEY).close()
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.register"
    before = os.umask(0)
    try:
        with Register.create(path, KEY, single_user=True, today=DAY) as register:
            register.put_cases({"C-1": b"case"})
            files = sorted(tmp_path.iterdir())
            assert [file.name for file in files][:1] == ["a.register"]
            assert len(files) == 3
            assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    finally:
        os.umask(before)
    assert list(tmp_path.iterdir()) == [path]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of root, to whom nothing is read-only."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only(path: Path) -> Iterator[Path]:
    """The register in a folder where nothing can be written."""
    folder = Path(tempfile.mkdtemp())
    copy = folder / "a.register"
    shutil.copyfile(path, copy)
    copy.chmod(0o444)
    folder.chmod(0o555)
    yield copy
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_read_only_folder(read_only: Path) -> None:
    with as_nobody():
        with pytest.raises(RegisterUnavailable, match="rights"):
            Register.open(read_only, KEY)
        with pytest.raises(RegisterUnavailable, match="rights"):
            Register.create(read_only.with_name("b"), KEY, single_user=True, today=DAY)
        with Register.open(read_only, KEY, read_only=True) as register:
            assert len(register.placements()) == 10
            register.verify()
            with pytest.raises(RegisterUnavailable, match="cannot be written"):
                register.put_cases({"C-2": b"case"})
            assert register.cases() == [("C-1", "open")]


def test_a_read_only_file(read_only: Path) -> None:
    read_only.parent.chmod(0o777)
    with as_nobody(), pytest.raises(RegisterUnavailable, match="rights"):
        change(read_only)
    read_only.chmod(0o600)
    with Register.open(read_only, KEY) as register:
        assert register.cases() == [("C-1", "open")]


def change(path: Path) -> None:
    with Register.open(path, KEY) as register:
        register.put_cases({"C-2": b"case"})


def test_an_unreadable_file(read_only: Path) -> None:
    read_only.parent.chmod(0o777)
    read_only.chmod(0o000)
    with as_nobody(), pytest.raises(RegisterUnavailable, match="rights"):
        Register.open(read_only, KEY)


def test_opened_read_only_it_cannot_be_changed(path: Path) -> None:
    clean = path.read_bytes()
    with Register.open(path, KEY, read_only=True) as register:
        assert len(register.placements()) == 10
        with pytest.raises(RegisterUnavailable):
            register.import_placements([placed(99)])
    assert path.read_bytes() == clean
