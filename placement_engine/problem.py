"""The waist: one frozen problem between what is known and what is decided.

Everything above (cases, rules, graph, geography, register) compiles into a
`PlacementProblem`; the solver sees only that, and the witness sees only that and the
answer. All quantities are integers: metres, parts per million, micro-nats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from placement_engine.errors import InvalidProblem
from placement_engine.problem_columns import (
    PairColumns,
    SubjectColumns,
    pair_columns,
    subject_columns,
)
from placement_engine.vocabulary import Band, Micronats, MunicipalityCode, SubjectRef

IntArray = NDArray[np.int64]

UNLIMITED = int(np.iinfo(np.int64).max)
"""Capacity of a site that is not listed among the capacities."""
FORBIDDEN = -1
"""Marks a pair of sites in an explicit pair table that is not allowed."""
PPM = 1_000_000
HALF_IN_DOUBT = 1e-6
"""This near to a half, a cost is rounded again by the scalar form, so that both agree."""
MAX_TIE_KEY = 64
"""Bytes that a keyed BLAKE2b hash can take as its key."""
MAX_COST = 10**12
"""No single cost may reach this, so that int64 sums over a whole plan cannot overflow."""

MOST_IN_ALL = 1 << 59
"""No plan's costs may reach this together: half of what marks a closed site in the search."""


class Level(StrEnum):
    """Levels that a plan is compared by, most important first in `lexicographic`."""

    WORST_BAND = "worst_band"
    TOTAL = "total"
    MOVES = "moves"


def micronats(probability: float) -> Micronats:
    """Cost of a chance: ``round(-10**6 * log1p(-p))`` with ``p`` capped at ``1 - 10**-6``.

    Rounds half to even, like every conversion in the package.

    Examples
    --------
    >>> micronats(0.005), micronats(0.05), micronats(1.0)
    (5013, 51293, 13815511)
    """
    return Micronats(round(-1e6 * math.log1p(-min(probability, 1 - 1e-6))))


def micronats_array(probability: NDArray[np.float64]) -> IntArray:
    """`micronats` of each element of an array of any shape, to the last unit."""
    exact = -1e6 * np.log1p(-np.minimum(probability, 1 - 1e-6))
    rounded = np.rint(exact).astype(np.int64)
    # numpy's log1p may differ from the C library's in the last bit, which matters at halves.
    for where in np.argwhere(np.abs(exact - np.floor(exact) - 0.5) < HALF_IN_DOUBT):
        rounded[tuple(where)] = micronats(float(probability[tuple(where)]))
    return rounded


