"""Tables of any shape as rows of ours, by the rules of a mapping: CSV and workbooks alike."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from placement_engine.intelligence.column import Column, Ints
from placement_engine.intelligence.formats.mapping import FormatMapping, TableRule
from placement_engine.intelligence.formats.reports import GROUPS, PERSONS, columns_of, joined
from placement_engine.intelligence.network_tables import FILES
from placement_engine.intelligence.table import (
    Faults,
    Table,
    read_bytes,
    read_table,
    unreadable,
)
from placement_engine.vocabulary import SOURCES

MAX_FILE = 2**28
MAX_CSV = 2**30
"""Bytes of a CSV file, which is cut by columns and never held as rows."""

_IDS = {PERSONS: "person_id", GROUPS: "group_id"}
_DAYS = frozenset({"last_seen", "first_seen", "ended", "date"})
_GRADE = len("B2")
_NO_DAY = "-"

Opened = Callable[[TableRule, Sequence[str], Sequence[str]], Table]
"""Gives the table of a rule, which has to have these columns and may have those besides."""


def read_csv(path: Path, mapping: FormatMapping, faults: Faults) -> dict[str, Table]:
    """Read one CSV file, or a folder of them, by a mapping."""
    folder = path.is_dir()

    def opened(rule: TableRule, required: Sequence[str], optional: Sequence[str]) -> Table:
        at = path / Path(rule.file).name if folder else path
        told = read_bytes(at, limit=MAX_CSV, what=faults.what)
        data = _utf8(told, mapping.encoding, at.name, faults)
        if data is None:
            return unreadable(at.name, required=required, faults=faults)
        return read_table(
            data,
            at.name,
            required=required,
            optional=optional,
            faults=faults,
            delimiter=mapping.delimiter,
        )

    return by_rules(mapping.tables, opened, faults)


def by_rules(rules: Sequence[TableRule], opened: Opened, faults: Faults) -> dict[str, Table]:
    """The rows of all rules, by their kind."""
    parts: dict[str, list[Table]] = {kind: [] for kind in FILES}
    seen: dict[str, set[str]] = {kind: set() for kind in FILES}
    # A table that several rules read is opened once, so that its faults are told once.
    tables: dict[tuple[str, str], Table] = {}
    for rule in rules:
        source = (rule.file, rule.sheet)
        if source not in tables:
            sharing = [one for one in rules if (one.file, one.sheet) == source]
            used = {name for one in sharing for name in (*one.columns.values(), *one.where)}
            ignored = {name for one in sharing for name in one.ignore}
            tables[source] = opened(rule, sorted(used), sorted(ignored - used))
        parts[rule.rows].append(_mapped(tables[source], rule, seen[rule.rows]))
    return {kind: joined(kind, found, faults) for kind, found in parts.items()}


def _mapped(table: Table, rule: TableRule, seen: set[str]) -> Table:
    """The rows of one table as rows of ours; what is wrong is noted by our fields' names.

    Every column is turned over once for each different text in it.
    """
    keep = _kept(table, rule)
    size = len(keep)
    lines = _taken(table.lines, keep)
    given = {
        name: table.column(column).at(keep).told(str.strip) for name, column in rule.columns.items()
    }
    given |= {name: Column.same(text, size) for name, text in rule.constants.items()}
    ours = Table(
        file=table.file, readable=table.readable, lines=lines, columns=given, faults=table.faults
    )
    columns = {name: _valued(column, rule.values.get(name)) for name, column in given.items()}
    if "grade" in columns:
        grades = _grades(ours, columns.pop("grade"))
        columns |= {
            "source": grades.told(lambda grade: grade[:1]),
            "information": grades.told(lambda grade: grade[1:]),
        }
    for name in _DAYS & columns.keys() & rule.columns.keys():
        if rule.dates:
            columns[name] = _days(ours, name, columns[name], rule.dates)
    if "municipality" in columns:
        columns["municipality"] = columns["municipality"].told(four_digits)
    columns = {name: columns.get(name, Column.blank(size)) for name in columns_of(rule.rows)}
    if rule.distinct and rule.rows in _IDS:
        rows = _first(columns[_IDS[rule.rows]], seen)
        lines = _taken(lines, rows)
        columns = {name: column.at(rows) for name, column in columns.items()}
    return Table(
        file=table.file,
        readable=table.readable,
        lines=lines,
        columns=columns,
        faults=table.faults,
    )


def _taken(lines: Sequence[int], rows: Ints) -> Sequence[int]:
    return array("q", np.asarray(lines, dtype=np.int64)[rows].tobytes())


def _kept(table: Table, rule: TableRule) -> Ints:
    """The rows of a table that a rule speaks of."""
    keep = np.ones(len(table), dtype=np.bool_)
    for name, wanted in rule.where.items():
        column = table.column(name)
        keep &= np.array([text.strip() in wanted for text in column.texts] + [False])[column.codes]
    return np.flatnonzero(keep)


def _valued(column: Column, meanings: Mapping[str, str] | None) -> Column:
    return column.told(lambda text: meanings.get(text, text)) if meanings else column


def _first(column: Column, seen: set[str]) -> Ints:
    """The rows where a text stands that is not blank and that no row had before."""
    index: dict[str, int] = {}
    own = np.array([index.setdefault(text, len(index)) for text in column.texts], dtype=np.int64)
    different, rows = np.unique(own[column.codes], return_index=True)
    texts = [*index]
    new = [bool(texts[at]) and texts[at] not in seen for at in different.tolist()]
    seen |= {texts[at] for at in different.tolist()}
    return np.sort(rows[np.array(new, dtype=np.bool_)])


def _noted(table: Table, name: str, column: Column, good: Sequence[bool], problem: str) -> None:
    """Note a fault for each row whose text is not good."""
    if not all(good):
        for row in np.flatnonzero(~np.array(good)[column.codes]).tolist():
            table.fault(row, name, problem)


def _grades(table: Table, column: Column) -> Column:
    """Letter and digit of each grade; F6 beside a fault."""

    def good(text: str) -> bool:
        return len(text) == _GRADE and text[0] in SOURCES and text[1] in "123456"

    problem = "must be a letter A to F and a digit 1 to 6, such as B2"
    _noted(table, "grade", column, [good(text) for text in column.texts], problem)
    return column.told(lambda text: text if good(text) else "F6")


def _days(table: Table, name: str, column: Column, pattern: str) -> Column:
    """ISO dates of dates in another form; the first day of all beside a fault."""

    def day(text: str) -> str:
        try:
            # Only the day is kept, so no zone can be missed.
            return datetime.strptime(text, pattern).date().isoformat() if text else ""  # noqa: DTZ007
        except ValueError:
            return _NO_DAY

    days = column.told(day)
    good = [text != _NO_DAY for text in days.texts]
    _noted(table, name, days, good, "is not a date as the mapping says")
    return days.told(lambda text: "0001-01-01" if text == _NO_DAY else text)


def four_digits(code: str) -> str:
    """The code of a municipality that a spreadsheet took for a number.

    Examples
    --------
    >>> four_digits("180"), four_digits("1480")
    ('0180', '1480')
    """
    return f"0{code}" if len(code) == len("180") and code.isdigit() else code


def _utf8(data: bytes, encoding: str, name: str, faults: Faults) -> bytes | None:
    if encoding == "utf-8":
        return data
    try:
        return data.decode(encoding).encode()
    except UnicodeError:
        faults.add(name, 0, "", f"is not {encoding}, as the mapping says")
        return None
