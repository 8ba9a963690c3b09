"""The join on flat numpy arrays: the meaning of `kernels.join_rows`, many sources at once.

Paths of some sources grow one step at a time as columns: the source's row, the nodes that
may not come again, the chance so far. What closes at a target becomes one entry; entries of
one pair are then joined by sorting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from placement_engine.graph.edges import Bools, Floats, Ints
from placement_engine.graph.join_tables import Half, Tables

Rows = tuple[Ints, Ints, Floats, Floats, Bools]
"""Sources, targets, best and joined chance, direct enmity."""


LONGEST = 3
"""Edges of the longest path outside the group level that a join follows."""


class Form(Protocol):
    """One form of the join, on arrays or compiled."""

    def __call__(
        self,
        tables: Tables,
        sources: Ints,
        first: int,
        last: int,
        count: int,
        same: bool,
        length: int,
        least: float,
    ) -> Rows:
        """Pairs of the sources from `first` to before `last` with `count` targets."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Paths:
    """P beginnings of paths.

    Parameters
    ----------
    row
        (P,) source, by its place in the block.
    nodes
        Columns (P,): the nodes in order, the source first.
    edges
        Columns (P,): the edges in order.
    chance
        (P,) that all are open.
    """

    row: Ints
    nodes: tuple[Ints, ...]
    edges: tuple[Ints, ...]
    chance: Floats

    def keep(self, mask: Bools) -> _Paths:
        if mask.all():
            return self
        return _Paths(
            row=self.row[mask],
            nodes=tuple(column[mask] for column in self.nodes),
            edges=tuple(column[mask] for column in self.edges),
            chance=self.chance[mask],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrayForm:
    """The join on arrays, with the steps that can still come to a target.

    ``bond_to_bond`` leads over a bond to where a bond ends at a target, and so on.
    """

    bond_to_bond: Half
    bond_to_enmity: Half
    enmity_to_bond: Half

    @classmethod
    def of(cls, tables: Tables) -> ArrayForm:
        """The form for some tables."""
        bonded = np.diff(tables.bond_end.start) > 0
        opposed = np.diff(tables.enmity_end.start) > 0
        return cls(
            bond_to_bond=tables.bond.leading(bonded),
            bond_to_enmity=tables.bond.leading(opposed),
            enmity_to_bond=tables.enmity.leading(bonded),
        )

    def rows(
        self,
        tables: Tables,
        sources: Ints,
        first: int,
        last: int,
        count: int,
        same: bool,
        length: int,
        least: float,
    ) -> Rows:
        """Pairs of the sources from `first` to before `last` with `count` targets."""
        near = sources[first:last]
        begun = _Paths(row=np.arange(len(near)), nodes=(near,), edges=(), chance=np.ones(len(near)))
        lowest = np.arange(first, last) if same else np.full(len(near), -1)
        cells, chances, direct = [], [], []
        for paths, sure in self._closed(tables, begun, lowest, length):
            cell = paths.row * count + tables.rank[paths.nodes[-1]]
            cells.append(cell)
            chances.append(paths.chance)
            direct.append(cell[sure])
        key, best, joined = _entries(np.concatenate(cells), np.concatenate(chances))
        own = np.isin(key, np.concatenate(direct))
        kept = (joined >= least) | own
        key = key[kept]
        return key // count + first, key % count, best[kept], joined[kept], own[kept]

    def _closed(
        self, t: Tables, begun: _Paths, lowest: Ints, length: int
    ) -> Iterator[tuple[_Paths, Bools]]:
        """Paths that have come to a target, and which are a direct enmity of their own."""

        def ended(paths: _Paths, end: Half, enmity_at: int) -> tuple[_Paths, Bools]:
            done = _extend(t, paths, end)
            done = done.keep((t.rank[done.nodes[-1]] > lowest[done.row]) & (done.chance > 0))
            done = done.keep(_counted(t, done, enmity_at))
            one = len(done.edges) == 1
            return done, t.direct[done.edges[0]] if one else np.zeros(len(done.row), np.bool_)

        yield ended(begun, t.enmity_end, 0)
        if length > 1:
            hostile, friendly = _extend(t, begun, t.enmity), _extend(t, begun, t.bond)
            yield ended(hostile, t.bond_end, 0)
            yield ended(friendly, t.enmity_end, 1)
        if length > 2:
            yield ended(_extend(t, hostile, self.bond_to_bond), t.bond_end, 0)
            yield ended(_extend(t, friendly, self.enmity_to_bond), t.bond_end, 1)
            yield ended(_extend(t, friendly, self.bond_to_enmity), t.enmity_end, 2)
        person = ~t.is_group[begun.nodes[0]]
        own = _extend(t, begun.keep(person), t.membership)
        rivals = _to_groups(t, _extend(t, own, t.enmity))
        if length < LONGEST:
            yield ended(rivals, t.membership_end, 1)
        allies = _to_groups(t, _extend(t, own, t.alliance))
        yield ended(_to_groups(t, _extend(t, allies, t.enmity)), t.membership_end, 2)
        yield ended(_to_groups(t, _extend(t, rivals, t.alliance)), t.membership_end, 1)


def _extend(t: Tables, paths: _Paths, half: Half) -> _Paths:
    """Every way to go on over an edge of `half`, no node twice."""
    here = paths.nodes[-1]
    first = half.start[here]
    count = half.start[here + 1] - first
    which = np.repeat(np.arange(len(here)), count)
    at = np.arange(len(which)) - np.repeat(np.cumsum(count) - count - first, count)
    far = half.far[at]
    fresh = np.ones(len(at), dtype=np.bool_)
    for column in paths.nodes[:-1]:  # the last node has no edge to itself
        fresh &= column[which] != far
    which, far, edge = which[fresh], far[fresh], half.edge[at[fresh]]
    return _Paths(
        row=paths.row[which],
        nodes=(*(column[which] for column in paths.nodes), far),
        edges=(*(column[which] for column in paths.edges), edge),
        chance=paths.chance[which] * t.chance[edge],
    )


def _to_groups(t: Tables, paths: _Paths) -> _Paths:
    return paths.keep(t.is_group[paths.nodes[-1]])


def _counted(t: Tables, paths: _Paths, enmity_at: int) -> Bools:
    """What a past member or a leaver does not carry is left out, as in `hostile_walks`."""
    keep = np.ones(len(paths.row), dtype=np.bool_)
    over = np.flatnonzero(t.defection[paths.edges[enmity_at]])
    if not len(over):
        return keep
    edge = paths.edges[enmity_at][over]
    defector, group = t.defector[edge], t.group[edge]
    for beside, junction in ((enmity_at - 1, enmity_at), (enmity_at + 1, enmity_at + 1)):
        if 0 <= beside < len(paths.edges):
            past = t.past[paths.edges[beside][over]]
            keep[over] &= ~(past & (paths.nodes[junction][over] == group))
    near, far = paths.nodes[0][over], paths.nodes[-1][over]
    for end, other in ((near, far), (far, near)):
        asked = np.flatnonzero(end == defector)
        keep[over[asked]] &= ~_has_left(t, other[asked], group[asked])
    return keep


def _has_left(t: Tables, person: Ints, group: Ints) -> Bools:
    """Whether each person has left the group beside him for sure."""
    return np.isin(person * len(t.is_group) + group, t.leavers, kind="sort")


def _entries(cell: Ints, chance: Floats) -> tuple[Ints, Floats, Floats]:
    """Best and joined chance of each cell that has an entry."""
    if not len(cell):
        return cell, chance, chance
    order = np.argsort(cell)
    cell, chance = cell[order], chance[order]
    starts = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
    with np.errstate(divide="ignore"):
        closed = np.log1p(-chance)
    joined = 0.0 - np.expm1(np.add.reduceat(closed, starts))
    return cell[starts], np.maximum.reduceat(chance, starts), joined
