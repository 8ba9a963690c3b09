"""What is no longer needed: the yearly list, and erasure that nobody can undo.

A record is destroyed together with its data key, which stands in it and nowhere else; the
bytes of both are overwritten in the file and in its log. What is left is a certificate that
tells how much was destroyed, by hash and number. Older copies of the register hold the old
records until it gets new keys and those copies are destroyed too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from placement_engine.errors import InvalidInput, UnknownReference
from placement_engine.intelligence import Placement
from placement_engine.policy import DAYS_PER_MONTH, Retention
from placement_engine.register import journal, placed, snapshots
from placement_engine.register.contents import read_framed, write_framed
from placement_engine.register.desk import Desk
from placement_engine.register.documents import DocumentKind
from placement_engine.register.placed import StoredPlacement
from placement_engine.register.snapshots import StoredSnapshot
from placement_engine.register.vault import Changing, Reading
from placement_engine.vocabulary import BatchName, CaseId, SubjectRef

_NOTES = (
    DocumentKind.ALERT,
    DocumentKind.EVENT,
    DocumentKind.MESSAGE,
    DocumentKind.JUDGEMENT,
)
Forget = Callable[[str, bytes, Collection[str]], bytes]
"""Gives the payload of a night's entry, by key, without these people."""

_OF_A_CASE = (DocumentKind.CASE, DocumentKind.PROPOSAL, DocumentKind.DECISION)


class Due(StrEnum):
    """Why a case stands on the yearly list."""

    REVIEW = "review"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewList:
    """Which cases are to be looked at; no subject, no place.

    Parameters
    ----------
    cases
        By id. ``review``: the day for it has come, or nobody was placed and nothing decided.
        ``expired``: all placements ended longer ago than data of their kind are kept.
    without_case
        Expired placements whose subject has no case here.
    networks
        Superseded imports of intelligence that are kept no longer.
    """

    cases: Mapping[CaseId, Due]
    without_case: int
    networks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That something was destroyed; says neither who nor where.

    Parameters
    ----------
    records
        How many records, each with its own data key.
    digest
        SHA-256 over the destroyed records, ids ascending: whoever holds an old copy can
        tell which of its records are meant, and nobody else can tell anything.
    """

    on: date
    cases: tuple[CaseId, ...]
    records: int
    digest: str

    def encode(self) -> bytes:
        """As JSON."""
        told = {
            "on": self.on.isoformat(),
            "cases": self.cases,
            "records": self.records,
            "digest": self.digest,
        }
        return json.dumps(told).encode()


def review_day(placement: Placement, numbers: Retention) -> date:
    """When it must be asked whether a placement's data are still needed."""
    year = timedelta(days=numbers.review_every * DAYS_PER_MONTH)
    return placement.review_by or placement.start + year


def expired_people(
    found: Collection[StoredPlacement], numbers: Retention, as_of: date
) -> frozenset[SubjectRef]:
    """Whose data are kept no longer: all their placements ended too long ago."""
    return frozenset(
        subject
        for subject, theirs in _by_subject(found).items()
        if _due(theirs, numbers, as_of) is Due.EXPIRED
    )


def review(
    desk: Desk, subjects: Mapping[CaseId, SubjectRef], numbers: Retention, as_of: date
) -> ReviewList:
    """Which cases are due by `as_of`.

    Parameters
    ----------
    subjects
        Of every case, whom it is about.
    """
    with desk.read("placements", sorted(subjects)) as state:
        placements = _by_subject(placed.stored(state))
        networks = _expired_networks(snapshots.stored(state), numbers, as_of)
    cases = {}
    for case, subject in sorted(subjects.items()):
        due = _due(placements.get(subject, []), numbers, as_of)
        if due is not None:
            cases[case] = due
    known = set(subjects.values())
    without = [
        stored
        for subject, found in placements.items()
        if subject not in known and _due(found, numbers, as_of) is Due.EXPIRED
        for stored in found
    ]
    return ReviewList(cases=cases, without_case=len(without), networks=len(networks))


def erase(
    desk: Desk,
    cases: Collection[CaseId],
    subjects: Mapping[CaseId, SubjectRef],
    on: date,
    *,
    expired: Retention | None = None,
    forget: Forget | None = None,
) -> Certificate:
    """Destroy cases and all that the register holds about their subjects.

    That is case, proposal, decisions, placements, and judgements, alerts, events and messages
    that name one of them. A subject's placements stay as long as another case is about the
    same one. Superseded imports of intelligence that name a subject go as a whole. Intelligence
    in force is not rewritten here: who is taken out of it may be what ties others to their
    enemies. It has to be imported anew without them first.

    Parameters
    ----------
    cases
        To erase; with `expired`, those that have expired besides.
    subjects
        Of every case, whom it is about.
    expired
        Also destroy expired placements without a case, and superseded intelligence. Cases
        whose subject stands in intelligence in force stay on the yearly list.
    forget
        What takes people out of what the last night knew, which the register cannot read.

    Raises
    ------
    UnknownReference
        There is no such case.
    InvalidInput
        Intelligence in force names a subject; nothing is erased.
    """
    missing = set(cases) - set(subjects)
    if missing:
        raise UnknownReference(
            f"{len(missing)} of {len(cases)} cases are not in the register.",
            unchanged="Nothing was erased.",
            do="See: placement register list.",
        )
    chosen = set(cases)
    if expired is not None:
        due = review(desk, subjects, expired, on).cases
        found = {case for case, why in due.items() if why is Due.EXPIRED}
        with desk.read("networks", sorted(found)) as state:
            known = _in_force(state, _leaving(chosen | found, subjects))
        named = frozenset[str]().union(*known.values())
        chosen |= {case for case in found if subjects[case] not in named}
    told = tuple(sorted(chosen))
    given = [case.encode() for case in told]
    with desk.change("erase", told, [on.isoformat().encode(), *given]) as change:
        _refuse_in_force(_in_force(change, _leaving(chosen, subjects)))
        for row_id in sorted(_doomed(change, chosen, subjects, expired, on)):
            change.remove(row_id)
        gone = _leaving(chosen, subjects)
        if forget is not None and gone:
            kept = journal.entries(change, DocumentKind.NIGHT)
            left = {key: forget(key, payload, gone) for key, payload in kept.items()}
            journal.put(change, DocumentKind.NIGHT, left)
        certificate = Certificate(
            on=on, cases=told, records=len(change.deletes), digest=_digest(change)
        )
        if change.deletes:
            facts = {"kind": "erasure", "on": on.isoformat()}
            change.add(DocumentKind.DECISION, write_framed(facts, certificate.encode()))
    desk.vault.scrub()
    return certificate


