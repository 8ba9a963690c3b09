"""A plain second look at who must keep apart, from the rows of the files alone.

Shares nothing with `graph/` or `cases/`: no enumeration of paths, no arrays, only groups,
their rivalries and who left them. What it finds is a part of what the engine must keep.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import Grade, TieKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TieRow:
    """One row of ``ties.csv`` as far as groups are concerned; severity is 1 where blank."""

    a: str
    b: str
    kind: TieKind
    grade: Grade
    last_seen: date
    ended: date | None
    severity: float
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A municipality as far as distance is concerned; its seat in degrees."""

    code: str
    longitude: float
    latitude: float
    labour_market: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalPair:
    """Two people of rival groups and how surely, by the group level alone, they are hostile."""

    a: str
    b: str
    hostility: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparationCount:
    """How many rival pairs there are, how many demand a distance and how many lack it."""

    pairs: int
    demanding: int
    too_near: int


def rival_pairs(
    people: Iterable[str], rows: Iterable[TieRow], *, as_of: date, policy: Policy
) -> tuple[RivalPair, ...]:
    """Pairs of `people` who belong or belonged to groups that are rivals by `rows`.

    Parameters
    ----------
    people
        The protected; usually those who left a group.
    rows
        Reports. One that is younger than `as_of` does not exist.

    Returns
    -------
    tuple of RivalPair
        Sorted; the hostility of a pair joins all pairs of rival groups behind it.
    """
    wanted = set(people)
    known = [row for row in rows if row.last_seen <= as_of]
    belonging: dict[tuple[str, str, bool], list[TieRow]] = defaultdict(list)
    rivalry: dict[tuple[str, str], list[TieRow]] = defaultdict(list)
    for row in known:
        if row.kind is TieKind.MEMBERSHIP and row.a in wanted:
            past = row.ended is not None and row.ended <= as_of
            belonging[row.a, row.b, past].append(row)
        elif row.kind is TieKind.RIVALRY:
            rivalry[min(row.a, row.b), max(row.a, row.b)].append(row)
    factor = policy.ties.membership.bond_factor
    assert factor is not None
    members: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for (person, group, _), reports in sorted(belonging.items()):
        members[group].append((person, factor * _strength(reports, as_of, policy)))
    nothing: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    for (one, other), reports in sorted(rivalry.items()):
        feud = _strength(reports, as_of, policy)
        for a, of_one in members[one]:
            for b, of_other in members[other]:
                if a != b:
                    nothing[min(a, b), max(a, b)] *= 1 - of_one * feud * of_other
    return tuple(
        RivalPair(a=a, b=b, hostility=1 - miss) for (a, b), miss in sorted(nothing.items())
    )


def separations_kept(
    pairs: Sequence[RivalPair],
    lives: Mapping[str, str],
    towns: Mapping[str, Town],
    borders: frozenset[frozenset[str]],
    *,
    policy: Policy,
) -> SeparationCount:
    """Check each pair of which both are placed against the distance that it demands.

    Parameters
    ----------
    lives
        Person to the code of her municipality.
    borders
        Pairs of codes that touch.
    """
    both = [pair for pair in pairs if pair.a in lives and pair.b in lives]
    demanding = 0
    near = 0
    steps = tuple(
        zip(
            policy.separation.hostility,
            policy.separation.kilometres,
            policy.separation.other_labour_market,
            strict=True,
        )
    )
    for pair in both:
        step = next((s for s in steps if pair.hostility >= s[0]), None)
        if step is None:
            continue
        demanding += 1
        here, there = towns[lives[pair.a]], towns[lives[pair.b]]
        if (
            here.code == there.code
            or frozenset((here.code, there.code)) in borders
            or great_circle_km(here, there) < step[1]
            or (step[2] and here.labour_market == there.labour_market)
        ):
            near += 1
    return SeparationCount(pairs=len(both), demanding=demanding, too_near=near)


def great_circle_km(a: Town, b: Town) -> float:
    """Distance on a sphere of 6,371 km, by the haversine formula."""
    south, north = math.radians(a.latitude), math.radians(b.latitude)
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south)
        * math.cos(north)
        * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(half))


def _strength(reports: Sequence[TieRow], as_of: date, policy: Policy) -> float:
    """Reports of one tie: strongest within an origin, then independent origins."""
    best: dict[str, float] = {}
    for row in reports:
        numbers = policy.ties.of(row.kind)
        months = (as_of - row.last_seen).days / DAYS_PER_MONTH
        faded = 0.5 ** (months / numbers.half_life_months) if numbers.half_life_months else 1.0
        c = policy.grading.quality(row.grade) * (numbers.floor + (1 - numbers.floor) * faded)
        origin = row.origin or f"blank {row.grade.source}"
        best[origin] = max(best.get(origin, 0.0), row.severity * c)
    return 1 - math.prod(1 - c for c in best.values())
