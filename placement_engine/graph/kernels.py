"""Compiled kernels of the join; imported only inside the function that runs them.

`join_arrays` is the same on flat numpy arrays and tells the meaning. One row is one source:
its paths are followed by plain loops, and whatever closes at a target is added to that
target's cell of a row that stays in the processor's cache.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.graph.join_tables import Tables


class Row(NamedTuple):
    """Cells of one source: best and joined chance, those in use, and marks for leavers."""

    best: Any
    joined: Any
    direct: Any
    hit: Any
    forgiven: Any
    sure: Any
    state: Any


@compiled
def _add(row: Row, v: int, p: float) -> None:
    if p > 0.0:
        if row.best[v] == 0.0:
            row.hit[row.state[0]] = v
            row.state[0] += 1
        if p > row.best[v]:
            row.best[v] = p
        row.joined[v] += p * (1.0 - row.joined[v])


@compiled
def _close(
    t: Tables, row: Row, u: int, x: int, y: int, p: float, lowest: int, barred: int, mark: int
) -> None:
    """Close a path that stands at `y` over one bond more.

    Not at `u` or `x`, not below a rank. `barred` is a group whose past members do not count
    here, or -1; `mark` tells whom the defection that the path began with forgives, or -1.
    """
    end = t.bond_end
    for i in range(end.start[y], end.start[y + 1]):
        v = end.far[i]
        cell = t.rank[v]
        if cell <= lowest or v == u or v == x:  # noqa: SIM109 (compiled code)
            continue
        edge = end.edge[i]
        if barred == y and t.past[edge]:
            continue
        if mark >= 0 and row.forgiven[cell] == mark:
            continue
        _add(row, cell, p * t.chance[edge])


@compiled
def _close_enmity(
    t: Tables, row: Row, u: int, x: int, y: int, p: float, lowest: int, past: bool
) -> None:
    """Close a path that came to `y` over a bond, over an enmity."""
    end = t.enmity_end
    for i in range(end.start[y], end.start[y + 1]):
        v = end.far[i]
        cell = t.rank[v]
        if cell <= lowest or v == u or v == x:  # noqa: SIM109 (compiled code)
            continue
        edge = end.edge[i]
        if t.defection[edge]:
            if past and t.group[edge] == y:
                continue
            if t.defector[edge] == v and row.sure[t.group[edge]] == u:
                continue
        _add(row, cell, p * t.chance[edge])


@compiled
def _enmity_first(t: Tables, row: Row, u: int, length: int, lowest: int) -> None:
    for i in range(t.enmity.start[u], t.enmity.start[u + 1]):
        x, edge = t.enmity.far[i], t.enmity.edge[i]
        p, barred, mark = t.chance[edge], -1, -1
        if t.defection[edge]:
            barred = t.group[edge]
            if t.defector[edge] == u:
                row.state[1] += 1
                mark = row.state[1]
                for j in range(t.left_by.start[barred], t.left_by.start[barred + 1]):
                    row.forgiven[t.rank[t.left_by.far[j]]] = mark
        cell = t.rank[x]
        if cell > lowest:
            forgiven = mark >= 0 and row.forgiven[cell] == mark
            if barred >= 0 and t.defector[edge] == x and row.sure[barred] == u:
                forgiven = True
            if not forgiven:
                _add(row, cell, p)
                if t.direct[edge] and p > 0.0:
                    row.direct[cell] = True
        if length >= 2:
            _close(t, row, u, -1, x, p, lowest, barred, mark)
        if length >= 3:
            for j in range(t.bond.start[x], t.bond.start[x + 1]):
                y = t.bond.far[j]
                if y == u or t.bond_end.start[y] == t.bond_end.start[y + 1]:
                    continue
                bond = t.bond.edge[j]
                if barred != x or not t.past[bond]:
                    _close(t, row, u, x, y, p * t.chance[bond], lowest, -1, mark)


@compiled
def _bond_first(t: Tables, row: Row, u: int, length: int, lowest: int) -> None:
    for i in range(t.bond.start[u], t.bond.start[u + 1]):
        x, edge = t.bond.far[i], t.bond.edge[i]
        p, past = t.chance[edge], t.past[edge]
        _close_enmity(t, row, u, -1, x, p, lowest, past)
        if length < 3:
            continue
        for j in range(t.enmity.start[x], t.enmity.start[x + 1]):
            y = t.enmity.far[j]
            if y == u or t.bond_end.start[y] == t.bond_end.start[y + 1]:
                continue
            enmity = t.enmity.edge[j]
            barred = t.group[enmity] if t.defection[enmity] else -1
            if barred != x or not past:
                _close(t, row, u, x, y, p * t.chance[enmity], lowest, barred, -1)
        for j in range(t.bond.start[x], t.bond.start[x + 1]):
            y = t.bond.far[j]
            if y != u and t.enmity_end.start[y] != t.enmity_end.start[y + 1]:
                bond = t.bond.edge[j]
                _close_enmity(t, row, u, x, y, p * t.chance[bond], lowest, t.past[bond])


@compiled
def _close_member(t: Tables, row: Row, u: int, group: int, p: float, lowest: int) -> None:
    end = t.membership_end
    for i in range(end.start[group], end.start[group + 1]):
        cell = t.rank[end.far[i]]
        if cell > lowest and end.far[i] != u:
            _add(row, cell, p * t.chance[end.edge[i]])


@compiled
def _group_first(t: Tables, row: Row, u: int, length: int, lowest: int) -> None:
    """Member, group, rival group, member, with one ally on either side."""
    for i in range(t.membership.start[u], t.membership.start[u + 1]):
        own, p = t.membership.far[i], t.chance[t.membership.edge[i]]
        for j in range(t.enmity.start[own], t.enmity.start[own + 1]):
            rival = t.enmity.far[j]
            if not t.is_group[rival]:
                continue
            against = p * t.chance[t.enmity.edge[j]]
            if length < 3:
                _close_member(t, row, u, rival, against, lowest)
            for k in range(t.alliance.start[rival], t.alliance.start[rival + 1]):
                ally = t.alliance.far[k]
                if t.is_group[ally] and ally != own:
                    onward = against * t.chance[t.alliance.edge[k]]
                    _close_member(t, row, u, ally, onward, lowest)
        for j in range(t.alliance.start[own], t.alliance.start[own + 1]):
            ally = t.alliance.far[j]
            if not t.is_group[ally]:
                continue
            onward = p * t.chance[t.alliance.edge[j]]
            for k in range(t.enmity.start[ally], t.enmity.start[ally + 1]):
                rival = t.enmity.far[k]
                if t.is_group[rival] and rival != own:
                    against = onward * t.chance[t.enmity.edge[k]]
                    _close_member(t, row, u, rival, against, lowest)


@compiled
def _longer(column: Any) -> Any:
    grown = np.empty(2 * len(column), dtype=column.dtype)
    grown[: len(column)] = column
    return grown


@compiled
def join_rows(
    t: Tables,
    sources: Any,
    first: int,
    last: int,
    count: int,
    same: bool,
    length: int,
    least: float,
) -> Any:
    """Pairs of the sources from `first` to before `last` with `count` targets.

    ``same`` where both sides are the same people, of whom each pair is then told once.
    """
    row = Row(
        np.zeros(count),
        np.zeros(count),
        np.zeros(count, dtype=np.bool_),
        np.empty(count, dtype=np.int64),
        np.full(count, -1, dtype=np.int64),
        np.full(len(t.is_group), -1, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )
    rows, columns = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    h_max, h_or, direct = np.empty(1024), np.empty(1024), np.empty(1024, dtype=np.bool_)
    size = 0
    for at in range(first, last):
        u = sources[at]
        lowest = at if same else -1
        for i in range(t.groups_left.start[u], t.groups_left.start[u + 1]):
            row.sure[t.groups_left.far[i]] = u
        _enmity_first(t, row, u, length, lowest)
        if length >= 2:
            _bond_first(t, row, u, length, lowest)
        if not t.is_group[u]:
            _group_first(t, row, u, length, lowest)
        for i in range(row.state[0]):
            cell = row.hit[i]
            if row.joined[cell] >= least or row.direct[cell]:
                if size == len(rows):
                    rows, columns, h_max = _longer(rows), _longer(columns), _longer(h_max)
                    h_or, direct = _longer(h_or), _longer(direct)
                rows[size], columns[size] = at, cell
                h_max[size], h_or[size] = row.best[cell], row.joined[cell]
                direct[size] = row.direct[cell]
                size += 1
            row.best[cell] = row.joined[cell] = 0.0
            row.direct[cell] = False
        row.state[0] = 0
    return rows[:size], columns[:size], h_max[:size], h_or[:size], direct[:size]
