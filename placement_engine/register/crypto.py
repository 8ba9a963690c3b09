"""The primitives: the only module of the program that imports ``cryptography``.

AES-256-GCM-SIV (RFC 8452) keeps its promises if a nonce repeats by accident, but like GCM
it lets a forger make one ciphertext that opens under two keys. So every key here is first
split by `committed` into the key that encrypts and 32 bytes that commit to it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
COMMITMENT_SIZE = 32


class Unauthentic(Exception):
    """A ciphertext did not open under this key and these associated data."""


def associated_data(fields: Iterable[bytes]) -> bytes:
    """Join fields, each behind its length, so that no two lists of fields look alike.

    Raises
    ------
    ValueError
        A field is empty: an id that was lost must never stand for every id.

    Examples
    --------
    >>> associated_data([b"ab", b"c"]).hex()
    '0000000261620000000163'
    """
    joined = b""
    for field in fields:
        if not field:
            raise ValueError("an empty id cannot be bound to a record")
        joined += len(field).to_bytes(4, "big") + field
    return joined


def committed(key: bytes | bytearray, bound: bytes) -> tuple[bytes, bytes]:
    """Split a 32-byte key into a key for encryption and a 32-byte commitment to both.

    HMAC-SHA-512 is collision resistant, so nobody finds two keys with one commitment.
    """
    if len(key) != KEY_SIZE:
        raise ValueError("a key is 32 bytes")
    both = hmac.digest(key, bound, "sha512")
    return both[:KEY_SIZE], both[KEY_SIZE:]


def same(a: bytes, b: bytes) -> bool:
    """Whether two byte strings are equal, in time that does not tell where they differ."""
    return hmac.compare_digest(a, b)


def encrypt(
    key: bytes | bytearray, nonce: bytes, plaintext: bytes | bytearray, bound: bytes
) -> bytes:
    """AES-256-GCM-SIV; the result is 16 bytes longer than `plaintext`."""
    return AESGCMSIV(key).encrypt(nonce, plaintext, bound)


def decrypt(key: bytes | bytearray, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
    """Undo `encrypt`.

    Raises
    ------
    Unauthentic
        The key, nonce, ciphertext or associated data are not those of the encryption.
    """
    try:
        return AESGCMSIV(key).decrypt(nonce, ciphertext, bound)
    except InvalidTag:
        raise Unauthentic from None


Shut = tuple[bytes, bytes, memoryview, bytes]
"""Key, nonce, ciphertext and associated data of one message."""


def decrypt_all(messages: Iterable[Shut], keep: Callable[[bytes], bytes]) -> list[bytes]:
    """What `keep` leaves of each message, decrypted as `decrypt` does; all have to open."""
    try:
        return [
            keep(AESGCMSIV(key).decrypt(nonce, ciphertext, bound))
            for key, nonce, ciphertext, bound in messages
        ]
    except InvalidTag:
        raise Unauthentic from None


class Cipher:
    """AES-256-GCM-SIV under one key that is used for many short messages."""

    def __init__(self, key: bytes | bytearray) -> None:
        self._cipher = AESGCMSIV(key)

    def encrypt(self, nonce: bytes, plaintext: bytes | bytearray, bound: bytes) -> bytes:
        """As the function `encrypt`."""
        return self._cipher.encrypt(nonce, plaintext, bound)

    def decrypt(self, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
        """As the function `decrypt`."""
        try:
            return self._cipher.decrypt(nonce, ciphertext, bound)
        except InvalidTag:
            raise Unauthentic from None


def derive(root: bytes | bytearray, *, salt: bytes, label: bytes) -> bytearray:
    """A 32-byte key for one purpose from the root key: HKDF-SHA-256 (RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_SIZE, salt=salt, info=label)
    return bytearray(kdf.derive(root))


def stretch(
    passphrase: bytearray, *, salt: bytes, memory_kib: int, iterations: int, lanes: int
) -> bytearray:
    """A 32-byte key from a passphrase: Argon2id (RFC 9106), dear to guess."""
    kdf = Argon2id(
        salt=salt, length=KEY_SIZE, iterations=iterations, lanes=lanes, memory_cost=memory_kib
    )
    key = bytearray(KEY_SIZE)
    kdf.derive_into(passphrase, key)  # type: ignore[arg-type]  # takes any buffer, says bytes
    return key


def fingerprint(key: bytes | bytearray, row_id: bytes, record: bytes) -> int:
    """A keyed 256-bit number of one row, to be added up over all rows (BLAKE2b)."""
    digest = hashlib.blake2b(row_id, key=key, digest_size=32)
    digest.update(record)
    return int.from_bytes(digest.digest(), "big")


def fingerprints(key: bytes | bytearray, rows: Iterable[tuple[bytes, bytes]]) -> list[int]:
    """The `fingerprint` of each of many rows."""
    keyed = hashlib.blake2b(key=key, digest_size=32)
    numbers = []
    for row_id, record in rows:
        digest = keyed.copy()  # spares working the key in anew
        digest.update(row_id)
        digest.update(record)
        numbers.append(int.from_bytes(digest.digest(), "big"))
    return numbers


def pseudorandom_id(key: bytes | bytearray, bound: bytes) -> bytes:
    """16 bytes that look random to whoever has no key, and are the same each time."""
    return hashlib.blake2b(bound, key=key, digest_size=16).digest()


def checksum(content: bytes) -> bytes:
    """SHA-256: tells an accident from a wrong key, and stops no forger."""
    return hashlib.sha256(content).digest()


def wipe(secret: bytearray) -> None:
    """Overwrite a secret with zeros; copies that Python made elsewhere are out of reach."""
    secret[:] = bytes(len(secret))


def public_key(seed: bytes) -> bytes:
    """Public key of the Ed25519 key (RFC 8032) with this seed: 32 bytes each."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Ed25519 signature of 64 bytes under the key with this seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is that of the owner of `public` over `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def lock_seed(seed: bytes, passphrase: bytes | bytearray) -> bytes:
    """An Ed25519 seed as PKCS #8 in PEM, encrypted under a passphrase."""
    from cryptography.hazmat.primitives import serialization  # dear, and seldom needed

    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(bytes(passphrase)),
    )


def unlock_seed(pem: bytes, passphrase: bytes | bytearray) -> bytes:
    """Undo `lock_seed`.

    Raises
    ------
    Unauthentic
        The passphrase is wrong, or this is no such key.
    """
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(pem, bytes(passphrase))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unauthentic from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Unauthentic
    return key.private_bytes_raw()
