"""Small worlds for the rules: stated fact by fact, or drawn by Hypothesis.

A fact gives numbers a household's members in order, the subject first; members for whom
nothing is given have none. Needs ``hypothesis``, which the program does not install.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from placement_engine.cases.case import Case
from placement_engine.cases.households import at_least_one
from placement_engine.cases.world import CaseTies, Placed, Present, World
from placement_engine.geo import Geography
from placement_engine.graph import Coverage, PairScores
from placement_engine.intelligence import Facility
from placement_engine.policy import Policy
from placement_engine.problem import PPM, micronats
from placement_engine.testing.strategies import cases
from placement_engine.vocabulary import MunicipalityCode, Need, ProviderId, SubjectRef

FloatArray = NDArray[np.float64]

AS_OF = date(2026, 11, 1)
NEIGHBOURHOODS = (
    "0180", "0182", "0184", "0381", "0380", "0980", "1280", "1281", "1480", "1481", "1880",
    "1980", "2580", "2584", "2523", "2418",
)  # fmt: skip
"""Codes among which drawn worlds take place: towns, their neighbours, an island, the far north."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFact:
    """Somebody placed: where, how hostile to each member, and what she can bear."""

    at: MunicipalityCode
    hostility: tuple[float, ...] = ()
    reunion: tuple[float, ...] = ()
    direct: tuple[bool, ...] = ()
    provider: ProviderId | None = None
    share: int = 0
    ceiling: int = 51_293
    folded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentFact:
    """A group or a named actor present: where, how strongly, how hostile to each member."""

    at: MunicipalityCode
    hostility: tuple[float, ...] = ()
    direct: tuple[bool, ...] = ()
    strength: float = 1.0
    is_group: bool = True
    gang: int = 0


def small_world(
    geography: Geography,
    case: Case,
    *,
    placed: Sequence[PlacedFact] = (),
    present: Sequence[PresentFact] = (),
    facilities: Sequence[Facility] = (),
    graded_ties: Sequence[int] = (),
    regions_lived: Sequence[int] = (),
    used: Mapping[MunicipalityCode, int] | None = None,
    policy: Policy | None = None,
) -> World:
    """The world of one case on the day `AS_OF`, from facts.

    Parameters
    ----------
    graded_ties
        How many graded ties are known of each member; three where not given.
    used
        Places taken, by municipality; none where not given.
    """
    policy = policy or Policy.default()
    members = (case.subject, *(member.id for member in case.household))
    to_placed = _scores(placed, [f.reunion for f in placed], len(members))
    to_present = _scores(present, [() for _ in present], len(members))
    taken = np.zeros(len(geography.codes), dtype=np.int64)
    for code, places in (used or {}).items():
        taken[geography.index[code]] = places
    known = [*graded_ties, *([3] * len(members))][: len(members)]
    return World(
        as_of=AS_OF,
        policy=policy,
        geography=geography,
        exposure=geography.exposure_ppm(policy) / PPM,
        cases=(case,),
        ties=(
            CaseTies(
                members=members,
                placed=to_placed,
                present=to_present,
                household_placed=at_least_one(to_placed.h_or),
                household_reunion=at_least_one(to_placed.reunion),
                household_present=at_least_one(to_present.h_or),
                coverage=tuple(Coverage(graded_ties=n, latest=AS_OF if n else None) for n in known),
            ),
        ),
        current=(None if case.current is None else geography.index[case.current],),
        regions_lived=(tuple(regions_lived),),
        placed=Placed(
            subjects=tuple(SubjectRef(f"P-placed-{n}") for n in range(len(placed))),
            site=_sites(geography, [fact.at for fact in placed]),
            provider=tuple(fact.provider for fact in placed),
            share=np.array([fact.share for fact in placed], dtype=np.int64),
            ceiling=np.array([fact.ceiling for fact in placed], dtype=np.int64),
        ),
        present=Present(
            actors=tuple(f"A-{a}" for a in range(len(present))),
            is_group=np.array([fact.is_group for fact in present], dtype=np.bool_),
            site=_sites(geography, [fact.at for fact in present]),
            strength=np.array([fact.strength for fact in present], dtype=np.float64),
            gang=np.array([fact.gang for fact in present], dtype=np.int64),
        ),
        facilities=tuple(facilities),
        capacity=geography.capacity(policy),
        used=taken,
        folded=np.array([fact.folded for fact in placed], dtype=np.bool_),
    )


