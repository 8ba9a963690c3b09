"""Everything that one night reads from the register, once, at one epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from placement_engine.cases.case import Case
from placement_engine.cases.events import Event, actors_on, read_events, with_actors
from placement_engine.cases.observe import Observer
from placement_engine.cases.standing import (
    cases_of,
    implied_leavers,
    judgements_in_force,
    observe,
)
from placement_engine.errors import RegisterUnavailable, UnknownReference
from placement_engine.geo import Geography
from placement_engine.intelligence import Network
from placement_engine.intelligence.judgements import JudgementKind
from placement_engine.nightly.alerts import Alert, read_alerts
from placement_engine.nightly.finding import Finding, FindingKind
from placement_engine.nightly.looks import ids_in_force
from placement_engine.nightly.state import STATE_KEY, NightState
from placement_engine.policy import Policy
from placement_engine.provenance import content_hash
from placement_engine.register import DocumentKind, Register, StoredPlacement
from placement_engine.register.retention import expired_people, review_day
from placement_engine.vocabulary import SubjectRef

TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Facts:
    """The facts of one night.

    Parameters
    ----------
    epoch
        The register's epoch at which all of this was read.
    stored
        All placements, ended ones too.
    ids
        Register ids of those in force, in the observer's order.
    present
        Strength of each presence, and the gang that it counts with, by actor and place.
    breaches
        Events of placed persons' own, by person.
    leavers
        Those who count as having left whatever group they belonged to.
    judged
        Digest of the judgements in force that change the network.
    looked_at
        Events whose alert somebody has taken on.
    networks
        Content hash of the network in force of each batch.
    """

    epoch: int
    as_of: date
    observer: Observer
    network: Network
    stored: tuple[StoredPlacement, ...]
    ids: tuple[str, ...]
    present: Mapping[str, tuple[float, str]]
    cases: Mapping[SubjectRef, tuple[Case, ...]]
    breaches: Mapping[str, tuple[Event, ...]]
    actors: Mapping[str, tuple[Event, ...]]
    networks: Mapping[str, str]
    leavers: frozenset[str]
    judged: str
    last: NightState | None
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    looked_at: frozenset[str] = frozenset()

    def expired(self) -> int:
        """Of how many people the data are kept no longer, as they were the last night."""
        kept, since = self.observer.policy.retention, self.last.as_of if self.last else None
        told = frozenset() if since is None else expired_people(self.stored, kept, since)
        return len(expired_people(self.stored, kept, self.as_of) - told)

    def other_leavers(self) -> frozenset[str]:
        """Who counts as a leaver and did not the last night, or did; by kept id."""
        marks = frozenset(self.last.leavers) if self.last else frozenset()
        people = {s.placement.subject for s in self.stored} | set(self.cases)
        return frozenset(
            self.observer.kept(person)
            for person in people
            if (person in self.leavers) != (person_mark(person) in marks)
        )

    def subjects(self) -> dict[str, str]:
        """Who is placed by each placement in force."""
        return dict(zip(self.ids, (p.subject for p in self.observer.in_force), strict=True))

    def owners(self) -> dict[str, str]:
        """Who answers for each placement in force; empty where nobody is named."""
        return {
            key: str(placement.owner or "")
            for key, placement in zip(self.ids, self.observer.in_force, strict=True)
        }


def gather(register: Register, *, policy: Policy, geography: Geography, as_of: date) -> Facts:
    """Read the facts; anew if somebody changes the register meanwhile.

    Raises
    ------
    RegisterUnavailable
        The register does not stand still.
    """
    for _ in range(TRIES):
        facts = _read(register, policy=policy, geography=geography, as_of=as_of)
        if register.epoch == facts.epoch:
            return facts
    raise RegisterUnavailable(
        "The register changes faster than the night can read it.",
        unchanged="Nothing was written.",
        do="Run it again when the import is done.",
    )


def last_night(register: Register) -> NightState:
    """What the last night has told.

    Raises
    ------
    UnknownReference
        There was none.
    """
    kept = register.entries(DocumentKind.NIGHT)
    if STATE_KEY not in kept:
        raise UnknownReference("There was no night yet.", do="Run: placement recheck.")
    return NightState.from_bytes(kept[STATE_KEY])


def person_mark(person: str) -> str:
    """What the state keeps of a person in place of a pseudonym, which somebody may erase."""
    return _digest(person)


def place_digest(facts: Facts, n: int) -> str:
    """Digest of where placement number `n` is."""
    placement = facts.observer.in_force[n]
    return _digest(placement.municipality, placement.provider or "", placement.owner or "")


def person_digest(facts: Facts, n: int) -> str:
    """Digest of who lives there, and which of them are of age."""
    observer = facts.observer
    placement = observer.in_force[n]
    of_age = observer.policy.children.age_of_majority
    parts = [placement.category.value, *observer.household(placement.subject)]
    for case in facts.cases.get(placement.subject, ()):
        years = _years(case.consent.date, facts.as_of)
        parts.append(str(case.minor))
        parts += [str(member.age + years >= of_age) for member in case.household]
    return _digest(*parts)


def dated_findings(facts: Facts, n: int) -> tuple[Finding, ...]:
    """What the calendar and the events say of placement number `n`: T6, T8, T9."""
    placement, numbers = facts.observer.in_force[n], facts.observer.policy.nightly
    found = []
    review = review_day(placement, facts.observer.policy.retention)
    if (review - facts.as_of).days <= numbers.review_notice_days:
        level = 2 if review <= facts.as_of else 1
        found.append(Finding(kind=FindingKind.REVIEW, level=level))
    of_age = facts.observer.policy.children.age_of_majority
    theirs = facts.cases.get(placement.subject, ())
    for case in theirs:
        years = _years(case.consent.date, facts.as_of)
        found += [
            Finding(kind=FindingKind.REVIEW, other=f"majority {person_mark(member.id)}")
            for member in case.household
            if member.age < of_age <= member.age + years
        ]
    threat = max((case.threat_level.rank for case in theirs), default=0)
    if threat:
        found.append(Finding(kind=FindingKind.THREAT, level=threat))
    found += [
        Finding(kind=FindingKind.EVENT, other=event.id, level=event.kind.level)
        for event in facts.breaches.get(placement.subject, ())
        if _still_stands(facts, n, event)
    ]
    return tuple({finding.key: finding for finding in found}.values())


def _still_stands(facts: Facts, n: int, event: Event) -> bool:
    """Whether an event is of late or of this placement; of both, once somebody has looked."""
    ago = (facts.as_of - event.on).days
    if ago < 0:
        return False
    recent = ago < facts.observer.policy.nightly.breach_days
    here = event.on >= facts.observer.in_force[n].start
    return (recent and here) if event.id in facts.looked_at else (recent or here)


def _read(register: Register, *, policy: Policy, geography: Geography, as_of: date) -> Facts:
    kept = register.entries(DocumentKind.NIGHT)
    epoch = register.epoch
    events = read_events(register.entries(DocumentKind.EVENT))
    actors = actors_on(events, as_of, policy.nightly)
    breaches: dict[str, tuple[Event, ...]] = {}
    for event in events:
        if not event.kind.of_actor:
            breaches[event.person] = (*breaches.get(event.person, ()), event)
    network = with_actors(register.network(), actors, as_of)
    alerts = read_alerts(register.entries(DocumentKind.ALERT))
    stored = register.placements()
    cases: dict[SubjectRef, tuple[Case, ...]] = {}
    entered = cases_of(register, geography)
    for case in entered:
        cases[case.subject] = (*cases.get(case.subject, ()), case)
    observer = observe(
        register,
        policy=policy,
        geography=geography,
        as_of=as_of,
        network=network,
        placed=[s.placement for s in stored],
        cases=entered,
    )
    return Facts(
        epoch=epoch,
        as_of=as_of,
        observer=observer,
        network=network,
        stored=stored,
        ids=ids_in_force(observer, stored),
        present=_presences(observer),
        cases=cases,
        breaches=breaches,
        actors=actors,
        networks={s.batch: s.content_hash for s in register.snapshots() if s.until is None},
        leavers=implied_leavers((s.placement for s in stored), entered),
        judged=_judged(register, as_of),
        last=NightState.from_bytes(kept[STATE_KEY]) if STATE_KEY in kept else None,
        alerts=alerts,
        looked_at=frozenset(
            a.other for a in alerts.values() if a.kind is FindingKind.EVENT and a.by
        ),
    )


def _presences(observer: Observer) -> dict[str, tuple[float, str]]:
    present = observer.present
    gang = dict(zip(present.actors, observer.graph.gangs_of(present.actors), strict=True))
    return {
        f"{actor} {observer.geography.codes[site]}": (strength, gang[actor])
        for actor, site, strength in zip(
            present.actors, present.site.tolist(), present.strength.tolist(), strict=True
        )
    }


def _judged(register: Register, as_of: date) -> str:
    # Who is cleared of being unknown, or noted so, is looked at every night for everybody.
    held = (
        (entry.kind.value, entry.a, entry.b, entry.day.isoformat())
        for entry in judgements_in_force(register, as_of)
        if entry.kind in (JudgementKind.PEACE, JudgementKind.DEFECTION, JudgementKind.MERGE)
    )
    return _digest(*(part for entry in held for part in entry))


def _digest(*parts: str) -> str:
    return content_hash(part.encode() for part in parts)[:16]


def _years(since: date, today: date) -> int:
    return max(0, today.year - since.year - ((today.month, today.day) < (since.month, since.day)))
