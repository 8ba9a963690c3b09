"""Reports of ties as of a day, one row for each two ends and kind: graded, decayed, combined.

``s = severity * q * (f + (1-f) * 2**(-age/T))`` for each report; within one origin the
strongest counts, across origins ``1 - prod(1 - s)``. See DESIGN of the model in
``docs/model.md`` and ``docs/adr/0002-leavers-and-past-members.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.intelligence import Network
from placement_engine.intelligence.network import KINDS, TieColumns
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.vocabulary import BONDS, SOURCES, Grade, TieKind

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


Laid = tuple[Ints, Ints]
"""Rows that count on a day and their keys, in order of the key."""


def laid_out(network: Network, today: int, policy: Policy) -> Laid:
    """The rows that count on a day, and what each is about, in order."""
    n, ties = len(network.nodes), network.ties
    known = np.flatnonzero((ties.last_seen <= today) & (ties.first_seen <= today))
    kind = ties.kind[known]
    ended = (ties.ended[known] > 0) & (ties.ended[known] <= today)
    over = ended & of_kinds(_OVER_WHEN_ENDED)[kind]
    left = np.flatnonzero(kind == NUMBER[TieKind.DEFECTION])
    over[left] |= ended[left] & _trusted(ties, known[left], policy)
    kind[ended & (kind == NUMBER[TieKind.MEMBERSHIP])] = PAST
    known, kind = known[~over], kind[~over]
    key, b = ties.a[known].astype(np.int64), ties.b[known].astype(np.int64)
    moved = ~of_kinds((*_DIRECTED, PAST))[kind] & (key > b)
    swap = np.flatnonzero(moved)
    key[swap], b[swap] = b[swap], key[swap]
    key *= n
    key += b
    del b
    key *= KIND_COUNT
    key += kind
    order = order_of(key, moved | (kind == PAST))
    return known[order], key[order]


def order_of(key: Ints, moved: Bools) -> Ints:
    """Stable order by rising keys, of which those not `moved` stand in order already.

    Networks keep their ties sorted, so that only ends that were turned need sorting; and what
    is read in the order in which it is kept comes from memory much faster.
    """
    stays, goes = np.flatnonzero(~moved), np.flatnonzero(moved)
    kept = key[stays]
    if (kept[1:] < kept[:-1]).any():
        return np.argsort(key, kind="stable")
    goes = goes[np.argsort(key[goes], kind="stable")]
    # Of equal keys those that stay have the lower rows: they are kept by their lower end.
    at = np.searchsorted(kept, key[goes], side="right") + np.arange(len(goes))
    order = np.empty(len(key), dtype=np.int64)
    among = np.ones(len(key), dtype=np.bool_)
    among[at] = False
    order[at], order[among] = goes, stays
    return order


def reports_of(network: Network, today: int, policy: Policy, laid: Laid | None = None) -> Reports:
    """What is told of each key on a day, in order of the keys.

    Column by column, so that never all of them are there twice. `laid` is `laid_out` of the
    day, where it is at hand.
    """
    ties = network.ties
    known, key = laid or laid_out(network, today, policy)
    first, several = _repeated(key)
    told: dict[str, NDArray[Any]] = {}
    rest: dict[str, NDArray[Any]] = {}

    def take(**columns: NDArray[Any]) -> None:
        for name, column in columns.items():
            told[name], rest[name] = column[first], column[several]

    source, information = ties.source[known], ties.information[known]
    take(
        key=key,
        source=source,
        information=information,
        graded=(source != SOURCES.index("F")) & (information != 6),
        direct=_at_least(source, information, policy.separation.direct_enmity_grade),
        trusted=_at_least(source, information, policy.leavers.defection_grade),
    )
    strength = _quality(policy)[source, information]
    del source, information
    strength *= ties.severity[known]
    take(worth=strength, origin=ties.origin[known])
    seen, kind = ties.last_seen[known], key % KIND_COUNT
    take(newest=seen)
    del known
    half_life, floor = _decay(policy)
    age: Floats = (today - seen) / DAYS_PER_MONTH
    del seen
    age /= -np.where(half_life > 0, half_life, np.inf)[kind]
    faded = np.power(2.0, age, out=age)
    faded *= (1 - floor)[kind]
    faded += floor[kind]
    strength *= faded
    take(strength=strength)
    del strength, faded, age, kind
    return Reports(**told).with_joined(several[first], Reports(**rest))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reports:
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

    def extended(self, other: Reports) -> Reports:
        """These rows and those."""
        return Reports(
            **{
                f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
                for f in fields(Reports)
            }
        )

    def combined(self) -> Reports:
        """One row a key: the strongest within an origin, independent across origins."""
        order = np.argsort(self.key)
        first, several = _repeated(self.key[order])
        told, rest = self.rows(order[first]), self.rows(order[several])
        return told.with_joined(several[first], rest)

    def with_joined(self, at: Bools, rest: Reports) -> Reports:
        """These rows, one a key, with the reports of those keys that have several joined."""
        if len(rest.key):
            # Most ties are told of once; only the others need sorting by origin and strength.
            # Edges stay in the order of their keys, so that sums over them do too.
            joined = rest._joined()
            for f in fields(Reports):
                getattr(self, f.name)[at] = getattr(joined, f.name)
        return self

    def rows(self, rows: Ints | Bools) -> Reports:
        """Some of the rows."""
        return Reports(**{f.name: getattr(self, f.name)[rows] for f in fields(Reports)})

    def _joined(self) -> Reports:
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
        return Reports(
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


def returned(network: Network, today: int, policy: Policy) -> Ints:
    """``person * n + group`` of those who returned on the last trusted day they left, or later."""
    n, ties = len(network.nodes), network.ties
    rows = np.flatnonzero(ties.kind == NUMBER[TieKind.DEFECTION])
    rows = rows[(ties.last_seen[rows] <= today) & (ties.first_seen[rows] <= today)]
    rows = rows[_trusted(ties, rows, policy)]
    over = (ties.ended[rows] > 0) & (ties.ended[rows] <= today)
    left: dict[int, int] = {}
    for row in rows[~over].tolist() if over.any() else ():
        key = int(ties.a[row]) * n + int(ties.b[row])
        left[key] = max(left.get(key, 0), int(ties.last_seen[row]))
    keys = {
        int(ties.a[row]) * n + int(ties.b[row])
        for row in rows[over].tolist()
        if int(ties.ended[row]) >= left.get(int(ties.a[row]) * n + int(ties.b[row]), 0)
    }
    return np.array(sorted(keys), dtype=np.int64)


def _trusted(ties: TieColumns, rows: Ints, policy: Policy) -> Bools:
    """Which reports are graded well enough for a defection to be believed."""
    return _at_least(ties.source[rows], ties.information[rows], policy.leavers.defection_grade)


def with_implied(reports: Reports, n: int, implied: Ints) -> Reports:
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
    implied_ones = Reports(
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
    both = reports.rows(at[known]).extended(implied_ones)
    # One origin, so that the stronger of the two counts.
    both = replace(both, origin=np.zeros(len(both.key), dtype=np.int64)).combined()
    columns = {}
    for f in fields(Reports):
        column, told = getattr(reports, f.name), getattr(both, f.name)
        column[at[known]] = told[known]
        columns[f.name] = np.insert(column, at[~known], told[~known])
    return Reports(**columns)


def bonds_among(kind: Small) -> Bools:
    """Whether each of a column of kind numbers is a bond, past memberships too."""
    return of_kinds((*BONDS, PAST))[kind]


def of_kinds(kinds: Iterable[TieKind | int]) -> Bools:
    """Mask of kind numbers, to be indexed by a column of them."""
    mask = np.zeros(KIND_COUNT, dtype=np.bool_)
    mask[[kind if isinstance(kind, int) else NUMBER[kind] for kind in kinds]] = True
    return mask


def _repeated(key: Ints) -> tuple[Bools, Bools]:
    """Of sorted keys, which stand there for the first time, and which more than once."""
    again = np.zeros(len(key) + 1, dtype=np.bool_)
    again[1:-1] = key[1:] == key[:-1]
    return ~again[:-1], again[:-1] | again[1:]


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


def _at_least(source: Small, information: Small, grade: str) -> Bools:
    good: Bools = (source <= SOURCES.index(grade[0])) & (information <= int(grade[1]))
    return good
