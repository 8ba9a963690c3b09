"""Charts of other programs, anx and GraphML: what is read of them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import Network
from placement_engine.intelligence.formats import read_network_as
from placement_engine.intelligence.formats.markup import MAX_DEPTH
from placement_engine.intelligence.formats.writing import write_network
from placement_engine.intelligence.network import KINDS
from placement_engine.testing.exchange import CODES
from placement_engine.vocabulary import NetworkFormat, PersonRole, TieKind
from tests.unit.test_network_reader import AS_OF, files, read

ANX = """<?xml version="1.0" encoding="UTF-8"?>
<Chart>
<ApplicationVersion Build="1"/>
<ChartItemCollection>
<ChartItem Label="a name that is not read">
 <End X="1" Y="2"><Entity EntityId="e1" Identity="P-1">
  <Icon><IconStyle Type="Man"/></Icon></Entity></End>
</ChartItem>
<ChartItem><End><Entity EntityId="e2" Identity="G-1">
  <Icon><IconStyle Type="Gäng"/></Icon></Entity></End></ChartItem>
<ChartItem><End><Entity EntityId="e3" Identity="P-2">
  <Icon><IconStyle Type="Person"/></Icon></Entity></End>
  <AttributeCollection><Attribute AttributeClass="role" Value="threat_actor"/>
  <Attribute AttributeClass="Anteckning" Value="x"/></AttributeCollection></ChartItem>
<ChartItem DateSet="true" DateTime="2026-05-01T12:30:00" GradeOneIndex="2" GradeTwoIndex="3">
 <Link End1Id="e2" End2Id="e1"><LinkStyle Type="Member of" ArrowStyle="ArrowNone"/></Link>
</ChartItem>
<ChartItem DateSet="true" DateTime="2026-05-02T00:00:00" GradeOneIndex="1" GradeTwoIndex="1">
 <Link End1Id="e1" End2Id="e3"><LinkStyle Type="threat" ArrowStyle="ArrowOnTail"/></Link>
 <AttributeCollection><Attribute AttributeClass="Svår" Value="0.5"/></AttributeCollection>
</ChartItem>
<ChartItem DateSet="true" DateTime="2026-05-02T00:00:00">
 <Link End1Id="e1" End2Id="e3"><LinkStyle Type="Telefon" ArrowStyle="ArrowOnTail"/></Link>
