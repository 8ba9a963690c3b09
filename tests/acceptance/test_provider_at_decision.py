"""Who is housed by whom is asked when it is decided, so that the next case can be told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from placement_engine import PlacementEngine, RawKey
from placement_engine.errors import StaleProposal
from placement_engine.vocabulary import CaseId, MunicipalityCode, ProviderId

AS_OF = date(2026, 11, 1)
PERSONS = "person_id,role\nP-new,subject\nP-rival,subject\n"
GROUPS = (
    "group_id,category,environment\n"
    "G-north,self_defined,criminal_network\nG-south,self_defined,criminal_network\n"
)
TIES = """a,b,kind,source,information,last_seen,ended
P-new,G-north,membership,B,2,2025-10-01,2025-10-01
P-rival,G-south,membership,B,2,2025-06-01,2025-06-01
G-north,G-south,rivalry,A,1,2026-06-01,
"""
PLACED = "subject,municipality,from,provider,category\nP-rival,2580,2025-01-01,V-shared,defector\n"
CASE = {
    "schema": "placement_engine/case",
    "version": 1,
    "id": "C-1",
    "subject": "P-new",
    "owner": "unit-1",
    "household": [],
    "current": "0180",
    "acute": False,
    "threat_level": "high",
    "avoid": [],
    "needs": [],
    "lives_alone_well": True,
    "keep_health_region": "no",
    "minor": False,
    "eligibility": {
        "motivated": True,
        "terms_signed": True,
        "not_evidence_person": True,
        "social_services_decision": True,
    },
    "consent": {"information_exchange": True, "date": "2026-10-01"},
}
NEW = CaseId("C-1")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[PlacementEngine]:
    folder = tmp_path / "network"
    folder.mkdir()
    for name, text in (("persons", PERSONS), ("groups", GROUPS), ("ties", TIES)):
        (folder / f"{name}.csv").write_text(text, "utf-8")
    (folder / "presence.csv").write_text(
        "actor,municipality,strength,source,information,last_seen\n", "utf-8"
    )
    placed = tmp_path / "placements.csv"
    placed.write_text(PLACED, "utf-8")
    register = tmp_path / "trial.register"
    with PlacementEngine.create(register, RawKey(bytes(32)), single_user=True, as_of=AS_OF) as made:
        made.import_network(folder)
        made.import_placements(placed)
        made.add_cases(json.dumps(CASE))
        made.propose([NEW])
        yield made


def provider_of(engine: PlacementEngine, subject: str) -> str | None:
    [found] = [s for s in engine.register.placements() if s.placement.subject == subject]
    return found.placement.provider


def test_a_provider_who_houses_a_rival_is_refused_and_nothing_is_written(
    engine: PlacementEngine,
) -> None:
    before = engine.register.epoch
    with pytest.raises(StaleProposal, match="care provider"):
        engine.accept(NEW, 1, decided_by="A. Analyst", provider=ProviderId("V-shared"))
    assert engine.register.epoch == before
    assert engine.explain(NEW).state == "proposed"


def test_another_provider_is_kept_with_the_placement(engine: PlacementEngine) -> None:
    engine.accept(NEW, 1, decided_by="A. Analyst", provider=ProviderId("V-own"))
    assert provider_of(engine, "P-new") == "V-own"


def test_without_a_provider_the_placement_has_none(engine: PlacementEngine) -> None:
    engine.accept(NEW, 1, decided_by="A. Analyst")
    assert provider_of(engine, "P-new") is None


def test_an_override_with_a_rivals_provider_is_recorded_as_objected_to(
    engine: PlacementEngine,
) -> None:
    place = MunicipalityCode("1480")
    engine.override(NEW, place, "bed", decided_by="A. Analyst", provider=ProviderId("V-shared"))
    [decision] = engine.register.decisions()
    assert "same_provider" in json.loads(decision.content)["objections"]
    assert provider_of(engine, "P-new") == "V-shared"
