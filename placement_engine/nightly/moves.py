"""The fewest moves that bring everybody below the ceiling, jointly, or that there are none.

Those over their ceiling and those they collide with may move; everybody else stays, is
protected by her own ceiling, and forbids places as always. Where somebody lives now is
never forbidden to her by a rule: staying is allowed as long as the risk is. Fewest moves
come first; those who must move keep their health-care region as far as that can be, then
the total risk is least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from placement_engine.cases.assembly import assemble
from placement_engine.cases.case import Case, Consent, Eligibility
from placement_engine.nightly.facts import Facts
from placement_engine.nightly.finding import FindingKind, Urgency
from placement_engine.nightly.recheck import Night
from placement_engine.nightly.state import NightState
from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    Level,
    PlacementProblem,
    ProblemPair,
    micronats_array,
)
from placement_engine.solver import Limits, NoSafePlacement, Proposed, solve
from placement_engine.solver.moves import Moves as Repaired
from placement_engine.solver.moves import fewest_moves as fewest
from placement_engine.vocabulary import CaseId, OwnerId, ThreatLevel

KINDEST_S = 3.0
"""Seconds for who of several moves, and again for where they go; how many is known by then."""
OVER = 2
"""Highest level of a risk that is not over the ceiling."""
MOST = 60
"""People who may move in one joint question: of more the worst, and the others are told of."""


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
    to_other_region
        How many of those who move come to another health-care region.
    confirmed_none
        Two independent checks agree that no plan exists.
    asked
        False if nothing has changed for those over the ceiling since it was last asked.
    whole
        False if not all who might move are in the question: then nothing is proved of all.
    left_out
        How many over their ceiling were not in the question: too many, or living with
        somebody who is.
    """

    affected: int
    movers: tuple[str, ...] | None = field(repr=False)
    bound: int
    to_other_region: int
    confirmed_none: bool
    witnessed: bool
    asked: bool = True
    free: tuple[str, ...] = field(default=(), repr=False)
    whole: bool = True
    left_out: int = 0

    @property
    def status(self) -> str:
        """``none_needed``, ``as_told``, ``proposed``, ``no_safe_placement`` or ``undecided``.

        Where not everybody was in the question, ``proposed_in_part`` or ``undecided_in_part``.
        """
        if self.affected == 0:
            return "none_needed"
        if not self.asked:
            return "as_told"
        if not self.whole:
            return "undecided_in_part" if self.movers is None else "proposed_in_part"
        if self.movers is not None:
            return "proposed"
        return "no_safe_placement" if self.confirmed_none else "undecided"

    @property
    def proved_fewest(self) -> bool:
        """Whether no plan has fewer moves."""
        return self.whole and self.movers is not None and len(self.movers) == self.bound


NOBODY = Moves(
    affected=0, movers=(), bound=0, to_other_region=0, confirmed_none=False, witnessed=False
)


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
    over = over_the_ceiling(state)
    if not over:
        return NOBODY
    free, left = who_may_move(facts, state)
    whole = not left
    left_out = sum(key in left for key in over)
    problem = moves_problem(facts, free, within=within)
    limits = limits or Limits()
    # Of a part it would not say that there are no moves at all.
    answer = fewest(problem, limits=limits, workers=workers, confirm=whole, total_s=KINDEST_S)
    if isinstance(answer, Repaired):
        plan = _kindest(problem, answer, limits, workers)
        moved = [k for k in answer.moved if k < len(free)]
        regions = facts.observer.geography.health_region
        return Moves(
            affected=len(over),
            free=tuple(free),
            movers=tuple(free[k] for k in moved),
            bound=answer.lower_bound if whole else 0,
            to_other_region=sum(
                int(regions[plan[k]]) != int(regions[problem.subjects[k].current or 0])
                for k in moved
            ),
            confirmed_none=False,
            witnessed=True,
            whole=whole,
            left_out=left_out,
        )
    return Moves(
        affected=len(over),
        free=tuple(free),
        movers=None,
        bound=0,
        to_other_region=0,
        confirmed_none=whole and isinstance(answer, NoSafePlacement),
        witnessed=False,
        whole=whole,
        left_out=left_out,
    )


def _kindest(
    problem: PlacementProblem, found: Repaired, limits: Limits, workers: int
) -> tuple[int, ...]:
    """Where those who must move go: fewest new health-care regions first, then least risk."""
    staying = {k: site for k, site in enumerate(found.assignment) if k not in found.moved}
    answer = solve(
        replace(problem, fixed={**problem.fixed, **staying}),
        limits=replace(limits, time_s=KINDEST_S),
        workers=workers,
    )
    return answer.assignment if isinstance(answer, Proposed) else found.assignment


def moves_of(night: Night, *, limits: Limits | None = None) -> Moves:
    """The fewest moves, where the night has changed anything for those over the ceiling."""
    over = over_the_ceiling(night.state)
    changed = {change.placement for change in night.changes if change.urgency is not Urgency.INFO}
    if over and changed.isdisjoint(over) and not night.full:
        return replace(NOBODY, affected=len(over), movers=None, asked=False)
    return fewest_moves(night.facts, night.state, limits=limits)


def not_known(night: Night) -> Moves:
    """That nothing is known of moves, where asking for them has failed."""
    over = over_the_ceiling(night.state)
    return replace(NOBODY, affected=len(over), movers=None) if over else NOBODY


def over_the_ceiling(state: NightState) -> list[str]:
    """Placements whose person is over her ceiling, the worst first."""
    told = {
        key: finding.risk
        for key, standing in state.standings.items()
        for finding in standing.findings
        if finding.kind is FindingKind.RISK and finding.level > OVER
    }
    return sorted(told, key=lambda key: (-told[key], key))


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
        subjects[k] = replace(subjects[k], forbidden=mask, current=here)
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


def who_may_move(facts: Facts, state: NightState) -> tuple[list[str], frozenset[str]]:
    """Those over the ceiling and those they collide with; and who of them is left out.

    One placement a person, in whatever records; nobody who lives with somebody else in the
    question, for the two would have to move as one; and no more than `MOST`.
    """
    over = over_the_ceiling(state)
    wanted = over + [
        finding.other
        for key in over
        for finding in state.standings[key].findings
        if finding.kind in (FindingKind.PLACED, FindingKind.PROVIDER)
    ]
    observer, in_force = facts.observer, dict(zip(facts.ids, facts.observer.in_force, strict=True))
    placed = {observer.kept(p.subject) for p in observer.in_force}
    free: dict[str, str] = {}
    left: set[str] = set()
    living: set[str] = set()
    for key in dict.fromkeys(wanted):
        if key not in in_force:
            continue
        person, *others = map(observer.kept, observer.household(in_force[key].subject))
        members = set(others) - placed
        if person in free:
            continue
        if len(free) == MOST or living & members:
            left.add(key)
            continue
        free[person] = key
        living |= members
    return list(free.values()), frozenset(left)


def _case(facts: Facts, n: int, within: Sequence[str] | None) -> Case:
    """The case on record, or the plainest one, asked for where the person lives now."""
    placement = facts.observer.in_force[n]
    kept = facts.observer.kept
    elsewhere = {kept(p.subject) for p in facts.observer.in_force}
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
    moving = {kept(m.id): m for m in case.household if kept(m.id) not in elsewhere}
    return replace(
        case,
        id=CaseId(f"night {n}"),
        current=placement.municipality,
        household=tuple(moving.values()),
        within=limited,
    )
