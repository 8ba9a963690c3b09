"""From the solver's answer to what an analyst is told, case by case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

import numpy as np

from placement_engine.cases.assembly import Assembly
from placement_engine.cases.rules.registry import COST_RULES
from placement_engine.cases.rules.unknown import unknown_members
from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    IntArray,
    micronats,
    micronats_array,
    probability_of,
)
from placement_engine.proposal.outcome import (
    CaseProposal,
    Choice,
    Conflict,
    Danger,
    DangerClass,
    Exclusion,
    KnownRecords,
    LevelResult,
    Notice,
    Proposal,
    Sensitivity,
    Status,
)
from placement_engine.provenance import Provenance
from placement_engine.solver import Answer, Faulted, NoSafePlacement, Proposed, Undecided, choices
from placement_engine.vocabulary import Band, ThreatLevel

CEILING = "ceiling"
"""Reason code of a place where the case's own risk passes the ceiling."""
CAPACITY = "capacity"


def compose(
    assembly: Assembly, answer: Answer, *, provenance: Provenance, single_user: bool
) -> Proposal:
    """Tell an answer case by case, with the least that the reader needs."""
    match answer:
        case Proposed():
            cases = tuple(
                _case(assembly, k, answer.assignment, _choices(assembly, answer, k), single_user)
                for k in range(len(assembly.world.cases))
            )
            objective, bound = _coarse(answer.objective), _coarse(answer.lower_bound)
            return Proposal(
                status=Status.PROPOSED,
                cases=cases,
                conflict=(),
                levels=tuple(
                    LevelResult(
                        name=level.name,
                        value=_coarse(level.value),
                        lower_bound=_coarse(level.lower_bound),
                        proved=level.proved,
                    )
                    for level in answer.levels
                ),
                objective_micronats=objective,
                lower_bound_micronats=bound,
                gap=(answer.objective - answer.lower_bound) / max(1, answer.objective),
                proved_optimal=answer.proved_optimal,
                witnessed=True,
                interrupted=answer.interrupted,
                provenance=provenance,
                seconds=answer.seconds,
            )
        case NoSafePlacement():
            return _without_plan(
                assembly,
                Status.NO_SAFE_PLACEMENT,
                _conflict(assembly, answer),
                provenance,
                answer.seconds,
                single_user,
            )
        case Undecided():
            return _without_plan(
                assembly, Status.UNDECIDED, (), provenance, answer.seconds, single_user
            )
        case Faulted():
            return _without_plan(
                assembly, Status.FAULTED, (), provenance, answer.seconds, single_user
            )
        case _:
            assert_never(answer)


def _without_plan(
    assembly: Assembly,
    status: Status,
    conflict: tuple[Conflict, ...],
    provenance: Provenance,
    seconds: float,
    single_user: bool,
) -> Proposal:
    return Proposal(
        status=status,
        cases=tuple(
            _case(assembly, k, None, (), single_user, others_remain=bool(conflict))
            for k in range(len(assembly.world.cases))
        ),
        conflict=conflict,
        levels=(),
        objective_micronats=None,
        lower_bound_micronats=None,
        gap=None,
        proved_optimal=False,
        witnessed=status is Status.NO_SAFE_PLACEMENT,
        interrupted=False,
        provenance=provenance,
        seconds=seconds,
    )


def _case(
    assembly: Assembly,
    k: int,
    assignment: Sequence[int] | None,
    shown: tuple[Choice, ...],
    single_user: bool,
    *,
    others_remain: bool = False,
) -> CaseProposal:
    world = assembly.world
    excluded = _excluded(assembly, k)
    everywhere = np.zeros(world.sites, dtype=np.bool_)
    for mask in excluded.values():
        everywhere |= mask
    coverage = world.ties[k].coverage[0]
    return CaseProposal(
        case=world.cases[k].id,
        choices=shown,
        excluded=tuple(
            Exclusion(reason=reason, municipalities=int(mask.sum()))
            for reason, mask in excluded.items()
            if mask.any()
        ),
        considered=world.sites,
        remaining=int((~everywhere).sum()),
        records=KnownRecords(graded_ties=coverage.graded_ties, latest=coverage.latest),
        notices=_notices(assembly, k, single_user, others_remain=others_remain),
        sensitivity=() if assignment is None else _sensitivity(assembly, k, assignment, everywhere),
    )


def _choices(assembly: Assembly, answer: Proposed, k: int) -> tuple[Choice, ...]:
    world, policy = assembly.world, assembly.world.policy
    found = choices(
        assembly.problem,
        answer,
        k,
        count=policy.choices.count,
        apart_m=round(policy.choices.apart_km * 1000),
    )
    current = world.current[k]
    regions = world.geography.health_region
    return tuple(
        Choice(
            number=number,
            municipality=world.geography.codes[choice.site],
            name=world.geography.municipalities[choice.site].name,
            county=world.geography.municipalities[choice.site].county,
            band=max(
                assembly.problem.band(choice.share), assembly.floor(k), key=lambda band: band.rank
            ),
            risk=coarse_risk(choice.share),
            danger=_danger(assembly, k, choice.site, answer.assignment),
            unchecked=assembly.unchecked(k, choice.site),
            changes_health_region=(
                None if current is None else bool(regions[current] != regions[choice.site])
            ),
        )
        for number, choice in enumerate(found, start=1)
    )


