"""Who did what with whom: the true ties between the people of a synthetic world."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from placement_engine.testing.gangs import Gangs
from placement_engine.testing.people import CATEGORIES, People
from placement_engine.testing.ties import Calendar, IntColumn, TrueTies, code_of
from placement_engine.vocabulary import PersonRole, ProtectionCategory, TieKind

CRIME_SIZES = np.array([2, 3, 4, 5, 6])
CRIME_SIZE_SHARES = (0.50, 0.25, 0.13, 0.08, 0.04)
CONFLICTS_PER_RIVALRY = 2.5
ASSOCIATION_SHARE = 0.3
"""Share of associations among the ties that fill up to the wanted number."""
OUTSIDE_CRIME = 0.08
"""Share of suspects who belong to another group of the region."""


def live(
    rng: np.random.Generator, gangs: Gangs, people: People, calendar: Calendar, *, ties: int
) -> TrueTies:
    """The true ties of persons, about `ties` in all.

    Membership, defection, kinship, conflict and threat follow from the groups; crimes
    (cliques of suspects) and associations fill up to `ties`, by long-tailed activity.
    """
    nodes = len(people) + len(gangs)
    parts = [
        _memberships(rng, gangs, people, calendar),
        _defections(rng, people, calendar),
        _families(rng, people, calendar),
        _conflicts(rng, gangs, people, calendar),
        _threats(rng, people, calendar),
    ]
    fixed = TrueTies.joined(parts, nodes)
    missing = max(0, ties - len(fixed))
    draw = _Draw(people, gangs)
    crimes = _until(
        lambda count: _crimes(rng, draw, people, calendar, count),
        round((1 - ASSOCIATION_SHARE) * missing),
        nodes,
    )
    seen = _until(
        lambda count: _associations(rng, draw, people, calendar, count),
        missing - len(crimes),
        nodes,
    )
    return TrueTies.joined([fixed, crimes, seen], nodes)


def _memberships(
    rng: np.random.Generator, gangs: Gangs, people: People, calendar: Calendar
) -> TrueTies:
    """One group each, a second of the region for some, past ones for some and all leavers."""
    nodes = len(people) + len(gangs)
    fled = np.zeros(len(people), dtype=np.bool_)
    fled[people.subjects] = people.category == CATEGORIES.index(ProtectionCategory.HONOUR)
    member = np.flatnonzero((people.group >= 0) & ~fled)
    first = calendar.ties(
        rng, member, people.group[member] + len(people), TieKind.MEMBERSHIP, ended_share=0.08
    )
    leaver = member < len(people.category)
    left = people.left[member]
    began = np.where(leaver, np.minimum(first.began, left - rng.integers(90, 1500)), first.began)
    began = np.maximum(began, calendar.today - calendar.span)
    first = TrueTies(
        a=first.a,
        b=first.b,
        kind=first.kind,
        began=np.where(leaver, np.minimum(began, left), began),
        last=np.where(leaver, left, first.last),
        ended=np.where(leaver, left, first.ended),
        severity=first.severity,
    )
    changed = member[rng.random(len(member)) < 0.08]
    other = rng.integers(0, len(gangs), size=len(changed))
    near = gangs.region[other] == gangs.region[people.group[changed]]
    second = calendar.ties(
        rng, changed[near], other[near] + len(people), TieKind.MEMBERSHIP, ended_share=0.6
    )
    return TrueTies.joined([first, _hidden_after_leaving(second, people)], nodes)


def _defections(rng: np.random.Generator, people: People, calendar: Calendar) -> TrueTies:
    """Every protected defector's, and a few of members nobody placed, half of them returned."""
    gone = people.defectors
    count = len(gone)
    day = people.left[gone]
    own = TrueTies(
        a=gone,
        b=people.group[gone] + len(people),
        kind=np.full(count, code_of(TieKind.DEFECTION), dtype=np.int64),
        began=day,
        last=day,
        ended=np.zeros(count, dtype=np.int64),
        severity=np.ones(count),
    )
    members = people.with_role(PersonRole.MEMBER)
    wavering = members[rng.random(len(members)) < 0.01]
    others = calendar.ties(
        rng, wavering, people.group[wavering] + len(people), TieKind.DEFECTION, ended_share=0.5
    )
    return TrueTies.joined([own, others], len(people) + int(people.group.max()) + 1)


