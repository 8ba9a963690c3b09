"""The second solver: CP-SAT on the problem itself, without our presolve.

The only module that imports ortools, and only when a question is asked. The encoding
starts from the problem, not from our arrays, so that a fault in those cannot repeat itself
here. What CP-SAT says is a claim: a plan goes to the witness, "impossible" needs a second
method.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from placement_engine.problem import FORBIDDEN, UNLIMITED, PlacementProblem
from placement_engine.solver.backends import Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.model import compile_model, share_limit

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

LOOK_S = 0.05
"""Seconds between two looks for an interruption."""
STOP_EARLY_S = 0.1
"""CP-SAT is told to stop this long before the deadline, for it runs over a little."""
WORTH_S = 1.0
"""With less time than this it is not asked: its import alone may take as long."""
SCALED_AWAY, SCALED_AWAY_OF_ONE = 1e-6, 1e-14
"""A bound is told scaled, in floats, and may so come out above the whole number that it is:
by so much, or so much of one."""
NODES_A_SECOND = 10_000
"""Where work is counted and time is not, so many nodes buy one of its deterministic seconds."""


class CpSat:
    """CP-SAT as a backend.

    Parameters
    ----------
    problem
        What it is bound to.
    seed, workers
        Of the search; one worker where work is counted, so that it can be repeated.
    presolve
        Off for second opinions: claims made with it have been wrong.
    """

    def __init__(
        self, problem: PlacementProblem, *, seed: int, workers: int, presolve: bool = True
    ) -> None:
        self._problem = problem
        self._seed = seed
        self._workers = workers
        self._presolve = presolve

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Ask CP-SAT; `bound` and `complete` of the reply are its claims."""
        if effort.deadline is not None and effort.deadline - effort.clock() < WORTH_S:
            return Reply(plan=question.start, bound=0, complete=False)
        from ortools.sat.python import cp_model

        encoding = _Encoding(self._problem, question, effort, cp_model.CpModel())
        if encoding.late:
            return Reply(plan=question.start, bound=0, complete=False)
        if encoding.impossible:
            return Reply(plan=question.start, bound=0, complete=True)
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.random_seed = self._seed % 2**31
        parameters.num_workers = self._workers
        parameters.cp_model_presolve = self._presolve
        parameters.catch_sigint_signal = False
        work = 0
        if effort.deadline is not None:
            left = effort.deadline - effort.clock() - STOP_EARLY_S
            if left <= 0:
                return Reply(plan=question.start, bound=0, complete=False)
            parameters.max_time_in_seconds = left
        if effort.work_left is not None:
            parameters.num_workers = 1
            parameters.max_deterministic_time = effort.work_left / NODES_A_SECOND
            work = effort.work_left
        status = _run(solver, encoding.model)
        if status == cp_model.INFEASIBLE:
            return Reply(plan=question.start, bound=0, complete=True, work=work)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Reply(plan=question.start, bound=0, complete=False, work=work)
        plan = encoding.plan(solver)
        on_plan(plan)
        told = 0.0 if question.goal is None else solver.best_objective_bound
        bound = max(0, int(np.ceil(told - max(SCALED_AWAY, SCALED_AWAY_OF_ONE * told))))
        complete = status == cp_model.OPTIMAL
        return Reply(plan=plan, bound=bound, complete=complete, work=work)


def _run(solver: cp_model.CpSolver, model: cp_model.CpModel) -> Any:
    """Solve in a thread, so that an interruption reaches this one and stops the search."""
    found: list[Any] = []
    # An interrupted `Thread.join` may return too early ever after; an event does not.
    done = threading.Event()

    def search() -> None:
        try:
            found.append(solver.solve(model))
        finally:
            done.set()

    threading.Thread(target=search, daemon=True).start()
    try:
        while not done.wait(LOOK_S):
            pass
    except BaseException:
        solver.stop_search()
        done.wait()
        raise
    return found[0]


