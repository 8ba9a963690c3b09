"""Keys, header and the primitives under them."""

from __future__ import annotations

import copy
import os
import pickle
import struct

import pytest

from placement_engine.errors import IntegrityBroken, NewerFormat, PlacementError, WrongKey
from placement_engine.register import PassphraseKey, RawKey, crypto
from placement_engine.register.header import HEADER_SIZE, Header
from placement_engine.register.keys import Derivation, KeyParameters

KEY = bytes(range(32))
COSTS = struct.pack(">III", 64 * 1024, 1, 4)


def cheap(passphrase: bytes) -> PassphraseKey:
    return PassphraseKey(bytearray(passphrase), memory_kib=64 * 1024, iterations=1)


def resealed(blob: bytes) -> bytes:
    """A header whose checksum was made right again, as a forger would."""
    return blob[:-32] + crypto.checksum(blob[:-32])


@pytest.fixture(scope="module")
def passphrase_header() -> bytes:
    return Header.found(cheap(b"six random words"), os.urandom)[0].encode()


def test_a_header_comes_back_as_it_was(passphrase_header: bytes) -> None:
    assert len(passphrase_header) == HEADER_SIZE
    assert Header.parse(passphrase_header).encode() == passphrase_header


def test_the_right_passphrase_gives_the_same_keys() -> None:
    header, keys = Header.found(cheap(b"six random words"), os.urandom)
    again = Header.parse(header.encode()).unlock(cheap(b"six random words"))
    assert again.digest == keys.digest != bytearray(32)
    assert again.row_ids == keys.row_ids
    assert again.digest != again.row_ids


def test_a_wrong_key_is_13(passphrase_header: bytes) -> None:
    header = Header.parse(passphrase_header)
    with pytest.raises(WrongKey) as wrong:
        header.unlock(cheap(b"six random word"))
    assert wrong.value.exit_code == 13
    with pytest.raises(WrongKey):
        header.unlock(RawKey(KEY))
    raw = Header.found(RawKey(KEY), os.urandom)[0]
    with pytest.raises(WrongKey):
        raw.unlock(RawKey(bytes(32)))
    passphrase = bytearray(b"six random words")
    with pytest.raises(WrongKey):
        raw.unlock(PassphraseKey(passphrase))
    assert passphrase == bytes(16)


@pytest.mark.parametrize("at", range(HEADER_SIZE))
def test_every_altered_byte_of_a_header_is_14(passphrase_header: bytes, at: int) -> None:
    for bit in (0x01, 0x80, 0xFF):
        altered = bytearray(passphrase_header)
        altered[at] ^= bit
        with pytest.raises(IntegrityBroken) as broken:
            Header.parse(bytes(altered))
        assert broken.value.exit_code == 14


@pytest.mark.parametrize("cut", [0, 1, 31, 32, 33, HEADER_SIZE - 1, HEADER_SIZE + 1])
def test_a_header_of_another_length_is_14(passphrase_header: bytes, cut: int) -> None:
    with pytest.raises(IntegrityBroken):
        Header.parse((passphrase_header + b"\0")[:cut])


@pytest.mark.parametrize(
    "costs",
    [
        (2**32 - 1, 1, 4),  # 4 TiB
        (1024 * 1024 + 1, 1, 4),
        (64 * 1024 - 1, 1, 4),
        (8, 1, 1),
        (0, 0, 0),
        (64 * 1024, 0, 4),
        (64 * 1024, 9, 4),
        (64 * 1024, 2**32 - 1, 4),
        (64 * 1024, 1, 0),
        (64 * 1024, 1, 9),
    ],
)
def test_forged_costs_are_refused_before_any_work(
    passphrase_header: bytes, costs: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*words: object, **named: object) -> bytearray:
        raise AssertionError("the key was stretched")

    monkeypatch.setattr(crypto, "stretch", never)
    forged = resealed(passphrase_header.replace(COSTS, struct.pack(">III", *costs)))
    with pytest.raises(IntegrityBroken):
        Header.parse(forged).unlock(cheap(b"six random words"))


def test_cheaper_costs_within_bounds_do_not_open(passphrase_header: bytes) -> None:
    forged = resealed(passphrase_header.replace(COSTS, struct.pack(">III", 64 * 1024, 2, 4)))
    with pytest.raises(WrongKey):
        Header.parse(forged).unlock(cheap(b"six random words"))


