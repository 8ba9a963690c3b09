"""STIX 2.1 bundles, read only: actors and the relationships between them.

STIX knows a confidence from 0 to 100 and no reliability of the source. The confidence
becomes the credibility of the information by the Admiralty scale of the appendix of STIX
2.1; the source is F, *cannot be judged*, unless the mapping gives a default.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

from placement_engine.intelligence.formats.mapping import IGNORE, FormatMapping
from placement_engine.intelligence.formats.reports import (
    GROUPS,
    PERSONS,
    TIES,
    Reports,
    columns_of,
    missing_library,
)
from placement_engine.intelligence.formats.strict_json import NotJson, parse_json
from placement_engine.intelligence.network_tables import PERSON_TO_GROUP
from placement_engine.intelligence.table import Faults, Table

_ACTORS: Final = ("threat-actor", "intrusion-set", "identity")
_LINKS: Final = {
    "targets": "threat",
    "related-to": "association",
    "member-of": "membership",
    "part-of": "membership",
    "allied-with": "alliance",
    "rival-of": "rivalry",
    "relative-of": "kinship",
    "threatens": "threat",
    "membership": "membership",
    "alliance": "alliance",
    "kinship": "kinship",
    "co-offending": "co_offending",
    "association": "association",
    "rivalry": "rivalry",
    "threat": "threat",
    "defection": "defection",
    "conflict": "conflict",
}
"""Types of relationship that are read without a mapping."""
_ADMIRALTY: Final = ((80, "1"), (60, "2"), (40, "3"), (20, "4"), (0, "5"))
"""Least confidence of each credibility."""
_OPEN_MARKINGS: Final = frozenset(
    {
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",  # TLP white, 2.1
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",  # TLP green, 2.1
    }
)
_HEX: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_DAY: Final = len("2026-11-01")


def read_stix(data: bytes, file: str, mapping: FormatMapping, faults: Faults) -> dict[str, Table]:
    """Read one bundle: its actors that a relationship joins, and those relationships.

    Faults are told by the number of the object in the bundle, in place of a line.
    """
    reports = Reports(file, faults)
    try:
        bundle = parse_json(data)
    except NotJson as problem:
        reports.fault(0, "", str(problem))
        return reports.tables()
    found = bundle.get("objects") if isinstance(bundle, dict) else None
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        reports.fault(0, "", "is not a STIX bundle")
    elif not isinstance(found, list):
        reports.fault(0, "objects", "must be a list")
    else:
        _Bundle(reports, mapping).take(found)
    return reports.tables()


def credibility(confidence: int | None) -> str:
    """Information 1 to 6 of a confidence from 0 to 100; 6 where there is none.

    The Admiralty table in the appendix on confidence scales of STIX 2.1.

    Examples
    --------
    >>> [credibility(c) for c in (100, 80, 79, 50, 20, 19, 0, None)]
    ['1', '1', '2', '3', '4', '5', '5', '6']
    """
    if confidence is None:
        return "6"
    return next(grade for least, grade in _ADMIRALTY if confidence >= least)


def pseudonym(stix_id: str) -> str:
    """A STIX id as one of ours.

    The digits of its UUID become the letters a to p, so that no id is ever shaped like a
    personal identity number.

    Examples
    --------
    >>> pseudonym("identity--01234567-89ab-4def-8123-456789abcdef")
    'identity-abcdefghijklenopibcdefghijklmnop'

    Raises
    ------
    ValueError
        If it is not a STIX id.
    """
    kind, _, number = stix_id.partition("--")
    return f"{kind}-{uuid.UUID(number).hex.translate(_HEX)}"


class _Bundle:
    """Takes the objects of one bundle."""

    def __init__(self, reports: Reports, mapping: FormatMapping) -> None:
        self._reports = reports
        self._mapping = mapping
        self._kinds = {**_LINKS, **mapping.links}

    def take(self, objects: list[Any]) -> None:
        """Take all objects; of actors only those that a relationship joins."""
        actors: dict[str, tuple[int, Mapping[str, Any]]] = {}
        relationships: list[tuple[int, Mapping[str, Any]]] = []
        for number, one in self._parsed(objects):
            if one["type"] == "relationship":
                relationships.append((number, one))
            elif one["id"] in actors:
                self._fault(number, "id", "the id stands twice")
            else:
                actors[one["id"]] = (number, one)
        joined: set[str] = set()
        for number, one in relationships:
            kind = self._kinds.get(one["relationship_type"], "")
            ends = [one["source_ref"], one["target_ref"]]
            if one.get("revoked") or kind == IGNORE:
                continue
            if not kind:
                known = ", ".join(sorted(_LINKS))
                problem = f"must be one of {known}, or stand in the mapping"
                self._fault(number, "relationship_type", problem)
            elif any(end not in actors for end in ends):
                problem = "joins an object that is no actor of the bundle"
                self._fault(number, "source_ref or target_ref", problem)
            else:
                joined.update(ends)
                groups = [self._is_group(actors[end][1]) for end in ends]
                self._tie(number, one, kind, groups)
        for identity, (number, one) in actors.items():
            if identity in joined:
                self._actor(number, one)

    def _parsed(self, objects: list[Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The actors and relationships, checked by the STIX library."""
        try:
            from stix2 import parse
        except ImportError:
            raise missing_library("stix2") from None
        for number, one in enumerate(objects, start=1):
            if not isinstance(one, dict) or not isinstance(one.get("type"), str):
                self._fault(number, "", "must be an object with a type")
            elif one["type"] in (*_ACTORS, "relationship"):
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        checked = parse(one, allow_custom=True, version="2.1")
                        yield number, _plain(checked, one)
                except Exception:  # the library tells a wrong object by many exceptions
                    self._fault(number, "", f"is not a STIX 2.1 {one['type']}")

    def _is_group(self, actor: Mapping[str, Any]) -> bool:
        if actor["type"] == "identity":
            return bool(actor.get("identity_class", "individual") != "individual")
        if actor["type"] == "threat-actor":
            return bool(actor.get("resource_level") != "individual")
        return True

    def _actor(self, number: int, actor: Mapping[str, Any]) -> None:
        identity = pseudonym(actor["id"])
        if self._is_group(actor):
            row = {"category": "externally_defined", "environment": "criminal_network"}
            self._add(GROUPS, number, {**row, **self._defaults(GROUPS), "group_id": identity})
        else:
            role = "threat_actor" if actor["type"] == "threat-actor" else "other"
            row = {"role": role, **self._defaults(PERSONS), "person_id": identity}
            self._add(PERSONS, number, row)

    def _tie(self, number: int, one: Mapping[str, Any], kind: str, groups: list[bool]) -> None:
        a, b = pseudonym(one["source_ref"]), pseudonym(one["target_ref"])
        if kind in PERSON_TO_GROUP and groups == [True, False]:
            a, b = b, a
        seen, stop = one["modified"][:_DAY], one.get("stop_time", "")[:_DAY]
        marks = set(one.get("object_marking_refs", ())) - _OPEN_MARKINGS
        row = {
            "source": "F",
            **self._defaults(TIES),
            "information": credibility(one.get("confidence")),
            "a": a,
            "b": b,
            "kind": kind,
            "last_seen": min(seen, stop) if stop else seen,
            "first_seen": one.get("start_time", "")[:_DAY],
            "ended": stop,
            "handling": " ".join(sorted(marks))[:200],
        }
        if "created_by_ref" in one:
            row["origin"] = pseudonym(one["created_by_ref"])
        self._add(TIES, number, row)

    def _add(self, kind: str, number: int, row: Mapping[str, str]) -> None:
        self._reports.add(kind, number, row)

    def _defaults(self, kind: str) -> dict[str, str]:
        known = columns_of(kind)
        return {name: text for name, text in self._mapping.defaults.items() if name in known}

    def _fault(self, number: int, column: str, problem: str) -> None:
        self._reports.fault(number, column, problem)


def _plain(checked: Any, one: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object as the library holds it valid: nulls are gone, every text is a text."""
    confidence = one.get("confidence", 0)
    if checked["type"] != one["type"] or type(confidence) is not int or not 0 <= confidence <= 100:
        raise ValueError
    plain: dict[str, Any] = parse_json(checked.serialize())
    for name in ("id", "source_ref", "target_ref", "created_by_ref"):
        if name in plain:
            pseudonym(plain[name])
    return plain
