"""A fixed proposal, word by word, in both languages; the files beside this test are the answer."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from placement_engine.proposal.outcome import (
    CaseProposal,
    Choice,
    Conflict,
    Danger,
    DangerClass,
    Exclusion,
    KnownRecords,
    LevelResult,
    Notice,
    Proposal,
    Sensitivity,
    Status,
)
from placement_engine.provenance import Provenance
from placement_engine.report.page import plain
from placement_engine.report.proposal_page import proposal_page
from placement_engine.report.terminal import on_terminal
from placement_engine.vocabulary import Band, CaseId, Language, MunicipalityCode

HERE = Path(__file__).parent

PROPOSED = Proposal(
    status=Status.PROPOSED,
    cases=(
        CaseProposal(
            case=CaseId("C-1"),
            choices=(
                Choice(
                    number=1,
                    municipality=MunicipalityCode("2418"),
                    name="Malå",
                    county="Västerbottens län",
                    band=Band.LOW,
                    risk=0.00042,
                    danger=Danger(kind=DangerClass.GROUP, band=Band.LOW),
                    unchecked=("needs", "same_provider"),
                    changes_health_region=True,
                ),
                Choice(
                    number=2,
                    municipality=MunicipalityCode("0980"),
                    name="Gotland",
                    county="Gotlands län",
                    band=Band.MEDIUM,
                    risk=0.0125,
                    danger=Danger(kind=DangerClass.PROTECTED_PERSON, band=Band.MEDIUM),
                    unchecked=(),
                    changes_health_region=False,
                ),
                Choice(
                    number=3,
                    municipality=MunicipalityCode("2505"),
                    name="Arvidsjaur",
                    county="Norrbottens län",
                    band=Band.MEDIUM,
                    risk=0.0,
                    danger=Danger(kind=DangerClass.NONE_KNOWN, band=Band.LOW),
                    unchecked=(),
                    changes_health_region=None,
                ),
            ),
            excluded=(
                Exclusion(reason="separation", municipalities=201),
                Exclusion(reason="home", municipalities=1),
                Exclusion(reason="ceiling", municipalities=12),
            ),
            considered=290,
            remaining=80,
            records=KnownRecords(graded_ties=3, latest=date(2026, 8, 2)),
            notices=(Notice.ACUTE, Notice.SINGLE_USER),
            sensitivity=(
                Sensitivity(number="exposure.d0_km", value=20.0, first_choice_changes=False),
                Sensitivity(number="exposure.d0_km", value=80.0, first_choice_changes=True),
            ),
        ),
    ),
    conflict=(),
    levels=(
        LevelResult(name="worst_band", value=0, lower_bound=0, proved=True),
        LevelResult(name="total", value=420, lower_bound=400, proved=False),
        LevelResult(name="moves", value=10000, lower_bound=10000, proved=True),
    ),
    objective_micronats=420,
    lower_bound_micronats=400,
    gap=20 / 420,
    proved_optimal=False,
    witnessed=True,
    interrupted=False,
    provenance=Provenance(
        engine_version="0.1.0",
        as_of=date(2026, 11, 1),
        policy_hash="a" * 64,
        network_hash="b" * 64,
        geography_hash="c" * 64,
    ),
    seconds=0.5,
)
IMPOSSIBLE = replace(
    PROPOSED,
    status=Status.NO_SAFE_PLACEMENT,
    cases=(
        replace(
            PROPOSED.cases[0],
            choices=(),
            remaining=0,
            records=KnownRecords(graded_ties=1, latest=None),
            notices=(Notice.OTHERS_REMAIN, Notice.NO_THREAT),
            sensitivity=(),
        ),
    ),
    conflict=(
        Conflict(rule="separation", cases=(CaseId("C-1"),), band=Band.HIGH),
        Conflict(rule="capacity", cases=(CaseId("C-1"),), band=None),
    ),
    levels=(),
    objective_micronats=None,
    lower_bound_micronats=None,
    gap=None,
)
INTERRUPTED = replace(PROPOSED, interrupted=True)


def compare(name: str, text: str) -> None:
    """Compare with the file; PLACEMENT_GOLDEN=write makes the files anew, to be read by eye."""
    file = HERE / name
    if os.environ.get("PLACEMENT_GOLDEN") == "write":
        file.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("name", "proposal"),
    [("proposed", PROPOSED), ("impossible", IMPOSSIBLE), ("interrupted", INTERRUPTED)],
)
def test_the_text_of_a_proposal(name: str, proposal: Proposal, language: Language) -> None:
    compare(f"{name}.{language.value}.txt", plain(proposal_page(proposal, language)))


def test_the_text_on_a_terminal() -> None:
    page = proposal_page(PROPOSED, Language.SWEDISH)
    compare("proposed.terminal.txt", on_terminal(page, color=False, width=140))
    assert "\x1b[" in on_terminal(page, color=True, width=140)


def test_no_risk_is_never_said() -> None:
    for language in Language:
        text = plain(proposal_page(PROPOSED, language)).lower()
        assert "ingen risk" not in text
        assert "no risk" not in text
