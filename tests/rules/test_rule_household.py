from __future__ import annotations

from dataclasses import replace

from placement_engine.cases.rules import actors, presence, separation
from placement_engine.cases.rules.household import RULE
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import PlacedFact, PresentFact
from placement_engine.vocabulary import MunicipalityCode

STOCKHOLM = MunicipalityCode("0180")
COUPLE = replace(PLAIN, household=household(34))


def test_a_members_enemy_is_as_far_away_as_the_subjects(bench: RuleBench) -> None:
    for hostility, direct in ((0.05, False), (0.15, False), (0.35, False), (0.01, True)):
        of_member = PlacedFact(at=STOCKHOLM, hostility=(0.0, hostility), direct=(False, direct))
        of_subject = PlacedFact(at=STOCKHOLM, hostility=(hostility,), direct=(direct,))
        forbidden = bench.forbidden(RULE, bench.world(COUPLE, placed=[of_member]))
        assert forbidden == bench.forbidden(separation.RULE, bench.world(placed=[of_subject]))
        assert "0180" in forbidden


def test_a_members_hostile_group_and_actor(bench: RuleBench) -> None:
    for is_group, rule in ((True, presence.RULE), (False, actors.RULE)):
        of_member = PresentFact(at=STOCKHOLM, hostility=(0.0, 0.4), strength=0.9, is_group=is_group)
        of_subject = PresentFact(at=STOCKHOLM, hostility=(0.4,), strength=0.9, is_group=is_group)
        world = bench.world(COUPLE, present=[of_member])
        assert bench.judge(RULE, world, "0180").forbidden
        assert bench.forbidden(RULE, world) == bench.forbidden(
            rule, bench.world(present=[of_subject])
        )


def test_the_subjects_own_enemies_are_other_rules(bench: RuleBench) -> None:
    world = bench.world(
        COUPLE,
        placed=[PlacedFact(at=STOCKHOLM, hostility=(1.0,), direct=(True,))],
        present=[PresentFact(at=STOCKHOLM, hostility=(1.0,))],
    )
    assert not bench.judge(RULE, world, "0180").forbidden


def test_children_have_enemies_too(bench: RuleBench) -> None:
    case = replace(PLAIN, household=household(34, 4))
    world = bench.world(case, placed=[PlacedFact(at=STOCKHOLM, hostility=(0.0, 0.0, 0.2))])
    assert bench.judge(RULE, world, "0180").forbidden
    assert not bench.judge(RULE, world, "2580").forbidden


def test_without_ties_nothing_is_demanded(bench: RuleBench) -> None:
    world = bench.world(
        COUPLE,
        placed=[PlacedFact(at=STOCKHOLM)],
        present=[PresentFact(at=STOCKHOLM)],
        graded_ties=[5, 0],
    )
    assert bench.forbidden(RULE, world) == frozenset()
    assert not bench.judge(RULE, world, "0180").forbidden


def test_it_costs_nothing_besides_what_the_joined_ties_cost(bench: RuleBench) -> None:
    world = bench.world(COUPLE, placed=[PlacedFact(at=STOCKHOLM, hostility=(0.2, 0.9))])
    assert bench.judge(RULE, world, "0180").cost == 0
