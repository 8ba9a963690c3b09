"""Rules compile into the problem: after this, nobody needs to know what a rule is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from placement_engine.cases.rule import Effect
from placement_engine.cases.rules.registry import RULES
from placement_engine.cases.steps import Step, highest_step
from placement_engine.cases.world import BoolArray, World
from placement_engine.graph import RivalGraph
from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
    micronats,
    micronats_array,
)
from placement_engine.provenance import content_hash
from placement_engine.vocabulary import Band, SubjectRef


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Assembly:
    """A problem together with what each rule said of each case.

    Parameters
    ----------
    world
        The world with its final choice of folded people.
    effects
        For each case, rule code to effect.
    problem
        The cases come first among its subjects, in order.
    """

    world: World
    effects: tuple[Mapping[str, Effect], ...]
    problem: PlacementProblem

    def floor(self, case: int) -> Band:
        """The lowest band that this case may be given."""
        return max((e.floor for e in self.effects[case].values()), key=lambda band: band.rank)

    def unchecked(self, case: int, site: int) -> tuple[str, ...]:
        """Codes of the rules that lacked data for this case at this site."""
        return tuple(code for code, e in self.effects[case].items() if e.unchecked[site])


def assemble(
    world: World, graph: RivalGraph, *, seed: int = 0, folded: BoolArray | None = None
) -> Assembly:
    """Compile all rules for all cases of a world.

    People already placed whose ceiling several newcomers could only lift together enter
    as fixed subjects with pairs of their own; all others are folded into unary costs.

    Parameters
    ----------
    folded
        (N,) who is folded, such as in a problem to compare with; found unless given.
    """
    effects = _effects(world)
    masks = tuple(_forbidden(of_case) for of_case in effects)
    folded = _foldable(world, masks) if folded is None else folded
    if not folded.all():
        # Only costs depend on who is folded; the masks stay.
        world = replace(world, folded=folded)
        effects = _effects(world)
    subjects = [_subject(world, case, effects[case], masks[case]) for case in range(len(masks))]
    pairs, tables = _pairs_between(world, graph)
    fixed: dict[int, int] = {}
    capacity = np.maximum(world.capacity - world.used, 0)
    for n in np.flatnonzero(~world.folded):
        site, place = int(world.placed.site[n]), len(subjects)
        fixed[place] = site
        capacity[site] += 1
        unary = np.full(world.sites, int(world.placed.share[n]), dtype=np.int64)
        subjects.append(
            ProblemSubject(
                # Somebody about to move has two placements in force: two ids.
                id=SubjectRef(f"{world.placed.subjects[n]} {n}"),
                unary=unary,
                current=site,
                ceiling=int(world.placed.ceiling[n]),
            )
        )
        pairs.extend(
            ProblemPair(
                a=case,
                b=place,
                hostility_ppm=round(ties.household_placed[n] * PPM),
                reunion_ppm=round(ties.household_reunion[n] * PPM),
            )
            for case, ties in enumerate(world.ties)
            if ties.household_placed[n] > 0 or ties.household_reunion[n] > 0
        )
    problem = PlacementProblem(
        sites=world.geography.codes,
        distance_m=world.geography.separation_m,
        exposure_ppm=np.rint(world.exposure * PPM).astype(np.int64),
        capacity=capacity,
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        tables=tables,
        fixed=fixed,
        lexicographic=(Level.WORST_BAND, Level.TOTAL, Level.MOVES),
        bands=(micronats(world.policy.risk.band_medium), micronats(world.policy.risk.band_high)),
        tie_key=_tie_key(world, seed),
    )
    return Assembly(world=world, effects=effects, problem=problem)


def _effects(world: World) -> tuple[dict[str, Effect], ...]:
    return tuple(
        {rule.code: rule.compile(world, case) for rule in RULES} for case in range(len(world.cases))
    )


def _forbidden(effects: Mapping[str, Effect]) -> dict[int, tuple[str, ...]]:
    reasons: dict[int, tuple[str, ...]] = {}
    for rule in RULES:
        if not rule.carried:
            for site in np.flatnonzero(effects[rule.code].forbidden).tolist():
                reasons[site] = (*reasons.get(site, ()), rule.code)
    return reasons


def _foldable(world: World, masks: tuple[Mapping[int, tuple[str, ...]], ...]) -> np.ndarray:
    if len(world.cases) == 1:
        return np.ones(len(world.placed.subjects), dtype=np.bool_)
    added = np.zeros(len(world.placed.subjects), dtype=np.int64)
    for ties, mask in zip(world.ties, masks, strict=True):
        allowed = np.setdiff1d(np.arange(world.sites), np.fromiter(mask, dtype=np.int64))
        touched = np.flatnonzero((ties.household_placed > 0) | (ties.household_reunion > 0))
        if len(allowed) and len(touched):
            nearest = world.exposure[np.ix_(world.placed.site[touched], allowed)].max(axis=1)
            added[touched] += micronats_array(ties.household_placed[touched] * nearest)
            added[touched] += micronats_array(ties.household_reunion[touched] * nearest)
    return world.placed.share + added <= world.placed.ceiling


def _subject(
    world: World, case: int, effects: Mapping[str, Effect], mask: Mapping[int, tuple[str, ...]]
) -> ProblemSubject:
    unary = np.zeros(world.sites, dtype=np.int64)
    preference = np.zeros(world.sites, dtype=np.int64)
    for effect in effects.values():
        unary += effect.cost
        preference += effect.preference
    return ProblemSubject(
        id=world.cases[case].subject,
        unary=unary,
        forbidden=mask,
        demand=world.cases[case].demand,
        current=world.current[case],
        preference=preference,
        ceiling=micronats(world.policy.risk.ceiling),
    )


def _pairs_between(
    world: World, graph: RivalGraph
) -> tuple[list[ProblemPair], dict[str, IntArray]]:
    pairs: list[ProblemPair] = []
    tables: dict[str, IntArray] = {}
    e = world.exposure
    members = [member for ties in world.ties for member in ties.members]
    owner = np.repeat(np.arange(len(world.ties)), [len(ties.members) for ties in world.ties])
    scores = graph.scores(members, members)
    for a in range(len(world.ties)):
        for b in range(a + 1, len(world.ties)):
            block = np.ix_(owner == a, owner == b)
            hostility = _joined_ppm(scores.h_or[block])
            reunion = _joined_ppm(scores.reunion[block])
            # The joined number, so that no pair is nearer here than one by one.
            joined = np.array([hostility / PPM])
            step = highest_step(world.policy, joined, np.array([scores.direct[block].any()]))
            if not (hostility or reunion or step):
                continue
            table = None
            if step is not None and step.other_labour_market:
                table = f"pair {a} {b}"
                cost = micronats_array(hostility / PPM * e)
                if reunion:
                    cost += micronats_array(reunion / PPM * e)
                cost[_too_near(world, step)] = FORBIDDEN
                tables[table] = cost
            pairs.append(
                ProblemPair(
                    a=a,
                    b=b,
                    hostility_ppm=hostility,
                    reunion_ppm=reunion,
                    separation_m=0 if step is None else step.metres,
                    table=table,
                )
            )
    return pairs, tables


def _too_near(world: World, step: Step) -> np.ndarray:
    near: np.ndarray = world.geography.separation_m < step.metres
    return near | world.geography.same_labour_market


def _joined_ppm(chances: np.ndarray) -> int:
    joined = float(1 - np.prod(1 - chances))
    return int(np.ceil(max(joined, float(chances.max(initial=0.0))) * PPM))


def _tie_key(world: World, seed: int) -> bytes:
    parts = [world.policy.hash, world.as_of.isoformat(), str(seed), *(c.id for c in world.cases)]
    return bytes.fromhex(content_hash(part.encode() for part in parts))
