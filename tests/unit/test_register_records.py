"""One record, and documents of any length over many."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import IntegrityBroken
from placement_engine.register import RawKey
from placement_engine.register.documents import FIRST_SIZE, alone, join, length, parts, split
from placement_engine.register.header import Header, RootKeys
from placement_engine.register.records import BODY_SIZE, RECORD_SIZE, Sealer

ROW = bytes(range(16))


@pytest.fixture(scope="module")
def keys() -> RootKeys:
    return Header.found(RawKey(bytes(32)), os.urandom)[1]


@pytest.fixture(scope="module")
def sealer(keys: RootKeys) -> Sealer:
    return Sealer(keys, b"record", os.urandom)


@pytest.mark.parametrize("size", [0, 1, 4, 500, BODY_SIZE])
def test_a_record_has_one_size_and_comes_back(sealer: Sealer, size: int) -> None:
    record = sealer.seal(ROW, kind=10, version=3, body=b"x" * size)
    assert len(record) == RECORD_SIZE
    seal, body = sealer.open(ROW, record)
    assert (seal.kind, seal.version) == (10, 3)
    assert body == (b"x" * size).ljust(BODY_SIZE, b"\0")
    assert sealer.look(ROW, record) == seal


def test_the_same_content_never_looks_the_same(sealer: Sealer) -> None:
    records = {sealer.seal(ROW, kind=10, version=1, body=b"same") for _ in range(50)}
    assert len(records) == 50
    assert len({record[-64:] for record in records}) == 50


def test_a_body_too_long_or_a_lost_id_is_refused_before_any_key_is_made(keys: RootKeys) -> None:
    def never(size: int) -> bytes:
        raise AssertionError("randomness was drawn")

    sealer = Sealer(keys, b"record", never)
    with pytest.raises(ValueError, match="longer"):
        sealer.seal(ROW, kind=10, version=1, body=bytes(BODY_SIZE + 1))
    with pytest.raises(ValueError, match="empty"):
        sealer.seal(b"", kind=10, version=1, body=b"")
    with pytest.raises(ValueError, match="empty"):
        Sealer(keys, b"", never)


def test_every_altered_byte_is_noticed(sealer: Sealer) -> None:
    record = sealer.seal(ROW, kind=10, version=1, body=b"x")
    for at in [*range(200), *range(200, RECORD_SIZE, 97), RECORD_SIZE - 1]:
        altered = bytearray(record)
        altered[at] ^= 0x10
        with pytest.raises(IntegrityBroken):
            sealer.open(ROW, bytes(altered))


def test_a_record_opens_only_where_it_was_put(keys: RootKeys, sealer: Sealer) -> None:
    record = sealer.seal(ROW, kind=10, version=1, body=b"x")
    with pytest.raises(IntegrityBroken):
        sealer.open(bytes(16), record)
    with pytest.raises(IntegrityBroken):
        sealer.open(ROW[:15], record)
    with pytest.raises(IntegrityBroken):
        sealer.open(ROW, record[:-1])
    with pytest.raises(IntegrityBroken):
        Sealer(keys, b"head", os.urandom).open(ROW, record)
    other = Header.found(RawKey(bytes(32)), os.urandom)[1]
    with pytest.raises(IntegrityBroken):
        Sealer(other, b"record", os.urandom).open(ROW, record)


def test_parts_of_two_records_cannot_be_joined(sealer: Sealer) -> None:
    a, b = (sealer.seal(ROW, kind=10, version=v, body=b"x") for v in (1, 2))
    for cut in (29, 86, 118, 130):  # after each field that is random
        with pytest.raises(IntegrityBroken):
            sealer.open(ROW, a[:cut] + b[cut:])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 5), st.integers(-2, 2), st.binary(max_size=8))
def test_documents_of_any_length_come_back(pages: int, off: int, end: bytes) -> None:
    payload = bytes(max(0, pages * BODY_SIZE + FIRST_SIZE + off)) + end
    first, *rest = split(payload)
    assert length(first) == len(payload)
    assert parts(len(payload)) == len(rest)
    padded = [body.ljust(BODY_SIZE, b"\0") for body in (first, *rest)]
    assert all(len(body) == BODY_SIZE for body in padded)
    assert join(padded[0], padded[1:]) == payload
    assert alone(padded[0]) == (None if rest else payload)
