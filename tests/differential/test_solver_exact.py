"""toulbar2 in the portfolio: never required, always checked."""

from __future__ import annotations

import subprocess
import time

import pytest

from benchmarks.solver_instances import Shape, instance
from placement_engine.problem import Level
from placement_engine.solver import Limits, Proposed, exact, solve, witness
from placement_engine.solver.backends import Effort, Goal, Question

PROBLEM = instance(Shape(newcomers=6, placed=40), seed=2)


def effort(seconds: float) -> Effort:
    return Effort(clock=time.monotonic, deadline=time.monotonic() + seconds, work_left=None)


@pytest.mark.skipif(not exact.available(), reason="the extra exact is not installed")
@pytest.mark.parametrize("vns", [False, True])
def test_its_plan_is_as_good_as_the_proved_one(vns: bool) -> None:
    from placement_engine.solver.model import compile_model
    from placement_engine.solver.presolve import tighten

    best = solve(PROBLEM, limits=Limits(time_s=60.0))
    assert isinstance(best, Proposed)
    model = tighten(compile_model(PROBLEM))
    assert model is not None
    sites = exact.guarded(
        exact.packed(model), deadline=time.monotonic() + 20, clock=time.monotonic, vns=vns
    )
    assert sites is not None
    plan = model.full(sites)
    # Ceilings and bands are not told to it, so it may only be better.
    assert witness.total(PROBLEM, plan) <= best.witness.value(Level.TOTAL)
    if not vns:
        told: list[tuple[int, ...]] = []
        question = Question(goal=Goal.TOTAL, band=2)
        reply = exact.Toulbar2(PROBLEM).answer(question, effort(20), told.append)
        assert not reply.complete
        assert reply.bound == 0
        assert told == ([] if reply.plan is None else [reply.plan])
        if reply.plan is not None:
            assert witness.check(PROBLEM, reply.plan)
            again = Question(goal=Goal.TOTAL, band=2, start=reply.plan)
            same = exact.Toulbar2(PROBLEM).answer(again, effort(20), told.append)
            assert same.plan == reply.plan


def test_what_it_is_not_asked() -> None:
    start = (0,) * len(PROBLEM.subjects)
    for question, given in (
        (Question(goal=Goal.MOVES, band=2, start=start), effort(20)),
        (Question(goal=Goal.TOTAL, band=2, start=start, at_most={Goal.MOVES: 1}), effort(20)),
        (Question(goal=Goal.TOTAL, band=2, start=start), effort(0.2)),
        (
            Question(goal=Goal.TOTAL, band=2, start=start),
            Effort(clock=time.monotonic, deadline=None, work_left=100),
        ),
    ):
        reply = exact.Toulbar2(PROBLEM).answer(question, given, lambda _: None)
        assert reply.plan == start
        assert not reply.complete


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def sleeper(words: list[str], **options: int) -> subprocess.Popen[bytes]:
        started.append(real([words[0], "-c", "import time; time.sleep(60)"], **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", sleeper)
    ticks = iter(range(10**6))
    found = exact.guarded(b"", deadline=3.0, clock=lambda: float(next(ticks)))
    assert found is None
    assert started[0].returncode not in (None, 0)


def test_without_it_the_second_solver_is_cp_sat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "available", lambda: False)
    second = exact.SecondSolvers(PROBLEM, seed=0, workers=1)
    told: list[tuple[int, ...]] = []
    reply = second.answer(Question(goal=Goal.TOTAL, band=2), effort(30), told.append)
    assert reply.plan is not None
    assert witness.check(PROBLEM, reply.plan)
