"""The join on flat numpy arrays: the meaning of `kernels.join_rows`, many sources at once.

A path is cut in two at a node: its *front* comes from a source over one tie or two, its *back*
leads to a target over one or two. Backs are laid out once for all the sources of a block that
share the node, in order of the target, and then every front meets every back of its node.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from placement_engine.graph.edges import Bools, Floats, Ints
from placement_engine.graph.half_edges import End, Half
from placement_engine.graph.join_tables import Tables

Rows = tuple[Ints, Ints, Floats, Floats, Bools]
"""Sources, targets, best and joined chance, direct enmity."""
_CELLS = 2**19
"""Cells that are filled at once: so many stay in the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fronts:
    """F beginnings of paths, in order of their row.

    Parameters
    ----------
    row, source, node
        (F,) position and index of the source, and where the front stands.
    chance
        (F,) of the tie, 1 where the front is the source itself.
    past
        (F,) whether the last tie is a past membership.
    group, own
        (F,) the group of a defection, else -1; and whether the source is who left it.
    between
        (F,) the node on the way, None where no front has one.
    """

    row: Ints
    source: Ints
    node: Ints
    chance: Floats
    past: Bools
    group: Ints
    own: Bools
    between: Ints | None = None

    @classmethod
    def over(cls, t: Tables, sources: Ints, row: Ints, half: Half) -> _Fronts:
        """One tie of `half` from each source."""
        which, at = _spread(half.start, sources)
        group = half.group[at]
        return cls(
            row=row[which],
            source=sources[which],
            node=half.far[at],
            chance=half.chance[at],
            past=half.past[at],
            group=group,
            own=(group >= 0) & (t.defector[half.edge[at]] == sources[which]),
        )

    def onward(self, half: Half) -> _Fronts:
        """Bonds of `half` after these bonds."""
        which, at = _spread(half.start, self.node)
        kept = np.flatnonzero(half.far[at] != self.source[which])
        which, at = which[kept], at[kept]
        return _Fronts(
            row=self.row[which],
            source=self.source[which],
            node=half.far[at],
            chance=self.chance[which] * half.chance[at],
            past=half.past[at],
            group=np.full(len(which), -1),
            own=np.zeros(len(which), dtype=np.bool_),
            between=self.node[which],
        )

    @classmethod
    def at(cls, sources: Ints, row: Ints) -> _Fronts:
        """The sources themselves."""
        none = np.zeros(len(sources), dtype=np.bool_)
        return cls(
            row=row,
            source=sources,
            node=sources,
            chance=np.ones(len(sources)),
            past=none,
            group=np.full(len(sources), -1),
            own=none,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Backs:
    """B ends of paths, in order of the node they begin at and the rank of their target.

    Parameters
    ----------
    start
        (n+1,) by the node.
    key
        (B,) ``node * targets + rank``.
    rank, target, between
        (B,) the target, and the node before it; None where that is always the first.
    chance
        (B,) of all its ties.
    past, here
        (B,) whether the first tie is a past membership, or a defection from the first node.
    left
        (B,) the group from which the target defected by the last tie, else -1.
    """

    start: Ints
    key: Ints
    rank: Ints
    target: Ints
    between: Ints | None
    chance: Floats
    past: Bools
    here: Bools
    left: Ints

    @classmethod
    def of(cls, t: Tables, count: int, node: Ints, columns: dict[str, np.ndarray]) -> _Backs:
        """Backs in order; `node` is where each begins."""
        key = node * count + columns["rank"]
        order = np.argsort(key)
        start = np.zeros(len(t.is_group) + 1, dtype=np.int64)
        np.cumsum(np.bincount(node, minlength=len(t.is_group)), out=start[1:])
        between = columns.pop("between", None)
        return cls(
            start=start,
            key=key[order],
            between=None if between is None else between[order],
            **{name: column[order] for name, column in columns.items()},
        )

    @classmethod
    def single(cls, t: Tables, count: int, end: End) -> _Backs:
        """One tie to a target."""
        node = np.repeat(np.arange(len(t.is_group)), np.diff(end.start))
        columns = {
            "rank": end.rank,
            "target": end.far,
            "chance": end.chance,
            "past": end.past,
            "here": end.group == node,
            "left": np.where(end.leaves, end.group, -1),
        }
        return cls.of(t, count, node, columns)

    @classmethod
    def double(cls, t: Tables, count: int, nodes: Ints, half: Half, end: End) -> _Backs:
        """A tie of `half` and one to a target, from some nodes."""
        which, at = _spread(half.start, nodes)
        node, between = nodes[which], half.far[at]
        then, last = _spread(end.start, between)
        node, between = node[then], between[then]
        past, group = half.past[at[then]], half.group[at[then]]
        # At the node between, a past member does not mind who left the same group.
        mute = (past & (end.group[last] == between)) | (end.past[last] & (group == between))
        kept = np.flatnonzero((end.far[last] != node) & ~mute)
        last = last[kept]
        columns = {
            "rank": end.rank[last],
            "target": end.far[last],
            "between": between[kept],
            "chance": half.chance[at[then[kept]]] * end.chance[last],
            "past": past[kept],
            "here": (group == node)[kept],
            "left": np.where(end.leaves[last], end.group[last], -1),
        }
        return cls.of(t, count, node[kept], columns)

    @classmethod
    def between_groups(
        cls, t: Tables, count: int, nodes: Ints, first: Half, second: Half | None
    ) -> _Backs:
        """One or two ties between groups, and a member of the last."""
        node, here, chance = nodes, nodes, np.ones(len(nodes))
        for half in (first,) if second is None else (first, second):
            which, at = _spread(half.start, here)
            far = half.far[at]
            kept = np.flatnonzero(t.is_group[far] & (far != node[which]))
            which = which[kept]
            node, here = node[which], far[kept]
            chance = chance[which] * half.chance[at[kept]]
        then, last = _spread(t.member_end.start, here)
        none = np.zeros(len(last), dtype=np.bool_)
        columns = {
            "rank": t.member_end.rank[last],
            "target": t.member_end.far[last],
            "chance": chance[then] * t.member_end.chance[last],
            "past": none,
            "here": none,
            "left": np.full(len(last), -1),
        }
        return cls.of(t, count, node[then], columns)


def rows_of_arrays(
    tables: Tables,
    sources: Ints,
    first: int,
    last: int,
    count: int,
    same: bool,
    length: int,
    least: float,
    *,
    workers: int = 1,
) -> Rows:
    """Pairs of the sources from `first` to before `last` with `count` targets."""
    near, row = sources[first:last], np.arange(first, last)
    meetings = list(_meetings(tables, near, row, count, length))
    direct = _direct(tables, near, row, count, same)
    blocks, begin = [], first
    while begin < last:
        # Of the same people only the later ones count, so rows get narrower.
        low = begin + 1 if same else 0
        end = min(last, begin + max(1, _CELLS // max(count - low, 1)))
        blocks.append((slice(begin, end), low))
        begin = end

    def filled(block: tuple[slice, int]) -> Rows:
        return _filled(tables, meetings, *block, count, same, least, direct)

    if workers > 1:
        with ThreadPoolExecutor(workers) as threads:
            parts = list(threads.map(filled, blocks))
    else:
        parts = [filled(block) for block in blocks]
    a, b, best, joined, sure = (np.concatenate(column) for column in zip(*parts, strict=True))
    return a, b, best, joined, sure


def _meetings(
    t: Tables, near: Ints, row: Ints, count: int, length: int
) -> Iterator[tuple[_Fronts, _Backs]]:
    """Every kind of path, cut in two."""
    yield _Fronts.at(near, row), _Backs.single(t, count, t.enmity_end)
    if length > 1:
        hostile = _Fronts.over(t, near, row, t.enmity)
        friendly = _Fronts.over(t, near, row, t.bond)
        yield hostile, _Backs.single(t, count, t.bond_end)
        yield friendly, _Backs.single(t, count, t.enmity_end)
    if length > 2:
        against, beside = np.unique(hostile.node), np.unique(friendly.node)
        yield hostile, _Backs.double(t, count, against, t.bond_to_bond, t.bond_end)
        yield friendly, _Backs.double(t, count, beside, t.enmity_to_bond, t.bond_end)
        yield friendly.onward(t.bond_to_enmity), _Backs.single(t, count, t.enmity_end)
    person = ~t.is_group[near]
    member = _Fronts.over(t, near[person], row[person], t.membership)
    homes = np.unique(member.node)
    if length < 3:  # longer paths hold it
        yield member, _Backs.between_groups(t, count, homes, t.enmity, None)
    yield member, _Backs.between_groups(t, count, homes, t.alliance, t.enmity)
    yield member, _Backs.between_groups(t, count, homes, t.enmity, t.alliance)


def _filled(
    t: Tables,
    meetings: list[tuple[_Fronts, _Backs]],
    block: slice,
    low: int,
    count: int,
    same: bool,
    least: float,
    direct: Ints,
) -> Rows:
    """Pairs of some rows, with targets of rank `low` and above."""
    width = max(count - low, 1)
    size = (block.stop - block.start) * width
    found = [_met(t, *meeting, block, count, same) for meeting in meetings]
    row, rank, chance = (np.concatenate(column) for column in zip(*found, strict=True))
    cell = (row - block.start) * width + (rank - low)
    best = np.zeros(size)
    np.maximum.at(best, cell, chance)
    with np.errstate(divide="ignore"):
        closed = np.bincount(cell, weights=np.log1p(-chance), minlength=size)
    used = np.flatnonzero(best)
    # Rounding may leave one path joined a hair below itself.
    joined = np.maximum(-np.expm1(closed[used]), best[used])
    row, rank = used // width + block.start, used % width + low
    key = row * count + rank
    sure = np.zeros(len(key), dtype=np.bool_)
    at = np.searchsorted(key, direct)
    inside = at < len(key)
    at = at[inside]
    sure[at[key[at] == direct[inside]]] = True
    kept = (joined >= least) | sure
    return row[kept], rank[kept], best[used[kept]], joined[kept], sure[kept]


def _met(
    t: Tables, fronts: _Fronts, backs: _Backs, block: slice, count: int, same: bool
) -> tuple[Ints, Ints, Floats]:
    """Row, rank of the target and chance of each path that counts."""
    ours = slice(*np.searchsorted(fronts.row, (block.start, block.stop)).tolist())
    row, source, node = fronts.row[ours], fronts.source[ours], fronts.node[ours]
    first = backs.start[node]
    if same:
        first = np.maximum(first, np.searchsorted(backs.key, node * count + row, side="right"))
    which, at = _counted_out(first, backs.start[node + 1] - first)
    chance = fronts.chance[ours][which] * backs.chance[at]
    keep = chance > 0
    if backs.between is not None:
        keep &= backs.between[at] != source[which]
    if fronts.between is not None:
        keep &= backs.target[at] != fronts.between[ours][which]
    if not same:
        keep &= backs.target[at] != source[which]
    group = fronts.group[ours]
    if (group >= 0).any():
        keep &= ~(backs.past[at] & (group == node)[which])
        own = np.flatnonzero(fronts.own[ours][which])
        own = own[t.has_left[backs.target[at[own]]]]
        keep[own] &= ~_has_left(t, backs.target[at[own]], group[which[own]])
    past = fronts.past[ours]
    if past.any():
        keep &= ~(past[which] & backs.here[at])
    over = np.flatnonzero(t.has_left[source][which])
    over = over[backs.left[at[over]] >= 0]
    keep[over] &= ~_has_left(t, source[which[over]], backs.left[at[over]])
    kept = np.flatnonzero(keep)
    return row[which[kept]], backs.rank[at[kept]], chance[kept]


def _direct(t: Tables, near: Ints, row: Ints, count: int, same: bool) -> Ints:
    """``source * targets + rank`` of the direct enmities of their own weight."""
    which, at = _spread(t.enmity_end.start, near)
    rank = t.enmity_end.rank[at]
    sure = t.direct[t.enmity_end.edge[at]]
    if same:
        sure &= rank > row[which]
    keys: Ints = (row[which] * count + rank)[sure]
    return keys


def _spread(start: Ints, nodes: Ints) -> tuple[Ints, Ints]:
    """Which node each of its entries belongs to, and where the entry stands."""
    return _counted_out(start[nodes], start[nodes + 1] - start[nodes])


def _counted_out(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    which = np.repeat(np.arange(len(first)), count)
    return which, np.arange(len(which)) + np.repeat(first - (np.cumsum(count) - count), count)


def _has_left(t: Tables, person: Ints, group: Ints) -> Bools:
    """Whether each person has left the group beside him for sure."""
    if not len(t.leavers):
        return np.zeros(len(person), dtype=np.bool_)
    wanted = person * len(t.is_group) + group
    at = np.minimum(np.searchsorted(t.leavers, wanted), len(t.leavers) - 1)
    left: Bools = t.leavers[at] == wanted
    return left
