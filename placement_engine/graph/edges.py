"""Reports of ties become edges as of a day: graded, decayed, combined, by kind.

``s = severity * q * (f + (1-f) * 2**(-age/T))`` for each report; within one origin the
strongest counts, across origins ``1 - prod(1 - s)``. See DESIGN of the model in
``docs/model.md`` and ``docs/adr/0002-leavers-and-past-members.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.intelligence import Network
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import SOURCES, Grade, TieKind

Ints = NDArray[np.int64]
Small = NDArray[Any]
"""Whole numbers as narrow as they were read: nine million reports fill the memory otherwise."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NUMBER = {kind: number for number, kind in enumerate(KINDS)}
PAST = len(KINDS)
"""Number of the kind *past membership*, parallel to membership."""
KIND_COUNT = PAST + 1

_OVER_WHEN_ENDED = (TieKind.ALLIANCE, TieKind.CO_OFFENDING, TieKind.ASSOCIATION)
_DIRECTED = (TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.THREAT)


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
        order = np.argsort(far, kind="stable")
        forth, back = (np.bincount(end, minlength=nodes) for end in (near, far))
        start = np.append(0, np.cumsum(forth + back))
        half = cls(
            start=start,
            far=np.empty(2 * len(edge), dtype=np.int64),
            edge=np.empty(2 * len(edge), dtype=np.int64),
        )
        own = start[:-1] - (np.cumsum(forth) - forth)
        at = np.arange(len(edge)) + own[near]
        half.far[at], half.edge[at] = far, edge
        own = start[:-1] + forth - (np.cumsum(back) - back)
        at = np.arange(len(edge)) + own[far[order]]
        half.far[at], half.edge[at] = near[order], edge[order]
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
) -> Edges:
    """Edges of a network on a day.

    Parameters
    ----------
    implied
        Node indices of people who are known to have left their groups.
    confirmed
        ``person * n + group`` of defections that a named analyst confirmed.
    """
    n, ties, today = len(network.nodes), network.ties, as_of.toordinal()
    known = np.flatnonzero((ties.last_seen <= today) & (ties.first_seen <= today))
    kind = ties.kind[known]
    ended = (ties.ended[known] > 0) & (ties.ended[known] <= today)
    source = ties.source[known]
    information = ties.information[known]
    over = ended & np.isin(kind, [NUMBER[k] for k in _OVER_WHEN_ENDED])
    trusted = _at_least(source, information, policy.leavers.defection_grade)
    defection = trusted & (kind == NUMBER[TieKind.DEFECTION])
    over |= ended & defection
    back = _returned(network, known[defection & ended], known[defection & ~ended])
    kind[ended & (kind == NUMBER[TieKind.MEMBERSHIP])] = PAST
    known, kind, trusted = known[~over], kind[~over], trusted[~over]
    source, information = source[~over], information[~over]
    a, b = ties.a[known].astype(np.int64), ties.b[known].astype(np.int64)
    directed = np.isin(kind, [*(NUMBER[k] for k in _DIRECTED), PAST])
    swap = ~directed & (a > b)
    key = (np.where(swap, b, a) * n + np.where(swap, a, b)) * KIND_COUNT + kind
    del a, b, swap, directed, ended, over, defection
    quality = _quality(policy)[source, information]
    age: Floats = (today - ties.last_seen[known]) / DAYS_PER_MONTH
    half_life, floor = _decay(policy)
    ages = half_life[kind] > 0
    faded = np.ones(len(kind))
    faded[ages] = 2.0 ** (-age[ages] / half_life[kind[ages]])
    strength = ties.severity[known] * quality * (floor[kind] + (1 - floor[kind]) * faded)
    del age, ages, faded
    reports = _Reports(
        key=key,
        origin=ties.origin[known],
        strength=strength,
        worth=ties.severity[known] * quality,
        graded=(source != SOURCES.index("F")) & (information != 6),
        newest=ties.last_seen[known],
        source=source,
        information=information,
        direct=_at_least(source, information, policy.separation.direct_enmity_grade),
        trusted=trusted,
    ).combined()
    if policy.leavers.implied_defection and len(implied):
        reports = _with_implied(reports, n, implied)
    return _edges(reports, network, policy, confirmed, back)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reports:
    """Rows keyed by ends and kind; after `combined`, one row for each key.

    ``worth`` is the strength before decay.
    """

    key: Ints
    origin: Small
    strength: Floats
    newest: Small
    source: Small
    information: Small
    worth: Floats
    graded: Bools
    direct: Bools
    trusted: Bools

    def extended(self, other: _Reports) -> _Reports:
        """These rows and those."""
        return _Reports(
            **{
                f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
                for f in fields(_Reports)
            }
        )

    def combined(self) -> _Reports:
        """One row a key: the strongest within an origin, independent across origins."""
        order = np.argsort(self.key)
        key = self.key[order]
        again = np.zeros(len(order) + 1, dtype=np.bool_)
        again[1:-1] = key[1:] == key[:-1]
        first = ~again[:-1]
        several = again[:-1] | again[1:]
        told = self._rows(order[first])
        if several.any():
            # Most ties are told of once; only the others need sorting by origin and strength.
            # Edges stay in the order of their keys, so that sums over them do too.
            joined = self._rows(order[several])._joined()
            for f in fields(_Reports):
                getattr(told, f.name)[several[first]] = getattr(joined, f.name)
        return told

    def _rows(self, rows: Ints) -> _Reports:
        return _Reports(**{f.name: getattr(self, f.name)[rows] for f in fields(_Reports)})

    def _joined(self) -> _Reports:
        order = np.lexsort((-self.strength, self.origin, self.key))
        key, origin, strength = self.key[order], self.origin[order], self.strength[order]
        new_key = np.append(True, key[1:] != key[:-1])
        strongest = new_key | np.append(True, origin[1:] != origin[:-1])
        starts = np.flatnonzero(new_key)
        with np.errstate(divide="ignore"):
            log = np.where(strongest, np.log1p(-strength), 0.0)
        joined = -np.expm1(np.add.reduceat(log, starts))
        # One origin alone keeps its strength to the last bit.
        alone = np.add.reduceat(strongest.astype(np.int64), starts) == 1
        peak = np.maximum.reduceat(strength, starts)
        best = np.lexsort((-strength, key))[starts]
        return _Reports(
            key=key[starts],
            origin=origin[starts],
            strength=np.where(alone, peak, np.maximum(joined, peak)),
            newest=np.maximum.reduceat(self.newest[order], starts),
            source=self.source[order][best],
            information=self.information[order][best],
            worth=np.maximum.reduceat(self.worth[order], starts),
            graded=np.logical_or.reduceat(self.graded[order], starts),
            direct=np.logical_or.reduceat(self.direct[order], starts),
            trusted=np.logical_or.reduceat(self.trusted[order], starts),
        )


