"""FollowTheMoney both ways, beside the library of that name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from followthemoney import model

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import Network
from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.formats.writing import write_network
from placement_engine.intelligence.network import KINDS
from placement_engine.testing.exchange import CODES
from placement_engine.vocabulary import NetworkFormat, TieKind
from tests.unit.test_network_reader import equal, files, read

Entity = dict[str, Any]


def entity(identity: str, schema: str, **properties: str | list[str]) -> Entity:
    lists = {name: [v] if isinstance(v, str) else v for name, v in properties.items()}
    return {"id": identity, "schema": schema, "properties": lists}


PEOPLE = [
    entity("P-1", "Person"),
    entity("P-2", "Person", keywords="role:threat_actor", birthDate="1990-05-06"),
    entity("G-1", "Organization", name="The First"),
    entity("G-2", "Organization", name="G-2"),
]
SAID = {"date": "2026-05-01", "summary": "grade:B2"}


def load(folder: Path, entities: list[Any], mapping: str | None = None) -> Network:
    path = folder / "e.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in entities), encoding="utf-8")
    if mapping is not None:
        (folder / "map.toml").write_text(mapping, encoding="utf-8")
    rules = None if mapping is None else folder / "map.toml"
    return read_network_as(path, mapping=rules, codes=CODES)


def problems(folder: Path, entities: list[Any]) -> list[str]:
    with pytest.raises(InvalidFiles) as caught:
        load(folder, entities)
    return [str(fault) for fault in caught.value.faults]


def kinds(network: Network) -> list[TieKind]:
    return [KINDS[kind] for kind in sorted(network.ties.kind.tolist())]


def test_each_schema_is_the_tie_that_it_says(tmp_path: Path) -> None:
    network = load(
        tmp_path,
        [
            entity("1", "Membership", member="P-1", organization="G-1", **SAID),
            entity("2", "Family", person="P-1", relative="P-2", **SAID),
            entity("3", "Associate", person="P-1", associate="P-2", **SAID),
            *(
                entity(f"r{role}", "UnknownLink", subject="G-1", object="G-2", role=role, **SAID)
                for role in ("rival", "conflict", "threat", "ally")
            ),
            entity("4", "UnknownLink", subject="P-1", object="G-1", role="defection", **SAID),
            *PEOPLE,
        ],
    )
    assert kinds(network) == [
        TieKind.MEMBERSHIP,
        TieKind.ALLIANCE,
        TieKind.KINSHIP,
        TieKind.ASSOCIATION,
        TieKind.RIVALRY,
        TieKind.THREAT,
        TieKind.DEFECTION,
        TieKind.CONFLICT,
    ]
    assert network.labels[network.nodes.index("G-1")] == "The First"
    assert network.labels[network.nodes.index("G-2")] == ""
    assert network.birth_year[network.nodes.index("P-2")] == 1990


def test_the_library_reads_what_we_write_and_we_what_it_writes(tmp_path: Path) -> None:
    content = files()
    content["ties.csv"] += (
        "P1,G2,threat,B,2,2026-01-02,,,,event:E-1,\nP2,P3,association,C,3,2026-01-02,,,,,\n"
    )
    network = read(tmp_path / "plain", content)
    write_network(network, tmp_path / "ours.jsonl", NetworkFormat.FTM)
    written = (tmp_path / "ours.jsonl").read_text("utf-8").splitlines()
    proxies = [model.get_proxy(json.loads(line), cleaned=False) for line in written]
    for line, proxy in zip(written, proxies, strict=True):
        proxy.schema.validate(proxy.to_dict())
        told = json.loads(line)["properties"]
        assert {name: sorted(values) for name, values in told.items()} == {
            name: sorted(values) for name, values in proxy.to_dict()["properties"].items()
        }
    schemata = [proxy.schema.name for proxy in proxies]
    assert {name: schemata.count(name) for name in set(schemata)} == {
        "Person": 3,
        "Organization": 2,
        "Membership": 2,
        "Family": 1,
        "Associate": 1,
        "UnknownLink": 4,
        "Address": 2,
    }
    again = load(tmp_path, [proxy.to_dict() for proxy in proxies])
    assert equal(again, network)


def test_entities_made_by_the_library(tmp_path: Path) -> None:
    person, group, link = (model.make_entity(s) for s in ("Person", "Organization", "Membership"))
    person.id, group.id, link.id = "P-1", "G-1", "L-1"
    group.add("name", "The First")
    link.add("member", person)
    link.add("organization", group)
    link.add("date", "2026-05-01")
    link.add("startDate", "2024-01-01")
    link.add("summary", "grade:A1")
    network = load(tmp_path, [one.to_dict() for one in (link, person, group)])
    assert kinds(network) == [TieKind.MEMBERSHIP]
    assert network.ties.first_seen.tolist() != [0]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (entity("P-9", "Person", name="cAnArY"), "e.jsonl:5: name: must be the pseudonym"),
        (entity("P-9", "Person", nationality="se"), "properties on nationality are refused"),
        (entity("P-9", "Person", phone="1"), "1 are not read here"),
        (entity("P-9", "Person", keywords=["role:a", "role:b"]), "role: has several values"),
        (entity("P-9", "Person", keywords="cAnArY"), "must be texts such as role:"),
        (entity("P-1", "Person"), "e.jsonl:5: id: the id stands twice"),
        (entity("C-9", "Company"), "schema: must be Person, Organization"),
        (entity("A-9", "Address"), "an Address must have an id such as"),
        (entity("9", "Membership", member="P-1", organization="G-1"), "last_seen: must be a date"),
        (entity("9", "Membership", member="P-1", **SAID), "b: must be 1 to 64 letters"),
        (entity("9", "Family", person="P-1", relative="G-1", **SAID), "must join two persons"),
        (
            entity("9", "Family", person=["P-1", "P-2"], relative="P-2", **SAID),
            "person: has several",
        ),
        (entity("9", "UnknownLink", subject="P-1", object="P-2", **SAID), "role: must be one of"),
        ({"id": 3, "schema": "Person"}, "must have id and schema as texts"),
        ({"id": "P-9", "schema": "Person", "properties": []}, "must be an object"),
        ({"id": "P-9", "schema": "Person", "properties": {"name": [{}]}}, "must be lists of texts"),
        ([], "must be one entity as an object"),
    ],
)
def test_faults_of_an_entity(tmp_path: Path, bad: Any, problem: str) -> None:
    told = problems(tmp_path, [*PEOPLE, bad])
    assert any(problem in one for one in told), told
    assert not any("cAnArY" in one for one in told)


def test_what_a_mapping_lets_pass(tmp_path: Path) -> None:
    mapping = """
