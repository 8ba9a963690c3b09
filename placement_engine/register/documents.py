"""What a register holds, as documents of any length, cut into records of one size."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from placement_engine.register.records import BODY_SIZE

_LENGTH_SIZE = 8
FIRST_SIZE = BODY_SIZE - _LENGTH_SIZE
"""Bytes of content in a document's first record; each further one holds `BODY_SIZE`."""


class DocumentKind(StrEnum):
    """Kinds of document; not even the kind of a record can be read without the key."""

    PLACEMENT = "placement"
    CASE = "case"
    PROPOSAL = "proposal"
    NETWORK = "network"
    SNAPSHOT = "snapshot"
    FACILITY = "facility"
    DECISION = "decision"
    SETTING = "setting"
    JUDGEMENT = "judgement"
    EVENT = "event"
    ALERT = "alert"
    NIGHT = "night"
    MESSAGE = "message"
    REQUEST = "request"
    USER = "user"
    LOG = "log"
    LOG_KEY = "log_key"
    ROTATION = "rotation"


# The numbers stand in every register that was ever written: never change or reuse one.
HEAD_CODE = 1
PART_CODE = 2
KIND_CODES = {
    DocumentKind.PLACEMENT: 10,
    DocumentKind.CASE: 11,
    DocumentKind.PROPOSAL: 12,
    DocumentKind.NETWORK: 13,
    DocumentKind.SNAPSHOT: 14,
    DocumentKind.FACILITY: 15,
    DocumentKind.DECISION: 16,
    DocumentKind.SETTING: 17,
    DocumentKind.JUDGEMENT: 18,
    DocumentKind.EVENT: 19,
    DocumentKind.ALERT: 20,
    DocumentKind.NIGHT: 21,
    DocumentKind.MESSAGE: 22,
    DocumentKind.REQUEST: 23,
    DocumentKind.USER: 24,
    DocumentKind.LOG: 25,
    DocumentKind.LOG_KEY: 26,
    DocumentKind.ROTATION: 30,
}
KINDS = {code: kind for kind, code in KIND_CODES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as it stands in the register.

    Parameters
    ----------
    id
        16 random bytes, which say nothing of the content.
    version
        1 when it was added, one more each time it was replaced.
    """

    id: bytes
    kind: DocumentKind
    payload: bytes = field(repr=False)
    version: int


def split(payload: bytes) -> list[bytes]:
    """Cut a payload into the bodies of its records; the first one begins with the length."""
    first = len(payload).to_bytes(_LENGTH_SIZE, "big") + payload[:FIRST_SIZE]
    rest = range(FIRST_SIZE, len(payload), BODY_SIZE)
    return [first, *(payload[start : start + BODY_SIZE] for start in rest)]


def length(first: bytes) -> int:
    """Length in bytes of the payload whose first body this is."""
    return int.from_bytes(first[:_LENGTH_SIZE], "big")


def parts(size: int) -> int:
    """How many records a payload of `size` bytes needs after its first.

    Examples
    --------
    >>> parts(FIRST_SIZE), parts(FIRST_SIZE + 1)
    (0, 1)
    """
    return max(0, -(-(size - FIRST_SIZE) // BODY_SIZE))


def trimmed(first: bytes) -> bytes:
    """A first body without its padding."""
    return first[: _LENGTH_SIZE + int.from_bytes(first[:_LENGTH_SIZE], "big")]


def alone(first: bytes) -> bytes | None:
    """The payload, if the first body holds all of it: what `join` gives without a rest."""
    size = int.from_bytes(first[:_LENGTH_SIZE], "big")
    return first[_LENGTH_SIZE : _LENGTH_SIZE + size] if size <= FIRST_SIZE else None


def join(first: bytes, rest: list[bytes]) -> bytes:
    """Undo `split`; the bodies may be padded."""
    if not rest:
        return first[_LENGTH_SIZE : _LENGTH_SIZE + length(first)]
    return b"".join([first[_LENGTH_SIZE:], *rest])[: length(first)]
