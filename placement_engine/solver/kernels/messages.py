"""Messages over the rivalry graph and the least that is left of a pair's costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import COMPILED, compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.pairs import WALL, SmallArray

CLOSED = 1 << 60
"""Fine cost of a site that is not open."""
LARGEST = int(np.iinfo(np.int32).max)


def _message_by_rows(table: SmallArray, own: IntArray, most: int, out: SmallArray) -> int:
    """Least of cost and own cost at each site of the other; gives back what was left out.

    The other's entries are ``out + least of own``. Own sites that cost more than `most`, the
    highest entry of the table, above the least can never be the best partner.
    """
    low = np.int64(CLOSED)
    for i in range(own.size):
        low = min(low, own[i])
    for j in range(out.size):
        out[j] = LARGEST
    for i in range(table.shape[0]):
        if own[i] - low <= most:
            mine = np.int32(own[i] - low)
            for j in range(out.size):
                # Written so that it compiles to whole vectors of int32.
                out[j] = np.int32(min(out[j], np.int32(table[i, j] + mine)))
    return int(low)


def _message_at_once(table: SmallArray, own: IntArray, most: int, out: SmallArray) -> int:
    low = int(own.min())
    rows = np.flatnonzero(own - low <= most)
    out[:] = (table[rows] + (own[rows] - low)[:, None]).min(axis=0)
    return low


message = compiled(_message_by_rows) if COMPILED else _message_at_once


@compiled
def sweep(
    forward: bool,
    theta: IntArray,
    first: IntArray,
    edge: IntArray,
    other: IntArray,
    side: IntArray,
    line: IntArray,
    tables: SmallArray,
    most: IntArray,
    handed: IntArray,
) -> None:
    """One sweep of sequential tree-reweighted message passing (Kolmogorov 2006), in place.

    Each mover hands a part of her unary costs to every pair with a mover after her, and the
    pair hands all that it can to that mover.

    Parameters
    ----------
    theta
        n × M unary costs after messages and prices, `CLOSED` where not open.
    first
        n + 1: where each mover's pairs begin in the four arrays that follow.
    edge, other, side, line
        Number of the pair, the other mover, 0 where the mover is `a`, and the number of the
        table that has the mover's sites as rows.
    tables, most
        C × M × M fine costs, and the highest entry of each.
    handed
        E × 2 × M: what each pair has handed to its `a` and to its `b`.
    """
    n = theta.shape[0]
    sites = theta.shape[1]
    out = np.empty(sites, dtype=np.int32)
    own = np.empty(sites, dtype=np.int64)
    part = np.empty(sites, dtype=np.int64)
    for step in range(n):
        k = step if forward else n - 1 - step
        ahead = 0
        for p in range(first[k], first[k + 1]):
            if (other[p] > k) == forward:
                ahead += 1
        if ahead == 0:
            continue
        count = max(ahead, first[k + 1] - first[k] - ahead)
        mine = theta[k]
        low = mine.min()
        for x in range(sites):
            part[x] = 0
            if mine[x] < CLOSED:
                part[x] = min((mine[x] - low) // count, WALL)
                mine[x] -= part[x] * ahead
        for p in range(first[k], first[k + 1]):
            if (other[p] > k) != forward:
                continue
            e, s, j = edge[p], side[p], other[p]
            for x in range(sites):
                handed[e, s, x] -= part[x]
                own[x] = CLOSED if mine[x] >= CLOSED else -handed[e, s, x]
            base = message(tables[line[p]], own, most[line[p]], out)
            for y in range(sites):
                new = base + out[y]
                if theta[j, y] < CLOSED:
                    theta[j, y] += new - handed[e, 1 - s, y]
                handed[e, 1 - s, y] = new


@compiled
def leasts(
    tables: SmallArray,
    lines: IntArray,
    ends: IntArray,
    handed: IntArray,
    is_open: NDArray[np.bool_],
    some: IntArray,
) -> int:
    """Sum over pairs of the least of ``table - to_a - to_b`` over the open sites of both.

    Parameters
    ----------
    tables, lines, ends, handed
        Of E pairs; those without a table (line -1) count nothing.
    is_open
        n × M.
    some
        Pairs, by number, that are summed.
    """
    sites = is_open.shape[1]
    shut = np.empty(sites, dtype=np.int64)
    total = np.int64(0)
    for e in some:
        if lines[e, 0] < 0:
            continue
        a, b = ends[e]
        for j in range(sites):
            shut[j] = -handed[e, 1, j] if is_open[b, j] else CLOSED
        least = np.int64(CLOSED)
        for i in range(sites):
            if is_open[a, i]:
                row = tables[lines[e, 0], i]
                lowest = np.int64(CLOSED)
                for j in range(sites):
                    lowest = min(lowest, row[j] + shut[j])
                least = min(least, lowest - handed[e, 0, i])
        total += least
    return int(total)


@compiled
def supported(
    table: SmallArray,
    own: IntArray,
    others: IntArray,
    ceiling: int,
    other_ceiling: int,
    share: IntArray,
) -> None:
    """Add the least that a pair can cost at each site of one mover to her share.

    Parameters
    ----------
    table
        Rows for her sites.
    own, others
        M unary costs of her and of the other, `CLOSED` where not open.
    ceiling, other_ceiling
        What their shares may come to.
    share
        M, added to; `CLOSED` where the other has no site left.
    """
    for x in range(table.shape[0]):
        if own[x] >= CLOSED or share[x] >= CLOSED:
            continue
        most = min(ceiling - own[x], WALL - 1)
        least = np.int64(CLOSED)
        for y in range(table.shape[1]):
            cost = np.int64(table[x, y])
            room = other_ceiling - others[y] if others[y] < CLOSED else -1
            if cost < least and cost <= most and cost <= room:
                least = cost
                if cost == 0:
                    break
        share[x] = CLOSED if least >= CLOSED else share[x] + least


@compiled
def support_all(
    tables: SmallArray,
    lines: IntArray,
    ends: IntArray,
    unary: IntArray,
    ceiling: IntArray,
    share: IntArray,
) -> None:
    """`supported` for both ends of each of E pairs that has a table.

    Parameters
    ----------
    unary, ceiling
        n × M and n; see `supported`.
    share
        n × M, added to.
    """
    for e in range(len(ends)):
        a, b = ends[e]
        for side in range(2):
            if lines[e, side] >= 0:
                supported(
                    tables[lines[e, side]], unary[a], unary[b], ceiling[a], ceiling[b], share[a]
                )
            a, b = b, a
