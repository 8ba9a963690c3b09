"""A bench to judge one rule on: a plain case, a small world, and both forms at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from placement_engine.cases.case import Case, Consent, Eligibility, HouseholdMember
from placement_engine.cases.rule import Effect, Rule, Verdict
from placement_engine.cases.world import World
from placement_engine.geo import Geography
from placement_engine.testing.worlds_strategy import small_world
from placement_engine.vocabulary import (
    CaseId,
    MunicipalityCode,
    OwnerId,
    PersonId,
    SubjectRef,
    ThreatLevel,
)

PLAIN = Case(
    id=CaseId("C-1"),
    subject=SubjectRef("P-1"),
    owner=OwnerId("UNIT-1"),
    current=MunicipalityCode("0180"),
    threat_level=ThreatLevel.HIGH,
    eligibility=Eligibility(
        motivated=True, terms_signed=True, not_evidence_person=True, social_services_decision=True
    ),
    consent=Consent(information_exchange=True, date=date(2026, 10, 1)),
)
"""An adult who lives in Stockholm, alone, without needs or limits."""


class FormsDifferError(AssertionError):
    """The plain and the vectorised form of a rule disagree."""


class RuleBench:
    """Judges rules on small worlds, always in both forms.

    Parameters
    ----------
    geography
        The municipalities of all its worlds.
    """

    def __init__(self, geography: Geography) -> None:
        self.geography = geography

    def world(self, case: Case = PLAIN, **facts: Any) -> World:
        """A world of `case` and the facts of `small_world`."""
        return small_world(self.geography, case, **facts)

    def judge(self, rule: Rule, world: World, code: str) -> Verdict:
        """What `rule` says of the first case at a municipality.

        Raises
        ------
        FormsDifferError
            If its two forms do not say exactly the same.
        """
        site = self.geography.index[MunicipalityCode(code)]
        return agreed(rule, world, 0, [site], rule.compile(world, 0))[0]

    def forbidden(self, rule: Rule, world: World) -> frozenset[str]:
        """All municipalities that `rule` forbids the first case; empty for a rule that cannot."""
        mask = rule.compile(world, 0).forbidden
        return frozenset(self.geography.codes[site] for site in np.flatnonzero(mask))


def agreed(
    rule: Rule, world: World, case: int, sites: Sequence[int], effect: Effect
) -> tuple[Verdict, ...]:
    """The verdicts at `sites` on which the plain form and `effect` agree.

    Raises
    ------
    FormsDifferError
        Names the rule; a world is made up, so it may be looked into.
    """
    verdicts = tuple(rule.meaning(world, case, site) for site in sites)
    for site, verdict in zip(sites, verdicts, strict=True):
        if verdict != effect.at(site):
            raise FormsDifferError(
                f"{rule.code} at {world.geography.codes[site]}: {verdict} but {effect.at(site)}"
            )
    return verdicts


def household(*ages: int, guardians: Sequence[tuple[int, int]] = ()) -> tuple[HouseholdMember, ...]:
    """Members ``P-H0``… of these ages; `guardians` pairs an adult's number with a child's.

    A child's number of -1 is the subject of `PLAIN`.
    """
    names = [PersonId(f"P-H{number}") for number in range(len(ages))]
    wards: dict[int, tuple[PersonId, ...]] = {}
    for adult, child in guardians:
        ward = PersonId(PLAIN.subject) if child == -1 else names[child]
        wards[adult] = (*wards.get(adult, ()), ward)
    return tuple(
        HouseholdMember(id=name, age=age, guardian_of=wards.get(number, ()))
        for number, (name, age) in enumerate(zip(names, ages, strict=True))
    )


def with_case(world: World, **changes: Any) -> World:
    """The same world with its first case changed; its household must stay."""
    return replace(world, cases=(replace(world.cases[0], **changes), *world.cases[1:]))
