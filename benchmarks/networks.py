"""Networks of any size, the same for the same seed: drawn in columns, not tie by tie.

Groups have heavy-tailed sizes, the largest with a hub of 8,000 members. Crime and company
stay mostly inside a group or among neighbours; enmity runs between groups and between the
people of rival groups. Nothing here is a model of a real place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network, PresenceColumns, TieColumns
from placement_engine.intelligence.network import KINDS, PRESENCE_TYPES, ROLES, TIE_TYPES
from placement_engine.policy import Policy
from placement_engine.vocabulary import PersonRole, TieKind

AS_OF = date(2026, 11, 1)
LARGEST_GROUP = 8_000
PERSONS_PER_GROUP = 34
TIES_PER_PERSON = 9
SITES = 290

Ints = NDArray[np.int64]

PER_PERSON = {
    TieKind.MEMBERSHIP: 1.1,
    TieKind.CO_OFFENDING: 3.0,
    TieKind.KINSHIP: 0.9,
    TieKind.CONFLICT: 0.12,
    TieKind.THREAT: 0.08,
    TieKind.DEFECTION: 0.03,
}
PER_GROUP = {TieKind.RIVALRY: 1.5, TieKind.ALLIANCE: 0.75}
"""Ties of each kind; association takes what is left of `TIES_PER_PERSON`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSize:
    """Persons, ties and protected people."""

    persons: int
    protected: int
    ties: int
    seed: int = 3

    @property
    def text(self) -> str:
        """The size in words."""
        return f"{self.persons:,} persons, {self.ties:,} ties, {self.protected:,} protected"


REGION = NetworkSize(persons=67_500, protected=5_000, ties=606_000)
NATION = NetworkSize(persons=1_000_000, protected=20_000, ties=9_000_000)
STEPS = (
    NetworkSize(persons=67_500, protected=5_000, ties=606_000),
    NetworkSize(persons=135_000, protected=10_000, ties=1_212_000),
    NetworkSize(persons=270_000, protected=20_000, ties=2_424_000),
    NetworkSize(persons=540_000, protected=40_000, ties=4_848_000),
)
"""Sizes that differ in nothing but their size, for the exponent."""


