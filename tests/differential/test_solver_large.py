"""The search for large problems against brute force on small ones, and its promises on larger."""

from __future__ import annotations

import subprocess
import sys
from itertools import count

import pytest

from benchmarks.solver_scale import Scale, large
from placement_engine.compiled import COMPILED
from placement_engine.problem import Level, PlacementProblem
from placement_engine.solver import Limits, Proposed, solve, witness
from placement_engine.solver.backends import Effort, Goal, Question, Reply
from placement_engine.solver.exhaustive import exhaust
from placement_engine.solver.figures import Figures
from placement_engine.solver.large import large_search
from placement_engine.solver.warming import warm
from tests.differential.test_solver_certificate import small

WORK = 400


def asked(problem: PlacementProblem, question: Question) -> Reply:
    search = large_search(problem, seed=1, workers=1)
    assert search is not None
    ticks = count()
    effort = Effort(clock=lambda: float(next(ticks)), deadline=None, work_left=WORK)
    return search.answer(question, effort, lambda _: None)


@pytest.mark.parametrize("seed", range(40))
def test_the_large_search_agrees_with_brute_force(seed: int) -> None:
    problem = small(seed)
    best = exhaust(problem)
    reply = asked(problem, Question(goal=Goal.TOTAL, band=2))
    if best is None:
        assert reply.plan is None
        return
    least = best.values[0]
    assert reply.bound <= least
    if reply.plan is not None:
        assert not list(witness.violations(problem, reply.plan))
        assert witness.total(problem, reply.plan) >= least
    if reply.complete:
        assert reply.plan is not None
        assert witness.total(problem, reply.plan) == least == reply.bound


@pytest.mark.parametrize("seed", range(40))
def test_any_plan_is_allowed_and_impossible_means_impossible(seed: int) -> None:
    problem = small(seed)
    best = exhaust(problem)
    reply = asked(problem, Question(goal=None, band=2))
    if reply.plan is not None:
        assert not list(witness.violations(problem, reply.plan))
    elif reply.complete:
        assert best is None


@pytest.mark.parametrize("seed", range(20))
def test_figures_are_those_of_the_witness(seed: int) -> None:
    problem = small(seed)
    best = exhaust(problem)
    if best is None:
        return
    figures = Figures(problem)
    assert figures.total(best.assignment) == witness.total(problem, best.assignment)
    shares = figures.own_shares(best.assignment).tolist()
    assert shares == list(witness.own_shares(problem, best.assignment))


def test_counted_work_gives_the_same_answer_again() -> None:
    problem = large(Scale(newcomers=30, placed=100, sites=40), seed=3)
    limits = Limits(time_s=None, max_work=3_000)
    first, second = (solve(problem, limits=limits, workers=workers) for workers in (1, 4))
    assert isinstance(first, Proposed)
    assert isinstance(second, Proposed)
    assert first.assignment == second.assignment
    assert first.levels == second.levels
    assert first.lower_bound <= first.objective


def test_a_large_problem_has_a_witnessed_plan_with_a_bound_above_nothing() -> None:
    problem = large(Scale(newcomers=60, placed=300, sites=60), seed=1)
    answer = solve(problem, limits=Limits(time_s=2.0))
    assert isinstance(answer, Proposed)
    assert answer.witness.assignment == answer.assignment
    total = next(level for level in answer.levels if level.name is Level.TOTAL)
    assert 0 < total.lower_bound <= total.value == answer.objective


_LEFT_OUT = """
from placement_engine.solver.large import KERNELS, is_warm
from placement_engine.solver.warming import warm
compiled = warm()
print([kernel.__name__ for kernel in KERNELS if compiled and not kernel.signatures], is_warm())
"""


def test_warming_calls_every_kernel_that_short_limits_wait_for() -> None:
    """One that it left out would leave large problems with short limits to the slow search."""
    assert warm() is COMPILED
    done = subprocess.run([sys.executable, "-c", _LEFT_OUT], capture_output=True, text=True)
    assert done.stdout == "[] True\n", done.stderr
