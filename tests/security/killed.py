"""Writers in processes of their own that are killed while they write.

They are forked from a server that has imported everything already: a fresh interpreter for
each kill would spend nearly all of its life on imports, before it writes anything.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.register.location import open_store
from placement_engine.vocabulary import MunicipalityCode, ProtectionCategory, SubjectRef

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 11, 22)
AHEAD = ["psycopg", "pytest", "tests.security.killed", "tests.security.test_log_tampering"]


def placed(number: int, municipality: str = "0180") -> Placement:
    return Placement(
        subject=SubjectRef(f"P-{number}"),
        municipality=MunicipalityCode(municipality),
        start=DAY,
        end=None,
        owner=None,
        provider=None,
        category=ProtectionCategory.DEFECTOR,
        review_by=None,
    )


class Writer:
    """A process that says a number for each thing that is kept, until it is killed."""

    def __init__(self, work: Callable[..., None], *given: str) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(AHEAD)
        self._told, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=work, args=(theirs, *given), daemon=True)
        self._process.start()
        theirs.close()

    def hear(self) -> int:
        """The next number; waits for it."""
        number = self._told.recv()
        assert isinstance(number, int)
        return number

    def kill(self) -> list[int]:
        """Kill it; gives the numbers that it had said and nobody had heard."""
        self._process.kill()
        rest = self.rest()
        assert self._process.exitcode == -signal.SIGKILL
        return rest

    @property
    def failed(self) -> bool:
        """Whether it ended by itself, with an error."""
        return self._process.exitcode == 1

    def rest(self) -> list[int]:
        """All numbers until it ends."""
        numbers = []
        try:
            while True:
                numbers.append(self.hear())
        except EOFError:
            self._told.close()
        self._process.join()
        return numbers


def move_for_ever(told: Connection, location: str) -> None:
    """Accept one proposal after another, with more than a page of documents each time."""
    on_a_server = "://" in location
    with (
        Register.over(open_store(location), KEY)
        if on_a_server
        else Register.open(Path(location), KEY)
    ) as register:
        number = len(register.decisions())
        told.send(number)
        while True:
            register.put_proposals({"C-1": b"p" * 40_000})
            place = placed(1, f"{number:04d}")
            register.accept("C-1", place, decision=b"%d" % number, day=DAY)
            number += 1
            told.send(number)


def note_for_ever(told: Connection, folder: str, content: str) -> None:
    """Keep one case after another in a register with log, anchor and witness."""
    from tests.security.test_log_tampering import Place

    with Place(folder=Path(folder)).open() as register:
        told.send(-1)
        for number in range(10_000):
            register.put_cases({f"C-{number}": content.encode()})
            told.send(register.desk.vault.log.tree.size)


def make_for_ever(told: Connection, folder: str) -> None:
    """Make one register after another."""
    for number in range(10_000):
        path = Path(folder) / f"{number}.register"
        Register.create(path, KEY, single_user=True, today=DAY).close()
        told.send(number)
