"""Killed, full, busy, missing, not writable: the old state or the new one, and a clear error."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from placement_engine.errors import PlacementError, RegisterUnavailable
from placement_engine.register import Register
from tests.security.killed import DAY, KEY, Writer, make_for_ever, move_for_ever, placed

ROOT = Path(__file__).parents[2]


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
    writer = Writer(move_for_ever, str(path))
    acknowledged = [writer.hear() for _ in range(1 + chance.randrange(4))]
    time.sleep(chance.uniform(0, 0.03))
    acknowledged += writer.kill()
    with Register.open(path, KEY) as register:
        register.verify()
        decided = len(register.decisions())
        # Nothing that was acknowledged is lost; one more may have been kept.
        assert acknowledged[-1] <= decided <= acknowledged[-1] + 1
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


def kill(path: Path, times: int, seed: int = 0) -> None:
    chance = random.Random(seed)
    for _ in range(times):
        kill_while_writing(path, chance)
    with Register.open(path, KEY) as register:
        assert len(register.decisions()) > times / 4  # the kills did hit a writer at work


def test_20_kills_leave_the_old_state_or_the_new(path: Path) -> None:
    kill(path, 20)


@pytest.mark.prove
def test_1000_kills_leave_the_old_state_or_the_new(path: Path) -> None:
    clean = path.read_bytes()
    for hundred in range(10):  # all that stands in a register is read after each kill
        path.write_bytes(clean)
        kill(path, 100, seed=hundred)


def test_killed_while_made_leaves_no_register_or_a_whole_one(tmp_path: Path) -> None:
    chance = random.Random(5)
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        writer = Writer(make_for_ever, str(folder))
        assert [writer.hear() for _ in range(3)] == [0, 1, 2]
        time.sleep(chance.uniform(0, 0.01))
        writer.kill()
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
