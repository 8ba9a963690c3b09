"""Dangers of one gang are counted once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.cases.gangs import gang_cost, gang_costs
from placement_engine.problem import micronats

PPM = st.integers(0, 1_000_000).map(lambda ppm: ppm / 1_000_000)
DANGERS = st.lists(st.tuples(PPM, PPM, st.integers(0, 3)), max_size=8)


def columns(dangers: list[tuple[float, float, int]]) -> tuple[list[float], list[float], list[int]]:
    """Hostility, chance of being met (a share of the hostility), and gang."""
    return [h for h, _, _ in dangers], [h * m for h, m, _ in dangers], [g for _, _, g in dangers]


def cost(dangers: list[tuple[float, float, int]]) -> int:
    return gang_cost(*columns(dangers))


def test_one_danger_costs_itself() -> None:
    assert cost([(0.4, 0.25, 7)]) == micronats(0.1)


def test_nothing_costs_nothing() -> None:
    assert cost([]) == 0
    assert cost([(0.0, 0.0, 1), (0.0, 0.0, 1)]) == 0


def test_a_gang_costs_at_most_its_quarrel() -> None:
    assert cost([(0.3, 1.0, 1)] * 50) == micronats(0.3)
    assert cost([(0.3, 0.5, 1)] * 50) == pytest.approx(micronats(0.3), abs=1)


def test_two_gangs_are_two_dangers() -> None:
    assert cost([(0.3, 0.5, 1), (0.3, 0.5, 2)]) == 2 * micronats(0.15)


def test_by_hand() -> None:
    # s = 0.5: 0.5 * (1 - (1 - 0.1/0.5) * (1 - 0.05/0.5)) = 0.5 * (1 - 0.8 * 0.9)
    assert gang_cost([0.5, 0.2], [0.1, 0.05], [1, 1]) == micronats(0.14)


@settings(deadline=None, max_examples=100)
@given(DANGERS, st.integers(1, 4))
def test_arrays_equal_the_plain_form(dangers: list[tuple[float, float, int]], rows: int) -> None:
    hostility, met, gang = columns(dangers)
    scale = np.linspace(0.0, 1.0, rows)
    h = np.array(hostility, dtype=np.float64)
    x = scale[:, None] * np.array(met, dtype=np.float64)
    keys = np.array(gang, dtype=np.int64)
    expected = [gang_cost(hostility, row.tolist(), gang) for row in x]
    assert gang_costs(h, x, keys).tolist() == expected
    assert gang_costs(np.tile(h, (rows, 1)), x, keys).tolist() == expected


@settings(deadline=None, max_examples=100)
@given(DANGERS, st.tuples(PPM, PPM, st.integers(0, 3)))
def test_one_more_danger_never_lowers_it(
    dangers: list[tuple[float, float, int]], more: tuple[float, float, int]
) -> None:
    assert cost([*dangers, more]) >= cost(dangers)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(PPM, PPM, st.integers(0, 3)), min_size=1, max_size=8), PPM, PPM)
def test_raising_a_danger_never_lowers_it(
    dangers: list[tuple[float, float, int]], hostility: float, met: float
) -> None:
    h, m, gang = dangers[0]
    worse = (max(h, hostility), max(m, met), gang)
    assert cost([worse, *dangers[1:]]) >= cost(dangers)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(PPM, PPM, st.just(1)), min_size=1, max_size=6))
def test_a_gang_lies_between_its_worst_danger_and_strangers(
    dangers: list[tuple[float, float, int]],
) -> None:
    apart = [(h, m, number) for number, (h, m, _) in enumerate(dangers)]
    worst = max(cost([danger]) for danger in dangers)
    assert worst - 1 <= cost(dangers) <= cost(apart) + len(dangers)
