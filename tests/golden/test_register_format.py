"""A register that was written once can be read for ever, and the manual tells its format.

`register-v1.bin` was written by `write` below; it is never written again.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import WrongKey
from placement_engine.intelligence import Facility, Network, Placement, read_network
from placement_engine.register import PassphraseKey, Register, SnapshotState
from placement_engine.register.documents import KIND_CODES
from placement_engine.register.header import HEADER_SIZE
from placement_engine.register.records import BODY_SIZE, RECORD_SIZE
from placement_engine.vocabulary import (
    MunicipalityCode,
    Need,
    OwnerId,
    ProtectionCategory,
    ProviderId,
    SubjectRef,
)

GOLDEN = Path(__file__).with_name("register-v1.bin")
MANUAL = Path(__file__).parents[2] / "docs" / "register.md"
DAY, LATER = date(2026, 11, 22), date(2026, 12, 1)

MOVED = Placement(
    subject=SubjectRef("P-1"),
    municipality=MunicipalityCode("0180"),
    start=DAY,
    end=LATER,
    owner=OwnerId("unit-1"),
    provider=ProviderId("V-1"),
    category=ProtectionCategory.WITNESS,
    review_by=LATER,
)
CURRENT = Placement(
    subject=SubjectRef("P-1"),
    municipality=MunicipalityCode("1480"),
    start=LATER,
    end=None,
    owner=None,
    provider=None,
    category=ProtectionCategory.DEFECTOR,
    review_by=None,
)
FACILITY = Facility(
    municipality=MunicipalityCode("0180"),
    kind=Need.SCHOOL,
    capacity=None,
    last_seen=DAY,
    source="kommunen själv",
    provider=None,
)


def keys(passphrase: bytes = b"golden passphrase") -> PassphraseKey:
    return PassphraseKey(bytearray(passphrase), memory_kib=64 * 1024, iterations=1)


def network(folder: Path) -> Network:
    folder.mkdir()
    (folder / "persons.csv").write_text("person_id,role\nP-1,subject\nP-2,threat_actor\n")
    (folder / "groups.csv").write_text("group_id,category,environment\n")
    (folder / "ties.csv").write_text(
        "a,b,kind,source,information,last_seen\nP-2,P-1,threat,B,2,2026-10-01\n"
    )
    (folder / "presence.csv").write_text(
        "actor,municipality,strength,source,information,last_seen\nP-2,0180,0.5,B,2,2026-10-01\n"
    )
    return read_network(folder, codes=frozenset({"0180"}))


def write(folder: Path) -> None:
    """Write the golden register anew, for a new version of the format."""
    with Register.create(folder / GOLDEN.name, keys(), single_user=True, today=DAY) as register:
        register.import_placements([MOVED])
        register.replace_facilities([FACILITY])
        register.import_network("main", network(folder / "network"), DAY)
        register.put_cases({"C-1": b"case one", "C-2": b"long" * 3000})
        register.put_proposals({"C-1": b"proposal"})
        register.accept("C-1", CURRENT, decision=b"choice 1", day=LATER)


def test_a_register_of_version_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.register"
    shutil.copyfile(GOLDEN, path)
    with pytest.raises(WrongKey):
        Register.open(path, keys(b"another passphrase"))
    is_as_written(path)


def test_a_register_written_now_holds_the_same(tmp_path: Path) -> None:
    write(tmp_path)
    is_as_written(tmp_path / GOLDEN.name)


def is_as_written(path: Path) -> None:
    with Register.open(path, keys()) as register:
        assert register.single_user
        assert [stored.placement for stored in register.placements()] == [MOVED, CURRENT]
        assert register.facilities() == (FACILITY,)
        assert register.cases() == [("C-1", "decided"), ("C-2", "open")]
        assert register.case("C-1") == b"case one"
        assert register.case("C-2") == b"long" * 3000
        assert register.proposal("C-1") == b"proposal"
        [decision] = register.decisions()
        assert (decision.case, decision.on, decision.content) == ("C-1", LATER, b"choice 1")
        [snapshot] = register.snapshots()
        assert (snapshot.batch, snapshot.since) == ("main", DAY)
        assert snapshot.state is SnapshotState.IN_FORCE
        assert register.network().nodes == ("P-1", "P-2")
        report = register.verify()
        assert (report.documents, report.records, report.epoch) == (10, 12, 7)


def test_the_manual_tells_the_format() -> None:
    manual = MANUAL.read_text("utf-8")
    assert f"## The header: {HEADER_SIZE} bytes" in manual
    assert f"## A record: {RECORD_SIZE:,} bytes, always" in manual
    assert f"{BODY_SIZE:,} bytes of content" in manual
    kinds = ", ".join(f"{code} {kind}" for kind, code in KIND_CODES.items())
    assert f"Kinds: 1 head, 2 part, {kinds}." in manual
