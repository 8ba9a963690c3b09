"""A night killed with -9 at any point is resumed: no alert is lost, none is told twice.

One process reads everything once and forks a child for each kill; a trace on the child's
SQLite connection kills it before a chosen statement.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, os, secrets, shutil, signal, sqlite3, sys
from datetime import date, timedelta
from pathlib import Path

from placement_engine.geo import load_geography
from placement_engine.nightly.alerts import read_alerts
from placement_engine.nightly.facts import last_night
from placement_engine.nightly.recheck import recheck
from placement_engine.policy import Policy
from placement_engine.register import DocumentKind, RawKey, Register
from placement_engine.testing.networks import network_of
from tests.unit.nights import AS_OF, GROUPS, RIVALRY, TIES, placed

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
policy = Policy.default()
geography = load_geography(policy)
connect = sqlite3.connect
day = AS_OF + timedelta(days=1)


def night(path, kill_before=0):
    left = kill_before

    def count(statement):
        nonlocal left
        left -= 1
        if left == 0 and kill_before:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(*words, **options):
        connection = connect(*words, **options)
        connection.set_trace_callback(count)
        return connection

    sqlite3.connect = traced
    try:
        with Register.open(path, RawKey(b"k" * 32)) as register:
            told = recheck(
                register, policy=policy, geography=geography, as_of=day,
                clock=lambda: 0.0, entropy=secrets.token_bytes,
            )
            return len(told.changes), kill_before - left
    finally:
        sqlite3.connect = connect


def alerts(path):
    with Register.open(path, RawKey(b"k" * 32)) as register:
        found = read_alerts(register.entries(DocumentKind.ALERT))
        report = register.verify()
        number = last_night(register).number
    rows = [
        [a.owner, a.kind, a.state, a.urgency, list(a.triggers), a.told.isoformat(), a.times,
         bool(a.partner)]
        for a in found.values()
    ]
    return {"alerts": sorted(rows), "number": number, "documents": report.documents}


start = folder / "start.register"
with Register.create(start, RawKey(b"k" * 32), single_user=True, today=AS_OF) as register:
    register.import_placements([placed("P-1", "0180", "U-1"), placed("P-2", "0184", "U-2")])
    register.import_network("main", network_of(TIES, groups=GROUPS), AS_OF)
    recheck(
        register, policy=policy, geography=geography, as_of=AS_OF,
        clock=lambda: 0.0, entropy=secrets.token_bytes,
    )
    register.import_network("main", network_of([*TIES, RIVALRY], groups=GROUPS), AS_OF)

whole = folder / "whole.register"
shutil.copy(start, whole)
changes, statements = night(whole)
results = {"whole": alerts(whole), "changes": changes, "statements": statements, "killed": []}
for kill in range(kills):
    # Spread over the statements of a whole night, the last ones each, where it is written.
    late = statements - kill if kill < kills // 2 else 1 + (kill * statements) // kills
    path = folder / f"{kill}.register"
    shutil.copy(start, path)
    child = os.fork()
    if child == 0:
        night(path, max(1, late) if kill % 5 else statements * 2)
        os.kill(os.getpid(), signal.SIGKILL)  # after all is written, before anybody is told
    status = os.waitpid(child, 0)[1]
    again, _ = night(path)
    third, _ = night(path)
    results["killed"].append(
        {"dead": os.WIFSIGNALED(status), "again": again, "third": third, "after": alerts(path)}
    )
    for left in folder.glob(f"{kill}.register*"):
        left.unlink()
print(json.dumps(results))
"""


def kill_nights(folder: Path, kills: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(kills)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def hold(told: dict[str, Any], kills: int) -> None:
    assert told["whole"]["alerts"]
    assert all(killed["dead"] for killed in told["killed"])
    assert len(told["killed"]) == kills
    for killed in told["killed"]:
        assert killed["after"] == told["whole"]
        assert killed["again"] in (0, told["changes"])  # before the change, or after it
        assert killed["third"] == 0
    assert {killed["again"] for killed in told["killed"]} == {0, told["changes"]}


def test_twenty_nights_killed_lose_no_alert_and_tell_none_twice(tmp_path: Path) -> None:
    hold(kill_nights(tmp_path, 20), 20)


@pytest.mark.prove
def test_200_nights_killed_lose_no_alert_and_tell_none_twice(tmp_path: Path) -> None:
    hold(kill_nights(tmp_path, 200), 200)
