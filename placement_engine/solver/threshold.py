"""The bottleneck: whether everybody can stay below a limit at all.

Arc consistency closes each site at which some rival has no site left that both may stand,
and at which the least that own pairs can cost passes a limit. It only ever closes what no
plan can use; whether there is room for everybody in what is left, the prices tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from placement_engine.solver.kernels.messages import CLOSED, supported
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
        for e, (a, b) in enumerate(rivalry.ends.tolist()):
            for k, other, line in ((a, b, rivalry.lines[e, 0]), (b, a, rivalry.lines[e, 1])):
                if line >= 0:
                    supported(
                        rivalry.tables[line],
                        unary[k],
                        unary[other],
                        int(wide.ceiling[k]),
                        int(wide.ceiling[other]),
                        share[k],
                    )
        unary[share > wide.ceiling[:, None]] = CLOSED
        unary[share >= CLOSED] = CLOSED
        if not (unary < CLOSED).any(axis=1).all():
            return replace(wide, unary=unary, broken=True)
    return replace(wide, unary=unary)
