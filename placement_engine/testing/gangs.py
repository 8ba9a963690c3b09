"""Groups of a synthetic world: where they live, whom they fight and with whom they side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.geo import Geography
from placement_engine.testing.ties import Calendar, IntColumn, TrueTies
from placement_engine.vocabulary import Environment, GroupCategory, TieKind

RIVALRIES_PER_GROUP = 0.7
ALLIANCES_PER_GROUP = 0.4
ABROAD_SHARE = 0.12
"""Share of the alliances that cross a police region."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presences:
    """A true presences as columns of shape (A,): node, site index, strength, days."""

    actor: IntColumn
    site: IntColumn
    strength: NDArray[np.float64]
    began: IntColumn
    last: IntColumn
    ended: IntColumn

    def __len__(self) -> int:
        return len(self.actor)

    @classmethod
    def joined(cls, one: Presences, other: Presences) -> Presences:
        """Both, one after the other."""
        names = ("actor", "site", "strength", "began", "last", "ended")
        return cls(
            **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names}
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gangs:
    """G groups.

    Parameters
    ----------
    environment, category
        G words each.
    region
        (G,) police region of the home.
    home
        (G,) site index of the home municipality.
    weight
        (G,) relative size, summing to 1.
    rivals, allies
        (R, 2) and (L, 2) group numbers, true at some time within ten years.
    """

    environment: tuple[Environment, ...]
    category: tuple[GroupCategory, ...]
    region: IntColumn
    home: IntColumn
    weight: NDArray[np.float64]
    rivals: IntColumn
    allies: IntColumn

    def __len__(self) -> int:
        return len(self.home)

    @property
    def honour(self) -> NDArray[np.bool_]:
        """(G,) whether a group is a family that guards its honour."""
        return np.array([e is Environment.HONOUR for e in self.environment])


