"""Acts of violence as evidence: an event is a report of enmity between its two parties.

An event becomes a tie whose origin is the event, so that an event that is told twice counts
once.
"""

from __future__ import annotations

from placement_engine.intelligence.table import (
    Table,
    Unreadable,
    an_id,
    municipality,
    one_of,
)
from placement_engine.vocabulary import EventKind, TieKind

EVENT_COLUMNS = (
    ("event_id", "kind", "date", "a", "b", "source", "information"),
    ("municipality",),
)
"""Required and optional columns of ``events.csv``."""
EVENT_ORIGIN = "event:"
"""What the origin of a tie begins with that an event is the evidence of."""

_EVENTS = tuple(EventKind)
_TOLD = {"last_seen": "date", "origin": "event_id"}


def tie_kind(event: EventKind) -> TieKind:
    """The enmity that an event is evidence of: a threat runs from `a` to `b`.

    Examples
    --------
    >>> tie_kind(EventKind.SHOOTING)
    <TieKind.CONFLICT: 'conflict'>
    """
    threats = (EventKind.THREAT, EventKind.EXTORTION)
    return TieKind.THREAT if event in threats else TieKind.CONFLICT


def ties_of_events(events: Table, codes: frozenset[str]) -> Table:
    """The ties that a table of events is evidence of; its faults keep the names of its columns."""
    kinds = events.parse("kind", one_of(_EVENTS))
    origins = events.parse("event_id", _origin)
    known = municipality(codes)
    events.parse("municipality", lambda text: known(text) if text else "")
    columns = {name: events.columns[name] for name in ("a", "b", "source", "information")}
    return Table(
        file=events.file,
        readable=events.readable,
        lines=events.lines,
        columns={
            **columns,
            "kind": [tie_kind(_EVENTS[kind or 0]) for kind in kinds],
            "last_seen": events.columns["date"],
            "origin": [origin or "" for origin in origins],
        },
        faults=events.faults,
        told={**events.told, **{name: events.told.get(t, t) for name, t in _TOLD.items()}},
    )


def _origin(event_id: str) -> str:
    an_id(event_id)
    if len(EVENT_ORIGIN) + len(event_id) > 64:
        raise Unreadable(f"must be at most {64 - len(EVENT_ORIGIN)} characters")
    return EVENT_ORIGIN + event_id
