"""One ciphertext that opens under two keys: AES-GCM-SIV allows it, the register does not.

The forgery is the known one for polynomial authenticators: choose the tag, and solve two
linear equations over GF(2^128) for two blocks of ciphertext so that both keys accept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from placement_engine.errors import IntegrityBroken, WrongKey
from placement_engine.register import RawKey, crypto
from placement_engine.register import header as header_module
from placement_engine.register import records as records_module
from placement_engine.register.header import Header
from placement_engine.register.records import BODY_SIZE, Sealer

ROW = bytes(range(16))
POLYNOMIAL = (1 << 128) | (1 << 127) | (1 << 126) | (1 << 121) | 1
X_128 = POLYNOMIAL ^ (1 << 128)
TOP = 1 << 127


def multiply(a: int, b: int) -> int:
    """Product in the field of RFC 8452, bit i being the coefficient of x^i."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        b >>= 1
        a <<= 1
        if a >> 128:
            a ^= POLYNOMIAL
    return product


def power(a: int, exponent: int) -> int:
    result = 1
    while exponent:
        if exponent & 1:
            result = multiply(result, a)
        a = multiply(a, a)
        exponent >>= 1
    return result


def inverse(a: int) -> int:
    return power(a, (1 << 128) - 2)


def number(block: bytes) -> int:
    return int.from_bytes(block.ljust(16, b"\0"), "little")


def padded_blocks(data: bytes) -> list[int]:
    return [number(data[at : at + 16]) for at in range(0, len(data), 16)]


