"""The register's header: which register it is, how its key is made, and its wrapped root key.

A wrong key and a damaged file must be told apart (exit codes 13 and 14). An unkeyed
checksum over the header does that: it is right and the key does not fit, or it is wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from placement_engine.errors import IntegrityBroken, NewerFormat, WrongKey
from placement_engine.register import crypto
from placement_engine.register.keys import SALT_SIZE, Derivation, KeyParameters, KeyProvider

FORMAT = 1
ID_SIZE = 16

_MAGIC = b"PLACEREG"
_LAYOUT = struct.Struct(f">8sH{ID_SIZE}s{ID_SIZE}sBIII{SALT_SIZE}s12s48s32s32s")
HEADER_SIZE = _LAYOUT.size
_CHECKSUM_SIZE = 32
_LABEL = b"placement_engine/register"


class RootKeys:
    """The keys for each purpose, derived from one register's root key by label.

    Parameters
    ----------
    register_id, key_id
        16 bytes each: the register, and the generation of its root key. Both are bound
        to every record.
    """

    def __init__(self, root: bytearray, *, register_id: bytes, key_id: bytes) -> None:
        self.register_id = register_id
        self.key_id = key_id
        wrapping = self._derived(root, b"wrapping")
        self.wrapping = crypto.Cipher(wrapping)
        crypto.wipe(wrapping)
        self.digest = self._derived(root, b"set digest")
        self.row_ids = self._derived(root, b"row ids")
        crypto.wipe(root)

    def __repr__(self) -> str:
        return "RootKeys(...)"

    def _derived(self, root: bytearray, purpose: bytes) -> bytearray:
        label = crypto.associated_data([_LABEL, purpose, self.key_id])
        return crypto.derive(root, salt=self.register_id, label=label)

    def part_ids(self, row_id: bytes, version: int, count: int) -> list[bytes]:
        """Ids of the records after a document's first: random to all but the keys' holder."""
        return [
            crypto.pseudorandom_id(self.row_ids, row_id + struct.pack(">QQ", version, number))
            for number in range(count)
        ]

    def wipe(self) -> None:
        """Overwrite the keys; nothing can be opened or sealed after this."""
        crypto.wipe(self.digest)
        crypto.wipe(self.row_ids)
        self.wrapping = crypto.Cipher(bytes(crypto.KEY_SIZE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A parsed header; every field but the wrapped root key is in the clear."""

    register_id: bytes
    key_id: bytes
    parameters: KeyParameters
    nonce: bytes
    wrapped_root: bytes
    commitment: bytes

    @classmethod
    def found(
        cls,
        keys: KeyProvider,
        entropy: Callable[[int], bytes],
        *,
        register_id: bytes | None = None,
    ) -> tuple[Header, RootKeys]:
        """A header with a fresh root key, for a new register or for one that gets new keys."""
        register_id, key_id = register_id or entropy(ID_SIZE), entropy(ID_SIZE)
        parameters = keys.propose(entropy)
        bound = _bound(register_id, key_id, parameters)
        outer = keys.key(parameters)
        encryption, commitment = crypto.committed(outer, bound)
        crypto.wipe(outer)
        root = bytearray(entropy(crypto.KEY_SIZE))
        nonce = entropy(crypto.NONCE_SIZE)
        header = cls(
            register_id=register_id,
            key_id=key_id,
            parameters=parameters,
            nonce=nonce,
            wrapped_root=crypto.encrypt(encryption, nonce, root, bound),
            commitment=commitment,
        )
        return header, RootKeys(root, register_id=register_id, key_id=key_id)

    def encode(self) -> bytes:
        """The header as it stands in the store, checksum last."""
        p = self.parameters
        body = _LAYOUT.pack(
            _MAGIC,
            FORMAT,
            self.register_id,
            self.key_id,
            p.derivation,
            p.memory_kib,
            p.iterations,
            p.lanes,
            p.salt,
            self.nonce,
            self.wrapped_root,
            self.commitment,
            bytes(_CHECKSUM_SIZE),
        )[:-_CHECKSUM_SIZE]
        return body + crypto.checksum(body)

    @classmethod
    def parse(cls, blob: bytes) -> Header:
        """Read a header.

        Raises
        ------
        NewerFormat
            A later release wrote it.
        IntegrityBroken
            The checksum is wrong, or it is right over something that no release wrote.
        """
        refuse_newer(blob)
        body = blob[:-_CHECKSUM_SIZE]
        if len(blob) != HEADER_SIZE or not crypto.same(
            crypto.checksum(body), blob[-_CHECKSUM_SIZE:]
        ):
            raise _broken("does not match its checksum")
        (
            magic,
            version,
            register_id,
            key_id,
            derivation,
            *costs,
            salt,
            nonce,
            root,
            commitment,
            _,
        ) = _LAYOUT.unpack(blob)
        if magic != _MAGIC or version != FORMAT or derivation not in tuple(Derivation):
            raise _broken("is of a format that this release does not know")
        try:
            parameters = KeyParameters(
                derivation=Derivation(derivation),
                salt=salt,
                memory_kib=costs[0],
                iterations=costs[1],
                lanes=costs[2],
            )
        except ValueError:
            raise _broken("asks for a key derivation that is out of bounds") from None
        return cls(
            register_id=register_id,
            key_id=key_id,
            parameters=parameters,
            nonce=nonce,
            wrapped_root=root,
            commitment=commitment,
        )

    def unlock(self, keys: KeyProvider) -> RootKeys:
        """Unwrap the root key.

        Raises
        ------
        WrongKey
            The key does not fit; the header itself is sound.
        """
        bound = _bound(self.register_id, self.key_id, self.parameters)
        outer = keys.key(self.parameters)
        encryption, commitment = crypto.committed(outer, bound)
        crypto.wipe(outer)
        if not crypto.same(commitment, self.commitment):
            raise _wrong_key()
        try:
            root = bytearray(crypto.decrypt(encryption, self.nonce, self.wrapped_root, bound))
        except crypto.Unauthentic:
            raise _wrong_key() from None
        return RootKeys(root, register_id=self.register_id, key_id=self.key_id)


