"""A search that begins again and again from plans of its own.

Where sites can be full and movers are few, plans end far from each other however slowly they
cool, and the best of many is better than one that cools for as long. The other core does the
same where the bound has no more use for it, and the first search goes on from what is better;
only where time is limited: where work is counted one search does it all, and its plan is the
same at any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle

from placement_engine.problem import IntArray, PlacementProblem
from placement_engine.solver.anneal import Annealing
from placement_engine.solver.clearing import Clearing
from placement_engine.solver.prices import Priced
from placement_engine.solver.wide import Wide

STEPS_OF_WORK = 256
"""Proposals that count as a node."""
LONGEST = 1 << 16
"""Proposals between two looks at the clock."""
SHORTEST = 8 * LONGEST
"""Proposals of the shortest cooling."""
FEW = 200
"""Up to so many movers plans end far from each other where sites can be full; where there are
more, what full sites shut in averages out."""
EACH: tuple[int, ...] = (3_000,)
EACH_RUGGED: tuple[int, ...] = (5_000, 10_000, 20_000)
"""Proposals of one cooling for each mover, of one after the other, and where plans end so."""
HOT, HOT_RUGGED = 1.2, 0.3
"""Heat at the start of a cooling, in typical differences between sites, as are these:"""
COLD, STIFF = 0.02, 0.4
"""Heat at its end, and the penalty of a place too few."""
SHAKES, SHAKES_RUGGED = 3, 1
"""So often a plan is shaken before the next one is begun."""


def is_rugged(wide: Wide) -> bool:
    """Whether plans end far from each other, for sites can be full and movers are few."""
    full = bool((wide.free < int(wide.demand.sum())).any())
    return full and len(wide.movers) <= FEW


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


def begin_again(
    problem: PlacementProblem,
    wide: Wide,
    priced: Priced,
    exchange: Exchange,
    *,
    seeds: Iterable[int],
    late: Callable[[], bool],
) -> Iterator[int]:
    """Cool from a plan of its own and clear groups of rivals, again and again.

    Parameters
    ----------
    priced
        Whose prices are leant on.
    exchange
        Where better plans are left for the first search, which goes on from them.
    seeds
        Of one plan after the other.
    late
        Whether a plan that settles is to be left as it is.

    Yields
    ------
    work
        Nodes that a step took; whoever asks for the next one looks at the time first.
    """
    lean, prices = priced.lean, priced.prices
    coolings, hot, shakes = EACH, HOT, SHAKES
    if is_rugged(wide):
        coolings, hot, shakes = EACH_RUGGED, HOT_RUGGED, SHAKES_RUGGED
    for seed, each in zip(seeds, cycle(coolings), strict=False):
        search = Annealing(problem, wide, seed=seed)
        search.begin(lean)
        scale = search.spread(lean)
        stiff = int(STIFF * scale)
        steps = max(SHORTEST, each * len(wide.movers))
        for done in range(0, steps, LONGEST):
            heat, end = (hot * scale * (COLD / hot) ** (x / steps) for x in (done, done + LONGEST))
            search.run(LONGEST, hot=heat, cold=end, prices=prices, stiff=stiff, lean=lean)
            yield LONGEST // STEPS_OF_WORK
        search.settle(late=late)
        if search.best is None:
            continue
        exchange.give(search)
        clearing = Clearing(search)
        while clearing.shaken < shakes:
            heat = hot * scale
            yield clearing.run(heat=heat, prices=prices, stiff=stiff, lean=lean, longest=LONGEST)
            exchange.give(search)
