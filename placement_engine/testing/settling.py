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
    """What S people demand of each other, the worst of several graphs; all (S, S).

    Parameters
    ----------
    harm
        Hostility plus reunion: what each unit of exposure costs.
    step
        0 for no separation, then 1 to 3 for the lowest to the highest step of the policy.
    """

    harm: FloatMatrix
    step: NDArray[np.int8]


def pair_demands(
    graphs: Sequence[RivalGraph], people: Sequence[str], policy: Policy
) -> PairDemands:
    """The worst that any of `graphs` says of each pair of `people`."""
    count = len(people)
    harm = np.zeros((count, count), dtype=np.float32)
    step = np.zeros((count, count), dtype=np.int8)
    for graph in graphs:
        for start in range(0, count, _CHUNK):
            rows = slice(start, min(start + _CHUNK, count))
            scores = graph.scores(people[rows], people)
            np.maximum(harm[rows], scores.h_or + scores.reunion, out=harm[rows])
            here = np.zeros(scores.h_or.shape, dtype=np.int8)
            for least in policy.separation.hostility:
                here += scores.h_or >= least - 1.0 / PPM  # the engine rounds up to whole ppm
            here[scores.direct] = len(policy.separation.hostility)
            np.maximum(step[rows], here, out=step[rows])
    np.fill_diagonal(harm, 0.0)
    np.fill_diagonal(step, 0)
    return PairDemands(harm=np.maximum(harm, harm.T), step=np.maximum(step, step.T))


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
        for start in range(0, len(people), _CHUNK):
            rows = slice(start, min(start + _CHUNK, len(people)))
            scores = graph.scores(people[rows], [p.actor for p in presences])
            here = (scores.h_or.astype(np.float32) * strength) @ exposure[site]
            np.maximum(worst[rows], 1e6 * here, out=worst[rows])
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
    allowed_moves = _MOVES_PER_PERSON * len(demands.step) + 100
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
        self._demanding = (demands.step > 0).sum(axis=1)
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
        touched = np.flatnonzero((self._demands.harm[person] > 0) & ~self.waiting)
        cost = 1e6 * self._demands.harm[person, touched, None] * self._exposure[self.site[touched]]
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
        weight = self._demands.harm[person] * self._exposure[self.site[person], self.site]
        for one in (person, *np.argsort(-weight, kind="stable")[:_CLOSEST].tolist()):
            self._unsettle(one)
            others = np.flatnonzero(self._demands.harm[one] > 0)
            cost = 1e6 * self._demands.harm[one, others] @ self._exposure[self.site[others]]
            kept = (self._free > 0) & (self._blocked[one] == 0)
            harm = np.where(kept, self._presence[one] + 2 * cost, np.inf)
            self._settle(one, int(np.argmin(harm)))

    def _taken_from_others(self, person: int) -> NDArray[np.float32]:
        """(M,) what a place of hers takes away from those who wait, as shares of what they have."""
        taken = np.zeros(len(self._free), dtype=np.float32)
        for level, near in enumerate(self._near, start=1):
            others = np.flatnonzero((self._demands.step[person] == level) & self.waiting)
            weight = 1.0 / np.maximum(self._open[others], 1)
            left = (self._blocked[others] == 0).astype(np.float32)
            taken += near.astype(np.float32) @ (left * weight[:, None].astype(np.float32)).sum(
                axis=0
            )
        return taken

    def _make_way(self, person: int, room: NDArray[np.bool_]) -> int:
        """Send back the fewest, and rather those who have not moved of late."""
        rivals = np.flatnonzero((self._demands.step[person] > 0) & ~self.waiting)
        near = self._near[self._demands.step[person, rivals] - 1, self.site[rivals]]
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
        others = np.flatnonzero((self._demands.harm[person] > 0) & ~self.waiting)
        others = others[others != person]
        cost = 1e6 * self._demands.harm[person, others] * self._exposure[site, self.site[others]]
        self._share[others] += sign * cost
        if sign > 0:
            self._share[person] += cost.sum()
        rivals = np.flatnonzero(self._demands.step[person])
        self._blocked[rivals] += sign * self._near[self._demands.step[person, rivals] - 1, site]
        self._open[rivals] = (self._blocked[rivals] == 0).sum(axis=1)
