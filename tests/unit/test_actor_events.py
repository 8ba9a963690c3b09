"""Where threat actors count as being, by the events that people have entered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_engine.cases.events import Event, EventKind, actors_on, with_actors
from placement_engine.cases.standing import observe
from placement_engine.geo import load_geography
from placement_engine.intelligence import Network
from placement_engine.nightly.events import add_event
from placement_engine.nightly.facts import gather
from placement_engine.policy import Policy
from placement_engine.register import MemoryStore, RawKey, Register
from placement_engine.testing.networks import PresenceReport, TieReport, network_of
from placement_engine.vocabulary import Grade, MunicipalityCode, TieKind

TODAY = date(2026, 11, 10)
POLICY = Policy.default()
GEOGRAPHY = load_geography(POLICY)
HERE, THERE = "0180", "0380"
THREAT = TieReport(
    a="T-1", b="P-1", kind=TieKind.THREAT, grade=Grade("B", 2), last_seen=date(2026, 6, 1)
)
Place = tuple[str, int]


def network(*seen: date) -> Network:
    """T-1 was seen here on these days."""
    reports = [
        PresenceReport(
            actor="T-1",
            municipality=MunicipalityCode(HERE),
            strength=1.0,
            grade=Grade("B", 2),
            last_seen=day,
        )
        for day in seen
    ]
    return network_of([THREAT], presences=reports)


def event(kind: EventKind, days: int, place: str | None = None) -> Event:
    on = TODAY + timedelta(days=days)
    return Event(id=f"{kind}{days}", person="T-1", kind=kind, on=on, municipality=place)


def places(known: Network, events: Sequence[Event], day: date = TODAY) -> list[int]:
    counted = actors_on(events, day, POLICY.nightly)
    return sorted(with_actors(known, counted, day).presences.municipality.tolist())


OUT = event(EventKind.RELEASED, -7, THERE)
SEEN = network(TODAY - timedelta(days=30))


@pytest.mark.parametrize(
    ("events", "there"),
    [
        ([event(EventKind.ARRESTED, 1)], [180]),
        ([event(EventKind.ARRESTED, 0)], []),
        ([event(EventKind.MOVED, 1, THERE)], [180, 380]),
        ([event(EventKind.MOVED, 0, THERE)], [380]),
        ([event(EventKind.RELEASED, 2, THERE)], [180]),
        ([OUT, event(EventKind.ARRESTED, 1)], [380]),
        ([OUT, event(EventKind.ARRESTED, -1)], []),
        ([OUT, event(EventKind.MOVED, 1, "1480")], [380, 1480]),
        ([event(EventKind.ARRESTED, -7), OUT], [380]),
    ],
)
def test_nobody_has_left_before_the_day_and_is_expected_the_day_before(
    events: list[Event], there: list[int]
) -> None:
    assert places(SEEN, events) == there
    assert places(SEEN, events[::-1]) == there


def test_a_sighting_after_the_arrest_counts() -> None:
    assert places(network(TODAY), [event(EventKind.ARRESTED, -7)]) == [180]
    assert places(network(TODAY), [OUT]) == [180, 380]


@given(
    st.lists(
        st.builds(
            lambda days, place: event(
                EventKind.MOVED if place else EventKind.ARRESTED, days, place
            ),
            st.integers(-9, 9),
            st.sampled_from((None, HERE, THERE, "1480")),
        ),
        max_size=4,
    ),
    st.integers(1, 9),
    st.sampled_from((None, "0880")),
)
def test_what_is_to_come_takes_nobody_away(
    events: list[Event], days: int, place: str | None
) -> None:
    kind = EventKind.MOVED if place else EventKind.ARRESTED
    more = [*events, replace(event(kind, days, place), id="later")]
    before, after = places(SEEN, events), places(SEEN, more)
    expected = [int(place)] if place and days <= POLICY.nightly.actor_notice_days else []
    assert after == sorted([*before, *expected])


@pytest.fixture
def register() -> Iterator[Register]:
    with Register.found(MemoryStore, RawKey(b"k" * 32), single_user=True, today=TODAY) as made:
        made.import_network("main", SEEN, TODAY)
        yield made


def test_a_proposal_sees_threat_actors_where_the_night_sees_them(register: Register) -> None:
    told = {"schema": "placement_engine/event", "version": 1, "actor": "T-1", "kind": "released"}
    on = TODAY + timedelta(days=3)
    add_event(
        register,
        json.dumps({**told, "date": on.isoformat(), "municipality": THERE}),
        codes=GEOGRAPHY.codes,
        entropy=lambda size: b"\7" * size,
    )
    seen = {}
    for days in (0, 1, 2, 3):
        day = TODAY + timedelta(days=days)
        present = observe(register, policy=POLICY, geography=GEOGRAPHY, as_of=day).present
        night = gather(register, policy=POLICY, geography=GEOGRAPHY, as_of=day).observer.present
        assert (present.actors, present.site.tolist(), present.strength.tolist()) == (
            night.actors,
            night.site.tolist(),
            night.strength.tolist(),
        )
        seen[days] = sorted(GEOGRAPHY.codes[site] for site in present.site.tolist())
    assert seen == {0: [HERE], 1: [HERE], 2: [HERE, THERE], 3: [THERE]}
