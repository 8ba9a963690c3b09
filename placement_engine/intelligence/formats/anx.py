"""Charts of i2 Analyst's Notebook as XML (``.anx``), both ways.

Entities are persons, groups and municipalities by their type; the pseudonym is the identity
of the entity. A link's date is when the tie was last seen, its grades are those of the
Admiralty scale (A to F and 1 to 6, by position), and all else stands in attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placement_engine.intelligence.formats.chart import (
    KNOWN_LINKS,
    ChartReading,
    Direction,
    Link,
    drawn_entities,
    drawn_links,
)
from placement_engine.intelligence.formats.mapping import FormatMapping
from placement_engine.intelligence.formats.markup import Element, read_records, tag
from placement_engine.intelligence.formats.reports import Reports
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.table import Faults, Table
from placement_engine.vocabulary import SOURCES, Grade

_ARROWS = {
    "ArrowNone": Direction.NONE,
    "ArrowOnHead": Direction.FORTH,
    "ArrowOnTail": Direction.BACK,
    "ArrowOnBoth": Direction.BOTH,
}
_STRENGTHS = {"Confirmed": Grade("B", 2), "Unconfirmed": Grade("C", 3), "Tentative": Grade("F", 6)}
"""How a link is drawn, and the worst grade that is drawn so."""
_TYPES = {"person": "Person", "group": "Organization", "municipality": "Municipality"}
_ICONS = {"Person": "person", "Organization": "org", "Municipality": "place"}
_CLASSES = (
    "role",
    "birth_year",
    "category",
    "environment",
    "label",
    "first_seen",
    "ended",
    "severity",
    "origin",
    "handling",
    "strength",
)
_DAY = len("2026-11-01")


def read_anx(data: bytes, file: str, mapping: FormatMapping, faults: Faults) -> dict[str, Table]:
    """Read one chart: its entities, links, grades, dates and attributes, nothing drawn."""
    reports = Reports(file, faults)
    reading = _Chart(reports, mapping)
    if read_records(
        data,
        file,
        root="Chart",
        names=frozenset({"ChartItem"}),
        take=reading.take,
        faults=faults,
    ):
        reading.chart.finish()
    return reports.tables()


class _Chart:
    """Takes the items of one chart."""

    def __init__(self, reports: Reports, mapping: FormatMapping) -> None:
        self.chart = ChartReading(reports, mapping)
        self._reports = reports

    def take(self, item: Element) -> None:
        """Take one item, whole; what is neither an entity nor a link is only drawn."""
        entity, link = item.first("End", "Entity"), item.first("Link")
        if entity is not None:
            self._entity(item, entity)
        elif link is not None:
            self._link(item, link)

    def _entity(self, item: Element, entity: Element) -> None:
        styles = [style for icon in entity.children for style in icon.children]
        kinds = [s.attributes["Type"] for s in styles if "Type" in s.attributes]
        identity = entity.attributes.get("Identity", "")
        self.chart.entity(
            item.line,
            key=entity.attributes.get("EntityId", identity),
            identity=identity,
            kind=kinds[0] if kinds else "",
            attributes=self._attributes(item),
        )

    def _link(self, item: Element, link: Element) -> None:
        style = link.first("LinkStyle")
        drawn: Mapping[str, str] = {} if style is None else style.attributes
        arrow = drawn.get("ArrowStyle", "ArrowNone")
        if arrow not in _ARROWS:
            self._reports.fault(item.line, "ArrowStyle", f"must be one of {', '.join(_ARROWS)}")
        told = {**self._day(item), **self._grade(item), **self._attributes(item)}
        self.chart.link(
            Link(
                line=item.line,
                a=link.attributes.get("End1Id", ""),
                b=link.attributes.get("End2Id", ""),
                kind=drawn.get("Type", ""),
                direction=_ARROWS.get(arrow, Direction.NONE),
                attributes=told,
            )
        )

    def _day(self, item: Element) -> dict[str, str]:
        if item.attributes.get("DateSet", "false") != "true":
            return {}
        return {"last_seen": item.attributes.get("DateTime", "")[:_DAY]}

    def _grade(self, item: Element) -> dict[str, str]:
        """Source and information by their position in the scale; 0 is not set."""
        told = {}
        for name, field, scale in (
            ("GradeOneIndex", "source", SOURCES),
            ("GradeTwoIndex", "information", "123456"),
        ):
            index = item.attributes.get(name, "0")
            if index in tuple("123456"):
                told[field] = scale[int(index) - 1]
            elif index != "0":
                self._reports.fault(item.line, name, "must be 0 to 6")
        return told

    def _attributes(self, item: Element) -> dict[str, str]:
        told: dict[str, str] = {}
        for attribute in item.all("AttributeCollection", "Attribute"):
            name = attribute.attributes.get("AttributeClass", "")
            if name in told:
                self._reports.fault(item.line, "attribute", "stands twice")
            told[name] = attribute.attributes.get("Value", "")
        return told


def anx(network: Network) -> Iterator[str]:
    """A network as the lines of a chart.

    A link is drawn as confirmed from B2 on, as unconfirmed from C3 on, else as tentative.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<Chart Rigorous="true" IdReferenceLinking="false">'
    yield "<StrengthCollection>"
    for name, dots in zip(_STRENGTHS, ("Solid", "Dashed", "Dotted"), strict=True):
        yield tag("Strength", {"Name": name, "DotStyle": f"DotStyle{dots}"})
    yield "</StrengthCollection>"
    yield from _scale("GradeOne", SOURCES)
    yield from _scale("GradeTwo", "123456")
    yield "<AttributeClassCollection>"
    for name in _CLASSES:
        yield tag("AttributeClass", {"Name": name, "Type": "AttText", "Visible": "true"})
    yield "</AttributeClassCollection>"
    yield "<EntityTypeCollection>"
    for name, icon in _ICONS.items():
        yield tag("EntityType", {"Name": name, "IconFile": icon})
    yield "</EntityTypeCollection>"
    yield "<LinkTypeCollection>"
    for kind in sorted(set(KNOWN_LINKS.values())):
        yield tag("LinkType", {"Name": kind})
    yield "</LinkTypeCollection>"
    yield "<ChartItemCollection>"
    for entity in drawn_entities(network):
        icon = tag("Icon", {}, tag("IconStyle", {"Type": _TYPES[entity.kind]}))
        ids = {"EntityId": entity.id, "Identity": entity.id, "LabelIsIdentity": "true"}
        end = tag("End", {}, tag("Entity", ids, icon))
        yield tag("ChartItem", {"Label": entity.id}, end + _collection(entity.attributes))
    for link in drawn_links(network):
        yield _drawn(link.a, link.b, link.kind, dict(link.attributes), directed=link.directed)
    yield "</ChartItemCollection>"
    yield "</Chart>"


