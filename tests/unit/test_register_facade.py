"""The register as an analyst thinks of it, over a store in memory and in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from placement_engine.errors import (
    InvalidFiles,
    UnknownReference,
)
from placement_engine.intelligence import Facility, Network, Placement, read_network
from placement_engine.register import (
    DocumentKind,
    MemoryStore,
    RawKey,
    Register,
    SnapshotState,
)
from placement_engine.vocabulary import (
    MunicipalityCode,
    Need,
    OwnerId,
    ProtectionCategory,
    ProviderId,
    SubjectRef,
)

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
LATER = date(2026, 12, 1)


def placed(
    subject: str,
    municipality: str = "0180",
    start: date = DAY,
    end: date | None = None,
    **more: object,
) -> Placement:
    known: dict[str, object] = {
        "owner": OwnerId("unit-1"),
        "provider": None,
        "category": ProtectionCategory.DEFECTOR,
        "review_by": None,
    }
    return Placement(
        subject=SubjectRef(subject),
        municipality=MunicipalityCode(municipality),
        start=start,
        end=end,
        **(known | more),  # type: ignore[arg-type]
    )


@pytest.fixture(params=["memory", "file"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    if request.param == "memory":
        made = Register.found(MemoryStore, KEY, single_user=True, today=DAY)
    else:
        made = Register.create(tmp_path / "a.register", KEY, single_user=True, today=DAY)
    with made:
        yield made


@pytest.fixture
def network(tmp_path: Path) -> Callable[..., Network]:
    def make(*groups: str) -> Network:
        folder = tmp_path / f"network-{'-'.join(groups)}"
        folder.mkdir(exist_ok=True)
        rows = "".join(f"{group},self_defined,criminal_network\n" for group in groups)
        people = "".join(f"P-{group},member\n" for group in groups)
        ties = "".join(f"P-{group},{group},membership,B,2,2026-01-01\n" for group in groups)
        (folder / "groups.csv").write_text("group_id,category,environment\n" + rows)
        (folder / "persons.csv").write_text("person_id,role\n" + people)
        (folder / "ties.csv").write_text("a,b,kind,source,information,last_seen\n" + ties)
        (folder / "presence.csv").write_text(
            "actor,municipality,strength,source,information,last_seen\n"
        )
        return read_network(folder, codes=frozenset({"0180"}))

    return make


def where(register: Register) -> list[tuple[str, str, date, date | None]]:
    rows = (stored.placement for stored in register.placements())
    return [(p.subject, p.municipality, p.start, p.end) for p in rows]


def test_a_new_register_is_empty(register: Register) -> None:
    assert register.placements() == ()
    assert register.cases() == []
    assert register.facilities() == ()
    assert register.networks() == {}
    assert register.snapshots() == ()
    assert register.decisions() == ()
    assert register.network().tie_count == 0
    assert register.single_user
    assert register.verify().records == 1


@pytest.mark.parametrize("single_user", [True, False])
def test_it_remembers_whether_it_is_for_one_user(tmp_path: Path, single_user: bool) -> None:
    path = tmp_path / "a.register"
    Register.create(path, KEY, single_user=single_user, today=DAY).close()
    with Register.open(path, KEY) as register:
        assert register.single_user is single_user


def test_everything_is_there_when_it_is_opened_again(
    tmp_path: Path, network: Callable[..., Network]
) -> None:
    path = tmp_path / "a.register"
    full = placed(
        "P-1",
        end=LATER,
        owner=None,
        provider=ProviderId("V-1"),
        category=ProtectionCategory.WITNESS,
        review_by=LATER,
    )
    facility = Facility(
        municipality=MunicipalityCode("0180"),
        kind=Need.SCHOOL,
        capacity=None,
        last_seen=DAY,
        source="åäö",
        provider=ProviderId("V-1"),
    )
    with Register.create(path, KEY, single_user=True, today=DAY) as register:
        assert register.import_placements([placed("P-2"), full]) == 2
        register.replace_facilities([facility])
        register.import_network("main", network("G-1"), DAY)
        register.put_cases({"C-1": b"case", "C-2": b"x" * 10_000})
        register.put_proposals({"C-2": b"y" * 10_000})
    with Register.open(path, KEY) as register:
        assert [stored.placement for stored in register.placements()] == [full, placed("P-2")]
        assert register.facilities() == (facility,)
        assert register.network().content_hash == network("G-1").content_hash
        assert register.cases() == [("C-1", "open"), ("C-2", "proposed")]
        assert register.case("C-2") == b"x" * 10_000
        assert register.proposal("C-2") == b"y" * 10_000
        assert register.epoch == register.verify().epoch == 6


# Placements. -------------------------------------------------------------------------


def test_placements_known_already_are_passed_over(register: Register) -> None:
    assert register.import_placements([placed("P-1"), placed("P-2"), placed("P-1")]) == 2
    epoch = register.epoch
    assert register.import_placements([placed("P-1")]) == 0
    assert register.epoch == epoch
    assert register.import_placements([placed("P-1"), placed("P-3")]) == 1


@pytest.mark.parametrize(
    ("first", "second", "overlapping"),
    [
        ((DAY, None), (LATER, None), True),
        ((LATER, None), (DAY, None), True),
        ((DAY, LATER), (LATER, None), False),
        ((LATER, None), (DAY, LATER), False),
        ((DAY, date(2027, 1, 1)), (LATER, date(2028, 1, 1)), True),
        ((DAY, date(2027, 1, 1)), (LATER, date(2026, 12, 24)), True),
        ((DAY, DAY), (DAY, None), False),
        ((DAY, None), (LATER, LATER), False),
    ],
)
def test_nobody_is_in_two_places_at_once(
    register: Register,
    first: tuple[date, date | None],
    second: tuple[date, date | None],
    overlapping: bool,
) -> None:
    a, b = placed("P-1", "0180", *first), placed("P-1", "1480", *second)
    register.import_placements([placed("P-0"), a])
    if not overlapping:
        assert register.import_placements([b]) == 1
        return
    for rows, line, against in (([placed("P-9"), b], 3, "the register"), ([b], 2, "the register")):
        with pytest.raises(InvalidFiles) as refused:
            register.import_placements(rows)
        [fault] = refused.value.faults
        assert fault.line == line
        assert against in fault.problem
        assert "P-" not in str(refused.value)
        assert "1480" not in str(refused.value)
    assert where(register) == [("P-0", "0180", DAY, None), ("P-1", "0180", *first)]


def test_overlaps_within_a_file_are_told_by_line(register: Register) -> None:
    rows = [placed("P-1"), placed("P-2"), placed("P-1", "1480"), placed("P-2", "1480")]
    with pytest.raises(InvalidFiles) as refused:
        register.import_placements(rows)
    assert [(fault.line, fault.problem.split()[-1]) for fault in refused.value.faults] == [
        (4, "2"),
        (5, "3"),
    ]
    assert register.placements() == ()


def test_a_removed_placement_is_gone_and_only_that_it_was_is_kept(register: Register) -> None:
    register.import_placements([placed("P-1"), placed("P-2")])
    first = register.placements()[0]
    register.remove_placement(first.id, DAY)
    assert where(register) == [("P-2", "0180", DAY, None)]
    assert register.decisions() == ()
    with pytest.raises(UnknownReference):
        register.remove_placement(first.id, DAY)
    register.put_cases({"C-1": b"{}"})
    assert register.verify().documents == 4


def test_a_case_is_not_removed_as_a_placement(register: Register) -> None:
    register.put_cases({"C-1": b"{}"})
    with register._vault.read() as state:
        [case_id] = state.ids(DocumentKind.CASE)
    with pytest.raises(UnknownReference):
        register.remove_placement(case_id, DAY)
    assert register.cases() == [("C-1", "open")]


# Intelligence. -----------------------------------------------------------------------


def test_an_import_supersedes_and_keeps(
    register: Register, network: Callable[..., Network]
) -> None:
    one, two = network("G-1"), network("G-1", "G-2")
    assert register.import_network("main", one, DAY)
    assert not register.import_network("main", one, LATER)
    assert register.import_network("other", two, DAY)
    assert register.import_network("main", two, LATER)
    assert {batch: n.content_hash for batch, n in register.networks().items()} == {
        "main": two.content_hash,
        "other": two.content_hash,
    }
    old, new, other = register.snapshots()
    assert (old.batch, old.state, old.since, old.until) == (
        "main",
        SnapshotState.SUPERSEDED,
        DAY,
        LATER,
    )
    assert old.content_hash == one.content_hash
    assert (new.state, new.since, new.until) == (SnapshotState.IN_FORCE, LATER, None)
    assert other.batch == "other"
    assert register.network().tie_count >= 2
    assert register.import_network("main", one, LATER)
    assert register.networks()[old.batch].content_hash == one.content_hash
    register.verify()


def test_facilities_are_replaced_as_a_whole(register: Register) -> None:
    def facility(source: str) -> Facility:
        return Facility(
            municipality=MunicipalityCode("0180"),
            kind=Need.HVB,
            capacity=3,
            last_seen=DAY,
            source=source,
            provider=None,
        )

    register.replace_facilities([facility("a"), facility("b")])
    register.replace_facilities([facility("c")])
    assert [f.source for f in register.facilities()] == ["c"]
    register.replace_facilities([])
    assert register.facilities() == ()
