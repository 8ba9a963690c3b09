"""What people enter by hand: a breach of a subject's own, where a threat actor will be.

Here is what an event is and what it says of where threat actors are. The night and a
proposal read it alike, so that neither overlooks a release that the other has seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from placement_engine.intelligence import Network
from placement_engine.intelligence.network import PRESENCE_TYPES
from placement_engine.policy import Nightly
from placement_engine.register import DocumentKind, Register


class EventKind(StrEnum):
    """Kinds of event; the last three are of a threat actor."""

    VISIT = "visit"
    PHOTO = "photo"
    RELAPSE = "relapse"
    CONTACT = "contact"
    LEAK = "leak"
    OTHER = "other"
    RELEASED = "released"
    MOVED = "moved"
    ARRESTED = "arrested"

    @property
    def of_actor(self) -> bool:
        """Whether it is about a threat actor and not about a placed person."""
        return self in (EventKind.RELEASED, EventKind.MOVED, EventKind.ARRESTED)

    @property
    def level(self) -> int:
        """2 where others may know the place now, 1 otherwise; 0 for actors."""
        if self.of_actor:
            return 0
        return 2 if self in (EventKind.PHOTO, EventKind.VISIT, EventKind.LEAK) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: of whom, what, when; for a threat actor who is out, where."""

    id: str
    person: str = field(repr=False)
    kind: EventKind
    on: date
    municipality: str | None = field(default=None, repr=False)
    note: str = field(default="", repr=False)


def stored_events(register: Register) -> tuple[Event, ...]:
    """All events by day and id."""
    return read_events(register.entries(DocumentKind.EVENT))


def read_events(entries: Mapping[str, bytes]) -> tuple[Event, ...]:
    """Events from the register's entries, by day and id."""
    events = []
    for key, payload in entries.items():
        told: dict[str, Any] = json.loads(payload)
        events.append(
            Event(
                id=key,
                person=told["person"],
                kind=EventKind(told["kind"]),
                on=date.fromisoformat(told["on"]),
                municipality=told["municipality"],
                note=told["note"],
            )
        )
    return tuple(sorted(events, key=lambda event: (event.on, event.id)))


def actors_on(
    events: Iterable[Event], as_of: date, numbers: Nightly
) -> dict[str, tuple[Event, ...]]:
    """What counts of each threat actor on a day: the last event day, and what is at hand.

    Returns
    -------
    dict
        By actor: the events of the last day up to `as_of`, then those of the notice days
        after it. Events of one day stand beside each other.
    """
    told: dict[str, list[Event]] = {}
    for event in events:
        if event.kind.of_actor and (event.on - as_of).days <= numbers.actor_notice_days:
            told.setdefault(event.person, []).append(event)
    counted = {}
    for person, entered in told.items():
        last = max((event.on for event in entered if event.on <= as_of), default=as_of)
        kept = sorted((e for e in entered if e.on >= last), key=lambda e: (e.on, e.id))
        counted[person] = tuple(kept)
    return counted


def with_actors(network: Network, counted: Mapping[str, tuple[Event, ...]], as_of: date) -> Network:
    """The network with these actors where their events say.

    An event takes an actor away from where he was seen up to its day, and not before that
    day: what is to come only adds a place, as nobody has left a place before he leaves it.
    A sighting after the event stays, for he may be out again.

    Parameters
    ----------
    counted
        As `actors_on` tells; actors whom the network does not know are passed over.
    """
    index = {node: n for n, node in enumerate(network.nodes)}
    told = {index[person]: events for person, events in counted.items() if person in index}
    if not told:
        return network
    seen, today = network.presences, as_of.toordinal()
    left = np.zeros(len(seen), dtype=np.bool_)
    rows: list[tuple[int, int, float, int, int, int, int]] = []
    for actor, events in sorted(told.items()):
        gone = max((e.on.toordinal() for e in events if e.on <= as_of), default=0)
        left |= (seen.actor == actor) & (seen.last_seen <= gone)
        rows += [
            (actor, int(e.municipality), 1.0, 0, 1, min(today, e.on.toordinal()), 0)
            for e in events
            if e.municipality is not None
        ]
    columns = {
        name: np.concatenate(
            [getattr(seen, name)[~left], np.array([row[n] for row in rows], dtype=kind)]
        )
        for n, (name, kind) in enumerate(PRESENCE_TYPES.items())
    }
    return replace(network, presences=type(seen)(**columns))


def network_on(register: Register, *, as_of: date, numbers: Nightly) -> Network:
    """What the register has in force, with threat actors where their events say."""
    events = stored_events(register)
    return with_actors(register.network(), actors_on(events, as_of, numbers), as_of)
