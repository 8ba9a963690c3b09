"""Hypothesis strategies for problems, cases and ties, for our tests and an embedder's.

Needs ``hypothesis``, which the program itself does not install. Everything drawn is small
enough to compare with a brute force, and shrinks towards the plainest of its kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st

from placement_engine.cases.case import (
    AvoidZone,
    Case,
    Consent,
    Eligibility,
    HouseholdMember,
)
from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    UNLIMITED,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.testing.rivals import TieRow
from placement_engine.vocabulary import (
    SOURCES,
    AvoidReason,
    CaseId,
    Continuity,
    Grade,
    MunicipalityCode,
    Need,
    OwnerId,
    PersonId,
    SubjectRef,
    ThreatLevel,
    TieKind,
)

REASONS = ("home", "separation", "presence", "needs")


def symmetric_matrices(
    sites: int, *, high: int, diagonal: int | None = 0
) -> st.SearchStrategy[IntArray]:
    """Symmetric (sites, sites) integers in [0, high]; `diagonal` None leaves it free."""
    cells = sites * (sites + 1) // 2

    def fold(values: list[int]) -> IntArray:
        matrix = np.zeros((sites, sites), dtype=np.int64)
        matrix[np.triu_indices(sites)] = values
        matrix = np.maximum(matrix, matrix.T)
        if diagonal is not None:
            np.fill_diagonal(matrix, diagonal)
        return matrix

    return st.lists(st.integers(0, high), min_size=cells, max_size=cells).map(fold)


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    max_subjects: int = 4,
    max_sites: int = 5,
    everything: bool = True,
) -> PlacementProblem:
    """Small placement problems.

    Parameters
    ----------
    max_subjects, max_sites
        Bounds on K and M; at most ``max_sites ** max_subjects`` plans.
    everything
        Whether ceilings, fixed subjects, soft separations, tables, demands above 1,
        preferences, moves and all levels may be drawn too.
    """
    m = draw(st.integers(1, max_sites))
    k = draw(st.integers(1, max_subjects))
    site = st.integers(0, m - 1)
    subjects = tuple(draw(_subjects(i, m, everything=everything)) for i in range(k))
    names: tuple[str, ...] = ("t1",) if everything and draw(st.booleans()) else ()
    tables = {name: draw(_tables(m)) for name in names}
    ends = [(a, b) for a in range(k) for b in range(a + 1, k)]
    chosen = [pair for pair in ends if draw(st.booleans())]
    pairs = tuple(draw(_pairs(a, b, names, everything=everything)) for a, b in chosen)
    capacity = draw(
        st.lists(st.one_of(st.integers(0, 4), st.just(UNLIMITED)), min_size=m, max_size=m)
    )
    fixed = {}
    if everything and k > 1 and draw(st.booleans()):
        fixed = {draw(st.integers(0, k - 1)): draw(site)}
    orders = [(Level.TOTAL, Level.MOVES), (Level.WORST_BAND, Level.TOTAL, Level.MOVES)]
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(m)),
        distance_m=draw(symmetric_matrices(m, high=200_000)),
        exposure_ppm=draw(symmetric_matrices(m, high=PPM, diagonal=None)),
        capacity=np.array(capacity, dtype=np.int64),
        subjects=subjects,
        pairs=pairs,
        tables=tables,
        fixed=fixed,
        lexicographic=draw(st.sampled_from(orders)) if everything else orders[0],
        tie_key=draw(st.binary(min_size=0, max_size=4)),
    )


@st.composite
def _subjects(draw: st.DrawFn, number: int, sites: int, *, everything: bool) -> ProblemSubject:
    def vector(high: int) -> IntArray:
        values = draw(st.lists(st.integers(0, high), min_size=sites, max_size=sites))
        return np.array(values, dtype=np.int64)

    forbidden = draw(
        st.dictionaries(
            st.integers(0, sites - 1),
            st.lists(st.sampled_from(REASONS), min_size=1, max_size=2, unique=True).map(tuple),
            max_size=max(0, sites - 1),
        )
    )
    plain = ProblemSubject(
        id=SubjectRef(f"S{number + 1}"), unary=vector(60_000), forbidden=forbidden
    )
    if not everything:
        return plain
    return ProblemSubject(
        id=plain.id,
        unary=plain.unary,
        forbidden=forbidden,
        demand=draw(st.integers(0, 3)),
        current=draw(st.none() | st.integers(0, sites - 1)),
        move_cost=draw(st.integers(0, 5_000)),
        preference=vector(5_000) if draw(st.booleans()) else None,
        ceiling=draw(st.none() | st.integers(0, 200_000)),
    )


@st.composite
def _pairs(
    draw: st.DrawFn, a: int, b: int, tables: Sequence[str], *, everything: bool
) -> ProblemPair:
    if bool(tables) and draw(st.booleans()):
        return ProblemPair(a=a, b=b, table=draw(st.sampled_from(tables)))
    soft = everything and draw(st.booleans())
    return ProblemPair(
        a=a,
        b=b,
        hostility_ppm=draw(st.integers(0, PPM)),
        reunion_ppm=draw(st.integers(0, PPM)),
        separation_m=draw(st.sampled_from((0, 50_000, 100_000, 150_000))),
        penalty=draw(st.integers(0, 50_000)) if soft else None,
    )


def _tables(sites: int) -> st.SearchStrategy[IntArray]:
    cell = st.one_of(st.integers(0, 60_000), st.just(FORBIDDEN))
    return st.lists(cell, min_size=sites * sites, max_size=sites * sites).map(
        lambda cells: np.array(cells, dtype=np.int64).reshape(sites, sites)
    )


@st.composite
def cases(
    draw: st.DrawFn,
    codes: Sequence[MunicipalityCode],
    *,
    subject: SubjectRef | None = None,
) -> Case:
    """Cases whose gates are open.

    Parameters
    ----------
    codes
        Municipalities to draw from.
    subject
        The subject's pseudonym; drawn where None.
    """
    code = st.sampled_from(list(codes))
    ages = draw(st.lists(st.integers(0, 90), max_size=3))
    names = [PersonId(f"P-H{i}") for i in range(len(ages))]
    children = tuple(name for name, age in zip(names, ages, strict=True) if age < 18)
    household = tuple(
        HouseholdMember(
            id=name,
            age=age,
            guardian_of=children if age >= 18 and draw(st.booleans()) else (),
        )
        for name, age in zip(names, ages, strict=True)
    )
    zones = st.builds(
        AvoidZone,
        municipality=code,
        why=st.sampled_from(AvoidReason),
        radius_km=st.sampled_from((0.0, 20.0, 60.0, 150.0)),
    )
    number = draw(st.integers(1, 9999))
    within = draw(st.none() | st.lists(code, min_size=1, max_size=5, unique=True))
    return Case(
        id=CaseId(f"C-{number}"),
        subject=subject or SubjectRef(f"P-{number}"),
        owner=OwnerId("UNIT-1"),
        household=household,
        current=draw(st.none() | code),
        acute=draw(st.booleans()),
        threat_level=draw(st.sampled_from(ThreatLevel)),
        avoid=tuple(draw(st.lists(zones, max_size=3))),
        needs=tuple(sorted(draw(st.sets(st.sampled_from(Need), max_size=3)))),
        lives_alone_well=draw(st.none() | st.booleans()),
        keep_health_region=draw(st.sampled_from(Continuity)),
        within=None if within is None else tuple(sorted(within)),
        exclude=tuple(sorted(draw(st.sets(code, max_size=3)))),
        minor=draw(st.booleans()),
        eligibility=Eligibility(
            motivated=True,
            terms_signed=True,
            not_evidence_person=True,
            social_services_decision=True,
        ),
        consent=Consent(information_exchange=True, date=date(2026, 10, 1)),
    )


@st.composite
def tie_rows(
    draw: st.DrawFn,
    *,
    as_of: date,
    max_persons: int = 6,
    max_groups: int = 3,
    max_rows: int = 14,
) -> tuple[TieRow, ...]:
    """Reports among a few persons ``P0``… and groups ``G0``…, none younger than `as_of`.

    Kinds stand between the ends that the format gives them: membership and defection run
    from person to group, rivalry and alliance join groups, the others join persons.
    """
    persons = [f"P{i}" for i in range(draw(st.integers(2, max_persons)))]
    groups = [f"G{i}" for i in range(draw(st.integers(1, max_groups)))]
    rows = []
    for _ in range(draw(st.integers(0, max_rows))):
        kind = draw(st.sampled_from(TieKind))
        if kind in {TieKind.MEMBERSHIP, TieKind.DEFECTION}:
            a, b = draw(st.sampled_from(persons)), draw(st.sampled_from(groups))
        else:
            between = groups if kind in {TieKind.RIVALRY, TieKind.ALLIANCE} else persons
            if len(between) < 2:
                continue
            a, b = draw(st.permutations(between))[:2]
        seen = as_of - timedelta(days=draw(st.integers(0, 3650)))
        over = draw(st.booleans())
        rows.append(
            TieRow(
                a=a,
                b=b,
                kind=kind,
                grade=Grade(draw(st.sampled_from(SOURCES)), draw(st.integers(1, 6))),
                last_seen=seen,
                ended=seen if over else None,
                severity=draw(st.sampled_from((1.0, 0.5))),
                origin=draw(st.sampled_from(("", "one", "two"))),
            )
        )
    return tuple(rows)
