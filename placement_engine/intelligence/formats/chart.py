"""Charts of entities and links, the shape that link-analysis programs share.

An entity is a person, a group or a municipality; a link is a tie, or the presence of an
actor in a municipality. What a chart says beyond that stands in attributes by the names of
our columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from placement_engine.errors import InvalidInput
from placement_engine.intelligence.formats.mapping import IGNORE, EntityRule, FormatMapping
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
from placement_engine.intelligence.ids import refusal
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.network_tables import PERSON_TO_GROUP
from placement_engine.vocabulary import TieKind

PLACE: Final = "municipality-"
"""What the id of a municipality begins with, so that it is nobody's pseudonym."""
PRESENT: Final = "presence"

_PERSON = EntityRule(kind="person", values={"role": "other"})
_GROUP = EntityRule(
    kind="group",
    values={"category": "externally_defined", "environment": "criminal_network"},
)
_MUNICIPALITY = EntityRule(kind="municipality")
KNOWN_ENTITIES: Final[Mapping[str, EntityRule]] = MappingProxyType(
    {
        **dict.fromkeys(("person", "man", "woman", "male", "female", "individual"), _PERSON),
        **dict.fromkeys(("group", "gang", "organization", "organisation"), _GROUP),
        **dict.fromkeys(("municipality", "kommun"), _MUNICIPALITY),
    }
)
"""Types of entity that are read without a mapping, in small letters."""
KNOWN_LINKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{kind.value: kind.value for kind in TieKind},
        PRESENT: PRESENT,
        "member of": "membership",
        "ally": "alliance",
        "family": "kinship",
        "relative": "kinship",
        "co-offender": "co_offending",
        "associate": "association",
        "rival": "rivalry",
    }
)
"""Types of link that are read without a mapping, in small letters."""
_FIELDS: Final = {
    "person": frozenset(columns_of(PERSONS)) - {"person_id"},
    "group": frozenset(columns_of(GROUPS)) - {"group_id"},
    "municipality": frozenset[str](),
    "tie": frozenset(columns_of(TIES)) - {"a", "b", "kind"},
    PRESENT: frozenset(columns_of(PRESENCE)) - {"actor", "municipality"},
}


