"""Placing the protected people of a synthetic world, as careful offices would have.

Greedy with repair, by own scoring: it shares the hostility of `RivalGraph` with the engine,
but neither its rules nor its solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.geo import Geography
from placement_engine.graph import RivalGraph
from placement_engine.graph.met_pairs import Targets, met_pairs
from placement_engine.policy import Policy
from placement_engine.problem import PPM, micronats
from placement_engine.testing.ties import IntColumn

_CHUNK = 250
_ROOM = 0.8
"""Share of a ceiling that is used: our scores are linear, and newcomers must fit in later."""
_MOVES_PER_PERSON = 30
_SECOND_THOUGHTS = 10
_WORTH_WHILE = 0.9
"""Second thoughts go on while they leave fewer than this share over their ceilings."""
_CLOSEST = 3
_CONSIDERATION = 1.0
"""How much the places of those who still wait weigh against one's own risk."""
_NEGLIGIBLE = 50.0
"""Micro-nats that may be added to somebody who is over her ceiling anyway."""

FloatMatrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairDemands:
    """What S people demand of each other, the worst of several graphs, where it is anything.

    Parameters
    ----------
    start
        (S+1,) where those begin of whom each person demands something.
    other
        (Q,) their positions, rising for each person.
    harm
        (Q,) hostility plus reunion: what each unit of exposure costs.
    step
        (Q,) 0 for no separation, then 1 to 3 for the lowest to the highest step of the policy.
    """

    start: IntColumn
    other: IntColumn
    harm: NDArray[np.float32]
    step: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.start) - 1

    def of(self, person: int) -> tuple[IntColumn, NDArray[np.float32], NDArray[np.int8]]:
        """Others, harm and step of one person."""
        own = slice(self.start[person], self.start[person + 1])
        return self.other[own], self.harm[own], self.step[own]

    @classmethod
    def joined(
        cls,
        people: int,
        pairs: Sequence[tuple[IntColumn, IntColumn, NDArray[np.float32], NDArray[np.int8]]],
    ) -> PairDemands:
        """Of pairs in any order, each both ways with the most that is said of it."""
        one, other, harm, step = (np.concatenate(column) for column in zip(*pairs, strict=True))
        apart = one != other
        one, other, harm, step = one[apart], other[apart], harm[apart], step[apart]
        key = np.concatenate([one * people + other, other * people + one])
        order = np.argsort(key, kind="stable")
        different, first = np.unique(key[order], return_index=True)
        if len(first):
            harm = np.maximum.reduceat(np.concatenate([harm, harm])[order], first)
            step = np.maximum.reduceat(np.concatenate([step, step])[order], first)
        count = np.bincount(different // max(people, 1), minlength=people)
        return cls(
            start=np.append(0, np.cumsum(count)),
            other=different % max(people, 1),
            harm=harm,
            step=step,
        )


def pair_demands(
    graphs: Sequence[RivalGraph], people: Sequence[str], policy: Policy
) -> PairDemands:
    """The worst that any of `graphs` says of each pair of `people`, who are all different."""
    pairs = []
    for graph in graphs:
        node = graph.numbers(people)
        position = np.flatnonzero(node >= 0)
        known = node[position]
        targets = Targets.of(graph.edges, known, known, length=policy.paths.max_length)
        for start in range(0, len(known), _CHUNK):
            found = met_pairs(targets, known[start : start + _CHUNK])
            step = np.zeros(len(found.source), dtype=np.int8)
            for least in policy.separation.hostility:
                step += found.h_or >= least - 1.0 / PPM  # the engine rounds up to whole ppm
            step[found.direct] = len(policy.separation.hostility)
            harm = (found.h_or + found.reunion).astype(np.float32)
            pairs.append((position[found.source + start], position[found.target], harm, step))
    none = np.zeros(0, dtype=np.int64)
    pairs.append((none, none, none.astype(np.float32), none.astype(np.int8)))
    return PairDemands.joined(len(people), pairs)


def presence_costs(
    graphs: Sequence[RivalGraph], people: Sequence[str], geography: Geography, policy: Policy
) -> FloatMatrix:
    """Micro-nats (S, M) from groups and actors at each site, the worst of `graphs`.

    Dangers are added up one by one, which is never less than the engine's aggregation.
    """
    exposure = (geography.exposure_ppm(policy) / PPM).astype(np.float32)
    worst = np.zeros((len(people), len(geography.codes)), dtype=np.float32)
    for graph in graphs:
        presences = graph.presences()
        if not presences:
            continue
        site = np.array([geography.index[p.municipality] for p in presences])
        strength = np.array([p.strength for p in presences], dtype=np.float32)
        node, actor = graph.numbers(people), graph.numbers([p.actor for p in presences])
        different, column = np.unique(actor, return_inverse=True)
        position = np.flatnonzero(node >= 0)
        known = node[position]
        targets = Targets.of(
            graph.edges, known, different, length=policy.paths.max_length, friendly=False
        )
        for start in range(0, len(known), _CHUNK):
            found = met_pairs(targets, known[start : start + _CHUNK])
            rows = position[start : start + _CHUNK]
            hostile = np.zeros((len(rows), len(different)), dtype=np.float32)
            hostile[found.source, found.target] = found.h_or
            here = (hostile[:, column] * strength) @ exposure[site]
            worst[rows] = np.maximum(worst[rows], 1e6 * here)
    return worst


def settle(
    rng: np.random.Generator,
    geography: Geography,
    policy: Policy,
    demands: PairDemands,
    presence: FloatMatrix,
) -> IntColumn:
    """A site index for each of S people.

    Every pair keeps its separation and no municipality takes more than its capacity.
    Nobody passes her ceiling where the search finds a way; ceilings give way first.

    Raises
    ------
    ValueError
        If the separations cannot be kept within the moves allowed.
    """
    search = _Search(rng, geography, policy, demands, presence)
    allowed_moves = _MOVES_PER_PERSON * len(demands) + 100
    while search.waiting.any():
        allowed_moves -= 1
        if allowed_moves < 0:
            raise ValueError("the people of this world cannot be kept apart; use another seed")
        search.place(search.next_person())
    over = search.over_ceiling()
    for _ in range(_SECOND_THOUGHTS):
        for person in over:
            search.relieve(person)
        before, over = len(over), search.over_ceiling()
        if len(over) > _WORTH_WHILE * before:
            break
    return search.site


class _Search:
    """Who stands where so far; who has the fewest places left comes next.

    ``_blocked`` counts for each person and site the placed people whom she would be too
    near to there.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        geography: Geography,
        policy: Policy,
        demands: PairDemands,
        presence: FloatMatrix,
    ) -> None:
        self._rng = rng
        self._demands = demands
        self._presence = presence
        self._exposure = (geography.exposure_ppm(policy) / PPM).astype(np.float32)
        self._free = geography.capacity(policy).copy()
        self._ceiling = _ROOM * micronats(policy.risk.ceiling)
        steps = tuple(
            zip(policy.separation.kilometres, policy.separation.other_labour_market, strict=True)
        )[::-1]
        self._near = np.stack(
            [
                (geography.separation_m < kilometres * 1000)
                | (geography.same_labour_market & other_market)
                for kilometres, other_market in steps
            ]
        )
        count, sites = presence.shape
        self.site: IntColumn = np.full(count, -1, dtype=np.int64)
        self._share = np.zeros(count, dtype=np.float32)
        self._blocked = np.zeros((count, sites), dtype=np.int16)
        self._open = np.full(count, sites, dtype=np.int64)
        demanding = np.append(0, np.cumsum(demands.step > 0))
        self._demanding = demanding[demands.start[1:]] - demanding[demands.start[:-1]]
        self._last_moved = np.full(count, -1, dtype=np.int64)
        self._clock = 0

    @property
    def waiting(self) -> NDArray[np.bool_]:
        """(S,) who has no place yet."""
        return self.site < 0

    def next_person(self) -> int:
        """Who has the fewest sites left, then who demands most."""
        waiting = np.flatnonzero(self.waiting)
        order = np.lexsort((-self._demanding[waiting], self._open[waiting]))
        return int(waiting[order[0]])

    def place(self, person: int) -> None:
        """Place one person; where nothing is left, others go back to waiting for her."""
        self._clock += 1
        touched, harm, _ = self._placed(person)
        cost = 1e6 * harm[:, None] * self._exposure[self.site[touched]]
        own = self._presence[person] + cost.sum(axis=0)
        room = self._free > 0
        kept = room & (self._blocked[person] == 0)
        lifted = (self._share[touched, None] + cost > self._ceiling) & (cost > _NEGLIGIBLE)
        safe = kept & ~lifted.any(axis=0) & (own <= self._ceiling)
        if safe.any():
            unease = own / (0.05 * self._ceiling) + _CONSIDERATION * self._taken_from_others(person)
            pull = np.where(safe, self._free * np.exp(unease[safe].min() - unease), 0.0)
            site = int(self._rng.choice(len(pull), p=pull / pull.sum()))
        elif kept.any():
            over = np.maximum(own - self._ceiling, 0.0)
            over += np.maximum(self._share[touched, None] + cost - self._ceiling, 0.0).sum(axis=0)
            site = int(np.argmin(np.where(kept, over, np.inf)))
        else:
            site = self._make_way(person, room)
        self._settle(person, site)

    def over_ceiling(self) -> list[int]:
        """Those whose share is above their ceiling, worst first."""
        over = np.flatnonzero(self._share > self._ceiling)
        worst: list[int] = over[np.argsort(-self._share[over], kind="stable")].tolist()
        return worst

    def relieve(self, person: int) -> None:
        """Move her, and those who weigh most on her, to where they harm and are harmed least."""
        rivals, harm, _ = self._demands.of(person)
        weight = np.zeros(len(self.site), dtype=np.float32)
        weight[rivals] = harm * self._exposure[self.site[person], self.site[rivals]]
        for one in (person, *np.argsort(-weight, kind="stable")[:_CLOSEST].tolist()):
            self._unsettle(one)
            others, harm, _ = self._placed(one)
            cost = 1e6 * harm @ self._exposure[self.site[others]]
            kept = (self._free > 0) & (self._blocked[one] == 0)
            harm = np.where(kept, self._presence[one] + 2 * cost, np.inf)
            self._settle(one, int(np.argmin(harm)))

    def _placed(self, person: int) -> tuple[IntColumn, NDArray[np.float32], NDArray[np.int8]]:
        """Of whom she demands something and who has a place, with harm and step."""
        others, harm, step = self._demands.of(person)
        placed = ~self.waiting[others]
        return others[placed], harm[placed], step[placed]

    def _taken_from_others(self, person: int) -> NDArray[np.float32]:
        """(M,) what a place of hers takes away from those who wait, as shares of what they have."""
        taken = np.zeros(len(self._free), dtype=np.float32)
        rivals, _, step = self._demands.of(person)
        for level, near in enumerate(self._near, start=1):
            others = rivals[(step == level) & self.waiting[rivals]]
            weight = 1.0 / np.maximum(self._open[others], 1)
            left = (self._blocked[others] == 0).astype(np.float32)
            taken += near.astype(np.float32) @ (left * weight[:, None].astype(np.float32)).sum(
                axis=0
            )
        return taken

    def _make_way(self, person: int, room: NDArray[np.bool_]) -> int:
        """Send back the fewest, and rather those who have not moved of late."""
        rivals, _, step = self._placed(person)
        rivals, step = rivals[step > 0], step[step > 0]
        near = self._near[step - 1, self.site[rivals]]
        late = 1.0 / (1.0 + self._clock - self._last_moved[rivals])
        burden = (near * (1.0 + 5.0 * late)[:, None]).sum(axis=0)
        burden = burden + 0.5 * self._rng.random(len(burden))
        chosen = int(np.argmin(np.where(room, burden, np.inf)))
        for other in rivals[near[:, chosen]].tolist():
            self._unsettle(other)
        return chosen

    def _settle(self, person: int, site: int) -> None:
        self.site[person] = site
        self._free[site] -= 1
        self._last_moved[person] = self._clock
        self._share[person] = self._presence[person, site]
        self._count(person, site, 1)

    def _unsettle(self, person: int) -> None:
        site = int(self.site[person])
        self.site[person] = -1
        self._free[site] += 1
        self._count(person, site, -1)

    def _count(self, person: int, site: int, sign: int) -> None:
        others, harm, _ = self._placed(person)
        cost = 1e6 * harm * self._exposure[site, self.site[others]]
        self._share[others] += sign * cost
        if sign > 0:
            self._share[person] += cost.sum()
        rivals, _, step = self._demands.of(person)
        rivals, step = rivals[step > 0], step[step > 0]
        self._blocked[rivals] += sign * self._near[step - 1, site]
        self._open[rivals] = (self._blocked[rivals] == 0).sum(axis=1)
