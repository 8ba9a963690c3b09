"""Whatever is done to the file, the register refuses, or its answers are unchanged."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken
from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.register.records import RECORD_SIZE
from placement_engine.register.sqlite import PAGE_SIZE
from placement_engine.vocabulary import MunicipalityCode, ProtectionCategory, SubjectRef

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
HEADER_ID, HEAD_ID = bytes(16), b"\xff" * 16
Answers = tuple[object, ...]


def placed(number: int, municipality: str = "0180") -> Placement:
    return Placement(
        subject=SubjectRef(f"P-{number}"),
        municipality=MunicipalityCode(municipality),
        start=DAY,
        end=None,
        owner=None,
        provider=None,
        category=ProtectionCategory.DEFECTOR,
        review_by=None,
    )


def everything(register: Register) -> Answers:
    return (
        register.single_user,
        register.placements(),
        [(case, state, register.case(case)) for case, state in register.cases()],
        register.proposal("C-1"),
        register.decisions(),
        register.verify(),
    )


def answers(path: Path) -> Answers:
    with Register.open(path, KEY) as register:
        return everything(register)


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The bytes of one register at two times, the later one with free pages and gaps."""
    path = tmp_path_factory.mktemp("register") / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.import_placements([placed(number) for number in range(12)])
        register.put_cases({f"C-{number}": b"case" for number in range(5)})
        register.put_proposals({"C-1": b"p" * 30_000, "C-2": b"q" * 20_000})
    earlier = path.read_bytes()
    with Register.open(path, KEY) as register:
        register.put_proposals({"C-1": b"r" * 12_000})
        register.accept("C-1", placed(3, "1480"), decision=b"d", day=DAY)
        register.put_cases({"C-2": b"changed"})
        register.remove_placement(register.placements()[0].id, DAY)
    return earlier, path.read_bytes()


@pytest.fixture
def path(states: tuple[bytes, bytes], tmp_path: Path) -> Path:
    """The later state, to be tampered with."""
    path = tmp_path / "a.register"
    path.write_bytes(states[1])
    return path


Rows = dict[bytes, bytes]


def rows_of(path: Path) -> Rows:
    connection = sqlite3.connect(path)
    try:
        return dict(connection.execute("SELECT id, content FROM row"))
    finally:
        connection.close()


def forge(path: Path, rows: Rows) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("DELETE FROM row")
        connection.executemany("INSERT INTO row VALUES (?, ?)", rows.items())
        connection.commit()
    finally:
        connection.close()


def refused(path: Path) -> None:
    with pytest.raises(IntegrityBroken) as broken:
        answers(path)
    assert broken.value.exit_code == 14


def flip(path: Path, clean: bytes, at: int, bit: int, expected: Answers) -> bool:
    """Whether a flipped bit was refused; if it was not, nothing may have changed."""
    altered = bytearray(clean)
    altered[at] ^= bit
    path.write_bytes(altered)
    try:
        assert answers(path) == expected
    except IntegrityBroken:
        return True
    return False


def test_300_flipped_bits(path: Path) -> None:
    clean, expected = path.read_bytes(), answers(path)
    assert clean == path.read_bytes()
    chance = random.Random(1)
    pages = range(0, len(clean), PAGE_SIZE)
    spots = [page + chance.randrange(PAGE_SIZE) for page in pages]
    spots += [chance.randrange(len(clean)) for _ in range(300 - len(spots))]
    caught = sum(flip(path, clean, at, 1 << chance.randrange(8), expected) for at in spots)
    assert caught > 0.75 * len(spots)  # the rest are bytes that hold nothing


def test_the_beginning_and_the_schema_of_the_file(path: Path) -> None:
    """A high bit there makes SQLite's own messages bad UTF-8."""
    clean, expected = path.read_bytes(), answers(path)
    schema = clean.index(b"CREATE TABLE")
    spots = [*range(112), *range(schema - 24, schema + 90)]
    caught = sum(flip(path, clean, at, 0x80, expected) for at in spots)
    assert caught > 0.6 * len(spots)


