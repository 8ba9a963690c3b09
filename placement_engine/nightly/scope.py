"""Which placements a night must look at, so that it costs what changed and not what exists.

A placement is left alone only where it is certain that everything told of it is as it was
told: nothing but ageing has touched its pairs, its share has not reached a mark, and no
level can have fallen yet. The answer is the same as that of a full night.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from placement_engine.cases.households import household_scores
from placement_engine.cases.standing import graph_of, standing
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network, TieColumns
from placement_engine.nightly.ageing import better_at, worse_at
from placement_engine.nightly.drift import Drift, drift
from placement_engine.nightly.facts import (
    Facts,
    person_digest,
    person_mark,
    place_digest,
)
from placement_engine.nightly.finding import FindingKind
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.nightly.state import NightState, Standing
from placement_engine.problem import IntArray, micronats_array
from placement_engine.provenance import ENGINE_VERSION
from placement_engine.register import Register

SAME = 1e-9
"""Strengths that differ by less are the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """The placements to look at.

    Parameters
    ----------
    rows
        Row numbers, rising.
    before
        What was known the last night, aged to this day; None if the same is known now, or
        it is not kept any more.
    moved
        How far the shares of the others can have moved since the last night.
    """

    rows: IntArray
    before: RivalGraph | None
    moved: Drift


def rows_to_look_at(register: Register, facts: Facts, snapshot: Snapshot, *, full: bool) -> Scope:
    """The placements of which anything may have to be told that was not told before."""
    everyone = Scope(
        rows=np.arange(snapshot.placements, dtype=np.int64),
        before=None,
        moved=Drift.none(snapshot.placements),
    )
    last = facts.last
    if last is None:
        return everyone
    then = facts.network
    if dict(last.networks) != dict(facts.networks):
        kept = register.network_as_it_was(last.networks)
        if kept is None:
            return everyone
        then = kept
    known = as_it_was_known(then, last.as_of, facts.as_of)
    before = None
    people = {str(s.placement.subject) for s in facts.stored} | {str(p) for p in facts.cases}
    named = {person_mark(person): person for person in people}
    if not set(last.leavers) <= set(named):  # somebody was erased
        return everyone
    leavers = frozenset(named[mark] for mark in last.leavers)
    if known is not facts.network or leavers != facts.leavers:
        policy, as_of = facts.observer.policy, facts.as_of
        before = graph_of(
            standing(register, policy=policy, as_of=as_of, network=known),
            policy=policy,
            as_of=as_of,
            leavers=leavers,
            like=facts.observer.graph,
        )
    everyone = replace(everyone, before=before)
    if full or not _comparable(facts, last):
        return everyone
    moved = _moved(facts, last, snapshot, before)
    if moved is None:
        return everyone
    look = moved.look.copy()
    for n, key in enumerate(facts.ids):
        if not look[n]:
            told = last.standings[key]
            look[n] = (
                told.due <= facts.as_of.toordinal()
                or bool(snapshot.unknown[n])
                != any(f.kind is FindingKind.UNKNOWN for f in told.findings)
                or _may_pass_a_mark(facts, snapshot, told, int(moved.gain[n]), int(moved.loss[n]))
            )
    return Scope(rows=np.flatnonzero(look), before=before, moved=moved)


def as_it_was_known(network: Network, then: date, now: date) -> Network:
    """What of a network was known on an earlier day; itself if that is all of it.

    A tie that has ended since had not ended then, and a report from since was not there.
    """
    day, today = then.toordinal(), now.toordinal()
    ties = network.ties
    known = (ties.last_seen <= day) & (ties.first_seen <= day)
    came = ~known & (ties.last_seen <= today) & (ties.first_seen <= today)
    ended = (ties.ended > day) & (ties.ended <= today) & known
    if not came.any() and not ended.any():
        return network
    columns = {f.name: getattr(ties, f.name)[known] for f in fields(TieColumns)}
    columns["ended"] = np.where(ended[known], 0, columns["ended"])
    return replace(network, ties=TieColumns(**columns))


