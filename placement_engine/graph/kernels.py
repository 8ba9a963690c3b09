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
from placement_engine.graph.half_edges import Backs, room_for
from placement_engine.graph.join_arrays import Rows
from placement_engine.graph.join_tables import Tables

BLOCK = 8
"""Neighbouring targets that one mark tells of: whether any of them was reached. A mark is a
byte, and eight of them are one word that is looked at first."""


ROOM = 2**18
"""Pairs that are found room for at once."""
_FEW = 8
"""Ranks that are looked at one by one."""
SHIFT = 3
"""Bits of a target's rank within its block."""


@compiled
def marks_of(count: int) -> Any:
    """Words, and their marks, for so many targets: none is reached yet."""
    words = np.zeros(count // (BLOCK * BLOCK) + 1, dtype=np.uint64)
    return words, words.view(np.bool_)


@compiled
def _count(v: int, q: float, score: Any, seen: Any) -> None:
    """Add a path of chance `q` to the target of rank `v`: its best and its joined chance."""
    # A question of whether q is above 0, or a list of the targets, would make each path wait
    # until the one before is done: it takes twice as long.
    best, joined = score[v, 0], score[v, 1]
    seen[v >> SHIFT] = True
    score[v, 0] = max(q, best)
    score[v, 1] = joined + q * (1.0 - joined)


@compiled
def _above(lowest: int, rank: Any, first: int, last: int) -> int:
    """The first from `first` to before `last` that is above `lowest`, of ranks that rise."""
    while last - first > _FEW:
        middle = (first + last) >> 1
        if rank[middle] <= lowest:
            first = middle + 1
        else:
            last = middle
    while first < last and rank[first] <= lowest:
        first += 1
    return first


@compiled
def _close_bonds(
    y: int,
    p: float,
    barred: int,
    apart: int,
    mark: int,
    lowest: int,
    own: int,
    start: Any,
    rank: Any,
    chance: Any,
    past: Any,
    score: Any,
    seen: Any,
    forgiven: Any,
) -> None:
    """Close a path that stands at `y` over one bond more.

    Only above the rank `lowest`, and not at the ranks `own` and `apart`, which stand on it
    already. `barred` is a group whose
    past members do not count here; whom the defection that the path began with forgives has
    `mark`, if that is not negative, in `forgiven`.
    """
    stop = start[y + 1]
    for i in range(_above(lowest, rank, start[y], stop), stop):
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
    start: Any,
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
    stop = start[y + 1]
    for i in range(_above(lowest, rank, start[y], stop), stop):
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
    backs: Backs,
    score: Any,
    seen: Any,
    forgiven: Any,
) -> None:
    """Close a path that came from the source `u` to `x` over an enmity over two bonds more."""
    start, rank, between = backs.start, backs.rank, backs.between
    chance, past = backs.chance, backs.past
    stop = start[x + 1]
    for i in range(_above(lowest, rank, start[x], stop), stop):
        v = rank[i]
        if v == own or between[i] == u or (barred == x and past[i]):
            continue
        if mark >= 0 and forgiven[v] == mark:
            continue
        _count(v, p * chance[i], score, seen)


class Found(NamedTuple):
    """Columns of pairs, to be filled: the columns of `PairTable`."""

    source: Any
    target: Any
    h_max: Any
    h_or: Any
    direct: Any


def rows_of(
    t: Tables,
    sources: Any,
    rows: Any,
    count: int,
    same: bool,
    length: int,
    least: float,
) -> list[Rows]:
    """Pairs of the sources at `rows`, which rise, with `count` targets, in order.

    ``same`` where both sides are the same people, of whom each pair is then told once.
    """
    assert t.backs is not None
    left = np.zeros(len(t.is_group), dtype=np.int32)
    parts, at = list[Rows](), 0
    while at < len(rows):
        size = max(ROOM, 2 * count)
        found = Found(
            *room_for(
                (size, np.int64),
                (size, np.int64),
                (size, np.float64),
                (size, np.float64),
                (size, np.bool_),
            )
        )
        at, used = join_rows(t, left, found, sources, rows, at, count, same, length, least)
        source, target, h_max, h_or, direct = (column[:used] for column in found)
        parts.append((source, target, h_max, h_or, direct))
    return parts


