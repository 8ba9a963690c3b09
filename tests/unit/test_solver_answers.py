"""Limits, interruptions, gaps, conflicts and choices: how `solve` ends."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.solver_instances import Shape, instance
from placement_engine.problem import UNLIMITED, Level, PlacementProblem, ProblemPair, ProblemSubject
from placement_engine.solver import (
    ConflictMember,
    Faulted,
    Limits,
    NoSafePlacement,
    Proposed,
    Undecided,
    Witness,
    bound,
    choices,
    conflict,
    cpsat,
    levels,
    rank_sites,
    solve,
    witness,
)
from placement_engine.solver.backends import Effort
from placement_engine.solver.clauses import clauses_of, relaxed
from placement_engine.solver.exhaustive import exhaust
from placement_engine.vocabulary import Band, MunicipalityCode, SubjectRef

ROOT = Path(__file__).parents[2]


def plain(
    unary: list[list[int]], *, pairs: tuple[ProblemPair, ...] = (), capacity: int = UNLIMITED
) -> PlacementProblem:
    """Subjects with these costs at sites 100 km apart on a line."""
    m = len(unary[0])
    at = np.arange(m, dtype=np.int64) * 100_000
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(m)),
        distance_m=np.abs(at[:, None] - at),
        exposure_ppm=np.eye(m, dtype=np.int64) * 500_000,
        capacity=np.full(m, capacity, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(id=SubjectRef(f"S{k}"), unary=np.array(costs, dtype=np.int64))
            for k, costs in enumerate(unary)
        ),
        pairs=pairs,
        tie_key=b"plain",
    )


def with_subject(problem: PlacementProblem, k: int, **changes: object) -> PlacementProblem:
    subjects = list(problem.subjects)
    subjects[k] = replace(subjects[k], **changes)  # type: ignore[arg-type]
    return replace(problem, subjects=tuple(subjects))


# Limits and interruptions. ------------------------------------------------------------


def clock_that(after: int, action: Callable[[], None]) -> Callable[[], float]:
    """A clock that runs 1 ms a look and does something at look number `after`."""
    looks = [0]

    def clock() -> float:
        looks[0] += 1
        if looks[0] == after:
            action()
        return looks[0] / 1000

    return clock


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interruption_keeps_the_best_checked_plan() -> None:
    problem = instance(Shape(newcomers=8, placed=30, sites=60), seed=5)
    kinds = set()
    for after in (2, 5, 20, 60, 120):
        answer = solve(problem, limits=Limits(time_s=None), clock=clock_that(after, interrupt))
        kinds.add(type(answer))
        assert isinstance(answer, Proposed | Undecided)
        if isinstance(answer, Proposed) and answer.interrupted:
            assert not answer.proved_optimal
            assert witness.check(problem, answer.assignment) == answer.witness
            assert answer.lower_bound <= answer.objective
        if isinstance(answer, Undecided):
            assert answer.interrupted
    assert Proposed in kinds


COMPILING_S = 0.5
"""Machines that run the tests are slow and busy; alone, the limit is kept within half a second."""


@pytest.mark.prove  # it reads a real clock, so it needs a machine that does nothing else
@pytest.mark.parametrize("seconds", [0.0, 0.3, 2.0])
def test_the_time_limit_is_kept(seconds: float) -> None:
    problem = instance(Shape(newcomers=25, rivalry=0.5), seed=6)
    start = time.monotonic()
    answer = solve(problem, limits=Limits(time_s=seconds))
    assert time.monotonic() - start <= seconds + 0.5 + COMPILING_S
    assert isinstance(answer, Proposed | Undecided)
    if isinstance(answer, Proposed):
        assert answer.lower_bound <= answer.objective


def test_counted_work_gives_the_same_answer_each_time() -> None:
    problem = instance(Shape(newcomers=12, placed=40, sites=80, rivalry=0.8), seed=3)
    told = set()
    for workers in (1, 2, 8):
        answer = solve(problem, limits=Limits(time_s=None, max_work=600), workers=workers)
        assert isinstance(answer, Proposed)
        told.add(repr(replace(answer, seconds=0.0, trajectory=())))
    assert len(told) == 1


def test_a_gap_is_good_enough() -> None:
    problem = instance(Shape(newcomers=10, placed=20, sites=60, rivalry=0.5), seed=2)
    exact = solve(problem, limits=Limits(time_s=None))
    loose = solve(problem, limits=Limits(time_s=None, gap=0.05))
    assert isinstance(exact, Proposed)
    assert isinstance(loose, Proposed)
    assert exact.proved_optimal
    assert loose.lower_bound <= exact.objective <= loose.objective
    assert loose.objective - loose.lower_bound <= 0.05 * loose.objective


def test_what_the_witness_refuses_is_faulted(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = plain([[5, 1], [0, 9]], capacity=1)
    climb = levels.Climb.run
    honest = solve(problem)
    assert isinstance(honest, Proposed)

    def crowded(self: levels.Climb) -> levels.Climbed:
        return replace(climb(self), plan=(1, 1))

    monkeypatch.setattr(levels.Climb, "run", crowded)
    answer = solve(problem)
    assert isinstance(answer, Faulted)
    assert "capacity" in answer.reason

    def dearer(self: levels.Climb) -> levels.Climbed:
        return replace(climb(self), plan=(0, 1))

    monkeypatch.setattr(levels.Climb, "run", dearer)
    assert isinstance(solve(problem), Faulted)


def test_everybody_may_be_fixed() -> None:
    problem = replace(plain([[5, 1], [0, 9]]), fixed={0: 0, 1: 1})
    answer = solve(problem)
    assert isinstance(answer, Proposed)
    assert answer.proved_optimal
    assert (answer.assignment, answer.objective) == ((0, 1), 14)


def test_costs_too_large_to_bound_are_never_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = plain([[10**9, 2 * 10**9]] * 3, capacity=2)
    assert isinstance(solve(problem), Proposed)
    monkeypatch.setattr(bound, "LARGEST", 10**9)
    answer = solve(problem)
    assert isinstance(answer, Proposed)
    assert answer.objective == 4 * 10**9
    assert answer.lower_bound < answer.objective
    assert not answer.proved_optimal


def test_the_largest_costs_are_added_without_overflow() -> None:
    huge = 10**12 - 1
    pairs = tuple(ProblemPair(a=a, b=b, table="t") for a in range(12) for b in range(a))
    table = np.full((2, 2), huge, dtype=np.int64) - 5 * np.eye(2, dtype=np.int64)
    problem = replace(plain([[huge, huge - 1]] * 12), tables={"t": table}, pairs=pairs)
    answer = solve(problem)
    assert isinstance(answer, Proposed)
    assert answer.proved_optimal
    assert answer.assignment == (1,) * 12
    assert answer.objective == 12 * (huge - 1) + 66 * (huge - 5)


# Conflicts. ---------------------------------------------------------------------------


def check_minimal(problem: PlacementProblem, found: tuple[ConflictMember, ...]) -> None:
    clauses = [clause for clause in clauses_of(problem) if clause.member in found]
    assert len(clauses) == len(found)
    assert exhaust(relaxed(problem, clauses)) is None
    for left_out in clauses:
        assert exhaust(relaxed(problem, [c for c in clauses if c != left_out])) is not None


def test_a_site_with_two_reasons_needs_both_lifted() -> None:
    problem = with_subject(plain([[0, 0]]), 0, forbidden={0: ("home", "needs"), 1: ("home",)})
    answer = solve(problem)
    assert isinstance(answer, NoSafePlacement)
    assert answer.conflict == (ConflictMember(rule="home", subjects=(0,)),)
    two = with_subject(plain([[0, 0]]), 0, forbidden={0: ("needs",), 1: ("home",)})
    found = solve(two)
    assert isinstance(found, NoSafePlacement)
    check_minimal(two, found.conflict)


def test_the_order_of_rules_chooses_the_conflict() -> None:
    forbidden = {0: ("home", "presence"), 1: ("presence", "home"), 2: ("home", "presence")}
    problem = with_subject(plain([[0, 0, 0]]), 0, forbidden=forbidden)
    for rule in ("home", "presence"):
        answer = solve(problem, rule_order=(rule,))
        assert isinstance(answer, NoSafePlacement)
        assert answer.conflict == (ConflictMember(rule=rule, subjects=(0,)),)


def test_rivals_on_two_near_sites_conflict_by_separation_with_its_class() -> None:
    pair = ProblemPair(a=0, b=1, hostility_ppm=200_000, separation_m=150_000)
    problem = plain([[0, 0], [0, 0]], pairs=(pair,))
    answer = solve(problem)
    assert isinstance(answer, NoSafePlacement)
    told = ConflictMember(rule="separation", subjects=(0, 1), pair_class=Band.HIGH)
    assert answer.conflict == (told,)
    mild = solve(problem, pair_classes_ppm=(100_000, 300_000))
    assert isinstance(mild, NoSafePlacement)
    assert mild.conflict[0].pair_class is Band.MEDIUM


def test_three_in_two_places_conflict_by_capacity() -> None:
    problem = plain([[0, 0]] * 3, capacity=1)
    answer = solve(problem)
    assert isinstance(answer, NoSafePlacement)
    assert answer.conflict == (ConflictMember(rule="capacity", subjects=(0, 1, 2)),)


def test_those_who_are_fixed_can_be_the_conflict() -> None:
    pair = ProblemPair(a=0, b=1, hostility_ppm=600_000, separation_m=150_000)
    problem = replace(plain([[0, 0]] * 3, pairs=(pair,)), fixed={0: 0, 1: 1})
    answer = solve(problem)
    assert isinstance(answer, NoSafePlacement)
    assert [member.rule for member in answer.conflict] == ["separation"]
    standing = with_subject(plain([[0, 0]]), 0, forbidden={0: ("home",), 1: ("needs",)})
    fixed = solve(replace(standing, fixed={0: 0}))
    assert isinstance(fixed, NoSafePlacement)
    assert fixed.conflict == (ConflictMember(rule="home", subjects=(0,)),)


def test_a_reason_code_may_be_called_like_another_rule() -> None:
    everywhere = {0: ("capacity",), 1: ("ceiling",), 2: ("separation",)}
    problem = with_subject(plain([[0, 0, 0]], capacity=4), 0, forbidden=everywhere, ceiling=7)
    answer = solve(problem)
    assert isinstance(answer, NoSafePlacement)
    assert {member.rule for member in answer.conflict} == {"capacity", "ceiling", "separation"}


def test_ceilings_of_one_newcomer_and_of_somebody_placed() -> None:
    pair = ProblemPair(a=0, b=1, hostility_ppm=900_000)
    problem = replace(plain([[0, 80], [5, 0]], pairs=(pair,)), fixed={1: 0})
    problem = with_subject(with_subject(problem, 0, ceiling=50), 1, ceiling=5)
    answer = solve(problem)
    assert isinstance(answer, NoSafePlacement)
    assert {member.rule for member in answer.conflict} == {"ceiling"}
    check_minimal(problem, answer.conflict)


@pytest.mark.parametrize("opinion", [conflict.Verdict.POSSIBLE, conflict.Verdict.UNKNOWN])
def test_methods_that_disagree_leave_it_undecided(
    opinion: conflict.Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = conflict._Search
    monkeypatch.setattr(search, "second_opinion", lambda *_: opinion)
    assert isinstance(solve(plain([[0, 0]] * 3, capacity=1)), Undecided)


def test_a_large_joint_problem_is_confirmed_by_the_second_solver() -> None:
    problem = instance(Shape(newcomers=6, placed=20, sites=60), seed=3)
    everywhere = {site: ("home",) if site % 2 else ("needs",) for site in range(60)}
    answer = solve(with_subject(problem, 4, forbidden=everywhere), limits=Limits(time_s=30.0))
    assert isinstance(answer, NoSafePlacement)
    assert {(member.rule, member.subjects) for member in answer.conflict} == {
        ("home", (4,)),
        ("needs", (4,)),
    }


ONE = """
import sys
from dataclasses import replace
from benchmarks.solver_instances import Shape, instance
from placement_engine.solver import Limits, NoSafePlacement, solve
problem = instance(Shape(newcomers=1, met=0.3), seed=4)
tight = tuple(replace(s, ceiling=300) if k == 0 else s for k, s in enumerate(problem.subjects))
impossible = replace(problem, subjects=tight)
answer = solve(impossible)
assert isinstance(answer, NoSafePlacement), answer
assert not [name for name in sys.modules if name.startswith("ortools")]
"""


def test_why_one_case_is_impossible_is_told_without_ortools() -> None:
    subprocess.run([sys.executable, "-c", ONE], cwd=ROOT, check=True)


def test_a_conflict_is_not_told_when_time_is_up() -> None:
    problem = plain([[0, 0]] * 3, capacity=1)
    spent = Effort(clock=lambda: 2.0, deadline=1.0, work_left=None)
    assert conflict.explain(problem, effort=spent, seed=0, workers=1) is None


# Choices. -----------------------------------------------------------------------------


def test_choices_are_the_best_that_lie_apart() -> None:
    costs = [0, 1, 2, 3, 9, 4]
    problem = with_subject(plain([costs, [0] * 6]), 0, forbidden={3: ("home",)})
    plan = solve(problem)
    assert isinstance(plan, Proposed)
    found = choices(problem, plan, 0, count=5, apart_m=150_000)
    assert [choice.site for choice in found] == [0, 2, 5]
    assert [choice.delta for choice in found] == [0, 2, 4]
    assert all(isinstance(choice.witness, Witness) for choice in found)
    assert [choice.share for choice in found] == [0, 2, 4]
    assert len(choices(problem, plan, 0, count=2, apart_m=0)) == 2
    ranked = rank_sites(problem, 0, plan.assignment)
    assert ranked.tolist() == [0, 1, 2, -1, 9, 4]


def test_choices_keep_every_rule_and_the_order_of_levels() -> None:
    pair = ProblemPair(a=0, b=1, hostility_ppm=300_000, separation_m=150_000)
    problem = plain([[0, 50, 60_000, 7], [0, 0, 0, 0]], pairs=(pair,), capacity=1)
    problem = replace(problem, lexicographic=(Level.WORST_BAND, Level.TOTAL))
    plan = solve(with_subject(problem, 1, forbidden=dict.fromkeys((1, 2, 3), ("home",))))
    assert isinstance(plan, Proposed)
    assert plan.assignment[1] == 0
    fixed = replace(problem, fixed={1: 0})
    found = choices(fixed, plan, 0, count=9, apart_m=0)
    assert [choice.site for choice in found] == [3, 2]
    for choice in found:
        assert witness.check(fixed, choice.witness.assignment).shares[0] == choice.share
    assert [choice.site for choice in choices(fixed, plan, 1, count=9, apart_m=0)] == [0]


# The size of the daily question. ------------------------------------------------------


def test_20_against_300_placed_is_proved() -> None:
    problem = instance(Shape(), seed=1)
    answer = solve(problem, limits=Limits(time_s=120.0))  # the benchmark tells the seconds
    assert isinstance(answer, Proposed)
    assert answer.proved_optimal
    placed = range(20, len(problem.subjects))
    for k in placed:
        ceiling = problem.subjects[k].ceiling
        assert ceiling is not None
        assert answer.witness.shares[k] <= ceiling


class Stubborn:
    """Stands in for a search that only ends when it is told to."""

    def __init__(self) -> None:
        self.told = threading.Event()
        self.ended = False

    def solve(self, model: object) -> str:
        self.ended = self.told.wait(20)
        return f"stopped: {model}"

    def stop_search(self) -> None:
        self.told.set()


def test_the_second_solver_stops_when_interrupted() -> None:
    stubborn = Stubborn()
    timer = threading.Timer(0.1, _thread.interrupt_main)
    # A shell starts what runs in the background with interruptions ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            cpsat._run(stubborn, "model")  # type: ignore[arg-type]
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert stubborn.ended
