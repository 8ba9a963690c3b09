"""The nightly recheck: read, look, compare, tell; written in one change of the register.

Killed before that change, nothing has happened and the next run does it all; killed after
it, everything has, and the next run finds nothing new. There is nothing in between.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from placement_engine.errors import StaleProposal
from placement_engine.geo import Geography
from placement_engine.graph import RivalGraph
from placement_engine.nightly.ageing import FOREVER, days_until_better
from placement_engine.nightly.alerts import Alert, advance
from placement_engine.nightly.changes import by_urgency, compare
from placement_engine.nightly.drift import Drift
from placement_engine.nightly.executor import Executor, Progress, Serial, look_at
from placement_engine.nightly.facts import (
    TRIES,
    Facts,
    dated_findings,
    gather,
    person_digest,
    person_mark,
    place_digest,
)
from placement_engine.nightly.finding import (
    DATED,
    Change,
    Finding,
    FindingKind,
    Look,
    Urgency,
)
from placement_engine.nightly.looks import looks_of
from placement_engine.nightly.scope import rows_to_look_at, same_terms
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.nightly.state import STATE_KEY, NightState, Standing
from placement_engine.nightly.triggers import Causes, attributed
from placement_engine.policy import Policy
from placement_engine.provenance import ENGINE_VERSION
from placement_engine.register import DocumentKind, Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one night has told.

    Parameters
    ----------
    number
        1 for the first night of the register.
    total, looked_at
        Placements in force, and how many of them were computed anew; the others are known
        to be as they were.
    changes
        The most urgent first.
    alerts
        Those raised, told again or closed this night, by id.
    seconds
        Time of each stage.
    causes
        What the changes are explained with; for reports of this night.
    """

    number: int
    as_of: date
    full: bool
    total: int
    looked_at: int
    changes: tuple[Change, ...]
    alerts: Mapping[str, Alert]
    seconds: Mapping[str, float]
    state: NightState = field(repr=False)
    causes: Causes = field(repr=False)
    facts: Facts = field(repr=False)

    @property
    def is_silent(self) -> bool:
        """Whether nothing is new or worse."""
        return not any(
            change.kind.is_bad and change.urgency is not Urgency.INFO for change in self.changes
        )


def recheck(
    register: Register,
    *,
    policy: Policy,
    geography: Geography,
    as_of: date,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
    full: bool = False,
    executor: Executor | None = None,
    progress: Progress = lambda _done, _of: None,
    before_writing: Callable[[Night], None] = lambda _night: None,
) -> Night:
    """Look at every placement in force again and tell what has changed.

    Parameters
    ----------
    full
        Compute all anew, whether anything has changed or not. The answer is the same.
    clock
        Seconds, for the share of each stage.
    entropy
        Random bytes, for the ids of new alerts.
    before_writing
        Called with the night before it is written down: what takes long and must not be lost
        is done there, for if it is cut short the next run does the night again. It is called
        again where somebody changes the register meanwhile.

    Raises
    ------
    RegisterUnavailable, IntegrityBroken
        As their names say; nothing was written.
    """
    with register.desk.acting("recheck"):
        for attempt in range(TRIES):
            night = look(
                register,
                policy=policy,
                geography=geography,
                as_of=as_of,
                clock=clock,
                entropy=entropy,
                full=full,
                executor=executor or Serial(),
                progress=progress,
            )
            before_writing(night)
            try:
                _write(register, night)
            except StaleProposal:  # somebody has acknowledged or imported: look again
                if attempt == TRIES - 1:
                    raise
                continue
            return night
    raise AssertionError("unreachable")


def look(
    register: Register,
    *,
    policy: Policy,
    geography: Geography,
    as_of: date,
    clock: Callable[[], float],
    entropy: Callable[[int], bytes],
    full: bool,
    executor: Executor,
    progress: Progress,
) -> Night:
    """The night without writing it down; parameters as in `recheck`."""
    times = [clock()]
    facts = gather(register, policy=policy, geography=geography, as_of=as_of)
    times.append(clock())
    snapshot = Snapshot.of(facts.observer)
    scope = rows_to_look_at(register, facts, snapshot, full=full)
    times.append(clock())
    rows = look_at(
        executor,
        snapshot,
        scope.rows,
        progress=progress,
    )
    times.append(clock())
    looks = looks_of(facts.observer, facts.ids, rows)
    facts.observer.keep_shares(
        {n: looks[key].share for n, key in enumerate(facts.ids) if key in looks}
    )
    changes, standings = _compared(facts, snapshot, looks, scope.moved)
    causes = _causes(facts, standings, scope.before)
    told = by_urgency(attributed(changes, causes))
    state = _state(facts, standings)
    alerts = advance(
        facts.alerts,
        told,
        owners=facts.owners(),
        subjects=causes.subjects,
        as_of=as_of,
        numbers=policy.nightly,
        entropy=entropy,
    )
    times.append(clock())
    stages = ("read", "scope", "look", "compare")
    return Night(
        number=state.number,
        as_of=as_of,
        full=full,
        total=len(facts.ids),
        looked_at=len(rows.row),
        changes=told,
        alerts=alerts,
        seconds={
            stage: after - before
            for stage, before, after in zip(stages, times, times[1:], strict=False)
        },
        state=state,
        causes=causes,
        facts=facts,
    )


