"""Nothing of a placed person stands in the file, beside it, in an error or on a screen."""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import PlacementError
from placement_engine.intelligence import Facility, Placement
from placement_engine.register import PassphraseKey, RawKey, Register
from placement_engine.register.records import RECORD_SIZE
from placement_engine.vocabulary import (
    CaseId,
    MunicipalityCode,
    Need,
    OwnerId,
    ProtectionCategory,
    ProviderId,
    SubjectRef,
)

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)

# No municipality has this name; four digits would turn up in random bytes by chance.
MUNICIPALITY = "canary-municipality"
SECRETS = {
    "municipality": MUNICIPALITY,
    "subject": "canary-subject",
    "owner": "canary-owner",
    "provider": "canary-provider",
    "case": "canary-case",
    "case content": "canary-content-of-case",
    "proposal": "canary-proposal",
    "decision": "canary-decision",
    "facility source": "canary-source",
    "passphrase": "canary-passphrase-of-six-words",
    "day": "2026-11-22",
}


def placed(municipality: str = MUNICIPALITY, subject: str = SECRETS["subject"]) -> Placement:
    return Placement(
        subject=SubjectRef(subject),
        municipality=MunicipalityCode(municipality),
        start=DAY,
        end=None,
        owner=OwnerId(SECRETS["owner"]),
        provider=ProviderId(SECRETS["provider"]),
        category=ProtectionCategory.DEFECTOR,
        review_by=DAY,
    )


def fill(register: Register) -> None:
    case = CaseId(SECRETS["case"])
    register.import_placements([placed()])
    register.replace_facilities(
        [
            Facility(
                municipality=MunicipalityCode(MUNICIPALITY),
                kind=Need.SCHOOL,
                capacity=1,
                last_seen=DAY,
                source=SECRETS["facility source"],
                provider=ProviderId(SECRETS["provider"]),
            )
        ]
    )
    register.put_cases({case: SECRETS["case content"].encode() * 500})
    register.put_proposals({case: SECRETS["proposal"].encode() * 1000})
    register.accept(case, placed(), decision=SECRETS["decision"].encode(), day=DAY)


