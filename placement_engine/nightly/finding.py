"""The words of the night: what is found at a placement, and what has changed since last."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FindingKind(StrEnum):
    """What is wrong at a placement."""

    PLACED = "placed"
    """Another protected person lives nearer than the hostility between them allows."""
    PROVIDER = "provider"
    """One care provider houses two who collide, wherever its houses are."""
    ACTOR = "threat_actor"
    """A named threat actor is nearer than allowed."""
    PRESENCE = "presence"
    """A hostile group is present nearer than allowed."""
    RISK = "risk"
    """The person's own share of risk stands in band MEDEL or HÖG, or over the ceiling."""
    UNKNOWN = "unknown"
    """Too little is on record for the risk to be judged low."""
    EVENT = "event"
    """Something that the person did or that happened to her, such as a visit or a photo."""
    REVIEW = "review"
    """The placement's review is due, or somebody of the household has come of age."""
    THREAT = "threat_level"
    """The threat level of the person's case; told only where it is raised or lowered."""

    @property
    def number(self) -> int:
        """Its number in arrays."""
        return tuple(FindingKind).index(self)


KINDS = tuple(FindingKind)
"""Kinds by their number."""
DATED = frozenset({FindingKind.EVENT, FindingKind.REVIEW, FindingKind.THREAT})
"""What the calendar, cases and events say: looked at every night for everybody."""


class ChangeKind(StrEnum):
    """What has become of a finding since the last night."""

    NEW = "new"
    WORSE = "worse"
    BETTER = "better"
    GONE = "gone"

    @property
    def is_bad(self) -> bool:
        """Whether somebody must look at it."""
        return self in (ChangeKind.NEW, ChangeKind.WORSE)


class Trigger(StrEnum):
    """Why something has changed; the reason codes of a night."""

    NEIGHBOUR = "T1"
    CONFLICT = "T2"
    ALLIANCE = "T3"
    ACTOR = "T4"
    PRESENCE = "T5"
    BREACH = "T6"
    SOURCE = "T7"
    PERSON = "T8"
    REVIEW = "T9"
    TERMS = "T10"
    PROVIDER = "T11"


class Urgency(StrEnum):
    """How soon somebody must look, least first."""

    INFO = "info"
    AMBER = "amber"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for info, 1 for amber, 2 for red."""
        return tuple(Urgency).index(self)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing that is wrong at one placement.

    Parameters
    ----------
    kind
        What it is.
    other
        With whom or what: id of the other placement, an actor and its municipality, or
        the key of an event; empty where nobody else takes part. Never shown to an owner.
    level
        1 and up, the worse the higher: for pairs the step of separation that is broken,
        highest last; for `RISK` the band, and one above it over the ceiling.
    risk
        Its part of the person's own share, in micro-nats; the share itself for `RISK`.
    """

    kind: FindingKind
    other: str = field(default="", repr=False)
    level: int = 1
    risk: int = 0

    @property
    def key(self) -> tuple[FindingKind, str]:
        """What makes it the same finding from night to night."""
        return self.kind, self.other

    @property
    def urgency(self) -> Urgency:
        """How soon somebody must look as long as it stands."""
        if self.kind in (FindingKind.REVIEW, FindingKind.UNKNOWN):
            return Urgency.INFO
        return Urgency.RED if self.level >= RED_LEVEL[self.kind] else Urgency.AMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one night has seen of one placement.

    Parameters
    ----------
    placement
        Its random id in the register, as hex.
    share
        Own share of risk in micro-nats.
    findings
        By kind and other.
    sure, parts
        How far ageing can lower the share, as in `check.Rows`.
    days
        For how many days ageing alone cannot lower the level of each finding.
    """

    placement: str
    share: int
    findings: tuple[Finding, ...]
    sure: int = field(default=0, compare=False)
    parts: int = field(default=0, compare=False)
    days: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One finding that is not what it was.

    Parameters
    ----------
    before, after
        The finding as it was last told and as it is; None where there is none.
    triggers
        Why, the first one first.
    """

    placement: str
    kind: ChangeKind
    before: Finding | None
    after: Finding | None
    triggers: tuple[Trigger, ...] = ()

    @property
    def finding(self) -> Finding:
        """The finding as it is, or as it was if it is gone."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change is of something")
        return found

    @property
    def urgency(self) -> Urgency:
        """How soon somebody must look."""
        return self.finding.urgency if self.kind.is_bad else Urgency.INFO


RED_LEVEL = {
    FindingKind.PLACED: 2,
    FindingKind.PROVIDER: 1,
    FindingKind.ACTOR: 2,
    FindingKind.PRESENCE: 2,
    FindingKind.RISK: 3,
    FindingKind.EVENT: 2,
    FindingKind.REVIEW: 9,
    FindingKind.UNKNOWN: 9,
    FindingKind.THREAT: 9,
}
"""From which level a finding is red; 9 is never."""
