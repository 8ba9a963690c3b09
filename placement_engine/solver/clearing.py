"""Groups of rivals searched exactly, one after the other, for as long as it is worth it.

Groups get longer to be searched while nothing gets better. Where nothing does at
all any more, a part of the plan is shaken and the search begins again from there (variable
neighbourhood search, Hansen and Mladenovic 1997).
"""

from __future__ import annotations

from placement_engine.problem import IntArray
from placement_engine.solver.anneal import Annealing

SIZES = (4, 8, 16, 32)
"""Movers of a group; large ones that are searched for a moment find most."""
FIRST_NODES, DOUBLINGS = 500, 2
"""Nodes for one group at first, doubled at so many levels."""
GROUPS = 20
"""Groups of one size, one after the other."""
PATIENCE = 2
"""Rounds over all sizes without a better plan that end a level."""
LEVELS = 2
"""Levels without a better plan after which the plan is shaken."""
SHAKEN = 4
"""One mover in so many is shaken."""


class Clearing:
    """Clears the best plan of an annealing, again and again.

    Parameters
    ----------
    search
        Has a best plan.

    Attributes
    ----------
    shaken
        How often nothing else helped any more.
    """

    def __init__(self, search: Annealing) -> None:
        self._search = search
        self._level = self._turn = self._still = 0
        self._begun = False
        self.shaken = 0

    def run(
        self, *, heat: float, prices: IntArray, stiff: int, lean: IntArray, longest: int
    ) -> int:
        """Clear a few groups of one size.

        Parameters
        ----------
        heat
            Fine cost at which a part of the plan is shaken where nothing else helps.
        prices, stiff, lean
            As in `Annealing.run`.
        longest
            Proposals of a shaking, at the most.

        Returns
        -------
        The nodes of the exact search.
        """
        search = self._search
        if not self._begun and search.best is not None:
            search.return_to(search.best)
            self._begun = True
        before = search.cost
        nodes = search.clear(
            GROUPS, SIZES[self._turn % len(SIZES)], FIRST_NODES << min(self._level, DOUBLINGS)
        )
        self._turn += 1
        self._still += 1
        if search.cost < before:
            self._level = self._still = 0
        elif self._still == PATIENCE * len(SIZES):
            self._still = 0
            self._level += 1
        if self._level > LEVELS and search.best is not None:
            self._level = 0
            self.shaken += 1
            search.return_to(search.best)
            search.shake(
                max(1, len(search.wide.movers) // SHAKEN),
                heat=heat,
                prices=prices,
                stiff=stiff,
                lean=lean,
                longest=longest,
            )
        return nodes
