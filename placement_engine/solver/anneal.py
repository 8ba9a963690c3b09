"""The search of a large problem: a priced start, then annealing with delta tables.

A plan that comes out breaks no rule that the kernels know of, and the witness looks at it
again. Everything follows from the seed and the counted proposals; what is told while it
runs does not change it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placement_engine.problem import PPM, IntArray, PlacementProblem
from placement_engine.solver.kernels.annealing import anneal
from placement_engine.solver.kernels.board import (
    BEST,
    DRAWS,
    EXCESS,
    STEPS,
    Board,
    Placed,
    build,
    least_sites,
)
from placement_engine.solver.kernels.clearing import clear_often, rivals
from placement_engine.solver.kernels.mending import mend
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import knots
from placement_engine.solver.kernels.reseating import reseat
from placement_engine.solver.prices import typical_rise
from placement_engine.solver.wide import Wide

WIDTH = 32
"""Candidate sites of each mover."""
NONE_YET = CLOSED
"""Cost of the best plan while there is none."""
WANTED = 24
"""Sites by the bound that a mover may be forced to, or others be sought at."""
ASIDE, MEND_STEPS, MENDED = 40, 8_192, 0.1
"""Movers who step aside for one, their proposals, and the heat that is left at the end."""
SETTLING = 4
"""Times that movers of each household size are reseated where a plan settles."""
GROUP = 1_000
"""Movers reseated at once, at the most."""
SHAKING = 200
"""Proposals for each mover of a group that is shaken."""
NEVER_ZERO = 0x9E3779B97F4A7C15
"""Mixed into the seed, for the generator must not start at 0."""


class Annealing:
    """A search that can be told to go on.

    Parameters
    ----------
    problem, wide
        What is searched.
    seed
        Of the dice.

    Attributes
    ----------
    best
        Sites of the movers in the best plan; None while there is none.
    cost
        Its fine cost.
    steps
        Proposals so far.
    """

    def __init__(self, problem: PlacementProblem, wide: Wide, *, seed: int) -> None:
        self.wide = wide
        self._board = board_of(problem, wide)
        self._seed = seed
        self._state = _nowhere(self._board, seed)
        self._all = np.arange(len(wide.movers), dtype=np.int64)
        self._households = sorted(set(wide.demand.tolist()))

    @property
    def best(self) -> IntArray | None:
        """Sites of the movers in the best plan; None while there is none."""
        return None if self.cost >= NONE_YET else self._state.best.copy()

    @property
    def cost(self) -> int:
        """Fine cost of the best plan."""
        return int(self._state.tally[BEST])

    @property
    def excess(self) -> int:
        """Places that sites lack as everybody stands."""
        return int(self._state.tally[EXCESS])

    @property
    def steps(self) -> int:
        """Proposals so far."""
        return int(self._state.tally[STEPS])

    def begin(self, lean: IntArray) -> None:
        """Build a plan with costs leaning as told (n × M added).

        Those who lose most by their second choice come first. Prices are the best to lean
        on: what rivals cost is known once they stand, and messages would count it twice.
        """
        leaning = np.where(self.wide.open, self.wide.unary + lean, CLOSED)
        two = np.partition(leaning, min(1, leaning.shape[1] - 1), axis=1)[:, :2]
        regret = np.minimum(two[:, -1] - two[:, 0], CLOSED >> 8) * np.maximum(1, self.wide.demand)
        self._build(np.argsort(-regret, kind="stable"), lean)

    def return_to(self, sites: IntArray) -> None:
        """Go on from a plan; what was found stays known."""
        lean = np.full(self.wide.unary.shape, CLOSED >> 4, dtype=np.int64)
        lean[np.arange(len(sites)), sites] = 0
        self._build(np.arange(len(sites)), lean)

    def _build(self, order: IntArray, lean: IntArray) -> None:
        """Put everybody anew, knowing what was found."""
        fresh, old = _nowhere(self._board, self._seed), self._state
        fresh.tally[BEST], fresh.tally[STEPS] = old.tally[BEST], old.tally[STEPS]
        fresh.best[:], fresh.dice[:] = old.best, old.dice
        build(self._board, fresh, order, lean)
        self._state = fresh

    def run(
        self, steps: int, *, hot: float, cold: float, prices: IntArray, stiff: int, lean: IntArray
    ) -> None:
        """Anneal for so many proposals.

        Parameters
        ----------
        hot, cold
            Fine costs.
        prices, stiff
            M fine prices of places, and the penalty of the first that a site lacks.
        lean
            n × M added to the costs where candidates are chosen.
        """
        board, state = self._board, self._state
        anneal(board, state, self.candidates(lean), self._all, steps, hot, cold, prices, stiff)

    def mend(
        self,
        times: int,
        *,
        heat: float,
        prices: IntArray,
        stiff: int,
        lean: IntArray,
        regret: IntArray,
    ) -> None:
        """Mend around so many movers; see `kernels.mending`.

        Parameters
        ----------
        heat
            Fine cost at the start of each.
        prices, stiff, lean
            As in `run`.
        regret
            n × M from the bound.
        """
        wanted = _cheapest(regret, WANTED)
        candidates = self.candidates(lean)
        cold = heat * MENDED
        for _ in range(times):
            mend(
                self._board,
                self._state,
                candidates,
                wanted,
                regret,
                ASIDE,
                MEND_STEPS,
                heat,
                cold,
                prices,
                stiff,
            )

    def clear(self, groups: int, most: int, nodes: int) -> int:
        """Put groups of at most so many rivals as well as can be; the nodes it took."""
        return clear_often(self._board, self._state, groups, most, nodes)

    def shake(
        self,
        most: int,
        *,
        heat: float,
        prices: IntArray,
        stiff: int,
        lean: IntArray,
        longest: int,
    ) -> None:
        """Anneal a group of at most so many rivals for a while, the others staying.

        Parameters
        ----------
        longest
            Proposals at the most.
        """
        n = len(self.wide.movers)
        group, at = np.empty(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        among = group[: rivals(self._board, self._state, min(most, n), group, at)]
        anneal(
            self._board,
            self._state,
            self.candidates(lean),
            among,
            min(SHAKING * len(among), longest),
            heat,
            heat,
            prices,
            stiff,
        )

    def settle(self, *, late: Callable[[], bool] = lambda: False) -> None:
        """Look for a plan near where everybody stands, who stay there all the same.

        Parameters
        ----------
        late
            Whether to stop.
        """
        there = Placed._make(array.copy() for array in self._state)
        for _ in range(SETTLING):
            for size in self._households:
                if not late():
                    reseat(self._board, there, size, GROUP)
        if there.tally[EXCESS] == 0 and there.tally[BEST] < self._state.tally[BEST]:
            self._state.tally[BEST] = there.tally[BEST]
            self._state.best[:] = there.best
        self._state.dice[:] = there.dice

    def candidates(self, lean: IntArray) -> IntArray:
        """The sites of each mover that cost least as the others stand."""
        cost = np.where(self.wide.open, self._state.delta + lean, CLOSED)
        return _cheapest(cost, WIDTH)

    def spread(self, lean: IntArray) -> float:
        """Typical fine difference between a mover's best sites: what heat is measured in."""
        cost = np.where(self.wide.open, self._state.delta + lean, CLOSED)
        return typical_rise(cost)


