"""FollowTheMoney entities as JSON lines, both ways.

Ours is a strict reader of the few schemata that speak of persons, groups and ties; the
entities are those that the FollowTheMoney library reads and writes. What FollowTheMoney has
no property for stands as ``name:value`` in ``keywords`` of an entity and ``summary`` of a
link. A name that is not the pseudonym itself is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

from placement_engine.intelligence.formats.chart import PLACE, PRESENT, place_ids
from placement_engine.intelligence.formats.mapping import IGNORE, FormatMapping
from placement_engine.intelligence.formats.reports import (
    GROUPS,
    PERSONS,
    PRESENCE,
    TIES,
    Reports,
    columns_of,
)
from placement_engine.intelligence.formats.rows import (
    group_rows,
    person_rows,
    presence_rows,
    tie_rows,
)
from placement_engine.intelligence.formats.strict_json import NotJson, parse_json
from placement_engine.intelligence.ids import refusal
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.table import Faults, Table
from placement_engine.vocabulary import TieKind

MAX_LINE: Final = 2**20
_LINKS: Final = {
    "Membership": ("member", "organization", TieKind.MEMBERSHIP),
    "Family": ("person", "relative", TieKind.KINSHIP),
    "Associate": ("person", "associate", TieKind.ASSOCIATION),
    "UnknownLink": ("subject", "object", None),
}
_ROLES: Final = {
    "rival": "rivalry",
    "ally": "alliance",
    PRESENT: PRESENT,
    **{kind.value: kind.value for kind in TieKind},
}
"""What the role of an UnknownLink says, as a kind of tie."""
_INTERVAL: Final = {
    "date": "last_seen",
    "startDate": "first_seen",
    "endDate": "ended",
    "recordId": "origin",
}
_IN_SUMMARY: Final = ("grade", "severity", "handling", "strength")
_YEAR: Final = len("1990")


def read_ftm(data: bytes, file: str, mapping: FormatMapping, faults: Faults) -> dict[str, Table]:
    """Read entities, one a line: Person, Organization, Membership, Family, Associate, UnknownLink.

    An Address with an id such as ``municipality-0180`` may be the object of an UnknownLink with
    the role ``presence``.
    """
    reports = Reports(file, faults)
    reading = _Entities(reports, mapping)
    for line, text in enumerate(data.split(b"\n"), start=1):
        if not text.strip():
            continue
        if len(text) > MAX_LINE:
            reports.fault(line, "", f"is longer than {MAX_LINE} bytes")
            continue
        try:
            reading.take(line, parse_json(text))
        except NotJson as problem:
            reports.fault(line, "", str(problem))
    return reports.tables()


class _Entities:
    """Takes entities one by one."""

    def __init__(self, reports: Reports, mapping: FormatMapping) -> None:
        self._reports = reports
        self._mapping = mapping
        self._ids: set[str] = set()

    def take(self, line: int, entity: object) -> None:
        """Take one entity; what is wrong with it is noted."""
        if not isinstance(entity, dict):
            self._fault(line, "", "must be one entity as an object")
            return
        schema, identity = entity.get("schema"), entity.get("id")
        properties = entity.get("properties", {})
        if not isinstance(identity, str) or not isinstance(schema, str):
            self._fault(line, "", "must have id and schema as texts")
            return
        if identity in self._ids:
            self._fault(line, "id", "the id stands twice")
            return
        self._ids.add(identity)
        told = self._properties(line, properties)
        if told is None:
            return
        if schema == "Person":
            self._person(line, identity, told)
        elif schema == "Organization":
            self._group(line, identity, told)
        elif schema in _LINKS:
            self._link(line, schema, told)
        elif schema == "Address":
            if not identity.startswith(PLACE):
                self._fault(line, "id", f"an Address must have an id such as {PLACE}0180")
        else:
            self._fault(line, "schema", f"must be Person, Organization or {', '.join(_LINKS)}")

    def _properties(self, line: int, properties: object) -> dict[str, list[str]] | None:
        if not isinstance(properties, dict):
            self._fault(line, "properties", "must be an object")
            return None
        told: dict[str, list[str]] = {}
        for name, values in properties.items():
            texts = [values] if isinstance(values, str) else values
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                self._fault(line, "properties", "must be lists of texts")
                return None
            refused = refusal(name) if name != "name" else ""
            if refused:
                self._fault(line, "properties", refused.replace("columns", "properties"))
            elif self._mapping.attributes.get(name) != IGNORE:
                told[name] = texts
        return told

    def _person(self, line: int, identity: str, told: dict[str, list[str]]) -> None:
        names = told.pop("name", [])
        if any(name != identity for name in names):
            self._fault(line, "name", "must be the pseudonym; a name of a person is refused")
        row = {"role": "other", **self._defaults(PERSONS)}
        row |= self._pairs(line, told.pop("keywords", []), ("role",))
        born = self._one(line, "birthDate", told)
        if born:
            row["birth_year"] = born[:_YEAR]
        self._rest(line, told)
        self._reports.add(PERSONS, line, {**row, "person_id": identity})

    def _group(self, line: int, identity: str, told: dict[str, list[str]]) -> None:
        names = [name for name in told.pop("name", []) if name != identity]
        label = self._one(line, "alias", told) or (names[0] if names else "")
        row = {"category": "externally_defined", "environment": "criminal_network"}
        row |= self._defaults(GROUPS)
        row |= self._pairs(line, told.pop("keywords", []), ("category", "environment"))
        self._rest(line, told)
        self._reports.add(GROUPS, line, {**row, "group_id": identity, "label": label})

    def _link(self, line: int, schema: str, told: dict[str, list[str]]) -> None:
        from_, to, fixed = _LINKS[schema]
        a, b = self._one(line, from_, told), self._one(line, to, told)
        role = "" if fixed else self._one(line, "role", told)
        role = self._mapping.links.get(role, role)
        kind = fixed.value if fixed else _ROLES.get(role, "")
        if role == IGNORE:
            return
        if not kind:
            self._fault(line, "role", f"must be one of {', '.join(_ROLES)}")
            kind = TieKind.ASSOCIATION.value
        about = PRESENCE if kind == PRESENT else TIES
        row = {**self._defaults(about), **self._pairs(line, told.pop("summary", []), _IN_SUMMARY)}
        grade = row.pop("grade", "")
        if grade:
            row |= {"source": grade[:1], "information": grade[1:]}
        for theirs, ours in _INTERVAL.items():
            text = self._one(line, theirs, told)
            if text:
                row[ours] = text
        self._rest(line, told)
        if about == TIES:
            self._reports.add(TIES, line, {**row, "a": a, "b": b, "kind": kind})
        else:
            place = {"actor": a, "municipality": b.removeprefix(PLACE)}
            self._reports.add(PRESENCE, line, {**row, **place})
        for name in row.keys() - set(columns_of(about)):
            self._fault(line, name, "has no place in a link of this kind")

    def _one(self, line: int, name: str, told: dict[str, list[str]]) -> str:
        texts = told.pop(name, [])
        if len(texts) > 1:
            self._fault(line, name, "has several values")
        return texts[0] if texts else ""

    def _pairs(self, line: int, texts: list[str], known: tuple[str, ...]) -> dict[str, str]:
        """``name:value`` texts of these names."""
        told: dict[str, str] = {}
        for text in texts:
            name, colon, value = text.partition(":")
            if not colon or name not in known:
                self._fault(line, "properties", f"must be texts such as {known[0]}:…")
            elif name in told:
                self._fault(line, name, "has several values")
            told[name] = value
        return {name: told[name] for name in known if told.get(name)}

    def _rest(self, line: int, told: Mapping[str, list[str]]) -> None:
        if told:
            problem = f"{len(told)} are not read here; the mapping may name them to be ignored"
            self._fault(line, "properties", problem)

    def _defaults(self, kind: str) -> dict[str, str]:
        known = columns_of(kind)
        return {name: text for name, text in self._mapping.defaults.items() if name in known}

    def _fault(self, line: int, column: str, problem: str) -> None:
        self._reports.fault(line, column, problem)


def ftm(network: Network) -> Iterator[str]:
    """A network as FollowTheMoney entities, one JSON text a line."""
    for row in person_rows(network):
        identity = row["person_id"]
        told = {"name": identity, "keywords": f"role:{row['role']}"}
        yield _entity(identity, "Person", told | {"birthDate": row["birth_year"]})
    for row in group_rows(network):
        identity = row["group_id"]
        marks = [f"{name}:{row[name]}" for name in ("category", "environment")]
        about = {"name": identity, "alias": row["label"]}
        yield _entity(identity, "Organization", about, keywords=marks)
    persons = {row["person_id"] for row in person_rows(network)}
    prefix = "link-"
    while any(node.startswith(prefix) for node in network.nodes):
        prefix = f"a-{prefix}"  # no link may have the id of somebody
    number = count(1)
    for row in tie_rows(network):
        yield _drawn(f"{prefix}{next(number)}", row, row["a"], row["b"], _schema(row, persons))
    for place in place_ids(network):
        yield _entity(place, "Address", {"country": "se"})
    for row in presence_rows(network):
        place = PLACE + row["municipality"]
        shown = {**row, "kind": PRESENT}
        yield _drawn(f"{prefix}{next(number)}", shown, row["actor"], place, None)


def _schema(row: Mapping[str, str], persons: set[str]) -> str | None:
    """The schema of a tie, None for an UnknownLink: an Associate joins persons alone."""
    for schema, (_, _, kind) in _LINKS.items():
        if row["kind"] == kind and (
            kind is not TieKind.ASSOCIATION or {row["a"], row["b"]} <= persons
        ):
            return schema
    return None


def _drawn(identity: str, row: Mapping[str, str], a: str, b: str, schema: str | None) -> str:
    from_, to, _ = _LINKS[schema or "UnknownLink"]
    told = {theirs: row.get(ours, "") for theirs, ours in _INTERVAL.items()}
    told |= {from_: a, to: b}
    if schema is None:
        told["role"] = "rival" if row["kind"] == TieKind.RIVALRY else row["kind"]
    summary = [f"grade:{row['source']}{row['information']}"]
    summary += [f"{name}:{row[name]}" for name in _IN_SUMMARY[1:] if row.get(name)]
    return _entity(identity, schema or "UnknownLink", told, summary=summary)


def _entity(identity: str, schema: str, told: Mapping[str, str], **lists: list[str]) -> str:
    properties: dict[str, Any] = {name: [text] for name, text in told.items() if text}
    entity = {"id": identity, "schema": schema, "properties": properties | lists}
    return json.dumps(entity, ensure_ascii=False)
