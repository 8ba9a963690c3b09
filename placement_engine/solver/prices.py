"""A lower bound for many movers: messages over the rivalry graph, prices on sites.

Messages move parts of pair costs into unary costs and back, which changes no plan's cost;
prices on the places of sites lower the cost of no allowed plan. `certified_bound` is right
for any messages and prices whatever, so that how they were found needs no proof.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.kernels.messages import CLOSED, leasts, sweep
from placement_engine.solver.kernels.packing import most_paid, softly_packed
from placement_engine.solver.kernels.softening import soft_sweep, softly_priced
from placement_engine.solver.kernels.transport import transport
from placement_engine.solver.model import BoolArray
from placement_engine.solver.wide import Wide

WORTH_A_ROUND = 2_000
"""Rounds that raise the bound by less than one part in so many lead to prices anew."""
WORTH_NOTHING = 100_000
"""Those that raise it by less than one part in so many even then are the last."""


def certified_bound(wide: Wide, handed: IntArray, fees: IntArray) -> int:
    """Micro-nats that no plan of the movers can stay below, base costs left out.

    The cost of a plan is the sum of unary costs and of pair costs. Adding to the unary
    costs what is taken from the pair costs, and a fee for each household at a site, less
    the most that households who fit there can pay, does not make an allowed plan dearer;
    each term is then at least its own minimum.

    Parameters
    ----------
    handed
        E × 2 × M whole numbers: what each pair hands to its `a` and to its `b`.
    fees
        M × H whole numbers, not negative. Who needs no place pays nothing, and nobody pays
        where a site has no limit.
    """
    rivalry, is_open = wide.rivalry, wide.open
    sizes, group = households(wide)
    fees = np.where((wide.free != UNLIMITED)[:, None] & (sizes > 0), fees, 0)
    unary = np.where(is_open, wide.unary + fees.T[group], CLOSED)
    bound = -most_paid(fees, sizes, wide.free, np.empty_like(wide.free))
    with_table = np.flatnonzero(rivalry.lines[:, 0] >= 0)
    for side in (0, 1):
        np.add.at(unary, rivalry.ends[with_table, side], handed[with_table, side])
    unary[~is_open] = CLOSED
    bound += leasts(rivalry.tables, rivalry.lines, rivalry.ends, handed, is_open, with_table)
    bound += int(unary.min(axis=1).sum())
    return -(-bound // wide.fine)


def households(wide: Wide) -> tuple[IntArray, IntArray]:
    """The H sizes of households among movers, rising, and the number of each mover's size."""
    sizes, group = np.unique(wide.demand, return_inverse=True)
    return sizes, group.astype(np.int64)


HEAT = 0.2
"""Heat of the first soft sweeps, in typical differences between a mover's best sites."""
COOLER = 0.6
"""Each stage of soft sweeps has so much of the heat of the one before."""
STAGES = 9
"""Stages of soft sweeps; what follows would move less than rounding does."""
SWEEPS = 8
"""Soft sweeps, forward and backward, at one heat."""
STEP = 1.4
"""So much of the way that a load of one place alone would ask for, a price goes at once."""
STAGES_BY_SIZE, HOTTER, STEP_BY_SIZE = 9, 20.0, 1.8
"""The same for fees by the size of households, which follow where there are several, beginning
so much hotter than the stages before ended."""
SAMPLE, CAREFUL = 64, 1.5
"""Pairs by which the time of a certificate is measured, and what for the rest of it is added."""
BEST_SITES = 9
"""Sites of each mover between which differences are typical."""


def typical_rise(cost: IntArray) -> float:
    """Mean fine difference between a mover's best site and the next: what heat is measured in.

    Parameters
    ----------
    cost
        n × M, `CLOSED` where not open.
    """
    width = min(BEST_SITES, cost.shape[1])
    few = np.sort(np.partition(cost, width - 1, axis=1)[:, :width], axis=1)
    rise = few[:, 1:] - few[:, :1]
    real = rise < CLOSED >> 4
    return max(1.0, float(np.mean(rise[real]))) if real.any() else 1.0


