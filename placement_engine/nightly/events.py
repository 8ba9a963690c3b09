"""What people enter by hand for the night: a breach of one's own, a threat actor's move.

An event is a document under a random key. Who it is about stands in the sealed document
alone, never on a command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from placement_engine.errors import InvalidInput, UnknownReference
from placement_engine.intelligence import Network
from placement_engine.intelligence.network import PRESENCE_TYPES
from placement_engine.policy import Nightly
from placement_engine.register import DocumentKind, Register

SCHEMA = "placement_engine/event"
VERSION = 1
MAX_TEXT = 500
_FIELDS = frozenset(
    {"schema", "version", "subject", "actor", "kind", "date", "municipality", "note"}
)


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


def read_event(text: str | bytes, *, event_id: str, codes: Collection[str]) -> Event:
    """One event from its JSON document.

    Raises
    ------
    InvalidInput
        Names the field, never what stood there.
    """
    try:
        told = json.loads(text)
    except ValueError:
        raise _refused("it is not JSON") from None
    if not isinstance(told, dict) or not set(told) <= _FIELDS:
        raise _refused("it has fields that are not known")
    if told.get("schema") != SCHEMA or told.get("version") != VERSION:
        raise _refused(f"schema and version must be {SCHEMA} and {VERSION}")
    kind = _kind(told.get("kind"))
    named = [name for name in ("subject", "actor") if isinstance(told.get(name), str)]
    if named != (["actor"] if kind.of_actor else ["subject"]):
        raise _refused("it must name exactly one subject, or one actor for an actor's event")
    place = told.get("municipality")
    out = kind in (EventKind.RELEASED, EventKind.MOVED)
    if (place is not None) is not out or (out and place not in codes):
        raise _refused("municipality must be a known code for released and moved, and absent else")
    note = told.get("note", "")
    if not isinstance(note, str) or len(note) > MAX_TEXT:
        raise _refused(f"note must be text of at most {MAX_TEXT} characters")
    return Event(
        id=event_id,
        person=told[named[0]],
        kind=kind,
        on=_day(told.get("date")),
        municipality=place,
        note=note,
    )


def add_event(
    register: Register,
    text: str | bytes,
    *,
    codes: Collection[str],
    entropy: Callable[[int], bytes],
) -> Event:
    """Enter one event; the next night sees it.

    Raises
    ------
    InvalidInput, UnknownReference
        The document is wrong, or nobody of that id is placed or known; nothing is written.
    """
    event = read_event(text, event_id=entropy(8).hex(), codes=codes)
    if event.kind.of_actor:
        known = event.person in register.network().nodes
    else:
        known = any(s.placement.subject == event.person for s in register.placements())
    if not known:
        raise UnknownReference(
            "The event is about somebody who is not known here.",
            unchanged="Nothing was written.",
            do="Check the id: a subject must be placed, an actor stand in the network.",
        )
    register.put_entries(DocumentKind.EVENT, {event.id: _written(event)})
    return event


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


def actors_on(events: Iterable[Event], as_of: date, numbers: Nightly) -> dict[str, Event]:
    """The last event of each threat actor that counts on a day, those of tomorrow included."""
    last: dict[str, Event] = {}
    for event in events:
        if event.kind.of_actor and (event.on - as_of).days <= numbers.actor_notice_days:
            last[event.person] = event
    return last


def with_actors(network: Network, events: Mapping[str, Event], as_of: date) -> Network:
    """The network in which these actors are where their last event says, and nowhere else."""
    index = {node: n for n, node in enumerate(network.nodes)}
    told = [event for person, event in sorted(events.items()) if person in index]
    if not told:
        return network
    seen = network.presences
    elsewhere = np.isin(seen.actor, [index[event.person] for event in told])
    placed = [event for event in told if event.municipality is not None]
    today = as_of.toordinal()
    rows: Sequence[tuple[int, int, float, int, int, int, int]] = [
        (index[e.person], int(e.municipality or 0), 1.0, 0, 1, min(today, e.on.toordinal()), 0)
        for e in placed
    ]
    columns = {
        name: np.concatenate(
            [getattr(seen, name)[~elsewhere], np.array([row[n] for row in rows], dtype=kind)]
        )
        for n, (name, kind) in enumerate(PRESENCE_TYPES.items())
    }
    return replace(network, presences=type(seen)(**columns))


def _written(event: Event) -> bytes:
    return json.dumps(
        {
            "person": event.person,
            "kind": event.kind,
            "on": event.on.isoformat(),
            "municipality": event.municipality,
            "note": event.note,
        }
    ).encode()


def _kind(told: object) -> EventKind:
    try:
        return EventKind(str(told))
    except ValueError:
        raise _refused(f"kind must be one of {', '.join(EventKind)}") from None


def _day(told: object) -> date:
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        raise _refused("date must be YYYY-MM-DD") from None


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"The event was refused: {why}.",
        unchanged="Nothing was written.",
        do="Mend the document and run again.",
    )
