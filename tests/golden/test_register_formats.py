"""A format keeps its bytes or gets a new number; a later one is refused, and nothing written."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken, NewerFormat
from placement_engine.register import Actor, MemoryStore, RawKey, Register, Session
from placement_engine.register.documents import DocumentKind
from placement_engine.register.header import FORMAT, Header
from placement_engine.register.store import RegisterStore
from tests.golden.test_register_format import CURRENT, DAY, FACILITY, LATER, MOVED, network

KEY = RawKey(bytes(range(32)))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BYTES = {
    1: "c87f2dbce69da22179a79dbf78e91508a5189f6db523d454570a2fd6fe837166",
}
"""SHA-256 over what `written` gives, by the number of the format. Never alter
one: bytes that differ are a new format, with a new number, a row of the manual and a new
``register-vN.bin``, and what reads the formats before it."""


def entropy() -> Callable[[int], bytes]:
    """Bytes that look random and are the same each time."""
    number = itertools.count()
    return lambda size: hashlib.shake_256(next(number).to_bytes(8, "big")).digest(size)


def written(folder: Path) -> bytes:
    """Header, head and records of a register into which a bit of everything was put."""
    stores: list[MemoryStore] = []

    def make(**content: object) -> RegisterStore:
        stores.append(MemoryStore(**content))  # type: ignore[arg-type]
        return stores[0]

    session = Session(actor=Actor(who="keeper", purpose="format"), clock=lambda: NOON)
    with Register.found(
        make, KEY, single_user=True, today=DAY, session=session, entropy=entropy()
    ) as register:
        register.import_placements([MOVED])
        register.replace_facilities([FACILITY])
        register.put_cases({"C-1": b"case one", "C-2": b"long" * 3000})
        register.put_proposals({"C-1": b"proposal"}, noted={"0-a": b"judged"})
        register.accept("C-1", CURRENT, decision=b"choice 1", day=LATER)
        register.put_entries(DocumentKind.ALERT, {"A-1": b"{}"})
    with stores[0].read() as view:
        rows = [view.header(), view.head(), *itertools.chain(*view.records())]
    rows.append(network(folder / "network")._plain())  # what is compressed differs by zlib
    return b"".join(len(part).to_bytes(4, "big") + part for part in rows)


def test_what_is_written_keeps_its_bytes_or_gets_a_new_number(tmp_path: Path) -> None:
    assert hashlib.sha256(written(tmp_path)).hexdigest() == BYTES[FORMAT]
    assert sorted(BYTES) == list(range(1, FORMAT + 1))


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """A register whose header is that of the format after ours, and longer."""
    path = tmp_path / "a.register"
    Register.create(path, KEY, single_user=True, today=DAY).close()
    body = of_next_format(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE row SET content = ? WHERE id = ?", (body, bytes(16)))
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
        connection.commit()
    return path


def of_next_format(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        [old] = connection.execute("SELECT content FROM row WHERE id = ?", (bytes(16),)).fetchone()
    body = old[:8] + (FORMAT + 1).to_bytes(2, "big") + old[10:-32] + b"and more"
    return bytes(body + hashlib.sha256(body).digest())


def test_a_later_format_is_refused_by_number_and_nothing_is_written(later: Path) -> None:
    before = {file.name: file.read_bytes() for file in later.parent.iterdir()}
    with pytest.raises(NewerFormat, match=f"its format is {FORMAT + 1}, .* up to {FORMAT}") as told:
        Register.open(later, KEY)
    assert (told.value.code, told.value.exit_code) == ("PE-1210", 12)
    assert {file.name: file.read_bytes() for file in later.parent.iterdir()} == before


def test_a_number_that_the_header_does_not_confirm_is_an_altered_file(later: Path) -> None:
    with closing(sqlite3.connect(later)) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 2}")
        connection.execute("UPDATE row SET content = zeroblob(200) WHERE id = ?", (bytes(16),))
        connection.commit()
    with pytest.raises(IntegrityBroken):
        Register.open(later, KEY)
    with closing(sqlite3.connect(later)) as connection:
        connection.execute("DROP TABLE row")
    with pytest.raises(IntegrityBroken):
        Register.open(later, KEY)


def test_a_later_header_in_any_store_is_refused_by_its_number_alone(later: Path) -> None:
    with closing(sqlite3.connect(later)) as connection:
        [blob] = connection.execute("SELECT content FROM row WHERE id = ?", (bytes(16),)).fetchone()
    with pytest.raises(NewerFormat):
        Header.parse(blob)
    with pytest.raises(IntegrityBroken):  # one bit of it, and it is no header at all
        Header.parse(bytes([*blob[:40], blob[40] ^ 1, *blob[41:]]))


def test_a_format_of_no_release_is_no_later_one() -> None:
    header, _ = Header.found(KEY, entropy())
    blob = header.encode()
    assert Header.parse(blob) == header
    body = blob[:8] + bytes(2) + blob[10:-32]
    with pytest.raises(IntegrityBroken, match="does not know"):
        Header.parse(body + hashlib.sha256(body).digest())
