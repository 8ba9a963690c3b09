"""Tables of any shape as rows of ours, by the rules of a mapping: CSV and workbooks alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

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

_IDS = {PERSONS: "person_id", GROUPS: "group_id"}
_DAYS = frozenset({"last_seen", "first_seen", "ended", "date"})
_GRADE = len("B2")

Opened = Callable[[TableRule, Sequence[str], Sequence[str]], Table]
"""Gives the table of a rule, which has to have these columns and may have those besides."""


def read_csv(path: Path, mapping: FormatMapping, faults: Faults) -> dict[str, Table]:
    """Read one CSV file, or a folder of them, by a mapping."""
    folder = path.is_dir()

    def opened(rule: TableRule, required: Sequence[str], optional: Sequence[str]) -> Table:
        at = path / Path(rule.file).name if folder else path
        told = read_bytes(at, limit=MAX_FILE, what=faults.what)
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
    """The rows of one table as rows of ours; what is wrong is noted by our fields' names."""
    keep = _kept(table, rule)
    given = {
        name: [table.columns[column][row].strip() for row in keep]
        for name, column in rule.columns.items()
    }
    lines = [int(table.lines[row]) for row in keep]
    size = len(lines)
    given |= {name: [text] * size for name, text in rule.constants.items()}
    ours = Table(
        file=table.file, readable=table.readable, lines=lines, columns=given, faults=table.faults
    )
    columns = {name: _valued(texts, rule.values.get(name)) for name, texts in given.items()}
    if "grade" in columns:
        grades = _grades(ours, columns.pop("grade"))
        columns |= {"source": [g[:1] for g in grades], "information": [g[1:] for g in grades]}
    for name in _DAYS & columns.keys() & rule.columns.keys():
        if rule.dates:
            columns[name] = _days(ours, name, columns[name], rule.dates)
    if "municipality" in columns:
        columns["municipality"] = [four_digits(text) for text in columns["municipality"]]
    columns = {name: columns.get(name, [""] * size) for name in columns_of(rule.rows)}
    rows = list(range(size))
    if rule.distinct and rule.rows in _IDS:
        rows = [r for r, text in enumerate(columns[_IDS[rule.rows]]) if _first(text, seen)]
    return Table(
        file=table.file,
        readable=table.readable,
        lines=[lines[row] for row in rows],
        columns={name: [texts[row] for row in rows] for name, texts in columns.items()},
        faults=table.faults,
    )


def _kept(table: Table, rule: TableRule) -> Sequence[int]:
    rows: Sequence[int] = range(len(table))
    for column, wanted in rule.where.items():
        texts = table.columns[column]
        rows = [row for row in rows if texts[row].strip() in wanted]
    return rows


def _valued(texts: list[str], meanings: Mapping[str, str] | None) -> list[str]:
    return [meanings.get(text, text) for text in texts] if meanings else texts


def _first(text: str, seen: set[str]) -> bool:
    new = text not in seen
    seen.add(text)
    return new and bool(text)


def _grades(table: Table, texts: Sequence[str]) -> list[str]:
    """Letter and digit of each grade; F6 beside a fault."""
    grades = []
    for row, text in enumerate(texts):
        good = len(text) == _GRADE and text[0] in SOURCES and text[1] in "123456"
        if not good:
            table.fault(row, "grade", "must be a letter A to F and a digit 1 to 6, such as B2")
        grades.append(text if good else "F6")
    return grades


def _days(table: Table, name: str, texts: Sequence[str], pattern: str) -> list[str]:
    """ISO dates of dates in another form; the first day of all beside a fault."""
    known = {"": ""}
    for row, text in enumerate(texts):
        if text not in known:
            try:
                # Only the day is kept, so no zone can be missed.
                known[text] = datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007
            except ValueError:
                known[text] = "-"
        if known[text] == "-":
            table.fault(row, name, "is not a date as the mapping says")
    return ["0001-01-01" if known[text] == "-" else known[text] for text in texts]


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
