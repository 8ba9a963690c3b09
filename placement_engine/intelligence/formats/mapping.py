"""A mapping file: how another program's columns, types and values become ours.

A mapping is TOML. Whatever it does not speak of is read as our own formats name it, and is
checked as strictly.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from placement_engine.intelligence.formats.reports import (
    EVENTS,
    GROUPS,
    PERSONS,
    PRESENCE,
    TIES,
    columns_of,
)
from placement_engine.intelligence.ids import refusal
from placement_engine.intelligence.table import Faults

IGNORE: Final = "ignore"
"""What an entity, a link or an attribute is mapped to that shall not be read."""
MAX_MAPPING: Final = 2**20
ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252")

_SECTIONS: Final = {
    "persons": PERSONS,
    "groups": GROUPS,
    "ties": TIES,
    "presence": PRESENCE,
    "events": EVENTS,
}
_ENTITY: Final = {
    "person": ("role", "birth_year"),
    "group": ("category", "environment", "label"),
    "municipality": (),
    IGNORE: (),
}
_TABLE_KEYS: Final = frozenset(
    {"file", "sheet", "columns", "constants", "values", "dates", "ignore", "where", "distinct"}
)
_TOP_KEYS: Final = frozenset(
    {"version", "delimiter", "encoding", "entities", "links", "attributes", "defaults", *_SECTIONS}
)
_DATE = re.compile(r"(?:[^%]|%[YmdHMS])*")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRule:
    """What one type of entity is: a person, a group, a municipality, or nothing to read."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRule:
    """How the rows of one table become rows of ours.

    Parameters
    ----------
    rows
        The kind of our rows.
    file, sheet
        Name of the file in a folder, or of the sheet in a workbook; blank for the only one.
    columns
        Our field to their column; ``grade`` holds letter and digit together.
    constants
        Our field to the text that every row has.
    values
        Our field to what their texts mean.
    dates
        How their dates are written, as ``%d/%m/%Y``; blank for ISO.
    ignore
        Columns that are not read.
    where
        Their column to the texts of the rows to read.
    distinct
        Whether a row with an id that an earlier row has is left out.
    """

    rows: str
    file: str = ""
    sheet: str = ""
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: str = ""
    ignore: tuple[str, ...] = ()
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatMapping:
    """All that a mapping file says; the empty one says nothing."""

    entities: Mapping[str, EntityRule] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[TableRule, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"


def read_mapping(data: bytes, file: str) -> FormatMapping:
    """Read a mapping file.

    Raises
    ------
    InvalidFiles
        With every fault, by the place in the file, never with what stood there.
    """
    faults = Faults("The mapping was refused")
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValueError):
        faults.add(file, 0, "", "is not TOML in UTF-8")
        document = {}
    else:
        if document.get("version") != 1:
            faults.add(file, 0, "version", "must be 1")
    reading = _Reading(file, faults)
    mapping = reading.mapping(document)
    faults.raise_any()
    return mapping


