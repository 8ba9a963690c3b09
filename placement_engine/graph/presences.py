"""Where groups and people are known to be: graded, decayed and combined as ties are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

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
    for row in np.flatnonzero(seen.last_seen <= today):
        if 0 < seen.ended[row] <= today:
            continue
        source = int(seen.source[row])
        quality = policy.grading.quality(Grade(SOURCES[source], int(seen.information[row])))
        age = (today - int(seen.last_seen[row])) / DAYS_PER_MONTH
        faded = 2.0 ** (-age / numbers.half_life_months) if numbers.half_life_months else 1.0
        strength = (
            float(seen.strength[row]) * quality * (numbers.floor + (1 - numbers.floor) * faded)
        )
        key = (int(seen.actor[row]), int(seen.municipality[row]))
        by_source = joined.setdefault(key, {})
        by_source[source] = max(by_source.get(source, 0.0), strength)
        latest[key] = max(latest.get(key, 0), int(seen.last_seen[row]))
    return tuple(
        PresenceAt(
            actor=network.nodes[actor],
            municipality=MunicipalityCode(f"{code:04d}"),
            strength=float(1 - np.prod([1 - s for s in by_source.values()])),
            is_group=bool(network.is_group[actor]),
            latest=date.fromordinal(latest[actor, code]),
        )
        for (actor, code), by_source in sorted(joined.items())
        if any(by_source.values())
    )
