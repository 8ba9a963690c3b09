"""The networks of a synthetic world, made without a detour over files.

The told one equals, byte for byte, what `read_network` makes of the written folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.intelligence import Network, PresenceColumns, TieColumns
from placement_engine.intelligence.network import (
    CATEGORIES,
    ENVIRONMENTS,
    PRESENCE_TYPES,
    TIE_TYPES,
)
from placement_engine.testing.told import HANDLINGS, ORIGINS
from placement_engine.vocabulary import SOURCES

if TYPE_CHECKING:
    from placement_engine.testing.world import SyntheticWorld

Columns = dict[str, NDArray[Any]]


def told_network(world: SyntheticWorld, *, batch: str = "main") -> Network:
    """What the engine is told, as the import `batch`."""
    told, seen = world.told, world.told_presences
    place = _places(world)
    blank = [f"\0{batch}\0{letter}" for letter in SOURCES]
    texts = (*ORIGINS[1:], *blank)
    named = np.where(
        told.grades.origin == 0, len(ORIGINS) - 1 + told.grades.source, told.grades.origin - 1
    )
    origins, origin = _positions(texts, named)
    handlings, handling = _positions(HANDLINGS, told.grades.handling)
    ties = {
        "a": place[told.a],
        "b": place[told.b],
        "kind": told.kind,
        "source": told.grades.source,
        "information": told.grades.information,
        "last_seen": told.last_seen,
        "first_seen": told.first_seen,
        "ended": told.ended,
        "severity": told.severity,
        "origin": origin,
        "handling": handling,
    }
    presences = {
        "actor": place[seen.actor],
        "municipality": _codes(world)[seen.site],
        "strength": seen.strength,
        "source": seen.grades.source,
        "information": seen.grades.information,
        "last_seen": seen.last_seen,
        "ended": seen.ended,
    }
    return _network(world, ties, presences, origins, handlings)


def true_network(world: SyntheticWorld) -> Network:
    """What is true: one report of each tie and presence, graded A1, seen when last alive."""
    truth, present = world.truth, world.true_presences
    place = _places(world)
    none, best = np.zeros(len(truth), dtype=np.int64), np.ones(len(truth), dtype=np.int64)
    here = np.zeros(len(present), dtype=np.int64)
    ties = {
        "a": place[truth.a],
        "b": place[truth.b],
        "kind": truth.kind,
        "source": none,
        "information": best,
        "last_seen": truth.last,
        "first_seen": truth.began,
        "ended": truth.ended,
        "severity": truth.severity,
        "origin": none,
        "handling": none,
    }
    presences = {
        "actor": place[present.actor],
        "municipality": _codes(world)[present.site],
        "strength": present.strength,
        "source": here,
        "information": here + 1,
        "last_seen": present.last,
        "ended": present.ended,
    }
    return _network(world, ties, presences, ("",), ("",))


def _network(
    world: SyntheticWorld,
    ties: Columns,
    presences: Columns,
    origins: tuple[str, ...],
    handlings: tuple[str, ...],
) -> Network:
    people, gangs = world.people, world.gangs
    order = np.argsort(np.array(world.ids), kind="stable")
    group = np.full(len(gangs), -1)
    person = np.full(len(people), -1)
    category = [CATEGORIES.index(word) for word in gangs.category]
    environment = [ENVIRONMENTS.index(word) for word in gangs.environment]
    return Network(
        nodes=tuple(world.ids[i] for i in order.tolist()),
        is_group=(order >= len(people)),
        role=np.concatenate([people.role, group])[order].astype("<i1"),
        category=np.concatenate([person, category])[order].astype("<i1"),
        environment=np.concatenate([person, environment])[order].astype("<i1"),
        birth_year=np.concatenate([people.birth_year, group * 0])[order].astype("<i2"),
        labels=("",) * len(order),
        ties=TieColumns(**_rows_once(ties, TIE_TYPES)),
        presences=PresenceColumns(**_rows_once(presences, PRESENCE_TYPES)),
        origins=origins,
        handlings=handlings,
    )


def _rows_once(columns: Columns, types: dict[str, str]) -> Columns:
    """The rows in the order that the reader gives them, equal ones once."""
    rows = np.empty(len(next(iter(columns.values()))), dtype=list(types.items()))
    for name in types:
        rows[name] = columns[name]
    once = np.unique(rows)
    return {name: np.ascontiguousarray(once[name]) for name in types}


def _places(world: SyntheticWorld) -> NDArray[np.int64]:
    """Place of each node among the sorted ids."""
    return np.argsort(np.argsort(np.array(world.ids), kind="stable"), kind="stable")


def _codes(world: SyntheticWorld) -> NDArray[np.int64]:
    return np.array([int(code) for code in world.geography.codes], dtype=np.int64)


def _positions(
    texts: Sequence[str], used: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The texts in use with the empty one, sorted, and the position of each row among them."""
    kept = tuple(sorted({"", *(texts[i] for i in np.unique(used).tolist())}))
    place = np.array([kept.index(text) if text in kept else 0 for text in texts], dtype=np.int64)
    return kept, place[used]
