"""A second search beside the first, where the bound has no more use for the other core.

It begins again and again from plans of its own, and the first search goes on from what is
better. Only where time is limited: where work is counted one search does it all, and its plan
is the same at any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from placement_engine.problem import IntArray, PlacementProblem
from placement_engine.solver.anneal import Annealing
from placement_engine.solver.clearing import Clearing
from placement_engine.solver.prices import Priced
from placement_engine.solver.wide import Wide

LONGEST = 1 << 15
"""Proposals between two looks at the clock."""
EACH = 3_000
"""Proposals of one cooling for each mover."""
HOT, COLD, STIFF = 1.2, 0.03, 0.4
"""Heat at the start and the end of a cooling and the penalty of a place too few, in typical
differences between sites."""
SHAKES = 3
"""So often a plan is shaken before the next one is begun."""


class Exchange:
    """The best plan of two searches, each of which runs in a thread of its own.

    The pair of a cost and its plan is replaced as one. Where both do so at once one of them is
    lost, which the search that found it still has.
    """

    __slots__ = ("_best",)

    def __init__(self) -> None:
        self._best: tuple[int, IntArray] | None = None

    def give(self, search: Annealing) -> None:
        """Leave the search's best plan here if it is better."""
        known, mine = self._best, search.best
        if mine is not None and (known is None or search.cost < known[0]):
            self._best = search.cost, mine

    def meet(self, search: Annealing) -> None:
        """Leave the search's best plan here, or go on from what is here if that is better."""
        self.give(search)
        if self._best is not None and self._best[0] < search.cost:
            search.return_to(self._best[1])


def begin_again_beside(
    problem: PlacementProblem,
    wide: Wide,
    priced: Priced,
    exchange: Exchange,
    *,
    seed: int,
    late: Callable[[], bool],
) -> None:
    """Cool from a plan of its own and clear groups of rivals, again and again until it is late.

    Parameters
    ----------
    priced
        Whose prices are leant on.
    exchange
        Where better plans are left for the first search, which goes on from them.
    """
    lean, prices = priced.lean, priced.prices
    for turn in count():
        search = Annealing(problem, wide, seed=seed + turn)
        search.begin(lean)
        scale = search.spread(lean)
        steps = EACH * len(wide.movers)
        for done in range(0, steps, LONGEST):
            if late():
                return
            heat = HOT * scale * (COLD / HOT) ** (done / steps)
            stiff = int(STIFF * scale)
            search.run(LONGEST, hot=heat, cold=heat, prices=prices, stiff=stiff, lean=lean)
        search.settle(late=late)
        if search.best is None:
            continue
        exchange.give(search)
        clearing = Clearing(search)
        while clearing.shaken < SHAKES:
            if late():
                return
            heat, stiff = HOT * scale, int(STIFF * scale)
            clearing.run(heat=heat, prices=prices, stiff=stiff, lean=lean, longest=LONGEST)
            exchange.give(search)
