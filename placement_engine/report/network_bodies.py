"""Documents on the network itself: what is known of whom, why, and what was judged.

No body here has a field for a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from placement_engine.proposal.outcome import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementBody:
    """A judgement that was just recorded; its reason is in the register alone."""

    kind: str
    a: str
    b: str
    day: date
    decided_by: str
    revoked: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementRow:
    """One entry of the log of judgements."""

    key: str
    kind: str
    a: str
    b: str
    day: date
    decided_by: str
    revoked: bool
    in_force: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementsBody:
    """The log of judgements in the order in which they were made."""

    judgements: tuple[JudgementRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """How much is known of one protected person.

    ``floor`` tells that the band is held up, ``noted`` that too little was known when a
    proposal was made, ``cleared`` that a named analyst has cleared that.
    """

    id: str
    graded_ties: int
    latest: date | None
    months: int | None
    floor: bool
    noted: bool
    cleared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageBody:
    """Everybody whom the register protects, those of whom least is known first."""

    minimum_graded_ties: int
    unknown: int
    people: tuple[CoverageRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """Two parties and the last act between them; a threat runs from `a` to `b`."""

    a: str
    b: str
    kind: str
    last: date
    heat: float
    hot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatBody:
    """Fresh conflicts and threats, the hottest first, and how many reports a code withholds."""

    enmities: tuple[HeatRow, ...]
    withheld: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieCount:
    """How many reports of one kind of tie."""

    kind: str
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EgoRow:
    """One tie of somebody; what is coded for handling has neither grade nor strength nor age."""

    other: str
    kind: str
    past: bool
    enmity: bool
    protected: bool
    strength: float | None
    grade: str | None
    months: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkBody:
    """What the register knows of one person or group: ties, numbers and ages, no places."""

    id: str
    aliases: tuple[str, ...]
    graded_ties: int
    latest: date | None
    ties: tuple[TieCount, ...]
    edges: tuple[EgoRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One report of a tie: its source, or only that it is protected."""

    source: str | None
    grade: str | None
    months: int | None
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRow:
    """One tie of a path, its strength on the day, and the grade of the best report.

    Where a report is coded for handling, ``protected`` is true and what could tell of it is
    null. ``implied`` is a defection that nobody reported: the person is protected.
    """

    a: str
    b: str
    kind: str
    past: bool
    implied: bool
    protected: bool
    strength: float | None
    grade: str | None
    months: int | None
    sources: tuple[SourceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRow:
    """One path of ties that carries hostility, and the same in a sentence."""

    probability: float
    sentence: str
    edges: tuple[EdgeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRow:
    """How much is known of one side of a pair, and how old the latest of it is."""

    id: str
    graded_ties: int
    latest: date | None
    months: int | None
    unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsBody:
    """Why two are held to be hostile, best path first."""

    a: str
    b: str
    h_max: float
    h_or: float
    reunion: float
    coverage: tuple[SideRow, SideRow]
    paths: tuple[PathRow, ...]
    notices: tuple[Notice, ...]
