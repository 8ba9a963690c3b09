"""What analysts have judged, through the whole flow: one person is placed once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from placement_engine import PlacementEngine
from placement_engine.cases import judging, standing
from placement_engine.cases.judging import Author
from placement_engine.errors import InvalidCase
from placement_engine.intelligence.judgements import Judgement, JudgementKind
from placement_engine.proposal.outcome import Notice
from placement_engine.register.documents import DocumentKind
from placement_engine.vocabulary import CaseId
from tests.acceptance import test_flow
from tests.acceptance.test_flow import AS_OF, add, case_document

engine = test_flow.engine


def author(day: date = AS_OF) -> Author:
    return Author(by="A. Analyst", day=day, reason="seen twice", entropy=lambda size: bytes(size))


def merge(engine: PlacementEngine, kept: str, other: str) -> Judgement:
    return judging.merge(
        engine.register,
        kept,
        other,
        author=author(),
        known=standing.standing(engine.register, policy=engine.policy, as_of=AS_OF),
        cases=standing.cases_of(engine.register, engine.geography),
    )


def alias(engine: PlacementEngine, folder: Path) -> None:
    """P-rival stands a second time, as P-alias, with a kin of his own."""
    folder.mkdir()
    (folder / "persons.csv").write_text("person_id,role\nP-alias,subject\nP-kin2,relative\n")
    (folder / "groups.csv").write_text("group_id,category,environment\n")
    (folder / "ties.csv").write_text(
        "a,b,kind,source,information,last_seen\nP-alias,P-kin2,kinship,A,1,2026-10-01\n"
    )
    engine.import_network(folder, batch="alias")


def test_one_person_of_two_records_is_moved_and_not_placed_twice(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    alias(engine, tmp_path / "alias")
    merge(engine, "P-alias", "P-rival")
    add(engine, case_document("C-1", "P-alias", current=None, avoid=[]))
    (case,) = engine.propose([CaseId("C-1")]).cases
    assert Notice.UNKNOWN_SUBJECT not in case.notices
    assert case.records.graded_ties >= 3
    engine.accept(CaseId("C-1"), 1, decided_by="A. Tester")
    own = [
        stored.placement
        for stored in engine.register.placements()
        if stored.placement.subject in ("P-alias", "P-rival")
    ]
    assert {placement.subject for placement in own} == {"P-rival"}
    assert sum(placement.end is None for placement in own) == 1


def test_two_records_of_one_person_are_not_asked_for_together(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    alias(engine, tmp_path / "alias")
    merge(engine, "P-alias", "P-two")
    add(engine, case_document("C-1", "P-alias"), case_document("C-2", "P-two"))
    with pytest.raises(InvalidCase, match="one person"):
        engine.propose([CaseId("C-1"), CaseId("C-2")])


def test_a_member_who_is_placed_under_another_id_does_not_move_along(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    alias(engine, tmp_path / "alias")
    merge(engine, "P-alias", "P-rival")
    add(engine, case_document(household=[{"id": "P-alias", "age": 30}]))
    with pytest.raises(InvalidCase):
        engine.propose([CaseId("C-1")])


def test_a_merge_taken_back_gives_the_same_answer_as_before(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    alias(engine, tmp_path / "alias")
    add(engine, case_document())
    before = engine.propose([CaseId("C-1")])
    merge(engine, "P-new", "P-alias")
    joined = engine.propose([CaseId("C-1")])
    assert joined.provenance.network_hash != before.provenance.network_hash
    judging.revoke(engine.register, JudgementKind.MERGE, "P-alias", "P-new", author=author())
    after = engine.propose([CaseId("C-1")])
    assert (after.cases, after.provenance) == (before.cases, before.provenance)
    log = engine.register.entries(DocumentKind.JUDGEMENT)
    assert len(log) == 2


def test_the_floor_belongs_to_the_person_and_not_to_the_case(engine: PlacementEngine) -> None:
    add(engine, case_document("C-1", "P-blank", current=None))
    engine.propose([CaseId("C-1")])
    noted = engine.register.entries(DocumentKind.JUDGEMENT)
    engine.propose([CaseId("C-1")])
    assert engine.register.entries(DocumentKind.JUDGEMENT) == noted  # noted once
    known = standing.standing(engine.register, policy=engine.policy, as_of=AS_OF)
    assert known.noted == {"P-blank"}
    earlier = AS_OF - timedelta(days=1)
    before = standing.standing(engine.register, policy=engine.policy, as_of=earlier)
    assert before.noted == frozenset()
    judging.clear(
        engine.register,
        "P-blank",
        author=author(),
        known=known,
        graph=engine.graph(),
        policy=engine.policy,
        cases=standing.cases_of(engine.register, engine.geography),
    )
    add(engine, case_document("C-9", "P-blank", current=None, household=[{"id": "P-q", "age": 40}]))
    (case,) = engine.propose([CaseId("C-9")]).cases
    assert Notice.UNKNOWN_SUBJECT not in case.notices
    assert Notice.UNKNOWN_HOUSEHOLD in case.notices  # she is cleared, not he
