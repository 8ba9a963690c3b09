"""Several records of one person or gang, read as one; and quarrels that are over.

Imports stay as they came. What analysts have judged is applied to the combined network each
time it is read, so that taking a judgement back gives what was there before, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import InvalidInput
from placement_engine.intelligence.judgements import Judgement, JudgementKind
from placement_engine.intelligence.network import (
    KINDS,
    PRESENCE_TYPES,
    TIE_TYPES,
    Column,
    Network,
    PresenceColumns,
    TieColumns,
)
from placement_engine.vocabulary import TieKind

ENDED_BY_PEACE = (TieKind.RIVALRY, TieKind.THREAT)
"""Enmities that a confirmed peace ends; a conflict has happened and stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which ids mean one person or gang.

    Parameters
    ----------
    kept
        Each alias and the id that stands for it; ids that are their own do not stand here.
    """

    kept: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @classmethod
    def of_merges(cls, judgements: Iterable[Judgement]) -> Identity:
        """What merges in force come to, in the order in which they were made.

        The record named first stands for both, and for all that were merged into them.
        """
        parent: dict[str, str] = {}

        def root(node: str) -> str:
            while node in parent:
                node = parent[node]
            return node

        for merge in judgements:
            if merge.kind is JudgementKind.MERGE and root(merge.a) != root(merge.b):
                parent[root(merge.b)] = root(merge.a)
        return cls(kept=MappingProxyType({alias: root(alias) for alias in sorted(parent)}))

    def of(self, written: str) -> str:
        """The id that stands for this one.

        Examples
        --------
        >>> Identity(kept={"P-9": "P-1"}).of("P-9")
        'P-1'
        """
        return self.kept.get(written, written)

    def aliases(self, node: str) -> tuple[str, ...]:
        """The other ids of whoever this id means."""
        own = self.of(node)
        return tuple(alias for alias, kept in self.kept.items() if kept == own)


def merged(network: Network, identity: Identity) -> Network:
    """The network with all records of one person or gang under the id that is kept.

    Ties of somebody with himself fall away, and rows that are equal now stand once. A kept
    record takes the label and birth year it lacks from its aliases, and the role that is told
    first in `PersonRole`: nobody stops being a subject by a merge.

    Raises
    ------
    InvalidInput
        If a person has been merged with what is a group by now.
    """
    if not identity.kept:
        return network
    alias = [i for i, node in enumerate(network.nodes) if node in identity.kept]
    if not alias:
        return network
    nodes = tuple(sorted({identity.of(node) for node in network.nodes}))
    index = {node: at for at, node in enumerate(nodes)}
    place = np.array([index[identity.of(node)] for node in network.nodes], dtype=np.int64)
    own = np.setdiff1d(np.arange(len(place)), alias)
    # A record's own columns are written last and stay.
    order = np.concatenate([np.array(alias, dtype=np.int64), own])
    columns: dict[str, Any] = {}
    for name in ("is_group", "role", "category", "environment", "birth_year"):
        told = getattr(network, name)
        columns[name] = np.zeros(len(nodes), dtype=told.dtype)
        columns[name][place[order]] = told[order]
    if (columns["is_group"][place] != network.is_group).any():
        raise InvalidInput(
            "A person and a group are merged into one.",
            unchanged="Nothing was changed.",
            do="Take the merge back: placement network unmerge.",
        )
    np.minimum.at(columns["role"], place, network.role)
    labels = [""] * len(nodes)
    for i, at in zip(order.tolist(), place[order].tolist(), strict=True):
        labels[at] = network.labels[i] or labels[at]
    for i in alias:
        if not columns["birth_year"][place[i]]:
            columns["birth_year"][place[i]] = network.birth_year[i]
    touched = np.zeros(len(nodes), dtype=np.bool_)
    touched[place[alias]] = True
    ties = {name: getattr(network.ties, name) for name in TIE_TYPES}
    ties |= {end: place[ties[end]].astype(TIE_TYPES[end]) for end in ("a", "b")}
    keep = (ties["a"] != ties["b"]) & _first(ties, touched[ties["a"]] | touched[ties["b"]])
    seen = {name: getattr(network.presences, name) for name in PRESENCE_TYPES}
    seen["actor"] = place[seen["actor"]].astype(PRESENCE_TYPES["actor"])
    stay = _first(seen, touched[seen["actor"]])
    return replace(
        network,
        nodes=nodes,
        labels=tuple(labels),
        ties=TieColumns(**{name: column[keep] for name, column in ties.items()}),
        presences=PresenceColumns(**{name: column[stay] for name, column in seen.items()}),
        **columns,
    )


def without_quarrels_that_ended(network: Network, peaces: Iterable[Judgement]) -> Network:
    """The network without the rivalries and threats that a confirmed peace ends.

    A peace ends the reports that say themselves that it is over by then, and those last seen
    by then; what is seen later counts as before. Ids are looked up as they stand in `network`.
    """
    index = {node: at for at, node in enumerate(network.nodes)}
    ties = network.ties
    over = np.zeros(len(ties), dtype=np.bool_)
    for peace in peaces:
        if peace.kind is not JudgementKind.PEACE or peace.until is None:
            continue
        if peace.a not in index or peace.b not in index:
            continue
        day = peace.until.toordinal()
        rows = between(network, index[peace.a], index[peace.b])
        ended = ties.ended[rows]
        over[rows] |= np.where(ended > 0, ended <= day, ties.last_seen[rows] <= day)
    if not over.any():
        return network
    left = {name: getattr(ties, name)[~over] for name in TIE_TYPES}
    return replace(network, ties=TieColumns(**left))


def between(network: Network, a: int, b: int) -> NDArray[np.int64]:
    """Rows of rivalries and threats between two nodes, either way."""
    ties = network.ties
    ends = ((ties.a == a) & (ties.b == b)) | ((ties.a == b) & (ties.b == a))
    rows = np.flatnonzero(ends)
    kinds = [KINDS.index(kind) for kind in ENDED_BY_PEACE]
    return rows[np.isin(ties.kind[rows], kinds)]


def last_end(network: Network, a: str, b: str, as_of: date) -> date | None:
    """The last day on which a rivalry or threat of two is reported to have ended, if any."""
    if a not in network.nodes or b not in network.nodes:
        return None
    ties, today = network.ties, as_of.toordinal()
    rows = between(network, network.nodes.index(a), network.nodes.index(b))
    known = rows[(ties.last_seen[rows] <= today) & (ties.first_seen[rows] <= today)]
    ended = ties.ended[known]
    ended = ended[(ended > 0) & (ended <= today)]
    return date.fromordinal(int(ended.max())) if len(ended) else None


def _first(columns: Mapping[str, Column], among: Column) -> NDArray[np.bool_]:
    """Mask of rows without those of `among` that repeat an earlier one in all columns."""
    rows = np.flatnonzero(among)
    # All columns are whole numbers below 2**53 or floats already.
    told = np.column_stack([column[rows].astype(np.float64) for column in columns.values()])
    _, first = np.unique(told, axis=0, return_index=True)
    keep = np.ones(len(among), dtype=np.bool_)
    keep[rows] = False
    keep[rows[first]] = True
    return keep
