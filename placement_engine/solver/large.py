"""The search for large problems: annealing for plans, prices for the bound, at the same time.

Prices come first, for a plan built by costs with prices on them is good at once. Then the
annealing goes on while a second thread raises the bound; the kernels hold no lock. Where
work is counted instead of time the two take turns, and the answer is the same each time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from placement_engine.problem import PlacementProblem
from placement_engine.solver.anneal import MEND_STEPS, NONE_YET, Annealing
from placement_engine.solver.backends import Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.figures import Figures
from placement_engine.solver.model import BoolArray, share_limit
from placement_engine.solver.own import OwnSearch
from placement_engine.solver.prices import Priced
from placement_engine.solver.threshold import consistent, has_room
from placement_engine.solver.wide import Wide, lay_wide, within

FIRST_SHARE = 0.15
"""Share of the effort that the bound may take before the first plan is built."""
FIRST_SWEEPS = 8
"""Sweeps before that."""
FIRST_STEPS = 1 << 18
"""Proposals for a first plan, doubled until there is one."""
FEASIBLE_SHARE = 0.25
"""Share of what is left that the search for any plan may spend on one band."""
CHUNK_STEPS, CHUNK_EACH = 1 << 15, 64
"""Proposals between two looks at the clock, at least, and for each mover."""
STEPS_OF_WORK = 256
"""Proposals that count as a node."""
PAIRS_OF_WORK = 8
"""Pairs of one sweep that count as a node."""
HOT, MILD, COLD = 1.2, 0.6, 0.03
"""Heat at the start and the end of a cooling, in typical differences between sites: hot
where each mover has `PATIENT` proposals or more, mild where she has fewer."""
PATIENT = 3_000
STIFF, RIGID = 0.3, 0.6
"""Penalty of a place too few at the start and the end of a cooling, in the same."""
CROWD = 20.0
"""And in a search for any plan."""
SETTLE_EVERY = 32
"""Chunks between two looks for a plan near where everybody stands."""
WORK_SHARE = 0.6
"""Share of counted work for annealing; the exact search gets the rest."""
MENDS, MEND_HEAT = 8, 0.2
"""Mendings between two looks at the clock, and their heat, as above."""
MOST_LEFT = 6_000_000
"""Pairs of open sites of rivals up to which what is left is searched exactly."""
QUICK_SHARE, SLOW_SHARE = 0.12, 0.6
"""Shares of what is left that the first and the second cooling get; mending gets the rest."""


def large_search(problem: PlacementProblem, *, seed: int, workers: int) -> LargeSearch | None:
    """The search of a problem; None where its costs are too large for the kernels."""
    wide = lay_wide(problem)
    return None if wide is None else LargeSearch(problem, wide, seed=seed, workers=workers)


class LargeSearch:
    """A backend for many movers.

    Parameters
    ----------
    problem, wide
        What it is bound to.
    seed
        Of the annealing.
    workers
        With two or more, the bound is raised beside the search where only time is limited.
    """

    def __init__(self, problem: PlacementProblem, wide: Wide, *, seed: int, workers: int) -> None:
        self._problem = problem
        self._whole = wide
        self._seed = seed
        self._workers = workers
        self._bands: dict[int, Wide] = {}
        self._left: BoolArray | None = None

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Answer within the effort.

        Goals after the total are searched where the total is proved and little is left open;
        else the plan stays as it is.
        """
        if question.goal in (None, Goal.TOTAL) and not question.at_most:
            wide = self._within(question.band, effort)
            if wide.broken or not has_room(wide):
                return Reply(plan=None, bound=0, complete=True)
            if question.goal is None:
                return self._any(wide, effort, on_plan)
            race = Race(
                self._problem,
                wide,
                question,
                effort,
                on_plan,
                seed=self._seed,
                workers=self._workers,
            )
            reply = race.run()
            self._left = race.left() if reply.complete else None
            return reply
        if Goal.TOTAL in question.at_most and self._left is not None and not effort.spent(0):
            return OwnSearch(self._problem, left=self._left).answer(question, effort, on_plan)
        return Reply(plan=question.start, bound=0, complete=False)

    def _within(self, band: int, effort: Effort) -> Wide:
        limit = share_limit(self._problem, band)
        if band not in self._bands:
            limited = within(self._problem, self._whole, limit)
            self._bands[band] = consistent(limited, stop=lambda: effort.spent(0))
        return self._bands[band]

    def _any(self, wide: Wide, effort: Effort, on_plan: OnPlan) -> Reply:
        """Any plan: cool quickly, again and again."""
        mine = effort.part(FEASIBLE_SHARE)
        priced = Priced(wide)
        priced.reprice()
        search = Annealing(self._problem, wide, seed=self._seed)
        search.begin(priced.lean)
        steps, work = FIRST_STEPS, 0
        while search.best is None and not mine.spent(0):
            work += _cool(search, priced, steps, mine, until=lambda: search.cost < NONE_YET)
            steps *= 2
        effort.spent(work)
        if search.best is None:
            return Reply(plan=None, bound=0, complete=False, work=work)
        plan = wide.full(search.best)
        on_plan(plan)
        return Reply(plan=plan, bound=0, complete=True, work=work)


def _chunk(search: Annealing) -> int:
    return max(CHUNK_STEPS, CHUNK_EACH * len(search.wide.movers))


