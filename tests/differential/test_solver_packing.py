"""What households can pay at a site, against every set of them that fits."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from benchmarks.solver_scale import Scale, large
from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.kernels.packing import MOST_PACKED, most_paid, softly_packed
from placement_engine.solver.laying import lay_wide
from placement_engine.solver.prices import Priced, certified_bound

SIZES = np.array([0, 1, 2, 5])
FREE = np.array([0, 1, 2, 7, 11, -1, UNLIMITED])


def sets(places: int) -> IntArray:
    """Every set of households of the sizes above 0 that fits, a row each."""
    counts = [range(max(0, places) // int(size) + 1) for size in SIZES[1:]]
    every = np.array([(0, *some) for some in product(*counts)])
    fits: IntArray = every[every @ SIZES <= max(0, places)]
    return fits


def drawn(seed: int) -> IntArray:
    fees = np.random.default_rng(seed).integers(0, 90, (len(FREE), len(SIZES)))
    fees[:, 0] = 0
    fees[FREE == UNLIMITED] = 0
    return fees


@pytest.mark.parametrize("seed", range(8))
def test_no_households_that_fit_pay_more_and_some_pay_as_much(seed: int) -> None:
    fees, paid = drawn(seed), np.empty_like(FREE)
    total = most_paid(fees, SIZES, FREE, paid)
    limited = FREE[:-1].tolist()
    plain = [int((sets(n) @ fee).max()) for n, fee in zip(limited, fees, strict=False)]
    assert paid.tolist() == [*plain, 0]
    assert total == sum(plain)


def test_at_large_sites_the_most_is_not_below_what_whole_households_pay() -> None:
    free, fees = np.array([MOST_PACKED + 1]), np.array([[0, 3, 7, 19]])
    paid = np.empty_like(free)
    assert most_paid(fees, SIZES, free, paid) == 4 * (MOST_PACKED + 1)
    assert paid[0] >= 51 * 19 + 2 * 3


@pytest.mark.parametrize("seed", range(8))
def test_sets_of_households_are_weighed_by_what_they_pay(seed: int) -> None:
    fees, heat = drawn(seed), 25.0
    used, yields = np.full(fees.shape, 3.0), np.zeros(fees.shape)
    softly_packed(fees, SIZES, FREE, heat, used, yields)
    for x, places in enumerate(FREE.tolist()):
        if not 0 < places <= MOST_PACKED:
            assert (used[x] == 3.0).all()
            continue
        every = sets(places)
        weight = np.exp(every @ fees[x] / heat)
        mean = weight @ every / weight.sum()
        assert np.allclose(used[x], mean)
        spread = np.cov(every.T, aweights=weight, ddof=0)
        assert np.allclose(yields[x] * mean, abs(spread).sum(axis=0))


def test_a_place_that_no_whole_household_can_use_is_not_sold() -> None:
    """Two of two want a site with three places: one of them must do without."""
    scale = Scale(newcomers=2, placed=0, sites=2, degree=0.0, limits=False)
    problem = large(scale, seed=1)
    bare = lay_wide(problem)
    assert bare is not None
    wide = replace(
        bare,
        unary=np.array([[0, 1_000], [0, 1_000]]) * bare.fine,
        demand=np.array([2, 2]),
        free=np.array([3, 4]),
    )
    priced = Priced(wide)
    priced.reprice()
    # By places alone a half of them would do without, at 500.
    assert priced.certified() == 1_000
    while priced.step():
        pass
    assert priced.certified() == 1_000
    assert certified_bound(wide, priced.handed, priced.fees * 0) == 0
