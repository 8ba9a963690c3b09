"""People of a synthetic world: members, relatives, and those who are protected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.geo import Geography
from placement_engine.testing.gangs import Gangs
from placement_engine.testing.ties import Calendar, IntColumn
from placement_engine.vocabulary import PersonRole, ProtectionCategory

ROLES: tuple[PersonRole, ...] = tuple(PersonRole)
"""Roles in the order of their codes in `People.role`."""
CATEGORIES: tuple[ProtectionCategory, ...] = tuple(ProtectionCategory)
"""Categories in the order of their codes in `People.category`."""
CATEGORY_SHARES = (0.72, 0.13, 0.09, 0.06)
RELATIVE_SHARE = 0.20
OUTSIDER_SHARE = 0.10
LEAVERS_ACTIVITY = 0.4
"""How often the protected turn up beside others: most were on the edge before they left."""
ACTORS_PER_GROUP = 2.0
"""Threat actors in a group of average size."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """P persons; the S protected come first, the placed among them before the new.

    Parameters
    ----------
    role
        (P,) codes of `ROLES`.
    group
        (P,) group number each belongs or belonged to, -1 for none.
    home
        (P,) site index of the municipality that knows the person.
    birth_year
        (P,) years, 0 where nobody knows.
    activity
        (P,) how often each turns up in intelligence; long-tailed.
    category
        (S,) codes of `CATEGORIES`.
    left
        (P,) day ordinal after which nothing more is seen of a person; for the protected
        the day they left or were threatened, for all others the world's last day.
    anchor
        (P,) the person around whom a relative's family gathers, -1 for others.
    """

    role: IntColumn
    group: IntColumn
    home: IntColumn
    birth_year: IntColumn
    activity: NDArray[np.float64]
    category: IntColumn
    left: IntColumn
    anchor: IntColumn

    def __len__(self) -> int:
        return len(self.role)

    @property
    def subjects(self) -> IntColumn:
        """Numbers of the protected."""
        return np.arange(len(self.category))

    def with_role(self, role: PersonRole) -> IntColumn:
        """Numbers of the persons in a role."""
        return np.flatnonzero(self.role == ROLES.index(role))

    @property
    def defectors(self) -> IntColumn:
        """Numbers of the protected who left a group."""
        return np.flatnonzero(self.category == CATEGORIES.index(ProtectionCategory.DEFECTOR))


def populate(
    rng: np.random.Generator,
    geography: Geography,
    gangs: Gangs,
    calendar: Calendar,
    *,
    persons: int,
    placed: int,
    new: int,
    new_from_one_region: bool = False,
) -> People:
    """Draw `persons` people, `placed` + `new` of them protected.

    With `new_from_one_region` the new are all defectors from the gangs of the region that
    has the most rivalries, as after an operation that makes many leave at once.
    """
    subjects = placed + new
    relatives = round(RELATIVE_SHARE * persons)
    outsiders = round(OUTSIDER_SHARE * persons)
    role = np.full(persons, ROLES.index(PersonRole.MEMBER), dtype=np.int64)
    role[:subjects] = ROLES.index(PersonRole.SUBJECT)
    role[subjects : subjects + relatives] = ROLES.index(PersonRole.RELATIVE)
    role[subjects + relatives : subjects + relatives + outsiders] = ROLES.index(PersonRole.OTHER)
    members = np.flatnonzero(role == ROLES.index(PersonRole.MEMBER))

    category = rng.choice(len(CATEGORIES), size=subjects, p=CATEGORY_SHARES)
    if new_from_one_region:
        category[placed:] = CATEGORIES.index(ProtectionCategory.DEFECTOR)
    group = np.full(persons, -1, dtype=np.int64)
    group[members] = rng.choice(len(gangs), size=len(members), p=gangs.weight)
    for seat in range(min(3, len(members) // len(gangs))):  # no group of fewer than three
        group[members[seat * len(gangs) : (seat + 1) * len(gangs)]] = np.arange(len(gangs))
    group[:subjects] = _groups_of_subjects(rng, gangs, category)
    if new_from_one_region:
        fiercest = np.bincount(gangs.region[gangs.rivals[:, 0]]).argmax()
        choice = np.flatnonzero((gangs.region == fiercest) & ~gangs.honour)
        group[placed:subjects] = rng.choice(choice, size=new)

    activity = rng.lognormal(0.0, 1.0, size=persons)
    activity[:subjects] *= LEAVERS_ACTIVITY
    threatening = _actors(rng, gangs, members, group, activity)
    role[threatening] = ROLES.index(PersonRole.THREAT_ACTOR)

    anchor = np.full(persons, -1, dtype=np.int64)
    anchor[subjects : subjects + relatives] = _anchors(rng, subjects, members, relatives)
    home = _homes(rng, geography, gangs, group)
    related = np.flatnonzero(anchor >= 0)
    home[related] = home[anchor[related]]

    left = np.full(persons, calendar.today, dtype=np.int64)
    left[:placed] -= rng.integers(60, 1826, size=placed)
    left[placed:subjects] -= rng.integers(10, 400, size=new)

    year = 1 + calendar.today // 365.2425
    born = year - rng.integers(17, 42, size=persons)
    born[related] = year - rng.integers(1, 75, size=len(related))
    birth_year = np.where(rng.random(persons) < 0.6, born, 0).astype(np.int64)
    return People(
        role=role,
        group=group,
        home=home,
        birth_year=birth_year,
        activity=activity,
        category=category.astype(np.int64),
        left=left,
        anchor=anchor,
    )


def _groups_of_subjects(
    rng: np.random.Generator, gangs: Gangs, category: NDArray[np.int64]
) -> IntColumn:
    """Defectors left a gang, the honour cases flee from a family, a few others knew a gang."""
    honour = gangs.honour
    # Few dare to leave the largest gangs, so leavers spread more evenly than members.
    gang = np.sqrt(gangs.weight) * ~honour
    kin = gangs.weight * honour if honour.any() else gangs.weight
    count = len(category)
    from_gangs = rng.choice(len(gangs), size=count, p=gang / gang.sum())
    from_kin = rng.choice(len(gangs), size=count, p=kin / kin.sum())
    defector = category == CATEGORIES.index(ProtectionCategory.DEFECTOR)
    fled = category == CATEGORIES.index(ProtectionCategory.HONOUR)
    return np.where(defector, from_gangs, np.where(fled, from_kin, -1)).astype(np.int64)


def _actors(
    rng: np.random.Generator,
    gangs: Gangs,
    members: IntColumn,
    group: IntColumn,
    activity: NDArray[np.float64],
) -> IntColumn:
    """A few of each group, more in a larger one; who orders violence is seldom seen at crimes."""
    lot = rng.random(len(members)) * np.sqrt(activity[members])
    order = members[np.lexsort((lot, group[members]))]
    rank = np.arange(len(order)) - np.searchsorted(group[order], group[order], side="left")
    quota = np.maximum(1, np.rint(ACTORS_PER_GROUP * gangs.weight * len(gangs))).astype(np.int64)
    chosen = order[rank < quota[group[order]]]
    return chosen[rng.random(len(chosen)) < 0.9]


def _anchors(
    rng: np.random.Generator, subjects: int, members: IntColumn, relatives: int
) -> IntColumn:
    """Whose family each relative belongs to: every second protected person's, then members'."""
    family = np.where(rng.random(subjects) < 0.55, rng.integers(1, 4, size=subjects), 0)
    of_subjects = np.repeat(np.arange(subjects), family)[:relatives]
    rest = relatives - len(of_subjects)
    pool = members if len(members) else np.arange(max(1, subjects))
    return np.concatenate([of_subjects, np.sort(rng.choice(pool, size=rest))])


def _homes(
    rng: np.random.Generator, geography: Geography, gangs: Gangs, group: IntColumn
) -> IntColumn:
    """Two in three live where their group has its home, the others near it."""
    people = np.array([place.population for place in geography.municipalities], dtype=np.float64)
    home = rng.choice(len(people), size=len(group), p=people / people.sum())
    for number in range(len(gangs)):
        own = np.flatnonzero(group == number)
        near = people * np.exp(-geography.crow_m[gangs.home[number]] / 25_000.0)
        moved = rng.choice(len(near), size=len(own), p=near / near.sum())
        home[own] = np.where(rng.random(len(own)) < 0.67, gangs.home[number], moved)
    return home.astype(np.int64)
