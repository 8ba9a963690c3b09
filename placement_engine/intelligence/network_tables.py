"""Rows of persons, groups, ties, presences and events as one network: checked once, here.

Whatever format a report comes in, its reader makes these rows of texts of it, and the same
checks refuse the same faults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from placement_engine.intelligence.events import EVENT_COLUMNS, ties_of_events
from placement_engine.intelligence.network import (
    CATEGORIES,
    ENVIRONMENTS,
    KINDS,
    PRESENCE_TYPES,
    ROLES,
    TIE_TYPES,
    Network,
    PresenceColumns,
    TieColumns,
)
from placement_engine.intelligence.table import (
    Faults,
    Table,
    Unreadable,
    a_day,
    an_id,
    free_text,
    municipality,
    one_of,
    optional_day,
    optional_id,
    unit,
    unreadable,
)
from placement_engine.vocabulary import SOURCES, TieKind

WHAT = "The network was refused"
FILES = {
    "persons.csv": (("person_id", "role"), ("birth_year",)),
    "groups.csv": (("group_id", "category", "environment"), ("label",)),
    "ties.csv": (
        ("a", "b", "kind", "source", "information", "last_seen"),
        ("first_seen", "ended", "severity", "origin", "handling"),
    ),
    "presence.csv": (
        ("actor", "municipality", "strength", "source", "information", "last_seen"),
        ("ended",),
    ),
    "events.csv": EVENT_COLUMNS,
}
"""The kinds of rows by the name of their file in a folder: required and optional columns."""
OPTIONAL_FILES = frozenset({"presence.csv", "events.csv"})
_THREADS = 2
"""Columns put in order at once: the memory is the limit, not the processor."""
PERSON_TO_GROUP = frozenset({TieKind.MEMBERSHIP, TieKind.DEFECTION})
_BETWEEN_PERSONS = frozenset({TieKind.KINSHIP})


def network_of_tables(
    tables: Mapping[str, Table], *, batch: str, codes: frozenset[str], faults: Faults
) -> Network:
    """The network of these rows.

    Parameters
    ----------
    tables
        By name of `FILES`; what is missing has no rows.
    batch
        Name of the import; reports without an origin count as one origin for each source
        letter and batch.
    codes
        The municipality codes that exist.
    faults
        What is wrong already; whatever else is wrong is added.

    Raises
    ------
    InvalidFiles
        With every fault, if there is any.
    """
    empty = {
        name: unreadable(name, required=required, faults=faults, readable=True)
        for name, (required, _) in FILES.items()
        if name not in tables
    }
    tables = {**tables, **empty}
    nodes = _Nodes(tables["persons.csv"], tables["groups.csv"])
    reports = (tables["ties.csv"], ties_of_events(tables["events.csv"], codes))
    ties, origins, handlings = _ties(reports, nodes, batch)
    presences = _presences(tables["presence.csv"], nodes, codes)
    faults.raise_any()
    return nodes.network(ties, presences, origins, handlings)


class _Nodes:
    """Persons and groups in one order, with their index by id."""

    def __init__(self, persons: Table, groups: Table) -> None:
        person_ids = persons.parse("person_id", an_id)
        group_ids = groups.parse("group_id", an_id)
        self._twice(persons, "person_id", person_ids, set())
        self._twice(groups, "group_id", group_ids, {p for p in person_ids if p})
        roles = persons.numbers("role", one_of(ROLES))
        births = persons.numbers("birth_year", _birth_year)
        categories = groups.numbers("category", one_of(CATEGORIES))
        environments = groups.numbers("environment", one_of(ENVIRONMENTS))
        labels = groups.parse("label", free_text)
        ids = [one or "" for one in (*person_ids, *group_ids)]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        self.ids = tuple(ids[at] for at in order)
        self.index = {node: at for at, node in enumerate(self.ids)}
        # Where the persons or groups cannot be read, no tie is to blame for it.
        self.complete = persons.readable and groups.readable
        none, nobody = np.full(len(persons), -1), np.full(len(groups), -1)
        self._columns = {
            name: np.concatenate(both).astype(kind)[order]
            for name, kind, both in (
                ("is_group", "|b1", (none == 0, nobody < 0)),
                ("role", "<i1", (roles, nobody)),
                ("category", "<i1", (none, categories)),
                ("environment", "<i1", (none, environments)),
                ("birth_year", "<i2", (births, nobody + 1)),
            )
        }
        texts = [*([""] * len(persons)), *(label or "" for label in labels)]
        self._labels = tuple(texts[at] for at in order)

    @property
    def is_group(self) -> np.ndarray:
        """(n,) whether a node is a group."""
        return self._columns["is_group"]

    @staticmethod
    def _twice(table: Table, column: str, ids: Sequence[str | None], taken: set[str]) -> None:
        if None not in ids and len(set(ids)) == len(ids) and taken.isdisjoint(ids):
            return
        seen: set[str] = set()
        for row, node in enumerate(ids):
            if node is not None and node in seen:
                table.fault(row, column, "the id stands twice")
            elif node is not None and node in taken:
                table.fault(row, column, "the id is a person's too")
            if node is not None:
                seen.add(node)

    def places(self, table: Table, column: str) -> np.ndarray:
        """Index of each id of a column, -1 where it is not known."""

        def place(text: str) -> int:
            if an_id(text) and self.complete:
                raise Unreadable("the id is not in this network")
            return -1

        return table.positions(column, self.index, place)

    def network(
        self,
        ties: TieColumns,
        presences: PresenceColumns,
        origins: tuple[str, ...],
        handlings: tuple[str, ...],
    ) -> Network:
        return Network(
            nodes=self.ids,
            **self._columns,
            labels=self._labels,
            ties=ties,
            presences=presences,
            origins=origins,
            handlings=handlings,
        )


def _ties(
    tables: Sequence[Table], nodes: _Nodes, batch: str
) -> tuple[TieColumns, tuple[str, ...], tuple[str, ...]]:
    origins: dict[str, int] = {"": 0}
    handlings: dict[str, int] = {"": 0}
    parts = [_tie_columns(table, nodes, batch, origins, handlings) for table in tables]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in TIE_TYPES}
    for name, texts in (("origin", origins), ("handling", handlings)):
        ordered = {text: at for at, text in enumerate(sorted(texts))}
        place = np.array([ordered[text] for text in texts], dtype=np.int32)
        columns[name] = place[columns[name]]
    return (
        TieColumns(**_once(columns, TIE_TYPES)),
        tuple(sorted(origins)),
        tuple(sorted(handlings)),
    )


def _tie_columns(
    table: Table, nodes: _Nodes, batch: str, origins: dict[str, int], handlings: dict[str, int]
) -> dict[str, np.ndarray]:
    """The ties of one table; its origins and handlings join those of the others."""
    origin, stated = table.coded("origin", optional_id)
    handling, own = table.coded("handling", free_text)
    source = table.numbers("source", one_of(SOURCES))
    # No file can hold a NUL, so no stated origin equals one of these.
    texts = [*stated, *(f"\0{batch}\0{letter}" for letter in SOURCES)]
    origin = np.where((origin == 0) & (source >= 0), len(stated) + source, origin)
    used = np.zeros(len(texts), dtype=np.bool_)
    used[origin] = True
    place = [
        origins.setdefault(text, len(origins)) if use else 0
        for text, use in zip(texts, used.tolist(), strict=True)
    ]
    columns: dict[str, np.ndarray] = {
        "a": nodes.places(table, "a"),
        "b": nodes.places(table, "b"),
        "kind": table.numbers("kind", one_of(KINDS)),
        "source": source,
        "information": table.numbers("information", _information),
        "last_seen": table.numbers("last_seen", a_day),
        "first_seen": table.numbers("first_seen", optional_day),
        "ended": table.numbers("ended", optional_day),
        "severity": table.numbers("severity", _severity, np.float64),
        "origin": np.array(place, dtype=np.int32)[origin],
        "handling": np.array(
            [handlings.setdefault(text, len(handlings)) for text in own], dtype=np.int32
        )[handling],
    }
    _check_ends(table, columns, nodes)
    _check_order(table, columns)
    return columns


def _check_ends(table: Table, columns: dict[str, np.ndarray], nodes: _Nodes) -> None:
    a, b, kind = columns["a"], columns["b"], columns["kind"]
    known = (a >= 0) & (b >= 0) & (kind >= 0)
    group = np.append(nodes.is_group, False)
    a_group, b_group = group[a], group[b]
    for kinds, wrong, problem in (
        (PERSON_TO_GROUP, a_group | ~b_group, "must run from a person to a group"),
        (_BETWEEN_PERSONS, a_group | b_group, "must join two persons"),
        (frozenset(KINDS), a == b, "joins somebody to himself"),
    ):
        among = np.isin(kind, [KINDS.index(k) for k in kinds])
        for row in np.flatnonzero(known & among & wrong).tolist():
            table.fault(row, "kind", problem)


def _check_order(table: Table, columns: dict[str, np.ndarray]) -> None:
    first, last, ended = columns["first_seen"], columns["last_seen"], columns["ended"]
    for row in np.flatnonzero((first > last) & (last > 0)).tolist():
        table.fault(row, "first_seen", "is after last_seen")
    for row in np.flatnonzero((ended > 0) & (first > ended)).tolist():
        table.fault(row, "ended", "is before first_seen")


def _presences(table: Table, nodes: _Nodes, codes: frozenset[str]) -> PresenceColumns:
    known = municipality(codes)
    columns = {
        "actor": nodes.places(table, "actor"),
        "municipality": table.numbers("municipality", lambda text: int(known(text))),
        "strength": table.numbers("strength", unit, np.float64),
        "source": table.numbers("source", one_of(SOURCES)),
        "information": table.numbers("information", _information),
        "last_seen": table.numbers("last_seen", a_day),
        "ended": table.numbers("ended", optional_day),
    }
    return PresenceColumns(**_once(columns, PRESENCE_TYPES))


def _once(columns: dict[str, np.ndarray], types: dict[str, str]) -> dict[str, np.ndarray]:
    """Rows that are equal in all columns collapse to one; the rest in one stable order."""
    keys = _packed([columns[name] for name in types])
    order = _order(keys)
    new = np.zeros(len(order), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        ordered = key[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    kept = order[new]

    def one(name: str) -> np.ndarray:
        column: np.ndarray = columns[name].astype(types[name], copy=False)[kept]
        return column

    with ThreadPoolExecutor(_THREADS) as threads:
        return dict(zip(types, threads.map(one, types), strict=True))


def _order(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Positions by rising keys, the first weighing most: only its ties look at the others."""
    order = np.argsort(keys[0])
    ordered = keys[0][order]
    tied = np.zeros(len(order), dtype=np.bool_)
    tied[1:] = ordered[1:] == ordered[:-1]
    tied[:-1] |= tied[1:]
    among = order[tied]
    order[tied] = among[np.lexsort([key[among] for key in reversed(keys)])]
    return order


def _packed(columns: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Fewer sort keys in the same order: neighbouring whole numbers share 62 bits."""
    keys: list[np.ndarray] = []
    room = 0
    for column in columns:
        if column.dtype.kind != "i" or not len(column):
            keys.append(column)
            room = 0
            continue
        low = int(column.min())
        span = int(column.max()) - low + 1
        if span <= room:
            keys[-1] = keys[-1] * span
            keys[-1] += column
            keys[-1] -= low
            room //= span
        else:
            keys.append(column.astype(np.int64) - low)
            room = 2**62 // span
    return keys


def _information(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5", "6"):
        raise Unreadable("must be 1 to 6")
    return int(text)


def _severity(text: str) -> float:
    return unit(text) if text else 1.0


def _birth_year(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) == 4 and "1900" <= text <= "2100"):
        raise Unreadable("must be a year such as 1990")
    return int(text)
