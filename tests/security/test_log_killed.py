"""Kills, crowds and clean openings: the log is whole, and neither anchor nor witness cries wolf."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from placement_engine.errors import RegisterUnavailable
from placement_engine.register import FileAnchor, Register, offices
from tests.security.test_log_tampering import DAY, KEY, Place, entries
from tests.security.test_register_tampering import placed

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from tests.security.test_log_tampering import Place

with Place(folder=Path(sys.argv[1])).open() as register:
    print("ready", flush=True)
    for number in range(10_000):
        register.put_cases({f"C-{number}": sys.argv[2].encode()})
        print(register.desk.vault.log.tree.size, flush=True)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(folder=tmp_path / "p")
    place.witness.mkdir(parents=True)
    Register.create(place.file, KEY, single_user=True, today=DAY, session=place.session()).close()
    return place


def kill(place: Place, times: int) -> None:
    chance = random.Random(times)
    for turn in range(times):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place.folder), str(turn)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
            told = [writer.stdout.readline() for _ in range(chance.randrange(1, 4))]
            time.sleep(chance.uniform(0, 0.02))
            writer.send_signal(signal.SIGKILL)
            told += writer.stdout.read().split()
        with place.open() as register:
            report = offices.verify_log(register.desk)
            register.verify()
            # An entry for all that was kept, and all that was acknowledged is kept.
            assert int(told[-1]) <= report.entries <= int(told[-1]) + 1
            assert report.witnesses == 1
            cases = {entry.case for entry in entries(register)} - {""}  # of our own readings
            assert cases == {name for name, _ in register.cases()}


def test_8_kills_leave_a_whole_log_and_no_alarm(place: Place) -> None:
    kill(place, 8)


@pytest.mark.prove
def test_300_kills_leave_a_whole_log_and_no_alarm(place: Place) -> None:
    kill(place, 300)


def test_many_at_once_share_one_log_anchor_and_witness(place: Place) -> None:
    def work(number: int) -> int:
        done = 0
        for turn in range(6):
            with place.open() as register:
                register.put_cases({f"C-{number}-{turn}": b"case"})
                register.cases()
                done += 2
        return done

    with ThreadPoolExecutor(4) as crowd:
        noted = sum(crowd.map(work, range(4)))
    with place.open() as register:
        assert offices.verify_log(register.desk).entries == noted == 48
        assert len(register.cases()) == 24


def test_a_change_between_register_and_anchor_is_no_rollback(place: Place) -> None:
    """The anchor is read after the register: in between, somebody else may have gone on."""

    @dataclass(frozen=True)
    class Late(FileAnchor):
        def read(self, register_id: bytes) -> bytes | None:
            with place.open() as other:
                other.put_cases({"C-1": b"case"})
            return FileAnchor.read(self, register_id)

    session = replace(place.session(), anchor=Late(path=place.anchor))
    with Register.open(place.file, KEY, session=session) as register:
        assert register.cases() == [("C-1", "open")]


@pytest.mark.prove
def test_10_000_clean_openings_with_anchor_and_witness_raise_no_alarm(place: Place) -> None:
    with place.open() as register:
        register.import_placements([placed(number) for number in range(12)])
    for turn in range(10_000):
        with place.open() as register:
            if turn % 10 == 0:
                register.put_cases({"C-1": b"case %d" % turn})
    with place.open() as register:
        assert offices.verify_log(register.desk).entries == 1001


def test_what_cannot_be_noted_is_not_told(place: Place) -> None:
    """On a full or read-only disk a register with a log can be verified, and not read."""
    with place.open() as register:
        register.put_cases({"C-1": b"case"})
    session = place.session()
    with Register.open(place.file, KEY, read_only=True, session=session) as register:
        register.verify()
        assert offices.verify_log(register.desk).entries == 1
        with pytest.raises(RegisterUnavailable):
            register.cases()
    with place.open() as register:
        assert [entry.call for entry in entries(register)] == ["put_cases"]
