"""Alerts: who must look, until somebody has. One for each owner's placement and finding.

An alert has a random id and knows its own side only: no field that is shown tells who or
where the other is. The two sides of one collision know each other's alert id, sealed, so
that the register can carry a message from one owner to the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from placement_engine.errors import UnknownReference
from placement_engine.nightly.finding import (
    Change,
    ChangeKind,
    FindingKind,
    Trigger,
    Urgency,
)
from placement_engine.policy import Nightly
from placement_engine.register import DocumentKind, Register


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert.

    Parameters
    ----------
    id
        Random; the only name under which it is spoken of.
    owner
        The handling unit of the placement, empty where none is on record.
    subject, placement, other
        Sealed: the owner's own person, the placement's id and what it collides with.
        Whoever erases the subject finds the alert by it.
    partner
        Id of the alert of the other side, empty where there is none.
    before, after
        Level of the finding as it was and as it is, 0 for none.
    raised, told, times
        Since when somebody must look, the last day it was told, and how often.
    by, on
        Who has acknowledged it, and when.
    """

    id: str
    owner: str
    subject: str = field(default="", repr=False)
    placement: str = field(repr=False)
    kind: FindingKind
    other: str = field(repr=False)
    partner: str = field(default="", repr=False)
    state: AlertState
    urgency: Urgency
    triggers: tuple[Trigger, ...]
    before: int
    after: int
    raised: date
    told: date
    times: int = 1
    by: str = ""
    on: date | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody must still look."""
        return self.state in (AlertState.OPEN, AlertState.ESCALATED)

    def is_due(self, as_of: date, numbers: Nightly) -> bool:
        """Whether it is red, waits, and was last told long enough ago to be told again.

        A night of a wrong day that lies ahead makes nobody wait for that day.
        """
        waited = not 0 <= (as_of - self.told).days < numbers.repeat_days
        return self.waits and self.urgency is Urgency.RED and waited

    def told_on(self, as_of: date, numbers: Nightly) -> Alert:
        """The same, told once more; escalated where it has waited for long."""
        raised = min(self.raised, as_of)
        late = self.urgency is Urgency.RED and (as_of - raised).days >= numbers.escalate_days
        state = AlertState.ESCALATED if late else self.state
        return replace(self, raised=raised, told=as_of, times=self.times + 1, state=state)

    def to_bytes(self) -> bytes:
        """The sealed document."""
        told = {name: getattr(self, name) for name in _PLAIN}
        days = {"raised": self.raised, "told": self.told, "on": self.on}
        told |= {name: day.isoformat() if day else None for name, day in days.items()}
        return json.dumps({"version": 1, **told, "triggers": list(self.triggers)}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Alert:
        """The alert that `to_bytes` wrote."""
        told: dict[str, Any] = json.loads(data)
        return cls(
            **{
                **{name: told[name] for name in _PLAIN},
                "kind": FindingKind(told["kind"]),
                "state": AlertState(told["state"]),
                "urgency": Urgency(told["urgency"]),
                "triggers": tuple(Trigger(code) for code in told["triggers"]),
                "raised": date.fromisoformat(told["raised"]),
                "told": date.fromisoformat(told["told"]),
                "on": date.fromisoformat(told["on"]) if told["on"] else None,
            }
        )


_PLAIN = (
    "id", "owner", "subject", "placement", "kind", "other", "partner", "state", "urgency", "before",
    "after", "times", "by",
)  # fmt: skip


def read_alerts(entries: Mapping[str, bytes]) -> dict[str, Alert]:
    """Alerts by id from the register's entries."""
    return {key: Alert.from_bytes(payload) for key, payload in entries.items()}


