"""From what is known to a `World`: who is placed, who is present, and how hostile they are.

Reads the graph, the geography and the register's placements; decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.case import Case
from placement_engine.cases.gangs import gang_costs
from placement_engine.cases.households import Household, at_least_one, household_scores
from placement_engine.cases.steps import highest_step
from placement_engine.cases.world import CaseTies, Placed, Present, World
from placement_engine.errors import InvalidCase
from placement_engine.geo import Geography
from placement_engine.graph import PairScores, RivalGraph
from placement_engine.intelligence import Facility, Placement
from placement_engine.intelligence.identity import Identity
from placement_engine.policy import Policy
from placement_engine.problem import IntArray, micronats, micronats_array
from placement_engine.vocabulary import SubjectRef

_CHUNK, _CELLS = 256, 2_000_000
"""People whose shares are computed at once, and numbers of one table of theirs: these bound the
memory, not the answer."""

FloatArray = NDArray[np.float64]


class Observer:
    """One day's facts, from which worlds are made; keeps the shares it has computed.

    Parameters
    ----------
    placements
        All placements on record, ended ones too: they tell the regions lived in.
    households
        Those who live with a placed person, where her own case is on record; by kept id.
    identity
        Which ids mean one person.
    noted, cleared
        People of whom too little was once known, and those whom an analyst has cleared.
    """

    def __init__(
        self,
        *,
        graph: RivalGraph,
        policy: Policy,
        geography: Geography,
        placements: Sequence[Placement],
        facilities: Sequence[Facility],
        households: Mapping[str, tuple[str, ...]],
        identity: Identity | None = None,
        noted: frozenset[str] = frozenset(),
        cleared: frozenset[str] = frozenset(),
    ) -> None:
        self.graph = graph
        self.policy = policy
        self.geography = geography
        self.facilities = tuple(facilities)
        self._living_with = households
        self._who = (identity or Identity()).of
        self._noted, self._cleared = noted, cleared
        self.exposure: FloatArray = geography.exposure(policy)
        self.history = tuple(sorted(placements, key=lambda p: (p.start, p.subject)))
        self.in_force = tuple(
            sorted(
                (p for p in placements if _in_force(p, graph.as_of)),
                key=lambda p: (p.subject, p.start),
            )
        )
        self._site: IntArray = np.array(
            [geography.index[p.municipality] for p in self.in_force], dtype=np.int64
        )
        self._lived = self._by_person(self.history)
        self._lives = self._by_person(self.in_force)
        self._present = _present(graph, geography)
        self._actors = [(actor,) for actor in self._present.actors]
        self._shares: dict[int, int] = {}

    @property
    def site(self) -> IntArray:
        """(N,) site index of each placement in force."""
        return self._site

    @property
    def present(self) -> Present:
        """Groups and named actors, where they are known to be."""
        return self._present

    def under(self, graph: RivalGraph) -> Observer:
        """The same facts of the same day, were the network this one."""
        other = copy(self)
        other.graph = graph
        other._present = _present(graph, self.geography)
        other._shares = {}
        return other

    def kept(self, person: str) -> str:
        """The id under which somebody is kept whose records are judged to be one."""
        return self._who(person)

    def household(self, subject: SubjectRef) -> Household:
        """Those who live together with a placed person, herself first; by kept ids."""
        return (self._who(subject), *self._household(subject)[1:])

    def unknown(self, subject: SubjectRef) -> bool:
        """Whether too little is on record of a placed person, and no analyst has cleared her."""
        person = self._who(subject)
        known = self.graph.coverage(person).graded_ties
        few = known < self.policy.unknown.minimum_graded_ties
        return (few or person in self._noted) and person not in self._cleared

    def own_shares(self) -> IntArray:
        """(N,) own share of each placement in force, in micro-nats."""
        return self._own_shares(range(len(self.in_force)), ())

    def keep_shares(self, shares: Mapping[int, int]) -> None:
        """Keep own shares that were computed elsewhere, by index into `in_force`."""
        self._shares.update(shares)

    def world(self, cases: Sequence[Case]) -> World:
        """The world of these cases, all placed people folded."""
        own = {self._who(case.subject) for case in cases}
        placed_alone = {self._who(p.subject) for p in self.in_force} - own
        members = [self._who(member.id) for case in cases for member in case.household]
        if placed_alone & {*members}:
            raise InvalidCase(
                "A member of the household cannot move with this case as it stands.",
                unchanged="Nothing was computed.",
                do="Check the household; whoever has a case of their own is placed by it.",
            )
        if len(own) < len(cases) or own & {*members} or len(set(members)) < len(members):
            raise InvalidCase(
                "Two of the ids asked for are one person by a judgement.",
                unchanged="Nothing was computed.",
                do="Ask for the cases one by one, or see: placement network judgements.",
            )
        kept = [i for i, p in enumerate(self.in_force) if self._who(p.subject) not in own]
        moving = [i for i, p in enumerate(self.in_force) if self._who(p.subject) in own]
        site = self._site[kept]
        subjects = tuple(self.in_force[i].subject for i in kept)
        ties = self._ties(cases, subjects)
        touched = np.zeros(len(kept), dtype=np.bool_)
        for tie in ties:
            touched |= (tie.household_placed > 0) | (tie.household_reunion > 0)
        share = np.zeros(len(kept), dtype=np.int64)
        share[touched] = self._own_shares([kept[i] for i in np.flatnonzero(touched)], moving)
        ceiling = np.maximum(
            micronats(self.policy.risk.ceiling),
            share + self.policy.risk.already_over_micronats,
            where=share > micronats(self.policy.risk.ceiling),
            out=np.full(len(kept), micronats(self.policy.risk.ceiling), dtype=np.int64),
        )
        used = np.zeros(len(self.geography.codes), dtype=np.int64)
        for i in kept:
            used[self._site[i]] += len(self._household(self.in_force[i].subject))
        return World(
            as_of=self.graph.as_of,
            policy=self.policy,
            geography=self.geography,
            exposure=self.exposure,
            cases=tuple(cases),
            ties=ties,
            current=tuple(self._current(case) for case in cases),
            regions_lived=tuple(self._regions(case) for case in cases),
            placed=Placed(
                subjects=subjects,
                site=site,
                provider=tuple(self.in_force[i].provider for i in kept),
                share=share,
                ceiling=ceiling,
            ),
            present=self._present,
            facilities=self.facilities,
            capacity=self.geography.capacity(self.policy),
            used=used,
            folded=np.ones(len(kept), dtype=np.bool_),
            noted=self._among(self._noted, cases),
            cleared=self._among(self._cleared, cases),
        )

    def placed_as(self, subject: SubjectRef) -> SubjectRef:
        """The id under which somebody is placed now, if another record of hers is."""
        own = [p.subject for p in self._lives.get(self._who(subject), ())]
        return subject if not own or subject in own else own[-1]

    def _among(self, people: frozenset[str], cases: Sequence[Case]) -> frozenset[str]:
        asked = (i for case in cases for i in (case.subject, *(m.id for m in case.household)))
        return frozenset(i for i in asked if self._who(i) in people)

    def _ties(self, cases: Sequence[Case], placed: Sequence[SubjectRef]) -> tuple[CaseTies, ...]:
        """Ties of each case, scored for all of them at once."""
        members = [(case.subject, *(member.id for member in case.household)) for case in cases]
        alone = [(member,) for household in members for member in household]
        to_placed = household_scores(self.graph, alone, [self._household(s) for s in placed])
        to_present = household_scores(self.graph, alone, self._actors)
        ties, start = [], 0
        for household in members:
            own = slice(start, start + len(household))
            start = own.stop
            near, there = to_placed.rows(own), to_present.rows(own)
            inside = self.graph.scores(household, household)
            ties.append(
                CaseTies(
                    members=household,
                    placed=near,
                    present=there,
                    household_placed=at_least_one(near.h_or),
                    household_reunion=at_least_one(near.reunion),
                    household_present=at_least_one(there.h_or),
                    coverage=tuple(self.graph.coverage(member) for member in household),
                    divided=highest_step(self.policy, inside.h_or, inside.direct) is not None,
                )
            )
        return tuple(ties)

    def _by_person(self, placements: Sequence[Placement]) -> dict[str, list[Placement]]:
        found: dict[str, list[Placement]] = {}
        for placement in placements:
            found.setdefault(self._who(placement.subject), []).append(placement)
        return found

    def _household(self, subject: SubjectRef) -> Household:
        return (subject, *self._living_with.get(self._who(subject), ()))

    def _own_shares(self, people: Sequence[int], moving: Sequence[int]) -> IntArray:
        """Own shares (indices into `in_force`) without what the moving people add."""
        missing = [i for i in people if i not in self._shares]
        everyone = [self._household(p.subject) for p in self.in_force]
        width = max(len(everyone), len(self._actors), 1)
        step = max(8, min(_CHUNK, _CELLS // width))
        for start in range(0, len(missing), step):
            chunk = missing[start : start + step]
            homes = [everyone[i] for i in chunk]
            cost = self._pair_costs(
                chunk, household_scores(self.graph, homes, everyone), self._site
            )
            cost[np.arange(len(chunk)), chunk] = 0  # nobody is a danger to her own household
            hostility = household_scores(self.graph, homes, self._actors).h_or
            exposure = self.exposure[np.ix_(self._site[chunk], self._present.site)]
            met = hostility * self._present.strength * exposure
            total = cost.sum(axis=1) + gang_costs(hostility, met, self._present.gang)
            self._shares.update(zip(chunk, total.tolist(), strict=True))
        shares = np.array([self._shares[i] for i in people], dtype=np.int64)
        if moving and people:
            homes, gone = [everyone[i] for i in people], [everyone[i] for i in moving]
            scores = household_scores(self.graph, homes, gone)
            shares -= self._pair_costs(people, scores, self._site[list(moving)]).sum(axis=1)
        return shares

    def _pair_costs(self, people: Sequence[int], scores: PairScores, sites: IntArray) -> IntArray:
        e = self.exposure[np.ix_(self._site[list(people)], sites)]
        return micronats_array(scores.h_or * e) + micronats_array(scores.reunion * e)

    def _current(self, case: Case) -> int | None:
        if case.current is not None:
            return self.geography.index[case.current]
        lives = self._lives.get(self._who(case.subject), ())
        return self.geography.index[lives[-1].municipality] if lives else None

    def _regions(self, case: Case) -> tuple[int, ...]:
        regions = [
            int(self.geography.health_region[self.geography.index[p.municipality]])
            for p in self._lived.get(self._who(case.subject), ())
        ]
        current = self._current(case)
        if current is not None:
            here = int(self.geography.health_region[current])
            if not regions or regions[-1] != here:
                regions.append(here)
        return tuple(regions)


def _in_force(placement: Placement, as_of: date) -> bool:
    # A placement that is decided but not begun is protected as if it had begun.
    return placement.end is None or placement.end > as_of


def _present(graph: RivalGraph, geography: Geography) -> Present:
    presences = graph.presences()
    gangs = graph.gangs_of([p.actor for p in presences])
    keys = {gang: number for number, gang in enumerate(sorted(set(gangs)))}
    return Present(
        actors=tuple(p.actor for p in presences),
        is_group=np.array([p.is_group for p in presences], dtype=np.bool_),
        site=np.array([geography.index[p.municipality] for p in presences], dtype=np.int64),
        strength=np.array([p.strength for p in presences], dtype=np.float64),
        gang=np.array([keys[gang] for gang in gangs], dtype=np.int64),
    )