@compiled
def join_rows(
    t: Tables,
    sure: Any,
    found: Found,
    sources: Any,
    rows: Any,
    begin: int,
    count: int,
    same: bool,
    length: int,
    least: float,
) -> Any:
    """Fill in pairs of the rows from `begin` on while a whole row has room.

    The next row, and how many pairs there are. `sure` (n,) has room for one more than the
    source that has left a group for sure.
    """
    ranks, is_group = t.rank, t.is_group
    backs: Any = t.backs
    e_start, e_far, e_edge = t.enmity.start, t.enmity.far, t.enmity.edge
    en_chance, en_group = t.enmity.chance, t.enmity.group
    b_start, b_far, bo_chance, bo_past = t.bond.start, t.bond.far, t.bond.chance, t.bond.past
    be_start, be_far = t.bond_to_enmity.start, t.bond_to_enmity.far
    be_chance, be_past = t.bond_to_enmity.chance, t.bond_to_enmity.past
    eb_start, eb_far = t.enmity_to_bond.start, t.enmity_to_bond.far
    eb_chance, eb_group = t.enmity_to_bond.chance, t.enmity_to_bond.group
    b_rank, bonds_start = t.bond_end.rank, t.bond_end.start
    b_chance, b_past = t.bond_end.chance, t.bond_end.past
    e_rank, e_chance = t.enmity_end.rank, t.enmity_end.chance
    ends_start, members_start = t.enmity_end.start, t.member_end.start
    e_group, e_leaves = t.enmity_end.group, t.enmity_end.leaves
    m_rank = t.member_end.rank
    m_chance, m_past = t.member_end.chance, t.member_end.past
    m_start, m_far, mo_chance = t.membership.start, t.membership.far, t.membership.chance
    a_start, a_far, a_chance = t.alliance.start, t.alliance.far, t.alliance.chance
    left_start, left_far = t.groups_left.start, t.groups_left.far
    by_start, by_far = t.left_by.start, t.left_by.far
    # Outside the loops: compiled code counts references of what it takes out of a tuple.
    defector, is_direct = t.defector, t.direct
    lines, columns, h_max, h_or, told = found
    score = np.zeros((count, 2))
    direct = np.zeros(count, dtype=np.bool_)
    words, seen = marks_of(count)
    forgiven = np.full(count, -1, dtype=np.int64)
    mark, nobody, size = 0, -2, 0
    for turn in range(begin, len(rows)):
        if size + count > len(lines):
            return turn, size
        at = rows[turn]
        u = sources[at]
        own, lowest = ranks[u], at if same else -1
        for i in range(left_start[u], left_start[u + 1]):
            sure[left_far[i]] = u + 1
        _close_enmities(
            u, 1.0, False, own, u, lowest, own, ends_start, e_rank, e_chance, e_group,
            e_leaves, score, seen, sure,
        )  # fmt: skip
        # Enmity first: then a bond to a target, or one more bond between.
        for i in range(e_start[u], e_start[u + 1]):
            x, edge = e_far[i], e_edge[i]
            p, barred, forgives = en_chance[i], en_group[i], nobody
            if barred >= 0 and defector[edge] == u:
                mark += 1
                forgives = mark
                for j in range(by_start[barred], by_start[barred + 1]):
                    forgiven[ranks[by_far[j]]] = mark
            if ranks[x] > lowest and is_direct[edge] and p > 0.0:
                direct[ranks[x]] = True
            if length >= 2:
                _close_bonds(
                    x, p, barred, own, forgives, lowest, own, bonds_start, b_rank, b_chance,
                    b_past, score, seen, forgiven,
                )  # fmt: skip
            if length >= 3:
                _close_twice(
                    x, p, barred, u, forgives, lowest, own, backs, score, seen, forgiven,
                )  # fmt: skip
        # A bond first: then an enmity to a target; or an enmity and a bond, or the reverse.
        for i in range(b_start[u] if length >= 2 else b_start[u + 1], b_start[u + 1]):
            x, p, over_past = b_far[i], bo_chance[i], bo_past[i]
            apart = ranks[x]
            _close_enmities(
                x, p, over_past, own, u, lowest, own, ends_start, e_rank, e_chance, e_group,
                e_leaves, score, seen, sure,
            )  # fmt: skip
            if length < 3:
                continue
            for j in range(eb_start[x], eb_start[x + 1]):
                y, barred = eb_far[j], eb_group[j]
                if y != u and (barred != x or not over_past):
                    _close_bonds(
                        y, p * eb_chance[j], barred, apart, nobody, lowest, own, bonds_start,
                        b_rank, b_chance, b_past, score, seen, forgiven,
                    )  # fmt: skip
            for j in range(be_start[x], be_start[x + 1]):
                y = be_far[j]
                if y != u:
                    _close_enmities(
                        y, p * be_chance[j], be_past[j], apart, u, lowest, own, ends_start,
                        e_rank, e_chance, e_group, e_leaves, score, seen, sure,
                    )  # fmt: skip
        # Member, group, rival group, member, with one ally on either side.
        for i in range(m_start[u] if not is_group[u] else m_start[u + 1], m_start[u + 1]):
            home, p = m_far[i], mo_chance[i]
            for j in range(e_start[home], e_start[home + 1]):
                rival, q = e_far[j], p * en_chance[j]
                if not is_group[rival]:
                    continue
                if length < 3:
                    _close_bonds(
                        rival, q, -1, own, nobody, lowest, own, members_start, m_rank, m_chance,
                        m_past, score, seen, forgiven,
                    )  # fmt: skip
                for k in range(a_start[rival], a_start[rival + 1]):
                    ally = a_far[k]
                    if is_group[ally] and ally != home:
                        _close_bonds(
                            ally, q * a_chance[k], -1, own, nobody, lowest, own, members_start,
                            m_rank, m_chance, m_past, score, seen, forgiven,
                        )  # fmt: skip
            for j in range(a_start[home], a_start[home + 1]):
                ally, q = a_far[j], p * a_chance[j]
                if not is_group[ally]:
                    continue
                for k in range(e_start[ally], e_start[ally + 1]):
                    rival = e_far[k]
                    if is_group[rival] and rival != home:
                        _close_bonds(
                            rival, q * en_chance[k], -1, own, nobody, lowest, own, members_start,
                            m_rank, m_chance, m_past, score, seen, forgiven,
                        )  # fmt: skip
        for word in range((lowest + 1) // (BLOCK * BLOCK), len(words)):
            if not words[word]:
                continue
            for block in range(BLOCK * word, BLOCK * word + BLOCK):
                if not seen[block]:
                    continue
                for cell in range(BLOCK * block, min(BLOCK * block + BLOCK, count)):
                    if score[cell, 0] == 0.0:
                        continue
                    if score[cell, 1] >= least or direct[cell]:
                        lines[size], columns[size] = at, cell
                        h_max[size], told[size] = score[cell, 0], direct[cell]
                        h_or[size] = max(score[cell, 0], score[cell, 1])
                        size += 1
                        direct[cell] = False
                    score[cell, 0] = score[cell, 1] = 0.0
            words[word] = 0
    return len(rows), size