def advance(
    alerts: Mapping[str, Alert],
    changes: Iterable[Change],
    *,
    owners: Mapping[str, str],
    subjects: Mapping[str, str],
    as_of: date,
    numbers: Nightly,
    entropy: Callable[[int], bytes],
) -> dict[str, Alert]:
    """The alerts that this night makes or changes, by id.

    What is new or worse raises an alert or raises its own again; what is better lowers it;
    what is gone closes it; a red one that nobody has acknowledged is told again and
    escalates, however often it changes meanwhile. Run again on the same day with the same
    facts it changes nothing.

    Parameters
    ----------
    owners, subjects
        Owner and person of each placement in force, by its id.
    """
    live = {
        (a.placement, a.kind, a.other): a
        for a in alerts.values()
        if a.state is not AlertState.CLOSED
    }
    changed: dict[str, Alert] = {}
    for change in changes:
        found = change.finding
        key = (change.placement, found.kind, found.other)
        known = live.get(key)
        if change.kind is ChangeKind.GONE:
            if known is not None:
                changed[known.id] = replace(known, state=AlertState.CLOSED, told=as_of, after=0)
        elif change.kind.is_bad and change.urgency is not Urgency.INFO:
            alert = _raised(known, change, owners, subjects, as_of, entropy)
            changed[alert.id] = alert if known is None else alert.told_on(as_of, numbers)
        elif change.kind is ChangeKind.BETTER and known is not None:
            changed[known.id] = _as_found(known, change)
    for alert in {**alerts, **changed}.values():
        if alert.state is AlertState.CLOSED:
            continue
        if alert.placement not in owners:
            changed[alert.id] = replace(alert, state=AlertState.CLOSED, told=as_of, after=0)
        elif alert.is_due(as_of, numbers):
            changed[alert.id] = alert.told_on(as_of, numbers)
    return _partnered(alerts, changed)


def acknowledge(register: Register, alert_id: str, *, by: str, on: date) -> Alert:
    """Take an alert on; the night is silent about it until it gets worse.

    Raises
    ------
    UnknownReference
        There is no such alert, or it waits for nobody.
    """
    alerts = read_alerts(register.entries(DocumentKind.ALERT))
    alert = find(alerts, alert_id)
    if not alert.waits:
        raise UnknownReference(
            "The alert waits for nobody: it is acknowledged or closed.",
            unchanged="Nothing was written.",
            do="See: placement alerts list.",
        )
    taken = replace(alert, state=AlertState.ACKNOWLEDGED, by=by, on=on)
    register.put_entries(DocumentKind.ALERT, {alert.id: taken.to_bytes()})
    return taken


def find(alerts: Mapping[str, Alert], alert_id: str) -> Alert:
    """One alert by its id; raises `UnknownReference` if there is none."""
    if alert_id not in alerts:
        raise UnknownReference(
            "There is no such alert.",
            unchanged="Nothing was written.",
            do="See: placement alerts list.",
        )
    return alerts[alert_id]


def _raised(
    known: Alert | None,
    change: Change,
    owners: Mapping[str, str],
    subjects: Mapping[str, str],
    as_of: date,
    entropy: Callable[[int], bytes],
) -> Alert:
    found = change.finding
    if known is not None:
        known = _as_found(known, change)
        if known.waits:  # it has waited since it was raised first
            return known
        return replace(known, state=AlertState.OPEN, raised=as_of, by="", on=None)
    return Alert(
        id=entropy(8).hex(),
        owner=owners[change.placement],
        subject=subjects[change.placement],
        placement=change.placement,
        kind=found.kind,
        other=found.other,
        state=AlertState.OPEN,
        urgency=change.urgency,
        triggers=change.triggers,
        before=0 if change.before is None else change.before.level,
        after=found.level,
        raised=as_of,
        told=as_of,
    )


def _as_found(alert: Alert, change: Change) -> Alert:
    """The alert of a finding that stands at another level, or is another risk."""
    before = 0 if change.before is None else change.before.level
    return replace(
        alert,
        urgency=change.finding.urgency,
        triggers=change.triggers,
        before=before,
        after=change.finding.level,
    )


def _partnered(alerts: Mapping[str, Alert], changed: Mapping[str, Alert]) -> dict[str, Alert]:
    """The two sides of each collision learn each other's alert id."""
    live = {
        (a.placement, a.kind, a.other): a
        for a in {**alerts, **changed}.values()
        if a.state is not AlertState.CLOSED
    }
    paired = dict(changed)
    for (placement, kind, other), alert in live.items():
        mirror = live.get((other, kind, placement))
        if mirror is not None and alert.partner != mirror.id:
            paired[alert.id] = replace(alert, partner=mirror.id)
    return paired
