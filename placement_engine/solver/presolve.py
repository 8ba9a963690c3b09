"""Presolve: what can be settled before anything is searched.

Each step only takes away sites, or settles movers at their last one, so its undo is
`Model.full`: the witness checks the plan of the *whole* problem that comes out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from placement_engine.problem import UNLIMITED, IntArray
from placement_engine.solver.model import CLOSED, BoolArray, Link, Model, Row


def tighten(model: Model) -> Model | None:
    """Close what no plan can use and settle movers with one site left, until nothing changes.

    Returns
    -------
    None where that proves that no plan exists.
    """
    while True:
        closed = close(model)
        if closed is None:
            return None
        model = closed
        single = np.flatnonzero(model.open.sum(axis=1) == 1)
        if not single.size:
            return model
        is_open = model.open
        for mover in single[::-1].tolist():
            model = settle(model, mover, int(np.flatnonzero(is_open[mover])[0]))


def close(model: Model) -> Model | None:
    """Close every site that no plan can use, until nothing changes.

    Looks at capacity, at the least that own shares and rows can come to, and at pairs in
    which a site has no partner left.

    Returns
    -------
    None where that proves that no plan exists.
    """
    if model.broken or (model.free < 0).any():
        return None
    is_open = model.open.copy()
    before = -1
    while before != int(is_open.sum()):
        before = int(is_open.sum())
        if not is_open.any(axis=1).all() or not _keep_places(model, is_open):
            return None
        share = np.where(is_open, model.total, CLOSED)
        for link in model.links:
            least_a, least_b = least(link, is_open)
            share[link.a] = np.minimum(share[link.a] + least_a, CLOSED)
            share[link.b] = np.minimum(share[link.b] + least_b, CLOSED)
        is_open &= (share < CLOSED) & (share <= model.ceiling[:, None])
        for row in model.rows:
            movers = list(row.movers)
            cost = np.where(is_open[movers], row.cost, CLOSED)
            lowest = cost.min(axis=1)
            slack = row.ceiling - row.base - int(lowest.sum())
            if slack < 0:
                return None
            is_open[movers] &= cost - lowest[:, None] <= slack
    return replace(model, open=is_open)


def _keep_places(model: Model, is_open: BoolArray) -> bool:
    """Close sites that are too full for somebody; False where those with one site overfill."""
    single = is_open.sum(axis=1) == 1
    taken = (is_open[single] * model.demand[single, None]).sum(axis=0)
    limited = model.free != UNLIMITED
    left = np.where(limited, model.free - np.where(limited, taken, 0), UNLIMITED)
    is_open[~single] &= model.demand[~single, None] <= left
    return not (left < 0).any()


def least(link: Link, is_open: BoolArray) -> tuple[IntArray, IntArray]:
    """The least a link can cost at each site of `a`, and of `b`; 2 × M."""
    rows, columns = np.flatnonzero(is_open[link.a]), np.flatnonzero(is_open[link.b])
    found = np.full((2, len(is_open[0])), CLOSED, dtype=np.int64)
    if rows.size and columns.size:
        block = link.cost[np.ix_(rows, columns)]
        found[0, rows] = block.min(axis=1)
        found[1, columns] = block.min(axis=0)
    return found[0], found[1]


def settle(model: Model, mover: int, site: int) -> Model:
    """The model in which one mover stands at a site and moves no more."""
    keep = [i for i in range(len(model.movers)) if i != mover]
    number = {i: new for new, i in enumerate(keep)}
    is_open, total = model.open[keep], model.total[keep]
    free = model.free.copy()
    if free[site] != UNLIMITED:
        free[site] -= model.demand[mover]
    links, terms = [], []
    for link in model.links:
        if mover not in (link.a, link.b):
            links.append(Link(a=number[link.a], b=number[link.b], cost=link.cost))
            continue
        line = link.cost[site] if link.a == mover else link.cost[:, site]
        other = number[link.b if link.a == mover else link.a]
        is_open[other] &= line < CLOSED
        cost = np.where(line < CLOSED, line, 0)
        total[other] += cost
        terms.append((other, cost))
    broken, rows = model.broken, []
    base = int(model.total[mover, site])
    shares = model.shares.copy()
    shares[model.movers[mover]] = base
    for row in model.rows:
        if mover in row.movers:
            at = row.movers.index(mover)
            rest = [i for i in range(len(row.movers)) if i != at]
            row = Row(  # noqa: PLW2901
                subject=row.subject,
                base=row.base + int(row.cost[at, site]),
                ceiling=row.ceiling,
                movers=tuple(row.movers[i] for i in rest),
                cost=row.cost[rest],
            )
            shares[row.subject] = row.base
            broken |= row.base > row.ceiling
        if row.movers:
            rows.append(replace(row, movers=tuple(number[i] for i in row.movers)))
    broken |= base > int(model.ceiling[mover])
    if terms:
        rows.append(
            Row(
                subject=model.movers[mover],
                base=base,
                ceiling=int(model.ceiling[mover]),
                movers=tuple(other for other, _ in terms),
                cost=np.stack([cost for _, cost in terms]),
            )
        )
    plan = list(model.plan)
    plan[model.movers[mover]] = site
    return Model(
        movers=tuple(model.movers[i] for i in keep),
        plan=tuple(plan),
        open=is_open,
        total=total,
        moves=model.moves[keep],
        tie=model.tie[keep],
        links=tuple(links),
        rows=tuple(rows),
        ceiling=model.ceiling[keep],
        demand=model.demand[keep],
        free=free,
        base_total=model.base_total + base,
        base_moves=model.base_moves + int(model.moves[mover, site]),
        shares=shares,
        broken=broken,
    )


def without_slack(model: Model) -> Model:
    """The model without rows, ceilings and capacities that nothing can pass."""
    rows = []
    for row in model.rows:
        cost = np.where(model.open[list(row.movers)], row.cost, 0)
        if row.base + int(cost.max(axis=1).sum()) > row.ceiling:
            rows.append(row)
    most = np.where(model.open, model.total, 0)
    for link in model.links:
        cost = np.where(link.cost < CLOSED, link.cost, 0)
        most[link.a] += cost.max(axis=1)
        most[link.b] += cost.max(axis=0)
    passable = most.max(axis=1, initial=0) > model.ceiling
    used = (model.open * model.demand[:, None]).sum(axis=0)
    return replace(
        model,
        rows=tuple(rows),
        ceiling=np.where(passable, model.ceiling, UNLIMITED),
        free=np.where(used > model.free, model.free, UNLIMITED),
    )


def without_dominated(model: Model, *, ordered: Sequence[IntArray]) -> Model:
    """Close sites that another site of the same mover always beats.

    Site t beats s if t's capacity cannot bind, if whatever t costs in each pair and row at
    the most is not above what s costs there at the least, and if t is no worse at every
    level and better at one of them, the tie hash last.

    Parameters
    ----------
    ordered
        n × M unary costs of the levels, the tie hash last; `model.total` among them
        stands for the total and takes the bound on pairs along.
    """
    used = (model.open * model.demand[:, None]).sum(axis=0)
    roomy = used <= model.free
    is_open = model.open.copy()
    for i in range(len(model.movers)):
        mine = np.flatnonzero(is_open[i])
        low, high = _effects(model, i, mine)
        targets = np.flatnonzero(roomy[mine])
        if not targets.size:
            continue
        # One target a mover: the cheapest at its worst, since one finds nearly all there is.
        t = int(targets[np.argmin((model.total[i, mine] + high.sum(axis=0))[targets])])
        beaten = (high[:, t, None] <= low).all(axis=0)
        beaten &= model.total[i, mine[t]] <= model.total[i, mine]
        better = np.zeros(len(mine), dtype=np.bool_)
        for level, costs in enumerate(ordered):
            here = costs[i, mine]
            if level == len(ordered) - 1:
                better |= here[t] < here
            else:
                beaten &= here[t] <= here
                better |= here[t] < here
        beaten[t] = False
        is_open[i, mine[beaten & better]] = False
    return replace(model, open=is_open)


def _effects(model: Model, mover: int, mine: IntArray) -> tuple[IntArray, IntArray]:
    """Least and most of each pair and row of a mover, at each of her open sites."""
    low, high = [], []
    for link in model.links:
        if mover in (link.a, link.b):
            cost = link.cost if link.a == mover else link.cost.T
            other = model.open[link.b if link.a == mover else link.a]
            block = cost[np.ix_(mine, np.flatnonzero(other))]
            low.append(block.min(axis=1))
            high.append(block.max(axis=1))
    for row in model.rows:
        if mover in row.movers:
            line = row.cost[row.movers.index(mover)][mine]
            low.append(line)
            high.append(line)
    if not low:
        return np.zeros((1, len(mine)), np.int64), np.zeros((1, len(mine)), np.int64)
    return np.stack(low), np.stack(high)


def split(model: Model) -> tuple[tuple[int, ...], ...]:
    """Movers by component: joined by a pair, a row that can bind or a capacity that can.

    Call it after `without_slack`, which takes out what cannot bind.
    """
    parent = list(range(len(model.movers)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(group: Sequence[int]) -> None:
        for i in group[1:]:
            parent[root(i)] = root(group[0])

    for link in model.links:
        join((link.a, link.b))
    for row in model.rows:
        join(row.movers)
    for site in np.flatnonzero(model.free != UNLIMITED).tolist():
        join(np.flatnonzero(model.open[:, site]).tolist())
    groups: dict[int, list[int]] = {}
    for i in range(len(parent)):
        groups.setdefault(root(i), []).append(i)
    return tuple(tuple(group) for group in sorted(groups.values()))


def take(model: Model, group: Sequence[int]) -> Model:
    """The part of a model that holds these movers; nothing else may be joined to them."""
    keep = list(group)
    number = {i: new for new, i in enumerate(keep)}
    return replace(
        model,
        movers=tuple(model.movers[i] for i in keep),
        open=model.open[keep],
        total=model.total[keep],
        moves=model.moves[keep],
        tie=model.tie[keep],
        links=tuple(
            Link(a=number[link.a], b=number[link.b], cost=link.cost)
            for link in model.links
            if link.a in number
        ),
        rows=tuple(
            replace(row, movers=tuple(number[i] for i in row.movers))
            for row in model.rows
            if row.movers[0] in number
        ),
        ceiling=model.ceiling[keep],
        demand=model.demand[keep],
    )
