"""What a named analyst has judged: a log to which entries are only ever added.

A tie never clears anybody, ends a rivalry or makes two records one person; a judgement does,
and it can be taken back by another. What is in force on a day is read from the log in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from placement_engine.errors import InvalidInput

_SCHEMA = "placement_engine/judgement"
_VERSION = 1


class JudgementKind(StrEnum):
    """What is judged.

    `SEEN_UNKNOWN` is noted by the engine: too little was known of somebody when a proposal
    was made, and only `CLEAR` ends that.
    """

    CLEAR = "clear"
    PEACE = "peace"
    DEFECTION = "defection"
    MERGE = "merge"
    SEEN_UNKNOWN = "seen_unknown"


_OF_TWO_ALIKE = (JudgementKind.PEACE, JudgementKind.MERGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One entry of the log.

    Parameters
    ----------
    a, b
        Whom it is about; `b` is empty where it is about one. In a merge `a` is the record
        that is kept, in a defection `b` is the group.
    day
        The day from which it holds.
    by
        Who answers for it.
    until
        For a peace, the last day of the hostilities that it ends.
    revoked
        Whether the entry takes back an earlier one about the same, and gives nothing itself.
    """

    kind: JudgementKind
    a: str = field(repr=False)
    b: str = field(default="", repr=False)
    day: date
    by: str = field(repr=False)
    reason: str = field(default="", repr=False)
    until: date | None = field(default=None, repr=False)
    revoked: bool = False

    @property
    def about(self) -> tuple[JudgementKind, tuple[str, str]]:
        """What it is about: a later entry about the same replaces it."""
        if self.kind in _OF_TWO_ALIKE:
            return self.kind, (min(self.a, self.b), max(self.a, self.b))
        return self.kind, (self.a, self.b)

    def to_bytes(self) -> bytes:
        """The entry as JSON bytes."""
        return json.dumps(
            {
                "schema": _SCHEMA,
                "version": _VERSION,
                "kind": self.kind.value,
                "a": self.a,
                "b": self.b,
                "day": self.day.isoformat(),
                "by": self.by,
                "reason": self.reason,
                "until": None if self.until is None else self.until.isoformat(),
                "revoked": self.revoked,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> Judgement:
        """The entry that `to_bytes` wrote.

        Raises
        ------
        InvalidInput
            If it is of an unknown version; ignoring a judgement could lower a risk.
        """
        try:
            told = json.loads(payload)
            known = (told["schema"], told["version"]) == (_SCHEMA, _VERSION)
            return cls(
                kind=JudgementKind(told["kind"] if known else ""),
                a=told["a"],
                b=told["b"],
                day=date.fromisoformat(told["day"]),
                by=told["by"],
                reason=told["reason"],
                until=None if told["until"] is None else date.fromisoformat(told["until"]),
                revoked=told["revoked"],
            )
        except (ValueError, KeyError, TypeError):
            raise InvalidInput(
                "A judgement in the register is damaged or of an unknown version.",
                unchanged="Nothing was changed.",
                do="Use the version of the program that wrote it.",
            ) from None


def read_log(entries: Mapping[str, bytes]) -> tuple[tuple[str, Judgement], ...]:
    """All entries by key, in the order in which they were added."""
    return tuple((key, Judgement.from_bytes(payload)) for key, payload in sorted(entries.items()))


def next_key(count: int, entropy: bytes) -> str:
    r"""Key of the entry that comes after `count` others.

    `entropy` keeps two programs that add at once from writing over each other.

    Examples
    --------
    >>> next_key(3, b"\x0f")
    '00000003-0f'
    """
    return f"{count:08d}-{entropy.hex()}"


def in_force(log: Iterable[Judgement], as_of: date) -> tuple[Judgement, ...]:
    """The judgements that hold on a day, in the order in which they were made."""
    held: dict[object, Judgement] = {}
    for entry in log:
        if entry.day <= as_of:
            held.pop(entry.about, None)
            if not entry.revoked:
                held[entry.about] = entry
    return tuple(held.values())
