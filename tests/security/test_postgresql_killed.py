"""The program, or the server, killed while it writes: the old state or the new, never locked."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Iterator

import pytest

from placement_engine.register import Register
from placement_engine.register.location import open_store, store_maker
from placement_engine.testing.postgresql_server import PostgresqlServer
from tests.security.killed import DAY, KEY, Writer, move_for_ever, placed

NUMBERS = itertools.count()


@pytest.fixture
def address(server: PostgresqlServer) -> Iterator[str]:
    name = f"killed{next(NUMBERS)}"
    address = server.new_database(name)
    make = store_maker(address, os.urandom)
    with Register.found(make, KEY, single_user=True, today=DAY) as register:
        register.put_cases({"C-1": b"case"})
        register.import_placements([placed(number) for number in range(10)])
    yield address
    server.run_sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def is_whole(address: str, acknowledged: list[int]) -> int:
    """Check what a writer left behind; gives how many decisions there are."""
    with Register.over(open_store(address), KEY) as register:
        register.verify()
        decided = len(register.decisions())
        assert acknowledged[-1] <= decided <= acknowledged[-1] + 1
        [current] = [
            stored.placement.municipality
            for stored in register.placements()
            if stored.placement.subject == "P-1" and stored.placement.end is None
        ]
        assert current == (f"{decided - 1:04d}" if decided else "0180")
        assert len(register.placements()) == 10 + decided
        register.put_cases({"C-2": b"written at once: nothing is locked"})
    return decided


def kill(address: str, times: int) -> None:
    chance = random.Random(times)
    decided = 0
    for _ in range(times):
        writer = Writer(move_for_ever, address)
        acknowledged = [writer.hear() for _ in range(1 + chance.randrange(4))]
        time.sleep(chance.uniform(0, 0.06))
        acknowledged += writer.kill()
        decided = is_whole(address, acknowledged)
    assert decided > times / 4  # the kills did hit a writer at work


def test_10_kills_leave_the_old_state_or_the_new(address: str) -> None:
    kill(address, 10)


@pytest.mark.prove
def test_200_kills_of_a_writer_at_a_server(address: str) -> None:
    kill(address, 200)


def test_a_server_whose_plug_is_pulled_loses_nothing(
    server: PostgresqlServer, address: str
) -> None:
    writer = Writer(move_for_ever, address)
    acknowledged = [writer.hear() for _ in range(4)]
    server.stop("immediate")
    acknowledged += writer.rest()
    assert writer.failed
    server.start()
    assert is_whole(address, acknowledged) >= 3
