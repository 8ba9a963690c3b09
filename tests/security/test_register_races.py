"""Two regions place rivals at once: whoever is second is told that the facts have changed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from threading import Barrier

import pytest

from placement_engine import PlacementEngine, RawKey
from placement_engine.errors import RegisterUnavailable, StaleProposal
from placement_engine.geo import Geography, load_geography
from placement_engine.intelligence import Placement
from placement_engine.policy import Policy
from placement_engine.register import Register
from placement_engine.register.location import open_store, store_maker
from placement_engine.testing.postgresql_server import PostgresqlServer
from placement_engine.vocabulary import CaseId, MunicipalityCode, ProtectionCategory, SubjectRef
from tests.acceptance.test_flow import add, case_document

KEY = RawKey(bytes(range(32)))
AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
NUMBERS = itertools.count()
SITES = ("0180", "0181")


@pytest.fixture(params=["sqlite", "postgresql"])
def found(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes an empty register in either store, and says where."""
    server: PostgresqlServer | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
    made: list[str] = []

    def find() -> str:
        made.append(f"races{next(NUMBERS)}")
        location = str(tmp_path / made[-1]) if server is None else server.new_database(made[-1])
        Register.found(
            store_maker(location, os.urandom), KEY, single_user=True, today=AS_OF
        ).close()
        return location

    yield find
    if server is not None:
        for name in made:
            server.run_sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def location(found: Callable[[], str]) -> str:
    """Where an empty register is, in either store."""
    return found()


def opened(location: str) -> Register:
    return Register.over(open_store(location, wait_s=30), KEY)


def race(first: Callable[[Barrier], bool], second: Callable[[Barrier], bool]) -> list[bool]:
    """What two callables come to that wait for each other before they write."""
    barrier = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        return [
            future.result() for future in [pool.submit(one, barrier) for one in (first, second)]
        ]


# The register alone: whether a rival is placed is read, then one's own is placed. ------


def place(location: str, subject: str, rival: str) -> Callable[[Barrier], bool]:
    def run(barrier: Barrier) -> bool:
        with opened(location) as register:
            seen = register.epoch
            taken = {
                s.placement.municipality
                for s in register.placements()
                if s.placement.subject == rival
            }
            free = next(site for site in SITES if site not in taken)
            barrier.wait()
            placement = Placement(
                subject=SubjectRef(subject),
                municipality=MunicipalityCode(free),
                start=AS_OF,
                end=None,
                owner=None,
                provider=None,
                category=ProtectionCategory.DEFECTOR,
                review_by=None,
            )
            try:
                register.accept(subject, placement, decision=b"placed", day=AS_OF, seen=seen)
            except StaleProposal:
                return False
            return True

    return run


def collisions(location: str, races: int) -> int:
    """How often both of a pair stand at one place after `races` races for it."""
    pairs = [(f"P-a{n}", f"P-b{n}") for n in range(races)]
    with opened(location) as register:
        register.put_cases({subject: b"case" for pair in pairs for subject in pair})
    for a, b in pairs:
        placed = race(place(location, a, b), place(location, b, a))
        assert sorted(placed) == [False, True]  # one is placed, the other is told
    with opened(location) as register:
        where = {s.placement.subject: s.placement.municipality for s in register.placements()}
        assert register.verify().epoch == 2 + races
        assert len(where) == races
    return sum(where.get(SubjectRef(a)) == where.get(SubjectRef(b)) for a, b in pairs)


def test_10_races_of_two_writers_end_without_a_collision(location: str) -> None:
    assert collisions(location, 10) == 0


@pytest.mark.prove
def test_1000_races_of_two_writers_end_without_a_collision(found: Callable[[], str]) -> None:
    # Each hundred in a register of its own: what was placed before is read again every time.
    assert sum(collisions(found(), 100) for _ in range(10)) == 0


