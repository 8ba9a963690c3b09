"""With the key in the forger's hand: what the seals and the head must still hold."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from placement_engine.errors import IntegrityBroken
from placement_engine.intelligence import Placement
from placement_engine.register import Register, crypto
from placement_engine.register.documents import HEAD_CODE, KIND_CODES, DocumentKind
from placement_engine.register.head import Head
from placement_engine.register.header import Header, RootKeys
from placement_engine.register.records import Sealer
from placement_engine.vocabulary import MunicipalityCode, ProtectionCategory
from tests.security import test_register_tampering
from tests.security.test_register_tampering import (
    DAY,
    HEAD_ID,
    HEADER_ID,
    KEY,
    Rows,
    answers,
    forge,
    refused,
    rows_of,
    some,
)

states = test_register_tampering.states
path = test_register_tampering.path


@pytest.fixture
def forger(path: Path) -> Iterator[Callable[[Rows, int, int], None]]:
    """Writes rows under a head that is true of them, as no outsider can."""
    header = Header.parse(rows_of(path)[HEADER_ID])
    keys = header.unlock(KEY)

    def write(rows: Rows, count: int, epoch: int) -> None:
        digest = sum(crypto.fingerprint(keys.digest, i, rows[i]) for i in some(rows)) % 2**256
        head = Head(count=count, epoch=epoch, digest=digest)
        sealed = Sealer(keys, b"head", os.urandom).seal(
            keys.register_id, kind=HEAD_CODE, version=epoch, body=head.encode()
        )
        forge(path, rows | {HEAD_ID: sealed})

    yield write
    keys.wipe()


def own_keys(path: Path) -> RootKeys:
    return Header.parse(rows_of(path)[HEADER_ID]).unlock(KEY)


def test_count_and_digest_are_each_compared(
    path: Path, forger: Callable[[Rows, int, int], None]
) -> None:
    rows = rows_of(path)
    count = len(some(rows))
    forger(rows, count, 9)
    answers(path)
    forger(rows, count + 1, 9)
    refused(path)
    forger(rows, count - 1, 9)
    refused(path)


def test_verify_finds_orphans_and_missing_parts(
    path: Path, forger: Callable[[Rows, int, int], None]
) -> None:
    rows, keys = rows_of(path), own_keys(path)
    sealer = Sealer(keys, b"record", os.urandom)
    orphan = os.urandom(16)
    part = sealer.seal(orphan, kind=2, version=1, body=b"")
    forger(rows | {orphan: part}, len(some(rows)) + 1, 9)
    refused(path)
    endless = sealer.seal(
        orphan, kind=KIND_CODES[DocumentKind.DECISION], version=1, body=b"\xff" * 8
    )
    forger(rows | {orphan: endless}, len(some(rows)) + 1, 9)
    refused(path)
    parts = [i for i in some(rows) if sealer.look(i, rows[i]).kind == 2]
    del rows[parts[0]]
    forger(rows, len(some(rows)), 9)
    refused(path)


@pytest.mark.parametrize(("kind", "version"), [(HEAD_CODE, 8), (2, 9)])
def test_the_seal_of_the_head_must_agree_with_it(path: Path, kind: int, version: int) -> None:
    rows, keys = rows_of(path), own_keys(path)
    digest = sum(crypto.fingerprint(keys.digest, i, rows[i]) for i in some(rows)) % 2**256
    body = Head(count=len(some(rows)), epoch=9, digest=digest).encode()
    sealer = Sealer(keys, b"head", os.urandom)
    forge(
        path,
        rows | {HEAD_ID: sealer.seal(keys.register_id, kind=kind, version=version, body=body)},
    )
    refused(path)


def test_settings_must_be_there(path: Path, forger: Callable[[Rows, int, int], None]) -> None:
    rows, keys = rows_of(path), own_keys(path)
    sealer = Sealer(keys, b"record", os.urandom)
    code = KIND_CODES[DocumentKind.SETTING]
    [setting] = [i for i in some(rows) if sealer.look(i, rows[i]).kind == code]
    del rows[setting]
    forger(rows, len(some(rows)), 9)
    refused(path)


def test_a_row_put_back_while_the_register_is_open(path: Path) -> None:
    with Register.open(path, KEY) as register:
        before = register.placements()
        target = before[0].id
        old = rows_of(path)
        register.accept(
            "C-3",
            Placement(
                subject=before[0].placement.subject,
                municipality=MunicipalityCode("1480"),
                start=DAY,
                end=None,
                owner=None,
                provider=None,
                category=ProtectionCategory.DEFECTOR,
                review_by=None,
            ),
            decision=b"",
            day=DAY,
        )
        assert register.placements() != before
        connection = sqlite3.connect(path)
        connection.execute("UPDATE row SET content = ? WHERE id = ?", (old[target], target))
        connection.commit()
        with pytest.raises(IntegrityBroken):
            register.placements()
        connection.execute("UPDATE row SET content = ? WHERE id = ?", (old[HEAD_ID], HEAD_ID))
        connection.commit()
        with pytest.raises(IntegrityBroken):
            register.cases()
        connection.close()


def test_a_whole_earlier_state_put_back_while_the_register_is_open(path: Path) -> None:
    earlier = rows_of(path)
    with Register.open(path, KEY) as register:
        register.put_cases({"C-9": b"case"})
        forge(path, earlier)
        with pytest.raises(IntegrityBroken):
            register.cases()
