"""Many records, opened by two threads or while they are accounted for: the same, or refused."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken, RegisterUnavailable
from placement_engine.intelligence import Placement
from placement_engine.register import DocumentKind, RawKey, Register
from placement_engine.register.contents import write_placement
from placement_engine.register.crypto import Shut
from placement_engine.register.halves import LOT, Halves
from placement_engine.register.head import RECORDS
from placement_engine.register.header import Header
from placement_engine.register.records import RECORD_SIZE, Looked, Sealer
from placement_engine.register.sqlite import SqliteStore
from placement_engine.register.vault import Vault
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 23)
ROWS = 2 * LOT + 45  # the last lot is short, and odd
PLACED = [
    Placement(
        subject=SubjectRef(f"P-{number:04d}"),
        municipality=MunicipalityCode(f"{number % 290:04d}"),
        start=DAY - timedelta(days=number),
    )
    for number in range(ROWS)
]
HOW = [
    pytest.param(1, None, id="two threads"),
    pytest.param(1, DocumentKind.PLACEMENT, id="two threads, on the way"),
    pytest.param(10**9, DocumentKind.PLACEMENT, id="on the way"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a register of many placements, and one of a payload of several records."""
    path = tmp_path_factory.mktemp("many") / "register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.import_placements(PLACED)
        register.put_case("C-1", b"j" * 3 * RECORD_SIZE)
    return path.read_bytes()


@pytest.fixture
def path(filled: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "register"
    path.write_bytes(filled)
    return path


def vault_of(path: Path, many: int, ahead: DocumentKind | None) -> Vault:
    store = SqliteStore.open(path)
    try:
        keys = Header.parse(store.header()).unlock(KEY)
        return Vault(store, keys, entropy=os.urandom, many=many, ahead=ahead)
    except BaseException:
        store.close()
        raise


def told(vault: Vault) -> list[bytes]:
    with vault.read() as state:
        return sorted(payload for _, payload in state.payloads(DocumentKind.PLACEMENT))


@pytest.mark.parametrize(("many", "ahead"), HOW)
def test_all_rows_are_there_as_they_were_written(
    path: Path, many: int, ahead: DocumentKind | None
) -> None:
    written = [write_placement(placement) for placement in PLACED]
    with closing(vault_of(path, many, ahead)) as vault:
        assert told(vault) == written
        assert told(vault) == written  # what was opened on the way is handed out once
        assert vault.verify().documents == ROWS + 2
        with vault.read() as state:
            [case] = state.documents(DocumentKind.CASE)
            assert case.payload.endswith(b"j" * 3 * RECORD_SIZE)


@pytest.mark.parametrize(("many", "ahead"), HOW)
@pytest.mark.parametrize("place", [0, LOT // 2, LOT - 1, ROWS - 1])
@pytest.mark.parametrize("byte", [0, 20, 60, 100, 150, RECORD_SIZE - 1])
def test_one_altered_row_is_refused_wherever_it_stands(
    path: Path, many: int, ahead: DocumentKind | None, place: int, byte: int
) -> None:
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT id, content FROM row ORDER BY id").fetchall()
        row_id, content = rows[1 + place]  # the first of all is the header
        altered = bytearray(content)
        altered[byte] ^= 1
        file.execute("UPDATE row SET content = ? WHERE id = ?", (bytes(altered), row_id))
        file.commit()
    with pytest.raises(IntegrityBroken):
        vault_of(path, many, ahead)


@pytest.mark.parametrize("many", [1, 10**9])
@pytest.mark.parametrize("place", [0, 70, LOT + 1])
def test_a_body_is_refused_by_itself_too(path: Path, many: int, place: int) -> None:
    """Without the sum over all rows, and by whichever thread has to open it."""
    with closing(SqliteStore.open(path)) as store, store.read() as view:
        rows = list(view.records())
        keys = Header.parse(store.header()).unlock(KEY)
    sealer = Sealer(keys, RECORDS, os.urandom, many=many)
    one_by_one = [sealer.open(row_id, record) for row_id, record in rows]
    assert list(sealer.open_all(rows, count=len(rows))) == one_by_one
    row_id, record = rows[place]
    _, other = rows[place + 1]
    for wrong in (record[:-1] + bytes([record[-1] ^ 1]), other):
        altered = [*rows[:place], (row_id, wrong), *rows[place + 1 :]]
        with pytest.raises(IntegrityBroken):
            list(sealer.open_all(altered, count=len(rows)))


@pytest.mark.parametrize("foreign", [False, True], ids=["our change", "another's change"])
def test_what_was_opened_on_the_way_is_not_told_after_a_change(path: Path, foreign: bool) -> None:
    with closing(vault_of(path, 1, DocumentKind.PLACEMENT)) as vault:
        other = closing(vault_of(path, 1, None)) if foreign else nullcontext(vault)
        with other as writer, writer.change() as change:
            gone, replaced, *_ = change.ids(DocumentKind.PLACEMENT)
            change.remove(gone)
            change.replace(replaced, b"newer")
        now = told(vault)
    assert len(now) == ROWS - 1
    assert now.count(b"newer") == 1


def test_a_placement_of_several_records_is_whole_on_the_way_too(path: Path) -> None:
    with closing(vault_of(path, 1, None)) as vault, vault.change() as change:
        change.add(DocumentKind.PLACEMENT, b"l" * 2 * RECORD_SIZE)
    with closing(vault_of(path, 1, DocumentKind.PLACEMENT)) as vault:
        found = told(vault)
        assert len(found) == ROWS + 1
        assert b"l" * 2 * RECORD_SIZE in found


def test_a_placement_stays_shut_unless_it_is_to_be_asked_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytes] = []
    shut = Sealer._shut

    def noted(sealer: Sealer, row_id: bytes, record: bytes, looked: Looked) -> Shut:
        opened.append(row_id)
        return shut(sealer, row_id, record, looked)

    monkeypatch.setattr(Sealer, "_shut", noted)
    with Register.over(SqliteStore.open(path), KEY) as register:
        assert len(opened) < 5
        told = register.placements()
    with Register.over(SqliteStore.open(path), KEY, ahead=True) as register:
        before = len(opened)
        assert register.placements() == told
        assert len(opened) == before
        assert [stored.placement for stored in told] == PLACED
    with pytest.raises(RegisterUnavailable):
        register.placements()


def test_two_threads_give_one_answer_in_order() -> None:
    seen: set[int] = set()
    both = threading.Barrier(2, timeout=30)

    def work(lot: Sequence[int]) -> list[int]:
        seen.add(threading.get_ident())
        both.wait()
        return [-one for one in lot]

    with Halves(alone=False) as halves:
        for lot in (range(7), range(2), [5]):
            assert halves(work, lot) == [-one for one in lot]
    assert len(seen) == 2
    assert threading.get_ident() in seen


def refusing(wrong: int, lot: Sequence[int]) -> list[int]:
    if wrong in lot:
        raise IntegrityBroken("A row.")
    return list(lot)


@pytest.mark.parametrize("wrong", [0, 9])
def test_what_either_thread_refuses_is_refused(wrong: int) -> None:
    with Halves(alone=False) as halves, pytest.raises(IntegrityBroken):
        halves(partial(refusing, wrong), range(10))
    with Halves(alone=True) as halves, pytest.raises(IntegrityBroken):
        halves(partial(refusing, wrong), range(10))
