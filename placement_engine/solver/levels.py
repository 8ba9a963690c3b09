"""The levels of a plan, one after the other, each kept while the next is made least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from placement_engine.problem import Level, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import LevelValue
from placement_engine.solver.backends import Backend, Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.figures import Figures

OWN_SHARE = 0.65
"""Share of what is left that our own search may spend before the second solver helps."""
HELP_SHARE = 0.5
"""Share of the rest that the second solver may spend; later levels get what remains."""
A_LITTLE = 5_000
"""Nodes for a bound of the total where it is no level."""
HIGHEST_BAND = 2

GOAL_OF = {Level.TOTAL: Goal.TOTAL, Level.MOVES: Goal.MOVES}
LEVEL_OF = {goal: level for level, goal in GOAL_OF.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbed:
    """How far the levels were climbed.

    Parameters
    ----------
    plan
        Best plan; None if none was found.
    levels
        One a level of the problem, if there is a plan.
    total_bound
        Lower bound of the total for plans no worse at the levels before it.
    settled
        Every level and the choice between equals is proved.
    impossible
        A search was exhausted without a plan, or the second solver claims as much.
    """

    plan: tuple[int, ...] | None
    levels: tuple[LevelValue, ...]
    total_bound: int
    settled: bool
    impossible: bool


class Climb:
    """Climbs the levels of one problem.

    Parameters
    ----------
    problem
        What is solved.
    own
        The backend whose exhaustion is a proof.
    second
        Makes the backend that helps with plans where `own` is not done soon; None where
        `own` is to have all that may be spent.
    figures
        Adds plans up.
    effort
        What may be spent on all levels together.
    gap
        Relative gap of the total that is good enough.
    on_plan
        Told of each better plan.
    """

    def __init__(
        self,
        problem: PlacementProblem,
        *,
        own: Backend,
        second: Callable[[], Backend] | None,
        figures: Figures,
        effort: Effort,
        gap: float,
        on_plan: OnPlan,
    ) -> None:
        self._problem = problem
        self._own = own
        self._second = second
        self._figures = figures
        self._effort = effort
        self._gap = gap
        self._on_plan = on_plan

    def run(self) -> Climbed:
        """Climb all levels, or as many as the effort allows."""
        first = self._ask(Question(goal=None, band=HIGHEST_BAND))
        if first.plan is None:
            return Climbed(
                plan=None, levels=(), total_bound=0, settled=False, impossible=first.complete
            )
        question = Question(goal=None, band=HIGHEST_BAND, start=first.plan)
        levels: list[LevelValue] = []
        total_bound: int | None = None
        for level in self._problem.lexicographic:
            if level is Level.WORST_BAND:
                value, question = self._band(question)
            else:
                value, question = self._sum(level, question)
            levels.append(value)
            if level is Level.TOTAL:
                total_bound = value.lower_bound
        if total_bound is None:
            # The total is no level here: its bound holds for plans of the same band.
            asked = replace(question, goal=Goal.TOTAL, at_most={}, at_least_proved=True)
            only = Effort(
                clock=self._effort.clock, deadline=self._effort.deadline, work_left=A_LITTLE
            )
            total_bound = self._own.answer(asked, only, lambda _: None).bound
        tie = self._ask(replace(question, goal=Goal.TIE), helped=False)
        settled = tie.complete and all(level.proved for level in levels)
        assert tie.plan is not None
        return Climbed(
            plan=tie.plan,
            levels=tuple(self._now(level, tie.plan) for level in levels),
            total_bound=total_bound,
            settled=settled,
            impossible=False,
        )

    def _now(self, level: LevelValue, plan: tuple[int, ...]) -> LevelValue:
        """The level as the last plan has it: one that was not proved may have got better."""
        value = (
            self._rank(plan) if level.name is Level.WORST_BAND else self._value(level.name, plan)
        )
        return replace(level, value=value, proved=level.lower_bound == value)

    def _band(self, question: Question) -> tuple[LevelValue, Question]:
        """Try the bands from the lowest; each that is impossible raises the bound."""
        plan = question.start
        assert plan is not None
        reached = self._rank(plan)
        bound = 0
        for band in range(reached):
            found, impossible = self._within(band, question)
            if found is not None:
                plan, reached = found, band
                break
            if impossible and bound == band:
                bound = band + 1
        value = LevelValue(
            name=Level.WORST_BAND, value=reached, lower_bound=bound, proved=bound == reached
        )
        return value, replace(question, band=reached, start=plan)

    def _within(self, band: int, question: Question) -> tuple[tuple[int, ...] | None, bool]:
        """A plan within a band at the values of the levels before, and whether none exists.

        Those levels are climbed again within the band: what each component may spend of
        them is known only where a plan stands at its least.
        """
        asked = Question(goal=None, band=band)
        reply = self._ask(asked)
        for goal, limit in question.at_most.items():
            if reply.plan is None:
                break
            reply = self._ask(replace(asked, goal=goal, start=reply.plan))
            assert reply.plan is not None
            value = self._value(LEVEL_OF[goal], reply.plan)
            if value > limit:
                return None, reply.bound > limit
            asked = replace(asked, at_most={**asked.at_most, goal: value})
        return reply.plan, reply.plan is None and reply.complete

    def _sum(self, level: Level, question: Question) -> tuple[LevelValue, Question]:
        goal = GOAL_OF[level]
        reply = self._ask(replace(question, goal=goal))
        plan = reply.plan
        assert plan is not None
        value = self._value(level, plan)
        bound = value if reply.complete else min(reply.bound, value)
        kept = replace(
            question,
            at_most={**question.at_most, goal: value},
            at_least_proved=question.at_least_proved and bound == value,
            start=plan,
        )
        proved = bound == value
        return LevelValue(name=level, value=value, lower_bound=bound, proved=proved), kept

    def _ask(self, question: Question, *, helped: bool = True) -> Reply:
        """Own search; where it is not done, a better plan from the second solver."""
        question = replace(question, gap=self._gap if question.goal is Goal.TOTAL else 0.0)
        second = self._second if helped else None
        mine = self._effort if second is None else self._effort.part(OWN_SHARE)
        reply = self._own.answer(question, mine, self._on_plan)
        if second is None or self._spent(reply) or reply.complete or self._content(question, reply):
            return reply
        claim = second().answer(
            replace(question, start=reply.plan), self._effort.part(HELP_SHARE), self._on_plan
        )
        self._spent(claim)
        if claim.plan is None and claim.complete and question.goal is None:
            # A claim, not a proof: a conflict must bear it out, and no band is settled by it.
            return replace(claim, complete=question.band == HIGHEST_BAND)
        return replace(reply, plan=claim.plan or reply.plan)

    def _spent(self, reply: Reply) -> bool:
        return self._effort.spent(reply.work)

    def _content(self, question: Question, reply: Reply) -> bool:
        if question.goal is not Goal.TOTAL or reply.plan is None or self._gap <= 0:
            return False
        value = self._value(Level.TOTAL, reply.plan)
        return value - reply.bound <= self._gap * max(1, value)

    def _rank(self, plan: tuple[int, ...]) -> int:
        return self._problem.band(int(self._figures.own_shares(plan).max())).rank

    def _value(self, level: Level, plan: tuple[int, ...]) -> int:
        if level is Level.TOTAL:
            return self._figures.total(plan)
        return witness.moves(self._problem, plan)