</ChartItem>
<ChartItem><TextBlock/></ChartItem>
</ChartItemCollection>
</Chart>
"""
MAPPING = """
version = 1
[entities."Gäng"]
kind = "group"
category = "self_defined"
environment = "extremist"
[links]
Telefon = "ignore"
[attributes]
"Svår" = "severity"
Anteckning = "ignore"
"""


def chart(folder: Path, text: str | bytes, mapping: str = MAPPING, name: str = "c.anx") -> Network:
    (folder / "map.toml").write_text(mapping, encoding="utf-8")
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_network_as(folder / name, mapping=folder / "map.toml", codes=CODES)


def problems(
    folder: Path, text: str | bytes, mapping: str = MAPPING, name: str = "c.anx"
) -> list[str]:
    with pytest.raises(InvalidFiles) as caught:
        chart(folder, text, mapping, name)
    return [str(fault) for fault in caught.value.faults]


def ends(network: Network, kind: TieKind) -> tuple[str, str]:
    at = network.ties.kind.tolist().index(KINDS.index(kind))
    return network.nodes[network.ties.a[at]], network.nodes[network.ties.b[at]]


def test_a_chart_by_a_mapping(tmp_path: Path) -> None:
    network = chart(tmp_path, ANX)
    assert network.nodes == ("G-1", "P-1", "P-2")
    assert network.with_role(PersonRole.THREAT_ACTOR) == ("P-2",)
    assert network.tie_count == 2
    # A membership runs from the person however it was drawn; the arrow says who threatens.
    assert ends(network, TieKind.MEMBERSHIP) == ("P-1", "G-1")
    assert ends(network, TieKind.THREAT) == ("P-2", "P-1")
    at = network.ties.kind.tolist().index(KINDS.index(TieKind.MEMBERSHIP))
    assert (network.ties.source[at], network.ties.information[at]) == (1, 3)
    assert sorted(network.ties.severity.tolist()) == [0.5, 1.0]


def test_an_arrow_at_both_ends_is_two_threats(tmp_path: Path) -> None:
    network = chart(
        tmp_path,
        ANX.replace('"threat" ArrowStyle="ArrowOnTail"', '"threat" ArrowStyle="ArrowOnBoth"'),
    )
    assert network.count_ties("P-2", as_of=AS_OF)[TieKind.THREAT] == 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('Type="Gäng"', 'Type="Bil"'), "c.anx:9: type: must be one of"),
        (('Type="Member of"', 'Type="Möte"'), "c.anx:15: kind: must be one of"),
        (('End1Id="e2"', 'End1Id="e9"'), "c.anx:15: joins an entity that is not in the file"),
        (('GradeTwoIndex="3"', 'GradeTwoIndex="7"'), "c.anx:15: GradeTwoIndex: must be 0 to 6"),
        (('GradeTwoIndex="3"', ""), "c.anx:15: information: must be 1 to 6"),
        (('DateTime="2026-05-01', 'DateTime="x'), "c.anx:15: last_seen: must be a date"),
        (('"threat" ArrowStyle="ArrowOnTail"', '"threat"'), "c.anx:18: a threat must have"),
        (('EntityId="e3"', 'EntityId="e1"'), "c.anx:11: id: the id stands twice"),
        (('"Svår"', '"Etnicitet"'), "c.anx:18: attribute: attributes on ethnicity are refused"),
        (('"Svår"', '"Bil"'), "c.anx:18: attribute: is not known here"),
        (("ArrowNone", "ArrowAway"), "c.anx:15: ArrowStyle: must be one of"),
        (('Identity="P-1"', 'Identity="19900101-1234"'), "c.anx:5: person_id: is shaped like"),
        (("<Chart>", "<Graph>"), "c.anx:2: is not of this format"),
        (("</Chart>", ""), "c.anx:28: is not XML that can be read"),
    ],
)
def test_faults_of_a_chart_stand_at_their_line(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    assert change[0] in ANX
    told = problems(tmp_path, ANX.replace(*change, 1))
    assert any(one.startswith(problem) for one in told), told


@pytest.mark.parametrize("name", ["c.anx", "c.graphml"])
@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "cAnArY"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        "<!DOCTYPE x>",
    ],
)
def test_document_types_and_entities_are_refused(tmp_path: Path, name: str, head: str) -> None:
    root = "Chart" if name == "c.anx" else "graphml"
    text = f"{head}<{root}>&b;</{root}>"
    assert problems(tmp_path, text, name=name) == [
        f"{name}: declares a document type or entities, which are refused"
    ]


@pytest.mark.parametrize("name", ["c.anx", "c.graphml"])
def test_markup_without_end_is_one_fault(tmp_path: Path, name: str) -> None:
    root = "Chart" if name == "c.anx" else "graphml"
    item = "ChartItem" if name == "c.anx" else "node"
    for text, problem in (
        (f"<{root}>" + "<a>" * 100_000, "is nested too deep"),
        (f"<{root}><{item}>" + "<b/>" * 20_000, "elements inside"),
        (f"<{root}><{item}>" + "x" * 100_000, "holds a text of more than"),
        (f"<{root}>&nbsp;</{root}>", "is not XML"),
        (f"<{root}>\0</{root}>", "is not XML"),
        (b"\xff\xfe" + f"<{root}/".encode("utf-16-le"), "is not XML"),
        (f"<{root}>å</{root}>".encode("latin-1"), "is not XML"),
        (f'<?xml version="1.0" encoding="x-none"?><{root}/>', "is not XML"),
        ("", "is not XML"),
    ):
        (told,) = problems(tmp_path, text, name=name)
        assert problem in told
    assert MAX_DEPTH < 100


def test_very_many_faults_of_a_chart_are_counted(tmp_path: Path) -> None:
    text = "<Chart>" + "<ChartItem><Link/></ChartItem>\n" * 100_000 + "</Chart>"
    with pytest.raises(InvalidFiles) as caught:
        chart(tmp_path, text)
    assert caught.value.count == 100_000
    assert len(str(caught.value)) < 5_000


GRAPHML = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="node" attr.name="type" attr.type="string"/>
<key id="d1" for="edge" attr.name="kind" attr.type="string"/>
<key id="d2" for="edge" attr.name="grade" attr.type="string"/>
<key id="d3" for="edge" attr.name="last_seen" attr.type="string"/>
<graph edgedefault="directed">
<node id="P1"><data key="d0">person</data></node>
<node id="P2"><data key="d0">person</data></node>
<edge source="P1" target="P2"><data key="d1">threat</data><data key="d2">B2</data>
<data key="d3">2026-01-01</data></edge>
</graph></graphml>
"""


def test_graphml_of_another_program(tmp_path: Path) -> None:
    network = chart(tmp_path, GRAPHML, name="n.graphml")
    assert ends(network, TieKind.THREAT) == ("P1", "P2")
    for change, problem in (
        (('key="d0">person', 'key="d9">person'), "has a key that the file does not name"),
        (("<edge ", '<edge directed="false" '), "a threat must have a direction"),
        (('<data key="d2">B2</data>', ""), "source: must be one of"),
        (('<data key="d2">', '<data key="d3">'), "stands twice"),
        (("</graph>", "<hyperedge/></graph>"), "hyperedges are not read"),
        (('target="P2"', 'target="P1"'), "joins somebody to himself"),
    ):
        told = problems(tmp_path, GRAPHML.replace(*change, 1), name="n.graphml")
        assert any(problem in one for one in told), told


def test_networkx_reads_our_graphml_and_we_read_its(tmp_path: Path) -> None:
    network = read(tmp_path / "plain", files())
    write_network(network, tmp_path / "ours.graphml", NetworkFormat.GRAPHML)
    graph = nx.read_graphml(tmp_path / "ours.graphml", force_multigraph=True)
    assert graph.number_of_nodes() == len(network.nodes) + 2  # and two municipalities
    assert graph.number_of_edges() == network.tie_count + network.presence_count
    assert graph.nodes["P1"]["role"] == "subject"
    assert set(nx.get_edge_attributes(graph, "kind").values()) == {
        "membership",
        "rivalry",
        "kinship",
        "presence",
    }
    nx.write_graphml(graph, tmp_path / "theirs.graphml")
    again = read_network_as(tmp_path / "theirs.graphml", codes=CODES)
    assert again.content_hash == network.content_hash
