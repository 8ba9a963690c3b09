"""What rests on one source: leave each out in turn and see which pairs change their band."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from placement_engine.graph.edges import Bools
from placement_engine.graph.evidence import readable_source
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.intelligence import Network, TieColumns
from placement_engine.intelligence.network import TIE_TYPES
from placement_engine.policy import Policy
from placement_engine.vocabulary import SOURCES, Band

_BLOCK = 128
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


def with_ties(network: Network, keep: Bools) -> Network:
    """The network with some of its reports of ties."""
    left = {name: getattr(network.ties, name)[keep] for name in TIE_TYPES}
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
        rows, columns = np.nonzero(np.triu(left != whole, k=1))
        fall = left[rows, columns] - whole[rows, columns]
        order = np.lexsort((columns, rows, fall))
        changes = tuple(
            BandChange(
                a=everyone[i],
                b=everyone[j],
                before=_BANDS[int(whole[i, j])],
                after=_BANDS[int(left[i, j])],
            )
            for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
        )
        found.append(Dependence(name=part.name, dropped=part.dropped, changes=changes))
    return tuple(sorted(found, key=lambda d: (-len(d.changes), -d.dropped, d.name)))


def _bands(graph: RivalGraph, people: Sequence[str], policy: Policy) -> NDArray[np.int8]:
    """(S, S) band of each pair: 0 low, 1 medium, 2 high."""
    bands = np.zeros((len(people), len(people)), dtype=np.int8)
    steps = [policy.risk.pair_medium, policy.risk.pair_high]
    for start in range(0, len(people), _BLOCK):
        h_or = graph.scores(people[start : start + _BLOCK], people).h_or
        bands[start : start + _BLOCK] = np.digitize(h_or, steps)
    return bands
