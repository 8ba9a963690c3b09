"""What those who stay cost movers, added up, and which sites their limits close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement_engine.compiled import compiled
from placement_engine.problem import IntArray
from placement_engine.solver.kernels.messages import CLOSED
from placement_engine.solver.kernels.pairs import WALL, SmallArray


@compiled
def add_ties(mover: IntArray, cost: SmallArray, fine: int, unary: IntArray) -> None:
    """Add P × M micro-nats of ties to the n × M fine costs of the movers they belong to.

    Parameters
    ----------
    unary
        Changed; `CLOSED` where a tie allows nothing.
    """
    for p in range(len(mover)):
        mine = unary[mover[p]]
        for x in range(mine.size):
            if cost[p, x] >= WALL or mine[x] >= CLOSED:
                mine[x] = CLOSED
            else:
                mine[x] += cost[p, x] * fine


@compiled
def close_ties(
    order: IntArray,
    mover: IntArray,
    stays: IntArray,
    cost: SmallArray,
    slack: IntArray,
    unary: IntArray,
    binds: NDArray[np.bool_],
) -> None:
    """Close sites where one mover alone passes the limit of somebody who stays.

    Parameters
    ----------
    order
        Ties, those of one who stays side by side.
    slack
        K micro-nats that movers may add to each subject's share.
    unary
        n × M fine costs; `CLOSED` where closed.
    binds
        P truth values, filled: whether movers together can pass the limit in what is left.
    """
    start = 0
    while start < len(order):
        subject = stays[order[start]]
        end = start
        while end < len(order) and stays[order[end]] == subject:
            p = order[end]
            for x in range(unary.shape[1]):
                if cost[p, x] > slack[subject]:
                    unary[mover[p], x] = CLOSED
            end += 1
        most = np.int64(0)
        for q in range(start, end):
            p = order[q]
            dearest = np.int64(0)
            for x in range(unary.shape[1]):
                if unary[mover[p], x] < CLOSED:
                    dearest = max(dearest, np.int64(cost[p, x]))
            most += dearest
        for q in range(start, end):
            binds[order[q]] = most > slack[subject]
        start = end
