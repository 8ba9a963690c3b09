"""Entering what the night must know: a breach of one's own, a threat actor's move.

An event is a document under a random key. Who it is about stands in the sealed document
alone, never on a command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import date

from placement_engine.cases.events import Event, EventKind
from placement_engine.errors import InvalidInput, UnknownReference
from placement_engine.register import DocumentKind, Register

SCHEMA = "placement_engine/event"
VERSION = 1
MAX_TEXT = 500
_FIELDS = frozenset(
    {"schema", "version", "subject", "actor", "kind", "date", "municipality", "note"}
)


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
        known = any(
            s.placement.subject == event.person
            and (s.placement.end is None or s.placement.end > event.on)
            for s in register.placements()
        )
    if not known:
        raise UnknownReference(
            "The event is about somebody who is not known here.",
            unchanged="Nothing was written.",
            do="Check the id: a subject must be placed then or later, an actor stand in the "
            "network. For somebody of a household name the one who is placed.",
        )
    register.put_entries(DocumentKind.EVENT, {event.id: _written(event)})
    return event


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