def _compared(
    facts: Facts, snapshot: Snapshot, looks: Mapping[str, Look], moved: Drift
) -> tuple[list[Change], dict[str, Standing]]:
    before = facts.last.standings if facts.last else {}
    numbers = facts.observer.policy.nightly
    changes: list[Change] = []
    standings: dict[str, Standing] = {}
    for n, placement in enumerate(facts.ids):
        last = before.get(placement)
        seen = looks.get(placement)
        if seen is not None:
            found = seen.findings
        elif last is not None:
            found = tuple(f for f in last.findings if f.kind not in DATED)
        else:
            raise AssertionError("a new placement was not looked at")
        changed, told = compare(
            placement,
            last.findings if last else (),
            (*found, *dated_findings(facts, n)),
            numbers,
        )
        changes += changed
        if seen is not None:
            standings[placement] = _looked_at(facts, snapshot, n, seen, told)
        elif last is not None:
            standings[placement] = replace(
                last,
                findings=told,
                gain=last.gain + int(moved.gain[n]),
                loss=last.loss + int(moved.loss[n]),
            )
    return changes, standings


def _looked_at(
    facts: Facts, snapshot: Snapshot, n: int, seen: Look, told: tuple[Finding, ...]
) -> Standing:
    """How a placement stands that was looked at tonight."""
    numbers, today = facts.observer.policy.nightly, facts.as_of.toordinal()
    marks = {finding.key: finding.risk for finding in told}
    lasting = [FOREVER]
    for finding, days in zip(seen.findings, seen.days, strict=True):
        lasting.append(days)
        if finding.kind not in (FindingKind.RISK, FindingKind.UNKNOWN):
            rate = float(snapshot.rates.sum())
            lasting.append(days_until_better(finding.risk, marks[finding.key], numbers, rate))
    return Standing(
        place=place_digest(facts, n),
        person=person_digest(facts, n),
        share=seen.share,
        sure=seen.sure,
        parts=seen.parts,
        since=today,
        # A level lasts through the last of its days; the look is due on the next.
        due=today + min(lasting) + 1,
        gain=0,
        loss=0,
        findings=told,
    )


def _causes(facts: Facts, standings: Mapping[str, Standing], before: RivalGraph | None) -> Causes:
    last = facts.last
    old: Mapping[str, Standing] = last.standings if last else {}
    moved = {
        key
        for key in {*old, *standings}
        if key not in old or key not in standings or old[key].place != standings[key].place
    }
    persons = {key for key in old if key in standings and old[key].person != standings[key].person}
    present = facts.present
    was = last.present if last else {}
    return Causes(
        first=last is None,
        moved=frozenset(moved),
        persons=frozenset(persons),
        present=frozenset(
            key
            for key in {*present, *was}
            if key not in was or key not in present or present[key][0] > was[key][0] + 1e-9
        ),
        leavers=facts.other_leavers(),
        terms=last is not None and not same_terms(facts, last),
        judged=last is not None and last.judged != facts.judged,
        now=facts.observer.graph,
        before=before,
        subjects={s.id.hex(): str(s.placement.subject) for s in facts.stored},
        homes={s.id.hex(): facts.observer.household(s.placement.subject) for s in facts.stored},
    )


def _state(facts: Facts, standings: Mapping[str, Standing]) -> NightState:
    number = 1
    if facts.last is not None:
        number = facts.last.number + (facts.as_of != facts.last.as_of)
    return NightState(
        number=number,
        as_of=facts.as_of,
        policy=facts.observer.policy.hash,
        geography=facts.observer.geography.content_hash,
        program=ENGINE_VERSION,
        networks=facts.networks,
        judged=facts.judged,
        leavers=tuple(sorted(map(person_mark, facts.leavers))),
        present=facts.present,
        standings=standings,
    )


def _write(register: Register, night: Night) -> None:
    summary = {
        "version": 1,
        "number": night.number,
        "as_of": night.as_of.isoformat(),
        "checked": night.total,
        "of": night.total,
        "changes": dict(sorted(Counter(change.kind.value for change in night.changes).items())),
    }
    log = f"night {night.as_of.isoformat()}"
    if not night.changes:
        kept = register.entries(DocumentKind.NIGHT)
        if log in kept:
            summary["changes"] = json.loads(kept[log])["changes"]
    entries: dict[DocumentKind, Mapping[str, bytes]] = {
        DocumentKind.NIGHT: {
            STATE_KEY: night.state.to_bytes(),
            log: json.dumps(summary, sort_keys=True).encode(),
        }
    }
    if night.alerts:  # to write any, all that there are must be opened
        entries[DocumentKind.ALERT] = {k: alert.to_bytes() for k, alert in night.alerts.items()}
    register.put_all(
        entries,
        seen=night.facts.epoch,
    )
