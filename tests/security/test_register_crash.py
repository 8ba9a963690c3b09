"""Killed, full, busy, missing, not writable: the old state or the new one, and a clear error."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import PlacementError, RegisterUnavailable
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
def test_1000_kills_leave_the_old_state_or_the_new(path: Path) -> None:
    kill(path, 1000)


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