def same_terms(facts: Facts, last: NightState) -> bool:
    """Whether the last night had the same policy, geography and program."""
    return (last.policy, last.geography, last.program) == (
        facts.observer.policy.hash,
        facts.observer.geography.content_hash,
        ENGINE_VERSION,
    )


def _comparable(facts: Facts, last: NightState) -> bool:
    """Whether the last night rests on the same terms, and every household is as it was."""
    return (
        last.as_of <= facts.as_of
        and same_terms(facts, last)
        and last.judged == facts.judged
        and all(
            last.standings[key].person == person_digest(facts, n)
            and last.standings[key].place == place_digest(facts, n)
            for n, key in enumerate(facts.ids)
            if key in last.standings
        )
    )


def _moved(
    facts: Facts, last: NightState, snapshot: Snapshot, before: RivalGraph | None
) -> Drift | None:
    new = np.array([key not in last.standings for key in facts.ids], dtype=np.bool_)
    stored = {s.id.hex(): s for s in facts.stored}
    lost = set(last.standings) - set(facts.ids)
    if not lost <= set(stored):  # removed for good: where it was is not known any more
        return None
    moved = drift(facts, snapshot, before=before, new=new, gone=[stored[key] for key in lost])
    if moved is None:
        return None
    for n, key in enumerate(facts.ids):
        if key in last.standings:
            findings = last.standings[key].findings
            moved.look[n] |= any(finding.other in lost for finding in findings)
    _near_changed_presences(facts, last, snapshot, before, moved)
    return moved


def _near_changed_presences(
    facts: Facts, last: NightState, snapshot: Snapshot, before: RivalGraph | None, moved: Drift
) -> None:
    """Mark whoever a gang can reach of whose presence something is not as it was."""
    now, life = facts.present, facts.observer.policy.ties.presence.half_life_months
    days = (facts.as_of - last.as_of).days
    faded = 2.0 ** (-days / 30.4375 / life) if life else 1.0
    changed = {
        key
        for key in {*now, *last.present}
        if key not in now
        or key not in last.present
        or now[key][1] != last.present[key][1]
        or not (last.present[key][0] * faded - SAME <= now[key][0] <= last.present[key][0] + SAME)
    }
    if not changed:
        return
    told: list[Mapping[str, tuple[float, str]]] = [now, last.present]
    gangs = {present[key][1] for present in told for key in changed if key in present}
    observer = facts.observer
    homes = [observer.household(p.subject) for p in observer.in_force]
    keys = sorted({key for present in told for key, (_, gang) in present.items() if gang in gangs})
    actors = [(key.rpartition(" ")[0],) for key in keys]
    sites = [observer.geography.index[key.rpartition(" ")[2]] for key in keys]  # type: ignore[index]
    reach = snapshot.exposure[np.ix_(snapshot.site, np.array(sites, dtype=np.int64))]
    for graph in (observer.graph, before or observer.graph):
        met = household_scores(graph, homes, actors).h_or * reach
        moved.look[micronats_array(met).sum(axis=1) > 0] = True
    moved.gain[:] += len(keys)
    moved.loss[:] += len(keys)


def _may_pass_a_mark(
    facts: Facts, snapshot: Snapshot, told: Standing, gain: int, loss: int
) -> bool:
    """Whether the share may have reached a level or a ratio at which it is told anew."""
    numbers = facts.observer.policy.nightly
    bands = (snapshot.bands + np.array([0, 0, 1])).tolist()
    risk = next((f for f in told.findings if f.kind is FindingKind.RISK), None)
    highest = told.share + told.gain + gain
    if risk is None:
        return bool(highest >= bands[0])
    if highest >= worse_at(risk.risk, numbers) - 1:
        return True
    if risk.level < len(bands) and highest >= bands[risk.level]:
        return True
    days = facts.as_of.toordinal() - told.since
    faded = math.exp(-days * float(snapshot.rates.sum()))
    lowest = told.sure * faded - told.parts / 2 - told.loss - loss - 1
    if days == 0 and not (told.loss or loss):
        lowest = told.share
    return bool(lowest <= better_at(risk.risk, numbers) or lowest < bands[risk.level - 1])
