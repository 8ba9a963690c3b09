"""Killed, full, busy, missing, not writable: the old state or the new one, and a clear error."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken, PlacementError, RegisterUnavailable
from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.vocabulary import MunicipalityCode, ProtectionCategory, SubjectRef

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from datetime import date
from pathlib import Path
from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.vocabulary import MunicipalityCode, ProtectionCategory, SubjectRef

DAY = date(2026, 11, 22)
with Register.open(Path(sys.argv[1]), RawKey(bytes(range(32)))) as register:
    number = len(register.decisions())
    print("ready", flush=True)
    while True:
        register.put_proposals({"C-1": b"p" * 40_000})
        register.accept(
            "C-1",
            Placement(
                subject=SubjectRef("P-1"),
                municipality=MunicipalityCode(f"{number:04d}"),
                start=DAY, end=None, owner=None, provider=None,
                category=ProtectionCategory.DEFECTOR, review_by=None,
            ),
            decision=b"%d" % number,
            day=DAY,
        )
        number += 1
        print(number, flush=True)
"""


def placed(number: int) -> Placement:
    return Placement(
        subject=SubjectRef(f"P-{number}"),
        municipality=MunicipalityCode("0180"),
        start=DAY,
        end=None,
        owner=None,
        provider=None,
        category=ProtectionCategory.DEFECTOR,
        review_by=None,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.put_cases({"C-1": b"case"})
        register.import_placements([placed(number) for number in range(10)])
    return path


def run(code: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def kill_while_writing(path: Path, chance: random.Random) -> None:
    with run(WRITER, str(path)) as writer:
        assert writer.stdout
        assert writer.stderr
        assert writer.stdout.readline() == "ready\n", writer.stderr.read()
        acknowledged = [writer.stdout.readline() for _ in range(chance.randrange(4))]
        time.sleep(chance.uniform(0, 0.03))
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.read().split()
    with Register.open(path, KEY) as register:
        register.verify()
        decided = len(register.decisions())
        # Nothing that was acknowledged is lost; one more may have been kept.
        if acknowledged:
            assert int(acknowledged[-1]) <= decided <= int(acknowledged[-1]) + 1
        current = [
            stored.placement.municipality
            for stored in register.placements()
            if stored.placement.subject == "P-1" and stored.placement.end is None
        ]
        assert current == [f"{decided - 1:04d}" if decided else "0180"]
        [(_, state)] = register.cases()
        assert state in ("open", "proposed", "decided")
        assert len(register.placements()) == 10 + decided
    assert not Path(f"{path}-wal").exists()


def kill(path: Path, times: int) -> None:
    chance = random.Random(times)
    for _ in range(times):
        kill_while_writing(path, chance)
    with Register.open(path, KEY) as register:
        assert len(register.decisions()) > times / 4  # the kills did hit a writer at work


def test_20_kills_leave_the_old_state_or_the_new(path: Path) -> None:
    kill(path, 20)


@pytest.mark.prove
def test_200_kills_leave_the_old_state_or_the_new(path: Path) -> None:
    kill(path, 200)


def test_killed_while_made_leaves_no_register_or_a_whole_one(tmp_path: Path) -> None:
    maker = (
        "import sys, pathlib, datetime\n"
        "from placement_engine.register import RawKey, Register\n"
        "print('ready', flush=True)\n"
        "for n in range(10_000):\n"
        "    path = pathlib.Path(sys.argv[1]) / f'{n}.register'\n"
        "    Register.create(path, RawKey(bytes(range(32))), single_user=True,"
        " today=datetime.date(2026, 11, 22)).close()\n"
        "    print('made', flush=True)\n"
    )
    chance = random.Random(5)
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with run(maker, str(folder)) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            for _ in range(3):
                assert process.stdout.readline() == "made\n"
            time.sleep(chance.uniform(0, 0.01))
            process.send_signal(signal.SIGKILL)
            process.stdout.read()
        made = sorted(folder.glob("[0-9]*.register"))
        assert len(made) >= 3
        for path in made:
            with Register.open(path, KEY) as register:
                assert register.verify().records == 1


# The disk. ---------------------------------------------------------------------------


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


# Others at work. ---------------------------------------------------------------------


def test_busy_is_12_after_a_bounded_wait(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Register.open(path, KEY, wait_s=0.2) as register:
        assert len(register.placements()) == 10
        start = time.monotonic()
        with pytest.raises(RegisterUnavailable, match="in use") as busy:
            register.put_cases({"C-2": b"case"})
        assert 0.1 < time.monotonic() - start < 3
        assert busy.value.exit_code == 12
        other.execute("ROLLBACK")
        register.put_cases({"C-2": b"case"})
    other.close()


def test_locked_by_another_program_is_12(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    with pytest.raises(RegisterUnavailable, match="in use"):
        Register.open(path, KEY, wait_s=0.2)
    assert time.monotonic() - start < 3
    other.close()


def test_an_interrupt_in_the_middle_leaves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from placement_engine.register import placed as module

    def interrupted(*words: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "move", interrupted)
    with Register.open(path, KEY) as register:
        with pytest.raises(KeyboardInterrupt):
            register.accept("C-1", placed(1), decision=b"", day=DAY)
        assert register.cases() == [("C-1", "open")]
        assert register.decisions() == ()
        register.verify()


def test_the_log_is_emptied_on_close_though_others_have_it_open(path: Path) -> None:
    log = Path(f"{path}-wal")
    with Register.open(path, KEY) as other:
        assert len(other.placements()) == 10
        with Register.open(path, KEY) as register:
            register.put_cases({"C-2": b"case"})
            assert log.stat().st_size > 0
        assert log.stat().st_size == 0
        assert len(other.cases()) == 2


def test_our_own_faults_are_no_false_alarm(path: Path) -> None:
    with Register.open(path, KEY) as register:
        with ThreadPoolExecutor(1) as pool, pytest.raises(PlacementError, match="thread") as thread:
            pool.submit(register.placements).result()
        with register._vault.read(), pytest.raises(PlacementError, match="at once") as twice:
            register.cases()
        assert thread.value.exit_code == twice.value.exit_code == 1
        assert len(register.placements()) == 10