def raw_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def shown(text: bytes) -> list[str]:
    """Which secrets stand in `text`, in any of the codings that a program might use."""
    return [
        name
        for name, secret in SECRETS.items()
        if any(
            form in text
            for form in (
                secret.encode(),
                secret.encode("utf-16-le"),
                secret.encode().hex().encode(),
            )
        )
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where temporary files too would be found."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(temporary))
    return tmp_path


def test_no_canary_in_any_file_at_any_time(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder / "a.register"
    passphrase = SECRETS["passphrase"].encode()

    def keys() -> PassphraseKey:
        return PassphraseKey(bytearray(passphrase), memory_kib=64 * 1024, iterations=1)

    with Register.create(path, keys(), single_user=True, today=DAY) as register:
        fill(register)
        assert shown(raw_files(folder)) == []
        assert (folder / "a.register-wal").stat().st_size > 0
    assert shown(raw_files(folder)) == []
    with Register.open(path, keys()) as register:
        assert register.placements()[0].placement.municipality == MUNICIPALITY
        register.verify()
        register.remove_placement(register.placements()[0].id, DAY)
        assert shown(raw_files(folder)) == []
        assert shown(repr(register.placements()).encode()) in ([], ["owner"])
        for anything in (register, register._vault, register._vault._keys, register.decisions()):
            assert shown(repr(anything).encode()) in ([], ["case"])
    assert [p.name for p in sorted(folder.iterdir())] == ["a.register", "temporary"]
    assert list((folder / "temporary").iterdir()) == []
    out, err = capfd.readouterr()
    assert out == err == ""


def test_a_canary_would_be_found(folder: Path) -> None:
    (folder / "leak").write_bytes(b"..." + MUNICIPALITY.encode() + b"...")
    (folder / "other").write_bytes(SECRETS["passphrase"].encode("utf-16-le"))
    assert shown(raw_files(folder)) == ["municipality", "passphrase"]


def test_no_secret_in_any_error(folder: Path) -> None:
    path = folder / "a.register"
    wrong = SECRETS["passphrase"].encode() + b"!"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        fill(register)
    damaged = folder / "damaged"
    raw = bytearray(path.read_bytes())
    for at in range(8000, len(raw), 1000):
        raw[at] ^= 1
    damaged.write_bytes(raw)

    def change(act: Callable[[Register], object]) -> Callable[[], object]:
        def run() -> None:
            with Register.open(path, KEY, wait_s=0.05) as register:
                act(register)

        return run

    def within_a_lock() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            change(lambda r: r.import_placements([placed("0180", "canary-subject-2")]))()
        finally:
            other.close()

    attempts: list[Callable[[], object]] = [
        lambda: Register.open(path, PassphraseKey(bytearray(wrong))),
        lambda: Register.open(path, RawKey(b"canary-key-canary-key-canary-key")),
        lambda: Register.open(damaged, KEY),
        lambda: Register.open(folder / "missing", KEY),
        change(lambda r: r.import_placements([placed("canary-municipality-2")])),
        change(lambda r: r.put_cases({"C" * 9000: SECRETS["case content"].encode()})),
        change(lambda r: r.remove_placement(b"canary-id", DAY)),
        change(lambda r: r.case("C-unknown")),
        within_a_lock,
    ]
    for attempt in attempts:
        with pytest.raises(PlacementError) as caught:
            attempt()
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        told = told.replace("canary-id", "").replace("canary-municipality-2", "")
        lines = [line for line in told.splitlines() if __file__ not in line]
        said = "\n".join(line for line in lines if not line.startswith("    "))
        assert "canary" not in said, said
        assert shown(said.encode()) == []
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


# Shapes that tell nothing. -----------------------------------------------------------


def rows_of(path: Path) -> dict[bytes, bytes]:
    connection = sqlite3.connect(path)
    try:
        return dict(connection.execute("SELECT id, content FROM row"))
    finally:
        connection.close()


def test_one_length_over_all_290_municipalities(folder: Path) -> None:
    codes = [f"{code:04d}" for code in range(114, 114 + 290)]
    path = folder / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.import_placements([placed(code, f"P-{code}" * 9) for code in codes])
        register.import_placements([placed("0180", "P")])
    lengths = [len(content) for content in rows_of(path).values()]
    assert len(lengths) == 2 + 1 + 291
    assert sorted(lengths)[1:] == [RECORD_SIZE] * 293  # and the header


def test_the_file_does_not_tell_who_came_first(folder: Path) -> None:
    path = folder / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        for number in range(60):
            register.import_placements([placed("0180", f"P-{number:03d}")])
        came = {s.id: int(s.placement.subject[2:]) for s in register.placements()}
    raw = path.read_bytes()
    by_file = [came[i] for i in sorted(came, key=raw.index)]
    by_id = [came[i] for i in sorted(came)]
    for order in (by_file, by_id):
        ascents = sum(a < b for a, b in itertools.pairwise(order))
        assert 18 <= ascents <= 41  # 29.5 of 59 by chance; this is past five deviations
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT rowid FROM row")
    connection.close()


def test_equal_registers_share_no_bytes(folder: Path) -> None:
    contents: list[set[bytes]] = []
    for name in ("a", "b"):
        path = folder / name
        with Register.create(path, KEY, single_user=True, today=DAY) as register:
            fill(register)
        contents.append(set().union(*(windows(row) for row in rows_of(path).values())))
    shared = contents[0] & contents[1]
    # The header's magic, format, and costs of a raw key, which are zero; and what is random
    # beside them, of which three bytes are alike by chance once in millions.
    assert all(piece[:5] in b"PLACEREG\0\1" or piece.count(0) >= 5 for piece in shared)


# What is removed is gone. ------------------------------------------------------------


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[bytes]]:
    """A register after much adding, replacing and removing, and every row it ever had."""
    path = tmp_path_factory.mktemp("history") / "a.register"
    ever: set[bytes] = set()
    chance = random.Random(7)
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.put_cases({f"C-{n}": b"case" for n in range(5)})
        for turn in range(60):
            register.import_placements(
                [placed("0180", f"P-{turn}-{n}") for n in range(chance.randrange(1, 6))]
            )
            register.put_proposals({f"C-{turn % 5}": bytes(chance.randrange(30_000))})
            register.accept(f"C-{turn % 5}", placed("1480", f"P-{turn}-0"), decision=b"", day=DAY)
            ever.update(rows_of(path).values())
            for stored in chance.sample(register.placements(), chance.randrange(1, 4)):
                register.remove_placement(stored.id, DAY)
            ever.update(rows_of(path).values())
    return path, ever


def windows(raw: bytes) -> set[bytes]:
    return {raw[at : at + 8] for at in range(len(raw) - 7)}


def test_removed_and_replaced_rows_leave_no_byte(history: tuple[Path, set[bytes]]) -> None:
    path, ever = history
    gone = ever - set(rows_of(path).values())
    assert len(gone) > 200
    there = windows(raw_files(path.parent))
    left = [row for row in gone if any(row[at : at + 8] in there for at in range(17, 4560, 8))]
    assert left == []


def test_what_stands_is_found_by_the_same_search(history: tuple[Path, set[bytes]]) -> None:
    path, _ = history
    there = windows(raw_files(path.parent))
    for row in rows_of(path).values():
        assert row[40:48] in there
        assert row[-8:] in there


def test_a_removed_placement_is_gone_while_the_register_is_still_open(folder: Path) -> None:
    path = folder / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.import_placements([placed("0180", f"P-{number}") for number in range(20)])
        target = register.placements()[7].id
        row = rows_of(path)[target]
        pieces = [row[at : at + 16] for at in range(17, len(row) - 16, 16)]
        assert any(piece in raw_files(folder) for piece in pieces)
        register.remove_placement(target, DAY)
        raw = raw_files(folder)
        assert [piece for piece in pieces if piece in raw] == []
        assert target not in raw


def test_sqlite_is_told_to_be_careful(folder: Path) -> None:
    """Whatever its builders chose: some overwrite what is deleted, some do not."""
    path = folder / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        connection: sqlite3.Connection = register._vault._store._connection  # type: ignore[attr-defined]
        for pragma, value in {
            "secure_delete": 1,
            "synchronous": 2,
            "temp_store": 2,
            "trusted_schema": 0,
            "cell_size_check": 1,
            "auto_vacuum": 1,
            "journal_mode": "wal",
        }.items():
            assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,), pragma


# The process. ------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is of Linux")
def test_core_dumps_are_forbidden() -> None:
    code = (
        "import ctypes, resource\n"
        "from placement_engine.register.hardening import forbid_core_dumps\n"
        "print(forbid_core_dumps())\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ran.stdout.split("\n")[:2] == ["True", "(0, 0) 0"]
