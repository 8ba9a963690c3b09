"""Plans for an uncertain network: the mean of many scenarios, and their worst twentieth.

Each scenario says how hostile pairs are, and what dangers cost at each site, if the
intelligence were wrong in that way. Hard rules stay those of the problem. What is made least
is ``(1 - weight) * mean + weight * CVaR`` of the total (Rockafellar and Uryasev 2000), in
whole numbers, by branch and bound: both parts rise with the total of every scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import numpy as np

from placement_engine.errors import InvalidProblem
from placement_engine.problem import FORBIDDEN, UNLIMITED, IntArray, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.answer import Faulted, Limits, NoSafePlacement, Undecided
from placement_engine.solver.backends import Effort
from placement_engine.solver.model import CLOSED, Model, compile_model
from placement_engine.solver.solving import ENDING_S, solve
from placement_engine.solver.witness import Witness

PERCENT = 100
FIRST_SHARE = 0.3
"""Share of the time for a first plan, that of the problem without scenarios."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way in which the network may be; what is not named is as in the problem.

    Parameters
    ----------
    hostility, reunion
        Parts per million by pair number.
    tables
        M × M micro-nats by name; where the problem's own table forbids, it still does.
    unary
        M micro-nats by subject index.
    """

    hostility: Mapping[int, int] = field(default_factory=dict)
    reunion: Mapping[int, int] = field(default_factory=dict)
    tables: Mapping[str, IntArray] = field(default_factory=dict)
    unary: Mapping[int, IntArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is made least.

    Parameters
    ----------
    weight_percent
        Weight of the tail; the mean has the rest.
    tail_percent
        How many of a hundred scenarios are the tail.
    """

    weight_percent: int = 50
    tail_percent: int = 5

    def __post_init__(self) -> None:
        if not 0 <= self.weight_percent <= PERCENT or not 0 < self.tail_percent <= PERCENT:
            raise InvalidProblem("scenarios: a weight or a tail is out of range.")

    def of(self, totals: IntArray) -> IntArray:
        """The aim of columns of S totals, times ``100 * tail_percent * S``; exact."""
        count = len(totals)
        whole, part = divmod(self.tail_percent * count, PERCENT)
        falling = -np.sort(-totals, axis=0)
        tail = PERCENT * falling[:whole].sum(axis=0)
        if part:
            tail = tail + part * falling[whole]
        mean = (PERCENT - self.weight_percent) * self.tail_percent * totals.sum(axis=0)
        found: IntArray = mean + self.weight_percent * tail
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TailPlan:
    """A plan and what it comes to in every scenario.

    Parameters
    ----------
    totals
        Micro-nats in each scenario.
    mean, tail
        Their mean, and the mean of the worst.
    value, lower_bound
        Of the aim, as `Aim.of` scales it.
    proved
        The two meet.
    """

    assignment: tuple[int, ...]
    totals: tuple[int, ...]
    mean: float
    tail: float
    value: int
    lower_bound: int
    proved: bool
    witness: Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class TailAnswer:
    """The plan for the aim, beside the plan for the mean alone.

    Parameters
    ----------
    changed
        Subjects whose site differs between the two.
    interrupted
        The search was broken off; what it had found until then is told.
    """

    plan: TailPlan
    mean_only: TailPlan
    changed: tuple[int, ...]
    seconds: float
    interrupted: bool = False


