"""The fewest moves that bring everybody below the ceiling, jointly, or that there are none.

Those over their ceiling and those they collide with may move; everybody else stays, is
protected by her own ceiling, and forbids places as always. Where somebody lives now is
never forbidden to her by a rule: staying is allowed as long as the risk is. Fewest moves
come first, then moves within the same health-care region, then the total risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from placement_engine.cases.assembly import assemble
from placement_engine.cases.case import Case, Consent, Eligibility
from placement_engine.cases.rules.registry import RULES
from placement_engine.nightly.facts import Facts
from placement_engine.nightly.finding import FindingKind
from placement_engine.nightly.state import NightState
from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    Level,
    PlacementProblem,
    ProblemPair,
    micronats_array,
)
from placement_engine.solver import Answer, Limits, NoSafePlacement, Proposed, solve
from placement_engine.vocabulary import CaseId, OwnerId, ThreatLevel

A_MOVE = 10_000_000
"""Cost of a move at the level of moves: above all points for continuity together."""
OVER = 2
"""Highest level of a risk that is not over the ceiling."""
MOST = 60
"""People who may move in one joint question; beyond them the worst come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What can be done for those over the ceiling.

    Parameters
    ----------
    affected
        How many are over their ceiling.
    free
        Placement ids of those who may move: them, and those they collide with.
    movers
        Placement ids of those who move.
    bound
        No plan has fewer moves than this.
    confirmed_none
        Two independent checks agree that no plan exists.
    """

    affected: int
    movers: tuple[str, ...] | None = field(repr=False)
    bound: int
    confirmed_none: bool
    witnessed: bool
    free: tuple[str, ...] = field(default=(), repr=False)

    @property
    def status(self) -> str:
        """``none_needed``, ``proposed``, ``no_safe_placement`` or ``undecided``."""
        if self.affected == 0:
            return "none_needed"
        if self.movers is not None:
            return "proposed"
        return "no_safe_placement" if self.confirmed_none else "undecided"

    @property
    def proved_fewest(self) -> bool:
        """Whether no plan has fewer moves."""
        return self.movers is not None and len(self.movers) == self.bound


NOBODY = Moves(affected=0, movers=(), bound=0, confirmed_none=False, witnessed=False)


def fewest_moves(
    facts: Facts,
    state: NightState,
    *,
    limits: Limits | None = None,
    workers: int = 2,
    within: Sequence[str] | None = None,
) -> Moves:
    """The fewest moves that bring all below the ceiling.

    Parameters
    ----------
    within
        Municipalities to move to; any unless given.
    """
    told = {
        key: finding
        for key, standing in state.standings.items()
        for finding in standing.findings
        if finding.kind is FindingKind.RISK
    }
    over = sorted(
        (key for key, risk in told.items() if risk.level > OVER),
        key=lambda key: (-told[key].risk, key),
    )
    if not over:
        return NOBODY
    free = _free(facts, state, over)
    problem = moves_problem(facts, free, within=within)
    answer = solve(
        problem,
        limits=limits or Limits(),
        workers=workers,
        rule_order=tuple(rule.code for rule in RULES),
    )
    return _told(answer, problem, free, len(over))


def moves_problem(
    facts: Facts, free: Sequence[str], *, within: Sequence[str] | None = None
) -> PlacementProblem:
    """The joint problem of those who may move, in which staying is allowed."""
    observer = facts.observer
    row = {key: n for n, key in enumerate(facts.ids)}
    cases = [_case(facts, row[key], within) for key in free]
    assembly = assemble(observer.world(cases), observer.graph)
    problem = assembly.problem
    current = [observer.geography.index[observer.in_force[row[key]].municipality] for key in free]
    subjects = list(problem.subjects)
    for k, here in enumerate(current):
        mask = {site: why for site, why in subjects[k].forbidden.items() if site != here}
        subjects[k] = replace(subjects[k], forbidden=mask, move_cost=A_MOVE, current=here)
    tables = dict(problem.tables)
    pairs = [_with_staying(problem, pair, current, tables) for pair in problem.pairs]
    capacity = problem.capacity.copy()
    for here in set(current):  # whoever stays has her place, however full the town is
        staying = sum(subjects[k].demand for k, site in enumerate(current) if site == here)
        capacity[here] = max(int(capacity[here]), staying)
    return replace(
        problem,
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        tables=tables,
        capacity=capacity,
        lexicographic=(Level.MOVES, Level.TOTAL),
    )


def _with_staying(
    problem: PlacementProblem,
    pair: ProblemPair,
    current: Sequence[int],
    tables: dict[str, np.ndarray],
) -> ProblemPair:
    """The pair, with the two places where both live now allowed at what they cost."""
    if pair.a >= len(current) or pair.b >= len(current):
        return pair
    a, b = current[pair.a], current[pair.b]
    cost = problem.pair_costs(pair)
    if cost[a, b] != FORBIDDEN:
        return pair
    cost = cost.copy()
    e = np.array([problem.exposure_ppm[a, b] / PPM])
    cost[a, b] = int(
        micronats_array(pair.hostility_ppm / PPM * e)[0]
        + micronats_array(pair.reunion_ppm / PPM * e)[0]
    )
    name = pair.table or f"stay {pair.a} {pair.b}"
    tables[name] = cost
    return replace(pair, table=name, separation_m=0)


def _free(facts: Facts, state: NightState, over: Sequence[str]) -> list[str]:
    """Those over the ceiling, then those who collide with them, one placement a person."""
    wanted = list(over)
    for key in over:
        wanted += [
            finding.other
            for finding in state.standings[key].findings
            if finding.kind in (FindingKind.PLACED, FindingKind.PROVIDER)
        ]
    in_force = dict(zip(facts.ids, facts.observer.in_force, strict=True))
    people: dict[str, str] = {}
    for key in wanted:
        if key in in_force:
            people.setdefault(in_force[key].subject, key)
    return list(people.values())[:MOST]


def _case(facts: Facts, n: int, within: Sequence[str] | None) -> Case:
    """The case on record, or the plainest one, asked for where the person lives now."""
    placement = facts.observer.in_force[n]
    elsewhere = {str(p.subject) for p in facts.observer.in_force}
    known = facts.cases.get(placement.subject, ())
    case = (
        known[-1]
        if known
        else Case(
            id=CaseId("night"),
            subject=placement.subject,
            owner=OwnerId(placement.owner or ""),
            current=placement.municipality,
            threat_level=ThreatLevel.HIGH,
            eligibility=Eligibility(
                motivated=True,
                terms_signed=True,
                not_evidence_person=True,
                social_services_decision=True,
            ),
            consent=Consent(information_exchange=True, date=date.min),
        )
    )
    codes = facts.observer.geography.codes
    limited = case.within if within is None else tuple(c for c in codes if c in set(within))
    return replace(
        case,
        id=CaseId(f"night {n}"),
        current=placement.municipality,
        household=tuple(m for m in case.household if m.id not in elsewhere),
        within=limited,
    )


def _told(answer: Answer, problem: PlacementProblem, free: Sequence[str], affected: int) -> Moves:
    movers: tuple[str, ...] | None = None
    bound = 0
    if isinstance(answer, Proposed):
        movers = tuple(
            key for k, key in enumerate(free) if answer.assignment[k] != problem.subjects[k].current
        )
        # The level holds points for continuity too: what they can be at most is not a move.
        points = sum(
            int(subject.preference.max())
            for subject in problem.subjects
            if subject.preference is not None
        )
        bound = max(0, -(-(answer.levels[0].lower_bound - points) // A_MOVE))
    return Moves(
        affected=affected,
        free=tuple(free),
        movers=movers,
        bound=bound,
        confirmed_none=isinstance(answer, NoSafePlacement),
        witnessed=isinstance(answer, Proposed),
    )
