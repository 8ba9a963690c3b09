"""The witness refuses every kind of wrong plan, and no proposal exists without it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    UNLIMITED,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
    micronats,
    micronats_array,
)
from placement_engine.solver import LevelValue, NoSafePlacement, Proposed, Witness, witness
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

LINE_KM = np.array([0, 50, 120, 300])


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def world() -> PlacementProblem:
    """Four sites on a line; S0 and S1 move, S2 is placed at the far end."""
    distance = np.abs(LINE_KM[:, None] - LINE_KM[None]) * 1000
    exposure = np.rint(np.exp(-distance / 60_000) * 500_000).astype(np.int64)
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(4)),
        distance_m=distance,
        exposure_ppm=exposure,
        capacity=ints(1, 2, 2, UNLIMITED),
        subjects=(
            ProblemSubject(
                id=SubjectRef("S0"),
                unary=ints(10, 20, 30, 40),
                forbidden={1: ("home", "presence")},
                current=0,
                move_cost=7,
                ceiling=200_000,
            ),
            ProblemSubject(
                id=SubjectRef("S1"), unary=ints(1, 2, 3, 4), demand=2, preference=ints(0, 5, 0, 0)
            ),
            ProblemSubject(id=SubjectRef("S2"), unary=ints(0, 0, 0, 9), ceiling=90_000),
        ),
        pairs=(
            ProblemPair(a=0, b=1, hostility_ppm=400_000, reunion_ppm=100_000, separation_m=70_000),
            ProblemPair(a=0, b=2, hostility_ppm=100_000, separation_m=200_000, penalty=5_000),
            ProblemPair(a=1, b=2, table="t"),
        ),
        tables={"t": np.where(np.eye(4, dtype=bool), FORBIDDEN, 100).astype(np.int64)},
        fixed={2: 3},
        lexicographic=(Level.WORST_BAND, Level.TOTAL, Level.MOVES),
    )


GOOD = (0, 2, 3)


def test_values_are_those_of_the_definitions() -> None:
    problem = world()
    seen = witness.check(problem, GOOD)
    e01, e02 = (int(problem.exposure_ppm[0, n]) / PPM for n in (2, 3))
    first = micronats(0.4 * e01) + micronats(0.1 * e01)
    second = micronats(0.1 * e02)
    assert seen.shares == (10 + first + second, 3 + first + 100, 9 + second + 100)
    assert seen.value(Level.TOTAL) == 10 + 3 + 9 + first + second + 100
    assert seen.value(Level.MOVES) == 0
    moved = witness.check(problem, (3, 1, 3))
    assert moved.value(Level.MOVES) == 7 + 5


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        ((0, 2), "shape"),
        ((0, 2, 3, 3), "shape"),
        ((0, 4, 3), "shape"),
        ((-1, 2, 3), "shape"),
        ((0.0, 2, 3), "shape"),
        ((0, 2, 2), "fixed"),
        ((1, 3, 3), "home"),
        ((1, 3, 3), "presence"),
        ((0, 1, 3), "separation"),
        ((0, 3, 3), "separation"),
        ((3, 0, 3), "capacity"),
    ],
)
def test_a_corrupted_plan_is_refused_by_the_rule_it_breaks(
    plan: tuple[int, ...], rule: str
) -> None:
    broken = {name for name, _ in witness.violations(world(), plan)}
    assert rule in broken
    with pytest.raises(witness.WitnessRefused, match=rule):
        witness.check(world(), plan)


def test_ceilings_hold_for_movers_and_for_those_placed() -> None:
    problem = world()
    shares = witness.check(problem, GOOD).shares
    for k, share in enumerate(shares):
        for ceiling, fits in ((share, True), (share - 1, False)):
            subjects = list(problem.subjects)
            subjects[k] = replace(subjects[k], ceiling=ceiling)
            tight = replace(problem, subjects=tuple(subjects))
            assert (("ceiling", (k,)) in list(witness.violations(tight, GOOD))) is not fits


def test_a_soft_separation_costs_its_penalty_besides() -> None:
    problem = world()
    near, at = (3, 1, 3), int(world().exposure_ppm[3, 3]) / PPM
    cost = witness.pair_cost(problem, problem.pairs[1], 3, 3)
    assert cost == micronats(0.1 * at) + 5_000
    assert witness.total(problem, near) >= 5_000


def test_a_fixed_subject_on_a_forbidden_site_breaks_the_plan() -> None:
    problem = world()
    subjects = (*problem.subjects[:2], replace(problem.subjects[2], forbidden={3: ("needs",)}))
    broken = list(witness.violations(replace(problem, subjects=subjects), GOOD))
    assert broken == [("needs", (2,))]


def proposed(seen: Witness, **changes: object) -> Proposed:
    told: dict[str, object] = {
        "assignment": seen.assignment,
        "levels": tuple(
            LevelValue(name=name, value=value, lower_bound=value, proved=True)
            for name, value in seen.values
        ),
        "objective": seen.value(Level.TOTAL),
        "lower_bound": seen.value(Level.TOTAL),
        "proved_optimal": True,
        "witness": seen,
        "trajectory": (),
        "seconds": 0.0,
        **changes,
    }
    return Proposed(**told)  # type: ignore[arg-type]


def test_no_proposal_without_the_witness_of_its_own_plan() -> None:
    seen = witness.check(world(), GOOD)
    other = witness.check(world(), (3, 1, 3))
    assert proposed(seen).witness is seen
    for changes in ({"witness": None}, {"witness": other}, {"assignment": (3, 1, 3)}):
        with pytest.raises(TypeError):
            proposed(seen, **changes)
    total = seen.value(Level.TOTAL)
    wrong = LevelValue(name=Level.TOTAL, value=total + 1, lower_bound=0, proved=False)
    unproved = LevelValue(name=Level.TOTAL, value=total, lower_bound=0, proved=False)
    contradictions: tuple[dict[str, object], ...] = (
        {"objective": total + 1},
        {"lower_bound": total + 1},
        {"levels": (wrong,)},
        {"levels": (unproved,)},
    )
    for contradiction in contradictions:
        with pytest.raises(ValueError, match=r"level|objective"):
            proposed(seen, **contradiction)
    with pytest.raises(ValueError, match="bound"):
        LevelValue(name=Level.TOTAL, value=3, lower_bound=2, proved=True)
    with pytest.raises(ValueError, match="conflict"):
        NoSafePlacement(conflict=(), seconds=0.0)


def test_a_witness_cannot_be_made_or_changed_without_a_check() -> None:
    seen = witness.check(world(), GOOD)
    with pytest.raises(FrozenInstanceError):
        seen.assignment = (3, 1, 3)  # type: ignore[misc]
    with pytest.raises(TypeError):
        replace(seen, assignment=(3, 1, 3))
    with pytest.raises(witness.WitnessRefused):
        Witness(world(), (0, 1, 3))


def test_both_roundings_agree_at_halves() -> None:
    chances = np.linspace(0, 1, 4001)
    assert [micronats(p) for p in chances.tolist()] == micronats_array(chances).tolist()