@pytest.mark.prove
def test_10_000_clean_opens_raise_no_alarm(path: Path) -> None:
    expected = answers(path)
    for turn in range(10_000):
        with Register.open(path, KEY) as register:
            if turn % 100 == 0:
                register.put_proposals({"C-4": b"p" * (turn % 7000)})
                register.put_cases({"C-4": b"case %d" % turn})
            assert register.placements() == expected[1]
    with Register.open(path, KEY) as register:
        assert register.verify().epoch > 100


@pytest.mark.prove
def test_10_000_flipped_bits_and_every_byte_of_the_first_page(path: Path) -> None:
    clean, expected = path.read_bytes(), answers(path)
    chance = random.Random(2)
    spots = [*range(PAGE_SIZE), *(chance.randrange(len(clean)) for _ in range(10_000))]
    caught = sum(flip(path, clean, at, 1 << chance.randrange(8), expected) for at in spots)
    assert caught > 0.6 * len(spots)


def test_every_byte_of_the_header_in_the_file(path: Path) -> None:
    clean = path.read_bytes()
    header = rows_of(path)[HEADER_ID]
    start = clean.index(header)
    for at in range(start, start + len(header)):
        altered = bytearray(clean)
        altered[at] ^= 0x20
        path.write_bytes(altered)
        refused(path)


def test_bytes_of_every_record(path: Path) -> None:
    rows = rows_of(path)
    chance = random.Random(3)
    for row_id in rows:
        altered = bytearray(rows[row_id])
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        forge(path, rows | {row_id: bytes(altered)})
        refused(path)
    forge(path, rows)
    answers(path)


def some(rows: Rows) -> list[bytes]:
    return [row_id for row_id in rows if row_id not in (HEADER_ID, HEAD_ID)]


def test_added_removed_swapped_and_moved_rows(path: Path) -> None:
    rows = rows_of(path)
    a, b, *_ = some(rows)
    without = {row_id: content for row_id, content in rows.items() if row_id != a}
    tamperings: dict[str, Rows] = {
        "removed": without,
        "copied to a new id": rows | {os.urandom(16): rows[a]},
        "random": rows | {os.urandom(16): os.urandom(RECORD_SIZE)},
        "swapped": rows | {a: rows[b], b: rows[a]},
        "moved": without | {os.urandom(16): rows[a]},
        "one in place of another": rows | {a: rows[b]},
        "removed and another added": without | {os.urandom(16): rows[b]},
        "shorter": rows | {a: rows[a][:-1]},
        "longer": rows | {a: rows[a] + b"\0"},
        "empty": rows | {a: b""},
        "a short id": without | {a[:15]: rows[a]},
        "a record as head": rows | {HEAD_ID: rows[a]},
        "the head as record": rows | {a: rows[HEAD_ID]},
        "no head": {row_id: rows[row_id] for row_id in rows if row_id != HEAD_ID},
        "no header": {row_id: rows[row_id] for row_id in rows if row_id != HEADER_ID},
        "nothing": {HEADER_ID: rows[HEADER_ID], HEAD_ID: rows[HEAD_ID]},
    }
    for forged in tamperings.values():
        forge(path, forged)
        refused(path)


def test_replayed_and_resurrected_rows(path: Path, states: tuple[bytes, bytes]) -> None:
    now = rows_of(path)
    earlier_path = path.with_suffix(".earlier")
    earlier_path.write_bytes(states[0])
    earlier = rows_of(earlier_path)
    changed = [i for i in some(earlier) if i in now and now[i] != earlier[i]]
    gone = [i for i in some(earlier) if i not in now]
    assert len(changed) >= 3
    assert len(gone) >= 3
    for row_id in (*changed, *gone):
        forge(path, now | {row_id: earlier[row_id]})
        refused(path)
    forge(path, now | {HEAD_ID: earlier[HEAD_ID]})
    refused(path)
    forge(path, {**earlier, HEAD_ID: now[HEAD_ID]})
    refused(path)
    # The whole of an earlier state is consistent: only its epoch tells. SECURITY.md says so.
    forge(path, earlier)
    assert answers(path) == answers(earlier_path)