class Direction(Enum):
    """Which way a link runs between its two ends."""

    NONE = "none"
    FORTH = "forth"
    BACK = "back"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as it stood in a chart, by the keys of its ends there."""

    line: int
    a: str = field(repr=False)
    b: str = field(repr=False)
    kind: str = field(repr=False)
    direction: Direction
    attributes: Mapping[str, str] = field(repr=False)


class ChartReading:
    """Takes entities and links in any order and makes rows of them at the end.

    Parameters
    ----------
    reports
        Where the rows go.
    mapping
        What types and attributes mean, besides those known anyway.
    """

    def __init__(self, reports: Reports, mapping: FormatMapping) -> None:
        self._reports = reports
        self._mapping = mapping
        self._ends: dict[str, tuple[str, str]] = {}
        self._links: list[Link] = []
        self._entities = {
            **KNOWN_ENTITIES,
            **{name.lower(): rule for name, rule in mapping.entities.items()},
        }
        self._kinds = {
            **KNOWN_LINKS,
            **{name.lower(): kind for name, kind in mapping.links.items()},
        }

    def entity(
        self, line: int, *, key: str, identity: str, kind: str, attributes: Mapping[str, str]
    ) -> None:
        """Take one entity: its key in the chart, its pseudonym, its type, its attributes."""
        rule = self._entities.get(kind.lower())
        if rule is None:
            known = ", ".join(sorted(KNOWN_ENTITIES))
            self._fault(line, "type", f"must be one of {known}, or stand in the mapping")
            rule = EntityRule(kind=IGNORE)
        if key in self._ends:
            self._fault(line, "id", "the id stands twice")
            return
        self._ends[key] = (rule.kind, identity)
        if rule.kind == IGNORE:
            return
        told = self._attributes(line, attributes, _FIELDS[rule.kind])
        row = {**self._defaults(_FIELDS[rule.kind]), **rule.values, **told}
        if rule.kind == "person":
            self._reports.add(PERSONS, line, {"person_id": identity, **row})
        elif rule.kind == "group":
            self._reports.add(GROUPS, line, {"group_id": identity, **row})

    def link(self, link: Link) -> None:
        """Take one link."""
        self._links.append(link)

    def finish(self) -> None:
        """Make rows of the links, now that every entity is known."""
        for link in self._links:
            kind = self._kinds.get(link.kind.lower(), "")
            if kind == IGNORE:
                continue
            if kind not in KNOWN_LINKS:
                known = ", ".join(sorted(KNOWN_LINKS))
                self._fault(link.line, "kind", f"must be one of {known}, or stand in the mapping")
                continue
            ends = [self._ends.get(key) for key in (link.a, link.b)]
            if ends[0] is None or ends[1] is None:
                self._fault(link.line, "", "joins an entity that is not in the file")
            elif IGNORE not in (ends[0][0], ends[1][0]):
                self._rows(link, kind, ends[0], ends[1])

    def _rows(self, link: Link, kind: str, a: tuple[str, str], b: tuple[str, str]) -> None:
        about = PRESENT if kind == PRESENT else "tie"
        told = self._attributes(link.line, link.attributes, _FIELDS[about])
        row = {**self._defaults(_FIELDS[about]), **told}
        places = [end[0] == "municipality" for end in (a, b)]
        if kind == PRESENT:
            if places[0]:
                a, b = b, a
            if places[0] == places[1]:
                self._fault(link.line, "", "presence must join an actor and a municipality")
                return
            code = b[1].removeprefix(PLACE)
            self._reports.add(PRESENCE, link.line, {"actor": a[1], "municipality": code, **row})
            return
        if any(places):
            self._fault(link.line, "", "only presence may join a municipality")
            return
        for one, other in self._ends_of(link, kind, a, b):
            row |= {"a": one[1], "b": other[1], "kind": kind}
            self._reports.add(TIES, link.line, row)

    def _ends_of(
        self, link: Link, kind: str, a: tuple[str, str], b: tuple[str, str]
    ) -> list[tuple[tuple[str, str], tuple[str, str]]]:
        """The ends of a tie in the order of our rows, once for each way it runs."""
        if kind in PERSON_TO_GROUP:
            # It can run one way alone, however the chart drew it.
            return [(b, a)] if (a[0], b[0]) == ("group", "person") else [(a, b)]
        if kind != TieKind.THREAT:
            return [(a, b)]
        if link.direction is Direction.NONE:
            self._fault(link.line, "", "a threat must have a direction: who threatens whom")
        ways = {
            Direction.NONE: [(a, b)],
            Direction.FORTH: [(a, b)],
            Direction.BACK: [(b, a)],
            Direction.BOTH: [(a, b), (b, a)],
        }
        return ways[link.direction]

    def _attributes(
        self, line: int, attributes: Mapping[str, str], known: frozenset[str]
    ) -> dict[str, str]:
        told: dict[str, str] = {}
        for name, text in attributes.items():
            ours = self._mapping.attributes.get(name, name)
            refused = refusal(name)
            if refused:
                self._fault(line, "attribute", refused.replace("columns", "attributes"))
            elif ours == "grade" and "information" in known:
                told |= {"source": text[:1], "information": text[1:]}
            elif ours in known:
                if text:
                    told[ours] = text
            elif ours != IGNORE:
                listed = ", ".join(sorted(known)) or "none"
                problem = f"is not known here: {listed}; others may stand in the mapping"
                self._fault(line, "attribute", problem)
        return told

    def _defaults(self, known: frozenset[str]) -> dict[str, str]:
        return {name: text for name, text in self._mapping.defaults.items() if name in known}

    def _fault(self, line: int, column: str, problem: str) -> None:
        self._reports.fault(line, column, problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEntity:
    """An entity to write."""

    id: str = field(repr=False)
    kind: str
    attributes: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLink:
    """A link to write; `attributes` leave out what is blank."""

    a: str = field(repr=False)
    b: str = field(repr=False)
    kind: str
    attributes: Mapping[str, str] = field(repr=False)

    @property
    def directed(self) -> bool:
        """Whether it matters which end comes first."""
        return self.kind in {*PERSON_TO_GROUP, TieKind.THREAT, PRESENT}


def drawn_entities(network: Network) -> Iterator[DrawnEntity]:
    """The persons, groups and municipalities of a network as entities; raises as `place_ids`."""
    for row in person_rows(network):
        yield DrawnEntity(id=row.pop("person_id"), kind="person", attributes=_filled(row))
    for row in group_rows(network):
        yield DrawnEntity(id=row.pop("group_id"), kind="group", attributes=_filled(row))
    for place in place_ids(network):
        yield DrawnEntity(id=place, kind="municipality", attributes={})


def place_ids(network: Network) -> list[str]:
    """The ids of the municipalities where somebody is present.

    Raises
    ------
    InvalidInput
        If a pseudonym is one of them.
    """
    places = sorted({PLACE + row["municipality"] for row in presence_rows(network)})
    if not frozenset(network.nodes).isdisjoint(places):
        raise InvalidInput(
            "An id looks like that of a municipality.",
            unchanged="Nothing was written.",
            do="Export as a folder.",
        )
    return places


def drawn_links(network: Network) -> Iterator[DrawnLink]:
    """The ties and presences of a network as links."""
    for row in tie_rows(network):
        yield DrawnLink(
            a=row.pop("a"), b=row.pop("b"), kind=row.pop("kind"), attributes=_filled(row)
        )
    for row in presence_rows(network):
        a, b = row.pop("actor"), PLACE + row.pop("municipality")
        yield DrawnLink(a=a, b=b, kind=PRESENT, attributes=_filled(row))


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if text}