def _cheapest(cost: IntArray, width: int) -> IntArray:
    """N × `width` sites that cost least, or all of them, the least first."""
    found = np.empty((len(cost), min(width, cost.shape[1])), dtype=np.int64)
    least_sites(cost, found)
    return found


def board_of(problem: PlacementProblem, wide: Wide) -> Board:
    """The arrays that the kernels read."""
    r = wide.rivalry
    return Board(
        unary=wide.unary,
        demand=wide.demand,
        free=wide.free,
        ceiling=wide.ceiling,
        lines=r.lines,
        tables=r.tables,
        chances=r.chances,
        near=r.near,
        first=r.first,
        edge=r.edge,
        other=r.other,
        side=r.side,
        row_base=wide.rows.base,
        row_ceiling=wide.rows.ceiling,
        term_first=wide.rows.first,
        term_row=wide.rows.row,
        term_cost=wide.rows.cost,
        exposure=problem.exposure_ppm / PPM,
        metres=problem.distance_m,
        curve=knots(),
        fine=np.array([wide.fine], dtype=np.int64),
        chill=-np.log((np.arange(DRAWS) + 0.5) / DRAWS),
    )


def _nowhere(board: Board, seed: int) -> Placed:
    n, m = board.unary.shape
    count = np.zeros(7, dtype=np.int64)
    count[BEST] = NONE_YET
    return Placed(
        here=np.full(n, -1, dtype=np.int64),
        delta=board.unary.copy(),
        used=np.zeros(m, dtype=np.int64),
        there=np.zeros((m, n), dtype=np.int32),
        number=np.zeros(n, dtype=np.int64),
        many=np.zeros(m, dtype=np.int64),
        rows=board.row_base.copy(),
        tally=count,
        best=np.zeros(n, dtype=np.int64),
        dice=np.array([(seed * 2 + 1) * NEVER_ZERO % 2**64], dtype=np.uint64),
    )
