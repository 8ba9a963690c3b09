"""toulbar2 as one more member of the portfolio, where the extra ``exact`` is installed.

It is never required. What it finds is a claim like that of any second solver: a plan goes to
the witness, and its bounds are not used. Ceilings are not told to it, so a plan that breaks
one is dropped.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from placement_engine.problem import UNLIMITED, PlacementProblem
from placement_engine.solver import witness
from placement_engine.solver.backends import Backend, Effort, Goal, OnPlan, Question, Reply
from placement_engine.solver.model import CLOSED, Model, compile_model, limited, share_limit
from placement_engine.solver.presolve import tighten, without_slack

WORTH_S = 1.5
"""With less time than this its process is not started."""
SHARE = 0.5
"""Share of the time that it may have; CP-SAT gets the rest."""
GUARD_S = 0.3
"""Its process is ended this long before the deadline, whatever its own clock says."""
LOOK_S = 0.05


def available() -> bool:
    """Whether toulbar2 is installed."""
    return find_spec("pytoulbar2") is not None


def packed(model: Model) -> bytes:
    """The movers of a model as arrays for `exact_process`: pairs, sites and capacities."""
    tables = {id(link.cost): link.cost for link in model.links}
    number = {key: i for i, key in enumerate(tables)}
    finite = [np.where(cost >= CLOSED, 0, cost) for cost in tables.values()]
    dearest = {key: int(cost.max(initial=0)) for key, cost in zip(tables, finite, strict=True)}
    most = int(np.where(model.open, model.total, 0).max(axis=1).sum())
    most += sum(dearest[id(link.cost)] for link in model.links)
    sites = model.total.shape[1]
    store = io.BytesIO()
    np.savez(
        store,
        total=model.total,
        open=model.open,
        ends=np.array([(link.a, link.b) for link in model.links], dtype=np.int64).reshape(-1, 2),
        table=np.array([number[id(link.cost)] for link in model.links], dtype=np.int64),
        tables=np.stack(list(tables.values())) if tables else np.zeros((0, sites, sites)),
        demand=model.demand,
        free=np.where(model.free == UNLIMITED, -1, model.free),
        closed=np.int64(CLOSED),
        most=np.int64(most),
    )
    return store.getvalue()


class Toulbar2:
    """toulbar2 as a backend for the total; other goals are left as they stand.

    Parameters
    ----------
    problem
        What it is bound to.
    """

    def __init__(self, problem: PlacementProblem) -> None:
        self._problem = problem

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Look for a better plan; without a clock to stop at it is not asked."""
        unchanged = Reply(plan=question.start, bound=0, complete=False)
        if question.goal is not Goal.TOTAL or question.at_most or effort.deadline is None:
            return unchanged
        if effort.work_left is not None or effort.deadline - effort.clock() < WORTH_S:
            return unchanged
        model = tighten(
            limited(compile_model(self._problem), share_limit(self._problem, question.band))
        )
        if model is None:
            return unchanged
        model = without_slack(model)
        sites = guarded(packed(model), deadline=effort.deadline - GUARD_S, clock=effort.clock)
        if sites is None:
            return unchanged
        plan = model.full(sites)
        if next(witness.violations(self._problem, plan), None) is not None:
            return unchanged
        within = max(self._problem.band(s).rank for s in witness.own_shares(self._problem, plan))
        if within > question.band:
            return unchanged
        start = question.start
        if start is not None:
            before = witness.total(self._problem, start)
            if witness.total(self._problem, plan) >= before:
                return unchanged
        on_plan(plan)
        return Reply(plan=plan, bound=0, complete=False)


def guarded(
    arrays: bytes, *, deadline: float, clock: Callable[[], float], vns: bool = False
) -> tuple[int, ...] | None:
    """Run `exact_process` and end it at the deadline; the movers' sites, None without any."""
    seconds = max(1, int(deadline - clock()))
    words = [sys.executable, "-m", "placement_engine.solver.exact_process", str(seconds)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [*words, *(["vns"] if vns else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    told = _told(process, arrays, deadline, clock)
    # The library may print lines of its own before ours.
    lines = told.decode("utf-8", "replace").strip().splitlines()
    try:
        plan = json.loads(lines[-1])["plan"] if lines else None
    except (json.JSONDecodeError, KeyError, TypeError):
        return None
    return None if plan is None else tuple(int(site) for site in plan)


def _told(
    process: subprocess.Popen[bytes], arrays: bytes, deadline: float, clock: Callable[[], float]
) -> bytes:
    """What it prints; a thread talks with it, so that this one can look at the clock."""
    told: list[bytes] = []
    done = threading.Event()

    def talk() -> None:
        try:
            told.append(process.communicate(arrays)[0])
        finally:
            done.set()

    threading.Thread(target=talk, daemon=True).start()
    try:
        while not done.wait(LOOK_S):
            if clock() >= deadline:
                break
    finally:
        process.kill()
        done.wait()
    return told[0] if told else b""


class SecondSolvers:
    """toulbar2 where it is installed, then CP-SAT from the better plan.

    Parameters
    ----------
    problem, seed, workers
        As for `CpSat`.
    """

    def __init__(self, problem: PlacementProblem, *, seed: int, workers: int) -> None:
        self._problem = problem
        self._seed = seed
        self._workers = workers

    def answer(self, question: Question, effort: Effort, on_plan: OnPlan) -> Reply:
        """Ask one after the other; what CP-SAT claims is told."""
        from placement_engine.solver.cpsat import CpSat

        plan = question.start
        if available():
            plan = Toulbar2(self._problem).answer(question, effort.part(SHARE), on_plan).plan
        last: Backend = CpSat(self._problem, seed=self._seed, workers=self._workers)
        better = question if plan is None else _started(question, plan)
        return last.answer(better, effort, on_plan)


def _started(question: Question, plan: tuple[int, ...]) -> Question:
    return Question(
        goal=question.goal,
        band=question.band,
        at_most=question.at_most,
        at_least_proved=question.at_least_proved,
        start=plan,
        gap=question.gap,
    )
