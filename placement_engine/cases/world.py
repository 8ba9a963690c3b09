"""All that is known on the day of one question, in the arrays that the rules share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.case import Case
from placement_engine.geo import Geography
from placement_engine.graph import Coverage, PairScores
from placement_engine.intelligence import Facility
from placement_engine.policy import Policy
from placement_engine.problem import IntArray
from placement_engine.vocabulary import MunicipalityCode, ProviderId, SubjectRef

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Placed:
    """The N people already placed on the day, without those of the cases themselves.

    Parameters
    ----------
    subjects
        N pseudonyms.
    site
        (N,) site index of each.
    provider
        N care providers, None where unknown.
    share
        (N,) own share in micro-nats before anybody new arrives.
    ceiling
        (N,) highest own share: that of the policy, or a negligible step above `share`
        for somebody who is over it already.
    """

    subjects: tuple[SubjectRef, ...]
    site: IntArray
    provider: tuple[ProviderId | None, ...]
    share: IntArray
    ceiling: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Present:
    """The A presences on the day: groups and named actors, each at one site.

    Parameters
    ----------
    actors
        A ids; one actor present at three sites stands three times.
    is_group
        (A,) whether it is a group.
    site
        (A,) site index.
    strength
        (A,) strength of the presence in (0, 1].
    gang
        (A,) integer key; dangers with the same key share a group edge and are aggregated.
    """

    actors: tuple[str, ...]
    is_group: BoolArray
    site: IntArray
    strength: NDArray[np.float64]
    gang: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CaseTies:
    """Ties of one case's household, rows being its H members with the subject first.

    All hostilities and reunions are whole parts per million, rounded up, so that a
    cost is the same whether a placed person is folded or stands in the problem.

    Parameters
    ----------
    members
        H pseudonyms.
    placed, present
        Scores H × N against `Placed` and H × A against `Present`.
    household_placed, household_reunion
        (N,) chance that at least one member is hostile to, or would reunite with, each
        placed person: ``1 - prod(1 - h)`` over the members.
    household_present
        (A,) the same hostility to each presence.
    coverage
        H, how much is known of each member.
    divided
        Whether two members are hostile enough that, placed apart, they would be kept apart.
    """

    members: tuple[str, ...]
    placed: PairScores
    present: PairScores
    household_placed: NDArray[np.float64]
    household_reunion: NDArray[np.float64]
    household_present: NDArray[np.float64]
    coverage: tuple[Coverage, ...]
    divided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class World:
    """What the rules see.

    Parameters
    ----------
    exposure
        (M, M) chance that people of two sites meet within a year.
    ties
        One for each case, in order.
    current
        Site index where each case's subject lives now, None where unknown.
    regions_lived
        For each case the health-care regions of the subject's placements so far, in
        order, the current one last; empty where nothing is known.
    used
        (M,) places taken by the people already placed.
    folded
        (N,) whether a placed person's cost is folded into the unary costs; the others
        stand in the problem as fixed subjects with pairs of their own.
    noted
        Members of households of whom too little was known when a proposal was made; the
        arrival of a tie does not clear that.
    cleared
        Those whom a named analyst has cleared of it.
    """

    as_of: date
    policy: Policy
    geography: Geography
    exposure: NDArray[np.float64]
    cases: tuple[Case, ...]
    ties: tuple[CaseTies, ...]
    current: tuple[int | None, ...]
    regions_lived: tuple[tuple[int, ...], ...]
    placed: Placed
    present: Present
    facilities: tuple[Facility, ...]
    capacity: IntArray
    used: IntArray
    folded: BoolArray
    noted: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()

    @property
    def sites(self) -> int:
        """M, the number of municipalities."""
        return len(self.geography.codes)

    def site_of(self, code: MunicipalityCode) -> int:
        """Index of a municipality."""
        return self.geography.index[code]
