"""Dangers of one gang are counted once: its groups and its people share the same quarrel.

See ``docs/adr/0006-dangers-of-one-gang.md``. For a gang with dangers i, each hostile with
``h_i`` and met with ``x_i <= h_i``, the shared quarrel is as likely as the worst of them,
``s = max h_i``, and given the quarrel the dangers are met independently:
``p = s * (1 - prod(1 - x_i / s))``. Raising any ``h_i`` or ``x_i`` never lowers ``p``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placement_engine.problem import IntArray, micronats, micronats_array

FloatArray = NDArray[np.float64]


def gang_cost(hostility: Sequence[float], met: Sequence[float], gang: Sequence[int]) -> int:
    """Micro-nats of dangers, gang by gang, in plain Python.

    Parameters
    ----------
    hostility
        ``h_i`` of each danger.
    met
        ``x_i``: hostile and met within a year; at most ``h_i``.
    gang
        Key of the gang of each danger.

    Examples
    --------
    >>> gang_cost([0.5, 0.5], [0.1, 0.1], [1, 2]) > gang_cost([0.5, 0.5], [0.1, 0.1], [1, 1])
    True
    """
    shared: dict[int, float] = {}
    for key, h in zip(gang, hostility, strict=True):
        shared[key] = max(shared.get(key, 0.0), h)
    unmet = dict.fromkeys(shared, 1.0)
    for key, x in zip(gang, met, strict=True):
        if shared[key] > 0:
            unmet[key] *= 1 - x / shared[key]
    return sum(micronats(shared[key] * (1 - unmet[key])) for key in shared)


def gang_costs(hostility: FloatArray, met: FloatArray, gang: IntArray) -> IntArray:
    """`gang_cost` of each leading index of arrays that broadcast together.

    Parameters
    ----------
    hostility, met
        (..., A) as in `gang_cost`; leading shapes broadcast.
    gang
        (A,) key of the gang of each danger.

    Returns
    -------
    (...) micro-nats.
    """
    leading = np.broadcast_shapes(hostility.shape, met.shape)[:-1]
    if len(gang) == 0:
        return np.zeros(leading, dtype=np.int64)
    order = np.argsort(gang, kind="stable")
    starts = np.flatnonzero(np.diff(gang[order], prepend=gang[order[0]] - 1))
    shared = np.maximum.reduceat(hostility[..., order], starts, axis=-1)
    divisor = np.where(shared > 0, shared, 1.0)
    sizes = np.diff(starts, append=len(order))
    unmet = np.ones((*leading, len(starts)))
    # The k-th danger of every gang at once, in the order of the scalar form, so that both
    # round alike.
    for k in range(int(sizes.max())):
        among = np.flatnonzero(sizes > k)
        danger = order[starts[among] + k]
        unmet[..., among] *= 1 - met[..., danger] / divisor[..., among]
    costs: IntArray = micronats_array(shared * (1 - unmet)).sum(axis=-1)
    return costs


def gang_costs_of_pairs(
    at: IntArray, hostility: FloatArray, met: FloatArray, gang: IntArray, *, rows: int
) -> tuple[IntArray, IntArray]:
    """`gang_costs` where only the dangers of each row are told that are hostile at all.

    Parameters
    ----------
    at
        (Q,) row of each pair; the dangers of a row in order.
    hostility, met, gang
        (Q,) as in `gang_cost`.
    rows
        R.

    Returns
    -------
    (R,) micro-nats, and (R,) how many gangs cost anything.
    """
    total, costing = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    if len(at):
        order = np.lexsort((gang, at))
        row, key, h, x = at[order], gang[order], hostility[order], met[order]
        first = np.append(True, (row[1:] != row[:-1]) | (key[1:] != key[:-1]))
        starts = np.flatnonzero(first)
        shared = np.maximum.reduceat(h, starts)
        divisor = np.where(shared > 0, shared, 1.0)[np.cumsum(first) - 1]
        unmet = np.multiply.reduceat(1 - x / divisor, starts)
        np.add.at(total, row[starts], micronats_array(shared * (1 - unmet)))
        np.add.at(costing, row[starts], np.logical_or.reduceat(x > 0, starts))
    return total, costing
