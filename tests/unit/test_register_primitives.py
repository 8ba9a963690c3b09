"""The keyed numbers and joined fields of the register, against their plain definitions."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from placement_engine.register import crypto

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
ROW, RECORD = b"r" * 16, b"a record of some length"


def test_fields_are_joined_each_behind_its_length_in_four_bytes() -> None:
    assert crypto.associated_data([]) == b""
    assert crypto.associated_data([b"ab", b"c"]) == b"\0\0\0\x02ab\0\0\0\x01c"
    long = b"x" * 0x010203
    assert crypto.associated_data([long]) == b"\0\x01\x02\x03" + long
    with pytest.raises(ValueError, match="an empty id cannot be bound"):
        crypto.associated_data([b"ab", b""])


def test_a_fingerprint_is_keyed_blake2b_over_row_and_record() -> None:
    told = hashlib.blake2b(ROW + RECORD, key=KEY, digest_size=32).hexdigest()
    assert crypto.fingerprint(KEY, ROW, RECORD) == int(told, 16)
    others = {
        crypto.fingerprint(OTHER, ROW, RECORD),
        crypto.fingerprint(KEY, b"R" * 16, RECORD),
        crypto.fingerprint(KEY, ROW, RECORD + b"\0"),
    }
    assert len(others - {int(told, 16)}) == 3


def test_a_pseudorandom_id_is_keyed_blake2b_of_16_bytes() -> None:
    told = hashlib.blake2b(b"bound", key=KEY, digest_size=16).digest()
    assert crypto.pseudorandom_id(KEY, b"bound") == told
    assert crypto.pseudorandom_id(OTHER, b"bound") != told
    assert crypto.pseudorandom_id(KEY, b"else") != told


def test_a_key_is_split_into_a_key_and_a_commitment_by_hmac_sha_512() -> None:
    key, commitment = crypto.committed(bytearray(KEY), b"bound")
    assert key + commitment == hmac.new(KEY, b"bound", hashlib.sha512).digest()
    assert (len(key), len(commitment)) == (32, 32)
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="a key is 32 bytes"):
            crypto.committed(bytes(size), b"bound")


def test_equal_bytes_are_the_same_and_no_others() -> None:
    assert crypto.same(KEY, bytes(bytearray(KEY)))
    assert not crypto.same(KEY, OTHER)
    assert not crypto.same(KEY, KEY[:-1])


def test_a_checksum_is_sha_256() -> None:
    """The one-block example of FIPS 180-2, appendix B."""
    told = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert crypto.checksum(b"abc").hex() == told


def test_a_wiped_secret_is_zeros_in_the_same_place() -> None:
    secret = bytearray(KEY)
    view = memoryview(secret)
    crypto.wipe(secret)
    assert view.tobytes() == bytes(32)


def test_a_private_key_of_another_kind_is_no_seed() -> None:
    """A key of X25519 in PKCS #8 under a passphrase: well formed, and not for signatures."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    pem = X25519PrivateKey.from_private_bytes(KEY).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a phrase"),
    )
    with pytest.raises(crypto.Unauthentic):
        crypto.unlock_seed(pem, b"a phrase")


def test_a_private_key_that_is_not_locked_is_refused() -> None:
    """Given a passphrase, only a file that asks for one is believed."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.from_private_bytes(KEY).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(crypto.Unauthentic):
        crypto.unlock_seed(pem, b"a phrase")


def test_many_fingerprints_are_those_of_each_row() -> None:
    rows = [(bytes([n]) * 16, bytes([n]) * n * 50) for n in range(5)]
    assert crypto.fingerprints(bytearray(KEY), rows) == [
        crypto.fingerprint(KEY, row_id, record) for row_id, record in rows
    ]


def test_of_many_messages_each_is_opened_under_its_own_key_or_none_is_told() -> None:
    messages = [
        (key, nonce, memoryview(crypto.encrypt(key, nonce, plain, bound)), bound)
        for key, nonce, plain, bound in [
            (KEY, b"n" * 12, b"first", b"one"),
            (OTHER, b"m" * 12, b"second", b"two"),
        ]
    ]
    assert crypto.decrypt_all(messages, lambda plain: plain[:3]) == [b"fir", b"sec"]
    key, nonce, ciphertext, _ = messages[1]
    with pytest.raises(crypto.Unauthentic):
        crypto.decrypt_all([messages[0], (key, nonce, ciphertext, b"one")], bytes)