def _cool(
    search: Annealing, priced: Priced, steps: int, effort: Effort, until: Callable[[], bool]
) -> int:
    """One cooling of so many proposals, stopped where it is late; the work done."""
    lean = priced.lean
    scale = search.spread(lean)
    chunk = _chunk(search)
    done = 0
    while done < steps and not until():
        at = [MILD * scale * (COLD / MILD) ** min(1.0, x / steps) for x in (done, done + chunk)]
        stiff = int(CROWD * (scale + at[0]))
        search.run(chunk, hot=at[0], cold=at[1], prices=priced.prices, stiff=stiff, lean=lean)
        search.settle()
        done += chunk
        if effort.spent(chunk // STEPS_OF_WORK):
            break
    return done // STEPS_OF_WORK


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
        self._over = threading.Event()
        self._cooled = threading.Event()
        self._finished: Reply | None = None
        self._told = NONE_YET
        self._work = 0
        self._begun = effort.clock()

    def run(self) -> Reply:
        """Search until the bound meets the plan, or the effort is spent."""
        priced, search = self._priced, self._search
        priced.reprice()
        first = self._effort.part(FIRST_SHARE)
        for _ in range(FIRST_SWEEPS):
            if first.spent(0):
                break
            priced.step()
        start = self._question.start
        if start is None:
            search.begin(priced.lean)
        else:
            search.return_to(self._wide.part(start))
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
        if not self._timed and not self._met():
            self._finish(self._effort)
        return self._reply()

    def left(self) -> BoolArray:
        """Which sites, n × M, plans as good as the best may use."""
        found: BoolArray = self._wide.open & ~self._priced.beyond(self._cost())
        return found

    def _cost(self) -> int:
        """Fine cost of the best plan."""
        finished = self._finished
        if finished is None or finished.plan is None:
            return self._search.cost
        own = Figures(self._problem).total(finished.plan) - self._wide.base_total
        return min(self._search.cost, own * self._wide.fine)

    def _reply(self) -> Reply:
        wide, finished = self._wide, self._finished
        base = wide.base_total
        bound = base + self._priced.certified()
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
        while not self._over.is_set() and not (self._cooled.is_set() and self._met()):
            if not self._priced.step():
                break
        self._cooled.wait()
        if not self._over.is_set() and not self._met():
            clock = self._effort.clock
            late = Effort(
                clock=lambda: float("inf") if self._over.is_set() else clock(),
                deadline=self._effort.deadline,
                work_left=None,
            )
            self._finish(late)

    def _finish(self, effort: Effort) -> None:
        """Search what is left exactly, if that is little enough."""
        best = self._search.best
        left = self.left()
        count = left.sum(axis=1)
        a, b = self._wide.rivalry.ends.T
        if best is None or int((count[a] * count[b]).sum()) > MOST_LEFT or effort.spent(0):
            return
        own = OwnSearch(self._problem, left=left)
        self._finished = own.answer(
            replace(self._question, start=self._wide.full(best)), effort, self._on_plan
        )

    def _anneal(self) -> None:
        """Cool twice, quickly for a good plan, then slowly for a better; mend what is left."""
        whole = self._effort if self._timed else self._effort.part(WORK_SHARE)
        for share in (QUICK_SHARE, SLOW_SHARE):
            self._cooling(whole.part(share))
            self._cooled.set()
            if self._met() or whole.spent(0):
                return
            best = self._search.best
            if best is not None:
                self._search.return_to(best)
        if self._search.best is not None:
            self._mending(whole)

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
            if turn % SETTLE_EVERY == 0:
                search.settle()
            self._tell()
            work = MENDS * MEND_STEPS // STEPS_OF_WORK
            if not self._timed:
                priced.step()
                work += len(self._wide.rivalry.ends) // PAIRS_OF_WORK
            self._work += work
            if part is not self._effort:
                self._effort.spent(work)
            if part.spent(work) or self._met():
                return

    def _proposals(self, part: Effort) -> float:
        """How many proposals an effort is likely to allow."""
        steps = self._search.steps
        if part.deadline is not None:
            now = self._effort.clock()
            return steps / max(1e-9, now - self._begun) * (part.deadline - now)
        return STEPS_OF_WORK * (part.work_left or 0)

    def _cooling(self, part: Effort) -> None:
        search, priced = self._search, self._priced
        scale = search.spread(priced.lean)
        hot = HOT if self._proposals(part) >= PATIENT * len(search.wide.movers) else MILD
        begun = part.clock() if part.deadline is not None else 0.0
        all_work = part.work_left
        chunk = _chunk(search)
        for turn in count(1):
            passed = 0.0
            if part.deadline is not None:
                passed = (part.clock() - begun) / max(1e-9, part.deadline - begun)
            if all_work is not None and part.work_left is not None:
                passed = max(passed, 1 - part.work_left / max(1, all_work))
            passed = min(1.0, passed)
            heat = hot * scale * (COLD / hot) ** passed
            stiff = int(STIFF * scale * (RIGID / STIFF) ** passed)
            search.run(
                chunk, hot=heat, cold=heat, prices=priced.prices, stiff=stiff, lean=priced.lean
            )
            if turn % SETTLE_EVERY == 0:
                search.settle()
            self._tell()
            work = chunk // STEPS_OF_WORK
            if not self._timed:
                priced.step()
                work += len(self._wide.rivalry.ends) // PAIRS_OF_WORK
            self._work += work
            self._effort.spent(work)
            if part.spent(work) or self._met():
                break
        search.settle()
        self._tell()