def test_pages_of_an_earlier_file(path: Path, states: tuple[bytes, bytes]) -> None:
    earlier, now = states
    expected = answers(path)
    outcomes: Counter[bool] = Counter()
    for page in range(0, min(len(earlier), len(now)), PAGE_SIZE):
        stale = bytearray(now)
        stale[page : page + PAGE_SIZE] = earlier[page : page + PAGE_SIZE]
        path.write_bytes(stale)
        try:
            assert answers(path) == expected
            outcomes[False] += 1
        except IntegrityBroken:
            outcomes[True] += 1
    assert outcomes[True] > 10


def test_a_file_cut_short_or_made_longer(path: Path) -> None:
    clean, expected = path.read_bytes(), answers(path)
    for size in (1, 99, 100, PAGE_SIZE - 1, PAGE_SIZE, len(clean) - PAGE_SIZE):
        path.write_bytes(clean[:size])
        refused(path)
    # SQLite reads a last page that is too short as if zeros followed: where the page is free,
    # or ends in a zero, the same is told.
    path.write_bytes(clean[:-1])
    with contextlib.suppress(IntegrityBroken):
        assert answers(path) == expected
    path.write_bytes(clean + bytes(PAGE_SIZE))
    assert answers(path) == expected


def test_header_and_records_of_another_register(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.register"
    Register.create(other, KEY, single_user=True, today=DAY).close()
    mine, theirs = rows_of(path), rows_of(other)
    forge(path, mine | {HEADER_ID: theirs[HEADER_ID]})
    refused(path)
    forge(path, mine | {HEAD_ID: theirs[HEAD_ID]})
    refused(path)
    forge(path, {**theirs, HEADER_ID: mine[HEADER_ID]})
    refused(path)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x)",
        "CREATE INDEX found ON row (content)",
        "CREATE VIEW seen AS SELECT id FROM row",
        "CREATE TRIGGER keep AFTER DELETE ON row BEGIN INSERT INTO row VALUES (old.id, '') ; END",
        "ALTER TABLE row RENAME TO rows",
        "ALTER TABLE row RENAME COLUMN content TO id2",
        "DROP TABLE row",
        "UPDATE row SET content = CAST(content AS TEXT)",
        "UPDATE row SET content = 7",
        "INSERT INTO row VALUES ('text', x'00')",
        "INSERT INTO row VALUES (-1, x'00')",
        "PRAGMA application_id = 1",
        "PRAGMA user_version = 2",
        "PRAGMA journal_mode = DELETE",
    ],
)
def test_altered_by_sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()
    refused(path)


def test_a_forged_list_of_free_pages(path: Path) -> None:
    """Every answer would be right, and our own next change would destroy rows."""
    forged = bytearray(path.read_bytes())
    forged[32:40] = (4).to_bytes(4, "big") + (1).to_bytes(4, "big")
    path.write_bytes(forged)
    refused(path)


def test_rows_out_of_order(path: Path) -> None:
    """A look at all rows would find them, a search for one would not."""
    clean = path.read_bytes()
    leaf_of_index, swapped = 10, 0
    for page in range(PAGE_SIZE, len(clean), PAGE_SIZE):
        if clean[page] == leaf_of_index and int.from_bytes(clean[page + 3 : page + 5], "big") > 1:
            forged = bytearray(clean)
            forged[page + 8 : page + 12] = (
                clean[page + 10 : page + 12] + clean[page + 8 : page + 10]
            )
            path.write_bytes(forged)
            refused(path)
            with pytest.raises(IntegrityBroken):
                Register.open(path, KEY, read_only=True)
            swapped += 1
    assert swapped
