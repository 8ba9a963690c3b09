"""Compiled kernels of the join; imported only inside the function that runs them.

`join_arrays` is the same on flat numpy arrays and tells the meaning. One row is one source:
its paths are followed by plain loops, and whatever closes at a target is added to that
target's cell of a row that stays in the processor's cache. The loops take plain arrays and
not tuples of them, which compiled code would count references of at every step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.graph.join_tables import Tables
from placement_engine.graph.table_kernel import longer


class Backs(NamedTuple):
    """Ends of paths over two bonds: ``start`` (n+1,) by the node where they begin.

    Parameters
    ----------
    rank, between, chance, past
        Of the target, ascending for each node; the node between; the chance of both bonds;
        whether the first is a past membership.
    """

    start: Any
    rank: Any
    between: Any
    chance: Any
    past: Any


BLOCK = 64
"""Neighbouring targets that one mark tells of: whether any of them was reached."""


@compiled
def _count(v: int, q: float, score: Any, seen: Any) -> None:
    """Add a path of chance `q` to the target of rank `v`: its best and its joined chance."""
    # A question of whether q is above 0, or a list of the targets, would make each path wait
    # until the one before is done: it takes twice as long.
    best, joined = score[v, 0], score[v, 1]
    seen[v // BLOCK] = True
    score[v, 0] = max(q, best)
    score[v, 1] = joined + q * (1.0 - joined)


@compiled
def _close_bonds(
    y: int,
    p: float,
    barred: int,
    apart: int,
    mark: int,
    lowest: int,
    own: int,
    bounds: Any,
    rank: Any,
    chance: Any,
    past: Any,
    score: Any,
    seen: Any,
    forgiven: Any,
) -> None:
    """Close a path that stands at `y` over one bond more.

    Sources come in order of rank, so that `bounds` pass what is `lowest` and below for good.
    Not at the ranks `own` and `apart`, which stand on it already. `barred` is a group whose
    past members do not count here; whom the defection that the path began with forgives has
    `mark`, if that is not negative, in `forgiven`.
    """
    stop = bounds[y, 1]
    while bounds[y, 0] < stop and rank[bounds[y, 0]] <= lowest:
        bounds[y, 0] += 1
    for i in range(bounds[y, 0], stop):
        v = rank[i]
        if v in (own, apart):
            continue
        if (mark >= 0 and forgiven[v] == mark) or (barred == y and past[i]):
            continue
        _count(v, p * chance[i], score, seen)


@compiled
def _close_enmities(
    y: int,
    p: float,
    over_past: bool,
    apart: int,
    u: int,
    lowest: int,
    own: int,
    bounds: Any,
    rank: Any,
    chance: Any,
    group: Any,
    leaves: Any,
    score: Any,
    seen: Any,
    sure: Any,
) -> None:
    """Close a path that came to `y` over a bond, `over_past` a past one, over an enmity.

    `group` is that of a defection, or -1; `leaves` tells that the target is who left it. The
    groups that the source `u` has left for sure have ``u + 1`` in `sure`.
    """
    stop = bounds[y, 1]
    while bounds[y, 0] < stop and rank[bounds[y, 0]] <= lowest:
        bounds[y, 0] += 1
    for i in range(bounds[y, 0], stop):
        v = rank[i]
        if v in (own, apart):
            continue
        g = group[i]
        if g >= 0 and ((over_past and g == y) or (leaves[i] and sure[g] == u + 1)):
            continue
        _count(v, p * chance[i], score, seen)


@compiled
def _close_twice(
    x: int,
    p: float,
    barred: int,
    u: int,
    mark: int,
    lowest: int,
    own: int,
    bounds: Any,
    backs: Backs,
    score: Any,
    seen: Any,
    forgiven: Any,
) -> None:
    """Close a path that came from the source `u` to `x` over an enmity over two bonds more."""
    rank, between, chance, past = backs.rank, backs.between, backs.chance, backs.past
    stop = bounds[x, 1]
    while bounds[x, 0] < stop and rank[bounds[x, 0]] <= lowest:
        bounds[x, 0] += 1
    for i in range(bounds[x, 0], stop):
        v = rank[i]
        if v == own or between[i] == u or (barred == x and past[i]):
            continue
        if mark >= 0 and forgiven[v] == mark:
            continue
        _count(v, p * chance[i], score, seen)


@compiled
def laid_out(t: Tables, count: int) -> Any:
    """Every two bonds that lead from a node to one of `count` targets, by node and rank.

    Many sources are enemies of the same few nodes, above all of the groups that they left.
    """
    n, ranks = len(t.is_group), t.rank
    m_start, m_far, m_chance, m_past = (
        t.bond_to_bond.start,
        t.bond_to_bond.far,
        t.bond_to_bond.chance,
        t.bond_to_bond.past,
    )
    e_start, e_rank, e_chance = t.bond_end.start, t.bond_end.rank, t.bond_end.chance
    start = np.zeros(n + 1, dtype=np.int64)
    place = np.zeros(count + 1, dtype=np.int64)
    for x in range(n):
        for j in range(m_start[x], m_start[x + 1]):
            y = m_far[j]
            for i in range(e_start[y], e_start[y + 1]):
                if e_rank[i] != ranks[x]:
                    start[x + 1] += 1
                    place[e_rank[i] + 1] += 1
    for x in range(n):
        start[x + 1] += start[x]
    for v in range(count):
        place[v + 1] += place[v]
    # By rank first, then by node, so that ranks rise within each node.
    size = start[n]
    node, half, end = np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int64)
    for x in range(n):
        for j in range(m_start[x], m_start[x + 1]):
            y = m_far[j]
            for i in range(e_start[y], e_start[y + 1]):
                if e_rank[i] != ranks[x]:
                    at = place[e_rank[i]]
                    node[at], half[at], end[at] = x, j, i
                    place[e_rank[i]] += 1
    rank, between = np.empty(size, np.int32), np.empty(size, np.int32)
    chance, past = np.empty(size), np.empty(size, np.bool_)
    free = start.copy()
    for back in range(size):
        j, i = half[back], end[back]
        at = free[node[back]]
        free[node[back]] += 1
        rank[at], between[at] = e_rank[i], m_far[j]
        chance[at], past[at] = m_chance[j] * e_chance[i], m_past[j]
    return Backs(start, rank, between, chance, past)


@compiled
def _bounds(start: Any) -> Any:
    """Where the entries of each node begin and end, side by side: one look into memory."""
    bounds = np.empty((len(start) - 1, 2), dtype=np.int32)
    for node in range(len(bounds)):
        bounds[node, 0], bounds[node, 1] = start[node], start[node + 1]
    return bounds


@compiled
def join_rows(
    backs: Backs,
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
    ranks, is_group, chance, past = t.rank, t.is_group, t.chance, t.past
    e_start, e_far, e_edge = t.enmity.start, t.enmity.far, t.enmity.edge
    b_start, b_far, b_edge = t.bond.start, t.bond.far, t.bond.edge
    be_start, be_far = t.bond_to_enmity.start, t.bond_to_enmity.far
    be_chance, be_past = t.bond_to_enmity.chance, t.bond_to_enmity.past
    eb_start, eb_far = t.enmity_to_bond.start, t.enmity_to_bond.far
    eb_chance, eb_group = t.enmity_to_bond.chance, t.enmity_to_bond.group
    b_rank = t.bond_end.rank
    b_chance, b_past = t.bond_end.chance, t.bond_end.past
    e_rank, e_chance = t.enmity_end.rank, t.enmity_end.chance
    e_group, e_leaves = t.enmity_end.group, t.enmity_end.leaves
    m_rank = t.member_end.rank
    m_chance, m_past = t.member_end.chance, t.member_end.past
    m_start, m_far, m_edge = t.membership.start, t.membership.far, t.membership.edge
    a_start, a_far, a_edge = t.alliance.start, t.alliance.far, t.alliance.edge
    left_start, left_far = t.groups_left.start, t.groups_left.far
    by_start, by_far = t.left_by.start, t.left_by.far
    # Outside the loops: compiled code counts references of what it takes out of a tuple.
    defection, defector, group, is_direct = t.defection, t.defector, t.group, t.direct
    b_bounds, e_bounds = _bounds(t.bond_end.start), _bounds(t.enmity_end.start)
    m_bounds, d_bounds = _bounds(t.member_end.start), _bounds(backs.start)
    score = np.zeros((count, 2))
    direct = np.zeros(count, dtype=np.bool_)
    seen = np.zeros(count // BLOCK + 1, dtype=np.bool_)
    forgiven = np.full(count, -1, dtype=np.int64)
    sure = np.zeros(len(is_group), dtype=np.int32)
    mark, nobody, size = 0, -2, 0
    rows, columns = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    h_max, h_or, told = np.empty(1024), np.empty(1024), np.empty(1024, dtype=np.bool_)
    for at in range(first, last):
        u = sources[at]
        own, lowest = ranks[u], at if same else -1
        for i in range(left_start[u], left_start[u + 1]):
            sure[left_far[i]] = u + 1
        _close_enmities(
            u, 1.0, False, own, u, lowest, own, e_bounds, e_rank, e_chance, e_group,
            e_leaves, score, seen, sure,
        )  # fmt: skip
        # Enmity first: then a bond to a target, or one more bond between.
        for i in range(e_start[u], e_start[u + 1]):
            x, edge = e_far[i], e_edge[i]
            p, barred, forgives = chance[edge], -1, nobody
            if defection[edge]:
                barred = group[edge]
                if defector[edge] == u:
                    mark += 1
                    forgives = mark
                    for j in range(by_start[barred], by_start[barred + 1]):
                        forgiven[ranks[by_far[j]]] = mark
            if ranks[x] > lowest and is_direct[edge] and p > 0.0:
                direct[ranks[x]] = True
            if length >= 2:
                _close_bonds(
                    x, p, barred, own, forgives, lowest, own, b_bounds, b_rank, b_chance,
                    b_past, score, seen, forgiven,
                )  # fmt: skip
            if length >= 3:
                _close_twice(
                    x, p, barred, u, forgives, lowest, own, d_bounds, backs, score, seen, forgiven,
                )  # fmt: skip
        # A bond first: then an enmity to a target; or an enmity and a bond, or the reverse.
        for i in range(b_start[u] if length >= 2 else b_start[u + 1], b_start[u + 1]):
            x, edge = b_far[i], b_edge[i]
            p, over_past, apart = chance[edge], past[edge], ranks[x]
            _close_enmities(
                x, p, over_past, own, u, lowest, own, e_bounds, e_rank, e_chance, e_group,
                e_leaves, score, seen, sure,
            )  # fmt: skip
            if length < 3:
                continue
            for j in range(eb_start[x], eb_start[x + 1]):
                y, barred = eb_far[j], eb_group[j]
                if y != u and (barred != x or not over_past):
                    _close_bonds(
                        y, p * eb_chance[j], barred, apart, nobody, lowest, own, b_bounds,
                        b_rank, b_chance, b_past, score, seen, forgiven,
                    )  # fmt: skip
            for j in range(be_start[x], be_start[x + 1]):
                y = be_far[j]
                if y != u:
                    _close_enmities(
                        y, p * be_chance[j], be_past[j], apart, u, lowest, own, e_bounds,
                        e_rank, e_chance, e_group, e_leaves, score, seen, sure,
                    )  # fmt: skip
        # Member, group, rival group, member, with one ally on either side.
        for i in range(m_start[u] if not is_group[u] else m_start[u + 1], m_start[u + 1]):
            home, p = m_far[i], chance[m_edge[i]]
            for j in range(e_start[home], e_start[home + 1]):
                rival, q = e_far[j], p * chance[e_edge[j]]
                if not is_group[rival]:
                    continue
                if length < 3:
                    _close_bonds(
                        rival, q, -1, own, nobody, lowest, own, m_bounds, m_rank, m_chance,
                        m_past, score, seen, forgiven,
                    )  # fmt: skip
                for k in range(a_start[rival], a_start[rival + 1]):
                    ally = a_far[k]
                    if is_group[ally] and ally != home:
                        _close_bonds(
                            ally, q * chance[a_edge[k]], -1, own, nobody, lowest, own, m_bounds,
                            m_rank, m_chance, m_past, score, seen, forgiven,
                        )  # fmt: skip
            for j in range(a_start[home], a_start[home + 1]):
                ally, q = a_far[j], p * chance[a_edge[j]]
                if not is_group[ally]:
                    continue
                for k in range(e_start[ally], e_start[ally + 1]):
                    rival = e_far[k]
                    if is_group[rival] and rival != home:
                        _close_bonds(
                            rival, q * chance[e_edge[k]], -1, own, nobody, lowest, own, m_bounds,
                            m_rank, m_chance, m_past, score, seen, forgiven,
                        )  # fmt: skip
        for block in range((lowest + 1) // BLOCK, len(seen)):
            if not seen[block]:
                continue
            seen[block] = False
            for cell in range(block * BLOCK, min((block + 1) * BLOCK, count)):
                if score[cell, 0] == 0.0:
                    continue
                if score[cell, 1] >= least or direct[cell]:
                    if size == len(rows):
                        rows, columns, h_max = longer(rows), longer(columns), longer(h_max)
                        h_or, told = longer(h_or), longer(told)
                    rows[size], columns[size] = at, cell
                    h_max[size], told[size] = score[cell, 0], direct[cell]
                    h_or[size] = max(score[cell, 0], score[cell, 1])
                    size += 1
                    direct[cell] = False
                score[cell, 0] = score[cell, 1] = 0.0
    return rows[:size], columns[:size], h_max[:size], h_or[:size], told[:size]
