"""Messages from owner to owner about one alert, so that neither learns the other's case.

The program carries what the two write and adds nothing of its own: no id, no place, no name.
A message ends after a time, and the next one that is sent removes what has ended.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from placement_engine.errors import InvalidInput, UnknownReference
from placement_engine.register import journal
from placement_engine.register.contents import read_framed
from placement_engine.register.desk import Desk
from placement_engine.register.documents import DocumentKind
from placement_engine.register.vault import Reading

MAX_BYTES = 4000
"""Bytes of one message in UTF-8."""
MAX_DAYS = 90
"""No message is kept for longer."""
_ID_SIZE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    Parameters
    ----------
    own
        Whether the reader wrote it; the writer is not named otherwise.
    """

    alert: str
    own: bool
    sent: datetime
    expires: datetime
    text: str = field(repr=False)


def send(desk: Desk, alert: str, text: str, *, days: int) -> None:
    """Write to the other owner about an alert.

    Parameters
    ----------
    days
        After how many days the message ends.

    Raises
    ------
    InvalidInput
        The text is empty or too long, or the time out of range.
    UnknownReference
        There is no such alert.
    """
    content = text.strip()
    if not content or len(content.encode()) > MAX_BYTES:
        raise InvalidInput(
            f"A message has between 1 and {MAX_BYTES} bytes.", unchanged="Nothing was sent."
        )
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"A message lasts 1 to {MAX_DAYS} days.", unchanged="Nothing was sent.")
    now = desk.now()
    assert desk.session is not None
    told = {
        "alert": alert,
        "by": desk.session.actor.who,
        "sent": now.isoformat(timespec="seconds"),
        "expires": (now + timedelta(days=days)).isoformat(timespec="seconds"),
        "text": content,
    }
    with desk.change("send_message") as change:
        if alert not in _alerts(change):
            raise UnknownReference("There is no such alert.", unchanged="Nothing was sent.")
        ended = [
            key
            for key, payload in journal.entries(change, DocumentKind.MESSAGE).items()
            if datetime.fromisoformat(json.loads(payload)["expires"]) <= now
        ]
        key = f"{alert}/{change.entropy(_ID_SIZE).hex()}"
        payload = json.dumps(told, ensure_ascii=False).encode()
        journal.put(change, DocumentKind.MESSAGE, {key: payload}, removed=ended)
    if ended:
        desk.vault.scrub()


def read(desk: Desk, alert: str) -> tuple[Message, ...]:
    """What was written about an alert and has not ended, in the order of time.

    Raises
    ------
    UnknownReference
        There is no such alert.
    """
    now = desk.now()
    assert desk.session is not None
    with desk.read("messages") as state:
        if alert not in _alerts(state):
            raise UnknownReference("There is no such alert.")
        thread = {alert, _other_side(state, alert)}
        told = map(json.loads, journal.entries(state, DocumentKind.MESSAGE).values())
        found = [
            Message(
                alert=alert,
                own=row["by"] == desk.session.actor.who,
                sent=datetime.fromisoformat(row["sent"]),
                expires=datetime.fromisoformat(row["expires"]),
                text=row["text"],
            )
            for row in told
            if row["alert"] in thread
        ]
    return tuple(sorted((m for m in found if m.expires > now), key=lambda m: (m.sent, m.text)))


def _other_side(state: Reading, alert: str) -> str:
    """Id of the alert that the other owner has; the own one where there is no other."""
    try:
        told = json.loads(journal.entries(state, DocumentKind.ALERT)[alert])
    except ValueError:  # an alert that somebody else has written
        return alert
    return str(told.get("partner") or alert) if isinstance(told, dict) else alert


def _alerts(state: Reading) -> set[str]:
    """Ids of all alerts; nothing else of them is opened."""
    beginnings = state.beginnings(DocumentKind.ALERT)
    return {read_framed(beginning).facts["key"] for _, beginning in beginnings}
