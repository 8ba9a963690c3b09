"""The synthetic world is what it says: its numbers are counted here by other code."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from placement_engine.cases.case import read_cases
from placement_engine.cases.households import whole_ppm
from placement_engine.cases.steps import required_separation
from placement_engine.geo import Geography, load_geography
from placement_engine.intelligence import read_facilities, read_network, read_placements
from placement_engine.policy import DAYS_PER_MONTH, Policy
from placement_engine.testing.rivals import TieRow, Town, great_circle_km, rival_pairs
from placement_engine.testing.second_look import towns_of
from placement_engine.testing.ties import KINDS
from placement_engine.testing.world import SyntheticWorld
from placement_engine.vocabulary import (
    SOURCES,
    Grade,
    PersonRole,
    ProtectionCategory,
    TieKind,
)

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography(POLICY)


@pytest.fixture(scope="module")
def world(geography: Geography) -> SyntheticWorld:
    return SyntheticWorld.generate(1, geography, as_of=AS_OF)


@pytest.fixture(scope="module")
def folder(world: SyntheticWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world")
    world.write(path)
    return path


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "network" / "ties.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_has_the_numbers_of_people_and_groups_that_were_asked_for(folder: Path) -> None:
    persons = _rows(folder / "network" / "persons.csv")
    placements = _rows(folder / "placements.csv")
    assert len(persons) == 5000
    assert len({row["person_id"] for row in persons}) == 5000
    assert len(_rows(folder / "network" / "groups.csv")) == 80
    assert len({row["subject"] for row in placements if not row["to"]}) == 300
    assert {row["role"] for row in persons} == {role.value for role in PersonRole}


def test_it_stands_on_the_290_and_in_at_least_three_police_regions(
    world: SyntheticWorld, geography: Geography, folder: Path
) -> None:
    assert len(geography.codes) == 290
    homes = {geography.police_region[site] for site in world.gangs.home.tolist()}
    assert len(homes) >= 3
    codes = {row["municipality"] for row in _rows(folder / "network" / "presence.csv")}
    codes |= {row["municipality"] for row in _rows(folder / "placements.csv")}
    assert codes <= set(geography.codes)
    assert len(codes) > 100


def test_all_kinds_grades_and_ages_occur(rows: list[dict[str, str]]) -> None:
    assert {row["kind"] for row in rows} == {kind.value for kind in TieKind}
    grades = {(row["source"], row["information"]) for row in rows}
    assert grades == {(s, str(i)) for s in SOURCES for i in range(1, 7)}
    ages = [(AS_OF - date.fromisoformat(row["last_seen"])).days / 365.25 for row in rows]
    assert min(ages) >= 0
    assert max(ages) <= 10
    assert Counter(int(age) for age in ages).keys() == set(range(10))
    assert {bool(row["ended"]) for row in rows} == {True, False}
    assert len({row["origin"] for row in rows}) > 3
    assert len({row["handling"] for row in rows}) > 2


def test_what_is_told_misses_three_tenths_and_a_tenth_of_it_is_wrong(
    world: SyntheticWorld, rows: list[dict[str, str]]
) -> None:
    directed = {"membership", "defection", "threat"}

    def key(a: str, b: str, kind: str) -> tuple[str, str, str]:
        return (a, b, kind) if kind in directed or a < b else (b, a, kind)

    told = {key(row["a"], row["b"], row["kind"]) for row in rows}
    truth = world.truth
    true = {
        key(world.ids[a], world.ids[b], KINDS[kind].value)
        for a, b, kind in zip(truth.a.tolist(), truth.b.tolist(), truth.kind.tolist(), strict=True)
    }
    missing = len(true - told) / len(true)
    wrong = len(told - true) / len(told)
    assert missing == pytest.approx(0.30, abs=0.02)
    assert wrong == pytest.approx(0.10, abs=0.01)
    assert world.missing_share == pytest.approx(missing, abs=1e-12)
    assert world.wrong_share == pytest.approx(wrong, abs=1e-12)


def test_rivals_are_of_one_region_and_ties_have_a_long_tail(world: SyntheticWorld) -> None:
    gangs = world.gangs
    assert len(gangs.rivals) >= 40
    assert all(gangs.region[a] == gangs.region[b] for a, b in gangs.rivals.tolist())
    ends = np.concatenate([world.truth.a, world.truth.b])
    degree = np.bincount(ends, minlength=len(world.ids))[: len(world.people)]
    assert np.percentile(degree, 99) > 4 * np.median(degree)


def test_most_placed_people_are_defectors_and_most_of_them_are_known_as_such(
    folder: Path, rows: list[dict[str, str]]
) -> None:
    placed = {
        row["subject"]: row["category"] for row in _rows(folder / "placements.csv") if not row["to"]
    }
    kinds = Counter(placed.values())
    assert kinds["defector"] > 0.6 * len(placed)
    assert set(kinds) == {category.value for category in ProtectionCategory}
    told = {row["a"] for row in rows if row["kind"] == "defection"}
    known = [p for p, category in placed.items() if category == "defector" and p in told]
    assert 0.5 < len(known) / kinds["defector"] < 0.9


def test_at_least_twenty_pairs_of_defectors_are_truly_from_rival_groups(
    world: SyntheticWorld,
) -> None:
    persons = len(world.people)
    truth = world.truth
    groups: dict[int, set[int]] = defaultdict(set)
    rivals: set[frozenset[int]] = set()
    for a, b, kind in zip(truth.a.tolist(), truth.b.tolist(), truth.kind.tolist(), strict=True):
        if KINDS[kind] is TieKind.DEFECTION:
            groups[a].add(b)
        elif KINDS[kind] is TieKind.RIVALRY:
            rivals.add(frozenset((a, b)))
    protected = [n for n in world.people.defectors.tolist() if n < persons]
    pairs = {
        (world.ids[a], world.ids[b])
        for a, b in combinations(protected, 2)
        if any(frozenset((g, h)) in rivals for g in groups[a] for h in groups[b])
    }
    assert len(pairs) >= 20
    counted = {(pair.a, pair.b) for pair in world.true_rival_pairs()}
    assert {tuple(sorted(pair)) for pair in pairs} <= counted


def test_every_pair_that_is_placed_keeps_its_separation_in_truth_and_as_told(
    world: SyntheticWorld, geography: Geography
) -> None:
    lives = {p.subject: geography.index[p.municipality] for p in world.placements if not p.end}
    people = sorted(lives)
    sites = [lives[person] for person in people]
    checked = 0
    for graph in (world.true_graph(), world.told_graph()):
        scores = graph.scores(people, people)
        hostility = whole_ppm(scores.h_or)
        for i, j in combinations(range(len(people)), 2):
            step = required_separation(
                world.policy, float(hostility[i, j]), bool(scores.direct[i, j])
            )
            if step is not None:
                checked += 1
                assert not step.forbids(geography, sites[i], sites[j])
    assert checked > 500


def test_nobody_takes_a_place_that_is_not_there(
    world: SyntheticWorld, geography: Geography
) -> None:
    used = Counter(p.municipality for p in world.placements if p.end is None)
    capacity = geography.capacity(world.policy)
    assert all(count <= capacity[geography.index[code]] for code, count in used.items())


def test_what_it_writes_is_read_without_a_fault(
    world: SyntheticWorld, geography: Geography, folder: Path
) -> None:
    codes = frozenset(geography.codes)
    network = read_network(folder / "network", codes=codes)
    assert network.content_hash == world.told_network().content_hash
    assert read_placements(folder / "placements.csv", codes=codes) == world.placements
    assert read_facilities(folder / "facilities.csv", codes=codes) == world.facilities
    cases = read_cases((folder / "cases.jsonl").read_bytes(), codes=codes)
    assert [case.id for case in cases] == [case["id"] for case in world.cases]


def test_a_seed_makes_one_world_and_another_seed_another(
    geography: Geography, tmp_path: Path
) -> None:
    def written(seed: int, name: str) -> dict[str, bytes]:
        small = SyntheticWorld.generate(
            seed, geography, placed=20, persons=400, groups=10, new=4, as_of=AS_OF
        )
        small.write(tmp_path / name)
        return {
            str(file.relative_to(tmp_path / name)): file.read_bytes()
            for file in sorted((tmp_path / name).rglob("*"))
            if file.is_file()
        }

    first = written(5, "one")
    assert first == written(5, "two")
    assert len(first) == 7
    assert first != written(6, "three")


@pytest.mark.parametrize(
    "numbers", [{"groups": 5}, {"persons": 700}, {"placed": 900}], ids=lambda n: next(iter(n))
)
def test_a_world_that_is_too_small_is_refused(
    geography: Geography, numbers: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="a world needs"):
        SyntheticWorld.generate(1, geography, as_of=AS_OF, **numbers)  # type: ignore[arg-type]


def test_its_repr_tells_nobody_and_no_place(world: SyntheticWorld) -> None:
    assert "P-0" not in repr(world)
    assert "G-0" not in repr(world)


def _row(a: str, b: str, kind: TieKind, months: float, ended: bool) -> TieRow:
    day = date.fromordinal(AS_OF.toordinal() - round(months * DAYS_PER_MONTH))
    return TieRow(
        a=a,
        b=b,
        kind=kind,
        grade=Grade("B", 2),
        last_seen=day,
        ended=day if ended else None,
        severity=1.0,
        origin="",
    )


def test_the_plain_count_agrees_with_the_arithmetic_done_by_hand() -> None:
    rows = [
        _row("P1", "G1", TieKind.MEMBERSHIP, 36, True),
        _row("P2", "G2", TieKind.MEMBERSHIP, 36, True),
        _row("G2", "G1", TieKind.RIVALRY, 24, False),
    ]
    (pair,) = rival_pairs(["P1", "P2"], rows, as_of=AS_OF, policy=POLICY)
    # q = .7125; membership .5 + .5·2^(−36/48) = .7973; rivalry .3 + .7·2^(−24/60) = .8305
    member, rivalry = 0.7125 * 0.7973, 0.7125 * 0.8305
    assert pair.hostility == pytest.approx(0.9 * member * rivalry * 0.9 * member, rel=2e-3)
    assert (pair.a, pair.b) == ("P1", "P2")


def test_the_plain_distance_agrees_with_the_geography(geography: Geography) -> None:
    towns, borders = towns_of(geography)
    a, b = towns["0180"], towns["1480"]
    assert great_circle_km(a, b) == pytest.approx(398.7, rel=0.01)
    assert frozenset(("0180", "0182")) in borders
    assert isinstance(a, Town)