def drawn(size: NetworkSize) -> Network:
    """The network of a size."""
    rng = np.random.default_rng(size.seed)
    groups = size.persons // PERSONS_PER_GROUP
    n = groups + size.persons
    member, of = _memberships(rng, size.persons, groups)
    rivals = _between_groups(rng, groups, TieKind.RIVALRY)
    kinds: list[tuple[TieKind, Ints, Ints]] = [
        (TieKind.MEMBERSHIP, member + groups, of),
        (TieKind.RIVALRY, *rivals),
        (TieKind.ALLIANCE, *_between_groups(rng, groups, TieKind.ALLIANCE)),
    ]
    left = rng.choice(len(member), int(PER_PERSON[TieKind.DEFECTION] * size.persons))
    kinds.append((TieKind.DEFECTION, member[left] + groups, of[left]))
    people = _People(rng, member, of, groups, size.persons)
    kinds += [
        (kind, *people.rivals(int(PER_PERSON[kind] * size.persons), *rivals))
        for kind in (TieKind.CONFLICT, TieKind.THREAT)
    ]
    kinship = int(PER_PERSON[TieKind.KINSHIP] * size.persons)
    kinds.append((TieKind.KINSHIP, *people.neighbours(kinship)))
    crime = int(PER_PERSON[TieKind.CO_OFFENDING] * size.persons)
    kinds.append((TieKind.CO_OFFENDING, *people.comrades(crime)))
    rest = size.ties - sum(len(a) for _, a, _ in kinds)
    kinds.append((TieKind.ASSOCIATION, *people.comrades(rest - rest // 2)))
    kinds.append((TieKind.ASSOCIATION, *people.neighbours(rest // 2)))
    role = np.full(n, -1)
    role[groups:] = ROLES.index(PersonRole.MEMBER)
    role[groups + rng.choice(np.unique(member), size.protected, replace=False)] = ROLES.index(
        PersonRole.SUBJECT
    )
    is_group = np.arange(n) < groups
    return Network(
        nodes=(
            *(f"G{i:07d}" for i in range(groups)),
            *(f"P{i:07d}" for i in range(size.persons)),
        ),
        is_group=is_group,
        role=role.astype("<i1"),
        category=np.where(is_group, 0, -1).astype("<i1"),
        environment=np.where(is_group, 0, -1).astype("<i1"),
        birth_year=np.zeros(n, dtype="<i2"),
        labels=("",) * n,
        ties=_reports(rng, kinds),
        presences=_presences(rng, np.bincount(of, minlength=groups), groups, size.persons),
        origins=("", *(f"origin {i}" for i in range(1, 40))),
        handlings=("",),
    )


def protected_of(network: Network) -> tuple[str, ...]:
    """The protected people of a network."""
    return network.with_role(PersonRole.SUBJECT)


def graph_of(network: Network, day: date = AS_OF) -> RivalGraph:
    """Its rival graph: the protected have left their groups."""
    return RivalGraph.build(
        network,
        as_of=day,
        policy=Policy.default(),
        implied_defectors=frozenset(protected_of(network)),
    )


def _memberships(rng: np.random.Generator, persons: int, groups: int) -> tuple[Ints, Ints]:
    wanted = int(PER_PERSON[TieKind.MEMBERSHIP] * persons) - LARGEST_GROUP
    weight = rng.pareto(1.3, groups - 1) + 0.3
    sizes = np.minimum(np.rint(weight * wanted / weight.sum()), 3000).astype(np.int64)
    sizes = np.maximum(np.append(LARGEST_GROUP, sizes), 2)
    of = np.repeat(np.arange(groups), sizes)
    # Members live near each other: a group has a centre among the persons.
    centre = np.repeat(rng.integers(0, persons, groups), sizes)
    spread = np.repeat(np.maximum(sizes * 3, 50), sizes)
    member = (centre + rng.integers(0, spread)) % persons
    key = np.unique(member * groups + of)
    return key // groups, key % groups


def _between_groups(rng: np.random.Generator, groups: int, kind: TieKind) -> tuple[Ints, Ints]:
    count = int(PER_GROUP[kind] * groups)
    a = rng.integers(0, groups, count)
    b = (a + rng.integers(1, max(groups // 20, 3), count)) % groups
    return a, b


class _People:
    """Draws pairs of persons, as node numbers."""

    def __init__(
        self, rng: np.random.Generator, member: Ints, of: Ints, groups: int, persons: int
    ) -> None:
        order = np.argsort(of, kind="stable")
        self.rng, self.groups, self.persons = rng, groups, persons
        self.member, self.of = member[order], of[order]
        self.start = np.zeros(groups + 1, dtype=np.int64)
        np.cumsum(np.bincount(of, minlength=groups), out=self.start[1:])

    def neighbours(self, count: int) -> tuple[Ints, Ints]:
        """Persons whose numbers are near."""
        a = self.rng.integers(0, self.persons, count)
        b = (a + self.rng.integers(1, 40, count)) % self.persons
        return a + self.groups, b + self.groups

    def comrades(self, count: int) -> tuple[Ints, Ints]:
        """Members of one group; the next person where a draw hits one twice."""
        a = self.rng.integers(0, len(self.member), count)
        b = self._member_of(self.of[a])
        return self._apart(self.member[a], b)

    def rivals(self, count: int, one: Ints, other: Ints) -> tuple[Ints, Ints]:
        """Members of two rival groups."""
        at = self.rng.integers(0, len(one), count)
        return self._apart(self._member_of(one[at]), self._member_of(other[at]))

    def _member_of(self, group: Ints) -> Ints:
        size = self.start[group + 1] - self.start[group]
        at = self.start[group] + (self.rng.random(len(group)) * size).astype(np.int64)
        return self.member[np.minimum(at, len(self.member) - 1)]

    def _apart(self, a: Ints, b: Ints) -> tuple[Ints, Ints]:
        b = np.where(a == b, (b + 1) % self.persons, b)
        return a + self.groups, b + self.groups


def _reports(rng: np.random.Generator, kinds: list[tuple[TieKind, Ints, Ints]]) -> TieColumns:
    kind = np.concatenate([np.full(len(a), KINDS.index(k)) for k, a, _ in kinds])
    count, today = len(kind), AS_OF.toordinal()
    seen = today - rng.integers(0, 6 * 365, count)
    ended = (rng.random(count) < 0.2) & (kind == KINDS.index(TieKind.MEMBERSHIP))
    columns = {
        "a": np.concatenate([a for _, a, _ in kinds]),
        "b": np.concatenate([b for _, _, b in kinds]),
        "kind": kind,
        "source": rng.choice(6, count, p=[0.1, 0.4, 0.3, 0.1, 0.02, 0.08]),
        "information": rng.choice([1, 2, 3, 4, 5, 6], count, p=[0.1, 0.4, 0.3, 0.1, 0.02, 0.08]),
        "last_seen": seen,
        "first_seen": np.zeros(count),
        "ended": np.where(ended, seen, 0),
        "severity": rng.choice([1.0, 0.7, 0.4], count, p=[0.7, 0.2, 0.1]),
        "origin": rng.integers(0, 40, count),
        "handling": np.zeros(count),
    }
    return TieColumns(**{name: columns[name].astype(t) for name, t in TIE_TYPES.items()})


def _presences(rng: np.random.Generator, sizes: Ints, groups: int, persons: int) -> PresenceColumns:
    """Groups of eight and more in one or two places, and a few named threat actors."""
    known = np.flatnonzero(sizes >= 8)
    actor = np.concatenate(
        [
            known,
            rng.choice(known, len(known) // 2),
            groups + rng.integers(0, persons, persons // 200),
        ]
    )
    count = len(actor)
    columns = {
        "actor": actor,
        "municipality": rng.integers(0, SITES, count),
        "strength": rng.choice([1.0, 0.6, 0.3], count),
        "source": rng.integers(0, 4, count),
        "information": rng.integers(1, 5, count),
        "last_seen": AS_OF.toordinal() - rng.integers(0, 900, count),
        "ended": np.zeros(count),
    }
    return PresenceColumns(**{name: columns[name].astype(t) for name, t in PRESENCE_TYPES.items()})