class _Reading:
    """Checks each part of one document and keeps what is right."""

    def __init__(self, file: str, faults: Faults) -> None:
        self._file = file
        self._faults = faults

    def mapping(self, document: dict[str, Any]) -> FormatMapping:
        self._keys(document, _TOP_KEYS, "")
        entities = self._table(document, "entities", "")
        encoding = self._text(document, "encoding", "") or "utf-8"
        if encoding not in ENCODINGS:
            self._fault("encoding", f"must be one of {', '.join(ENCODINGS)}")
            encoding = "utf-8"
        delimiter = self._text(document, "delimiter", "") or ","
        if delimiter not in (",", ";", "\t", "|"):
            self._fault("delimiter", "must be a comma, a semicolon, a tab or a bar")
            delimiter = ","
        return FormatMapping(
            entities={
                name: self._entity(rule, f"entities {at}")
                for at, (name, rule) in enumerate(entities.items(), start=1)
            },
            links=self._texts(document, "links", ""),
            attributes=self._attributes(document),
            defaults=self._texts(document, "defaults", ""),
            tables=tuple(
                rule
                for section, kind in _SECTIONS.items()
                for rule in self._rules(document, section, kind)
            ),
            delimiter=delimiter,
            encoding=encoding,
        )

    def _attributes(self, document: dict[str, Any]) -> dict[str, str]:
        attributes = self._texts(document, "attributes", "")
        for at, name in enumerate(attributes, start=1):
            refused = refusal(name)
            if refused:
                self._fault(f"attributes {at}", refused)
        return attributes

    def _entity(self, rule: object, place: str) -> EntityRule:
        texts = self._as_texts(rule, place)
        kind = texts.pop("kind", "")
        if kind not in _ENTITY:
            self._fault(f"{place} kind", f"must be one of {', '.join(_ENTITY)}")
            return EntityRule(kind=IGNORE)
        self._keys(texts, frozenset(_ENTITY[kind]), place)
        return EntityRule(kind=kind, values=texts)

    def _rules(self, document: dict[str, Any], section: str, kind: str) -> list[TableRule]:
        found = document.get(section, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self._fault(section, f"must be written as [[{section}]]")
            return []
        return [self._rule(one, kind, f"{section} {at}") for at, one in enumerate(found, start=1)]

    def _rule(self, table: dict[str, Any], kind: str, place: str) -> TableRule:
        self._keys(table, _TABLE_KEYS, place)
        fields = {*columns_of(kind), *({"grade"} if "information" in columns_of(kind) else ())}
        columns = self._texts(table, "columns", place)
        constants = self._texts(table, "constants", place)
        for part, known in (("columns", columns), ("constants", constants)):
            self._keys(known, frozenset(fields), f"{place} {part}")
        values = self._table(table, "values", place)
        self._keys(values, frozenset(fields), f"{place} values")
        where = self._table(table, "where", place)
        dates = self._text(table, "dates", place)
        if dates and not (_DATE.fullmatch(dates) and all(p in dates for p in ("%Y", "%m", "%d"))):
            self._fault(f"{place} dates", "must hold %Y, %m and %d, and no more than %H, %M and %S")
        ignore = tuple(self._list(table.get("ignore", []), f"{place} ignore"))
        for name in (*columns.values(), *ignore):
            refused = refusal(name)
            if refused:
                self._fault(place, refused)
        distinct = table.get("distinct", False)
        if not isinstance(distinct, bool):
            self._fault(f"{place} distinct", "must be true or false")
        return TableRule(
            rows=kind,
            file=self._text(table, "file", place),
            sheet=self._text(table, "sheet", place),
            columns=columns,
            constants=constants,
            values={
                name: self._as_texts(meanings, f"{place} values")
                for name, meanings in values.items()
            },
            dates=dates,
            ignore=ignore,
            where={
                name: frozenset(self._list(texts, f"{place} where"))
                for name, texts in where.items()
            },
            distinct=distinct is True,
        )

    # Parts of any kind. ------------------------------------------------------------------

    def _fault(self, place: str, problem: str) -> None:
        self._faults.add(self._file, 0, place, problem)

    def _keys(self, table: Mapping[str, object], known: frozenset[str], place: str) -> None:
        wrong = len(table.keys() - known)
        if wrong:
            listed = ", ".join(sorted(known)) or "none"
            self._fault(place, f"{wrong} keys are not known here; there may be: {listed}")

    def _table(self, owner: dict[str, Any], key: str, place: str) -> dict[str, Any]:
        found = owner.get(key, {})
        if not isinstance(found, dict):
            self._fault(f"{place} {key}".strip(), "must be a table")
            return {}
        return found

    def _texts(self, owner: dict[str, Any], key: str, place: str) -> dict[str, str]:
        return self._as_texts(self._table(owner, key, place), f"{place} {key}".strip())

    def _as_texts(self, found: object, place: str) -> dict[str, str]:
        if not isinstance(found, dict) or not all(isinstance(t, str) for t in found.values()):
            self._fault(place, "must be a table of texts; write numbers in quotes")
            return {}
        return dict(found)

    def _text(self, owner: dict[str, Any], key: str, place: str) -> str:
        found = owner.get(key, "")
        if not isinstance(found, str):
            self._fault(f"{place} {key}".strip(), "must be a text")
            return ""
        return found

    def _list(self, found: object, place: str) -> list[str]:
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            self._fault(place, "must be a list of texts")
            return []
        return found
