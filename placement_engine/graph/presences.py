"""Where groups and people are known to be: graded, decayed and combined as ties are."""

from __future__ import annotations

import math
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
    known = (seen.last_seen <= today) & ~((seen.ended > 0) & (seen.ended <= today))
    source, information, last = (
        column[known] for column in (seen.source, seen.information, seen.last_seen)
    )
    quality = np.array(
        [[policy.grading.quality(Grade(letter, n)) for n in range(1, 7)] for letter in SOURCES]
    )[source, information - 1]
    age = (today - last) / DAYS_PER_MONTH
    faded = 2.0 ** (-age / numbers.half_life_months) if numbers.half_life_months else 1.0
    strength = seen.strength[known] * quality * (numbers.floor + (1 - numbers.floor) * faded)
    joined: dict[tuple[int, int], dict[int, float]] = {}
    latest: dict[tuple[int, int], int] = {}
    columns = (seen.actor[known], seen.municipality[known], source, strength, last)
    for actor, code, letter, one, day in zip(*(c.tolist() for c in columns), strict=True):
        by_source = joined.setdefault((actor, code), {})
        by_source[letter] = max(by_source.get(letter, 0.0), one)
        latest[actor, code] = max(latest.get((actor, code), 0), day)
    return tuple(
        PresenceAt(
            actor=network.nodes[actor],
            municipality=MunicipalityCode(f"{code:04d}"),
            strength=1 - math.prod(1 - s for s in by_source.values()),
            is_group=bool(network.is_group[actor]),
            latest=date.fromordinal(latest[actor, code]),
        )
        for (actor, code), by_source in sorted(joined.items())
        if any(by_source.values())
    )