def _families(rng: np.random.Generator, people: People, calendar: Calendar) -> TrueTies:
    """Families are cliques of kin; some members of one group are brothers."""
    relative = np.flatnonzero(people.anchor >= 0)
    relative = relative[np.argsort(people.anchor[relative], kind="stable")]
    a, b = [people.anchor[relative]], [relative]
    for step in range(1, 6):
        same = people.anchor[relative[:-step]] == people.anchor[relative[step:]]
        a.append(relative[:-step][same])
        b.append(relative[step:][same])
    member = np.flatnonzero(people.group >= 0)
    shuffled = member[rng.permutation(len(member))]
    shuffled = shuffled[np.argsort(people.group[shuffled], kind="stable")]
    beside = people.group[shuffled[:-1]] == people.group[shuffled[1:]]
    fled = np.zeros(len(people), dtype=np.bool_)
    fled[people.subjects] = people.category == CATEGORIES.index(ProtectionCategory.HONOUR)
    kin_share = np.where(fled[shuffled[:-1]] | fled[shuffled[1:]], 1.0, 0.05)
    brothers = beside & (rng.random(len(beside)) < kin_share)
    a.append(shuffled[:-1][brothers])
    b.append(shuffled[1:][brothers])
    return calendar.ties(rng, np.concatenate(a), np.concatenate(b), TieKind.KINSHIP)


def _conflicts(
    rng: np.random.Generator, gangs: Gangs, people: People, calendar: Calendar
) -> TrueTies:
    """Shootings and robberies between members of rival groups, some inside groups or at random."""
    draw = _Draw(people, gangs)
    number = rng.poisson(CONFLICTS_PER_RIVALRY, size=len(gangs.rivals))
    a = draw.of_group(rng, np.repeat(gangs.rivals[:, 0], number))
    b = draw.of_group(rng, np.repeat(gangs.rivals[:, 1], number))
    groups = rng.integers(0, len(gangs), size=round(0.002 * len(people)))
    strangers = rng.integers(0, len(people), size=(2, round(0.003 * len(people))))
    feuds = calendar.ties(
        rng,
        np.concatenate([a, draw.of_group(rng, groups), strangers[0]]),
        np.concatenate([b, draw.of_group(rng, groups), strangers[1]]),
        TieKind.CONFLICT,
        severity=(0.4, 1.0),
    )
    return _hidden_after_leaving(feuds, people)


def _threats(rng: np.random.Generator, people: People, calendar: Calendar) -> TrueTies:
    """Those who left are threatened by actors of the group or by the group, witnesses always."""
    actors = people.with_role(PersonRole.THREAT_ACTOR)
    actors = actors[np.argsort(people.group[actors], kind="stable")]
    start = np.searchsorted(people.group[actors], np.arange(people.group.max() + 2))
    subject = people.subjects
    witness = people.category == CATEGORIES.index(ProtectionCategory.WITNESS)
    against = np.where(
        witness,
        people.group[actors[rng.integers(0, len(actors), size=len(subject))]],
        people.group[subject],
    )
    a: list[int] = []
    b: list[int] = []
    for number in subject.tolist():
        group = int(against[number])
        if group < 0 or start[group] == start[group + 1]:
            continue
        if witness[number] or rng.random() < 0.4:
            count = min(int(start[group + 1] - start[group]), 1 + int(rng.random() < 0.3))
            for pick in rng.choice(np.arange(start[group], start[group + 1]), count, replace=False):
                a.append(int(actors[pick]))
                b.append(number)
        if rng.random() < 0.15:
            a.append(len(people) + group)
            b.append(number)
    threats = calendar.ties(
        rng, np.array(a), np.array(b), TieKind.THREAT, ended_share=0.05, severity=(0.5, 1.0)
    )
    day = people.left[threats.b]
    late = np.minimum(day + rng.integers(0, 200, size=len(threats)), calendar.today)
    return TrueTies(
        a=threats.a,
        b=threats.b,
        kind=threats.kind,
        began=day,
        last=np.maximum(late, day),
        ended=np.where(threats.ended > 0, np.maximum(late, day), 0),
        severity=threats.severity,
    )


def _crimes(
    rng: np.random.Generator, draw: _Draw, people: People, calendar: Calendar, count: int
) -> TrueTies:
    """Cliques of two to six suspects, mostly of one group, all on one day."""
    size = rng.choice(CRIME_SIZES, size=count, p=CRIME_SIZE_SHARES)
    group = draw.any_group(rng, count)
    suspects = np.stack(
        [
            np.where(
                rng.random(count) < OUTSIDE_CRIME,
                draw.of_region(rng, group),
                draw.of_group(rng, group),
            )
            for _ in range(int(CRIME_SIZES[-1]))
        ]
    )
    day = calendar.today - np.floor(calendar.span * rng.random(count) ** 1.3).astype(np.int64)
    a, b, when = [], [], []
    for i in range(len(suspects)):
        for j in range(i + 1, len(suspects)):
            there = size > j
            a.append(suspects[i][there])
            b.append(suspects[j][there])
            when.append(day[there])
    days = np.concatenate(when)
    together = TrueTies(
        a=np.concatenate(a),
        b=np.concatenate(b),
        kind=np.full(len(days), code_of(TieKind.CO_OFFENDING), dtype=np.int64),
        began=days,
        last=days,
        ended=np.zeros(len(days), dtype=np.int64),
        severity=np.ones(len(days)),
    )
    return _hidden_after_leaving(together, people)


