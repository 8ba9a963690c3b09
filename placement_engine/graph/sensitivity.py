"""What rests on one source: leave each out in turn and see which pairs change their band."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from placement_engine.graph.edges import Bools, Ints
from placement_engine.graph.evidence import readable_source
from placement_engine.graph.join import TOLERANCE, join
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.intelligence import Network, TieColumns
from placement_engine.intelligence.network import TIE_TYPES
from placement_engine.policy import Policy
from placement_engine.vocabulary import SOURCES, Band

_BANDS = tuple(Band)


class LeftOut(StrEnum):
    """What is left out in turn: a letter of the grading, an origin, or a whole import."""

    SOURCE = "source"
    ORIGIN = "origin"
    BATCH = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """A network without one source.

    ``name`` is empty where telling it would tell of a report that is coded for handling.
    """

    name: str = field(repr=False)
    dropped: int
    network: Network = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandChange:
    """A pair whose band rests on the source that was left out."""

    a: str = field(repr=False)
    b: str = field(repr=False)
    before: Band
    after: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """What rests on one source, the pairs that fall furthest first."""

    name: str = field(repr=False)
    dropped: int
    changes: tuple[BandChange, ...] = field(repr=False)


def without_each(network: Network, by: LeftOut, *, most: int) -> Iterator[Without]:
    """The network without each letter, or without each of the origins that tell most.

    Parameters
    ----------
    by
        `LeftOut.SOURCE` or `LeftOut.ORIGIN`; imports are left out by whoever holds them.
    most
        Most origins, those with most reports first.
    """
    ties = network.ties
    told = ties.source if by is LeftOut.SOURCE else ties.origin
    names = SOURCES if by is LeftOut.SOURCE else [readable_source(o) for o in network.origins]
    coded = np.array([bool(text) for text in network.handlings], dtype=np.bool_)[ties.handling]
    counts = np.bincount(told, minlength=len(names))
    for number in np.argsort(-counts, kind="stable")[:most].tolist():
        own = told == number
        if not own.any():
            continue
        secret = by is LeftOut.ORIGIN and bool(coded[own].any())
        yield Without(
            name="" if secret else names[number],
            dropped=int(own.sum()),
            network=with_ties(network, ~own),
        )


def with_ties(network: Network, rows: Bools | Ints) -> Network:
    """The network with some of its reports of ties, by a mask or by their numbers in order."""
    left = {name: getattr(network.ties, name)[rows] for name in TIE_TYPES}
    return replace(network, ties=TieColumns(**left))


def dependences(
    graph: RivalGraph,
    parts: Iterable[Without],
    build: Callable[[Network], RivalGraph],
    people: Sequence[str],
    policy: Policy,
) -> tuple[Dependence, ...]:
    """Which pairs of people change their band without each source.

    The band of a pair is that of its ``h_or`` at the policy's steps for pairs.

    Parameters
    ----------
    graph
        Everything known.
    build
        Makes a graph of a part as `graph` was made of the whole.
    """
    everyone = sorted(set(people))
    whole = _bands(graph, everyone, policy)
    found = []
    for part in parts:
        left = _bands(build(part.network), everyone, policy)
        changes = [
            (left.get(pair, 0) - whole.get(pair, 0), pair)
            for pair in whole.keys() | left.keys()
            if left.get(pair, 0) != whole.get(pair, 0)
        ]
        found.append(
            Dependence(
                name=part.name,
                dropped=part.dropped,
                changes=tuple(
                    BandChange(
                        a=everyone[i],
                        b=everyone[j],
                        before=_BANDS[whole.get((i, j), 0)],
                        after=_BANDS[left.get((i, j), 0)],
                    )
                    for _, (i, j) in sorted(changes)
                ),
            )
        )
    return tuple(sorted(found, key=lambda d: (-len(d.changes), -d.dropped, d.name)))


def _bands(graph: RivalGraph, people: Sequence[str], policy: Policy) -> dict[tuple[int, int], int]:
    """Band of each pair of positions that is not low: 1 medium, 2 high.

    Two ids of one person are one, told under the first.
    """
    steps = np.array([policy.risk.pair_medium, policy.risk.pair_high]) - TOLERANCE
    place: dict[int, int] = {}
    for position, person in enumerate(people):
        if person in graph.index:
            place.setdefault(graph.index[person], position)
    nodes = np.array([*place], dtype=np.int64)
    positions = np.array([*place.values()], dtype=np.int64)
    # The form on arrays: a view that is asked for now and then need not wait for a compiler.
    table = join(
        graph.edges,
        nodes,
        length=graph.max_length,
        threshold=max(float(steps[0]), 0.0),
        compiled=False,
    )
    bands = np.digitize(table.h_or, steps)
    a, b = positions[table.source], positions[table.target]
    ends = zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), strict=True)
    return {pair: int(band) for pair, band in zip(ends, bands, strict=True) if band}
