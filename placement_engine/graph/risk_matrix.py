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

from placement_engine.graph.edges import Bools, Floats, Ints
from placement_engine.graph.join import PairTable, join, pays
from placement_engine.graph.presences import gangs_of, presence_columns
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.vocabulary import MunicipalityCode

_ROWS = 256
"""People that one piece of work takes."""
_AT_ONCE = 256
"""Gangs that are joined at once: a few hundred kilobytes at 290 sites."""
_FEW = 16
"""Rows below which factors are multiplied row by row and no longer factor by factor."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dangers:
    """A actors who are known to be somewhere, gang by gang.

    Parameters
    ----------
    actor
        (A,) node indices.
    gang
        (A,) node that each actor's gang counts as, never falling.
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
        seen = presence_columns(graph.network, as_of=graph.as_of, policy=graph.policy)
        codes, code = np.unique(seen.municipality, return_inverse=True)
        sites = [site_of[MunicipalityCode(f"{one:04d}")] for one in codes.tolist()]
        actors, count = np.unique(seen.actor, return_counts=True)
        gangs = gangs_of(graph.edges, actors)
        order = np.lexsort((seen.actor, np.repeat(gangs, count)))
        by_gang = np.lexsort((actors, gangs))
        return cls(
            actor=actors[by_gang],
            gang=gangs[by_gang],
            start=np.append(0, np.cumsum(count[by_gang])),
            site=np.array(sites, dtype=np.int64)[code][order],
            strength=seen.strength[order],
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
    ours = slice(first[begin], first[end])
    actor, h = target[ours], hostility[ours]
    person = np.repeat(np.arange(end - begin), np.diff(first[begin : end + 1]))
    fresh = np.ones(len(actor) + 1, dtype=np.bool_)
    fresh[1:-1] = (gang[actor[1:]] != gang[actor[:-1]]) | (person[1:] != person[:-1])
    alone = fresh[1:] & fresh[:-1]
    safe = np.ones((end - begin, len(exposure)))
    _multiplied(safe, person[alone], met, actor[alone], h[alone])
    if not alone.all():
        several = _Gangs.of(
            person[~alone], fresh[:-1][~alone], actor[~alone], h[~alone], start, site, strength
        )
        for low in range(0, len(several.worst), _AT_ONCE):
            some = slice(low, min(low + _AT_ONCE, len(several.worst)))
            hurt = several.hurt(some, exposure)
            _multiplied(safe, several.person[some], hurt, np.arange(len(hurt)), several.worst[some])
    np.subtract(1, safe, out=rows[begin:end])


def _multiplied(safe: Floats, row: Ints, chance: Floats, which: Ints, weight: Floats) -> None:
    """Multiply rows of `safe` by ``1 - weight * chance[which]``; `row` never falls.

    The first factor of every row, then the second of each that has one, and so on: in place,
    in what stays in the cache, and without a call for each row.
    """
    if not len(row):
        return
    begin = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    count = np.diff(begin, append=len(row))
    most_first = np.argsort(-count, kind="stable")
    begin, count = begin[most_first], count[most_first]
    place = row[begin]
    product, room = safe[place], np.empty((max(len(place), _FEW), safe.shape[1]))
    more = np.searchsorted(-count, -np.arange(count[0]), side="left").tolist()
    step = 0
    for step, some in enumerate(more):
        if some < _FEW:
            break
        at = begin[:some] + step
        product[:some] *= _left_over(chance, which[at], weight[at], room)
    else:
        step = len(more)
    for one in range(more[step] if step < len(more) else 0):
        for low in range(begin[one] + step, begin[one] + count[one], len(room)):
            own = slice(low, min(low + len(room), begin[one] + count[one]))
            factors = _left_over(chance, which[own], weight[own], room)
            product[one] *= np.multiply.reduce(factors, axis=0)
    safe[place] = product


def _left_over(chance: Floats, which: Ints, weight: Floats, room: Floats) -> Floats:
    """``1 - weight * chance[which]``, in the first rows of `room`."""
    share = room[: len(which)]
    np.take(chance, which, axis=0, out=share, mode="clip")
    share *= -weight[:, None]
    share += 1
    return share


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Gangs:
    """G gangs of which several are hostile to one person, gang by gang and person by person.

    Parameters
    ----------
    person
        (G,) whom they are hostile to.
    worst
        (G,) the highest hostility of each.
    start
        (G+1,) into the presences of each.
    site, share
        (B,) where each presence is; its strength times its actor's share of the worst.
    """

    person: Ints
    worst: Floats
    start: Ints
    site: Ints
    share: Floats

    @classmethod
    def of(
        cls,
        person: Ints,
        fresh: Bools,
        actor: Ints,
        h: Floats,
        start: Ints,
        site: Ints,
        strength: Floats,
    ) -> _Gangs:
        """From pairs of a person and an actor; `fresh` where another gang or person begins."""
        begin = np.flatnonzero(fresh)
        worst = np.maximum.reduceat(h, begin)
        count = start[actor + 1] - start[actor]
        before = np.append(0, np.cumsum(count))
        at = np.arange(before[-1]) + np.repeat(start[actor] - before[:-1], count)
        share = h / np.repeat(worst, np.diff(begin, append=len(h)))
        return cls(
            person=person[begin],
            worst=worst,
            start=before[np.append(begin, len(h))],
            site=site[at],
            share=np.repeat(share, count) * strength[at],
        )

    def hurt(self, some: slice, exposure: Floats) -> Floats:
        """Chance that anybody of some gangs is met at each site, were the worst one sure."""
        start = self.start[some.start : some.stop + 1]
        met = np.ones((len(start) - 1, len(exposure)))
        own = slice(start[0], start[-1])
        gang = np.repeat(np.arange(len(start) - 1), np.diff(start))
        _multiplied(met, gang, exposure, self.site[own], self.share[own])
        hurt: Floats = np.subtract(1, met, out=met)
        return hurt
