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
from placement_engine.solver.kernels.softening import soft_sweep, softly_priced
from placement_engine.solver.kernels.transport import transport
from placement_engine.solver.model import BoolArray
from placement_engine.solver.wide import Wide

WORTH_A_ROUND = 2_000
"""Rounds that raise the bound by less than one part in so many lead to prices anew."""
WORTH_NOTHING = 100_000
"""Those that raise it by less than one part in so many even then are the last."""


def certified_bound(wide: Wide, handed: IntArray, prices: IntArray) -> int:
    """Micro-nats that no plan of the movers can stay below, base costs left out.

    The cost of a plan is the sum of unary costs and of pair costs. Adding to the unary
    costs what is taken from the pair costs, and a price for each place that is used, less
    all places' prices, does not make an allowed plan dearer; each term is then at least its
    own minimum.

    Parameters
    ----------
    handed
        E × 2 × M whole numbers: what each pair hands to its `a` and to its `b`.
    prices
        M whole numbers, not negative; 0 where a site has no limit.
    """
    rivalry, is_open = wide.rivalry, wide.open
    unary = np.where(is_open, wide.unary + wide.demand[:, None] * prices, CLOSED)
    limited = wide.free != UNLIMITED
    bound = -int((prices[limited] * wide.free[limited]).sum())
    with_table = np.flatnonzero(rivalry.lines[:, 0] >= 0)
    for side in (0, 1):
        np.add.at(unary, rivalry.ends[with_table, side], handed[with_table, side])
    unary[~is_open] = CLOSED
    bound += leasts(rivalry.tables, rivalry.lines, rivalry.ends, handed, is_open, with_table)
    bound += int(unary.min(axis=1).sum())
    return -(-bound // wide.fine)


HEAT = 0.2
"""Heat of the first soft sweeps, in typical differences between a mover's best sites."""
COOLER = 0.6
"""Each stage of soft sweeps has so much of the heat of the one before."""
STAGES = 11
"""Stages of soft sweeps; what follows would move less than rounding does."""
SWEEPS = 8
"""Soft sweeps, forward and backward, at one heat."""
STEP = 1.4
"""So much of the way that a load of one place alone would ask for, a price goes at once."""
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
    """Messages and prices of a problem, raised step by step.

    Attributes
    ----------
    theta
        n × M fine unary costs after messages and prices.
    prices
        M fine prices.
    impossible
        The capacities cannot hold everybody, which is exact.
    rounds
        Sweeps forward and backward so far.
    best
        The highest `value` that was kept, which `certified` bears out.
    """

    def __init__(self, wide: Wide) -> None:
        self.wide = wide
        self.prices = np.zeros(len(wide.free), dtype=np.int64)
        self.handed = np.zeros((len(wide.rivalry.ends), 2, len(wide.free)), dtype=np.int64)
        self.theta = wide.unary.copy()
        self.impossible = False
        self.rounds = 0
        self._arcs = _with_tables(wide)
        self._limited = wide.free != UNLIMITED
        self._turn = 0
        self._heat = 0.0
        self._kept = (self.handed.copy(), self.prices, self.theta.copy())
        self.best = self.value

    @property
    def lean(self) -> IntArray:
        """What prices add to the cost of each mover at each site, n × M."""
        return self.wide.demand[:, None] * self.prices

    @property
    def value(self) -> int:
        """The bound in fine units, as the sweeps leave it."""
        paid = int((self.prices[self._limited] * self.wide.free[self._limited]).sum())
        return int(self.theta.min(axis=1).sum()) - paid

    def reprice(self) -> bool:
        """Price sites anew for the costs as they are; whether the bound rose."""
        if not self._limited.any():
            return False
        is_open = self.wide.open
        demand = self.wide.demand[:, None]
        plain = np.where(is_open, self.theta - demand * self.prices, CLOSED)
        prices = np.zeros_like(self.prices)
        if not transport(plain, self.wide.demand, self.wide.free, prices):
            self.impossible = True
            return False
        prices[~self._limited] = 0
        return self._take(plain, prices)

    def _take(self, plain: IntArray, prices: IntArray) -> bool:
        before, old, kept = self.value, self.theta, self.prices
        self.theta = np.where(plain < CLOSED, plain + self.wide.demand[:, None] * prices, CLOSED)
        self.prices = prices
        if self.value > before:
            self.keep()
            return True
        self.theta, self.prices = old, kept
        return False

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
        if stage >= STAGES or not self._arcs[1].size:
            before = self.best
            self.raise_bound(rounds=1, target=CLOSED, stop=lambda: False)
            return self.best - before > abs(self.best) // WORTH_NOTHING
        if self._turn == 1:
            self._heat = max(1.0, HEAT * typical_rise(self.theta))
        self._soften(self._heat)
        if turn == SWEEPS - 1:
            self.sweep()
            self.keep()
            self._heat *= COOLER
        return True

    def _soften(self, heat: float) -> None:
        """One soft sweep forward and one backward, prices in step."""
        rivalry = self.wide.rivalry
        first, edge, other, side, line = self._arcs
        for forward in (True, False):
            load = np.zeros(len(self.prices), dtype=np.float64)
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
                self.wide.demand,
                load,
            )
            moved = softly_priced(self.prices, load, self.wide.free, heat, STEP)
            moved[~self._limited] = 0
            change = self.wide.demand[:, None] * (moved - self.prices)
            self.theta = np.where(self.theta < CLOSED, self.theta + change, CLOSED)
            self.prices = moved

    def keep(self) -> None:
        """Keep messages and prices if they are the best so far."""
        value = self.value
        if value > self.best:
            self._kept = (self.handed.copy(), self.prices, self.theta.copy())
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
        """Sites (n × M) at which no plan stays at or below `limit` fine units."""
        found: BoolArray = self.regret > limit - self.best
        return found & self.wide.open


def _with_tables(wide: Wide) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """The pairs of each mover that have a table; see `kernels.messages.sweep`."""
    r = wide.rivalry
    line = r.lines[r.edge, r.side]
    has = line >= 0
    mover = np.repeat(np.arange(len(wide.movers)), np.diff(r.first))[has]
    first = np.searchsorted(mover, np.arange(len(wide.movers) + 1)).astype(np.int64)
    return first, r.edge[has], r.other[has], r.side[has], line[has]
