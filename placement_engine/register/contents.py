"""How placements, facilities and framed documents are written as bytes, and read back."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from placement_engine.errors import InvalidInput
from placement_engine.intelligence import Facility, Placement
from placement_engine.register.documents import FIRST_SIZE
from placement_engine.vocabulary import (
    MunicipalityCode,
    Need,
    ProtectionCategory,
    ProviderId,
)

_LENGTH = struct.Struct(">I")
_DECODER = json.JSONDecoder()
_CATEGORIES = {category.value: category for category in ProtectionCategory}


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A few facts about a payload, and the payload, which is not looked into."""

    facts: Mapping[str, str]
    payload: bytes = field(repr=False)


def write_framed(facts: Mapping[str, str], payload: bytes) -> bytes:
    """Facts first, so that they can be read from a document's first record alone.

    Raises
    ------
    InvalidInput
        The facts, hence an id among them, are too long.
    """
    head = _compact(dict(facts))
    if len(head) > FIRST_SIZE - _LENGTH.size:
        raise InvalidInput("An id is too long for the register.", unchanged="Nothing was written.")
    return _LENGTH.pack(len(head)) + head + payload


def read_framed(content: bytes) -> Framed:
    """Undo `write_framed`; of a document's beginning it gives the facts and some payload."""
    (size,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size
    return Framed(facts=_decoded(content[start : start + size]), payload=content[start + size :])


def write_placement(placement: Placement) -> bytes:
    """A placement as JSON bytes."""
    return _compact(
        {
            "subject": placement.subject,
            "municipality": placement.municipality,
            "from": placement.start.isoformat(),
            "to": _day(placement.end),
            "owner": placement.owner,
            "provider": placement.provider,
            "category": placement.category,
            "review_by": _day(placement.review_by),
        }
    )


def read_placement(content: bytes) -> Placement:
    """Undo `write_placement`."""
    row = _decoded(content)
    end, review_by = row["to"], row["review_by"]
    return Placement(  # ids as they stand: their types are names alone, and a call each
        subject=row["subject"],
        municipality=row["municipality"],
        start=date.fromisoformat(row["from"]),
        end=None if end is None else date.fromisoformat(end),
        owner=row["owner"],
        provider=row["provider"],
        category=_CATEGORIES[row["category"]],
        review_by=None if review_by is None else date.fromisoformat(review_by),
    )


def write_facilities(facilities: Sequence[Facility]) -> bytes:
    """All facilities as JSON bytes."""
    return _compact(
        [
            {
                "municipality": facility.municipality,
                "kind": facility.kind,
                "capacity": facility.capacity,
                "last_seen": facility.last_seen.isoformat(),
                "source": facility.source,
                "provider": facility.provider,
            }
            for facility in facilities
        ]
    )


def read_facilities(content: bytes) -> tuple[Facility, ...]:
    """Undo `write_facilities`."""
    return tuple(
        Facility(
            municipality=MunicipalityCode(row["municipality"]),
            kind=Need(row["kind"]),
            capacity=row["capacity"],
            last_seen=date.fromisoformat(row["last_seen"]),
            source=row["source"],
            provider=None if row["provider"] is None else ProviderId(row["provider"]),
        )
        for row in json.loads(content)
    )


def _compact(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _decoded(content: bytes) -> Any:
    """As `json.loads` for what `_compact` wrote: UTF-8, and no space around it."""
    text = content.decode()
    value, end = _DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError("something follows the content")
    return value
