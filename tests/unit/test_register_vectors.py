"""The primitives against published vectors, and every bit of what they authenticate."""

from __future__ import annotations

import pytest

from placement_engine.register import crypto

ONE, THREE = bytes.fromhex("01" + "00" * 31), bytes.fromhex("03" + "00" * 11)

# RFC 8452, appendix C.2 and C.3 (AEAD_AES_256_GCM_SIV): key, nonce, plaintext, data, result.
# The last one lets the counter run over its 32 bits.
RFC_8452 = [
    (ONE, THREE, "", "", "07f5f4169bbf55a8400cd47ea6fd400f"),
    (ONE, THREE, "0100000000000000", "", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"),
    (
        ONE,
        THREE,
        "010000000000000000000000",
        "",
        "9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e",
    ),
    (
        ONE,
        THREE,
        "0200000000000000",
        "01",
        "1de22967237a813291213f267e3b452f02d01ae33e4ec854",
    ),
    (
        bytes(32),
        bytes(12),
        "000000000000000000000000000000004db923dc793ee6497c76dcc03a98e108",
        "",
        "f3f80f2cf0cb2dd9c5984fcda908456cc537703b5ba70324a6793a7bf218d3ea"
        "ffffffff000000000000000000000000",
    ),
]


@pytest.mark.parametrize(("key", "nonce", "plain", "data", "result"), RFC_8452)
def test_encryption_agrees_with_rfc_8452(
    key: bytes, nonce: bytes, plain: str, data: str, result: str
) -> None:
    sealed = crypto.encrypt(key, nonce, bytes.fromhex(plain), bytes.fromhex(data))
    assert sealed.hex() == result
    assert crypto.decrypt(key, nonce, sealed, bytes.fromhex(data)).hex() == plain


@pytest.mark.parametrize(("key", "nonce", "plain", "data", "result"), RFC_8452)
def test_every_bit_of_every_input_is_authenticated(
    key: bytes, nonce: bytes, plain: str, data: str, result: str
) -> None:
    del plain
    whole = [key, nonce, bytes.fromhex(result), bytes.fromhex(data)]
    for part, content in enumerate(whole):
        for bit in range(8 * len(content)):
            altered = bytearray(content)
            altered[bit // 8] ^= 1 << bit % 8
            given = [*whole[:part], bytes(altered), *whole[part + 1 :]]
            with pytest.raises(crypto.Unauthentic):
                crypto.decrypt(*given)
    for short in range(16):
        with pytest.raises(crypto.Unauthentic):
            crypto.decrypt(key, nonce, whole[2][:short], whole[3])


@pytest.mark.parametrize("size", [0, 8, 11, 13, 16])
def test_a_nonce_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="once"):
        crypto.encrypt(ONE, bytes(size), b"text", b"")


def test_hkdf_agrees_with_rfc_5869() -> None:
    # Test cases 2 and 3, first 32 of their bytes.
    long = crypto.derive(
        bytes(range(0x50)), salt=bytes(range(0x60, 0xB0)), label=bytes(range(0xB0, 0x100))
    )
    assert long.hex() == "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
    bare = crypto.derive(b"\x0b" * 22, salt=b"", label=b"")
    assert bare.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


def test_argon2id_agrees_with_its_reference() -> None:
    # The reference implementation's own test: version 1.3, 2 passes, 64 MiB, one lane.
    key = crypto.stretch(
        bytearray(b"password"), salt=b"somesalt", memory_kib=1 << 16, iterations=2, lanes=1
    )
    assert key.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