def probability_of(cost: int) -> float:
    """The chance that a cost in micro-nats stands for.

    Examples
    --------
    >>> round(probability_of(51293), 6)
    0.05
    """
    return -math.expm1(-cost / 1e6)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProblemSubject:
    """One person to place, or a placed person who stays where she is.

    Parameters
    ----------
    id
        Pseudonym, unique in the problem.
    unary
        Micro-nats at each of the M sites, from all that does not move.
    forbidden
        Site index to the reason codes that forbid it, never empty.
    demand
        Places that the household takes of a site's capacity.
    current
        Site index where the person lives now.
    move_cost
        Added to `moves` (never to `total`) if the person is placed elsewhere than `current`.
    preference
        Points at each site, added to `moves`, never to `total`.
    ceiling
        Highest own share (unary + full cost of each own pair) in micro-nats.
    """

    id: SubjectRef
    unary: IntArray
    forbidden: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    demand: int = 1
    current: int | None = None
    move_cost: int = 0
    preference: IntArray | None = None
    ceiling: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPair:
    """Two subjects, by index, whose sites cost something together.

    Without `table`, the pair costs ``micronats(h*e) + micronats(r*e)`` at exposure ``e``,
    and ``penalty`` besides where the sites are nearer than ``separation_m``; a penalty of
    None makes that infeasible. With `table`, the named M × M table (rows for `a`) replaces
    all of these and `FORBIDDEN` marks what is not allowed.
    """

    a: int
    b: int
    hostility_ppm: int = 0
    reunion_ppm: int = 0
    separation_m: int = 0
    penalty: int | None = None
    table: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlacementProblem:
    """K subjects × M sites; see ``docs/problem.md`` for the JSON form.

    Parameters
    ----------
    sites
        M municipality codes, unique.
    distance_m
        M × M symmetric metres that separations compare with.
    exposure_ppm
        M × M symmetric parts per million.
    capacity
        M places, `UNLIMITED` where none is stated.
    subjects, pairs, tables
        Who and what; fixed subjects are listed too.
    fixed
        Subject index to the site index that she keeps.
    lexicographic
        Levels in order; the default of the format is total, then moves.
    bands
        Own shares from which a subject's band is medium and high, in micro-nats.
    tie_key
        Key of the hash that breaks the last ties.

    Attributes
    ----------
    subject_columns, pair_columns
        Subjects and pairs once more, as columns.

    Raises
    ------
    InvalidProblem
        Names the field that is wrong.
    """

    sites: tuple[MunicipalityCode, ...]
    distance_m: IntArray
    exposure_ppm: IntArray
    capacity: IntArray
    subjects: tuple[ProblemSubject, ...]
    pairs: tuple[ProblemPair, ...] = ()
    tables: Mapping[str, IntArray] = field(default_factory=dict)
    fixed: Mapping[int, int] = field(default_factory=dict)
    lexicographic: tuple[Level, ...] = (Level.TOTAL, Level.MOVES)
    bands: tuple[int, int] = (5013, 51293)
    tie_key: bytes = b""
    subject_columns: SubjectColumns = field(init=False, compare=False)
    pair_columns: PairColumns = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _check(self)
        object.__setattr__(self, "subject_columns", subject_columns(self.subjects, self.fixed))
        object.__setattr__(self, "pair_columns", pair_columns(self.pairs))

    def band(self, share: int) -> Band:
        """Risk band of an own share in micro-nats."""
        medium, high = self.bands
        return Band.HIGH if share >= high else Band.MEDIUM if share >= medium else Band.LOW

    def pair_costs(self, pair: ProblemPair) -> IntArray:
        """M × M micro-nats of a pair (rows for `a`), `FORBIDDEN` where not allowed."""
        if pair.table is not None:
            return self.tables[pair.table]
        e = self.exposure_ppm / PPM
        cost = micronats_array(pair.hostility_ppm / PPM * e)
        if pair.reunion_ppm:
            cost += micronats_array(pair.reunion_ppm / PPM * e)
        near = self.distance_m < pair.separation_m
        if pair.penalty is None:
            cost[near] = FORBIDDEN
        else:
            cost[near] += pair.penalty
        return cost