def test_without_what_was_seen_they_would_collide(location: str) -> None:
    """The check has teeth: two who do not say what they saw are placed together."""

    def blindly(subject: str) -> Callable[[Barrier], bool]:
        def run(barrier: Barrier) -> bool:
            with opened(location) as register:
                assert not register.placements()
                barrier.wait()
                placement = Placement(
                    subject=SubjectRef(subject),
                    municipality=MunicipalityCode("0180"),
                    start=AS_OF,
                    end=None,
                    owner=None,
                    provider=None,
                    category=ProtectionCategory.DEFECTOR,
                    review_by=None,
                )
                register.accept(subject, placement, decision=b"placed", day=AS_OF)
                return True

        return run

    with opened(location) as register:
        register.put_cases({"P-a": b"case", "P-b": b"case"})
    assert race(blindly("P-a"), blindly("P-b")) == [True, True]
    with opened(location) as register:
        assert [s.placement.municipality for s in register.placements()] == ["0180", "0180"]


# The whole flow: proposed apart, accepted at once. -------------------------------------


def network(folder: Path, pairs: int) -> Path:
    folder.mkdir()
    people = "".join(f"P-a{n},subject\nP-b{n},subject\n" for n in range(pairs))
    ties = "".join(
        f"P-a{n},P-b{n},threat,A,1,2026-09-01\nP-b{n},P-a{n},threat,A,1,2026-09-01\n"
        for n in range(pairs)
    )
    (folder / "persons.csv").write_text(f"person_id,role\n{people}")
    (folder / "groups.csv").write_text("group_id,category,environment\n")
    (folder / "ties.csv").write_text(f"a,b,kind,source,information,last_seen\n{ties}")
    (folder / "presence.csv").write_text(
        "actor,municipality,strength,source,information,last_seen\n"
    )
    return folder


TRIES = 20
"""Times that somebody tries again where the register is busy."""


@cache
def geography() -> Geography:
    return load_geography(POLICY)


def engine_over(location: str) -> PlacementEngine:
    return PlacementEngine(
        register=opened(location), policy=POLICY, geography=geography(), as_of=AS_OF
    )


def accept(location: str, case: str) -> Callable[[Barrier], bool]:
    def run(barrier: Barrier) -> bool:
        with engine_over(location) as engine:
            engine.graph()
            barrier.wait()
            for _ in range(TRIES):
                try:
                    engine.accept(CaseId(case), 1, decided_by="a person")
                except StaleProposal:
                    return False
                except RegisterUnavailable:
                    continue  # busy: nothing was written, and the person tries again
                return True
            raise AssertionError("busy for ever")

    return run


def accepted_together(location: str, folder: Path, races: int) -> None:
    with engine_over(location) as engine:
        engine.import_network(network(folder / "network", races))
        pairs = [(f"C-a{n}", f"C-b{n}") for n in range(races)]
        for case in itertools.chain(*pairs):
            # Only the far south is left, where every place is near every other.
            far = {"municipality": "2584", "why": "home", "radius_km": 1350}
            document = case_document(case, case.replace("C", "P"), avoid=[far], current=None)
            add(engine, document)
            engine.propose([CaseId(case)])
    for a, b in pairs:
        won = race(accept(location, a), accept(location, b))
        assert sorted(won) == [False, True]
        with engine_over(location) as engine:
            late = CaseId((a, b)[won.index(False)])
            with pytest.raises(StaleProposal, match="not safe any more"):
                engine.accept(late, 1, decided_by="a person")
    with engine_over(location) as engine:
        assert len(engine.register.placements()) == races


def test_rivals_accepted_at_once_are_not_placed_near_each_other(
    location: str, tmp_path: Path
) -> None:
    accepted_together(location, tmp_path, 2)


@pytest.mark.prove
def test_100_pairs_of_rivals_accepted_at_once(location: str, tmp_path: Path) -> None:
    accepted_together(location, tmp_path, 100)