def tail_plan(
    problem: PlacementProblem,
    scenarios: Sequence[Scenario],
    *,
    aim: Aim | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    workers: int = 2,
    clock: Callable[[], float] = monotonic,
) -> TailAnswer | NoSafePlacement | Undecided | Faulted:
    """The plan with the least weighted sum of mean and tail.

    Raises
    ------
    InvalidProblem
        There is no scenario, or one is out of range.
    """
    limits, aim = limits or Limits(), aim or Aim()
    start = clock()
    if not scenarios:
        raise InvalidProblem("scenarios: there is no scenario.", do="List at least one.")
    problems = [
        _under(problem, scenario, f"scenarios[{i}]") for i, scenario in enumerate(scenarios)
    ]
    share = None if limits.time_s is None else FIRST_SHARE * limits.time_s
    first = solve(
        problem, limits=replace(limits, time_s=share), seed=seed, workers=workers, clock=clock
    )
    if isinstance(first, NoSafePlacement | Undecided | Faulted):
        return first
    deadline = None if limits.time_s is None else start + limits.time_s - ENDING_S
    effort = Effort(clock=clock, deadline=deadline, work_left=limits.max_work)
    tree = _Tree(problem, problems, interrupted=first.interrupted)
    mean = Aim(weight_percent=0, tail_percent=aim.tail_percent)
    of_mean = tree.best(mean, first.assignment, effort.part(0.5))
    start_at = of_mean.assignment
    found = tree.best(aim, start_at, effort)
    # The plan for the mean is told under the aim asked for, so that the two compare.
    compared = tree.told(aim, of_mean.assignment, found.lower_bound)
    return TailAnswer(
        plan=found,
        mean_only=compared,
        changed=tuple(
            k
            for k, (a, b) in enumerate(zip(found.assignment, compared.assignment, strict=True))
            if a != b
        ),
        seconds=clock() - start,
        interrupted=tree.interrupted,
    )


def _under(problem: PlacementProblem, scenario: Scenario, where: str) -> PlacementProblem:
    """The problem as it costs in a scenario, its hard rules as they are."""
    for name, chances in (("hostility", scenario.hostility), ("reunion", scenario.reunion)):
        if any(not 0 <= n < len(problem.pairs) for n in chances):
            raise InvalidProblem(f"{where}.{name}: names a pair that is not listed.")
    if scenario.tables.keys() - problem.tables.keys():
        raise InvalidProblem(f"{where}.tables: names a table that is not listed.")
    if any(not 0 <= k < len(problem.subjects) for k in scenario.unary):
        raise InvalidProblem(f"{where}.unary: names a subject that is not listed.")
    return replace(
        problem,
        pairs=tuple(
            replace(
                pair,
                hostility_ppm=scenario.hostility.get(n, pair.hostility_ppm),
                reunion_ppm=scenario.reunion.get(n, pair.reunion_ppm),
            )
            for n, pair in enumerate(problem.pairs)
        ),
        tables={
            name: np.where(table == FORBIDDEN, FORBIDDEN, scenario.tables.get(name, table))
            for name, table in problem.tables.items()
        },
        subjects=tuple(
            replace(subject, unary=scenario.unary.get(k, subject.unary))
            for k, subject in enumerate(problem.subjects)
        ),
    )