def aes(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(algorithms.AES(key), modes.ECB())


class Opened:
    """What AES-256-GCM-SIV does under one key and nonce, taken apart."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        outer = aes(key).encryptor()
        halves = [outer.update(n.to_bytes(4, "little") + nonce)[:8] for n in range(6)]
        self.h = multiply(number(b"".join(halves[:2])), inverse(X_128))
        self._inner = aes(b"".join(halves[2:]))

    def wanted(self, tag: bytes, nonce: bytes) -> int | None:
        """The authenticator that gives this tag; None if no authenticator does."""
        block = number(self._inner.decryptor().update(tag))
        return None if block & TOP else block ^ number(nonce)

    def stream(self, tag: bytes, blocks: int) -> list[int]:
        counter = number(tag) | TOP
        low = counter & 0xFFFFFFFF
        high = counter >> 32 << 32
        counters = (high | ((low + n) & 0xFFFFFFFF) for n in range(blocks))
        text = b"".join(c.to_bytes(16, "little") for c in counters)
        return padded_blocks(self._inner.encryptor().update(text))


def forge(keys: tuple[bytes, bytes], nonce: bytes, bound: bytes, size: int) -> bytes:
    """A ciphertext of `size` bytes and its tag that opens under both keys."""
    sides = [Opened(key, nonce) for key in keys]
    blocks = -(-size // 16)
    ends = padded_blocks(bound)
    lengths = (8 * len(bound)) | (8 * size) << 64
    while True:
        tag = os.urandom(16)
        aims = [side.wanted(tag, nonce) for side in sides]
        if None not in aims:
            break
    cipher = [0, 0, *padded_blocks(os.urandom(size)[32:])]
    mask = (1 << 8 * (size - 16 * (blocks - 1))) - 1
    rows: list[tuple[int, int, int]] = []
    for side, aim in zip(sides, aims, strict=True):
        assert aim is not None
        plain = [c ^ s for c, s in zip(cipher, side.stream(tag, blocks), strict=True)]
        plain[-1] &= mask
        total = 0
        for block in (*ends, *plain, lengths):
            total = multiply(total ^ block, side.h)
        rows.append((power(side.h, blocks + 1), power(side.h, blocks), total ^ aim))
    (a, b, r), (c, d, s) = rows
    determinant = inverse(multiply(a, d) ^ multiply(b, c))
    cipher[0] = multiply(multiply(r, d) ^ multiply(b, s), determinant)
    cipher[1] = multiply(multiply(a, s) ^ multiply(r, c), determinant)
    return b"".join(block.to_bytes(16, "little") for block in cipher)[:size] + tag


def opens(key: bytes, nonce: bytes, ciphertext: bytes, bound: bytes) -> bool:
    try:
        crypto.decrypt(key, nonce, ciphertext, bound)
    except crypto.Unauthentic:
        return False
    return True


def test_the_forgery_is_real() -> None:
    keys, nonce = (os.urandom(32), os.urandom(32)), os.urandom(12)
    for size in (32, 33, 48, 500):
        forged = forge(keys, nonce, b"bound to a place", size)
        assert [opens(key, nonce, forged, b"bound to a place") for key in keys] == [True, True]
        assert not opens(os.urandom(32), nonce, forged, b"bound to a place")


def forged_records(times: int) -> int:
    """How many of `times` two-key forgeries a register opens under the second key."""
    keys = Header.found(RawKey(bytes(32)), os.urandom)[1]
    sealer = Sealer(keys, b"record", os.urandom)
    accepted = 0
    for _ in range(times):
        data_keys, nonce = (os.urandom(32), os.urandom(32)), os.urandom(12)
        bound = sealer._body_bound(ROW, 10, 1)
        split = [crypto.committed(key, bound) for key in data_keys]
        forged = forge((split[0][0], split[1][0]), nonce, bound, BODY_SIZE)
        assert all(opens(encryption, nonce, forged, bound) for encryption, _ in split)
        commitment = split[0][1]
        records = []
        for key in data_keys:
            wrap_nonce = os.urandom(12)
            wrapped = keys.wrapping.encrypt(
                wrap_nonce, records_module._WRAPPED.pack(key, 10, 1), sealer._seal_bound(ROW)
            )
            records.append(
                records_module._PREFIX.pack(1, keys.key_id, wrap_nonce, wrapped, commitment, nonce)
                + forged
            )
        sealer.open(ROW, records[0])
        try:
            sealer.open(ROW, records[1])
            accepted += 1
        except IntegrityBroken:
            pass
    return accepted


def test_no_record_opens_under_two_keys() -> None:
    assert forged_records(5) == 0


@pytest.mark.prove
def test_no_record_of_1000_forgeries_opens_under_two_keys() -> None:
    assert forged_records(1000) == 0


def test_no_header_opens_under_two_keys() -> None:
    mine, theirs = RawKey(os.urandom(32)), RawKey(os.urandom(32))
    header, _ = Header.found(mine, os.urandom)
    bound = header_module._bound(header.register_id, header.key_id, header.parameters)
    split = [crypto.committed(key.key(header.parameters), bound) for key in (mine, theirs)]
    root = forge((split[0][0], split[1][0]), header.nonce, bound, 32)
    assert all(opens(encryption, header.nonce, root, bound) for encryption, _ in split)
    forged = Header.parse(replace(header, wrapped_root=root).encode())
    forged.unlock(mine)
    with pytest.raises(WrongKey):
        forged.unlock(theirs)


def test_the_commitment_is_compared_before_anything_is_decrypted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealer = Sealer(Header.found(RawKey(bytes(32)), os.urandom)[1], b"record", os.urandom)
    record = bytearray(sealer.seal(ROW, kind=10, version=1, body=b"x"))
    start = records_module._PREFIX.size - crypto.NONCE_SIZE - crypto.COMMITMENT_SIZE
    record[start] ^= 1

    def never(*words: object) -> bytes:
        raise AssertionError("decrypted before the commitment was compared")

    monkeypatch.setattr(crypto, "decrypt", never)
    compared: list[bytes] = []
    same: Callable[[bytes, bytes], bool] = crypto.same

    def watched(a: bytes, b: bytes) -> bool:
        compared.append(b)
        return same(a, b)

    monkeypatch.setattr(crypto, "same", watched)
    with pytest.raises(IntegrityBroken):
        sealer.open(ROW, bytes(record))
    assert compared == [bytes(record[start : start + crypto.COMMITMENT_SIZE])]
