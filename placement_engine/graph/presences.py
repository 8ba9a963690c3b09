"""Where groups and people are known to be: graded, decayed and combined as ties are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from math import prod

import numpy as np

from placement_engine.intelligence import Network
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import SOURCES, Grade, MunicipalityCode


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceAt:
    """One actor in one municipality: strength in (0, 1] and the day of the latest report."""

    actor: str
    municipality: MunicipalityCode = field(repr=False)
    strength: float
    is_group: bool
    latest: date


def presences_of(network: Network, *, as_of: date, policy: Policy) -> tuple[PresenceAt, ...]:
    """All presences on a day, by actor and municipality.

    Reports of one actor in one municipality by one source letter count once, the strongest;
    different letters combine as ``1 - prod(1 - s)``.
    """
    seen, today, numbers = network.presences, as_of.toordinal(), policy.ties.presence
    joined: dict[tuple[int, int], dict[int, float]] = {}
    latest: dict[tuple[int, int], int] = {}
    quality = {
        (source, information): policy.grading.quality(Grade(letter, information))
        for source, letter in enumerate(SOURCES)
        for information in range(1, 7)
    }
    counted = (seen.last_seen <= today) & ~((seen.ended > 0) & (seen.ended <= today))
    # Plain numbers: one by one out of an array takes several times as long.
    rows = np.flatnonzero(counted)
    columns = (seen.actor, seen.municipality, seen.source, seen.information, seen.last_seen)
    told = zip(*(column[rows].tolist() for column in (*columns, seen.strength)), strict=True)
    for actor, code, source, information, last_seen, reported in told:
        age = (today - last_seen) / DAYS_PER_MONTH
        faded = 2.0 ** (-age / numbers.half_life_months) if numbers.half_life_months else 1.0
        strength = reported * quality[source, information]
        strength *= numbers.floor + (1 - numbers.floor) * faded
        key = (actor, code)
        by_source = joined.setdefault(key, {})
        by_source[source] = max(by_source.get(source, 0.0), strength)
        latest[key] = max(latest.get(key, 0), last_seen)
    return tuple(
        PresenceAt(
            actor=network.nodes[actor],
            municipality=MunicipalityCode(f"{code:04d}"),
            strength=1 - prod(1 - s for s in by_source.values()),
            is_group=bool(network.is_group[actor]),
            latest=date.fromordinal(latest[actor, code]),
        )
        for (actor, code), by_source in sorted(joined.items())
        if any(by_source.values())
    )
