"""Compiled kernels of the join; imported only inside the function that runs them.

`join_arrays` is the same on flat numpy arrays and tells the meaning. One row is one source:
its paths are followed by plain loops, and whatever closes at a target is added to that
target's cell of a row that stays in the processor's cache. The loops take plain arrays and
not tuples of them, which compiled code would count references of at every step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement_engine.compiled import compiled
from placement_engine.graph.join_tables import Tables


@compiled
def _close_bonds(
    y: int,
    p: float,
    barred: int,
    apart: int,
    mark: int,
    lowest: int,
    own: int,
    begin: Any,
    start: Any,
    rank: Any,
    chance: Any,
    past: Any,
    best: Any,
    joined: Any,
    hit: Any,
    used: Any,
    forgiven: Any,
) -> None:
    """Close a path that stands at `y` over one bond more.

    Sources come in order of rank, so that `begin` passes what is `lowest` and below for good.
    Not at the ranks `own` and `apart`, which stand on it already. `barred` is a group whose
    past members do not count here; whom the defection that the path began with forgives has
    `mark` in `forgiven`.
    """
    stop = start[y + 1]
    while begin[y] < stop and rank[begin[y]] <= lowest:
        begin[y] += 1
    for i in range(begin[y], stop):
        v = rank[i]
        if v in (own, apart):
            continue
        if forgiven[v] == mark or (barred == y and past[i]):
            continue
        q = p * chance[i]
        if q > 0.0:
            if best[v] == 0.0:
                hit[used[0]] = v
                used[0] += 1
            if q > best[v]:
                best[v] = q
            joined[v] += q * (1.0 - joined[v])


@compiled
def _close_enmities(
    y: int,
    p: float,
    over_past: bool,
    apart: int,
    u: int,
    lowest: int,
    own: int,
    begin: Any,
    start: Any,
    rank: Any,
    chance: Any,
    group: Any,
    leaves: Any,
    best: Any,
    joined: Any,
    hit: Any,
    used: Any,
    sure: Any,
) -> None:
    """Close a path that came to `y` over a bond, `over_past` a past one, over an enmity.

    `group` is that of a defection, or -1; `leaves` tells that the target is who left it. The
    groups that the source `u` has left for sure have `u` in `sure`.
    """
    stop = start[y + 1]
    while begin[y] < stop and rank[begin[y]] <= lowest:
        begin[y] += 1
    for i in range(begin[y], stop):
        v = rank[i]
        if v in (own, apart):
            continue
        g = group[i]
        if g >= 0 and ((over_past and g == y) or (leaves[i] and sure[g] == u)):
            continue
        q = p * chance[i]
        if q > 0.0:
            if best[v] == 0.0:
                hit[used[0]] = v
                used[0] += 1
            if q > best[v]:
                best[v] = q
            joined[v] += q * (1.0 - joined[v])


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
    ranks, is_group, chance, past = t.rank, t.is_group, t.chance, t.past
    e_start, e_far, e_edge = t.enmity.start, t.enmity.far, t.enmity.edge
    b_start, b_far, b_edge = t.bond.start, t.bond.far, t.bond.edge
    bb_start, bb_far, bb_chance = t.bond_to_bond.start, t.bond_to_bond.far, t.bond_to_bond.chance
    be_start, be_far = t.bond_to_enmity.start, t.bond_to_enmity.far
    be_chance, be_past = t.bond_to_enmity.chance, t.bond_to_enmity.past
    bb_past = t.bond_to_bond.past
    eb_start, eb_far, eb_edge = (
        t.enmity_to_bond.start,
        t.enmity_to_bond.far,
        t.enmity_to_bond.edge,
    )
    b_end, b_rank = t.bond_end.start, t.bond_end.rank
    b_chance, b_past = t.bond_end.chance, t.bond_end.past
    e_end, e_rank, e_chance = t.enmity_end.start, t.enmity_end.rank, t.enmity_end.chance
    e_group, e_leaves = t.enmity_end.group, t.enmity_end.leaves
    m_end, m_rank = t.member_end.start, t.member_end.rank
    m_chance, m_past = t.member_end.chance, t.member_end.past
    m_start, m_far, m_edge = t.membership.start, t.membership.far, t.membership.edge
    a_start, a_far, a_edge = t.alliance.start, t.alliance.far, t.alliance.edge
    b_begin, e_begin, m_begin = b_end.copy(), e_end.copy(), m_end.copy()
    best, joined = np.zeros(count), np.zeros(count)
    direct = np.zeros(count, dtype=np.bool_)
    hit, used = np.empty(count, dtype=np.int64), np.zeros(1, dtype=np.int64)
    forgiven = np.full(count, -1, dtype=np.int64)
    sure = np.full(len(is_group), -1, dtype=np.int64)
    mark, nobody, size = 0, -2, 0
    rows, columns = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    h_max, h_or, told = np.empty(1024), np.empty(1024), np.empty(1024, dtype=np.bool_)
    for at in range(first, last):
        u = sources[at]
        own, lowest = ranks[u], at if same else -1
        used[0] = 0
        for i in range(t.groups_left.start[u], t.groups_left.start[u + 1]):
            sure[t.groups_left.far[i]] = u
        _close_enmities(
            u, 1.0, False, own, u, lowest, own, e_begin, e_end, e_rank, e_chance, e_group,
            e_leaves, best, joined, hit, used, sure,
        )  # fmt: skip
        # Enmity first: then a bond to a target, or one more bond between.
        for i in range(e_start[u], e_start[u + 1]):
            x, edge = e_far[i], e_edge[i]
            p, barred, forgives = chance[edge], -1, nobody
            if t.defection[edge]:
                barred = t.group[edge]
                if t.defector[edge] == u:
                    mark += 1
                    forgives = mark
                    for j in range(t.left_by.start[barred], t.left_by.start[barred + 1]):
                        forgiven[ranks[t.left_by.far[j]]] = mark
            if ranks[x] > lowest and t.direct[edge] and p > 0.0:
                direct[ranks[x]] = True
            if length >= 2:
                _close_bonds(
                    x, p, barred, own, forgives, lowest, own, b_begin, b_end, b_rank, b_chance,
                    b_past, best, joined, hit, used, forgiven,
                )  # fmt: skip
            if length >= 3:
                apart = ranks[x]
                for j in range(bb_start[x], bb_start[x + 1]):
                    y = bb_far[j]
                    if y != u and (barred != x or not bb_past[j]):
                        _close_bonds(
                            y, p * bb_chance[j], -1, apart, forgives, lowest, own, b_begin, b_end,
                            b_rank, b_chance, b_past, best, joined, hit, used, forgiven,
                        )  # fmt: skip
        # A bond first: then an enmity to a target; or an enmity and a bond, or the reverse.
        for i in range(b_start[u] if length >= 2 else b_start[u + 1], b_start[u + 1]):
            x, edge = b_far[i], b_edge[i]
            p, over_past, apart = chance[edge], past[edge], ranks[x]
            _close_enmities(
                x, p, over_past, own, u, lowest, own, e_begin, e_end, e_rank, e_chance, e_group,
                e_leaves, best, joined, hit, used, sure,
            )  # fmt: skip
            if length < 3:
                continue
            for j in range(eb_start[x], eb_start[x + 1]):
                y, enmity = eb_far[j], eb_edge[j]
                barred = t.group[enmity] if t.defection[enmity] else -1
                if y != u and (barred != x or not over_past):
                    _close_bonds(
                        y, p * chance[enmity], barred, apart, nobody, lowest, own, b_begin, b_end,
                        b_rank, b_chance, b_past, best, joined, hit, used, forgiven,
                    )  # fmt: skip
            for j in range(be_start[x], be_start[x + 1]):
                y = be_far[j]
                if y != u:
                    _close_enmities(
                        y, p * be_chance[j], be_past[j], apart, u, lowest, own, e_begin, e_end,
                        e_rank, e_chance, e_group, e_leaves, best, joined, hit, used, sure,
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
                        rival, q, -1, own, nobody, lowest, own, m_begin, m_end, m_rank, m_chance,
                        m_past, best, joined, hit, used, forgiven,
                    )  # fmt: skip
                for k in range(a_start[rival], a_start[rival + 1]):
                    ally = a_far[k]
                    if is_group[ally] and ally != home:
                        _close_bonds(
                            ally, q * chance[a_edge[k]], -1, own, nobody, lowest, own, m_begin,
                            m_end, m_rank, m_chance, m_past, best, joined, hit, used, forgiven,
                        )  # fmt: skip
            for j in range(a_start[home], a_start[home + 1]):
                ally, q = a_far[j], p * chance[a_edge[j]]
                if not is_group[ally]:
                    continue
                for k in range(e_start[ally], e_start[ally + 1]):
                    rival = e_far[k]
                    if is_group[rival] and rival != home:
                        _close_bonds(
                            rival, q * chance[e_edge[k]], -1, own, nobody, lowest, own, m_begin,
                            m_end, m_rank, m_chance, m_past, best, joined, hit, used, forgiven,
                        )  # fmt: skip
        kept = 0
        for i in range(used[0]):
            cell = hit[i]
            if joined[cell] >= least or direct[cell]:
                hit[kept] = cell
                kept += 1
            else:
                best[cell] = joined[cell] = 0.0
        hit[:kept].sort()
        for cell in hit[:kept]:
            if size == len(rows):
                rows, columns, h_max = _longer(rows), _longer(columns), _longer(h_max)
                h_or, told = _longer(h_or), _longer(told)
            rows[size], columns[size] = at, cell
            h_max[size], told[size] = best[cell], direct[cell]
            h_or[size] = max(best[cell], joined[cell])
            size += 1
            best[cell] = joined[cell] = 0.0
            direct[cell] = False
    return rows[:size], columns[:size], h_max[:size], h_or[:size], told[:size]


@compiled
def risk_rows(
    first: Any,
    target: Any,
    hostility: Any,
    gang: Any,
    start: Any,
    site: Any,
    strength: Any,
    exposure: Any,
    rows: Any,
    begin: int,
    end: int,
) -> None:
    """Fill the rows of `risk_matrix` from `begin` to before `end`."""
    sites = len(exposure)
    unmet, safe = np.empty(sites), np.empty(sites)
    for person in range(begin, end):
        safe[:] = 1.0
        i = first[person]
        while i < first[person + 1]:
            own, stop, shared = gang[target[i]], i, 0.0
            while stop < first[person + 1] and gang[target[stop]] == own:
                shared = max(shared, hostility[stop])
                stop += 1
            unmet[:] = 1.0
            for j in range(i, stop):
                for k in range(start[target[j]], start[target[j] + 1]):
                    share = hostility[j] / shared * strength[k]
                    near = exposure[site[k]]
                    for m in range(sites):
                        unmet[m] *= 1.0 - share * near[m]
            for m in range(sites):
                safe[m] *= 1.0 - shared * (1.0 - unmet[m])
            i = stop
        for m in range(sites):
            rows[person, m] = 1.0 - safe[m]
