"""What the documents of the nightly recheck hold.

No body has a field for where anybody is, nor for who stands on the other side of a
collision: an alert's id is what owners speak of it by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from placement_engine.proposal.outcome import Notice
from placement_engine.vocabulary import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTie:
    """One tie on the path behind a change: what it is and how well it is known."""

    kind: str
    past: bool
    grade: str
    age_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NightChange:
    """One change at one placement.

    ``alert`` is null for what is only told, such as a review. ``risk`` is the person's own
    share as told before and now, a chance per year rounded up to two digits, null below
    MEDEL: the risk of one pair would tell how far away the other lives. The path is told
    from the person outwards, without anybody's id.
    """

    alert: str | None
    owner: str
    change: str
    finding: str
    urgency: str
    triggers: tuple[str, ...]
    level_before: int
    level_after: int
    risk_before: float | None
    risk_after: float | None
    path: tuple[PathTie, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightCounts:
    """How many changes of each kind."""

    new: int
    worse: int
    better: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCount:
    """How many alerts of one main reason code and urgency wait for somebody."""

    code: str
    urgency: str
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesBody:
    """The fewest moves that bring everybody below the ceiling, or that there are none.

    ``status`` is ``none_needed``, ``as_told``, ``proposed``, ``no_safe_placement`` or
    ``undecided``; ``as_told`` where nothing changed for those over the ceiling. Where more
    might move than fit in one question it is ``proposed_in_part`` or ``undecided_in_part``,
    and ``left_out`` tells how many over the ceiling were not in it. Who moves is told by
    alert id; where to, by ``placement propose`` of the owner's own case.
    """

    status: str
    affected: int
    left_out: int
    moves: int | None
    lower_bound: int | None
    proved_fewest: bool
    to_other_region: int
    owners: tuple[str, ...]
    witnessed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NightBody:
    """What one night has told.

    ``expired`` is of how many people the time for which data are kept has run out since the
    night before; ``placement register review`` lists them.
    """

    number: int
    as_of: date
    full: bool
    checked: int
    of: int
    computed: int
    counts: NightCounts
    changes: tuple[NightChange, ...]
    repeated: int
    escalated: int
    expired: int
    waiting: tuple[AlertCount, ...]
    moves: MovesBody
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert as its owner sees it."""

    id: str
    owner: str
    finding: str
    urgency: str
    state: str
    triggers: tuple[str, ...]
    raised: date
    told: date
    times: int
    acknowledged_by: str
    acknowledged_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsBody:
    """Alerts by id, the most urgent first."""

    alerts: tuple[AlertRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBody:
    """One alert, with the subject of the owner's own placement."""

    alert: AlertRow
    subject: str
    level_before: int
    level_after: int
    band: Annotated[Band, Field(description="of the person's own share as last told")]
    reach: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBody:
    """An event was entered."""

    event: str
    kind: str
    on: date
    notices: tuple[Notice, ...]