def _doomed(
    change: Changing,
    cases: Collection[CaseId],
    subjects: Mapping[CaseId, SubjectRef],
    expired: Retention | None,
    on: date,
) -> set[bytes]:
    gone = _leaving(cases, subjects)
    doomed = set()
    for kind in _OF_A_CASE:
        for row_id, beginning in change.beginnings(kind):
            if read_framed(beginning).facts.get("case") in cases:
                doomed.add(row_id)
    placements = _by_subject(placed.stored(change))
    for subject, found in placements.items():
        without_case = expired is not None and subject not in subjects.values()
        if subject in gone or (
            without_case and expired is not None and _due(found, expired, on) is Due.EXPIRED
        ):
            doomed |= {stored.id for stored in found}
    names = {json.dumps(name).encode() for name in (*cases, *gone)}
    names |= {name[:-1] + b" " for name in names}  # an actor and where the actor is
    for kind in _NOTES:
        for document in change.documents(kind):
            framed = read_framed(document.payload)
            if framed.facts["key"] in cases or any(name in framed.payload for name in names):
                doomed.add(document.id)
    past = snapshots.superseded_naming(change, gone)
    if expired is not None:
        past += _expired_networks(snapshots.stored(change), expired, on)
    for snapshot in past:
        doomed |= {snapshot.id, snapshot.content}
    return doomed


def _leaving(
    cases: Collection[CaseId], subjects: Mapping[CaseId, SubjectRef]
) -> frozenset[SubjectRef]:
    """Who is a subject of these cases and of no other."""
    kept = {subject for case, subject in subjects.items() if case not in cases}
    return frozenset(subjects[case] for case in cases) - kept


def _in_force(state: Reading, people: Collection[SubjectRef]) -> dict[BatchName, frozenset[str]]:
    """Which of these people each import in force names, where it names any."""
    if not people:
        return {}
    named = {
        batch: frozenset(people) & frozenset(network.nodes)
        for batch, network in snapshots.networks(state).items()
    }
    return {batch: found for batch, found in named.items() if found}


def _refuse_in_force(named: Mapping[BatchName, frozenset[str]]) -> None:
    if named:
        people = len(frozenset[str]().union(*named.values()))
        raise InvalidInput(
            f"Intelligence in force names {people} of those to be erased, in: "
            f"{', '.join(sorted(named))}.",
            unchanged="Nothing was erased.",
            do="Import each of these batches anew without them (placement network import "
            "--batch), and run this again.",
        )


def _digest(change: Changing) -> str:
    ids = sorted(change.deletes)
    digest = hashlib.sha256()
    for row_id, record in zip(ids, change.sealed(ids), strict=True):
        digest.update(row_id + record)
    return digest.hexdigest()


def _by_subject(found: Collection[StoredPlacement]) -> dict[SubjectRef, list[StoredPlacement]]:
    placements: dict[SubjectRef, list[StoredPlacement]] = {}
    for stored in found:
        placements.setdefault(stored.placement.subject, []).append(stored)
    return placements


def _due(found: Collection[StoredPlacement], numbers: Retention, as_of: date) -> Due | None:
    if not found:
        return Due.REVIEW
    placements = [stored.placement for stored in found]
    ends = [
        one.end + timedelta(days=numbers.months(one.category) * DAYS_PER_MONTH)
        for one in placements
        if one.end is not None
    ]
    if len(ends) == len(placements) and max(ends) <= as_of:
        return Due.EXPIRED
    current = [one for one in placements if one.end is None or one.end > as_of]
    days = [review_day(one, numbers) for one in current]
    return Due.REVIEW if not days or min(days) <= as_of else None


def _expired_networks(
    found: Collection[StoredSnapshot], numbers: Retention, as_of: date
) -> list[StoredSnapshot]:
    kept = timedelta(days=numbers.superseded_networks * DAYS_PER_MONTH)
    old = [one for one in found if one.until is not None and one.until + kept <= as_of]
    # One import may have been in force twice; its content goes with the last of the two.
    still = {one.content for one in found if one not in old}
    return [one for one in old if one.content not in still]
