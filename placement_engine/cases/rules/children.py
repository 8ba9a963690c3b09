"""A child lives in protected housing only with a guardian who is placed too.

The subject or a member of the household is a child. Custody is stated by the adults of the
household (``guardian_of``); a child who is named by none of them is *unaccompanied*.

* Protected housing is needed and the subject is a child, and he or another child is
  unaccompanied: the municipality must have a family home or an HVB on record.
* Protected housing is needed, the subject is an adult and a child is unaccompanied: the
  subject may be the guardian, which a case cannot state, so it is unchecked everywhere.
* The subject is an unaccompanied child and no protected housing is needed: nothing says
  what form of housing is meant, so it is unchecked everywhere.
"""

from __future__ import annotations

import numpy as np

from placement_engine.cases.case import Case
from placement_engine.cases.facilities import on_record, open_facilities, sites_with, stands
from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World
from placement_engine.vocabulary import Need

HOMES = (Need.FAMILY_HOME, Need.HVB)


def _meaning(world: World, case: int, site: int) -> Verdict:
    stated = world.cases[case]
    alone = _unaccompanied(stated, world.policy.children.age_of_majority)
    if not alone:
        return Verdict()
    if Need.PROTECTED_HOUSING not in stated.needs:
        return Verdict(unchecked=stated.subject in alone)
    if not stated.minor or not any(on_record(world, home) for home in HOMES):
        return Verdict(unchecked=True)
    return Verdict(forbidden=not any(stands(world, home, site) for home in HOMES))


def _compile(world: World, case: int) -> Effect:
    stated = world.cases[case]
    alone = _unaccompanied(stated, world.policy.children.age_of_majority)
    housing = Need.PROTECTED_HOUSING in stated.needs
    if housing and alone and stated.minor and any(on_record(world, home) for home in HOMES):
        standing = [f for home in HOMES for f in open_facilities(world, home)]
        return Effect.of(world.sites, forbidden=~sites_with(world, standing))
    unknown = bool(alone) if housing else stated.subject in alone
    return Effect.of(world.sites, unchecked=np.full(world.sites, unknown))


def _unaccompanied(case: Case, age_of_majority: int) -> frozenset[str]:
    """Children of the case without an adult guardian among those who move with them."""
    children: set[str] = {m.id for m in case.household if m.age < age_of_majority}
    if case.minor:
        children.add(case.subject)
    in_custody = {
        child for m in case.household if m.age >= age_of_majority for child in m.guardian_of
    }
    return frozenset(children - in_custody)


RULE = Rule(
    code="child",
    data_source="Ages and guardians in the case; facilities on record by the day",
    when_missing="Unchecked everywhere if neither family homes nor HVB are on record, or if a "
    "child of an adult subject has no stated guardian",
    wording=Wording(
        sv="Ett barn får placeras i skyddat boende endast tillsammans med en vårdnadshavare som "
        "också placeras. I annat fall krävs familjehem eller HVB.",
        en="A child may be placed in protected housing only with a guardian who is placed too. "
        "Otherwise a family home or an HVB is required.",
    ),
    meaning=_meaning,
    compile=_compile,
    legal_source="Socialtjänstlag (2025:400), in force 1 July 2025, which replaced socialtjänstlag "
    "(2001:453); lag (2024:79) om placering av barn i skyddat boende, in force 1 April 2024; "
    "to be checked by a lawyer",
)
