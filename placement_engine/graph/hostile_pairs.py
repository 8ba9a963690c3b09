"""Which subjects of a network are hostile to each other, without a register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

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
    """
    graph = RivalGraph.build(network, as_of=as_of, policy=policy)
    people = sorted(set(network.with_role(PersonRole.SUBJECT) if subjects is None else subjects))
    pairs: list[HostilePair] = []
    for start in range(0, len(people), _BLOCK):
        near = people[start : start + _BLOCK]
        scores = graph.scores(near, people, max_length=max_length)
        rows, columns = np.nonzero(np.triu(scores.h_or > threshold, k=start + 1))
        ends = [(near[i], people[j]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
        pairs += [
            HostilePair(a=a, b=b, h_max=h_max, h_or=h_or, path=path)
            for (a, b), h_max, h_or, path in zip(
                ends,
                scores.h_max[rows, columns].tolist(),
                scores.h_or[rows, columns].tolist(),
                graph.best_paths(ends, max_length=max_length),
                strict=True,
            )
        ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.h_or, pair.a, pair.b)))