class Priced:
    """Messages and fees of a problem, raised step by step.

    Attributes
    ----------
    theta
        n × M fine unary costs after messages and fees.
    fees
        M × H: what a household of each size pays at a site.
    prices
        M fine prices of places, which a search leans on: it comes nearer to the best plans
        with them than with fees, which leave more sites equal.
    impossible
        The capacities cannot hold everybody, which is exact.
    rounds
        Sweeps forward and backward so far.
    best
        The highest `value` that was kept, which `certified` bears out.
    """

    def __init__(self, wide: Wide) -> None:
        self.wide = wide
        self.handed = np.zeros((len(wide.rivalry.ends), 2, len(wide.free)), dtype=np.int64)
        self.theta = wide.unary.copy()
        self.impossible = False
        self.rounds = 0
        self.prices = np.zeros_like(wide.free)
        self._sizes, self._group = households(wide)
        self.fees = np.zeros((len(wide.free), len(self._sizes)), dtype=np.int64)
        self._paid = 0
        self._arcs = _with_tables(wide)
        self._limited = wide.free != UNLIMITED
        self._places = np.where(self._limited, np.maximum(0, wide.free), 0).astype(np.float64)
        self._stages = STAGES if self._arcs[1].size or self._limited.any() else 0
        if self._limited.any() and self._sizes[-1] > 1:
            self._stages += STAGES_BY_SIZE
        self._turn = 0
        self._heat = 0.0
        self._kept = (self.handed.copy(), self.fees, self.theta.copy())
        self._by_places: tuple[int, IntArray] | None = None
        self.best = self.value

    @property
    def lean(self) -> IntArray:
        """What prices add to the cost of each mover at each site, n × M."""
        return self.wide.demand[:, None] * self.prices

    @property
    def value(self) -> int:
        """The bound in fine units, as the sweeps leave it."""
        return int(self.theta.min(axis=1).sum()) - self._paid

    def reprice(self) -> bool:
        """Price places anew for the costs as they are; whether the bound rose."""
        if not self._limited.any():
            return False
        plain = np.where(self.wide.open, self.theta - self.fees.T[self._group], CLOSED)
        prices = np.zeros_like(self.wide.free)
        if not transport(plain, self.wide.demand, self.wide.free, prices):
            self.impossible = True
            return False
        prices[~self._limited] = 0
        before, theta, fees = self.value, self.theta, self.fees
        self._charge(prices[:, None] * self._sizes)
        if self.value > before:
            self.prices = prices
            self.keep()
            return True
        self._charge(fees)
        self.theta = theta
        return False

    def _charge(self, fees: IntArray) -> None:
        """Take other fees."""
        change = (fees - self.fees).T[self._group]
        self.theta = np.where(self.theta < CLOSED, self.theta + change, CLOSED)
        self.fees = fees
        free = self.wide.free
        self._paid = most_paid(fees, self._sizes, free, np.empty_like(free))

    def sweep(self) -> None:
        """One sweep forward and one backward."""
        rivalry = self.wide.rivalry
        first, edge, other, side, line = self._arcs
        for forward in (True, False):
            sweep(
                forward,
                self.theta,
                first,
                edge,
                other,
                side,
                line,
                rivalry.tables,
                rivalry.most,
                self.handed,
            )
        self.rounds += 1

    def raise_bound(
        self, *, rounds: int, target: int, stop: Callable[[], bool], enough: bool = False
    ) -> None:
        """Sweep, and price anew where sweeps alone no longer help.

        Parameters
        ----------
        rounds
            At the most.
        target
            Fine value that is enough.
        stop
            Whether time is up.
        enough
            Stop where neither sweeps nor prices help any more.
        """
        before = self.value
        for _ in range(rounds):
            if stop() or self.impossible or before > target:
                break
            self.sweep()
            now = self.value
            if now - before <= abs(now) // WORTH_A_ROUND:
                if not self.reprice() and now - before <= abs(now) // WORTH_NOTHING and enough:
                    break
                now = self.value
            before = now
        self.keep()

    def step(self) -> bool:
        """Go on by one sweep, soft ones first; whether another one is likely to help.

        Each stage of soft sweeps ends with plain ones, after which the bound is kept.
        """
        stage, turn = divmod(self._turn, SWEEPS)
        self._turn += 1
        if stage >= self._stages:
            before = self.best
            self.raise_bound(rounds=1, target=CLOSED, stop=lambda: False)
            return self.best - before > abs(self.best) // WORTH_NOTHING
        if self._turn == 1:
            self._heat = max(1.0, HEAT * typical_rise(self.theta))
        if self._turn == STAGES * SWEEPS + 1:
            self._heat *= HOTTER
            self._by_places = (self.best, self._kept[2])
        self._soften(self._heat, by_size=stage >= STAGES)
        if turn == SWEEPS - 1:
            self.sweep()
            self.keep()
            self._heat *= COOLER
        return True

    def _soften(self, heat: float, *, by_size: bool) -> None:
        """One soft sweep forward and one backward, prices in step."""
        rivalry = self.wide.rivalry
        first, edge, other, side, line = self._arcs
        free = self.wide.free
        for forward in (True, False):
            load = np.zeros(self.fees.shape, dtype=np.float64)
            soft_sweep(
                forward,
                heat,
                self.theta,
                first,
                edge,
                other,
                side,
                line,
                rivalry.tables,
                rivalry.most,
                self.handed,
                self._group,
                load,
            )
            places = load @ self._sizes
            if by_size:
                # At large sites places are shared out in proportion.
                used = load * (self._places / np.maximum(places, 1e-9))[:, None]
                yields = np.zeros_like(used)
                softly_packed(self.fees, self._sizes, free, heat, used, yields)
                fees = softly_priced(self.fees, load, used, yields, heat, STEP_BY_SIZE)
            else:
                rooms, none = self._places, np.zeros(len(free))
                price = softly_priced(self.prices, places, rooms, none, heat, STEP)
                self.prices = price
                fees = price[:, None] * self._sizes
            fees[~self._limited] = 0
            fees[:, self._sizes == 0] = 0
            self._charge(fees)

    def keep(self) -> None:
        """Keep messages and prices if they are the best so far."""
        value = self.value
        if value > self.best:
            self._kept = (self.handed.copy(), self.fees, self.theta.copy())
            self.best = value

    def certified(self) -> int:
        """`certified_bound` of the best that was kept; costs are never below nothing."""
        return max(0, certified_bound(self.wide, self._kept[0], self._kept[1]))

    def certifying_s(self, clock: Callable[[], float]) -> float:
        """Seconds that `certified` is likely to take, by a few of the pairs."""
        r = self.wide.rivalry
        pairs = np.flatnonzero(r.lines[:, 0] >= 0)
        few = pairs[:: max(1, len(pairs) // SAMPLE)].copy()
        leasts(r.tables, r.lines, r.ends, self.handed, self.wide.open, few[:1])
        start = clock()
        leasts(r.tables, r.lines, r.ends, self.handed, self.wide.open, few)
        return CAREFUL * (clock() - start) * len(pairs) / max(1, len(few))

    @property
    def regret(self) -> IntArray:
        """What each site costs each mover above the least by the best bound, n × M."""
        theta = self._kept[2]
        return np.where(theta < CLOSED, theta - theta.min(axis=1)[:, None], CLOSED)

    def beyond(self, limit: int) -> BoolArray:
        """Sites (n × M) at which no plan stays at or below `limit` fine units.

        Two bounds close more than the better of them: that by places is looked at too.
        """
        found: BoolArray = self.regret > limit - self.best
        by_places = self._by_places
        if by_places is not None:
            value, theta = by_places
            found |= theta - theta.min(axis=1)[:, None] > limit - value
        return found & self.wide.open


def _with_tables(wide: Wide) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """The pairs of each mover that have a table; see `kernels.messages.sweep`."""
    r = wide.rivalry
    line = r.lines[r.edge, r.side]
    has = line >= 0
    mover = np.repeat(np.arange(len(wide.movers)), np.diff(r.first))[has]
    first = np.searchsorted(mover, np.arange(len(wide.movers) + 1)).astype(np.int64)
    return first, r.edge[has], r.other[has], r.side[has], line[has]
