"""Who is settled where in a synthetic world, and the plain second look at it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from placement_engine.geo import Geography, load_geography
from placement_engine.policy import Policy
from placement_engine.problem import micronats
from placement_engine.testing.rivals import RivalPair, Town, separations_kept
from placement_engine.testing.second_look import towns_of
from placement_engine.testing.settling import PairDemands, settle
from placement_engine.testing.world import SyntheticWorld

POLICY = Policy.default()
TOP, MIDDLE, LOW, NONE = 0.4, 0.2, 0.06, 0.01


@pytest.fixture(scope="module")
def geography() -> Geography:
    return load_geography(POLICY)


def _demands(step: np.ndarray, harm: float) -> PairDemands:
    one, other = np.nonzero(step)
    harms = np.full(len(one), harm, dtype=np.float32)
    return PairDemands.joined(len(step), [(one, other, harms, step[one, other])])


def test_demands_of_several_graphs_are_the_worst_of_them_both_ways() -> None:
    one, other = np.array([0, 2, 2, 1]), np.array([1, 0, 2, 0])
    harm = np.array([0.1, 0.2, 0.9, 0.3], dtype=np.float32)
    step = np.array([2, 0, 3, 1], dtype=np.int8)
    told = PairDemands.joined(4, [(one, other, harm, step)])
    rows = [[column.tolist() for column in told.of(person)] for person in range(4)]
    worst, low = harm[3].item(), harm[1].item()
    assert rows == [
        [[1, 2], [worst, low], [2, 0]],
        [[0], [worst], [2]],
        [[0], [low], [0]],
        [[], [], []],
    ]


def test_everybody_who_must_is_kept_apart_and_nobody_over_the_ceiling(
    geography: Geography,
) -> None:
    people = 40
    camp = np.arange(people) % 4
    step = np.where(camp[:, None] != camp, 3, 0).astype(np.int8)
    presence = np.zeros((people, 290), dtype=np.float32)
    site = settle(np.random.default_rng(1), geography, POLICY, _demands(step, 0.01), presence)
    apart = geography.separation_m[np.ix_(site, site)] >= 150_000
    other = ~geography.same_labour_market[np.ix_(site, site)]
    assert (apart & other)[step == 3].all()
    assert (np.bincount(site, minlength=290) <= geography.capacity(POLICY)).all()
    exposure = geography.exposure_ppm(POLICY)[np.ix_(site, site)]
    assert (np.where(step == 3, 0.01 * exposure, 0.0).sum(axis=1) <= micronats(0.05)).all()


def test_danger_that_is_present_keeps_people_away(geography: Geography) -> None:
    presence = np.zeros((5, 290), dtype=np.float32)
    presence[:, :250] = 60_000.0
    nobody = np.zeros((5, 5), dtype=np.int8)
    site = settle(np.random.default_rng(2), geography, POLICY, _demands(nobody, 0.0), presence)
    assert (site >= 250).all()


def test_people_who_cannot_be_kept_apart_are_refused(geography: Geography) -> None:
    step = np.full((60, 60), 3, dtype=np.int8)
    np.fill_diagonal(step, 0)
    presence = np.zeros((60, 290), dtype=np.float32)
    with pytest.raises(ValueError, match="cannot be kept apart"):
        settle(np.random.default_rng(3), geography, POLICY, _demands(step, 0.4), presence)


TOWNS = {
    "A": Town(code="A", longitude=15.0, latitude=60.0, labour_market="one"),
    "B": Town(code="B", longitude=15.0, latitude=60.4, labour_market="one"),
    "C": Town(code="C", longitude=15.0, latitude=61.5, labour_market="one"),
    "D": Town(code="D", longitude=15.0, latitude=61.5, labour_market="two"),
    "E": Town(code="E", longitude=15.0, latitude=60.7, labour_market="two"),
}
BORDERS = frozenset({frozenset(("A", "D"))})


@pytest.mark.parametrize(
    ("hostility", "here", "there", "too_near"),
    [
        pytest.param(TOP, "A", "A", 1, id="one municipality"),
        pytest.param(LOW, "A", "B", 1, id="44 km is less than 50"),
        pytest.param(LOW, "A", "E", 0, id="78 km is more than 50"),
        pytest.param(MIDDLE, "A", "E", 1, id="78 km is less than 100"),
        pytest.param(MIDDLE, "A", "C", 0, id="167 km is more than 100"),
        pytest.param(TOP, "A", "C", 1, id="the highest step asks for another labour market"),
        pytest.param(TOP, "B", "D", 1, id="122 km is less than 150"),
        pytest.param(MIDDLE, "B", "D", 0, id="122 km is more than 100"),
        pytest.param(LOW, "A", "D", 1, id="neighbours, however far their seats"),
        pytest.param(NONE, "A", "A", 0, id="hardly hostile"),
    ],
)
def test_the_second_look_finds_each_way_to_be_too_near(
    hostility: float, here: str, there: str, too_near: int
) -> None:
    pairs = [RivalPair(a="P1", b="P2", hostility=hostility)]
    found = separations_kept(pairs, {"P1": here, "P2": there}, TOWNS, BORDERS, policy=POLICY)
    assert found.too_near == too_near
    assert found.pairs == 1
    assert found.demanding == (hostility != NONE)


def test_the_second_look_leaves_out_who_is_not_placed() -> None:
    pairs = [RivalPair(a="P1", b="P2", hostility=TOP)]
    found = separations_kept(pairs, {"P1": "A"}, TOWNS, BORDERS, policy=POLICY)
    assert (found.pairs, found.demanding, found.too_near) == (0, 0, 0)


def test_towns_are_those_of_the_country(geography: Geography) -> None:
    towns, borders = towns_of(geography)
    assert set(towns) == set(geography.codes)
    assert len(borders) == int(np.triu(geography.adjacent, 1).sum())


def test_many_can_leave_the_gangs_of_one_region_at_once(geography: Geography) -> None:
    world = SyntheticWorld.generate(
        3,
        geography,
        placed=40,
        persons=1000,
        groups=30,
        new=15,
        new_from_one_region=True,
        as_of=date(2026, 11, 1),
    )
    new = world.people.group[40:55]
    assert len(set(world.gangs.region[new].tolist())) == 1
    assert set(range(40, 55)) <= set(world.people.defectors.tolist())
    assert len(world.cases) == 15
