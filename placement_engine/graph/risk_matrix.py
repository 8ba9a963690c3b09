"""The risk of many people at every site from whoever is known to be somewhere.

For each person and site: the chance to meet somebody hostile within a year, over the
presences of groups and named actors. Presences of one gang share one quarrel
(``docs/adr/0006-dangers-of-one-gang.md``): with hostilities ``h_i`` and ``s = max h_i``,
``p = s * (1 - prod(1 - h_i / s * strength_i * exposure_i))``, and over the gangs
``risk = 1 - prod(1 - p)``. Of a gang with one actor who is hostile ``h / s = 1``: the chance
to meet that actor at a site is then the same for everybody, and ``p = h`` times it.
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
_AT_ONCE = 256
"""Actors whose shares are multiplied at once: a few hundred kilobytes at 290 sites."""


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
        met: Floats,
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
    met = _met(dangers, exposure)

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
            met,
            rows,
            begin,
            min(begin + _ROWS, people),
        )

    starts = range(0, people, _ROWS)
    if workers > 1:
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(fill, starts))
    else:
        for start in starts:
            fill(start)
    return rows


def _met(dangers: Dangers, exposure: Floats) -> Floats:
    """(A, M) chance that anybody at a site meets an actor within a year, wherever the actor is."""
    count = np.diff(dangers.start)
    met = np.empty((len(dangers.actor), len(exposure)))
    once = np.flatnonzero(count == 1)
    at = dangers.start[once]
    met[once] = dangers.strength[at][:, None] * exposure[dangers.site[at]]
    for actor in np.flatnonzero(count != 1).tolist():
        own = slice(dangers.start[actor], dangers.start[actor + 1])
        near = dangers.strength[own][:, None] * exposure[dangers.site[own]]
        met[actor] = 1 - np.multiply.reduce(1 - near, axis=0)
    return met


def _compiled_form() -> _Form:
    from placement_engine.graph import risk_kernel

    return cast("_Form", risk_kernel.risk_rows)


def _rows_of_arrays(
    first: Ints,
    target: Ints,
    hostility: Floats,
    gang: Ints,
    start: Ints,
    site: Ints,
    strength: Floats,
    exposure: Floats,
    met: Floats,
    rows: Floats,
    begin: int,
    end: int,
) -> None:
    room = np.empty((_AT_ONCE, len(exposure)))
    for person in range(begin, end):
        ours = slice(first[person], first[person + 1])
        actor, h = target[ours], hostility[ours]
        own = gang[actor]
        again = np.zeros(len(own) + 1, dtype=np.bool_)
        again[1:-1] = own[1:] == own[:-1]
        shared = again[1:] | again[:-1]
        safe = np.ones(len(exposure))
        if shared.any():
            safe *= _safe_from_gangs(
                actor[shared], h[shared], gang, start, site, strength, exposure
            )
            actor, h = actor[~shared], h[~shared]
        for low in range(0, len(actor), _AT_ONCE):
            some = actor[low : low + _AT_ONCE]
            share = room[: len(some)]
            # In place, in what stays in the cache: fresh arrays cost more than the sums.
            np.take(met, some, axis=0, out=share, mode="clip")
            share *= -h[low : low + _AT_ONCE, None]
            share += 1
            safe *= np.multiply.reduce(share, axis=0)
        rows[person] = 1 - safe


def _safe_from_gangs(
    actor: Ints,
    h: Floats,
    gang: Ints,
    start: Ints,
    site: Ints,
    strength: Floats,
    exposure: Floats,
) -> Floats:
    """Chance to stay safe at each site from gangs of which several are hostile to one person."""
    count = start[actor + 1] - start[actor]
    which = np.repeat(np.arange(len(actor)), count)
    at = np.arange(len(which)) + np.repeat(start[actor] - (np.cumsum(count) - count), count)
    own = gang[actor[which]]
    starts = np.flatnonzero(np.append(True, own[1:] != own[:-1]))
    worst = np.maximum.reduceat(h[which], starts)
    size = np.diff(starts, append=len(own))
    share = h[which] / np.repeat(worst, size) * strength[at]
    unmet = np.multiply.reduceat(1 - share[:, None] * exposure[site[at]], starts, axis=0)
    safe: Floats = np.multiply.reduce(1 - worst[:, None] * (1 - unmet), axis=0)
    return safe
