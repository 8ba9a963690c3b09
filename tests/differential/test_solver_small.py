"""Random small problems with every option, against brute force; 2,000 where all is proved."""

from __future__ import annotations

import pytest

from benchmarks.solver_small import PROBLEMS, rows


def test_small_problems_are_those_of_brute_force() -> None:
    (row,) = rows(60)
    assert row.value == 0, row.note


@pytest.mark.prove
def test_two_thousand_small_problems_are_those_of_brute_force() -> None:
    (row,) = rows(PROBLEMS)
    assert row.value == 0, row.note
