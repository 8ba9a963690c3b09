"""Cases, decisions, and two at once, as the register keeps them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import (
    InvalidInput,
    RegisterUnavailable,
    StaleProposal,
    UnknownReference,
)
from placement_engine.register import (
    DocumentKind,
    Register,
)
from tests.security.telling import told_of
from tests.unit import test_register_facade
from tests.unit.test_register_facade import DAY, KEY, placed, where

register = test_register_facade.register
network = test_register_facade.network


def test_a_case_goes_from_open_to_proposed_to_decided(register: Register) -> None:
    register.put_case("C-1", b"case")
    assert register.cases() == [("C-1", "open")]
    with pytest.raises(UnknownReference, match="propose C-1"):
        register.proposal("C-1")
    register.put_proposal("C-1", b"proposal")
    assert register.cases() == [("C-1", "proposed")]
    register.accept("C-1", placed("P-1"), decision=b"choice 1", day=DAY)
    assert register.cases() == [("C-1", "decided")]
    [decision] = register.decisions()
    assert (decision.case, decision.on, decision.content) == ("C-1", DAY, b"choice 1")
    assert where(register) == [("P-1", "0180", DAY, None)]
    with pytest.raises(StaleProposal, match="decided already"):
        register.accept("C-1", placed("P-1"), decision=b"again", day=DAY)
    assert len(register.placements()) == 1
    register.put_proposal("C-1", b"another")
    assert register.cases() == [("C-1", "proposed")]
    assert register.proposal("C-1") == b"another"


def test_a_case_put_anew_is_open_and_its_proposal_gone(register: Register) -> None:
    register.put_cases({"C-1": b"case", "C-2": b"case"})
    register.put_proposals({"C-1": b"p" * 9000, "C-2": b"p"})
    register.put_cases({"C-1": b"case", "C-2": b"changed"})
    assert register.cases() == [("C-1", "proposed"), ("C-2", "open")]
    assert register.proposal("C-1") == b"p" * 9000
    with pytest.raises(UnknownReference):
        register.proposal("C-2")
    assert register.case("C-2") == b"changed"


def test_unknown_cases_are_told_and_nothing_is_written(register: Register) -> None:
    register.put_case("C-1", b"case")
    epoch = register.epoch
    with pytest.raises(UnknownReference, match="C-9"):
        register.case("C-9")
    with pytest.raises(UnknownReference, match="C-9"):
        register.put_proposals({"C-1": b"p", "C-9": b"p"})
    with pytest.raises(UnknownReference, match="C-9"):
        register.accept("C-9", placed("P-1"), decision=b"", day=DAY)
    assert register.cases() == [("C-1", "open")]
    assert register.epoch == epoch


def test_an_id_too_long_is_refused(register: Register) -> None:
    with pytest.raises(InvalidInput, match="too long"):
        register.put_case("C" * 5000, b"case")
    assert register.cases() == []


def test_accepting_ends_what_reaches_past_the_day(register: Register) -> None:
    before, soon = date(2025, 1, 1), date(2027, 1, 1)
    register.import_placements(
        [
            placed("P-1", "1280", before, date(2025, 6, 1)),
            placed("P-1", "1380", date(2025, 6, 1), soon),
            placed("P-1", "1480", soon),
            placed("P-2", "1280", before),
        ]
    )
    register.put_case("C-1", b"case")
    new = register.accept("C-1", placed("P-1", "0180", DAY), decision=b"d", day=DAY)
    assert where(register) == [
        ("P-1", "1280", before, date(2025, 6, 1)),
        ("P-1", "1380", date(2025, 6, 1), DAY),
        ("P-1", "0180", DAY, None),
        ("P-1", "1480", soon, soon),
        ("P-2", "1280", before, None),
    ]
    assert new in {stored.id for stored in register.placements()}
    assert register.import_placements([s.placement for s in register.placements()]) == 0


def test_a_decision_on_facts_that_have_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as mine:
        mine.put_cases({"C-1": b"case"})
        seen = mine.epoch
        with Register.open(path, KEY) as theirs:
            theirs.import_placements([placed("P-2")])
        with pytest.raises(StaleProposal, match="changed"):
            mine.accept("C-1", placed("P-1"), decision=b"", day=DAY, seen=seen)
        assert where(mine) == [("P-2", "0180", DAY, None)]
        mine.accept("C-1", placed("P-1"), decision=b"", day=DAY, seen=mine.epoch)
        assert mine.cases() == [("C-1", "decided")]


# Two at once, and none. --------------------------------------------------------------


def test_two_handles_see_each_others_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.register"
    with (
        Register.create(path, KEY, single_user=True, today=DAY) as one,
        Register.open(path, KEY) as two,
    ):
        for turn in range(10):
            writer, reader = (one, two) if turn % 2 else (two, one)
            writer.put_case(f"C-{turn}", b"case %d" % turn)
            assert len(reader.cases()) == turn + 1
            assert reader.case(f"C-{turn}") == b"case %d" % turn
        assert one.verify() == two.verify()


def test_a_closed_register_says_so(register: Register) -> None:
    register.close()
    register.close()
    for ask in (register.placements, register.cases, register.verify):
        with pytest.raises(RegisterUnavailable, match="closed"):
            ask()
    with pytest.raises(RegisterUnavailable, match="closed"):
        register.put_case("C-1", b"")


def test_a_document_is_staged_once(register: Register) -> None:
    register.put_case("C-1", b"case")
    with register._vault.read() as state:
        [row_id] = state.ids(DocumentKind.CASE)

    def stage_twice() -> None:
        with register._vault.change() as change:
            change.replace(row_id, b"one")
            change.remove(row_id)

    with pytest.raises(ValueError, match="staged"):
        stage_twice()
    assert register.case("C-1") == b"case"


def test_what_a_register_holds_is_not_shown(register: Register) -> None:
    register.import_placements([placed("P-1", "0180")])
    [stored] = register.placements()
    with register._vault.read() as state:
        [document] = state.documents(DocumentKind.PLACEMENT)
    assert document.version == 1
    for shown in (repr(stored), repr(document), repr(register)):
        assert told_of(shown, ["0180"]) == []
