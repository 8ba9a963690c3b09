"""The race of a plan against its bound: annealing and mending here, prices there.

A first cooling is quick, for a plan to prove against; a second is slow; what is left of the
effort mends those who stand far from what they could have. Where little is left open between
plan and bound, that is searched exactly.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import count

from placement_engine.problem import PlacementProblem
from placement_engine.solver.anneal import MEND_STEPS, NONE_YET, Annealing
from placement_engine.solver.backends import Effort, OnPlan, Question, Reply
from placement_engine.solver.clearing import Clearing
from placement_engine.solver.figures import Figures
from placement_engine.solver.model import BoolArray
from placement_engine.solver.own import OwnSearch
from placement_engine.solver.pacing import Pace, ending_by, in_time, while_in_time
from placement_engine.solver.prices import Priced
from placement_engine.solver.second import SHORTEST, STEPS_OF_WORK, Exchange, begin_again, is_rugged
from placement_engine.solver.wide import Wide

FIRST_SHARE = 0.15
"""Share of the effort that the bound may take before the first plan is built."""
FIRST_SWEEPS = 8
"""Sweeps before that."""
CHUNK_STEPS, CHUNK_EACH = 1 << 15, 64
"""Proposals between two looks at the clock, at least, and for each mover."""
PAIRS_OF_WORK = 8
"""Pairs of one sweep that count as a node."""
HOT, COLD = 1.2, 0.03
"""Heat at the start and the end of a cooling, in typical differences between sites."""
MILD, FROST = 0.6, 0.01
"""The same where each mover has fewer than `PATIENT` proposals."""
PATIENT = 3_000
STIFF, RIGID = 0.3, 0.6
"""Penalty of a place too few at the start and the end of a cooling, in the same."""
CROWDED, STIFFER = 0.1, 1.2
"""Places too few for each mover that a cooling may begin with, falling to none, and the
factor by which the penalty rises from chunk to chunk where there are more."""
CROWD = 20.0
"""And where proposals are few."""
SETTLE_EVERY = 32
"""Chunks between two looks for a plan near where everybody stands."""
WORK_SHARE = 0.6
"""Share of counted work for annealing; the exact search gets the rest."""
MENDS, MEND_HEAT = 8, 0.2
"""Mendings between two looks at the clock, and their heat, as above."""
MOST_LEFT = 6_000_000
"""Pairs of open sites of rivals up to which what is left is searched exactly."""
BUILDING_S = 0.3
"""Seconds that an exact search of what is left must have at least."""
LAST_S = 0.15
"""Seconds that the second search may take for one step, as long as none has taken more."""
QUICK_SHARE, SLOW_SHARE = 0.12, 0.6
"""Shares of what is left that the first and the second cooling get; mending gets the rest."""
ENOUGH, WORTH_AGAIN = 10_000, 4
"""Where plans end far from each other, they are begun again and again in place of the second
cooling, if there are so many proposals for each mover, so many times."""
FEW_LEFT, BESIDE_SHARE = 1_000_000, 0.6
"""Pairs of open sites of rivals up to which what is left is searched exactly at once; where it
is more, that waits for so much of the time, in which plans are sought there too."""
CLEARING_SHARE = 0.12
"""Share of what is left after the first cooling in which groups of rivals are cleared."""
STEEP = 0.25
"""Where that closes so much of the gap, a few steep pairs decide, and clearing goes on."""


def chunk_of(search: Annealing) -> int:
    """Proposals between two looks at the clock."""
    return max(CHUNK_STEPS, CHUNK_EACH * len(search.wide.movers))


class Race:
    """Annealing against the bound, for the total.

    Parameters
    ----------
    problem, wide
        What is searched, within the band of the question.
    question
        With the total as its goal and a start plan.
    effort, on_plan
        As of every backend.
    """

    def __init__(
        self,
        problem: PlacementProblem,
        wide: Wide,
        question: Question,
        effort: Effort,
        on_plan: OnPlan,
        *,
        seed: int,
        workers: int,
    ) -> None:
        self._problem = problem
        self._wide = wide
        self._question = question
        self._effort = effort
        self._on_plan = on_plan
        self._search = Annealing(problem, wide, seed=seed)
        self._priced = Priced(wide)
        self._timed = effort.work_left is None and workers > 1
        self._seed = seed
        self._exchange = Exchange()
        self._pace = Pace(longest=chunk_of(self._search))
        self._over = threading.Event()
        self._cooled = threading.Event()
        self._finished: Reply | None = None
        self._told = NONE_YET
        self._work = 0
        self._begun = effort.clock()

    def run(self) -> Reply:
        """Search until the bound meets the plan, or the effort is spent."""
        priced = self._priced
        priced.reprice()
        if priced.impossible:
            return Reply(plan=None, bound=0, complete=True)
        # What the bound takes to be certified is kept from the time there is.
        self._effort = ending_by(self._effort, priced.certifying_s(self._effort.clock))
        first = self._effort.part(FIRST_SHARE)
        for _ in range(FIRST_SWEEPS):
            if first.spent(0):
                break
            priced.step()
        self._start()
        self._tell()
        beside = threading.Thread(target=self._prove, daemon=True) if self._timed else None
        if beside is not None:
            beside.start()
        try:
            self._anneal()
        finally:
            self._over.set()
            self._cooled.set()
            if beside is not None:
                beside.join()
                self._exchange.meet(self._search)
        if not self._timed and not self._met():
            self._finish(self._effort)
        return self._reply()

    def _start(self) -> None:
        """Build a plan at the prices; the one that is known stays where it is better."""
        start, search = self._question.start, self._search
        search.begin(self._priced.lean)
        if start is not None and self._fine(start) < search.cost:
            search.return_to(self._wide.part(start))

    @property
    def bound(self) -> int:
        """Micro-nats that no plan within the band stays below, as certified so far."""
        return self._wide.base_total + self._priced.certified()

    def left(self) -> BoolArray:
        """Which sites, n × M, plans as good as the best may use."""
        found: BoolArray = self._wide.open & ~self._priced.beyond(self._cost())
        return found

    def _cost(self) -> int:
        """Fine cost of the best plan."""
        finished = self._finished
        if finished is None or finished.plan is None:
            return self._search.cost
        return min(self._search.cost, self._fine(finished.plan))

    def _fine(self, plan: tuple[int, ...]) -> int:
        """Fine cost of a plan of every subject."""
        own = Figures(self._problem).total(plan) - self._wide.base_total
        return own * self._wide.fine

    def _reply(self) -> Reply:
        wide, finished = self._wide, self._finished
        base = wide.base_total
        bound = self.bound
        cost = self._cost()
        if cost >= NONE_YET:
            return Reply(plan=self._question.start, bound=bound, complete=False, work=self._work)
        value = base + cost // wide.fine
        best = self._search.best
        plan = wide.full(best) if best is not None and cost == self._search.cost else None
        if finished is not None:
            bound = max(bound, min(value, finished.bound))
            plan = plan or finished.plan
            if finished.complete:
                bound = value
        return Reply(plan=plan, bound=min(bound, value), complete=bound >= value, work=self._work)

    def _tell(self) -> None:
        self._exchange.give(self._search)
        best = self._search.best
        if best is not None and self._search.cost < self._told:
            self._told = self._search.cost
            self._on_plan(self._wide.full(best))

    def _met(self) -> bool:
        """Whether the bound is near enough to the best plan."""
        if self._finished is not None and self._finished.complete:
            return True
        cost = self._search.cost
        missing = cost - self._priced.best
        return cost < NONE_YET and missing < max(self._wide.fine, self._question.gap * cost)

    def _prove(self) -> None:
        """Raise the bound beside the search, and search what is left where that is little."""
        clock, taken = self._effort.clock, 0.0
        while not self._over.is_set() and not (self._cooled.is_set() and self._met()):
            start = clock()
            if not in_time(self._effort, taken) or not self._priced.step():
                break
            taken = clock() - start
        self._cooled.wait()
        late = Effort(
            clock=lambda: float("inf") if self._over.is_set() else clock(),
            deadline=self._effort.deadline,
            work_left=None,
        )
        if self._over.is_set() or self._met() or self._finish(late, most=FEW_LEFT):
            return
        self._seek_beside(late.part(BESIDE_SHARE))
        if not (self._over.is_set() or self._met() or self._finish(late)):
            self._seek_beside(late)

    def _seek_beside(self, effort: Effort) -> None:
        """Begin again and again, where a plan can cool at all, until there is no time for more."""
        if self._proposals(effort) < SHORTEST:
            return
        steps = begin_again(
            self._problem,
            self._wide,
            self._priced,
            self._exchange,
            seeds=count(self._seed + 2, 2),
            late=lambda: not in_time(effort, LAST_S),
        )
        for _ in while_in_time(effort, steps, LAST_S):
            if self._met():
                break

    def _finish(self, effort: Effort, *, most: int = MOST_LEFT) -> bool:
        """Search what is left exactly, if that is little enough; whether it is."""
        best = self._search.best
        left = self.left()
        count = left.sum(axis=1)
        a, b = self._wide.rivalry.ends.T
        if best is None or int((count[a] * count[b]).sum()) > most:
            return False
        if effort.spent(0) or not in_time(effort, BUILDING_S):
            return True
        own = OwnSearch(self._problem, left=left)
        self._finished = own.answer(
            replace(self._question, start=self._wide.full(best)), effort, self._on_plan
        )
        return True

    def _anneal(self) -> None:
        """Cool twice, quickly for a good plan, then slowly for a better; mend what is left."""
        whole = self._effort if self._timed else self._effort.part(WORK_SHARE)
        self._cooling(whole.part(QUICK_SHARE))
        self._cooled.set()
        if self._met() or whole.spent(0):
            return
        best = self._search.best
        if best is not None:
            self._search.return_to(best)
            steep = self._clearing(whole.part(CLEARING_SHARE))
            if steep and not is_rugged(self._wide):
                self._clearing(whole)
                return
        slow = whole.part(SLOW_SHARE)
        if not self._again(slow):
            self._cooling(slow)
        if self._met() or whole.spent(0):
            return
        best = self._search.best
        if best is not None:
            self._search.return_to(best)
            self._mending(whole)

    def _again(self, part: Effort) -> bool:
        """Begin again and again, where there is effort for that; whether there is."""
        each = ENOUGH * len(self._wide.movers)
        if self._proposals(part) < WORTH_AGAIN * each or not is_rugged(self._wide):
            return False
        steps = begin_again(
            self._problem,
            self._wide,
            self._priced,
            self._exchange,
            seeds=count(self._seed + 1, 2),
            late=lambda: self._effort.spent(0),
        )
        for work in steps:
            self._exchange.meet(self._search)
            self._tell()
            if self._spend(part, work) or self._met():
                break
        return True

    def _clearing(self, part: Effort) -> bool:
        """Clear groups of rivals while there is effort; whether that closed much of the gap."""
        search, priced = self._search, self._priced
        scale = search.spread(priced.lean)
        clearing = Clearing(search)
        begun, cleared = search.cost, 0
        while True:
            before = search.cost
            work = clearing.run(
                heat=HOT * scale,
                prices=priced.prices,
                stiff=int(STIFF * scale),
                lean=priced.lean,
                longest=self._pace.proposals(part),
            )
            # What the search beside finds is not the merit of clearing.
            cleared += before - search.cost
            self._exchange.meet(search)
            self._tell()
            if self._spend(part, work) or self._met():
                return cleared > STEEP * (begun - priced.best)

    def _spend(self, part: Effort, work: int) -> bool:
        """Count work; where it takes turns with the bound, raise that. Whether a part is spent."""
        if not self._timed:
            self._priced.step()
            work += len(self._wide.rivalry.ends) // PAIRS_OF_WORK
        self._work += work
        if part is not self._effort:
            self._effort.spent(work)
        return part.spent(work)

    def _mending(self, part: Effort) -> None:
        """Mend around one mover after the other, for as long as there is effort."""
        search, priced = self._search, self._priced
        scale = search.spread(priced.lean)
        for turn in count(1):
            search.mend(
                MENDS,
                heat=MEND_HEAT * scale,
                prices=priced.prices,
                stiff=int(RIGID * scale),
                lean=priced.lean,
                regret=priced.regret,
            )
            self._exchange.meet(search)
            if turn % SETTLE_EVERY == 0:
                self._settle()
            self._tell()
            if self._spend(part, MENDS * MEND_STEPS // STEPS_OF_WORK) or self._met():
                return

    def _proposals(self, part: Effort) -> int:
        """How many proposals an effort is likely to allow."""
        if part.deadline is not None:
            now = self._effort.clock()
            return int(self._search.steps / max(1e-9, now - self._begun) * (part.deadline - now))
        return STEPS_OF_WORK * (part.work_left or 0)

    def _cooling(self, part: Effort) -> None:
        search, priced = self._search, self._priced
        scale = search.spread(priced.lean)
        patient = self._proposals(part) >= PATIENT * len(search.wide.movers)
        hot, cold, rigid = (HOT, COLD, RIGID) if patient else (MILD, FROST, CROWD)
        soft = STIFF if patient else CROWD
        begun = part.clock() if part.deadline is not None else 0.0
        all_work = part.work_left
        stiffer = 1.0
        for turn in count(1):
            passed = 0.0
            if part.deadline is not None:
                passed = (part.clock() - begun) / max(1e-9, part.deadline - begun)
            if all_work is not None and part.work_left is not None:
                passed = max(passed, 1 - part.work_left / max(1, all_work))
            passed = min(1.0, passed)
            heat = hot * scale * (cold / hot) ** passed
            crowded = search.excess > CROWDED * (1 - passed) * len(search.wide.movers)
            stiffer = stiffer * STIFFER if crowded else max(1.0, stiffer / STIFFER)
            stiff = int(stiffer * soft * scale * (rigid / soft) ** passed)
            chunk, before = self._pace.proposals(part), part.clock()
            search.run(
                chunk, hot=heat, cold=heat, prices=priced.prices, stiff=stiff, lean=priced.lean
            )
            self._pace.took(chunk, part.clock() - before)
            if turn % SETTLE_EVERY == 0:
                self._settle()
            self._tell()
            if self._spend(part, chunk // STEPS_OF_WORK) or self._met():
                break
        self._settle()
        self._tell()

    def _settle(self) -> None:
        """Look for a plan near where everybody stands, while there is time."""
        self._search.settle(late=lambda: self._effort.spent(0))