def _sites(geography: Geography, codes: Sequence[MunicipalityCode]) -> NDArray[np.int64]:
    return np.array([geography.index[code] for code in codes], dtype=np.int64)


def _scores(
    facts: Sequence[PlacedFact] | Sequence[PresentFact],
    reunions: Sequence[tuple[float, ...]],
    members: int,
) -> PairScores:
    h_or = _by_member([fact.hostility for fact in facts], members)
    return PairScores(
        h_max=h_or.copy(),
        h_or=h_or,
        reunion=_by_member(reunions, members),
        direct=_by_member([fact.direct for fact in facts], members) > 0,
    )


def _by_member(given: Sequence[Sequence[float]], members: int) -> FloatArray:
    """(members, facts) numbers, 0 where a fact gives none."""
    numbers = np.zeros((members, len(given)))
    for column, row in enumerate(given):
        short = row[:members]
        numbers[: len(short), column] = short
    return numbers


_codes = st.sampled_from(NEIGHBOURHOODS).map(MunicipalityCode)
_chance = st.one_of(
    st.just(0.0),
    st.sampled_from((0.05, 0.15, 0.35, 1.0)),
    st.integers(0, PPM).map(lambda ppm: ppm / PPM),
)
_chances = st.lists(_chance, max_size=4).map(tuple)
_direct = st.lists(st.sampled_from((False, False, False, True)), max_size=4).map(tuple)
_providers = st.none() | st.sampled_from(("V-1", "V-2", "V-3")).map(ProviderId)

placed_facts = st.builds(
    PlacedFact,
    at=_codes,
    hostility=_chances,
    reunion=_chances,
    direct=_direct,
    provider=_providers,
    share=st.integers(0, 60_000),
    ceiling=st.sampled_from((micronats(0.05), 60_100)),
    folded=st.sampled_from((True, True, False)),
)
present_facts = st.builds(
    PresentFact,
    at=_codes,
    hostility=_chances,
    direct=_direct,
    strength=st.integers(1, 100).map(lambda hundredths: hundredths / 100),
    is_group=st.booleans(),
    gang=st.integers(0, 3),
)


def facility_facts(needs: Sequence[Need]) -> st.SearchStrategy[Facility]:
    """Facilities close together, mostly of the kinds that a case needs."""
    return st.builds(
        Facility,
        municipality=st.sampled_from(NEIGHBOURHOODS[:3]).map(MunicipalityCode),
        kind=st.sampled_from([*needs, *needs, *needs, *Need]),
        capacity=st.none() | st.integers(0, 3),
        last_seen=st.integers(-400, 30).map(lambda days: AS_OF + timedelta(days=days)),
        source=st.sampled_from("ABC"),
        provider=_providers,
    )


@st.composite
def small_worlds(draw: st.DrawFn, geography: Geography) -> World:
    """Worlds of one case with a few placed people, presences and facilities."""
    case = draw(cases([MunicipalityCode(code) for code in NEIGHBOURHOODS]))
    return small_world(
        geography,
        case,
        placed=draw(st.lists(placed_facts, max_size=4)),
        present=draw(st.lists(present_facts, max_size=6)),
        facilities=draw(st.lists(facility_facts(case.needs), max_size=8)),
        graded_ties=draw(st.lists(st.integers(0, 3), max_size=4)),
        regions_lived=draw(st.lists(st.integers(0, 5), max_size=4)),
        used=draw(st.dictionaries(_codes, st.integers(0, 60), max_size=3)),
    )
