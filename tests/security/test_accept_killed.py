"""``placement accept`` killed with -9 at any point leaves the old state or the new one.

The real program runs in a process of its own. A trace on its SQLite connection kills it
before a chosen statement; other kills come at a random moment from outside.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from placement_engine import PassphraseKey, PlacementEngine
from placement_engine.vocabulary import CaseId
from tests.acceptance.test_flow import AS_OF, GROUPS, PERSONS, PRESENCE, TIES, case_document

ROOT = Path(__file__).parents[2]
PASSPHRASE = b"killed but not torn"
CHEAP = {"memory_kib": 64 * 1024, "iterations": 1, "lanes": 1}

PROGRAM = """
import os, signal, sqlite3, sys
left = int(os.environ["KILL_BEFORE"])
connect = sqlite3.connect

def count(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def traced(*words, **options):
    connection = connect(*words, **options)
    connection.set_trace_callback(count)
    return connection

sqlite3.connect = traced
from placement_engine.__main__ import main
try:
    main()
finally:
    print(int(os.environ["KILL_BEFORE"]) - left, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a register in which case C-1 is proposed."""
    folder = tmp_path_factory.mktemp("prepared")
    network = folder / "network"
    network.mkdir()
    for name, text in (
        ("persons.csv", PERSONS),
        ("groups.csv", GROUPS),
        ("ties.csv", TIES),
        ("presence.csv", PRESENCE),
    ):
        (network / name).write_text(text, encoding="utf-8")
    (folder / "passphrase").write_bytes(PASSPHRASE)
    key = PassphraseKey(bytearray(PASSPHRASE), **CHEAP)
    with PlacementEngine.create(
        folder / "a.register", key, single_user=True, as_of=AS_OF
    ) as engine:
        engine.import_network(network)
        engine.add_cases(json.dumps(case_document()))
        engine.propose([CaseId("C-1")])
    return folder


def start(prepared: Path, register: Path, kill_before: int) -> subprocess.Popen[str]:
    words = ["accept", "C-1", "--choice", "1", "--register", str(register)]
    words += ["--passphrase-file", str(prepared / "passphrase"), "--as-of", AS_OF.isoformat()]
    environment = {
        **os.environ,
        "KILL_BEFORE": str(kill_before),
        "PLACEMENT_USER": "A. Tester",
        "XDG_CACHE_HOME": str(prepared / "cache"),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def state_after(register: Path) -> str:
    """Verify the register and return the state of the case, checked against its placement."""
    key = PassphraseKey(bytearray(PASSPHRASE))
    with PlacementEngine.open(register, key, as_of=AS_OF) as engine:
        engine.verify()
        [case] = engine.cases()
        placed = [s for s in engine.register.placements() if s.placement.subject == "P-new"]
        assert len(placed) == (case.state == "decided")
        assert len(engine.register.decisions()) == len(placed)
        return case.state


def kill(prepared: Path, tmp_path: Path, times: int) -> None:
    register = tmp_path / "b.register"
    shutil.copy(prepared / "a.register", register)
    began = time.monotonic()
    whole = start(prepared, register, 10**9)
    _, errors = whole.communicate(timeout=60)
    seconds = time.monotonic() - began
    assert whole.returncode == 0, errors
    statements = int(errors.split()[-1])
    assert state_after(register) == "decided"

    chance = random.Random(times)
    outcomes = []
    for number in range(times):
        shutil.copy(prepared / "a.register", register)
        if number % 4 == 3:
            child = start(prepared, register, 10**9)
            time.sleep(chance.uniform(0.3, 1.0) * seconds)
            child.send_signal(signal.SIGKILL)
        else:
            # The last statements are the ones that write.
            before = statements - (number % statements) if number % 2 else None
            child = start(prepared, register, before or chance.randint(1, statements))
        child.communicate(timeout=60)
        outcomes.append(child.returncode)
        assert state_after(register) in ("proposed", "decided")
    assert outcomes.count(-signal.SIGKILL) > times / 2


def test_12_kills_of_accept_leave_the_old_state_or_the_new(prepared: Path, tmp_path: Path) -> None:
    kill(prepared, tmp_path, 12)


@pytest.mark.prove
def test_200_kills_of_accept_leave_the_old_state_or_the_new(prepared: Path, tmp_path: Path) -> None:
    kill(prepared, tmp_path, 200)
