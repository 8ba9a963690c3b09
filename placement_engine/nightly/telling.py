"""From a night to the documents that people read; the last place that knows both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from placement_engine.nightly.alerts import Alert, AlertState
from placement_engine.nightly.finding import Change, ChangeKind, FindingKind
from placement_engine.nightly.moves import Moves
from placement_engine.nightly.recheck import Night
from placement_engine.nightly.state import NightState, Standing
from placement_engine.nightly.triggers import path_of
from placement_engine.proposal.compose import coarse_risk
from placement_engine.proposal.outcome import Notice
from placement_engine.report.night_bodies import (
    AlertBody,
    AlertCount,
    AlertRow,
    AlertsBody,
    MovesBody,
    NightBody,
    NightChange,
    NightCounts,
    PathTie,
)
from placement_engine.vocabulary import Band

PATHS = 200
"""Changes whose path is looked up, the most urgent first; a first night has thousands."""


def night_body(night: Night, moves: Moves, *, notices: tuple[Notice, ...]) -> NightBody:
    """What one night has told."""
    alerts = {**night.facts.alerts, **night.alerts}
    live = {
        (a.placement, a.kind, a.other): a
        for a in sorted(alerts.values(), key=lambda a: a.state is not AlertState.CLOSED)
    }
    kinds = Counter(change.kind for change in night.changes)
    told = [a for a in night.alerts.values() if a.waits and a.raised < a.told == night.as_of]
    owners = night.facts.owners()
    return NightBody(
        number=night.number,
        as_of=night.as_of,
        full=night.full,
        checked=night.total,
        of=night.total,
        computed=night.looked_at,
        counts=NightCounts(
            new=kinds[ChangeKind.NEW],
            worse=kinds[ChangeKind.WORSE],
            better=kinds[ChangeKind.BETTER],
            gone=kinds[ChangeKind.GONE],
        ),
        changes=tuple(
            _change(night, change, live, owners, told_path=n < PATHS)
            for n, change in enumerate(night.changes)
        ),
        repeated=len(told),
        escalated=sum(a.state is AlertState.ESCALATED for a in told),
        expired=night.facts.expired(),
        waiting=waiting(alerts),
        moves=_moves(moves, owners),
        notices=notices,
    )


def waiting(alerts: Mapping[str, Alert]) -> tuple[AlertCount, ...]:
    """How many alerts wait for somebody, by main reason code and urgency."""
    counts = Counter((a.triggers[0].value, a.urgency.value) for a in alerts.values() if a.waits)
    return tuple(
        AlertCount(code=code, urgency=urgency, alerts=count)
        for (code, urgency), count in sorted(counts.items())
    )


def alerts_body(
    alerts: Mapping[str, Alert], *, everything: bool, notices: tuple[Notice, ...]
) -> AlertsBody:
    """Alerts that are not closed, or all; the most urgent first."""
    shown = [a for a in alerts.values() if everything or a.state is not AlertState.CLOSED]
    shown.sort(key=lambda a: (-a.urgency.rank, not a.waits, a.raised, a.id))
    return AlertsBody(alerts=tuple(alert_row(a) for a in shown), notices=notices)


def alert_body(
    alert: Alert,
    state: NightState,
    *,
    notices: tuple[Notice, ...],
) -> AlertBody:
    """One alert for its owner."""
    standing = state.standings.get(alert.placement)
    return AlertBody(
        alert=alert_row(alert),
        subject=alert.subject,
        level_before=alert.before,
        level_after=alert.after,
        band=_band(standing),
        reach=alert.id if alert.partner else "",
        notices=notices,
    )


def alert_row(alert: Alert) -> AlertRow:
    """One alert without anything of the other side."""
    return AlertRow(
        id=alert.id,
        owner=alert.owner,
        finding=alert.kind.value,
        urgency=alert.urgency.value,
        state=alert.state.value,
        triggers=tuple(code.value for code in alert.triggers),
        raised=alert.raised,
        told=alert.told,
        times=alert.times,
        acknowledged_by=alert.by,
        acknowledged_on=alert.on,
    )


def _change(
    night: Night,
    change: Change,
    live: Mapping[tuple[str, FindingKind, str], Alert],
    owners: Mapping[str, str],
    *,
    told_path: bool,
) -> NightChange:
    found = change.finding
    alert = live.get((change.placement, found.kind, found.other))
    path = path_of(change, night.causes) if told_path else None
    ties = () if path is None else path.edges
    return NightChange(
        alert=alert.id if alert else None,
        owner=owners.get(change.placement, ""),
        change=change.kind.value,
        finding=found.kind.value,
        urgency=change.urgency.value,
        triggers=tuple(code.value for code in change.triggers),
        level_before=change.before.level if change.before else 0,
        level_after=change.after.level if change.after else 0,
        risk_before=_own_risk(night.facts.last, change.placement),
        risk_after=_own_risk(night.state, change.placement),
        path=tuple(
            PathTie(
                kind=tie.kind.value,
                past=tie.past,
                grade=str(tie.grade),
                age_months=round(tie.age_months),
            )
            for tie in ties
        ),
    )


def _own_risk(state: NightState | None, placement: str) -> float | None:
    """The person's own share as it is told after a night; None below MEDEL."""
    standing = state.standings.get(placement) if state else None
    told = standing.findings if standing else ()
    return next((coarse_risk(f.risk) for f in told if f.kind is FindingKind.RISK), None)


def _moves(moves: Moves, owners: Mapping[str, str]) -> MovesBody:
    moved = sorted({owners.get(key) or "–" for key in moves.movers or ()})
    return MovesBody(
        status=moves.status,
        affected=moves.affected,
        moves=None if moves.movers is None else len(moves.movers),
        left_out=moves.left_out,
        lower_bound=moves.bound if moves.affected and moves.whole else None,
        proved_fewest=moves.proved_fewest,
        to_other_region=moves.to_other_region,
        owners=tuple(moved),
        witnessed=moves.witnessed,
    )


def _band(standing: Standing | None) -> Band:
    """Band of the person's own share, as it was last told."""
    told = standing.findings if standing else ()
    level = next((f.level for f in told if f.kind is FindingKind.RISK), 0)
    return tuple(Band)[min(level, Band.HIGH.rank)]