version = 1
attributes = { sourceUrl = "ignore" }
links = { foe = "rival", phone = "ignore" }
defaults = { source = "C", information = "3", last_seen = "2026-01-01" }
"""
    ends = {"subject": "G-1", "object": "G-2"}
    network = load(
        tmp_path,
        [
            *PEOPLE,
            entity("1", "UnknownLink", role="foe", sourceUrl="http://x", **ends),
            entity("2", "UnknownLink", role="phone", **ends),
        ],
        mapping,
    )
    assert kinds(network) == [TieKind.RIVALRY]
    assert (network.ties.source[0], network.ties.information[0]) == (2, 3)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"[" * 100_000, "is nested too deep"),
        (b'{"id":"P-1","id":"P-2"}', "a key twice"),
        (b'{"id":NaN}', "a number that is none"),
        (b'{"id":' + b"9" * 10_000 + b"}", "is not JSON"),
        (b"{}}", "is not JSON"),
        (b"\xff{}", "is not UTF-8"),
        ('{"id":"P-1"}'.encode("utf-16-le"), "is not JSON"),
        (b'{"id":"' + b"x" * 2**21 + b'"}', "is longer than"),
        (b'{"id":"\\u0000","schema":"Person"}', "must be 1 to 64 letters"),
        (b'{"id":"\\ud800","schema":"Person"}', "must be 1 to 64 letters"),
    ],
)
def test_lines_that_are_hostile(tmp_path: Path, data: bytes, problem: str) -> None:
    (tmp_path / "e.jsonl").write_bytes(data)
    with pytest.raises(InvalidFiles) as caught:
        read_network_as(tmp_path / "e.jsonl", codes=CODES)
    assert problem in str(caught.value.faults[0])


def test_a_label_that_no_file_could_hold(tmp_path: Path) -> None:
    # A lone surrogate passes JSON; it could not be stored.
    (tmp_path / "e.jsonl").write_bytes(
        b'{"id":"G-1","schema":"Organization","properties":{"alias":["\\ud800"]}}'
    )
    with pytest.raises(InvalidFiles):
        read_network_as(tmp_path / "e.jsonl", codes=CODES)
