"""Unknown is never zero: with too few graded ties the band has a floor.

Counts the subject and every adult of the household. Only a named analyst clears the
floor, never the arrival of a tie: a case that was proposed as unknown stays so
(``docs/adr/0007-unknown-and-missing-data.md``).
"""

from __future__ import annotations

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World
from placement_engine.vocabulary import Band


def _floor(world: World, case: int) -> Band:
    coverage = world.ties[case].coverage
    numbers = world.policy.unknown
    adult = world.policy.children.age_of_majority
    counted = [coverage[0]]
    for row, member in enumerate(world.cases[case].household, start=1):
        if member.age >= adult:
            counted.append(coverage[row])
    too_few = any(known.graded_ties < numbers.minimum_graded_ties for known in counted)
    unknown = too_few or case in world.once_unknown
    return numbers.band_floor if unknown else Band.LOW


def _meaning(world: World, case: int, _site: int) -> Verdict:
    return Verdict(floor=_floor(world, case))


def _compile(world: World, case: int) -> Effect:
    return Effect.of(world.sites, floor=_floor(world, case))


RULE = Rule(
    code="unknown_subject",
    data_source="The number of graded ties of the subject and of the adults of the household",
    when_missing="This rule is what is done when ties are missing: the band is at least the floor",
    wording=Wording(
        sv="Uppgifterna om hushållet är för få för att risken ska kunna bedömas som låg.",
        en="Too little is on record about the household for the risk to be judged low.",
    ),
    meaning=_meaning,
    compile=_compile,
)