def coarse_risk(share: int) -> float:
    """The chance that a share stands for, rounded up to two digits and at least 10⁻⁶.

    An exact number at a few places of one's own choosing would give away where the other
    person lives.
    """
    risk = max(probability_of(share), 1e-6)
    step = 10.0 ** (math.floor(math.log10(risk)) - 1)
    return min(1.0, round(math.ceil(risk / step - 1e-9) * step, 12))


def _coarse(value: int) -> int:
    """A cost rounded up to two digits, for the reason of `coarse_risk`."""
    step: int = 10 ** max(0, len(str(value)) - 2)
    return -(-value // step) * step


def _excluded(assembly: Assembly, k: int) -> dict[str, np.ndarray]:
    masks = {
        code: effect.forbidden
        for code, effect in assembly.effects[k].items()
        if effect.forbidden.any()
    }
    subject = assembly.problem.subjects[k]
    if subject.ceiling is not None:
        masks[CEILING] = subject.unary > subject.ceiling
    return masks


def _danger(assembly: Assembly, k: int, site: int, assignment: Sequence[int]) -> Danger:
    """The worst single danger at a site, told by class and band only."""
    world = assembly.world
    ties = world.ties[k]
    near = world.exposure[site]
    worst: dict[DangerClass, float] = {}

    def note(kind: DangerClass, chances: np.ndarray) -> None:
        worst[kind] = max(worst.get(kind, 0.0), float(chances.max(initial=0.0)))

    note(DangerClass.PROTECTED_PERSON, ties.household_placed * near[world.placed.site])
    note(DangerClass.REUNION, ties.household_reunion * near[world.placed.site])
    present = ties.household_present * world.present.strength * near[world.present.site]
    note(DangerClass.GROUP, present[world.present.is_group])
    note(DangerClass.THREAT_ACTOR, present[~world.present.is_group])
    for pair in assembly.problem.pairs:
        if k in (pair.a, pair.b):
            other = pair.b if pair.a == k else pair.a
            e = near[assignment[other]]
            note(DangerClass.PROTECTED_PERSON, np.array([pair.hostility_ppm / PPM * e]))
            note(DangerClass.REUNION, np.array([pair.reunion_ppm / PPM * e]))
    kind = max(worst, key=lambda danger: worst[danger])
    if worst[kind] == 0.0:
        return Danger(kind=DangerClass.NONE_KNOWN, band=Band.LOW)
    return Danger(kind=kind, band=assembly.problem.band(micronats(worst[kind])))


def _notices(
    assembly: Assembly, k: int, single_user: bool, *, others_remain: bool
) -> tuple[Notice, ...]:
    world, case = assembly.world, assembly.world.cases[k]
    unknown = unknown_members(world, k)
    told = {
        Notice.NO_THREAT: case.threat_level is ThreatLevel.NONE,
        Notice.UNKNOWN_SUBJECT: case.subject in unknown,
        Notice.UNKNOWN_HOUSEHOLD: bool({*unknown} - {case.subject}),
        Notice.DIVIDED_HOUSEHOLD: world.ties[k].divided,
        Notice.ACUTE: case.acute,
        Notice.NOT_ALONE: case.lives_alone_well is False,
        Notice.LAWYER: case.minor
        or any(m.age < world.policy.children.age_of_majority for m in case.household),
        Notice.OTHERS_REMAIN: others_remain,
        Notice.SINGLE_USER: single_user,
    }
    return tuple(notice for notice, holds in told.items() if holds)


def _sensitivity(
    assembly: Assembly, k: int, assignment: Sequence[int], excluded: np.ndarray
) -> tuple[Sensitivity, ...]:
    """Whether the first choice changes under other d0, the other cases staying at the plan.

    Masks stay those of the policy; costs and the case's own ceiling are computed anew.
    """
    world = assembly.world
    ceiling = assembly.problem.subjects[k].ceiling
    results = []
    for d0 in world.policy.exposure.sensitivity_d0_km:
        other = replace(world, exposure=world.geography.exposure_ppm(world.policy, d0_km=d0) / PPM)
        cost = np.zeros(world.sites, dtype=np.int64)
        for rule in COST_RULES:
            cost += rule.compile(other, k).cost
        allowed = _add_pairs(assembly, k, assignment, other.exposure, cost) & ~excluded
        if ceiling is not None:
            allowed &= cost <= ceiling
        first = assignment[k]
        changes = not allowed[first] or bool(cost[allowed].min() < cost[first])
        results.append(Sensitivity(number="exposure.d0_km", value=d0, first_choice_changes=changes))
    return tuple(results)


def _add_pairs(
    assembly: Assembly, k: int, assignment: Sequence[int], exposure: np.ndarray, cost: IntArray
) -> np.ndarray:
    """Add the pair costs of one case to `cost`; returns where no pair forbids it."""
    allowed = np.ones(len(cost), dtype=np.bool_)
    for pair in assembly.problem.pairs:
        if k in (pair.a, pair.b):
            there = assignment[pair.b if pair.a == k else pair.a]
            e = exposure[:, there]
            cost += micronats_array(pair.hostility_ppm / PPM * e)
            cost += micronats_array(pair.reunion_ppm / PPM * e)
            table = assembly.problem.pair_costs(pair)
            column = table[:, there] if pair.a == k else table[there]
            allowed &= column != FORBIDDEN
    return allowed


def _conflict(assembly: Assembly, answer: NoSafePlacement) -> tuple[Conflict, ...]:
    cases = assembly.world.cases
    return tuple(
        Conflict(
            rule=member.rule,
            cases=tuple(cases[s].id for s in member.subjects if s < len(cases)),
            band=member.pair_class,
        )
        for member in answer.conflict
    )
