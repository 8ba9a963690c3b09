"""One record: 4,568 bytes that say nothing, and open only where they were put.

Each record has its own random data key, wrapped under the register's wrapping key together
with the record's kind and version, so not even those can be read or changed from outside.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from placement_engine.errors import IntegrityBroken
from placement_engine.register import crypto
from placement_engine.register.halves import LOT, MANY, Halves
from placement_engine.register.header import FORMAT, ID_SIZE, RootKeys

RECORD_SIZE = 4568
"""Bytes of every record. In a page of 4,096 bytes SQLite keeps the first eighth of such a row
and fills one further page with the rest to its last byte, so that hardly a byte of the file
could be altered without altering a record."""

_WRAPPED = struct.Struct(f">{crypto.KEY_SIZE}sBQ")
_ABOUT = struct.Struct(">BQ")
_ABOUT_LENGTH = _ABOUT.size.to_bytes(4, "big")
_WRAPPED_SIZE = _WRAPPED.size + crypto.TAG_SIZE
_PREFIX = struct.Struct(
    f">B{ID_SIZE}s{crypto.NONCE_SIZE}s{_WRAPPED_SIZE}s{crypto.COMMITMENT_SIZE}s{crypto.NONCE_SIZE}s"
)
BODY_SIZE = RECORD_SIZE - _PREFIX.size - crypto.TAG_SIZE
"""Bytes of content that one record holds."""

_LABEL = b"placement_engine/register"
_SEAL_FIELDS = b"data key, kind, version"
_BODY_FIELDS = b"body"


Index = dict[bytes, tuple[int, int, bytes, int]]
"""By id: kind, version and commitment of a record, as in its `Seal`, and its number in the sum
over all. Tuples of nothing but numbers and bytes cost the garbage collector no time."""


Looked = tuple[int, int, bytes, bytes, bytes]
"""Kind, version and commitment of a record, then the data key and the nonce of its body."""

Ahead = dict[bytes, tuple[bytes, bytes]]
"""By id: commitment and body of a record that was opened while it was accounted for."""


class Seal(NamedTuple):
    """What tells one record from every other that was ever sealed; says nothing of its body."""

    kind: int
    version: int
    commitment: bytes


class Sealer:
    """Seals and opens the records of one table of one register.

    Parameters
    ----------
    keys
        The register's keys.
    table
        Name of the table; bound to every record, so that a row moved to another table
        does not open.
    entropy
        Gives random bytes.
    many
        From so many records on two threads share the work.
    """

    def __init__(
        self,
        keys: RootKeys,
        table: bytes,
        entropy: Callable[[int], bytes],
        *,
        many: int = MANY,
    ) -> None:
        self._keys = keys
        self._many = many
        self._entropy = entropy
        place = [_LABEL, FORMAT.to_bytes(2, "big"), keys.register_id, keys.key_id, table]
        # An id has one length, so its own length stands before it here once for all rows.
        length = ID_SIZE.to_bytes(4, "big")
        self._seal_place = crypto.associated_data([*place, _SEAL_FIELDS]) + length
        self._body_place = crypto.associated_data([*place, _BODY_FIELDS]) + length
        self._start = FORMAT.to_bytes(1, "big") + keys.key_id

    def seal(self, row_id: bytes, *, kind: int, version: int, body: bytes) -> bytes:
        """Seal `body`, at most `BODY_SIZE` bytes, into a record of `RECORD_SIZE` bytes.

        Raises
        ------
        ValueError
            The id is empty, or the body too long; before any key is made.
        """
        seal_bound = self._seal_bound(row_id)
        body_bound = self._body_bound(row_id, kind, version)
        if len(body) > BODY_SIZE:
            raise ValueError("the content is longer than one record holds")
        entropy = self._entropy
        data_key = entropy(crypto.KEY_SIZE)
        wrap_nonce, body_nonce = entropy(crypto.NONCE_SIZE), entropy(crypto.NONCE_SIZE)
        encryption, commitment = crypto.committed(data_key, body_bound)
        wrapped = self._keys.wrapping.encrypt(
            wrap_nonce, _WRAPPED.pack(data_key, kind, version), seal_bound
        )
        prefix = _PREFIX.pack(
            FORMAT, self._keys.key_id, wrap_nonce, wrapped, commitment, body_nonce
        )
        padded = body.ljust(BODY_SIZE, b"\0")
        return prefix + crypto.encrypt(encryption, body_nonce, padded, body_bound)

    def look(self, row_id: bytes, record: bytes) -> Seal:
        """Learn kind and version of a record; its body stays shut.

        Raises
        ------
        IntegrityBroken
            The record is not the one that was put here.
        """
        kind, version, commitment, _, _ = self._unwrap(row_id, record)
        return Seal(kind, version, commitment)

    def _unwrap(self, row_id: bytes, record: bytes) -> Looked:
        """Open what is wrapped; the body stays shut."""
        if len(record) != RECORD_SIZE or len(row_id) != ID_SIZE:
            raise _altered()
        if not record.startswith(self._start):
            raise _altered()
        _, _, nonce, wrapped, commitment, body_nonce = _PREFIX.unpack_from(record)
        try:
            content = self._keys.wrapping.decrypt(nonce, wrapped, self._seal_place + row_id)
        except crypto.Unauthentic:
            raise _altered() from None
        data_key, kind, version = _WRAPPED.unpack(content)
        return kind, version, commitment, data_key, body_nonce

    def account(
        self,
        rows: Iterable[tuple[bytes, bytes]],
        *,
        most: int,
        ahead: int | None = None,
        keep: Callable[[bytes], bytes] = bytes,
    ) -> tuple[Index, int, Ahead]:
        """Look at many records, and add them up; bodies stay shut, unless asked for.

        Parameters
        ----------
        most
            How many records there may be; one more is looked at, and none beyond.
        ahead
            The kind of the records to open on the way, if any: while they are at hand that
            takes less than to come back for them.
        keep
            Gives what is wanted of an opened body.

        Returns
        -------
        tuple[Index, int, Ahead]
            What was seen by id, the sum, and what was opened.

        Raises
        ------
        IntegrityBroken
            A record is not the one that was put here.
        """
        index: Index = {}
        opened: Ahead = {}
        total = 0
        left = most + 1  # one too many is in the sum: it cannot be passed over
        rows = iter(rows)
        work = partial(_numbered, self._keys.digest, keep=keep)
        with Halves(alone=most < self._many) as halves:
            while lot := list(islice(rows, min(left, LOT))):
                left -= len(lot)
                looked = [self._unwrap(row_id, record) for row_id, record in lot]
                jobs = [
                    (row_id, record, self._shut(row_id, record, one) if one[0] == ahead else None)
                    for (row_id, record), one in zip(lot, looked, strict=True)
                ]
                done = halves(work, jobs)
                for (row_id, _), one, (number, body) in zip(lot, looked, done, strict=True):
                    index[row_id] = (one[0], one[1], one[2], number)
                    total += number
                    if body is not None:
                        opened[row_id] = (one[2], body)
        return index, total, opened

    def open(self, row_id: bytes, record: bytes) -> tuple[Seal, bytes]:
        """The seal of a record and its body, padded with zeros to `BODY_SIZE`.

        The commitment is compared before anything is decrypted under the data key.

        Raises
        ------
        IntegrityBroken
            The record is not the one that was put here.
        """
        seal, shut = self._unlock(row_id, record)
        [body] = _bodies([shut], keep=bytes)
        return seal, body

    def open_all(
        self,
        rows: Iterable[tuple[bytes, bytes]],
        *,
        count: int,
        keep: Callable[[bytes], bytes] = bytes,
    ) -> Iterator[tuple[Seal, bytes]]:
        """As `open`, for each of about `count` records in turn.

        Parameters
        ----------
        keep
            Gives what is wanted of a body. A short piece, cut off at once, spares the memory
            that whole bodies take.
        """
        few = count < self._many
        bodies_of = partial(_bodies, keep=keep)
        rows = iter(rows)
        with Halves(alone=few) as halves:
            while lot := list(islice(rows, 1 if few else LOT)):
                unlocked = [self._unlock(row_id, record) for row_id, record in lot]
                bodies = halves(bodies_of, [shut for _, shut in unlocked])
                yield from zip([seal for seal, _ in unlocked], bodies, strict=True)

    def _unlock(self, row_id: bytes, record: bytes) -> tuple[Seal, crypto.Shut]:
        looked = self._unwrap(row_id, record)
        return Seal(*looked[:3]), self._shut(row_id, record, looked)

    def _shut(self, row_id: bytes, record: bytes, looked: Looked) -> crypto.Shut:
        """The body of a record, still shut, and the key that opens it."""
        kind, version, told, data_key, nonce = looked
        bound = self._body_place + row_id + _ABOUT_LENGTH + _ABOUT.pack(kind, version)
        encryption, commitment = crypto.committed(data_key, bound)
        if not crypto.same(commitment, told):
            raise _altered()
        return encryption, nonce, memoryview(record)[_PREFIX.size :], bound

    def _seal_bound(self, row_id: bytes) -> bytes:
        return self._seal_place + _checked(row_id)

    def _body_bound(self, row_id: bytes, kind: int, version: int) -> bytes:
        about = _ABOUT.pack(kind, version)
        return self._body_place + _checked(row_id) + _ABOUT_LENGTH + about


def _numbered(
    key: bytes | bytearray,
    jobs: Sequence[tuple[bytes, bytes, crypto.Shut | None]],
    *,
    keep: Callable[[bytes], bytes],
) -> list[tuple[int, bytes | None]]:
    """The number of each record in the sum, and the body of those that are to be opened."""
    numbers = crypto.fingerprints(key, ((row_id, record) for row_id, record, _ in jobs))
    bodies = iter(_bodies([shut for *_, shut in jobs if shut is not None], keep=keep))
    return [
        (number, None if shut is None else next(bodies))
        for number, (*_, shut) in zip(numbers, jobs, strict=True)
    ]


def _bodies(shut: Iterable[crypto.Shut], *, keep: Callable[[bytes], bytes]) -> list[bytes]:
    try:
        return crypto.decrypt_all(shut, keep)
    except crypto.Unauthentic:
        raise _altered() from None


def _checked(row_id: bytes) -> bytes:
    if len(row_id) != ID_SIZE:
        raise ValueError("an empty id, or one of another length, cannot be bound to a record")
    return row_id


def _altered() -> IntegrityBroken:
    return IntegrityBroken(
        "A record of the register was altered or moved.",
        unchanged="Nothing was changed, and nothing was answered from it.",
        do="Restore the register from a backup, and find out who could write to it.",
    )
