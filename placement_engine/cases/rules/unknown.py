"""Unknown is never zero: with too few graded ties the band has a floor.

Counts the subject and every adult of the household. Only a named analyst clears the
floor, never the arrival of a tie: whoever was once proposed as unknown stays so
(``docs/adr/0007-unknown-and-missing-data.md``).
"""

from __future__ import annotations

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World
from placement_engine.vocabulary import Band


def unknown_members(world: World, case: int) -> tuple[str, ...]:
    """The subject and the adults of a household who are unknown, the subject first."""
    few, adult = world.policy.unknown.minimum_graded_ties, world.policy.children.age_of_majority
    ages = (None, *(member.age for member in world.cases[case].household))
    ties = world.ties[case]
    return tuple(
        member
        for member, age, known in zip(ties.members, ages, ties.coverage, strict=True)
        if (age is None or age >= adult)
        and (known.graded_ties < few or member in world.noted)
        and member not in world.cleared
    )


def _floor(world: World, case: int) -> Band:
    return world.policy.unknown.band_floor if unknown_members(world, case) else Band.LOW


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
