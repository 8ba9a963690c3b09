"""A whole country that does not exist, on the municipalities that do.

A synthetic world has a true network and a told one: the engine is told of 70 % of the true
ties, and a tenth of what it is told is wrong. Nobody in it is or resembles a real person.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from placement_engine.geo import Geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Facility, Network, Placement
from placement_engine.policy import Policy
from placement_engine.testing.gangs import (
    Gangs,
    Presences,
    found_gangs,
    settle_actors,
    settle_gangs,
    ties_between,
)
from placement_engine.testing.histories import live
from placement_engine.testing.newcomers import CaseDocument, open_cases
from placement_engine.testing.people import People, populate
from placement_engine.testing.rivals import RivalPair, rival_pairs
from placement_engine.testing.services import build_facilities
from placement_engine.testing.settling import pair_demands, presence_costs, settle
from placement_engine.testing.tenancies import tenancies
from placement_engine.testing.ties import Calendar, TrueTies
from placement_engine.testing.told import (
    PresenceReports,
    TieReports,
    tell_presences,
    tell_ties,
)
from placement_engine.testing.world_network import told_network, true_network
from placement_engine.testing.world_rows import told_rows, true_rows
from placement_engine.vocabulary import PersonRole, SubjectRef

ROWS_PER_TRUE_TIE = 0.953
"""Expected rows told for each true tie: 0.7 reported 1.25 times, and their tenth of wrong ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticWorld:
    """A seeded world of persons, groups, ties, placed people and new cases.

    Parameters
    ----------
    ids
        Pseudonyms of all nodes: persons first, then groups.
    truth, told
        Ties as they are and as they are reported.
    true_presences, told_presences
        The same for presences.
    placements
        What the register holds: open placements and a few that ended.
    facilities
        Where care is found.
    cases
        A case document for each of the new people.
    """

    seed: int
    as_of: date
    policy: Policy
    geography: Geography
    ids: tuple[str, ...] = field(repr=False)
    gangs: Gangs = field(repr=False)
    people: People = field(repr=False)
    truth: TrueTies = field(repr=False)
    told: TieReports = field(repr=False)
    true_presences: Presences = field(repr=False)
    told_presences: PresenceReports = field(repr=False)
    placements: tuple[Placement, ...] = field(repr=False)
    facilities: tuple[Facility, ...] = field(repr=False)
    cases: tuple[CaseDocument, ...] = field(repr=False)

    @classmethod
    def generate(
        cls,
        seed: int,
        geography: Geography,
        *,
        placed: int = 300,
        persons: int = 5000,
        groups: int = 80,
        new: int = 20,
        ties_per_person: float = 4.0,
        as_of: date,
        policy: Policy | None = None,
        guard_truth: bool = True,
        new_from_one_region: bool = False,
    ) -> SyntheticWorld:
        """Make a world; equal arguments and an equal numpy make an equal world.

        Parameters
        ----------
        placed, new
            Protected people with a placement, and those with an open case.
        persons, groups
            Size of the network; the protected are among the persons.
        ties_per_person
            Rows told for each person, about.
        guard_truth
            Whether the placed keep the separations of the true hostilities besides those
            of the told ones.
        new_from_one_region
            Whether the new people all left gangs of the region with the most rivalries.

        Raises
        ------
        ValueError
            If there are too few persons for the groups or the protected, or if the
            placed cannot be kept apart.
        """
        if groups < 6 or persons < 10 * groups or persons < 6 * (placed + new):
            raise ValueError("a world needs 6 groups, 10 persons a group and 6 a protected person")
        policy = policy or Policy.default()
        streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(8)]
        calendar = Calendar(today=as_of.toordinal())
        nodes = persons + groups
        gangs = found_gangs(streams[0], geography, groups)
        people = populate(
            streams[1],
            geography,
            gangs,
            calendar,
            persons=persons,
            placed=placed,
            new=new,
            new_from_one_region=new_from_one_region,
        )
        between = ties_between(streams[2], gangs, calendar, persons)
        wanted = round(ties_per_person * persons / ROWS_PER_TRUE_TIE) - len(between)
        truth = TrueTies.joined(
            [between, live(streams[2], gangs, people, calendar, ties=wanted)], nodes
        )
        actors = people.with_role(PersonRole.THREAT_ACTOR)
        true_presences = Presences.joined(
            settle_gangs(streams[3], geography, gangs, calendar, persons),
            settle_actors(streams[3], geography, actors, people.home[actors], calendar),
        )
        police = np.asarray(geography.police_region, dtype=np.int64)
        region = np.concatenate([police[people.home], gangs.region])
        told = tell_ties(streams[4], truth, region=region, nodes=nodes)
        told_presences = tell_presences(streams[5], true_presences, near=geography.crow_m)
        ids = _pseudonyms(streams[6], persons, groups)
        facilities = build_facilities(streams[6], geography, as_of)
        world = cls(
            seed=seed,
            as_of=as_of,
            policy=policy,
            geography=geography,
            ids=ids,
            gangs=gangs,
            people=people,
            truth=truth,
            told=told,
            true_presences=true_presences,
            told_presences=told_presences,
            placements=(),
            facilities=facilities,
            cases=open_cases(
                streams[6], geography, people, ids, np.arange(placed, placed + new), as_of
            ),
        )
        return world._settled(streams[7], placed, guard_truth=guard_truth)

    def _settled(
        self, rng: np.random.Generator, placed: int, *, guard_truth: bool
    ) -> SyntheticWorld:
        graphs = [self.told_graph(), *([self.true_graph()] if guard_truth else [])]
        names = self.ids[:placed]
        site = settle(
            rng,
            self.geography,
            self.policy,
            pair_demands(graphs, names, self.policy),
            presence_costs(graphs, names, self.geography, self.policy),
        )
        return replace(
            self,
            placements=tenancies(
                rng, self.geography, self.people, self.ids, site, self.facilities, self.as_of
            ),
        )

    @property
    def placed(self) -> tuple[SubjectRef, ...]:
        """Pseudonyms of those who have a placement now."""
        return tuple(p.subject for p in self.placements if p.end is None)

    @property
    def defectors(self) -> tuple[str, ...]:
        """Pseudonyms of the protected who left a group, placed and new."""
        return tuple(self.ids[i] for i in self.people.defectors.tolist())

    @property
    def missing_share(self) -> float:
        """Share of the true ties that nobody reports, counted."""
        nodes = len(self.ids)
        reported = np.unique(self.told.keys(nodes))
        return 1.0 - float(np.isin(self.truth.keys(nodes), reported).mean())

    @property
    def wrong_share(self) -> float:
        """Share of the reported ties that do not exist, counted."""
        nodes = len(self.ids)
        reported = np.unique(self.told.keys(nodes))
        return 1.0 - float(np.isin(reported, self.truth.keys(nodes)).mean())

    def told_network(self) -> Network:
        """What the engine is told, as it would read it from the files."""
        return told_network(self)

    def true_network(self) -> Network:
        """What is true, every tie graded A1."""
        return true_network(self)

    def told_graph(self) -> RivalGraph:
        """Hostility as the engine sees it, the protected defectors known to have left."""
        return RivalGraph.build(
            self.told_network(),
            as_of=self.as_of,
            policy=self.policy,
            implied_defectors=frozenset(self.defectors),
        )

    def true_graph(self) -> RivalGraph:
        """Hostility as it is."""
        return RivalGraph.build(self.true_network(), as_of=self.as_of, policy=self.policy)

    def told_rival_pairs(self) -> tuple[RivalPair, ...]:
        """Pairs of defectors from groups that the reports call rivals, counted plainly."""
        return rival_pairs(self.defectors, told_rows(self), as_of=self.as_of, policy=self.policy)

    def true_rival_pairs(self) -> tuple[RivalPair, ...]:
        """Pairs of defectors from groups that are rivals, counted plainly."""
        return rival_pairs(self.defectors, true_rows(self), as_of=self.as_of, policy=self.policy)

    def write(self, folder: Path) -> None:
        """Write what the engine is told into `folder` in the public formats."""
        from placement_engine.testing.world_files import write_world

        write_world(self, folder)


def _pseudonyms(rng: np.random.Generator, persons: int, groups: int) -> tuple[str, ...]:
    """Ids in no order that tells who is who: persons first, then groups."""
    people = rng.permutation(persons) + 1
    gangs = rng.permutation(groups) + 1
    return (*(f"P-{n:06d}" for n in people.tolist()), *(f"G-{n:04d}" for n in gangs.tolist()))
