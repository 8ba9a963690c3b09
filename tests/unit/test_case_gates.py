"""Consent and eligibility come before everything."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from placement_engine.cases import gates
from placement_engine.cases.case import Case, Consent, Eligibility
from placement_engine.errors import CaseGate
from placement_engine.vocabulary import CaseId, MunicipalityCode, OwnerId, SubjectRef, ThreatLevel

READY = Case(
    id=CaseId("C-1"),
    subject=SubjectRef("P-canary"),
    owner=OwnerId("unit-7"),
    current=MunicipalityCode("0380"),
    threat_level=ThreatLevel.HIGH,
    eligibility=Eligibility(
        motivated=True, terms_signed=True, not_evidence_person=True, social_services_decision=True
    ),
    consent=Consent(information_exchange=True, date=date(2026, 10, 1)),
)
DAY = date(2026, 11, 1)


def test_a_consent_of_tomorrow_is_not_given_yet() -> None:
    held = replace(READY, consent=replace(READY.consent, date=date(2026, 11, 2)))
    assert gates.missing(held, DAY) == ("consent.information_exchange",)
    assert gates.missing(held, date(2026, 11, 2)) == ()


def test_a_ready_case_passes() -> None:
    gates.check(READY, DAY)
    assert gates.missing(READY, DAY) == ()


def test_no_threat_is_no_gate() -> None:
    gates.check(replace(READY, threat_level=ThreatLevel.NONE), DAY)
    assert gates.missing(replace(READY, threat_level=ThreatLevel.NONE), DAY) == ()


@pytest.mark.parametrize("name", [field.name for field in fields(Eligibility)])
def test_each_part_of_eligibility_is_a_gate(name: str) -> None:
    held = replace(READY, eligibility=replace(READY.eligibility, **{name: False}))
    with pytest.raises(CaseGate, match=f"eligibility.{name} is not given"):
        gates.check(held, DAY)


def test_consent_is_a_gate() -> None:
    held = replace(READY, consent=replace(READY.consent, information_exchange=False))
    with pytest.raises(CaseGate, match=r"consent\.information_exchange is not given"):
        gates.check(held, DAY)


def test_all_that_is_missing_is_told_at_once() -> None:
    held = replace(
        READY,
        eligibility=Eligibility(
            motivated=False,
            terms_signed=True,
            not_evidence_person=False,
            social_services_decision=True,
        ),
        consent=replace(READY.consent, information_exchange=False),
    )
    with pytest.raises(CaseGate) as caught:
        gates.check(held, DAY)
    assert str(caught.value) == (
        "PE-1040 Case C-1 is held back: eligibility.motivated, eligibility.not_evidence_person, "
        "consent.information_exchange are not given. Nothing was computed. Correct the case when "
        "they are given and add it again."
    )
    assert caught.value.exit_code == 10


def test_a_gate_tells_neither_person_nor_place() -> None:
    held = replace(READY, consent=replace(READY.consent, information_exchange=False))
    with pytest.raises(CaseGate) as caught:
        gates.check(held, DAY)
    assert "canary" not in repr(caught.value)
    assert "0380" not in repr(caught.value)
