"""The edges of a network as of a day: combined reports, and which edges touch each node."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from placement_engine.graph.reports import (
    KIND_COUNT,
    NUMBER,
    PAST,
    Bools,
    Floats,
    Ints,
    Laid,
    Reports,
    Small,
    bonds_among,
    of_kinds,
    reports_of,
    returned,
    with_implied,
)
from placement_engine.intelligence import Network
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import Policy
from placement_engine.vocabulary import TieKind

__all__ = [
    "KIND_COUNT",
    "NUMBER",
    "PAST",
    "Bools",
    "Edges",
    "Floats",
    "HalfEdges",
    "Ints",
    "Small",
    "bonds_among",
    "edges_of",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HalfEdges:
    """Edges seen from their two ends, sorted by the near end.

    ``start`` (n+1,) into ``far`` and ``edge``, the other end and the edge's number.
    """

    start: Ints
    far: Ints
    edge: Ints

    @classmethod
    def of(cls, nodes: int, near: Ints, far: Ints, edge: Ints) -> HalfEdges:
        """Half edges sorted by their near end."""
        order = np.argsort(near, kind="stable")
        start = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(near, minlength=nodes), out=start[1:])
        return cls(start=start, far=far[order], edge=edge[order])

    @classmethod
    def among(cls, nodes: int, a: Ints, b: Ints, chosen: Bools) -> HalfEdges:
        """Both ends of the chosen edges."""
        edge = np.flatnonzero(chosen)
        near, far = a[edge], b[edge]
        if (near[1:] < near[:-1]).any():
            return cls.of(
                nodes,
                np.concatenate([near, far]),
                np.concatenate([far, near]),
                np.concatenate([edge, edge]),
            )
        # Edges stand in order of `a`, so that only their other ends need sorting.
        order = _in_order(far)
        forth, back = (np.bincount(end, minlength=nodes) for end in (near, far))
        start = np.append(0, np.cumsum(forth + back))
        half = cls(
            start=start,
            far=np.empty(2 * len(edge), dtype=np.int64),
            edge=np.empty(2 * len(edge), dtype=np.int64),
        )
        at = (start[:-1] - (np.cumsum(forth) - forth))[near]
        at += np.arange(len(edge))
        half.far[at], half.edge[at] = far, edge
        np.take(start[:-1] + forth - (np.cumsum(back) - back), far[order], out=at)
        at += np.arange(len(edge))
        del far
        half.far[at] = near[order]
        half.edge[at] = edge[order]
        return half


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """E edges of n nodes as of a day.

    Parameters
    ----------
    a, b, kind
        (E,) ends and kind number (`PAST` for past membership).
    strength, chance
        (E,) strength, and strength times the factor λ for bonds.
    newest
        (E,) day number of the latest report.
    source, information
        (E,) grade of the strongest report.
    graded
        (E,) whether some report has a grade that says something (not F, not 6).
    direct
        (E,) an enmity of two persons with a report graded well enough for a separation of
        its own.
    leavers
        Sorted ``person * n + group`` of the defections that are believed.
    """

    nodes: int
    is_group: Bools
    a: Ints
    b: Ints
    kind: Small
    strength: Floats
    chance: Floats
    newest: Small
    source: Small
    information: Small
    graded: Bools
    direct: Bools
    leavers: Ints
    bond: HalfEdges
    enmity: HalfEdges
    membership: HalfEdges
    alliance: HalfEdges


def edges_of(
    network: Network,
    *,
    as_of: date,
    policy: Policy,
    implied: Ints,
    confirmed: Ints,
    laid: Laid | None = None,
    like: Edges | None = None,
) -> Edges:
    """Edges of a network on a day.

    Parameters
    ----------
    implied
        Node indices of people who are known to have left their groups.
    confirmed
        ``person * n + group`` of defections that a named analyst confirmed.
    laid
        `laid_out` of the day, where it is at hand.
    like
        Edges of another day or network: which edges touch each node is taken from there if
        they are the same ones.
    """
    today = as_of.toordinal()
    # What is combined is handed on, and not kept here: it takes hundreds of megabytes.
    return _edges(
        with_implied(
            reports_of(network, today, policy, laid),
            len(network.nodes),
            implied if policy.leavers.implied_defection else implied[:0],
        ),
        network,
        policy,
        confirmed,
        returned(network, today, policy),
        like,
    )


def _edges(
    reports: Reports,
    network: Network,
    policy: Policy,
    confirmed: Ints,
    back: Ints,
    like: Edges | None,
) -> Edges:
    n = len(network.nodes)
    reports_open = reports.strength > 0
    trusted = (reports.key % KIND_COUNT == NUMBER[TieKind.DEFECTION]) & reports.trusted
    leavers = np.union1d(np.setdiff1d(reports.key[trusted] // KIND_COUNT, back), confirmed)
    if not reports_open.all():
        reports = reports.rows(np.flatnonzero(reports_open))
    strength, newest, direct = reports.strength, reports.newest, reports.direct
    source, information, graded = reports.source, reports.information, reports.graded
    ends, kind = reports.key // KIND_COUNT, (reports.key % KIND_COUNT).astype(np.int8)
    del reports, reports_open, trusted
    a, b = ends // max(n, 1), ends % max(n, 1)
    del ends
    factor = _bond_factor(policy)
    is_bond = ~np.isnan(factor)[kind]
    chance = np.where(np.isnan(factor), 1.0, factor)[kind]
    chance *= strength
    persons = ~network.is_group[a] & ~network.is_group[b]
    if (
        like is not None
        and like.nodes == n
        and all(np.array_equal(x, y) for x, y in ((a, like.a), (b, like.b), (kind, like.kind)))
    ):
        a, b, kind = like.a, like.b, like.kind
        halves = {name: getattr(like, name) for name in HALVES}
    else:
        halves = halves_of(n, a, b, kind)
    return Edges(
        nodes=n,
        is_group=network.is_group,
        a=a,
        b=b,
        kind=kind,
        strength=strength,
        chance=chance,
        newest=newest,
        source=source,
        information=information,
        graded=graded,
        direct=~is_bond & persons & direct,
        leavers=leavers.astype(np.int64),
        **halves,
    )


HALVES = ("bond", "enmity", "membership", "alliance")
"""The columns of `Edges` that are half edges."""


def halves_of(nodes: int, a: Ints, b: Ints, kind: Small) -> dict[str, HalfEdges]:
    """The half edges of each of `HALVES`, of edges in any order."""
    is_bond = bonds_among(kind)
    chosen = (
        is_bond,
        ~is_bond,
        of_kinds((TieKind.MEMBERSHIP, PAST))[kind],
        kind == NUMBER[TieKind.ALLIANCE],
    )
    return {
        name: HalfEdges.among(nodes, a, b, edges)
        for name, edges in zip(HALVES, chosen, strict=True)
    }


def left_of(
    index: Mapping[str, int],
    nodes: int,
    implied: Collection[str],
    confirmed: Collection[tuple[str, str]],
) -> tuple[Ints, Ints]:
    """Who has left, as `edges_of` wants them, of ids that may be unknown."""
    people = sorted(index[person] for person in implied if person in index)
    pairs = sorted(
        index[person] * nodes + index[group]
        for person, group in confirmed
        if person in index and group in index
    )
    return np.array(people, dtype=np.int64), np.array(pairs, dtype=np.int64)


def _in_order(values: Ints) -> Ints:
    """Stable order of whole numbers below 2**32, by their lower half and then by their upper.

    Halves are sorted by counting, in a time that grows no faster than their number.
    """
    order = np.argsort(values.astype(np.uint16), kind="stable")
    upper = (values >> 16).astype(np.uint16)
    if not upper.any():
        return order
    return order[np.argsort(upper[order], kind="stable")]


def _bond_factor(policy: Policy) -> Floats:
    factors = [policy.ties.of(kind).bond_factor for kind in KINDS]
    factors.append(policy.ties.membership.bond_factor)
    return np.array([np.nan if f is None else f for f in factors])