def found_gangs(rng: np.random.Generator, geography: Geography, groups: int) -> Gangs:
    """Found `groups` groups in at least three police regions, rivals being neighbours.

    Homes follow population and the police's designated areas; rivalries and nearly all
    alliances stay within a region and lean to the nearest.
    """
    places = geography.municipalities
    people = np.array([place.population for place in places], dtype=np.float64)
    marked = np.array([place.designated_areas_2025 for place in places], dtype=np.float64)
    police = np.asarray(geography.police_region, dtype=np.int64)
    pull = people * (1.0 + marked)
    by_region = np.bincount(police, weights=pull)
    order = np.argsort(-by_region, kind="stable")
    certain = order[: min(max(3, groups // 8), len(order), groups)]
    drawn = rng.choice(len(by_region), size=groups - len(certain), p=by_region / by_region.sum())
    region = np.concatenate([certain, drawn]).astype(np.int64)
    home = np.empty(groups, dtype=np.int64)
    for number, here in enumerate(region):
        chance = np.where(police == here, pull, 0.0)
        home[number] = rng.choice(len(places), p=chance / chance.sum())
    weight = rng.lognormal(0.0, 0.5, size=groups)
    environments = rng.choice(np.array([0, 1, 2]), size=groups, p=[0.86, 0.06, 0.08])
    environments[: len(certain)] = 0
    rivals, allies = _sides(rng, geography, region, home)
    return Gangs(
        environment=tuple(tuple(Environment)[int(e)] for e in environments),
        category=tuple(tuple(GroupCategory)[int(c)] for c in rng.integers(0, 4, size=groups)),
        region=region,
        home=home,
        weight=weight / weight.sum(),
        rivals=rivals,
        allies=allies,
    )


def _sides(
    rng: np.random.Generator, geography: Geography, region: IntColumn, home: IntColumn
) -> tuple[IntColumn, IntColumn]:
    """Rival pairs and allied pairs of groups, disjoint."""
    rivals: list[tuple[int, int]] = []
    allies: list[tuple[int, int]] = []
    for here in np.unique(region):
        members = np.flatnonzero(region == here)
        first, second = np.triu_indices(len(members), k=1)
        if len(first) == 0:
            continue
        crow = geography.crow_m[home[members[first]], home[members[second]]]
        nearness = np.exp(-crow / 60_000.0) + 1e-3
        wanted = max(1, round(RIVALRIES_PER_GROUP * len(members)))
        sided = min(len(first), wanted + round(ALLIANCES_PER_GROUP * len(members)))
        picks = rng.choice(len(first), size=sided, replace=False, p=nearness / nearness.sum())
        pairs = [(int(members[first[i]]), int(members[second[i]])) for i in picks]
        rivals += pairs[:wanted]
        allies += pairs[wanted:]
    taken = set(rivals) | set(allies)
    for _ in range(round(ABROAD_SHARE * len(allies))):
        a, b = sorted(int(x) for x in rng.choice(len(region), size=2, replace=False))
        if region[a] != region[b] and (a, b) not in taken:
            taken.add((a, b))
            allies.append((a, b))
    return (
        np.array(rivals, dtype=np.int64).reshape(-1, 2),
        np.array(allies, dtype=np.int64).reshape(-1, 2),
    )


def ties_between(
    rng: np.random.Generator, gangs: Gangs, calendar: Calendar, persons: int
) -> TrueTies:
    """Rivalries and alliances; group g is node ``persons + g``."""
    nodes = persons + len(gangs)
    rivalry = calendar.ties(
        rng,
        gangs.rivals[:, 0] + persons,
        gangs.rivals[:, 1] + persons,
        TieKind.RIVALRY,
        ended_share=0.05,
        severity=(0.6, 1.0),
    )
    alliance = calendar.ties(
        rng,
        gangs.allies[:, 0] + persons,
        gangs.allies[:, 1] + persons,
        TieKind.ALLIANCE,
        ended_share=0.15,
    )
    return TrueTies.joined([rivalry, alliance], nodes)


def settle_gangs(
    rng: np.random.Generator, geography: Geography, gangs: Gangs, calendar: Calendar, persons: int
) -> Presences:
    """Each group stands strong at home and weaker in up to four places near it."""
    actor: list[int] = []
    site: list[int] = []
    strength: list[float] = []
    for number in range(len(gangs)):
        home = int(gangs.home[number])
        near = np.exp(-geography.crow_m[home] / 40_000.0)
        near = near * np.sqrt([place.population for place in geography.municipalities])
        near[home] = 0.0
        others = rng.choice(
            len(near), size=int(rng.integers(1, 5)), replace=False, p=near / near.sum()
        )
        for place in (home, *(int(o) for o in others)):
            actor.append(persons + number)
            site.append(place)
            low, high = (0.6, 1.0) if place == home else (0.2, 0.8)
            strength.append(round(float(rng.uniform(low, high)), 2))
    return _dated(rng, calendar, actor, site, strength, ended_share=0.1)


def settle_actors(
    rng: np.random.Generator,
    geography: Geography,
    actors: IntColumn,
    homes: IntColumn,
    calendar: Calendar,
) -> Presences:
    """Each threat actor is seen at home, every fourth in a second place near it."""
    actor: list[int] = []
    site: list[int] = []
    strength: list[float] = []
    for person, home in zip(actors.tolist(), homes.tolist(), strict=True):
        places = [home]
        if rng.random() < 0.25:
            near = np.exp(-geography.crow_m[home] / 30_000.0)
            near[home] = 0.0
            places.append(int(rng.choice(len(near), p=near / near.sum())))
        for place in places:
            actor.append(person)
            site.append(place)
            strength.append(round(float(rng.uniform(0.3, 0.9)), 2))
    return _dated(rng, calendar, actor, site, strength, ended_share=0.15)


def _dated(
    rng: np.random.Generator,
    calendar: Calendar,
    actor: list[int],
    site: list[int],
    strength: list[float],
    *,
    ended_share: float,
) -> Presences:
    began, last = calendar.spells(rng, len(actor))
    over = rng.random(len(actor)) < ended_share
    return Presences(
        actor=np.array(actor, dtype=np.int64),
        site=np.array(site, dtype=np.int64),
        strength=np.array(strength, dtype=np.float64),
        began=began,
        last=last,
        ended=np.where(over, last, 0),
    )
