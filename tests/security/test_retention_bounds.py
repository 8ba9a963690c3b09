"""To the day: when the yearly list tells something, what goes with it, and what is noted."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from placement_engine.errors import ApprovalNeeded
from placement_engine.intelligence import Placement, read_network
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.register import DocumentKind, RawKey, Register, Role, offices
from placement_engine.register.contents import read_framed
from placement_engine.register.retention import Due, erase, review
from placement_engine.vocabulary import CaseId, MunicipalityCode, SubjectRef
from tests.golden.test_register_format import network
from tests.security.test_every_call_is_noted import log, session
from tests.security.test_two_signatures import Office, office

__all__ = ["office"]  # the fixture

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 23)
NUMBERS = Policy.default().retention
ONE_DAY = timedelta(days=1)
LONG_AGO = date(2001, 1, 1)
SUBJECTS = {CaseId("C-1"): SubjectRef("P-1"), CaseId("C-2"): SubjectRef("P-2")}


def kept(months: float) -> timedelta:
    return timedelta(days=months * DAYS_PER_MONTH)


def placed(subject: str, start: date, end: date, review_by: date | None = None) -> Placement:
    return Placement(
        subject=SubjectRef(subject),
        municipality=MunicipalityCode("2584"),
        start=start,
        end=end,
        review_by=review_by,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.register"


def test_a_case_is_due_and_expires_to_the_day(path: Path) -> None:
    end = LONG_AGO + ONE_DAY
    only = {CaseId("C-1"): SubjectRef("P-1")}
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.import_placements([placed("P-1", LONG_AGO, end, review_by=DAY)])

        def due(day: date) -> Due | None:
            return review(register.desk, only, NUMBERS, day).cases.get(CaseId("C-1"))

        assert due(end - ONE_DAY) is None
        assert due(end) is Due.REVIEW  # nobody is placed any more
        last = end + kept(NUMBERS.defector)
        assert due(last - ONE_DAY) is Due.REVIEW
        assert due(last) is Due.EXPIRED


def test_superseded_intelligence_expires_to_the_day(path: Path, tmp_path: Path) -> None:
    known = network(tmp_path / "network")
    with Register.create(path, KEY, single_user=True, today=LONG_AGO) as register:
        for _ in range(2):
            register.import_network("main", known, LONG_AGO)
            (tmp_path / "network" / "presence.csv").unlink(missing_ok=True)
            known = read_network(tmp_path / "network", codes=frozenset({"0180"}))
        last = LONG_AGO + kept(NUMBERS.superseded_networks)
        found = [
            review(register.desk, {}, NUMBERS, day).networks
            for day in (LONG_AGO, last - ONE_DAY, last)
        ]
    assert found == [0, 0, 1]


def test_placements_without_a_case_are_counted_and_no_others(path: Path) -> None:
    end = LONG_AGO + ONE_DAY
    people = ["P-1", "P-8", "P-9"]
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.import_placements([placed(who, LONG_AGO, end) for who in people])
        assert review(register.desk, SUBJECTS, NUMBERS, DAY).without_case == 2
        assert review(register.desk, {}, NUMBERS, DAY).without_case == 3


def test_what_names_the_person_goes_with_what_has_expired(path: Path, tmp_path: Path) -> None:
    """Both the superseded import that names a person, though it is new, and one too old."""
    known = network(tmp_path / "network")
    for name, line in (("persons", "P-3,subject"), ("ties", "")):
        file = tmp_path / "network" / f"{name}.csv"
        first = file.read_text("utf-8").splitlines()[0]
        file.write_text("\n".join([first, line, ""]) if line else f"{first}\n")
    (tmp_path / "network" / "presence.csv").unlink()
    other = read_network(tmp_path / "network", codes=frozenset({"0180"}))
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.put_cases(dict.fromkeys(SUBJECTS, b"case"))
        register.import_network("main", known, DAY)
        register.import_network("main", other, DAY)
        erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY, expired=NUMBERS)
        assert [one.until for one in register.snapshots()] == [None]


def test_for_whom_was_looked_is_noted(path: Path) -> None:
    with Register.create(path, KEY, single_user=True, today=DAY, session=session()) as register:
        register.put_cases(dict.fromkeys(SUBJECTS, b"case"))
        end = LONG_AGO + ONE_DAY
        register.import_placements([placed("P-1", LONG_AGO, end)])
        erase(register.desk, [], SUBJECTS, DAY, expired=NUMBERS)
        noted = {
            call: [one.case for one in log(register) if one.call == call]
            for call in ("placements", "networks")
        }
    assert noted == {"placements": ["C-1", "C-2"], "networks": ["C-1"]}


def test_what_was_asked_for_and_what_has_expired_go_in_one_noted_act(path: Path) -> None:
    end = LONG_AGO + ONE_DAY
    night = {"night 2001-01-01": b'{"number": 1}'}
    with Register.create(path, KEY, single_user=True, today=DAY, session=session()) as register:
        register.put_cases(dict.fromkeys(SUBJECTS, b"case"))
        register.import_placements([placed("P-1", LONG_AGO, end)])
        register.put_entries(DocumentKind.NIGHT, night)
        certificate = erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY, expired=NUMBERS)
        assert certificate.cases == ("C-1", "C-2")
        assert [one.case for one in log(register) if one.call == "erase"] == ["C-1", "C-2"]
        assert register.entries(DocumentKind.NIGHT) == night  # which nobody said how to change
        with register._vault.read() as state:
            [kept_of_it] = state.documents(DocumentKind.DECISION)
        told = read_framed(kept_of_it.payload)
    assert told.facts == {"kind": "erasure", "on": "2026-11-23"}
    assert told.payload == certificate.encode()


def test_two_sign_the_day_of_an_erasure_too(office: Office) -> None:
    only = {CaseId("C-1"): SubjectRef("P-1")}
    asked = []
    for day in (DAY, DAY + ONE_DAY, DAY):
        with office.open("Ann", Role.PLACER) as register, pytest.raises(ApprovalNeeded):
            erase(register.desk, list(only), only, day)
        with office.open("Bo") as register:
            asked.append({one.id for one in offices.waiting(register.desk)})
    assert [len(ids) for ids in asked] == [1, 2, 2]
