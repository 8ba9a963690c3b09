"""Who is placed where, as documents: read, added without contradiction, ended, removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from placement_engine.errors import Fault, InvalidFiles, UnknownReference
from placement_engine.intelligence import Placement
from placement_engine.register.contents import read_placement, write_framed, write_placement
from placement_engine.register.documents import DocumentKind
from placement_engine.register.vault import Changing, Reading
from placement_engine.vocabulary import SubjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlacement:
    """A placement and its random id in this register."""

    id: bytes
    placement: Placement


def stored(state: Reading) -> tuple[StoredPlacement, ...]:
    """All placements by subject and day."""
    found = [
        StoredPlacement(id=row_id, placement=read_placement(payload))
        for row_id, payload in state.payloads(DocumentKind.PLACEMENT)
    ]
    found.sort(key=lambda s: (s.placement.subject, s.placement.start, s.placement.end or date.max))
    return tuple(found)


def add(change: Changing, placements: Sequence[Placement]) -> int:
    """Add those that are not known yet; gives how many.

    Raises
    ------
    InvalidFiles
        Somebody would be placed twice on one day.
    """
    new = without_overlaps((s.placement for s in stored(change)), placements)
    for placement in new:
        change.add(DocumentKind.PLACEMENT, write_placement(placement))
    return len(new)


def without_overlaps(known: Iterable[Placement], rows: Sequence[Placement]) -> list[Placement]:
    """Those of `rows` that are new, if nobody would be placed twice on one day.

    Parameters
    ----------
    known
        What the register holds already. A row equal in all to one of these, or to an
        earlier row, is passed over.
    rows
        In the order of the caller's file, whose header is line 1.

    Raises
    ------
    InvalidFiles
        With one fault for each row that overlaps, by line and never by name.
    """
    seen = set(known)
    periods: defaultdict[SubjectRef, list[tuple[int, Placement]]] = defaultdict(list)
    for placement in seen:
        periods[placement.subject].append((0, placement))
    new: list[Placement] = []
    faults: list[Fault] = []
    for line, placement in enumerate(rows, start=2):
        if placement in seen:
            continue
        seen.add(placement)
        new.append(placement)
        earlier = periods[placement.subject]
        against = [at for at, other in earlier if _overlap(placement, other)]
        if against:
            where = f"line {max(against)}" if max(against) else "the register"
            faults.append(
                Fault(
                    file="placements.csv",
                    line=line,
                    column="from",
                    problem=f"overlaps with a placement of the same subject in {where}",
                )
            )
        earlier.append((line, placement))
    if faults:
        raise InvalidFiles(faults, what="Nobody can be placed in two places at once")
    return new


def move(change: Changing, placement: Placement) -> bytes:
    """Place somebody from `placement.start` on; gives the new id.

    Whatever of the subject's earlier placements would reach past that day ends on it. One
    that had not begun by then ends on the day it would have begun.
    """
    day = placement.start
    for earlier in stored(change):
        old = earlier.placement
        if old.subject == placement.subject and (old.end is None or old.end > day):
            ended = replace(old, end=max(old.start, day))
            change.replace(earlier.id, write_placement(ended))
    return change.add(DocumentKind.PLACEMENT, write_placement(placement))


def remove(change: Changing, placement_id: bytes, day: date) -> None:
    """Remove one for good; that something was removed on `day` is kept, not who or where.

    Raises
    ------
    UnknownReference
        There is no such placement.
    """
    if placement_id not in change.ids(DocumentKind.PLACEMENT):
        raise UnknownReference(
            "There is no such placement in the register.", unchanged="Nothing was removed."
        )
    change.remove(placement_id)
    facts = {"kind": "removal", "on": day.isoformat()}
    change.add(DocumentKind.DECISION, write_framed(facts, b""))


def _overlap(a: Placement, b: Placement) -> bool:
    """Whether two placements share a day; the day of a move is no overlap."""
    first: date = max(a.start, b.start)
    last: date = min(a.end or date.max, b.end or date.max)
    return first < last
