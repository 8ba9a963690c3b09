"""GraphML, both ways: nodes and edges with our columns as their data."""

from __future__ import annotations

from collections.abc import Iterator

from placement_engine.intelligence.formats.chart import (
    ChartReading,
    Direction,
    Link,
    drawn_entities,
    drawn_links,
)
from placement_engine.intelligence.formats.mapping import FormatMapping
from placement_engine.intelligence.formats.markup import Element, escaped, read_records, tag
from placement_engine.intelligence.formats.reports import Reports
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.table import Faults, Table

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_KEYS = {
    "node": ("type", "role", "birth_year", "category", "environment", "label"),
    "edge": (
        "kind",
        "source",
        "information",
        "last_seen",
        "first_seen",
        "ended",
        "severity",
        "origin",
        "handling",
        "strength",
    ),
}


def read_graphml(
    data: bytes, file: str, mapping: FormatMapping, faults: Faults
) -> dict[str, Table]:
    """Read one GraphML document: a node has ``type``, an edge ``kind`` and a grade."""
    reports = Reports(file, faults)
    reading = _Graph(reports, mapping)
    if read_records(
        data,
        file,
        root="graphml",
        names=frozenset({"key", "node", "edge", "hyperedge"}),
        take=reading.take,
        faults=faults,
    ):
        reading.chart.finish()
    return reports.tables()


class _Graph:
    """Takes the elements of one document."""

    def __init__(self, reports: Reports, mapping: FormatMapping) -> None:
        self.chart = ChartReading(reports, mapping)
        self._reports = reports
        self._names: dict[str, str] = {}

    def take(self, element: Element) -> None:
        """Take one element, whole."""
        if element.name == "key":
            key = element.attributes.get("id", "")
            self._names[key] = element.attributes.get("attr.name", key)
            if element.children:
                self._reports.fault(element.line, "key", "has a default, which is not read")
        elif element.name == "node":
            told = self._data(element)
            identity = element.attributes.get("id", "")
            kind = told.pop("type", "")
            self.chart.entity(
                element.line, key=identity, identity=identity, kind=kind, attributes=told
            )
        elif element.name == "edge":
            told = self._data(element)
            forth = element.attributes.get("directed", "true") == "true"
            self.chart.link(
                Link(
                    line=element.line,
                    a=element.attributes.get("source", ""),
                    b=element.attributes.get("target", ""),
                    kind=told.pop("kind", ""),
                    direction=Direction.FORTH if forth else Direction.NONE,
                    attributes=told,
                )
            )
        else:
            self._reports.fault(element.line, "", "hyperedges are not read")

    def _data(self, element: Element) -> dict[str, str]:
        told: dict[str, str] = {}
        for child in element.children:
            key = child.attributes.get("key", "")
            if child.name != "data" or child.children:
                self._reports.fault(element.line, "", "holds more than plain data")
            elif key not in self._names:
                self._reports.fault(element.line, "data", "has a key that the file does not name")
            elif self._names[key] in told:
                self._reports.fault(element.line, "data", "stands twice")
            else:
                told[self._names[key]] = child.text
        return told


def graphml(network: Network) -> Iterator[str]:
    """A network as the lines of a GraphML document."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<graphml xmlns="{_NAMESPACE}">'
    for on, names in _KEYS.items():
        for name in names:
            key = {"id": name, "for": on, "attr.name": name, "attr.type": "string"}
            yield tag("key", key)
    yield '<graph id="network" edgedefault="directed">'
    for entity in drawn_entities(network):
        inside = _written({"type": entity.kind, **entity.attributes})
        yield tag("node", {"id": entity.id}, inside)
    for link in drawn_links(network):
        # Every edge is directed: common readers take no mixture, and the kind tells which are.
        inside = _written({"kind": link.kind, **link.attributes})
        yield tag("edge", {"source": link.a, "target": link.b}, inside)
    yield "</graph>"
    yield "</graphml>"


def _written(told: dict[str, str]) -> str:
    return "".join(tag("data", {"key": key}, escaped(text)) for key, text in told.items())
