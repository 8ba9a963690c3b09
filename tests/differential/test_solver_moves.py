"""Fewest moves against trying every plan."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidProblem
from placement_engine.problem import UNLIMITED, Level, PlacementProblem, ProblemPair, ProblemSubject
from placement_engine.solver import witness
from placement_engine.solver.answer import Limits, NoSafePlacement, Undecided
from placement_engine.solver.hitting import Demand, fewest
from placement_engine.solver.moves import Moves, fewest_moves
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

LIMITS = Limits(time_s=60.0)


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlacementProblem, tuple[int, ...]]:
    """A small problem and a plan in force that may break anything."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    sites, people = int(random.integers(2, 5)), int(random.integers(1, 5))
    at = random.integers(0, 4, sites) * 60_000
    distance = np.abs(at[:, None] - at[None]).astype(np.int64)
    exposure = np.maximum(0, 900_000 - 4 * distance).astype(np.int64)
    subjects = tuple(
        ProblemSubject(
            id=SubjectRef(f"S{k}"),
            unary=random.integers(0, 9_000, sites, dtype=np.int64),
            forbidden={int(s): ("home",) for s in np.flatnonzero(random.random(sites) < 0.15)},
            demand=int(random.integers(0, 3)),
            ceiling=int(random.integers(4_000, 60_000)) if random.random() < 0.6 else None,
            preference=random.integers(0, 9, sites, dtype=np.int64),
            move_cost=7,
        )
        for k in range(people)
    )
    ends = [e for e in itertools.combinations(range(people), 2) if random.random() < 0.6]
    pairs = tuple(
        ProblemPair(
            a=a,
            b=b,
            hostility_ppm=int(random.integers(0, 80_000)),
            separation_m=int(random.integers(0, 150_000)),
            penalty=None if random.random() < 0.6 else 500,
        )
        for a, b in ends
    )
    capacity = random.integers(1, 5, sites, dtype=np.int64)
    capacity[int(random.integers(0, sites))] = UNLIMITED
    plan = tuple(int(s) for s in random.integers(0, sites, people))
    problem = PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=distance,
        exposure_ppm=exposure,
        capacity=capacity,
        subjects=subjects,
        pairs=pairs,
        fixed={0: plan[0]} if random.random() < 0.3 else {},
    )
    return problem, plan


def by_trying(problem: PlacementProblem, plan: tuple[int, ...]) -> tuple[int, int] | None:
    """Least number of moves and then least total of all plans."""
    found = []
    for sites in itertools.product(range(len(problem.sites)), repeat=len(plan)):
        if next(witness.violations(problem, sites), None) is None:
            moved = sum(a != b for a, b in zip(sites, plan, strict=True))
            found.append((moved, witness.total(problem, sites)))
    return min(found, default=None)


@settings(deadline=None, max_examples=120)
@given(plans())
def test_equals_trying_every_plan(given: tuple[PlacementProblem, tuple[int, ...]]) -> None:
    problem, plan = given
    best = by_trying(problem, plan)
    answer = fewest_moves(problem, plan, limits=LIMITS)
    if best is None:
        assert isinstance(answer, NoSafePlacement)
        return
    assert isinstance(answer, Moves)
    assert (len(answer.moved), answer.total) == best
    assert answer.proved
    assert answer.total_bound == answer.total
    assert answer.moved == tuple(k for k in range(len(plan)) if answer.assignment[k] != plan[k])


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(0, 6), st.integers(1, 4), min_size=1), st.integers(1, 6)
        ),
        max_size=7,
    )
)
def test_hitting_equals_trying_every_set(drawn: list[tuple[dict[int, int], int]]) -> None:
    demands = [Demand(weights=weights, need=need) for weights, need in drawn]

    def meets(taken: tuple[int, ...]) -> bool:
        return all(sum(d.weights.get(thing, 0) for thing in taken) >= d.need for d in demands)

    sizes = (n for n in range(8) if any(map(meets, itertools.combinations(range(7), n))))
    best = next(sizes, None)
    found = fewest(demands, spent=lambda nodes: False)
    if best is None:
        assert found is None
        return
    assert found is not None
    assert meets(found.taken)
    assert len(found.taken) == found.lower_bound == best
    cut = fewest(demands, spent=lambda nodes: True)
    assert cut is not None
    assert cut.lower_bound <= best <= len(cut.taken)
    assert meets(cut.taken)


