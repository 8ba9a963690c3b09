"""What is erased is gone: from the file, its log and its answers; and the yearly list."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import zlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from placement_engine.errors import InvalidInput, UnknownReference
from placement_engine.intelligence import Network, Placement, read_network
from placement_engine.intelligence.judgements import Judgement, JudgementKind
from placement_engine.nightly.finding import Finding, FindingKind
from placement_engine.nightly.state import STATE_KEY, NightState, Standing, forget
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.register import RawKey, Register
from placement_engine.register.documents import DocumentKind
from placement_engine.register.head import RECORDS
from placement_engine.register.header import Header
from placement_engine.register.location import open_store
from placement_engine.register.records import _PREFIX, Sealer
from placement_engine.register.retention import Certificate, Due, erase, review
from placement_engine.vocabulary import CaseId, MunicipalityCode, ProtectionCategory, SubjectRef
from tests.golden.test_register_format import network

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 23)
NUMBERS = Policy.default().retention
SUBJECTS = {
    CaseId("C-1"): SubjectRef("P-1"),
    CaseId("C-2"): SubjectRef("P-2"),
    CaseId("C-3"): SubjectRef("P-3"),
    CaseId("C-4"): SubjectRef("P-1"),
}


def months(count: float) -> timedelta:
    return timedelta(days=count * DAYS_PER_MONTH)


def placed(subject: str, start: date, end: date | None = None, **changes: object) -> Placement:
    made = Placement(
        subject=SubjectRef(subject),
        municipality=MunicipalityCode("2584"),
        start=start,
        end=end,
        category=ProtectionCategory.DEFECTOR,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.register"
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        register.put_cases(dict.fromkeys(SUBJECTS, b"case " * 2000))
        register.import_placements([placed("P-1", DAY), placed("P-2", DAY)])
        register.put_proposals({"C-2": b"proposal"})
        register.accept("C-2", placed("P-2", DAY), decision=b"choice", day=DAY)
        alert = json.dumps({"cases": ["C-1", "C-2"]}).encode()
        register.put_entries(DocumentKind.ALERT, {"A-1": alert, "A-2": b'{"cases": ["C-1"]}'})
    return path


def rows(path: Path) -> dict[bytes, bytes]:
    store = open_store(path)
    with store.read() as view:
        found = dict(view.records())
    store.close()
    return found


def everything(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def test_data_keys_and_ciphertext_are_nowhere_any_more(path: Path) -> None:
    before = rows(path)
    store = open_store(path)
    keys = Header.parse(store.header()).unlock(KEY)
    store.close()
    sealer = Sealer(keys, RECORDS, bytes)
    with Register.open(path, KEY) as register:
        certificate = erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        gone = {row_id: before[row_id] for row_id in before.keys() - rows(path).keys()}
        assert certificate.records == len(gone) >= 7
        open_now = everything(path)  # while it is open, its log included
    for raw in (open_now, everything(path)):
        for row_id, record in gone.items():
            *_, data_key, _ = sealer._unwrap(row_id, record)
            wrapped = record[29:86]
            for secret in (
                data_key,
                wrapped,
                record[:60],
                record[_PREFIX.size :][:40],
                record[-40:],
            ):
                assert secret not in raw
            assert row_id not in raw
    joined = b"".join(row_id + gone[row_id] for row_id in sorted(gone))
    assert certificate.digest == hashlib.sha256(joined).hexdigest()


def test_all_about_a_subject_goes_and_nothing_else(path: Path) -> None:
    with Register.open(path, KEY) as register:
        erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        assert [case for case, _ in register.cases()] == ["C-1", "C-3", "C-4"]
        assert {s.placement.subject for s in register.placements()} == {"P-1"}
        assert set(register.entries(DocumentKind.ALERT)) == {"A-2"}
        assert not register.decisions()
        with pytest.raises(UnknownReference):
            register.proposal("C-2")
        register.verify()


def test_a_subject_of_another_case_stays_placed(path: Path) -> None:
    with Register.open(path, KEY) as register:
        erase(register.desk, [CaseId("C-1")], SUBJECTS, DAY)
        assert {s.placement.subject for s in register.placements()} == {"P-1", "P-2"}
        left = {case: subject for case, subject in SUBJECTS.items() if case != "C-1"}
        erase(register.desk, [CaseId("C-4")], left, DAY)
        assert {s.placement.subject for s in register.placements()} == {"P-2"}


def test_the_certificate_says_how_much_and_not_who(path: Path) -> None:
    with Register.open(path, KEY) as register:
        certificate = erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        with register.desk.vault.read() as state:
            kept = [d.payload for d in state.documents(DocumentKind.DECISION)]
    assert len(kept) == 1
    assert certificate.encode() in kept[0]
    told = json.loads(certificate.encode())
    assert set(told) == {"on", "cases", "records", "digest"}
    assert "P-2" not in str(told)
    assert "2584" not in str({**told, "digest": ""})


def test_an_unknown_case_is_refused_and_nothing_erased(path: Path) -> None:
    before = rows(path)
    with Register.open(path, KEY) as register, pytest.raises(UnknownReference):
        erase(register.desk, [CaseId("C-1"), CaseId("C-9")], SUBJECTS, DAY)
    assert rows(path) == before


def test_the_yearly_list(tmp_path: Path) -> None:
    year, kept = months(NUMBERS.review_every), months(NUMBERS.defector)
    long_ago = DAY - 3 * kept
    rows = [
        placed("P-fresh", DAY - year / 2),
        placed("P-year", DAY - year),
        placed("P-early", DAY - year / 2, review_by=DAY),
        placed("P-later", DAY - 2 * year, review_by=DAY + year),
        placed("P-ended", long_ago, DAY - kept / 2),
        placed("P-expired", long_ago, DAY - kept - timedelta(days=1)),
        placed(
            "P-honour", long_ago, DAY - kept - timedelta(days=1), category=ProtectionCategory.HONOUR
        ),
        placed("P-back", long_ago, DAY - 2 * kept),
        placed("P-back", DAY - year / 2),
        placed("P-caseless", long_ago, DAY - 2 * kept),
    ]
    subjects = {CaseId(f"C-{row.subject[2:]}"): row.subject for row in rows[:-1]}
    subjects[CaseId("C-never")] = SubjectRef("P-never")
    with Register.create(tmp_path / "a", KEY, single_user=True, today=DAY) as register:
        register.import_placements(rows)
        register.put_cases(dict.fromkeys(subjects, b"case"))
        found = review(register.desk, subjects, NUMBERS, DAY)
        assert found.cases == {
            "C-year": Due.REVIEW,
            "C-early": Due.REVIEW,
            "C-ended": Due.REVIEW,
            "C-honour": Due.REVIEW,
            "C-never": Due.REVIEW,
            "C-expired": Due.EXPIRED,
        }
        assert found.without_case == 1
        certificate = erase(register.desk, [], subjects, DAY, expired=NUMBERS)
        assert certificate.cases == ("C-expired",)
        left = {s.placement.subject for s in register.placements()}
        assert left == {row.subject for row in rows} - {"P-expired", "P-caseless"}


def test_superseded_intelligence_goes_when_its_time_has_come(tmp_path: Path) -> None:
    known = network(tmp_path / "network")
    (tmp_path / "network" / "persons.csv").write_text(
        "person_id,role\nP-1,subject\nP-2,threat_actor\nP-3,subject\n"
    )
    other = read_network(tmp_path / "network", codes=frozenset({"0180"}))
    old = DAY - months(NUMBERS.superseded_networks) - timedelta(days=1)
    with Register.create(tmp_path / "a", KEY, single_user=True, today=old) as register:
        register.import_network("main", known, old)
        register.import_network("main", other, old)
        assert review(register.desk, {}, NUMBERS, old).networks == 0
        assert review(register.desk, {}, NUMBERS, DAY).networks == 1
        erase(register.desk, [], {}, DAY, expired=NUMBERS)
        [snapshot] = register.snapshots()
        assert snapshot.until is None
        assert register.network().nodes == other.nodes
        register.verify()


def test_nothing_to_erase_writes_nothing(path: Path) -> None:
    with Register.open(path, KEY) as register:
        epoch = register.epoch
        certificate = erase(register.desk, [], SUBJECTS, DAY, expired=NUMBERS)
        assert certificate == Certificate(
            on=DAY, cases=(), records=0, digest=hashlib.sha256().hexdigest()
        )
        assert register.epoch == epoch


def judged(person: str) -> bytes:
    day = date(2026, 11, 1)
    return Judgement(kind=JudgementKind.SEEN_UNKNOWN, a=person, day=day, by="A").to_bytes()


def test_no_row_in_force_names_the_person_any_more(path: Path, tmp_path: Path) -> None:
    known = network(tmp_path / "network")  # names P-1 and P-2
    (tmp_path / "network" / "persons.csv").write_text("person_id,role\nP-1,subject\n")
    for name in ("ties", "presence"):
        table = tmp_path / "network" / f"{name}.csv"
        table.write_text(table.read_text().splitlines()[0] + "\n")
    without = read_network(tmp_path / "network", codes=frozenset({"0180"}))
    with Register.open(path, KEY) as register:
        register.import_network("main", known, DAY)
        keys = {"00000000-aa": judged("P-2"), "00000001-bb": judged("P-1")}
        register.put_entries(DocumentKind.JUDGEMENT, keys)
        before = rows(path)
        with pytest.raises(InvalidInput, match="names 1 of those to be erased, in: main") as told:
            erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        assert "P-2" not in str(told.value)
        assert rows(path) == before
        register.import_network("main", without, DAY)
        erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        assert telling(register, b"P-2") == []
        assert register.network_as_it_was({"main": known.content_hash}) is None
        assert [one.content_hash for one in register.snapshots()] == [without.content_hash]
        assert list(register.entries(DocumentKind.JUDGEMENT)) == ["00000001-bb"]
        register.verify()
    assert b'"P-2"' not in everything(path)  # three bytes alone stand in ciphertext by chance


def telling(register: Register, name: bytes) -> list[DocumentKind]:
    """The kind of each document that tells a name, as it stands or unpacked."""
    with register.desk.vault.read() as state:
        return [
            kind
            for kind in DocumentKind
            for document in state.documents(kind)
            if name in document.payload or name in unpacked(document.payload)
        ]


def unpacked(payload: bytes) -> bytes:
    """All that zlib has packed in a payload, wherever in it that begins."""
    found = b""
    for at in (match.start() for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", payload)):
        with contextlib.suppress(zlib.error):
            found += zlib.decompressobj().decompress(payload[at:])
    return found


def test_an_alert_about_a_person_and_a_place_goes_too(path: Path) -> None:
    with Register.open(path, KEY) as register:
        alerts = {"A-3": b'{"other": "P-2 0180"}', "A-4": b'{"other": "P-22 0180"}'}
        register.put_entries(DocumentKind.ALERT, alerts)
        erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        assert set(register.entries(DocumentKind.ALERT)) == {"A-2", "A-4"}


def test_superseded_intelligence_that_names_others_alone_is_kept(tmp_path: Path) -> None:
    known = network(tmp_path / "network")  # names P-1 and P-2
    empty = Network.empty()
    with Register.create(tmp_path / "a", KEY, single_user=True, today=DAY) as register:
        register.put_cases({"C-2": b"case", "C-3": b"case"})
        register.import_network("main", known, DAY)
        register.import_network("main", empty, DAY)
        assert {DocumentKind.SNAPSHOT} == set(telling(register, b"P-1"))
        erase(register.desk, [CaseId("C-3")], SUBJECTS, DAY)
        assert len(register.snapshots()) == 2
        erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY)
        assert len(register.snapshots()) == 1
        assert telling(register, b"P-1") == []


def test_what_the_last_night_knew_does_not_name_the_person(tmp_path: Path) -> None:
    def standing(*others: str) -> Standing:
        return Standing(
            place="a",
            person="b",
            share=1,
            sure=1,
            parts=1,
            since=1,
            due=1,
            gain=0,
            loss=0,
            findings=tuple(Finding(kind=FindingKind.ACTOR, other=other) for other in others),
        )

    night = NightState(
        number=3,
        as_of=DAY,
        policy="p",
        geography="g",
        program="v",
        networks={},
        judged="",
        leavers=(),
        present={"P-2 0180": (0.5, "G-1"), "P-22 0180": (0.5, "P-22"), "G 0180": (1.0, "P-2")},
        standings={"one": standing("P-2", "P-22"), "two": standing("P-2 0180", "G-1 0180")},
    )
    with Register.create(tmp_path / "a", KEY, single_user=True, today=DAY) as register:
        register.put_cases({"C-2": b"case", "C-3": b"case"})
        kept = {STATE_KEY: night.to_bytes(), "night 2026-11-23": b'{"number": 3}'}
        register.put_entries(DocumentKind.NIGHT, kept)
        assert telling(register, b"P-2") == [DocumentKind.NIGHT]
        erase(register.desk, [CaseId("C-3")], SUBJECTS, DAY, forget=forget)
        assert register.entries(DocumentKind.NIGHT) == kept
        erase(register.desk, [CaseId("C-2")], SUBJECTS, DAY, forget=forget)
        left = NightState.from_bytes(register.entries(DocumentKind.NIGHT)[STATE_KEY])
    assert set(left.present) == {"P-22 0180"}
    assert [[f.other for f in s.findings] for s in left.standings.values()] == [
        ["P-22"],
        ["G-1 0180"],
    ]


def test_what_has_expired_and_stands_in_intelligence_waits(tmp_path: Path) -> None:
    long_ago = DAY - 3 * months(NUMBERS.defector)
    end = long_ago + timedelta(days=30)
    subjects = {CaseId("C-1"): SubjectRef("P-1"), CaseId("C-7"): SubjectRef("P-7")}
    with Register.create(tmp_path / "a", KEY, single_user=True, today=DAY) as register:
        register.import_placements([placed("P-1", long_ago, end), placed("P-7", long_ago, end)])
        register.put_cases(dict.fromkeys(subjects, b"case"))
        register.import_network("main", network(tmp_path / "network"), DAY)
        assert erase(register.desk, [], subjects, DAY, expired=NUMBERS).cases == ("C-7",)
        assert review(register.desk, subjects, NUMBERS, DAY).cases[CaseId("C-1")] is Due.EXPIRED
