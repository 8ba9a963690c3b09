"""Chances as the problem holds them: rounded up, whatever order they were summed in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placement_engine.cases.households import whole_ppm
from placement_engine.problem import PPM


def test_no_chance_is_no_negative_zero() -> None:
    assert whole_ppm(np.array([0.0])).tobytes() == np.array([0.0]).tobytes()


@given(st.integers(0, PPM), st.integers(-3, 3))
def test_the_last_bits_of_a_sum_change_nothing(parts: int, bits: int) -> None:
    whole = np.array([parts / PPM])
    told = whole + bits * np.spacing(whole)
    assert whole_ppm(told).tobytes() == whole.tobytes()


@given(st.floats(1e-11, 1.0))
def test_a_chance_is_never_told_as_less(chance: float) -> None:
    told = whole_ppm(np.array([chance]))[0]
    assert chance - 1e-11 <= told <= chance + 1 / PPM
    assert told > 0
