"""The search for large problems: annealing for plans, prices for the bound, at the same time.

Prices come first, for a plan built by costs with prices on them is good at once. Then the
annealing goes on while a second thread raises the bound; the kernels hold no lock. Where
work is counted instead of time the two take turns, and the answer is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable

from placement_engine.compiled import ready
from placement_engine.problem import UNLIMITED, PlacementProblem
from placement_engine.solver.anneal import NONE_YET, Annealing
from placement_engine.solver.backends import Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.kernels.annealing import anneal
from placement_engine.solver.kernels.board import build, least_sites
from placement_engine.solver.kernels.clearing import clear_often, rivals
from placement_engine.solver.kernels.mending import mend
from placement_engine.solver.kernels.messages import support_all, sweep
from placement_engine.solver.kernels.packing import most_paid, softly_packed
from placement_engine.solver.kernels.pairs import pair_lines, pair_table
from placement_engine.solver.kernels.reseating import reseat
from placement_engine.solver.kernels.softening import soft_sweep
from placement_engine.solver.kernels.starting import first_plan
from placement_engine.solver.kernels.ties import add_ties, close_ties
from placement_engine.solver.kernels.transport import transport
from placement_engine.solver.laying import lay_bare, with_tables
from placement_engine.solver.model import BoolArray, share_limit
from placement_engine.solver.own import OwnSearch
from placement_engine.solver.pacing import Pace
from placement_engine.solver.prices import Priced
from placement_engine.solver.race import COLD, CROWD, MILD, Race, chunk_of
from placement_engine.solver.second import STEPS_OF_WORK
from placement_engine.solver.starting import begun
from placement_engine.solver.threshold import consistent, fits
from placement_engine.solver.wide import Wide, within

KERNELS = (
    add_ties,
    anneal,
    build,
    clear_often,
    close_ties,
    first_plan,
    least_sites,
    mend,
    most_paid,
    pair_lines,
    pair_table,
    reseat,
    rivals,
    soft_sweep,
    softly_packed,
    support_all,
    sweep,
    transport,
)
"""All kernels of the search; `warming.warm` calls each of them."""
FIRST_STEPS = 1 << 18
"""Proposals for a first plan, doubled until there is one."""
LAYING_SHARE = 0.4
"""Share of the time that tables of pairs may take; work that is counted is not looked at."""
FEASIBLE_SHARE = 0.25
"""Share of what is left that the search for any plan may spend on one band."""


def large_search(problem: PlacementProblem, *, seed: int, workers: int) -> LargeSearch | None:
    """The search of a problem; None where its costs are too large for the kernels."""
    bare = lay_bare(problem)
    return None if bare is None else LargeSearch(problem, bare, seed=seed, workers=workers)


def is_warm() -> bool:
    """Whether the kernels run at once; compiling them takes longer than most limits."""
    return ready(*KERNELS)


class LargeSearch:
    """A backend for many movers.

    Parameters
    ----------
    problem
        What it is bound to.
    bare
        From `lay_bare`; tables of pairs are laid out when they are needed.
    seed
        Of the annealing.
    workers
        With two or more, the bound is raised beside the search where only time is limited.
    """

    def __init__(self, problem: PlacementProblem, bare: Wide, *, seed: int, workers: int) -> None:
        self._problem = problem
        self._bare = bare
        self._whole: Wide | None = None
        self._seed = seed
        self._workers = workers
        self._bands: dict[int, Wide] = {}
        self._left: BoolArray | None = None
        self._race: Race | None = None

    @property
    def bound(self) -> int:
        """The bound of the total that is certified so far, where a search was interrupted."""
        return 0 if self._race is None else self._race.bound

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Answer within the effort.

        Goals after the total are searched where the total is proved and little is left open;
        else the plan stays as it is.
        """
        if question.goal in (None, Goal.TOTAL) and not question.at_most:
            if question.goal is None:
                known = self._known(question.band, on_plan)
                if known is not None:
                    return known
            wide = self._within(question.band, effort)
            if wide.broken:
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
            self._race = race
            reply = race.run()
            self._left = race.left() if reply.complete else None
            return reply
        if Goal.TOTAL in question.at_most and self._left is not None and not effort.spent(0):
            return OwnSearch(self._problem, left=self._left).answer(question, effort, on_plan)
        return Reply(plan=question.start, bound=0, complete=False)

    def _known(self, band: int, on_plan: OnPlan) -> Reply | None:
        """A plan within a band if one is easily built, or that there is none if that is plain."""
        limited = self._limited(self._bare, band)
        sites = begun(self._problem, limited)
        if sites is None:
            none = Reply(plan=None, bound=0, complete=True)
            return None if fits(limited) else none
        plan = limited.full(sites)
        on_plan(plan)
        return Reply(plan=plan, bound=0, complete=True)

    def _limited(self, wide: Wide, band: int) -> Wide:
        limit = share_limit(self._problem, band)
        return wide if limit == UNLIMITED else within(self._problem, wide, limit)

    def _within(self, band: int, effort: Effort) -> Wide:
        if self._whole is None:
            laying = effort.part(LAYING_SHARE)
            timed = Effort(clock=effort.clock, deadline=laying.deadline, work_left=None)
            self._whole = with_tables(self._problem, self._bare, late=lambda: timed.spent(0))
        if band not in self._bands:
            limited = self._limited(self._whole, band)
            self._bands[band] = consistent(limited, stop=lambda: effort.spent(0))
        return self._bands[band]

    def _any(self, wide: Wide, effort: Effort, on_plan: OnPlan) -> Reply:
        """Any plan: cool quickly, again and again."""
        mine = effort.part(FEASIBLE_SHARE)
        priced = Priced(wide)
        priced.reprice()
        if priced.impossible:
            return Reply(plan=None, bound=0, complete=True)
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


def _cool(
    search: Annealing, priced: Priced, steps: int, effort: Effort, until: Callable[[], bool]
) -> int:
    """One cooling of so many proposals, stopped where it is late; the work done."""
    lean = priced.lean
    scale = search.spread(lean)
    pace = Pace(longest=chunk_of(search))
    done = 0
    while done < steps and not until():
        chunk, start = pace.proposals(effort), effort.clock()
        at = [MILD * scale * (COLD / MILD) ** min(1.0, x / steps) for x in (done, done + chunk)]
        stiff = int(CROWD * (scale + at[0]))
        search.run(chunk, hot=at[0], cold=at[1], prices=priced.prices, stiff=stiff, lean=lean)
        pace.took(chunk, effort.clock() - start)
        search.settle(late=lambda: effort.spent(0))
        done += chunk
        if effort.spent(chunk // STEPS_OF_WORK):
            break
    return done // STEPS_OF_WORK
