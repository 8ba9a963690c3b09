"""The disk says no when it is asked to keep what was written; the clock goes backwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from placement_engine.register import Register, offices
from placement_engine.register.access import Actor, Session
from tests.security import test_register_crash
from tests.security.killed import DAY, KEY, placed
from tests.security.test_register_crash import ROOT

path = test_register_crash.path

SHIM = """
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
/* Every call after the first few that the environment allows fails, as on a broken disk. */
static int left(void) { static int n = -1; if (n < 0) n = atoi(getenv("SYNCS")); return n-- > 0; }
int fsync(int fd) { if (left()) return 0; errno = EIO; return -1; }
int fdatasync(int fd) { if (left()) return 0; errno = EIO; return -1; }
"""
WRITER = """
import sys
from pathlib import Path
from placement_engine.errors import RegisterUnavailable
from placement_engine.register import RawKey, Register
kept = 0
try:
    register = Register.open(Path(sys.argv[1]), RawKey(bytes(range(32))))
    for number in range(20):
        register.put_cases({f"C-{number}": b"case " * 2000})
        kept += 1
except RegisterUnavailable as error:
    print(error)
print(kept)
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library under which no disk keeps anything for long."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("there is no C compiler, or this is not Linux")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    words = [compiler, "-shared", "-fPIC", "-o", str(folder / "shim.so"), str(folder / "shim.c")]
    subprocess.run(words, check=True)
    return folder / "shim.so"


@pytest.mark.parametrize("syncs", [0, 1, 3, 7])
def test_a_disk_that_does_not_keep_is_told_and_loses_nothing_acknowledged(
    path: Path, shim: Path, syncs: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(path)],
        env={**os.environ, "LD_PRELOAD": str(shim), "SYNCS": str(syncs)},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    told, kept = done.stdout.splitlines()
    assert "PE-1200 The register could not be read or written by the system." in told
    assert done.stderr == ""
    with Register.open(path, KEY) as register:
        report = register.verify()
        assert report.documents >= 12
        cases = {case for case, _ in register.cases()}
        assert {f"C-{number}" for number in range(int(kept))} <= cases
        assert len(register.placements()) == 10
        register.put_cases({"C-after": b"the disk is well again"})


def test_a_clock_set_back_changes_no_order_and_loses_nothing(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    place = tmp_path / "a.register"
    Register.create(place, KEY, single_user=True, today=DAY).close()
    for turn, now in enumerate((noon, noon - timedelta(days=400), noon - timedelta(days=9000))):
        session = Session(actor=Actor(who="A"), clock=lambda now=now: now)  # type: ignore[misc]
        with Register.open(place, KEY, session=session) as register:
            epoch = register.epoch
            register.import_placements([placed(turn)])
            assert register.epoch == epoch + 1
            register.verify()
    with Register.open(place, KEY, session=session) as register:
        assert len(register.placements()) == 3
        entries = offices.read_log(register.desk)
        collected = [entry.at for entry in entries if entry.call == "import_placements"]
        assert collected == sorted((at for at in collected if at), reverse=True)
        assert len(collected) == 3
        moved = placed(0)
        register.put_cases({"C-1": b"case"})
        register.accept("C-1", moved, decision=b"earlier day", day=date(1999, 1, 1))
        assert register.verify().epoch == register.desk.vault.epoch