class _Encoding:
    """A Boolean for each mover and site, and a cost for each pair that can cost anything."""

    def __init__(
        self,
        problem: PlacementProblem,
        question: Question,
        effort: Effort,
        model: cp_model.CpModel,
    ) -> None:
        self.model = model
        self.impossible = False
        self.late = False
        self._problem = problem
        self._here: list[dict[int, Any]] = []
        for k, subject in enumerate(problem.subjects):
            sites = [problem.fixed[k]] if k in problem.fixed else range(len(problem.sites))
            allowed = [site for site in sites if site not in subject.forbidden]
            self.impossible |= not allowed
            if k in problem.fixed:
                self._here.append(dict.fromkeys(allowed, 1))
            else:
                self._here.append({s: model.new_bool_var(f"{k} {s}") for s in allowed})
                model.add_exactly_one(self._here[k].values())
        if self.impossible:
            return
        self._capacities()
        shares: list[list[Any]] = [
            [
                int(problem.subjects[k].unary[s]) * x
                for s, x in here.items()
                if problem.subjects[k].unary[s]
            ]
            for k, here in enumerate(self._here)
        ]
        total = [term for terms in shares for term in terms]
        for number in range(len(problem.pairs)):
            if effort.spent(0):
                self.late = True
                return
            for cost in self._pair(number):
                total.append(cost)
                shares[problem.pairs[number].a].append(cost)
                shares[problem.pairs[number].b].append(cost)
        for subject, terms in zip(problem.subjects, shares, strict=True):
            limit = share_limit(problem, question.band)
            if subject.ceiling is not None:
                limit = min(limit, subject.ceiling)
            if limit != UNLIMITED:
                self._at_most(terms, limit)
        sums = {Goal.TOTAL: total}
        if question.goal is Goal.MOVES or Goal.MOVES in question.at_most:
            sums[Goal.MOVES] = list(self._moves())
        if question.goal is Goal.TIE:
            tie = compile_model(problem)
            sums[Goal.TIE] = [
                int(tie.tie[i, s]) * x
                for i, k in enumerate(tie.movers)
                for s, x in self._here[k].items()
            ]
        for goal, limit in question.at_most.items():
            self._at_most(sums[goal], limit)
        if question.goal is not None:
            model.minimize(sum(sums[question.goal]))
        for k, site in enumerate(question.start or ()):
            if k not in problem.fixed:
                for s, x in self._here[k].items():
                    model.add_hint(x, s == site)

    def plan(self, solver: cp_model.CpSolver) -> tuple[int, ...]:
        """Site of every subject."""
        return tuple(
            self._problem.fixed[k]
            if k in self._problem.fixed
            else next(s for s, x in here.items() if solver.boolean_value(x))
            for k, here in enumerate(self._here)
        )

    def _at_most(self, terms: list[Any], limit: int) -> None:
        constant = sum(term for term in terms if isinstance(term, int))
        rest = [term for term in terms if not isinstance(term, int)]
        if rest:
            self.model.add(sum(rest) <= limit - constant)
        elif constant > limit:
            self.impossible = True

    def _capacities(self) -> None:
        for site, free in enumerate(self._problem.capacity.tolist()):
            if free != UNLIMITED:
                self._at_most(
                    [
                        self._problem.subjects[k].demand * here[site]
                        for k, here in enumerate(self._here)
                        if site in here
                    ],
                    free,
                )

    def _pair(self, number: int) -> Iterator[Any]:
        """Yield what the pair costs, if it can cost anything; forbid what is not allowed."""
        pair = self._problem.pairs[number]
        costs = self._problem.pair_costs(pair)
        a, b = self._here[pair.a], self._here[pair.b]
        if pair.a in self._problem.fixed:
            costs, a, b = costs.T, b, a
        columns = np.array(list(b))
        block = costs[np.ix_(np.array(list(a)), columns)]
        if len(b) == 1 and isinstance(next(iter(b.values())), int):
            for x, cost in zip(a.values(), block[:, 0].tolist(), strict=True):
                if cost == FORBIDDEN and isinstance(x, int):
                    self.impossible = True
                elif cost == FORBIDDEN:
                    self.model.add(x == 0)
                elif cost:
                    yield cost * x
            return
        others = list(b.values())
        paid = None
        if (block > 0).any():
            paid = self.model.new_int_var(0, int(block.max()), f"pair {number}")
        for x, row in zip(a.values(), block, strict=True):
            near = [others[j] for j in np.flatnonzero(row == FORBIDDEN).tolist()]
            if near:
                # Those of `near` exclude each other already, being one mover's.
                self.model.add_at_most_one([x, *near])
            positive = np.flatnonzero(row > 0).tolist()
            if paid is not None and positive:
                charge = sum(int(row[j]) * others[j] for j in positive)
                self.model.add(paid >= charge).only_enforce_if(x)
        if paid is not None:
            yield paid

    def _moves(self) -> Iterator[Any]:
        for k, subject in enumerate(self._problem.subjects):
            for site, x in self._here[k].items():
                cost = 0 if subject.preference is None else int(subject.preference[site])
                if subject.current is not None and subject.current != site:
                    cost += subject.move_cost
                if cost:
                    yield cost * x
