"""Small networks from rows, and a Hypothesis strategy of rows of every kind.

Needs ``hypothesis``, which the program itself does not install.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st

from placement_engine.intelligence import Network, PresenceColumns, TieColumns
from placement_engine.intelligence.network import KINDS, PRESENCE_TYPES, TIE_TYPES
from placement_engine.vocabulary import SOURCES, Grade, TieKind

PERSON_TO_GROUP = frozenset({TieKind.MEMBERSHIP, TieKind.DEFECTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class TieReport:
    """One row of ``ties.csv``; ids that start with G are groups."""

    a: str
    b: str
    kind: TieKind
    grade: Grade
    last_seen: date
    first_seen: date | None = None
    ended: date | None = None
    severity: float = 1.0
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceReport:
    """One row of ``presence.csv``."""

    actor: str
    municipality: str
    strength: float
    grade: Grade
    last_seen: date
    ended: date | None = None


def network_of(
    rows: Sequence[TieReport],
    *,
    presences: Sequence[PresenceReport] = (),
    nodes: Collection[str] = (),
    groups: Collection[str] | None = None,
    batch: str = "main",
) -> Network:
    """A network of these rows in this order, as the reader would number its origins.

    Parameters
    ----------
    nodes
        Ids besides those of the rows.
    groups
        Ids that are groups; None for those that start with G.
    """
    ids = {*nodes, *(i for r in rows for i in (r.a, r.b)), *(p.actor for p in presences)}
    ordered = tuple(sorted(ids))
    index = {node: at for at, node in enumerate(ordered)}
    known = {i for i in ids if i.startswith("G")} if groups is None else set(groups)
    is_group = np.array([node in known for node in ordered], dtype=np.bool_)
    told = [row.origin or f"\0{batch}\0{row.grade.source}" for row in rows]
    origins = tuple(sorted({"", *told}))
    ties = {
        "a": [index[row.a] for row in rows],
        "b": [index[row.b] for row in rows],
        "kind": [KINDS.index(row.kind) for row in rows],
        "source": [SOURCES.index(row.grade.source) for row in rows],
        "information": [row.grade.information for row in rows],
        "last_seen": [row.last_seen.toordinal() for row in rows],
        "first_seen": [_day(row.first_seen) for row in rows],
        "ended": [_day(row.ended) for row in rows],
        "severity": [row.severity for row in rows],
        "origin": [origins.index(text) for text in told],
        "handling": [0 for _ in rows],
    }
    seen = {
        "actor": [index[p.actor] for p in presences],
        "municipality": [int(p.municipality) for p in presences],
        "strength": [p.strength for p in presences],
        "source": [SOURCES.index(p.grade.source) for p in presences],
        "information": [p.grade.information for p in presences],
        "last_seen": [p.last_seen.toordinal() for p in presences],
        "ended": [_day(p.ended) for p in presences],
    }
    count = len(ordered)
    return Network(
        nodes=ordered,
        is_group=is_group,
        role=np.where(is_group, -1, 2).astype("<i1"),
        category=np.where(is_group, 0, -1).astype("<i1"),
        environment=np.where(is_group, 0, -1).astype("<i1"),
        birth_year=np.zeros(count, dtype="<i2"),
        labels=("",) * count,
        ties=TieColumns(**{n: np.array(ties[n], dtype=t) for n, t in TIE_TYPES.items()}),
        presences=PresenceColumns(
            **{n: np.array(seen[n], dtype=t) for n, t in PRESENCE_TYPES.items()}
        ),
        origins=origins,
        handlings=("",),
    )


def _day(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


@st.composite
def tie_reports(
    draw: st.DrawFn,
    *,
    as_of: date,
    max_persons: int = 6,
    max_groups: int = 3,
    max_rows: int = 14,
    kinds: Sequence[TieKind] = tuple(TieKind),
    later: bool = True,
) -> tuple[TieReport, ...]:
    """Reports of any kind, grade and age among persons ``P0``… and groups ``G0``….

    Few nodes and many rows, so that ties stand parallel and paths meet. Some rows are seen
    after `as_of` or end after it, unless `later` is false.
    """
    persons = [f"P{i}" for i in range(draw(st.integers(2, max_persons)))]
    groups = [f"G{i}" for i in range(draw(st.integers(1, max_groups)))]
    soonest = -400 if later else 0
    days = st.one_of(st.sampled_from((0, 1, 730, 1095)), st.integers(soonest, 3650))
    rows = []
    for _ in range(draw(st.integers(0, max_rows))):
        kind = draw(st.sampled_from(tuple(kinds)))
        if kind in PERSON_TO_GROUP:
            a, b = draw(st.sampled_from(persons)), draw(st.sampled_from(groups))
        else:
            among = persons if kind is TieKind.KINSHIP else persons + groups
            a = draw(st.sampled_from(among))
            b = draw(st.sampled_from([node for node in among if node != a]))
        seen = as_of - timedelta(days=draw(days))
        begun = draw(st.one_of(st.none(), st.integers(-200, 500)))
        over = draw(st.one_of(st.none(), st.none(), days))
        rows.append(
            TieReport(
                a=a,
                b=b,
                kind=kind,
                grade=Grade(draw(st.sampled_from(SOURCES)), draw(st.integers(1, 6))),
                last_seen=seen,
                first_seen=None if begun is None else seen - timedelta(days=begun),
                ended=None if over is None else as_of - timedelta(days=over),
                severity=draw(st.sampled_from((1.0, 1.0, 0.5, 0.0, 0.83))),
                origin=draw(st.sampled_from(("", "", "one", "two"))),
            )
        )
    return tuple(rows)
