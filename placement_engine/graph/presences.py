"""Where groups and people are known to be: graded, decayed and combined as ties are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from placement_engine.graph.edges import PAST, Edges, Floats, Ints
from placement_engine.intelligence import Network
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import SOURCES, Grade, MunicipalityCode


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceAt:
    """One actor in one municipality: strength in (0, 1] and the day of the latest report."""

    actor: str
    municipality: MunicipalityCode = field(repr=False)
    strength: float
    is_group: bool
    latest: date


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresencesAt:
    """B presences by actor and municipality, as columns.

    Parameters
    ----------
    actor, municipality
        (B,) node index, and the code as a number.
    strength
        (B,) in (0, 1].
    latest
        (B,) day number of the latest report.
    """

    actor: Ints = field(repr=False)
    municipality: Ints = field(repr=False)
    strength: Floats = field(repr=False)
    latest: Ints = field(repr=False)


def presence_columns(network: Network, *, as_of: date, policy: Policy) -> PresencesAt:
    """All presences on a day, by actor and municipality.

    Reports of one actor in one municipality by one source letter count once, the strongest;
    different letters combine as ``1 - prod(1 - s)``.
    """
    seen, today, numbers = network.presences, as_of.toordinal(), policy.ties.presence
    known = (seen.last_seen <= today) & ~((seen.ended > 0) & (seen.ended <= today))
    source, information, last = (
        column[known].astype(np.int64) for column in (seen.source, seen.information, seen.last_seen)
    )
    quality = np.array(
        [[policy.grading.quality(Grade(letter, n)) for n in range(1, 7)] for letter in SOURCES]
    )[source, information - 1]
    age = (today - last) / DAYS_PER_MONTH
    faded = 2.0 ** (-age / numbers.half_life_months) if numbers.half_life_months else 1.0
    strength = seen.strength[known] * quality * (numbers.floor + (1 - numbers.floor) * faded)
    actor, code = seen.actor[known].astype(np.int64), seen.municipality[known].astype(np.int64)
    order = np.lexsort((source, code, actor))
    actor, code, source = actor[order], code[order], source[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (actor[1:] != actor[:-1]) | (code[1:] != code[:-1])
    by_source = new.copy()
    by_source[1:] |= source[1:] != source[:-1]
    starts, letters = np.flatnonzero(new), np.flatnonzero(by_source)
    if not len(starts):
        none = np.zeros(0, dtype=np.int64)
        return PresencesAt(actor=none, municipality=none, strength=np.zeros(0), latest=none)
    one = 1 - np.maximum.reduceat(strength[order], letters)
    joined = 1 - np.multiply.reduceat(one, np.searchsorted(letters, starts))
    latest = np.maximum.reduceat(last[order], starts)
    some = joined > 0
    return PresencesAt(
        actor=actor[starts][some],
        municipality=code[starts][some],
        strength=joined[some],
        latest=latest[some],
    )


def presences_of(network: Network, *, as_of: date, policy: Policy) -> tuple[PresenceAt, ...]:
    """What `presence_columns` gives, one by one."""
    found = presence_columns(network, as_of=as_of, policy=policy)
    columns = (found.actor, found.municipality, found.strength, found.latest)
    return tuple(
        PresenceAt(
            actor=network.nodes[actor],
            municipality=MunicipalityCode(f"{code:04d}"),
            strength=strength,
            is_group=bool(network.is_group[actor]),
            latest=date.fromordinal(latest),
        )
        for actor, code, strength, latest in zip(*(c.tolist() for c in columns), strict=True)
    )


def gangs_of(edges: Edges, actors: Ints) -> Ints:
    """Node that each of some different nodes counts with, as told at `RivalGraph.gangs_of`."""
    gangs = actors.copy()
    half = edges.membership
    begin, count = half.start[actors], half.start[actors + 1] - half.start[actors]
    count[edges.is_group[actors]] = 0
    which = np.repeat(np.arange(len(actors)), count)
    at = np.arange(len(which)) + np.repeat(begin - (np.cumsum(count) - count), count)
    own = half.edge[at]
    now = edges.kind[own] != PAST
    which, own = which[now], own[now]
    # Nodes stand in the order of their ids, by which equally strong memberships are told apart.
    order = np.lexsort((edges.b[own], -edges.strength[own], which))
    person, first = np.unique(which[order], return_index=True)
    gangs[person] = edges.b[own[order[first]]]
    return gangs