class _Tree:
    """Branch and bound over the movers, with a vector of totals, one a scenario."""

    def __init__(
        self,
        problem: PlacementProblem,
        problems: Sequence[PlacementProblem],
        *,
        interrupted: bool,
    ) -> None:
        self.interrupted = interrupted
        self._problem = problem
        self._problems = problems
        model = compile_model(problem)
        self._model: Model = model
        costs = [compile_model(one) for one in problems]
        self._base = np.array([one.base_total for one in costs], dtype=np.int64)
        # n × S × M
        self._unary = np.stack([one.total for one in costs], axis=1)
        self._links: list[list[tuple[int, int, bool]]] = [[] for _ in model.movers]
        for number, link in enumerate(model.links):
            self._links[link.a].append((number, link.b, False))
            self._links[link.b].append((number, link.a, True))
        self._tables = [[one.links[n].cost for one in costs] for n in range(len(model.links))]
        least = np.where(model.open[:, None, :], self._unary, CLOSED).min(axis=2)
        # Those who are hardest to place come first.
        spread = np.array([int(o.sum()) for o in model.open])
        self._order = sorted(range(len(model.movers)), key=lambda i: (int(spread[i]), i))
        self._rest = [
            least[self._order[depth + 1 :]].sum(axis=0) for depth in range(len(self._order))
        ]
        most = int(np.where(model.open[:, None, :], self._unary, 0).max(axis=(1, 2)).sum())
        most += sum(int(np.where(t >= CLOSED, 0, t).max()) for ts in self._tables for t in ts)
        if (most + int(self._base.max())) * PERCENT * PERCENT * len(problems) >= 1 << 62:
            raise InvalidProblem("scenarios: costs could add up to more than can be counted.")

    def best(self, aim: Aim, start: tuple[int, ...], effort: Effort) -> TailPlan:
        self._aim, self._effort = aim, effort
        self._best = int(aim.of(self._totals(start)[:, None])[0])
        self._plan, self._out = start, self.interrupted
        at = [-1] * len(self._order)
        root = self._base + (self._rest[0] + self._least(0) if self._order else 0)
        bound = int(aim.of(root[:, None])[0])
        if self._order:
            try:
                self._search(0, at, self._base, self._model.free.copy())
            except KeyboardInterrupt:
                self._out = self.interrupted = True
        return self.told(aim, self._plan, bound if self._out else self._best)

    def told(self, aim: Aim, plan: tuple[int, ...], bound: int) -> TailPlan:
        totals = self._totals(plan)
        value = int(aim.of(totals[:, None])[0])
        tail = Aim(weight_percent=PERCENT, tail_percent=aim.tail_percent).of(totals[:, None])[0]
        return TailPlan(
            assignment=plan,
            totals=tuple(totals.tolist()),
            mean=float(totals.mean()),
            tail=float(tail) / (PERCENT * aim.tail_percent * len(totals)),
            value=value,
            lower_bound=min(bound, value),
            proved=bound >= value,
            witness=witness.check(self._problem, plan),
        )

    def _least(self, depth: int) -> IntArray:
        mover = self._order[depth]
        open_sites = self._model.open[mover]
        found: IntArray = self._unary[mover][:, open_sites].min(axis=1)
        return found

    def _totals(self, plan: tuple[int, ...]) -> IntArray:
        return np.array([witness.total(one, plan) for one in self._problems], dtype=np.int64)

    def _search(self, depth: int, at: list[int], totals: IntArray, free: IntArray) -> None:
        if not self._out and self._effort.spent(1):
            self._out = True
        if self._out:
            return
        mover = self._order[depth]
        demand = int(self._model.demand[mover])
        cost = self._unary[mover].copy()
        open_sites = self._model.open[mover] & (free >= demand)
        for number, other, turned in self._links[mover]:
            if at[other] >= 0:
                lines = [t[at[other]] if turned else t[:, at[other]] for t in self._tables[number]]
                table = self._model.links[number].cost
                closed = table[at[other]] if turned else table[:, at[other]]
                open_sites &= closed < CLOSED
                cost += np.stack(lines)
        sites = np.flatnonzero(open_sites)
        if not len(sites):
            return
        here = totals[:, None] + cost[:, sites]
        values = self._aim.of(here + self._rest[depth][:, None])
        for i in np.argsort(values, kind="stable").tolist():
            if int(values[i]) >= self._best or self._out:
                return
            site = int(sites[i])
            at[mover] = site
            if depth + 1 == len(self._order):
                self._leaf(tuple(at), int(values[i]))
            else:
                taken = free
                if free[site] != UNLIMITED and demand:
                    taken = free.copy()
                    taken[site] -= demand
                self._search(depth + 1, at, here[:, i], taken)
            at[mover] = -1

    def _leaf(self, sites: tuple[int, ...], value: int) -> None:
        """A plan better than all before, if it keeps the ceilings too."""
        plan = self._model.full(sites)
        if next(witness.violations(self._problem, plan), None) is None:
            self._best, self._plan = value, plan