def _associations(
    rng: np.random.Generator, draw: _Draw, people: People, calendar: Calendar, count: int
) -> TrueTies:
    """Pairs seen together: of one group, of one region, or anybody."""
    group = draw.any_group(rng, count)
    lot = rng.random(count)
    other = np.where(lot < 0.6, draw.of_group(rng, group), draw.of_region(rng, group))
    other = np.where(lot > 0.95, rng.integers(0, len(people), size=count), other)
    seen = calendar.ties(
        rng, draw.of_group(rng, group), other, TieKind.ASSOCIATION, ended_share=0.05
    )
    return _hidden_after_leaving(seen, people)


def _until(make: Callable[[int], TrueTies], wanted: int, nodes: int) -> TrueTies:
    """Distinct ties from `make` up to `wanted`; fewer where the world is too small for them."""
    ties = make(0)
    for _ in range(12):
        if len(ties) >= wanted:
            break
        ties = TrueTies.joined([ties, make((wanted - len(ties)) // 2 + 10)], nodes)
    return ties.take(np.arange(min(len(ties), max(0, wanted))))


def _hidden_after_leaving(ties: TrueTies, people: People) -> TrueTies:
    """The same ties, none alive after either person left."""
    persons = len(people)
    left = np.append(people.left, np.iinfo(np.int64).max)
    last = np.minimum(
        ties.last,
        np.minimum(left[np.minimum(ties.a, persons)], left[np.minimum(ties.b, persons)]),
    )
    return TrueTies(
        a=ties.a,
        b=ties.b,
        kind=ties.kind,
        began=np.minimum(ties.began, last),
        last=last,
        ended=np.where(ties.ended > 0, last, 0),
        severity=ties.severity,
    )


class _Draw:
    """Draws persons by activity within a group or a region, many at a time."""

    __slots__ = ("_group", "_region", "_region_of", "_share")

    def __init__(self, people: People, gangs: Gangs) -> None:
        member = np.flatnonzero(people.group >= 0)
        self._group = _Strata(member, people.group[member], people.activity[member], len(gangs))
        region = gangs.region[people.group[member]]
        self._region = _Strata(member, region, people.activity[member], int(gangs.region.max()) + 1)
        self._region_of = gangs.region
        size = np.bincount(people.group[member], minlength=len(gangs)).astype(np.float64)
        self._share = size / size.sum()

    def any_group(self, rng: np.random.Generator, count: int) -> IntColumn:
        """`count` groups by size."""
        return rng.choice(len(self._share), size=count, p=self._share)

    def of_group(self, rng: np.random.Generator, group: IntColumn) -> IntColumn:
        """One person of each group in `group`."""
        return self._group.draw(rng, group)

    def of_region(self, rng: np.random.Generator, group: IntColumn) -> IntColumn:
        """One person of the region of each group in `group`."""
        return self._region.draw(rng, self._region_of[group])


class _Strata:
    """Persons in strata, drawn with chances proportional to a weight."""

    __slots__ = ("_bounds", "_cumulative", "_persons", "_slots")

    def __init__(
        self, persons: IntColumn, stratum: IntColumn, weight: NDArray[np.float64], strata: int
    ) -> None:
        order = np.argsort(stratum, kind="stable")
        self._persons = persons[order]
        self._cumulative = np.concatenate([[0.0], np.cumsum(weight[order])])
        self._slots = np.searchsorted(stratum[order], np.arange(strata + 1))
        self._bounds = self._cumulative[self._slots]

    def draw(self, rng: np.random.Generator, stratum: IntColumn) -> IntColumn:
        low, high = self._bounds[stratum], self._bounds[stratum + 1]
        point = low + (high - low) * rng.random(len(stratum))
        slot = np.searchsorted(self._cumulative, point, side="right") - 1
        slot = np.clip(slot, self._slots[stratum], self._slots[stratum + 1] - 1)
        found: IntColumn = self._persons[slot]
        return found
