"""The bottleneck: whether everybody can stay below a limit at all.

Arc consistency closes each site at which some rival has no site left that both may stand,
and at which the least that own pairs can cost passes a limit. It only ever closes what no
plan can use. Whether there is room for everybody in what is left is a flow: the transport
problem finds a path to a free place for each of them, or there is none, which is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from placement_engine.solver.kernels.messages import CLOSED, support_all
from placement_engine.solver.kernels.transport import transport
from placement_engine.solver.wide import Wide

MOST_PASSES = 20
"""Passes over all pairs; each one that closes nothing is the last."""


def consistent(wide: Wide, *, stop: Callable[[], bool]) -> Wide:
    """Close sites that no plan can use; `broken` where nothing is left to somebody."""
    if wide.broken:
        return wide
    rivalry = wide.rivalry
    unary = wide.unary.copy()
    before = -1
    for _ in range(MOST_PASSES):
        left = int((unary < CLOSED).sum())
        if left == before or stop():
            break
        before = left
        share = unary.copy()
        support_all(rivalry.tables, rivalry.lines, rivalry.ends, unary, wide.ceiling, share)
        unary[share > wide.ceiling[:, None]] = CLOSED
        unary[share >= CLOSED] = CLOSED
        if not (unary < CLOSED).any(axis=1).all():
            return replace(wide, unary=unary, broken=True)
    return replace(wide, unary=unary)


def fits(wide: Wide) -> bool:
    """Whether the places hold everybody at open sites, households split and rivals forgotten."""
    if wide.broken:
        return False
    cost = np.where(wide.open, 0, CLOSED)
    return transport(cost, wide.demand, wide.free, np.zeros_like(wide.free))