def _check(problem: PlacementProblem) -> None:
    m, k = len(problem.sites), len(problem.subjects)
    if m == 0:
        raise InvalidProblem("sites: there is no site.", do="List at least one.")
    if k == 0:
        raise InvalidProblem("subjects: there is no subject.", do="List at least one.")
    if len(set(problem.sites)) != m:
        raise InvalidProblem("sites: a code stands twice.", do="List each site once.")
    if len({subject.id for subject in problem.subjects}) != k:
        raise InvalidProblem("subjects: an id stands twice.", do="List each subject once.")
    _matrix("distance_m", problem.distance_m, m, low=0, high=MAX_COST - 1)
    _matrix("exposure_ppm", problem.exposure_ppm, m, low=0, high=PPM)
    _vector("capacity", problem.capacity, m, high=UNLIMITED)
    for i, subject in enumerate(problem.subjects):
        where = f"subjects[{i}]"
        _vector(f"{where}.unary_micronats", subject.unary, m)
        if subject.preference is not None:
            _vector(f"{where}.preference", subject.preference, m)
        _range(f"{where}.demand", subject.demand, 0, MAX_COST)
        _range(f"{where}.move_cost_micronats", subject.move_cost, 0, MAX_COST)
        if subject.current is not None:
            _range(f"{where}.current", subject.current, 0, m)
        if subject.ceiling is not None:
            _range(f"{where}.ceiling_micronats", subject.ceiling, 0, UNLIMITED)
        for site, reasons in subject.forbidden.items():
            _range(f"{where}.forbidden", site, 0, m)
            if not reasons:
                raise InvalidProblem(f"{where}.forbidden: a site stands without a reason.")
    seen: set[tuple[int, int]] = set()
    for i, pair in enumerate(problem.pairs):
        where = f"pairs[{i}]"
        _range(f"{where}.a", pair.a, 0, k)
        _range(f"{where}.b", pair.b, 0, k)
        if pair.a == pair.b:
            raise InvalidProblem(f"{where}: a subject is paired with itself.")
        ends = (min(pair.a, pair.b), max(pair.a, pair.b))
        if ends in seen:
            raise InvalidProblem(f"{where}: the pair stands twice.", do="Join the two.")
        seen.add(ends)
        _range(f"{where}.hostility_ppm", pair.hostility_ppm, 0, PPM + 1)
        _range(f"{where}.reunion_ppm", pair.reunion_ppm, 0, PPM + 1)
        _range(f"{where}.separation_m", pair.separation_m, 0, MAX_COST)
        if pair.penalty is not None:
            _range(f"{where}.penalty_micronats", pair.penalty, 0, MAX_COST)
        if pair.table is not None and pair.table not in problem.tables:
            raise InvalidProblem(f"{where}.table: there is no table of that name.")
    for table in problem.tables.values():
        if (
            table.dtype != np.int64
            or table.shape != (m, m)
            or table.min() < FORBIDDEN
            or table.max() >= MAX_COST
        ):
            raise InvalidProblem("tables: a table is not M × M costs or is out of range.")
    for subject_index, site in problem.fixed.items():
        _range("fixed", subject_index, 0, k)
        _range("fixed", site, 0, m)
    _sums(problem)
    if len(set(problem.lexicographic)) != len(problem.lexicographic) or not problem.lexicographic:
        raise InvalidProblem("lexicographic: levels are missing or stand twice.")
    if not 0 <= problem.bands[0] <= problem.bands[1]:
        raise InvalidProblem("bands_micronats: must rise.")
    if len(problem.tie_key) > MAX_TIE_KEY:
        raise InvalidProblem(f"tie_key: must not be longer than {MAX_TIE_KEY} bytes.")


def _sums(problem: PlacementProblem) -> None:
    """Refuse costs each of which is in range, but whose sum over a plan could overflow."""
    if (3 * len(problem.subjects) + 2 * len(problem.pairs)) * MAX_COST < MOST_IN_ALL:
        return
    most = sum(int(s.unary.max()) + s.move_cost for s in problem.subjects)
    most += sum(int(s.preference.max()) for s in problem.subjects if s.preference is not None)
    tables = {name: int(table.max()) for name, table in problem.tables.items()}
    for pair in problem.pairs:
        whole = 2 * micronats(1.0) + (pair.penalty or 0)
        most += whole if pair.table is None else tables[pair.table]
    if most >= MOST_IN_ALL:
        raise InvalidProblem(
            "subjects, pairs: costs could add up to more than can be counted.",
            do="Use smaller costs.",
        )


def _matrix(name: str, value: IntArray, m: int, *, low: int, high: int) -> None:
    if value.shape != (m, m) or value.dtype != np.int64:
        raise InvalidProblem(f"{name}: must be {m} × {m} integers.")
    if value.min() < low or value.max() > high:
        raise InvalidProblem(f"{name}: must lie between {low} and {high}.")
    if not np.array_equal(value, value.T):
        raise InvalidProblem(f"{name}: must be symmetric.")


def _vector(name: str, value: IntArray, m: int, *, high: int = MAX_COST - 1) -> None:
    if value.shape != (m,) or value.dtype != np.int64:
        raise InvalidProblem(f"{name}: must be {m} integers.")
    if value.min() < 0 or value.max() > high:
        raise InvalidProblem(f"{name}: must not be negative or above {high}.")


def _range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value < high:
        raise InvalidProblem(f"{name}: out of range.")
