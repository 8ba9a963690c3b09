"""Which subjects of a network are hostile to each other, without a register."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from placement_engine.graph.edges import Floats
from placement_engine.graph.join import LONGEST, join
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.vocabulary import PersonRole

_BLOCK = 128
"""People compared with all others at once: bounds the memory, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostilePair:
    """Two people and how likely they are hostile, with the best path between them."""

    a: str
    b: str
    h_max: float
    h_or: float
    path: tuple[str, ...]


def hostile_pairs(
    network: Network,
    *,
    as_of: date,
    policy: Policy,
    subjects: Sequence[str] | None,
    threshold: float,
    max_length: int | None = None,
) -> tuple[HostilePair, ...]:
    """All pairs of subjects whose ``h_or`` is above `threshold`, worst first.

    Parameters
    ----------
    subjects
        Ids; None takes all persons with the role of subject.
    threshold
        In [0, 1); 0 gives every pair with any path.

    Raises
    ------
    ValueError
        If `max_length` is below 1.
    """
    people = network.with_role(PersonRole.SUBJECT) if subjects is None else subjects
    graph = RivalGraph.build(network, as_of=as_of, policy=policy)
    return pairs_above(graph, people, threshold=threshold, max_length=max_length)


def pairs_above(
    graph: RivalGraph,
    subjects: Collection[str],
    *,
    threshold: float,
    max_length: int | None = None,
) -> tuple[HostilePair, ...]:
    """`hostile_pairs` of a graph that is there already."""
    people = sorted(set(subjects))
    length = graph.max_length if max_length is None else max_length
    if length < 1:
        raise ValueError("max_length must be at least 1")
    pairs: list[HostilePair] = []
    scored = _joined if length <= LONGEST else _blockwise
    for ends, h_max, h_or in scored(graph, people, threshold, length):
        pairs += [
            HostilePair(a=a, b=b, h_max=best, h_or=joined, path=path)
            for (a, b), best, joined, path in zip(
                ends,
                h_max.tolist(),
                h_or.tolist(),
                graph.best_paths(ends, max_length=length),
                strict=True,
            )
        ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.h_or, pair.a, pair.b)))


def _joined(
    graph: RivalGraph, people: list[str], threshold: float, length: int
) -> Iterator[tuple[list[tuple[str, str]], Floats, Floats]]:
    known = [person for person in people if person in graph.index]
    nodes = np.array([graph.index[person] for person in known], dtype=np.int64)
    table = join(graph.edges, nodes, length=length, threshold=threshold)
    above = np.flatnonzero(table.h_or > threshold)
    places = np.searchsorted(table.source[above], np.arange(0, len(known) + _BLOCK, _BLOCK))
    for first, last in pairwise(places.tolist()):
        rows = above[first:last]
        ends = zip(table.source[rows].tolist(), table.target[rows].tolist(), strict=True)
        yield [(known[i], known[j]) for i, j in ends], table.h_max[rows], table.h_or[rows]


def _blockwise(
    graph: RivalGraph, people: list[str], threshold: float, length: int
) -> Iterator[tuple[list[tuple[str, str]], Floats, Floats]]:
    for start in range(0, len(people), _BLOCK):
        near = people[start : start + _BLOCK]
        scores = graph.scores(near, people, max_length=length)
        rows, columns = np.nonzero(np.triu(scores.h_or > threshold, k=start + 1))
        ends = [(near[i], people[j]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
        yield ends, scores.h_max[rows, columns], scores.h_or[rows, columns]
