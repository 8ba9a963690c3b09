"""How the tables of the benchmarks tell figures."""

from __future__ import annotations

import pytest

from benchmarks.measure import Row


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (1_234_567, "", "1234567"),
        (3402.0, "", "3402"),
        (0.04477, "s", "0.0448 s"),
        (12.0, "s", "12 s"),
    ],
)
def test_objectives_are_told_exactly_and_times_in_three_digits(
    value: float, unit: str, told: str
) -> None:
    assert Row(what="", value=value, unit=unit).told == told


def test_a_target_is_told_as_it_is_asked_for() -> None:
    assert Row(what="", value=0, unit="", target=1_234_567).asked == "≤ 1234567"
    assert Row(what="", value=0, unit="s", target=0.1).asked == "≤ 0.1 s"
    assert Row(what="", value=0, unit="s").asked == ""