def refuse_newer(blob: bytes) -> None:
    """Raise `NewerFormat` if a header is whole and of a format with a higher number than ours.

    Every format, whatever its length, begins its header with the same eight letters and its
    number in two bytes, and ends it with the checksum over all before: nothing else is read.
    """
    body = blob[:-_CHECKSUM_SIZE]
    number = int.from_bytes(body[len(_MAGIC) : len(_MAGIC) + 2], "big")
    whole = crypto.same(crypto.checksum(body), blob[-_CHECKSUM_SIZE:])
    if whole and body.startswith(_MAGIC) and number > FORMAT:
        raise NewerFormat(
            f"A later release wrote this register: its format is {number}, and this release "
            f"knows those up to {FORMAT}.",
            unchanged="Nothing was read or changed.",
            do="Use the release that wrote it, or a later one.",
        )


def _bound(register_id: bytes, key_id: bytes, p: KeyParameters) -> bytes:
    costs = struct.pack(">BIII", p.derivation, p.memory_kib, p.iterations, p.lanes)
    return crypto.associated_data(
        [_LABEL, FORMAT.to_bytes(2, "big"), b"header", register_id, key_id, costs, p.salt]
    )


def _wrong_key() -> WrongKey:
    return WrongKey(
        "The passphrase or key does not open this register.",
        unchanged="Nothing was changed.",
        do="Try again; if it is surely right, the register is another one than you think.",
    )


def _broken(how: str) -> IntegrityBroken:
    return IntegrityBroken(
        f"The register's header {how}.",
        unchanged="Nothing was read or changed.",
        do="Restore the register from a backup.",
    )
