"""Two people of rival groups, placed next to each other, and the nights they live through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from placement_engine.geo import load_geography
from placement_engine.intelligence import Placement
from placement_engine.nightly.recheck import Night, recheck
from placement_engine.policy import Policy
from placement_engine.register import MemoryStore, RawKey, Register
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, MunicipalityCode, OwnerId, SubjectRef, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
GEOGRAPHY = load_geography(POLICY)
B2 = Grade("B", 2)
TIES = [
    TieReport(a="P-1", b="G-1", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=date(2025, 6, 1)),
    TieReport(a="P-2", b="G-2", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=date(2025, 6, 1)),
    TieReport(a="P-1", b="P-3", kind=TieKind.KINSHIP, grade=B2, last_seen=date(2025, 1, 1)),
    TieReport(a="P-2", b="P-4", kind=TieKind.KINSHIP, grade=B2, last_seen=date(2025, 1, 1)),
]
RIVALRY = TieReport(a="G-1", b="G-2", kind=TieKind.RIVALRY, grade=B2, last_seen=date(2026, 10, 1))
GROUPS = ("G-1", "G-2")


def placed(subject: str, code: str, owner: str, **more: object) -> Placement:
    made = Placement(
        subject=SubjectRef(subject),
        municipality=MunicipalityCode(code),
        start=date(2026, 1, 1),
        owner=OwnerId(owner),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def night(
    register: Register,
    day: date = AS_OF,
    *,
    full: bool = False,
    policy: Policy = POLICY,
    before_writing: Callable[[Night], None] = lambda _night: None,
) -> Night:
    numbers = iter(range(1, 1000))
    return recheck(
        register,
        policy=policy,
        geography=GEOGRAPHY,
        as_of=day,
        clock=lambda: 0.0,
        entropy=lambda size: (day.toordinal() * 1000 + next(numbers)).to_bytes(size, "big"),
        full=full,
        before_writing=before_writing,
    )


@contextmanager
def founded(*ties: TieReport) -> Iterator[Register]:
    """A register of the two, with these ties beside theirs."""
    with Register.found(MemoryStore, RawKey(b"k" * 32), single_user=True, today=AS_OF) as made:
        made.import_placements([placed("P-1", "0180", "U-1"), placed("P-2", "0184", "U-2")])
        known(made, *ties)
        yield made


def known(register: Register, *ties: TieReport) -> None:
    """What is known from now on: their ties and these."""
    register.import_network("main", network_of([*TIES, *ties], groups=GROUPS), AS_OF)


def rival(register: Register) -> None:
    """From now on their groups are rivals."""
    known(register, RIVALRY)
