"""What log, anchor and witness cost: for one case against 5,000 placed, and by themselves."""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from benchmarks.measure import Child, Row, child, seconds_of
from benchmarks.worlds import AS_OF, LARGE, PASSPHRASE, Ready, prepare
from placement_engine.proposal.outcome import Status
from placement_engine.register import (
    Act,
    Actor,
    DocumentKind,
    FileAnchor,
    PassphraseKey,
    RawKey,
    Register,
    Role,
    Session,
    WitnessDirectory,
    audit,
    offices,
)

COLD_SECONDS = 3.0
ENTRIES = 100_000
BATCH = 1000


def run(folder: Path, runs: int) -> list[Row]:
    """All rows of the benchmark."""
    return [*_propose(folder, runs), *_log(folder, runs)]


def _propose(folder: Path, runs: int) -> list[Row]:
    ready = prepare(LARGE, folder)
    here = folder / "audit"
    shutil.rmtree(here, ignore_errors=True)
    (here / "witness").mkdir(parents=True)
    shutil.copyfile(ready.register, here / "register.db")
    (here / "register.db").chmod(0o600)
    outside = ["--anchor", str(here / "anchor"), "--witness", str(here / "witness")]
    session = Session(actor=Actor(who="benchmark"), clock=lambda: datetime.now(UTC))
    keys = PassphraseKey(bytearray(PASSPHRASE.encode()))
    with Register.open(here / "register.db", keys, session=session) as register:
        offices.reset_anchor(register.desk, FileAnchor(path=here / "anchor"))
        noted = seconds_of(register.cases, max(20, runs))
        told = seconds_of(lambda: _without_a_leaf(register), max(20, runs))
    plain, anchored = [], []
    for case in ready.cases[1 : 1 + max(3, runs)]:
        plain.append(_proposed(ready, case, ready.register, []))
        anchored.append(_proposed(ready, case, here / "register.db", outside))
    return [
        Row(
            what="one of 5,000: from process start, with log, anchor, witness",
            value=median(done.seconds for done in anchored),
            unit="s",
            target=COLD_SECONDS,
            note=f"key derivation counted; {len(anchored)} cases, "
            f"worst {max(done.seconds for done in anchored):.3g} s, "
            f"{median(done.cpu_seconds for done in anchored):.3g} s of processor",
        ),
        Row(
            what="the same without anchor and witness",
            value=median(done.seconds for done in plain),
            unit="s",
        ),
        Row(
            what="a reading with its entry in the log",
            value=1e3 * noted,
            unit="ms",
            note=f"without the entry {1e3 * told:.3g} ms",
        ),
    ]


def _without_a_leaf(register: Register) -> object:
    with register.desk.vault.read() as state:
        return list(state.beginnings(DocumentKind.CASE))


def _proposed(ready: Ready, case: str, register: Path, words: list[str]) -> Child:
    done = child(
        [
            sys.executable, "-m", "placement_engine", "propose", case,
            "--register", str(register),
            "--passphrase-file", str(ready.passphrase_file),
            "--policy", str(ready.policy_file),
            "--as-of", AS_OF.isoformat(),
            "--json",
            *words,
        ]
    )  # fmt: skip
    if json.loads(done.output)["status"] not in (Status.PROPOSED, Status.NO_SAFE_PLACEMENT):
        raise RuntimeError("placement propose did not answer")
    return done


def _log(folder: Path, runs: int) -> list[Row]:
    path = folder / "log.register"
    path.unlink(missing_ok=True)
    key = RawKey(bytes(range(32)))
    witness = WitnessDirectory(path=folder)
    session = Session(
        actor=Actor(who="benchmark"), clock=lambda: datetime.now(UTC), witnesses=(witness,)
    )
    day = date(2026, 11, 1)
    with Register.create(path, key, single_user=True, today=day, session=session) as register:
        register.cases()
        start = time.perf_counter()
        for _ in range(0, ENTRIES, BATCH):
            with register.desk.vault.change() as change:
                entries = [
                    audit.Entry(
                        at=session.clock(),
                        who="A. Analyst",
                        role=Role.ANALYST,
                        purpose="propose propose",
                        act=Act.READ,
                        call="placements",
                        case="C-1234",
                        salt=audit.salt(change),
                    )
                    for _ in range(BATCH)
                ]
                audit.append(change, entries)
        written = time.perf_counter() - start
        verified = seconds_of(lambda: offices.verify_log(register.desk), runs)
        one_more = seconds_of(register.cases, max(20, runs))
    opened = seconds_of(lambda: Register.open(path, key, session=session).close(), runs)
    size = path.stat().st_size
    path.unlink()
    return [
        Row(
            what=f"{ENTRIES:,} entries: written, {BATCH:,} a change",
            value=written,
            unit="s",
            note=f"{size / ENTRIES:.0f} bytes an entry",
        ),
        Row(what=f"{ENTRIES:,} entries: register opened", value=opened, unit="s"),
        Row(what=f"{ENTRIES:,} entries: log verified", value=verified, unit="s"),
        Row(
            what=f"{ENTRIES:,} entries: a reading with its entry",
            value=1e3 * one_more,
            unit="ms",
            note="with a witness",
        ),
    ]
