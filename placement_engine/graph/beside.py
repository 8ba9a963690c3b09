"""Edges of a network that is nearly another one: only what is told otherwise is graded anew.

Every number of an edge rests on the reports between its two ends alone. So of two networks
under one policy and on one day, the edges between all pairs of whom the same is reported are
the same, and are taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from placement_engine.graph.edges import (
    HALVES,
    KIND_COUNT,
    Bools,
    Edges,
    Ints,
    Small,
    edges_of,
    halves_of,
)
from placement_engine.graph.reports import order_of
from placement_engine.intelligence import Network, TieColumns
from placement_engine.policy import Policy

MOST = 4
"""Where more than one row in so many differs, grading everything costs no more."""

_TOLD = tuple(f.name for f in fields(TieColumns) if f.name != "handling")
"""What an edge can rest on."""
_COLUMNS = tuple(
    f.name for f in fields(Edges) if f.name not in ("nodes", "is_group", "leavers", *HALVES)
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """Another network and its edges, under the same policy and on the same day.

    Who has left, by anything but its reports, must be the same too.
    """

    network: Network
    edges: Edges


def edges_beside(
    network: Network,
    *,
    as_of: date,
    policy: Policy,
    implied: Ints,
    confirmed: Ints,
    other: Beside,
) -> Edges | None:
    """What `edges_of` gives, with all that holds of the other network taken from there.

    Where the two number their origins otherwise, a strength may differ in its last bit and the
    grade of another equally strong report be told: reports of one tie are joined in the order
    of their origins.

    Parameters
    ----------
    implied, confirmed
        As for `edges_of`.

    Returns
    -------
    Edges or None
        None where too much differs for that to be worth it.
    """
    place = _places(other.network, network)
    if place is None:
        return None
    pairs = _told_otherwise(network, other.network, place)
    if len(pairs) * MOST > len(network.ties):
        return None
    n = len(network.nodes)
    ties = network.ties
    rows = np.flatnonzero(_are_among(ties.a, ties.b, pairs, n))
    columns = {f.name: getattr(ties, f.name)[rows] for f in fields(TieColumns)}
    anew = edges_of(
        replace(network, ties=TieColumns(**columns)),
        as_of=as_of,
        policy=policy,
        implied=implied,
        confirmed=confirmed,
    )
    return _spliced(other.edges, anew, place, pairs)


def _places(other: Network, network: Network) -> Ints | None:
    """Where each node of the other network stands, -1 if nowhere; None if one became a group."""
    if other.nodes == network.nodes:
        place = np.arange(len(network.nodes))
    else:
        index = {node: at for at, node in enumerate(network.nodes)}
        place = np.array([index.get(node, -1) for node in other.nodes], dtype=np.int64)
    known = place >= 0
    same = np.array_equal(network.is_group[place[known]], other.is_group[known])
    in_order = bool((np.diff(place[known]) > 0).all())
    return place if same and in_order else None


def _told_otherwise(network: Network, other: Network, place: Ints) -> Ints:
    """``lower * n + higher`` of pairs of whom not the same is reported, in order."""
    n = max(len(network.nodes), 1)
    mine = {name: getattr(network.ties, name) for name in _TOLD}
    its = {name: getattr(other.ties, name) for name in _TOLD}
    its |= {end: place[its[end]] for end in ("a", "b")}
    its["origin"] = _numbered_as(other.origins, network.origins)[its["origin"]]
    common = np.minimum(its["a"], its["b"]) >= 0
    if not common.all():
        its = {name: column[common] for name, column in its.items()}
    # Where one report has come, the rest of the rows moves: they are compared pair by pair.
    sides = (mine, its)
    if len(mine["a"]) == len(its["a"]) and all((mine[e] == its[e]).all() for e in ("a", "b")):
        return np.unique(_pair_codes(mine, n)[_differ(mine, its)])
    codes = [_pair_codes(side, n) for side in sides]
    orders = [
        order_of(code, side["a"] > side["b"]) for code, side in zip(codes, sides, strict=True)
    ]
    first, second = (_runs(code[order]) for code, order in zip(codes, orders, strict=True))
    both, at, there = np.intersect1d(first[0], second[0], assume_unique=True, return_indices=True)
    alike = first[2][at] == second[2][there]
    both, at, there = both[alike], at[alike], there[alike]
    count = first[2][at]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    rows = [
        order[np.repeat(run[1][where], count) + within]
        for order, run, where in zip(orders, (first, second), (at, there), strict=True)
    ]
    unlike = _differ(
        *({name: side[name][row] for name in _TOLD} for side, row in zip(sides, rows, strict=True))
    )
    return np.unique(
        np.concatenate(
            [
                np.repeat(both, count)[unlike],
                *(np.setdiff1d(run[0], both, assume_unique=True) for run in (first, second)),
            ]
        )
    )


def _differ(mine: Mapping[str, Small], its: Mapping[str, Small]) -> Bools:
    """Whether two rows in the same place differ in anything."""
    unlike = np.zeros(len(mine["a"]), dtype=np.bool_)
    for name in _TOLD:
        unlike |= mine[name] != its[name]
    return unlike


def _pair_codes(side: Mapping[str, Small], n: int) -> Ints:
    a, b = (side[end].astype(np.int64) for end in ("a", "b"))
    return np.minimum(a, b) * n + np.maximum(a, b)


def _runs(code: Ints) -> tuple[Ints, Ints, Ints]:
    """Different sorted codes, where each begins, and how often it stands there."""
    first = np.flatnonzero(np.append(True, code[1:] != code[:-1])[: len(code)])
    return code[first], first, np.diff(np.append(first, len(code)))


def _numbered_as(texts: tuple[str, ...], others: tuple[str, ...]) -> Ints:
    """Number of each text among the others, and one that no other has where it is not there."""
    number = {text: at for at, text in enumerate(others)}
    return np.array([number.get(text, -1 - at) for at, text in enumerate(texts)], dtype=np.int64)


def _are_among(a: Ints, b: Ints, pairs: Ints, n: int) -> Bools:
    """Whether the two ends of each row, whichever comes first, are one of some pairs."""
    found = np.zeros(len(a), dtype=np.bool_)
    if not len(pairs):
        return found
    end = np.zeros(n, dtype=np.bool_)
    end[pairs // n] = end[pairs % n] = True
    some = np.flatnonzero(end[a] & end[b])
    near, far = a[some].astype(np.int64), b[some].astype(np.int64)
    key = np.minimum(near, far) * n + np.maximum(near, far)
    at = np.minimum(np.searchsorted(pairs, key), len(pairs) - 1)
    found[some] = pairs[at] == key
    return found


def _spliced(old: Edges, anew: Edges, place: Ints, pairs: Ints) -> Edges:
    """The old edges where they stand now, with those between some pairs in their new form."""
    n = max(anew.nodes, 1)
    leavers = place[old.leavers // max(old.nodes, 1)], place[old.leavers % max(old.nodes, 1)]
    left = np.minimum(*leavers) >= 0
    left[left] = ~_are_among(leavers[0][left], leavers[1][left], pairs, n)
    kept_leavers = leavers[0][left] * n + leavers[1][left]
    same_nodes = old.nodes == anew.nodes and len(place) == anew.nodes and bool((place >= 0).all())
    a, b = (old.a, old.b) if same_nodes else (place[old.a], place[old.b])
    goes = np.minimum(a, b) < 0
    goes[~goes] = _are_among(a[~goes], b[~goes], pairs, n)
    keys = [
        (x * n + y) * KIND_COUNT + kind
        for x, y, kind in ((a[goes], b[goes], old.kind[goes]), (anew.a, anew.b, anew.kind))
    ]
    columns = {name: getattr(old, name) for name in _COLUMNS} | {"a": a, "b": b}
    halves = {name: getattr(old, name) for name in HALVES}
    if same_nodes and np.array_equal(keys[0], keys[1]):
        for name in _COLUMNS:
            if name not in ("a", "b", "kind"):
                columns[name] = columns[name].copy()
                columns[name][goes] = getattr(anew, name)
    else:
        stays = ~goes
        key = (a[stays] * n + b[stays]) * KIND_COUNT + old.kind[stays]
        at = np.searchsorted(key, keys[1])
        columns = {
            name: np.insert(column[stays], at, getattr(anew, name))
            for name, column in columns.items()
        }
        halves = halves_of(anew.nodes, columns["a"], columns["b"], columns["kind"])
    return Edges(
        nodes=anew.nodes,
        is_group=anew.is_group,
        leavers=np.union1d(kept_leavers, anew.leavers),
        **columns,
        **halves,
    )
