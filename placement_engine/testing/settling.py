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
_TOLERANCE = 1e-9

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
                here += scores.h_or >= least - _TOLERANCE
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
    hardest = np.argsort(-(demands.step.sum(axis=1, dtype=np.int64)), kind="stable")
    waiting = hardest.tolist()
    allowed_moves = _MOVES_PER_PERSON * len(waiting) + 100
    while waiting:
        allowed_moves -= 1
        if allowed_moves < 0:
            raise ValueError("the people of this world cannot be kept apart; use another seed")
        waiting = search.place(waiting[0]) + waiting[1:]
    return search.site


class _Search:
    """Who stands where so far."""

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
        count = len(demands.harm)
        self.site: IntColumn = np.full(count, -1, dtype=np.int64)
        self._share = np.zeros(count, dtype=np.float32)
        self._last_moved = np.full(count, -1, dtype=np.int64)
        self._clock = 0

    def place(self, person: int) -> list[int]:
        """Place one person; returns those who had to leave for her, to be placed again."""
        self._clock += 1
        touched = np.flatnonzero((self._demands.harm[person] > 0) & (self.site >= 0))
        sites = self.site[touched]
        cost = 1e6 * self._demands.harm[person, touched, None] * self._exposure[sites]
        own = self._presence[person] + cost.sum(axis=0)
        steps = self._demands.step[person, touched]
        apart = steps > 0
        blockers = self._near[steps[apart] - 1, sites[apart]]
        blocked = blockers.any(axis=0)
        room = self._free > 0
        lifted = (self._share[touched, None] + cost > self._ceiling).any(axis=0)
        safe = room & ~blocked & ~lifted & (own <= self._ceiling)
        if safe.any():
            pull = np.where(safe, self._free * np.exp(-own / (0.2 * self._ceiling)), 0.0)
            self._settle(person, int(self._rng.choice(len(pull), p=pull / pull.sum())))
            return []
        if (room & ~blocked).any():
            over = np.maximum(own - self._ceiling, 0.0)
            over = over + np.maximum(self._share[touched, None] + cost - self._ceiling, 0.0).sum(
                axis=0
            )
            self._settle(person, int(np.argmin(np.where(room & ~blocked, over, np.inf))))
            return []
        # Somebody must make way: the fewest, and rather those who have not moved of late.
        movable = touched[apart]
        age = 1.0 / (1.0 + self._clock - self._last_moved[movable])
        burden = (blockers * (1.0 + 5.0 * age)[:, None]).sum(axis=0)
        burden = burden + 0.5 * self._rng.random(len(burden))
        chosen = int(np.argmin(np.where(room, burden, np.inf)))
        leaving = movable[blockers[:, chosen]]
        for other in leaving.tolist():
            self._unsettle(other)
        self._settle(person, chosen)
        return [int(other) for other in leaving]

    def _settle(self, person: int, site: int) -> None:
        self.site[person] = site
        self._free[site] -= 1
        self._last_moved[person] = self._clock
        self._share[person] = self._presence[person, site]
        self._add(person, site, 1.0)

    def _unsettle(self, person: int) -> None:
        site = int(self.site[person])
        self.site[person] = -1
        self._free[site] += 1
        self._add(person, site, -1.0)

    def _add(self, person: int, site: int, sign: float) -> None:
        others = np.flatnonzero((self._demands.harm[person] > 0) & (self.site >= 0))
        others = others[others != person]
        cost = 1e6 * self._demands.harm[person, others] * self._exposure[site, self.site[others]]
        self._share[others] += sign * cost
        if sign > 0:
            self._share[person] += cost.sum()
