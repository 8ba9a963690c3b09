"""Local search: one mover at a time to her best site, the others staying.

It only makes a good plan sooner; nothing is proved here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.model import CLOSED, BoolArray, Model


def relocated(model: Model, sites: Sequence[int], *, most_moves: int | None) -> tuple[int, ...]:
    """A plan no worse than `sites`, in which nobody alone could better the total.

    Parameters
    ----------
    sites
        An allowed plan of the movers.
    most_moves
        Limit of `moves` that must be kept, if any.

    """
    here = list(sites)
    better = True
    while better:
        better = False
        for k in range(len(here)):
            cost = cost_at(model, here, k)
            allowed = allowed_at(model, here, k, cost)
            if most_moves is not None:
                rest = model.value_of(model.moves, here) - int(model.moves[k, here[k]])
                allowed &= rest + model.moves[k] <= most_moves
            cost = np.where(allowed, cost, CLOSED)
            site = int(np.argmin(cost))
            if cost[site] < cost[here[k]]:
                here[k] = site
                better = True
    return tuple(here)


def cost_at(model: Model, sites: Sequence[int], k: int) -> IntArray:
    """M own shares of one mover, at each site, the others staying; `CLOSED` by a pair."""
    cost: IntArray = model.total[k].copy()
    for link in model.links:
        if k == link.a:
            cost += link.cost[:, sites[link.b]]
        elif k == link.b:
            cost += link.cost[sites[link.a]]
        cost = np.minimum(cost, CLOSED)
    return cost


def allowed_at(model: Model, sites: Sequence[int], k: int, cost: IntArray) -> BoolArray:
    """M truth values: where one mover may go, the others staying.

    Parameters
    ----------
    cost
        From `cost_at`.
    """
    allowed: BoolArray = model.open[k] & (cost < CLOSED) & (cost <= model.ceiling[k])
    others = [i for i in range(len(sites)) if i != k]
    used = np.bincount(
        np.asarray(sites, dtype=np.int64)[others],
        weights=model.demand[others].astype(np.float64),
        minlength=len(model.free),
    ).astype(np.int64)
    allowed &= (model.free == UNLIMITED) | (used + model.demand[k] <= model.free)
    for link in model.links:
        if k in (link.a, link.b):
            other = link.b if k == link.a else link.a
            if model.ceiling[other] == UNLIMITED:
                continue
            line = link.cost[:, sites[other]] if k == link.a else link.cost[sites[other]]
            share = int(cost_at(model, sites, other)[sites[other]]) - int(line[sites[k]])
            allowed &= share + line <= model.ceiling[other]
    for row in model.rows:
        if k in row.movers:
            at = row.movers.index(k)
            mine = row.cost[at]
            rest = row.base + sum(
                int(row.cost[i, sites[mover]]) for i, mover in enumerate(row.movers) if i != at
            )
            allowed &= mine <= row.ceiling - rest
    return allowed
