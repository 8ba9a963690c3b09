"""STIX 2.1 bundles: actors, relationships, confidence; everything else stays outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import Network
from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.formats.stix import pseudonym
from placement_engine.intelligence.network import KINDS
from placement_engine.testing.exchange import CODES
from placement_engine.vocabulary import PersonRole, TieKind

DAY = "2026-05-01T00:00:00.000Z"
Object = dict[str, Any]


def ref(kind: str, number: int) -> str:
    return f"{kind}--00000000-0000-4000-8000-{number:012}"


def thing(kind: str, number: int, **more: Any) -> Object:
    common = {"spec_version": "2.1", "created": DAY, "modified": DAY}
    return {"type": kind, "id": ref(kind, number), **common, **more}


def relationship(number: int, kind: str, a: str, b: str, **more: Any) -> Object:
    ends = {"relationship_type": kind, "source_ref": a, "target_ref": b}
    return thing("relationship", number, **ends, **more)


MAN = thing("threat-actor", 1, name="x", resource_level="individual")
GANG = thing("intrusion-set", 2, name="y")
VICTIM = thing("identity", 3, name="z", identity_class="individual")
UNIT = thing("identity", 4, name="police", identity_class="organization")
ACTORS = [MAN, GANG, VICTIM, UNIT]
THREAT = relationship(
    1,
    "targets",
    MAN["id"],
    VICTIM["id"],
    confidence=70,
    start_time="2025-01-01T00:00:00Z",
    stop_time="2026-02-01T00:00:00Z",
    created_by_ref=UNIT["id"],
)


def load(folder: Path, objects: list[Any], mapping: str | None = None) -> Network:
    bundle = {"type": "bundle", "id": ref("bundle", 1), "objects": objects}
    (folder / "b.json").write_text(json.dumps(bundle), encoding="utf-8")
    if mapping is not None:
        (folder / "map.toml").write_text(mapping, encoding="utf-8")
    rules = None if mapping is None else folder / "map.toml"
    return read_network_as(folder / "b.json", mapping=rules, codes=CODES)


def problems(folder: Path, objects: list[Any]) -> list[str]:
    with pytest.raises(InvalidFiles) as caught:
        load(folder, objects)
    return [str(fault) for fault in caught.value.faults]


def test_a_relationship_with_confidence_and_times(tmp_path: Path) -> None:
    network = load(tmp_path, [*ACTORS, THREAT, thing("malware", 9, name="m", is_family=False)])
    man, victim, unit = (pseudonym(one["id"]) for one in (MAN, VICTIM, UNIT))
    # Neither the gang nor the unit that wrote it stands in a relationship.
    assert set(network.nodes) == {man, victim}
    assert network.with_role(PersonRole.THREAT_ACTOR) == (man,)
    ties = network.ties
    assert KINDS[ties.kind[0]] is TieKind.THREAT
    assert (network.nodes[ties.a[0]], network.nodes[ties.b[0]]) == (man, victim)
    assert (ties.source[0], ties.information[0]) == (5, 2)
    assert ties.first_seen[0] < ties.last_seen[0] == ties.ended[0]
    assert network.origins[ties.origin[0]] == unit
    assert network.handlings == ("",)


def test_a_membership_runs_from_the_person(tmp_path: Path) -> None:
    said = relationship(1, "member-of", GANG["id"], MAN["id"])
    network = load(tmp_path, [*ACTORS, said])
    assert network.nodes[network.ties.a[0]] == pseudonym(MAN["id"])
    assert network.ties.information[0] == 6


def test_marked_relationships_keep_their_marking(tmp_path: Path) -> None:
    red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
    white = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
    assert load(tmp_path, [*ACTORS, {**THREAT, "object_marking_refs": [red]}]).handlings[1] == red
    assert load(tmp_path, [*ACTORS, {**THREAT, "object_marking_refs": [white]}]).handlings == ("",)


def test_what_is_revoked_is_no_report(tmp_path: Path) -> None:
    assert load(tmp_path, [*ACTORS, {**THREAT, "revoked": True}]).tie_count == 0


def test_other_types_of_relationship_by_a_mapping(tmp_path: Path) -> None:
    said = relationship(1, "x-foe", GANG["id"], UNIT["id"], confidence=95)
    mapping = 'version = 1\nlinks = { x-foe = "rivalry" }\ndefaults = { source = "B" }'
    network = load(tmp_path, [*ACTORS, said], mapping)
    assert (network.ties.source[0], network.ties.information[0]) == (1, 1)
    assert network.group_count == 2
    told = problems(tmp_path, [*ACTORS, said])
    assert told[0].startswith("b.json:5: relationship_type: must be one of")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({**THREAT, "confidence": 101}, "b.json:5: is not a STIX 2.1 relationship"),
        ({**THREAT, "confidence": "high"}, "is not a STIX 2.1 relationship"),
        ({**THREAT, "source_ref": "cAnArY"}, "is not a STIX 2.1 relationship"),
        ({**THREAT, "stop_time": "2024-01-01T00:00:00Z"}, "is not a STIX 2.1 relationship"),
        ({**THREAT, "target_ref": ref("identity", 77)}, "joins an object that is no actor"),
        ({**THREAT, "spec_version": "2.0"}, "is not a STIX 2.1 relationship"),
        ({**MAN}, "id: the id stands twice"),
        ({"type": "threat-actor"}, "is not a STIX 2.1 threat-actor"),
        ({"type": ["identity"]}, "must be an object with a type"),
        (None, "must be an object with a type"),
    ],
)
def test_faults_of_an_object(tmp_path: Path, bad: Any, problem: str) -> None:
    told = problems(tmp_path, [*ACTORS, bad])
    assert any(problem in one for one in told), told
    assert not any("cAnArY" in one for one in told)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"[" * 100_000, "b.json: is nested too deep"),
        (b"[]", "b.json: is not a STIX bundle"),
        (b'{"type":"bundle","objects":3}', "b.json: objects: must be a list"),
        ('{"type":"bundle"}'.encode("utf-16"), "b.json: is not UTF-8"),
        (b'{"type":"bundle","type":"x"}', "holds an object with a key twice"),
        (b"", "b.json: is not JSON"),
    ],
)
def test_bundles_that_are_hostile(tmp_path: Path, data: bytes, problem: str) -> None:
    (tmp_path / "b.json").write_bytes(data)
    with pytest.raises(InvalidFiles) as caught:
        read_network_as(tmp_path / "b.json", codes=CODES)
    (fault,) = caught.value.faults
    assert problem in str(fault)