@pytest.mark.parametrize(
    ("at", "refused"),
    [(0, IntegrityBroken), (8, NewerFormat), (42, IntegrityBroken)],
    ids=["magic", "format", "derivation"],
)
def test_a_forged_kind_of_header_is_refused(
    passphrase_header: bytes, at: int, refused: type[PlacementError]
) -> None:
    forged = bytearray(passphrase_header)
    forged[at] = 0x63
    with pytest.raises(refused):
        Header.parse(resealed(bytes(forged)))


def test_a_wrapped_root_under_the_right_commitment_must_be_authentic() -> None:
    header, _ = Header.found(RawKey(KEY), os.urandom)
    blob = bytearray(header.encode())
    blob[blob.index(header.wrapped_root)] ^= 1
    with pytest.raises(WrongKey):
        Header.parse(resealed(bytes(blob))).unlock(RawKey(KEY))


def test_parameters_of_a_raw_key_have_no_costs() -> None:
    with pytest.raises(ValueError, match="bounds"):
        KeyParameters(derivation=Derivation.RAW, salt=bytes(16), lanes=1)
    with pytest.raises(ValueError, match="bounds"):
        KeyParameters(derivation=Derivation.RAW, salt=bytes(15))


def test_a_passphrase_is_wiped_after_its_only_use() -> None:
    passphrase = bytearray(b"six random words")
    keys = PassphraseKey(passphrase, memory_kib=64 * 1024, iterations=1)
    header, _ = Header.found(keys, os.urandom)
    assert passphrase == bytes(16)
    with pytest.raises(WrongKey, match="wiped"):
        header.unlock(keys)
    with pytest.raises(WrongKey, match="empty"):
        PassphraseKey(bytearray())


def test_a_passphrase_is_wiped_even_if_stretching_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*words: object, **named: object) -> bytearray:
        raise MemoryError

    monkeypatch.setattr(crypto, "stretch", fails)
    passphrase = bytearray(b"six random words")
    with pytest.raises(MemoryError):
        Header.found(PassphraseKey(passphrase), os.urandom)
    assert passphrase == bytes(16)


def test_a_raw_key_is_32_bytes_and_can_be_wiped() -> None:
    with pytest.raises(WrongKey, match="32"):
        RawKey(bytes(31))
    keys = RawKey(KEY)
    header, _ = Header.found(keys, os.urandom)
    header.unlock(keys)
    keys.wipe()
    with pytest.raises(WrongKey):
        header.unlock(keys)


@pytest.mark.parametrize("keys", [RawKey(KEY), PassphraseKey(bytearray(b"six random words"))])
def test_keys_are_neither_shown_nor_pickled_nor_copied(keys: RawKey | PassphraseKey) -> None:
    assert repr(keys) == str(keys) == f"{type(keys).__name__}(...)"
    with pytest.raises(TypeError):
        pickle.dumps(keys)
    with pytest.raises(TypeError):
        copy.deepcopy(keys)


def test_root_keys_are_not_shown_and_wiped() -> None:
    _, keys = Header.found(RawKey(KEY), os.urandom)
    assert repr(keys) == "RootKeys(...)"
    keys.wipe()
    assert keys.digest == keys.row_ids == bytes(32)


def test_fields_cannot_be_shifted_into_each_other() -> None:
    assert crypto.associated_data([b"ab", b"c"]) != crypto.associated_data([b"a", b"bc"])
    with pytest.raises(ValueError, match="empty"):
        crypto.associated_data([b"register", b"", b"row"])


def test_hkdf_is_that_of_rfc_5869() -> None:
    # Test case 1 of RFC 5869, first 32 of its 42 bytes.
    key = crypto.derive(b"\x0b" * 22, salt=bytes(range(13)), label=bytes(range(0xF0, 0xFA)))
    assert key.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


def test_encryption_is_that_of_rfc_8452() -> None:
    # RFC 8452, appendix C.2 (AEAD_AES_256_GCM_SIV), the 8-byte plaintext without data.
    key = bytes.fromhex("01" + "00" * 31)
    nonce = bytes.fromhex("03" + "00" * 11)
    sealed = crypto.encrypt(key, nonce, bytes.fromhex("0100000000000000"), b"")
    assert sealed.hex() == "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"
    assert crypto.decrypt(key, nonce, sealed, b"").hex() == "0100000000000000"
    with pytest.raises(crypto.Unauthentic):
        crypto.decrypt(key, nonce, sealed, b"x")


def test_a_committed_key_is_32_bytes() -> None:
    encryption, commitment = crypto.committed(KEY, b"place")
    assert len(encryption) == len(commitment) == 32
    assert encryption != commitment != crypto.committed(KEY, b"other place")[1]
    with pytest.raises(ValueError, match="32"):
        crypto.committed(KEY[:31], b"place")
