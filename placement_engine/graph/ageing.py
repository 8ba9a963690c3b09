"""One network on many days: what time does not change is laid out once.

Another day ages every tie, so every strength is worked out anew. Which reports count, how they
are grouped by their ends and which edges touch each node stays as it is, unless a report begins
or ends to count between the two days: then all that is laid out again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from placement_engine.graph.edges import edges_of, left_of
from placement_engine.graph.reports import Ints, Laid, laid_out
from placement_engine.graph.rival_graph import RivalGraph


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ageing:
    """A graph, and what the graph of another day can take from it. Made by `of`.

    Parameters
    ----------
    graph
        The graph as of its day.
    laid
        The reports that count on that day, in order.
    implied, confirmed
        As in `edges_of`.
    """

    graph: RivalGraph
    laid: Laid = field(repr=False)
    implied: Ints = field(repr=False)
    confirmed: Ints = field(repr=False)

    @classmethod
    def of(
        cls,
        graph: RivalGraph,
        *,
        implied_defectors: frozenset[str] = frozenset(),
        confirmed_defectors: frozenset[tuple[str, str]] = frozenset(),
    ) -> Ageing:
        """A graph on its own day; who has left must be as it was built with."""
        implied, confirmed = left_of(
            graph.index, len(graph.nodes), implied_defectors, confirmed_defectors
        )
        return cls(
            graph=graph,
            laid=laid_out(graph.network, graph.as_of.toordinal(), graph.policy),
            implied=implied,
            confirmed=confirmed,
        )

    def on(self, day: date) -> Ageing:
        """The graph that a full build would give on another day, earlier or later."""
        graph = self.graph
        laid = self.laid
        if self._changes(day):
            laid = laid_out(graph.network, day.toordinal(), graph.policy)
        edges = edges_of(
            graph.network,
            as_of=day,
            policy=graph.policy,
            implied=self.implied,
            confirmed=self.confirmed,
            laid=laid,
            like=graph.edges,
        )
        aged = RivalGraph(
            network=graph.network,
            edges=edges,
            policy=graph.policy,
            as_of=day,
            index=dict(graph.index),
        )
        return replace(self, graph=aged, laid=laid)

    def _changes(self, day: date) -> bool:
        """Whether any report begins or ends to count between the graph's day and another."""
        low, high = sorted((self.graph.as_of.toordinal(), day.toordinal()))
        ties = self.graph.network.ties
        return any(
            bool(((column > low) & (column <= high)).any())
            for column in (ties.first_seen, ties.last_seen, ties.ended)
        )