def rivals(count: int) -> PlacementProblem:
    """So many at one site, the first a rival of all others, and free sites beside."""
    pairs = tuple(ProblemPair(a=0, b=k, separation_m=100) for k in range(1, count))
    distance = np.where(np.eye(3, dtype=np.bool_), 0, 1000).astype(np.int64)
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(3)),
        distance_m=distance,
        exposure_ppm=np.zeros((3, 3), dtype=np.int64),
        capacity=np.full(3, UNLIMITED, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(id=SubjectRef(f"S{k}"), unary=np.arange(3, dtype=np.int64), current=0)
            for k in range(count)
        ),
        pairs=pairs,
    )


def test_the_one_whom_all_hate_moves_alone() -> None:
    answer = fewest_moves(rivals(6))
    assert isinstance(answer, Moves)
    assert answer.moved == (0,)
    assert answer.proved
    assert answer.proved_after is not None
    fixed = fewest_moves(replace(rivals(6), fixed={0: 0}))
    assert isinstance(fixed, Moves)
    assert fixed.moved == (1, 2, 3, 4, 5)


def test_nobody_moves_where_nothing_is_broken() -> None:
    problem = rivals(3)
    answer = fewest_moves(problem, (1, 0, 0))
    assert isinstance(answer, Moves)
    assert answer.moved == ()
    assert answer.total == answer.total_bound == answer.witness.value(Level.TOTAL)


def test_somebody_who_must_make_room_is_moved_too() -> None:
    # S0 must leave site 0; the only other site is full, so somebody there must go as well.
    base = rivals(2)
    subjects = (
        replace(base.subjects[0], forbidden={0: ("home",), 2: ("home",)}),
        replace(base.subjects[1], current=1),
    )
    capacity = np.array([UNLIMITED, 1, UNLIMITED], dtype=np.int64)
    answer = fewest_moves(replace(base, subjects=subjects, pairs=(), capacity=capacity))
    assert isinstance(answer, Moves)
    assert answer.moved == (0, 1)
    assert answer.lower_bound == 2


def test_a_missing_current_site_names_the_field() -> None:
    problem = rivals(2)
    lost = replace(
        problem, subjects=(problem.subjects[0], replace(problem.subjects[1], current=None))
    )
    with pytest.raises(InvalidProblem, match=r"subjects\[1\]\.current"):
        fewest_moves(lost)
    with pytest.raises(InvalidProblem, match="current"):
        fewest_moves(problem, (0,))
    with pytest.raises(InvalidProblem, match=r"subjects\[1\]\.current"):
        fewest_moves(problem, (0, 3))


@pytest.mark.parametrize("at", range(1, 12))
def test_interrupted_at_any_point_tells_what_is_known(at: int) -> None:
    left = [at]

    def clock() -> float:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return 0.0

    answer: object
    try:
        answer = fewest_moves(rivals(4), clock=clock)
    except KeyboardInterrupt:
        assert at == 1  # before anything was asked
        return
    assert isinstance(answer, Undecided | Moves)
    if isinstance(answer, Moves):
        assert answer.moved == (0,)
    else:
        assert answer.interrupted


def test_without_time_it_is_undecided_or_unproved() -> None:
    answer = fewest_moves(rivals(4), limits=Limits(time_s=0.0))
    assert isinstance(answer, Undecided | Moves)


def entangled(couples: int) -> PlacementProblem:
    """Couples who may not live as near as they do, and everybody a danger to everybody."""
    random = np.random.default_rng(3)
    people, sites = 2 * couples, couples + 4
    distance = np.where(np.eye(sites, dtype=np.bool_), 0, 1000).astype(np.int64)
    exposure = random.integers(0, 900_000, (sites, sites))
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=distance,
        exposure_ppm=np.minimum(exposure, exposure.T).astype(np.int64),
        capacity=np.full(sites, UNLIMITED, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(
                id=SubjectRef(f"S{k}"),
                unary=random.integers(0, 9_000, sites, dtype=np.int64),
                current=k // 2,
            )
            for k in range(people)
        ),
        pairs=tuple(
            ProblemPair(
                a=a,
                b=b,
                hostility_ppm=int(random.integers(1_000, 80_000)),
                separation_m=100 if a // 2 == b // 2 else 0,
            )
            for a, b in itertools.combinations(range(people), 2)
        ),
    )


def test_the_total_has_its_own_time_once_the_moves_are_proved() -> None:
    def asked(total_s: float | None) -> Moves:
        now = itertools.count()
        answer = fewest_moves(
            entangled(12),
            limits=Limits(time_s=30.0),
            total_s=total_s,
            clock=lambda: next(now) / 20,
        )
        assert isinstance(answer, Moves)
        assert answer.proved
        assert len(answer.moved) == 12
        return answer

    whole, short = asked(None), asked(2.0)
    assert whole.seconds > 20
    assert short.proved_after is not None
    assert short.seconds < short.proved_after + 3
    assert short.total_bound <= whole.total <= short.total
