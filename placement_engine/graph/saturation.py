"""A network in which nearly everybody is hostile to everybody says nothing of anybody.

More than a tenth of the protected pairs above the lowest separation is a sign of bad input
more often than of a war: a group that is no gang but a district, or one kind of tie imported
in bulk. The kinds of tie that cause it are found by leaving each out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement_engine.graph.edges import NUMBER, PAST, Edges, Ints
from placement_engine.graph.half_edges import EdgeColumns
from placement_engine.graph.join import LONGEST, join
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.vocabulary import TieKind

LIMIT = 0.1
"""Share of protected pairs from which on separations stop telling people apart."""
CAUSES = 0.1
"""A kind of tie is a cause if leaving it out lowers the share by this part of it."""
FEWEST = 20
"""Below so many people a share of pairs says nothing."""
_SAMPLE = 1000
"""People among whom causes are looked for, evenly spaced in order of their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturatingKind:
    """A kind of tie, and the share of pairs above the threshold if it were left out."""

    kind: TieKind
    without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """The share of protected pairs above the threshold, and what causes it, worst first.

    Parameters
    ----------
    share
        In (`LIMIT`, 1], of all pairs.
    people
        How many people the pairs are of.
    kinds
        Kinds of tie without which the share would be clearly lower; of a sample where there
        are many people.
    """

    share: float
    people: int
    kinds: tuple[SaturatingKind, ...]


def saturation(
    graph: RivalGraph, subjects: Sequence[str], *, threshold: float, limit: float = LIMIT
) -> Saturation | None:
    """A warning if more than `limit` of the pairs of subjects are above a threshold, or None.

    None for fewer than `FEWEST` subjects.

    Parameters
    ----------
    subjects
        Ids; those that the network does not know count as pairs without a tie.
    threshold
        The lowest ``h_or`` that demands a separation.
    """
    people = sorted(set(subjects))
    if len(people) < FEWEST:
        return None
    nodes = np.array([graph.index[p] for p in people if p in graph.index], dtype=np.int64)
    share = _share(graph.edges, nodes, len(people), graph, threshold)
    if share <= limit:
        return None
    step = -(-len(nodes) // _SAMPLE)
    sample = nodes[::step]
    # Known people alone, before and after alike.
    usual = _share(graph.edges, sample, len(sample), graph, threshold)
    kinds = [
        SaturatingKind(
            kind=kind,
            without=_share(_without(graph.edges, kind), sample, len(sample), graph, threshold),
        )
        for kind in TieKind
        if (graph.edges.kind == NUMBER[kind]).any()
    ]
    causes = [found for found in kinds if found.without < usual * (1 - CAUSES)]
    causes.sort(key=lambda found: (found.without, found.kind))
    return Saturation(share=share, people=len(people), kinds=tuple(causes))


def _share(
    edges: Edges | EdgeColumns, nodes: Ints, people: int, graph: RivalGraph, threshold: float
) -> float:
    length = min(graph.max_length, LONGEST)
    found = join(edges, nodes, length=length, threshold=threshold)
    return float((found.h_or >= threshold).sum()) / (people * (people - 1) / 2)


def _without(edges: Edges, kind: TieKind) -> EdgeColumns:
    """The edges without a kind of tie; past memberships go with the memberships."""
    left_out = edges.kind == NUMBER[kind]
    if kind is TieKind.MEMBERSHIP:
        left_out |= edges.kind == PAST
    return EdgeColumns.of(edges).only(~left_out)
