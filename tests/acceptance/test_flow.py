"""A case from end to end through the public surface, on the real municipalities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from placement_engine import PlacementEngine, RawKey, Status
from placement_engine.cases import assembly as assembly_module
from placement_engine.cases.assembly import Assembly, assemble
from placement_engine.errors import CaseGate, InvalidCase, StaleProposal, UnknownReference
from placement_engine.problem import PPM
from placement_engine.proposal.compose import coarse_risk
from placement_engine.proposal.outcome import Notice
from placement_engine.vocabulary import Band, CaseId, MunicipalityCode, SubjectRef

AS_OF = date(2026, 11, 1)
KEY = bytes(range(32))

PERSONS = """person_id,role,birth_year
P-new,subject,1998
P-two,subject,1999
P-rival,subject,1997
P-comrade,subject,1996
P-boss,threat_actor,1980
P-kin,relative,1970
"""
GROUPS = """group_id,category,environment,label
G-north,self_defined,criminal_network,
G-south,self_defined,criminal_network,
"""
TIES = """a,b,kind,source,information,last_seen,first_seen,ended,severity,origin,handling
P-new,G-north,membership,B,2,2025-10-01,,2025-10-01,,,
P-new,G-north,defection,A,1,2025-10-01,,,,,
P-new,P-kin,kinship,A,1,2025-10-01,,,,,
P-two,G-north,membership,B,2,2025-10-01,,2025-10-01,,,
P-two,G-north,defection,A,1,2025-10-01,,,,,
P-two,P-comrade,co_offending,A,1,2025-10-01,,,,,
P-rival,G-south,membership,B,2,2025-06-01,,2025-06-01,,,
P-rival,G-south,defection,A,1,2025-06-01,,,,,
P-comrade,G-north,membership,A,1,2025-06-01,,2025-06-01,,,
P-comrade,G-north,defection,A,1,2025-06-01,,,,,
P-boss,G-north,membership,A,1,2026-06-01,,,,,
P-boss,P-new,threat,A,1,2026-06-01,,,,,
G-north,G-south,rivalry,A,1,2026-06-01,,,,,
"""
PRESENCE = """actor,municipality,strength,source,information,last_seen,ended
G-north,0180,0.9,A,1,2026-09-01,
G-south,1280,0.8,A,1,2026-09-01,
P-boss,0180,0.7,B,2,2026-09-01,
"""
PLACEMENTS = """subject,municipality,from,to,owner,provider,category,review_by
P-rival,2580,2025-01-01,,unit-1,,defector,
P-comrade,0880,2025-01-01,,unit-2,,defector,
"""


def case_document(
    case: str = "C-1", subject: str = "P-new", **changes: object
) -> dict[str, object]:
    return {
        "schema": "placement_engine/case",
        "version": 1,
        "id": case,
        "subject": subject,
        "owner": "unit-1",
        "household": [],
        "current": "0180",
        "acute": False,
        "threat_level": "high",
        "avoid": [{"municipality": "0180", "why": "home", "radius_km": 60}],
        "needs": [],
        "lives_alone_well": True,
        "keep_health_region": "prefer",
        "minor": False,
        "eligibility": {
            "motivated": True,
            "terms_signed": True,
            "not_evidence_person": True,
            "social_services_decision": True,
        },
        "consent": {"information_exchange": True, "date": "2026-10-01"},
        **changes,
    }


def add(engine: PlacementEngine, *documents: dict[str, object]) -> tuple[CaseId, ...]:
    return engine.add_cases("\n".join(json.dumps(document) for document in documents))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[PlacementEngine]:
    folder = tmp_path / "network"
    folder.mkdir()
    for name, text in {
        "persons.csv": PERSONS,
        "groups.csv": GROUPS,
        "ties.csv": TIES,
        "presence.csv": PRESENCE,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    placements = tmp_path / "placements.csv"
    placements.write_text(PLACEMENTS, encoding="utf-8")
    with PlacementEngine.create(
        tmp_path / "trial.register", RawKey(KEY), single_user=True, as_of=AS_OF
    ) as made:
        made.import_network(folder)
        made.import_placements(placements)
        yield made


def test_a_case_is_proposed_accepted_and_survives_reopening(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    add(engine, case_document())
    proposal = engine.propose([CaseId("C-1")])
    assert proposal.status is Status.PROPOSED
    assert proposal.proved_optimal
    assert proposal.witnessed
    (case,) = proposal.cases
    assert [choice.number for choice in case.choices] == [1, 2, 3, 4, 5]
    assert case.considered == 290
    assert {e.reason for e in case.excluded} >= {"home", "separation", "presence", "threat_actor"}
    assert all(choice.band is not Band.HIGH for choice in case.choices)

    engine.accept(CaseId("C-1"), 2, decided_by="A. Tester")
    assert [(c.id, c.state) for c in engine.cases()] == [("C-1", "decided")]
    engine.verify()
    engine.close()
    with PlacementEngine.open(tmp_path / "trial.register", RawKey(KEY), as_of=AS_OF) as again:
        placed = {str(s.placement.subject): s.placement for s in again.register.placements()}
        assert placed["P-new"].municipality == case.choices[1].municipality


def test_choices_stand_apart_and_keep_every_separation(engine: PlacementEngine) -> None:
    add(engine, case_document())
    (case,) = engine.propose([CaseId("C-1")]).cases
    geography = engine.geography
    sites = [geography.index[choice.municipality] for choice in case.choices]
    for i, a in enumerate(sites):
        for b in sites[:i]:
            assert geography.crow_m[a, b] >= 50_000
    rival = geography.index[MunicipalityCode("2580")]
    h = engine.graph().scores(["P-new"], ["P-rival"]).h_or[0, 0]
    assert h >= 0.15
    assert all(geography.separation_m[site, rival] >= 100_000 for site in sites)


def test_two_rivals_proposed_together_are_kept_apart(engine: PlacementEngine) -> None:
    engine.register.import_placements(())
    add(engine, case_document("C-1", "P-new"), case_document("C-2", "P-two", current=None))
    proposal = engine.propose([CaseId("C-1"), CaseId("C-2")])
    assert proposal.status is Status.PROPOSED
    assert proposal.proved_optimal
    assert len(proposal.cases) == 2


def test_a_proposal_that_became_unsafe_is_refused(engine: PlacementEngine, tmp_path: Path) -> None:
    add(engine, case_document())
    (case,) = engine.propose([CaseId("C-1")]).cases
    first = case.choices[0].municipality
    newcomer = tmp_path / "more.csv"
    newcomer.write_text(f"subject,municipality,from\nP-boss,{first},2026-10-01\n", encoding="utf-8")
    engine.import_placements(newcomer)
    with pytest.raises(StaleProposal) as refused:
        engine.accept(CaseId("C-1"), 1, decided_by="A. Tester")
    assert first not in str(refused.value)
    assert {str(c.id): c.state for c in engine.cases()}["C-1"] == "proposed"


def test_a_choice_that_was_not_shown_is_refused(engine: PlacementEngine) -> None:
    add(engine, case_document())
    engine.propose([CaseId("C-1")])
    with pytest.raises(UnknownReference):
        engine.accept(CaseId("C-1"), 9, decided_by="A. Tester")


def test_an_override_is_recorded_with_its_reason_and_objections(engine: PlacementEngine) -> None:
    add(engine, case_document())
    engine.propose([CaseId("C-1")])
    decision = engine.override(
        CaseId("C-1"), MunicipalityCode("2584"), "Sister lives there.", decided_by="A. Tester"
    )
    assert decision.choice is None
    placed = {str(s.placement.subject): s.placement for s in engine.register.placements()}
    assert placed["P-new"].municipality == "2584"


def test_an_impossible_case_shows_a_confirmed_minimal_conflict(engine: PlacementEngine) -> None:
    # Luleå's rival forbids Luleå and Boden; home forbids Stockholm.
    add(engine, case_document(within=["2580", "0180"]))
    proposal = engine.propose([CaseId("C-1")])
    assert proposal.status is Status.NO_SAFE_PLACEMENT
    assert proposal.witnessed
    assert {c.rule for c in proposal.conflict} == {"limits", "separation", "home"} or {
        c.rule for c in proposal.conflict
    } == {"limits", "separation", "threat_actor"}
    assert proposal.cases[0].choices == ()


def test_without_consent_nothing_is_computed(engine: PlacementEngine) -> None:
    add(
        engine,
        case_document(consent={"information_exchange": False, "date": "2026-10-01"}),
    )
    with pytest.raises(CaseGate):
        engine.propose([CaseId("C-1")])
    assert [(c.id, c.state) for c in engine.cases()] == [("C-1", "open")]


def test_the_same_facts_give_the_same_bytes(engine: PlacementEngine) -> None:
    add(engine, case_document(), case_document("C-2", "P-two", current=None))
    ids = [CaseId("C-1"), CaseId("C-2")]
    one = engine.propose(ids, workers=1)
    two = engine.propose(ids, workers=2)
    assert replace(one, seconds=0.0) == replace(two, seconds=0.0)


def test_folding_changes_no_cost(engine: PlacementEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    add(engine, case_document(), case_document("C-2", "P-two", current=None))
    cases = [engine.case(CaseId("C-1")), engine.case(CaseId("C-2"))]
    observer = engine._observe()

    def fold(everybody: bool) -> Assembly:
        monkeypatch.setattr(
            assembly_module,
            "_foldable",
            lambda world, _masks: np.full(len(world.placed.subjects), everybody),
        )
        return assemble(observer.world(cases), observer.graph)

    folded, standing = fold(True), fold(False)
    assert len(folded.problem.subjects) == 2
    assert len(standing.problem.subjects) == 4
    for k in range(2):
        total = standing.problem.subjects[k].unary.copy()
        for pair in standing.problem.pairs:
            if pair.a == k and pair.b >= 2:
                total += standing.problem.pair_costs(pair)[:, standing.problem.fixed[pair.b]]
        np.testing.assert_array_equal(total, folded.problem.subjects[k].unary)
    assert folded.problem.exposure_ppm.max() <= PPM


def test_an_override_needs_no_proposal_and_the_case_lives_on(engine: PlacementEngine) -> None:
    add(engine, case_document())
    engine.override(
        CaseId("C-1"), MunicipalityCode("2584"), "Sister lives there.", decided_by="A. Tester"
    )
    assert engine.propose([CaseId("C-1")]).status is Status.PROPOSED


def test_a_later_open_case_never_takes_anybody_out_of_a_household(
    engine: PlacementEngine,
) -> None:
    first = case_document("C-1", "P-two", household=[{"id": "P-child", "age": 4}])
    add(engine, first, case_document("C-0", "P-two"), case_document("C-9", "P-two"))
    assert engine._observe()._household(SubjectRef("P-two")) == ("P-two", "P-child")


def test_a_placed_person_cannot_be_made_harmless_by_listing_her(engine: PlacementEngine) -> None:
    add(engine, case_document(household=[{"id": "P-rival", "age": 30}]))
    with pytest.raises(InvalidCase) as refused:
        engine.propose([CaseId("C-1")])
    assert "P-rival" not in str(refused.value)


def test_nobody_is_placed_twice_by_one_question(engine: PlacementEngine) -> None:
    add(engine, case_document("C-1", household=[{"id": "P-two", "age": 30}]))
    add(engine, case_document("C-2", "P-two"), case_document("C-3", "P-two"))
    for together in (["C-1", "C-2"], ["C-2", "C-3"], []):
        with pytest.raises(InvalidCase):
            engine.propose([CaseId(case) for case in together])


def test_an_unknown_subject_stays_unknown_when_ties_arrive(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    add(engine, case_document("C-1", "P-blank", current=None))
    (case,) = engine.propose([CaseId("C-1")]).cases
    assert Notice.UNKNOWN_SUBJECT in case.notices
    assert case.choices[0].band is Band.MEDIUM
    more = tmp_path / "more"
    more.mkdir()
    (more / "persons.csv").write_text("person_id,role\nP-blank,subject\nP-x,other\nP-y,other\n")
    (more / "groups.csv").write_text("group_id,category,environment\n")
    (more / "ties.csv").write_text(
        "a,b,kind,source,information,last_seen\n"
        "P-blank,P-x,kinship,A,1,2026-10-01\nP-blank,P-y,kinship,A,1,2026-10-01\n"
    )
    engine.import_network(more, batch="more")
    for _ in range(3):
        (case,) = engine.propose([CaseId("C-1")]).cases
        assert case.records.graded_ties == 2
        assert Notice.UNKNOWN_SUBJECT in case.notices
        assert case.choices[0].band is Band.MEDIUM


def test_a_planned_move_does_not_stop_a_joint_question(
    engine: PlacementEngine, tmp_path: Path
) -> None:
    moving = tmp_path / "moving.csv"
    moving.write_text(
        "subject,municipality,from,to\nP-boss,2281,2026-01-01,2026-12-01\nP-boss,2283,2026-12-01,\n",
        encoding="utf-8",
    )
    engine.import_placements(moving)
    add(engine, case_document(), case_document("C-2", "P-two", current=None))
    assert engine.propose([CaseId("C-1"), CaseId("C-2")]).status is Status.PROPOSED


def test_another_policy_than_that_of_the_proposal_is_refused(engine: PlacementEngine) -> None:
    add(engine, case_document())
    engine.propose([CaseId("C-1")])
    policy = engine.policy
    engine.policy = replace(policy, risk=replace(policy.risk, ceiling=0.9))
    with pytest.raises(StaleProposal):
        engine.accept(CaseId("C-1"), 1, decided_by="A. Tester")


def test_a_shown_risk_is_too_coarse_to_tell_where_anybody_lives(engine: PlacementEngine) -> None:
    add(engine, case_document())
    proposal = engine.propose([CaseId("C-1")])
    for choice in proposal.cases[0].choices:
        assert float(f"{choice.risk:.1e}") == pytest.approx(choice.risk, rel=1e-9)
    assert coarse_risk(51_293) == 0.05
    assert coarse_risk(0) == 1e-6
    assert coarse_risk(12_345) == 0.013
