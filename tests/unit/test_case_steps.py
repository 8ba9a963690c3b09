"""Steps of hostility: the scalar and the vectorised form, and what a step demands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.cases.steps import (
    actor_steps,
    highest_step,
    presence_steps,
    required_separation,
    separation_steps,
    step_of,
    steps_of,
)
from placement_engine.policy import Policy

POLICY = Policy.default()
HOSTILITY = st.one_of(st.floats(0, 1), st.sampled_from((0.05, 0.15, 0.35, 0.15 - 1e-13)))


def metres(hostility: float, *, direct: bool = False) -> int | None:
    step = required_separation(POLICY, hostility, direct)
    return None if step is None else step.metres


@pytest.mark.parametrize(
    ("hostility", "expected"),
    [
        (0.0, None),
        (0.049, None),
        (0.05, 50_000),
        (0.15, 100_000),
        (0.15 - 1e-13, 100_000),
        (0.15 - 1e-9, 50_000),
        (0.35, 150_000),
        (1.0, 150_000),
    ],
)
def test_the_default_steps(hostility: float, expected: int | None) -> None:
    assert metres(hostility) == expected


def test_a_direct_enmity_takes_the_highest() -> None:
    assert metres(0.0, direct=True) == 150_000


def test_only_the_highest_wants_another_labour_market() -> None:
    assert [step.other_labour_market for step in separation_steps(POLICY)] == [True, False, False]


def test_a_step_never_demands_less_than_the_one_below_it() -> None:
    lower = replace(POLICY.separation, other_labour_market=(False, True, False))
    policy = replace(POLICY, separation=lower)
    assert [s.other_labour_market for s in separation_steps(policy)] == [True, True, False]


def test_a_separation_of_nought_still_keeps_two_people_out_of_neighbours() -> None:
    policy = replace(POLICY, separation=replace(POLICY.separation, kilometres=(150.0, 100.0, 0.0)))
    assert separation_steps(policy)[-1].metres == 1
    assert presence_steps(policy)[-1].metres == 0


def test_actors_share_the_steps_of_separation() -> None:
    assert actor_steps(POLICY) == separation_steps(POLICY)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(HOSTILITY, st.booleans()), max_size=6))
def test_arrays_and_scalars_take_the_same_step(drawn: list[tuple[float, bool]]) -> None:
    hostility = np.array([h for h, _ in drawn], dtype=np.float64)
    direct = np.array([d for _, d in drawn], dtype=np.bool_)
    steps = separation_steps(POLICY)
    named = [*steps, None]
    taken = steps_of(steps, hostility, direct)
    assert [named[i] for i in taken] == [step_of(steps, h, d) for h, d in drawn]
    highest = min(taken, default=len(steps))
    assert highest_step(POLICY, hostility, direct) == named[highest]


def test_the_highest_step_of_a_matrix() -> None:
    hostility = np.array([[0.0, 0.2], [0.06, 0.0]])
    none = np.zeros((2, 2), dtype=np.bool_)
    step = highest_step(POLICY, hostility, none)
    assert step is not None
    assert step.metres == 100_000
    assert highest_step(POLICY, np.zeros((2, 0)), np.zeros((2, 0), dtype=np.bool_)) is None
