"""Who is placed where, and what places offer, as others hand it to us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from placement_engine.intelligence.table import (
    Faults,
    Unreadable,
    a_day,
    an_id,
    municipality,
    one_of,
    optional_day,
    optional_id,
    read_bytes,
    read_table,
    whole,
)
from placement_engine.vocabulary import (
    SOURCES,
    MunicipalityCode,
    Need,
    OwnerId,
    ProtectionCategory,
    ProviderId,
    SubjectRef,
)

MAX_FILE = 2**28
_CATEGORIES = tuple(ProtectionCategory)
_NEEDS = tuple(Need)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One person in one municipality from one day to another; `end` None is still there."""

    subject: SubjectRef = field(repr=False)
    municipality: MunicipalityCode = field(repr=False)
    start: date
    end: date | None = None
    owner: OwnerId | None = None
    provider: ProviderId | None = field(default=None, repr=False)
    category: ProtectionCategory = ProtectionCategory.DEFECTOR
    review_by: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """One kind of service in one municipality; `capacity` None is unknown, 0 is full."""

    municipality: MunicipalityCode
    kind: Need
    capacity: int | None
    last_seen: date
    source: str
    provider: ProviderId | None = None


def read_placements(path: Path, *, codes: frozenset[str]) -> tuple[Placement, ...]:
    """Read ``placements.csv``; the file stays the caller's to destroy.

    Raises
    ------
    InvalidFiles
        With every fault, by line, never with content.
    """
    what = "The placements were refused"
    faults = Faults(what)
    table = read_table(
        read_bytes(path, limit=MAX_FILE, what=what),
        path.name,
        required=("subject", "municipality", "from"),
        optional=("to", "owner", "provider", "category", "review_by"),
        faults=faults,
    )
    columns = (
        table.parse("subject", an_id),
        table.parse("municipality", municipality(codes)),
        table.parse("from", a_day),
        table.parse("to", optional_day),
        table.parse("owner", optional_id),
        table.parse("provider", optional_id),
        table.parse("category", _category),
        table.parse("review_by", optional_day),
    )
    placements: list[Placement] = []
    for line, row in zip(table.lines, zip(*columns, strict=True), strict=True):
        subject, place, start, end, owner, provider, category, review = row
        if subject is None or place is None or start is None or end is None or category is None:
            continue
        if end and end < start:
            faults.add(table.file, line, "to", "is before from")
        placements.append(
            Placement(
                subject=SubjectRef(subject),
                municipality=MunicipalityCode(place),
                start=date.fromordinal(start),
                end=date.fromordinal(end) if end else None,
                owner=OwnerId(owner) if owner else None,
                provider=ProviderId(provider) if provider else None,
                category=_CATEGORIES[category],
                review_by=date.fromordinal(review) if review else None,
            )
        )
    faults.raise_any()
    return tuple(placements)


def read_facilities(path: Path, *, codes: frozenset[str]) -> tuple[Facility, ...]:
    """Read ``facilities.csv``.

    Raises
    ------
    InvalidFiles
        With every fault, by line, never with content.
    """
    what = "The facilities were refused"
    faults = Faults(what)
    table = read_table(
        read_bytes(path, limit=MAX_FILE, what=what),
        path.name,
        required=("municipality", "kind", "last_seen", "source"),
        optional=("capacity", "provider"),
        faults=faults,
    )
    columns = (
        table.parse("municipality", municipality(codes)),
        table.parse("kind", one_of(_NEEDS)),
        table.parse("capacity", lambda text: whole(text) if text else -1),
        table.parse("last_seen", a_day),
        table.parse("source", one_of(SOURCES)),
        table.parse("provider", optional_id),
    )
    faults.raise_any()
    return tuple(
        Facility(
            municipality=MunicipalityCode(place or ""),
            kind=_NEEDS[kind or 0],
            capacity=None if capacity is None or capacity < 0 else capacity,
            last_seen=date.fromordinal(seen or 1),
            source=SOURCES[source or 0],
            provider=ProviderId(provider) if provider else None,
        )
        for place, kind, capacity, seen, source, provider in zip(*columns, strict=True)
    )


def _category(text: str) -> int:
    if not text:
        # Unknown counts as a defector: the safer of the four.
        return _CATEGORIES.index(ProtectionCategory.DEFECTOR)
    if text not in _CATEGORIES:
        raise Unreadable(f"must be one of {', '.join(_CATEGORIES)}")
    return _CATEGORIES.index(ProtectionCategory(text))
