"""The risk of many people at every site from whoever is known to be somewhere.

For each person and site: the chance to meet somebody hostile within a year, over the
presences of groups and named actors. Presences of one gang share one quarrel
(``docs/adr/0006-dangers-of-one-gang.md``): with hostilities ``h_i`` and ``s = max h_i``,
``p = s * (1 - prod(1 - h_i / s * strength_i * exposure_i))``, and over the gangs
``risk = 1 - prod(1 - p)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from placement_engine.graph.edges import Floats, Ints
from placement_engine.graph.join import PairTable, join, pays
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.vocabulary import MunicipalityCode

_ROWS = 256
"""People that one piece of work takes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dangers:
    """A actors who are known to be somewhere, gang by gang.

    Parameters
    ----------
    actor
        (A,) node indices.
    gang
        (A,) key of each actor's gang, never falling.
    start
        (A+1,) into the presences of each actor.
    site, strength
        (B,) where each presence is, and how strong, in (0, 1].
    """

    actor: Ints
    gang: Ints
    start: Ints
    site: Ints
    strength: Floats

    @classmethod
    def of(cls, graph: RivalGraph, site_of: Mapping[MunicipalityCode, int]) -> Dangers:
        """The presences of a graph, at numbered sites."""
        presences = graph.presences()
        gang = {actor: graph.gang_of(actor) for actor in {p.actor for p in presences}}
        ordered = sorted(presences, key=lambda p: (gang[p.actor], p.actor))
        actors = list(dict.fromkeys(p.actor for p in ordered))
        numbers = {
            name: number for number, name in enumerate(dict.fromkeys(gang[a] for a in actors))
        }
        place = {actor: at for at, actor in enumerate(actors)}
        count = np.bincount([place[p.actor] for p in ordered], minlength=len(actors))
        return cls(
            actor=np.array([graph.index[actor] for actor in actors], dtype=np.int64),
            gang=np.array([numbers[gang[actor]] for actor in actors], dtype=np.int64),
            start=np.append(0, np.cumsum(count)).astype(np.int64),
            site=np.array([site_of[p.municipality] for p in ordered], dtype=np.int64),
            strength=np.array([p.strength for p in ordered], dtype=np.float64),
        )


class _Form(Protocol):
    """One form of the matrix, on arrays or compiled."""

    def __call__(
        self,
        first: Ints,
        target: Ints,
        hostility: Floats,
        gang: Ints,
        start: Ints,
        site: Ints,
        strength: Floats,
        exposure: Floats,
        rows: Floats,
        begin: int,
        end: int,
    ) -> None:
        """Fill the rows of some people with their risk at each site."""


def risk_matrix(
    graph: RivalGraph,
    people: Ints,
    dangers: Dangers,
    exposure: Floats,
    *,
    compiled: bool | None = None,
    workers: int = 1,
) -> Floats:
    """Risk of each person at each site from the presences.

    Parameters
    ----------
    people
        (P,) different node indices.
    exposure
        (M, M) chance that people of two sites meet within a year.
    compiled, workers
        As in `join`.

    Returns
    -------
    (P, M) chances in [0, 1].
    """
    if compiled is None:
        compiled = pays(graph.edges)
    pairs = join(
        graph.edges,
        people,
        dangers.actor,
        length=graph.max_length,
        threshold=0.0,
        compiled=compiled,
        workers=workers,
    )
    return risk_of(pairs, len(people), dangers, exposure, compiled=compiled, workers=workers)


def risk_of(
    pairs: PairTable,
    people: int,
    dangers: Dangers,
    exposure: Floats,
    *,
    compiled: bool,
    workers: int = 1,
) -> Floats:
    """The matrix of `risk_matrix`, from the hostility of `people` with the actors."""
    rows = np.zeros((people, len(exposure)))
    first = np.searchsorted(pairs.source, np.arange(people + 1))
    form = _compiled_form() if compiled else _rows_of_arrays
    exposure = np.array(exposure, dtype=np.float64, order="C")

    def fill(begin: int) -> None:
        form(
            first,
            pairs.target,
            pairs.h_or,
            dangers.gang,
            dangers.start,
            dangers.site,
            dangers.strength,
            exposure,
            rows,
            begin,
            min(begin + _ROWS, people),
        )

    starts = range(0, people, _ROWS)
    if compiled and workers > 1:
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(fill, starts))
    else:
        for start in starts:
            fill(start)
    return rows


def _compiled_form() -> _Form:
    from placement_engine.graph import kernels

    return cast("_Form", kernels.risk_rows)


def _rows_of_arrays(
    first: Ints,
    target: Ints,
    hostility: Floats,
    gang: Ints,
    start: Ints,
    site: Ints,
    strength: Floats,
    exposure: Floats,
    rows: Floats,
    begin: int,
    end: int,
) -> None:
    for person in range(begin, end):
        ours = slice(first[person], first[person + 1])
        actor, h = target[ours], hostility[ours]
        if not len(actor):
            continue
        count = start[actor + 1] - start[actor]
        which = np.repeat(np.arange(len(actor)), count)
        at = np.arange(len(which)) + np.repeat(start[actor] - (np.cumsum(count) - count), count)
        own = gang[actor[which]]
        starts = np.flatnonzero(np.append(True, own[1:] != own[:-1]))
        shared = np.maximum.reduceat(h[which], starts)
        size = np.diff(starts, append=len(own))
        share = h[which] / np.repeat(shared, size) * strength[at]
        # Most gangs are known in one place; products over a few rows each are slow on arrays.
        alone = starts[size == 1]
        met = (shared[size == 1] * share[alone])[:, None] * exposure[site[at[alone]]]
        safe = np.multiply.reduce(1 - met, axis=0)
        several = np.flatnonzero(np.repeat(size > 1, size))
        if len(several):
            unmet = 1 - share[several, None] * exposure[site[at[several]]]
            steps = np.append(0, np.cumsum(size[size > 1])[:-1])
            unmet = np.multiply.reduceat(unmet, steps, axis=0)
            safe *= np.multiply.reduce(1 - shared[size > 1, None] * (1 - unmet), axis=0)
        rows[person] = 1 - safe