def _returned(network: Network, back: Ints, gone: Ints) -> Ints:
    """``person * n + group`` of those who returned on the last trusted day they left, or later.

    Parameters
    ----------
    back, gone
        Rows of trusted reports that a defection has ended, and that it has not.
    """
    n, ties = len(network.nodes), network.ties
    left: dict[int, int] = {}
    for row in gone.tolist() if len(back) else ():
        key = int(ties.a[row]) * n + int(ties.b[row])
        left[key] = max(left.get(key, 0), int(ties.last_seen[row]))
    keys = {
        int(ties.a[row]) * n + int(ties.b[row])
        for row in back.tolist()
        if int(ties.ended[row]) >= left.get(int(ties.a[row]) * n + int(ties.b[row]), 0)
    }
    return np.array(sorted(keys), dtype=np.int64)


def _with_implied(reports: _Reports, n: int, implied: Ints) -> _Reports:
    """Let implied leavers have defected from each group that they are or were a member of.

    The defection is as strong as the best report of the membership, undecayed, if nothing
    stronger is on record; it never gives the privilege of a leaver.
    """
    defection, member = NUMBER[TieKind.DEFECTION], NUMBER[TieKind.MEMBERSHIP]
    people = np.zeros(n, dtype=np.bool_)
    people[implied] = True
    kind = reports.key % KIND_COUNT
    rows = np.flatnonzero(np.isin(kind, [member, PAST]) & people[reports.key // KIND_COUNT // n])
    if not len(rows):
        return reports
    ends, first = np.unique(reports.key[rows] // KIND_COUNT, return_index=True)
    worth = np.zeros(len(ends))
    np.maximum.at(
        worth, np.searchsorted(ends, reports.key[rows] // KIND_COUNT), reports.worth[rows]
    )
    like = rows[first]
    implied_ones = _Reports(
        key=ends * KIND_COUNT + defection,
        origin=reports.origin[like],
        strength=worth,
        worth=worth,
        newest=reports.newest[like],
        source=reports.source[like],
        information=reports.information[like],
        graded=np.zeros(len(ends), dtype=np.bool_),
        direct=np.zeros(len(ends), dtype=np.bool_),
        trusted=np.zeros(len(ends), dtype=np.bool_),
    )
    at = np.searchsorted(reports.key, implied_ones.key)
    known = at < len(reports.key)
    known[known] = reports.key[at[known]] == implied_ones.key[known]
    both = reports._rows(at[known]).extended(implied_ones)
    # One origin, so that the stronger of the two counts.
    both = replace(both, origin=np.zeros(len(both.key), dtype=np.int64)).combined()
    columns = {}
    for f in fields(_Reports):
        column, told = getattr(reports, f.name), getattr(both, f.name)
        column[at[known]] = told[known]
        columns[f.name] = np.insert(column, at[~known], told[~known])
    return _Reports(**columns)


def _edges(
    reports: _Reports, network: Network, policy: Policy, confirmed: Ints, back: Ints
) -> Edges:
    n = len(network.nodes)
    reports_open = reports.strength > 0
    ends, kind = reports.key // KIND_COUNT, (reports.key % KIND_COUNT).astype(np.int8)
    trusted = (kind == NUMBER[TieKind.DEFECTION]) & reports.trusted
    leavers = np.union1d(np.setdiff1d(ends[trusted], back), confirmed)
    ends, kind = ends[reports_open], kind[reports_open]
    a, b = ends // max(n, 1), ends % max(n, 1)
    factor = _bond_factor(policy)[kind]
    is_bond = ~np.isnan(factor)
    strength = reports.strength[reports_open]
    persons = ~network.is_group[a] & ~network.is_group[b]
    is_member = np.isin(kind, [NUMBER[TieKind.MEMBERSHIP], PAST])
    return Edges(
        nodes=n,
        is_group=network.is_group,
        a=a,
        b=b,
        kind=kind,
        strength=strength,
        chance=strength * np.where(is_bond, factor, 1.0),
        newest=reports.newest[reports_open],
        source=reports.source[reports_open],
        information=reports.information[reports_open],
        graded=reports.graded[reports_open],
        direct=~is_bond & persons & reports.direct[reports_open],
        leavers=leavers.astype(np.int64),
        bond=HalfEdges.among(n, a, b, is_bond),
        enmity=HalfEdges.among(n, a, b, ~is_bond),
        membership=HalfEdges.among(n, a, b, is_member),
        alliance=HalfEdges.among(n, a, b, kind == NUMBER[TieKind.ALLIANCE]),
    )


def _quality(policy: Policy) -> Floats:
    """``q`` by source number and information 1–6, shape (6, 7)."""
    table = np.zeros((6, 7))
    for source, letter in enumerate(SOURCES):
        for information in range(1, 7):
            table[source, information] = policy.grading.quality(Grade(letter, information))
    return table


def _decay(policy: Policy) -> tuple[Floats, Floats]:
    numbers = [policy.ties.of(kind) for kind in KINDS]
    numbers.append(policy.ties.membership)
    return (
        np.array([x.half_life_months for x in numbers]),
        np.array([x.floor for x in numbers]),
    )


def _bond_factor(policy: Policy) -> Floats:
    factors = [policy.ties.of(kind).bond_factor for kind in KINDS]
    factors.append(policy.ties.membership.bond_factor)
    return np.array([np.nan if f is None else f for f in factors])


def _at_least(source: Small, information: Small, grade: str) -> Bools:
    good: Bools = (source <= SOURCES.index(grade[0])) & (information <= int(grade[1]))
    return good
