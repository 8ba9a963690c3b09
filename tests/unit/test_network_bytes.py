"""Networks as bytes, and several imports as one network."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidInput
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import (
    Network,
)
from placement_engine.intelligence.network import PRESENCE_TYPES, ROLES, TIE_TYPES
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import PersonRole, TieKind
from tests.unit.test_network_reader import (
    AS_OF,
    B2,
    equal,
    files,
    read,
)


@settings(max_examples=40, deadline=None)
@given(tie_reports(as_of=AS_OF))
def test_bytes_bring_the_network_back(rows: tuple[TieReport, ...]) -> None:
    network = network_of(rows)
    data = network.to_bytes()
    back = Network.from_bytes(data)
    assert back.nodes == network.nodes
    assert back.origins == network.origins
    for name in TIE_TYPES:
        np.testing.assert_array_equal(getattr(back.ties, name), getattr(network.ties, name))
    assert back.content_hash == network.content_hash
    assert back.to_bytes() == data


def test_bytes_bring_everything_back(tmp_path: Path) -> None:
    network = read(tmp_path, files())
    back = Network.from_bytes(network.to_bytes())
    for name in PRESENCE_TYPES:
        np.testing.assert_array_equal(
            getattr(back.presences, name), getattr(network.presences, name)
        )
    for name in ("is_group", "role", "category", "environment", "birth_year"):
        np.testing.assert_array_equal(getattr(back, name), getattr(network, name))
    assert (back.labels, back.handlings) == (network.labels, network.handlings)
    assert equal(back, network)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_invalid_input_or_say_the_same(data: st.DataObject) -> None:
    whole = network_of(
        [
            TieReport(a="P1", b="G1", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=AS_OF),
            TieReport(a="P2", b="P1", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),
        ]
    )
    good = whole.to_bytes()
    bad = bytearray(good)
    at = data.draw(st.integers(0, len(good) - 1))
    bad[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.booleans())
    said = ""
    try:
        read = Network.from_bytes(bytes(bad[:at]) if cut else bytes(bad))
    except InvalidInput as error:
        said = "".join(traceback.format_exception(error))
    else:  # the last bits of a compressed stream are padding
        said = "the same" if read.content_hash == whole.content_hash else ""
    assert said
    assert "P1" not in said


def test_bytes_that_are_something_else() -> None:
    for data in (b"", b"PENET1\n", b"x" * 100, b"PENET2\n" + Network.empty().to_bytes()[7:]):
        with pytest.raises(InvalidInput):
            Network.from_bytes(data)


def test_combining_nothing_and_one() -> None:
    assert Network.combine([]).nodes == ()
    one = network_of([])
    assert Network.combine([one]) is one


def test_combined_batches_keep_all_ties_and_the_last_role(tmp_path: Path) -> None:
    second = files()
    second["persons.csv"] = "person_id,role,birth_year\nP2,threat_actor,1980\nP7,other,\n"
    second["groups.csv"] = "group_id,category,environment,label\nG1,unnamed,extremist,\n"
    second["ties.csv"] = "a,b,kind,source,information,last_seen\nP7,G1,membership,A,1,2026-01-01\n"
    second["presence.csv"] = files()["presence.csv"].splitlines()[0] + "\n"
    one, two = read(tmp_path / "a", files()), read(tmp_path / "b", second, batch="later")
    both = Network.combine([one, two])
    assert both.nodes == ("G1", "G2", "P1", "P2", "P3", "P7")
    assert both.tie_count == one.tie_count + two.tie_count
    assert both.presence_count == one.presence_count
    assert ROLES[both.role[3]] is PersonRole.THREAT_ACTOR
    assert both.birth_year[3] == 1980
    assert both.labels[0] == "the first"
    assert both.count_ties("G1", date(2026, 11, 1)) == {TieKind.MEMBERSHIP: 2, TieKind.RIVALRY: 1}


def test_a_person_in_one_batch_and_a_group_in_another_is_refused() -> None:
    rows = [TieReport(a="G1", b="P1", kind=TieKind.RIVALRY, grade=B2, last_seen=AS_OF)]
    one, two = network_of(rows), network_of(rows, groups=["P1"])
    with pytest.raises(InvalidInput, match="person in one and a group") as caught:
        Network.combine([one, two])
    assert "P1" not in str(caught.value)


def test_blank_origins_of_two_batches_are_two_witnesses() -> None:
    row = TieReport(a="P1", b="P2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF)

    def h(*batches: str, origin: str = "") -> float:
        told = [replace(row, origin=origin)]
        network = Network.combine([network_of(told, batch=batch) for batch in batches])
        graph = RivalGraph.build(network, as_of=AS_OF, policy=Policy.default())
        return float(graph.scores(["P1"], ["P2"]).h_or[0, 0])

    q = h("main")
    assert h("main", "main") == q
    assert h("main", "other") == pytest.approx(1 - (1 - q) ** 2)
    assert h("main", "other", origin="R-1") == q