def _drawn(a: str, b: str, kind: str, told: dict[str, str], *, directed: bool) -> str:
    grade = Grade(told.pop("source"), int(told.pop("information")))
    item = {
        "Label": kind,
        "DateSet": "true",
        "DateTime": f"{told.pop('last_seen')}T00:00:00.000",
        "GradeOneIndex": str(SOURCES.index(grade.source) + 1),
        "GradeTwoIndex": str(grade.information),
    }
    style = {
        "Type": kind,
        "Strength": next(name for name, worst in _STRENGTHS.items() if grade.at_least(worst)),
        "ArrowStyle": "ArrowOnHead" if directed else "ArrowNone",
        "MlStyle": "MultiplicityMultiple",
    }
    link = tag("Link", {"End1Id": a, "End2Id": b}, tag("LinkStyle", style))
    return tag("ChartItem", item, link + _collection(told))


def _collection(told: Mapping[str, str]) -> str:
    if not told:
        return ""
    inside = (tag("Attribute", {"AttributeClass": n, "Value": t}) for n, t in told.items())
    return tag("AttributeCollection", {}, "".join(inside))


def _scale(name: str, grades: str) -> Iterator[str]:
    inside = "".join(tag("String", {"Text": text}) for text in ("-", *grades))
    yield tag(name, {}, tag("StringCollection", {}, inside))
