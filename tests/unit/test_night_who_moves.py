"""Who is asked about together: nobody twice, nobody in two homes, and the night goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from placement_engine.cases import judging
from placement_engine.cases.judging import Author
from placement_engine.cases.standing import cases_of, standing
from placement_engine.nightly.moves import fewest_moves, moves_problem, not_known, who_may_move
from placement_engine.nightly.recheck import Night
from placement_engine.register import Register
from placement_engine.testing.networks import TieReport
from placement_engine.vocabulary import TieKind
from tests.cli.conftest import case
from tests.unit.nights import AS_OF, B2, GEOGRAPHY, POLICY, RIVALRY, founded, known, night, placed

TIES = [
    TieReport(a="P-5", b="G-1", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=AS_OF),
    TieReport(a="P-9", b="P-2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),
    TieReport(a="K-1", b="P-3", kind=TieKind.KINSHIP, grade=B2, last_seen=AS_OF),
]
TOWNS = ("0180", "0980", "1280", "1480", "2480", "2580")
Step = Callable[[Register], None]


@pytest.fixture
def register() -> Iterator[Register]:
    """P-1 and P-5 of one group, P-2 of the other, all over their ceilings."""
    with founded() as made:
        known(made, RIVALRY, *TIES)
        made.import_placements([placed("P-5", "0180", "U-5")])
        yield made


def one_person(a: str, b: str) -> Step:
    def step(register: Register) -> None:
        judging.merge(
            register,
            a,
            b,
            author=Author(by="A", day=AS_OF, reason="r", entropy=lambda size: b"\1" * size),
            known=standing(register, policy=POLICY, as_of=AS_OF),
            cases=cases_of(register, GEOGRAPHY),
        )

    return step


def lives_with(subject: str, *members: str) -> Step:
    household = [{"id": member, "age": 40, "guardian_of": []} for member in members]
    name = f"C-{subject}-{len(members)}"
    entered = json.dumps(case(name, subject, household=household)).encode()
    return lambda register: register.put_case(name, entered)


def asked(night_: Night) -> tuple[set[str], set[str]]:
    """Who is in the question, and who is left out of it."""
    who = night_.facts.subjects()
    free, left = who_may_move(night_.facts, night_.state)
    assert len(set(free)) == len(free)
    return {who[key] for key in free}, {who[key] for key in left}


@pytest.mark.parametrize(
    ("steps", "in_it", "left"),
    [
        pytest.param((), "P-1 P-2 P-5", "", id="three"),
        pytest.param(
            (one_person("P-1", "P-5"),), "P-1|P-5 P-2", "", id="two records of one person"
        ),
        pytest.param(
            (lives_with("P-1", "K-1"), one_person("P-2", "K-1")),
            "P-1 P-2 P-5",
            "",
            id="one of the household is one who is placed herself",
        ),
        pytest.param((lives_with("P-1", "P-2"),), "P-1 P-2 P-5", "", id="said of each other"),
        pytest.param(
            (lives_with("P-1", "K-1"), lives_with("P-2", "K-1")),
            "P-5 P-1|P-2",
            "P-1|P-2",
            id="one lives with two",
        ),
        pytest.param(
            (lives_with("P-1", "K-1"), lives_with("P-5", "K-2"), one_person("K-1", "K-2")),
            "P-2 P-1|P-5",
            "P-1|P-5",
            id="two are one who lives with two",
        ),
        pytest.param(
            (lives_with("P-1", "K-1", "K-2"), one_person("K-1", "K-2")),
            "P-1 P-2 P-5",
            "",
            id="two of one household are one",
        ),
        pytest.param(
            (lives_with("P-1", "K-1"), one_person("K-1", "P-1")),
            "P-1 P-2 P-5",
            "",
            id="she lives with herself",
        ),
    ],
)
def test_who_is_asked_about(
    register: Register, steps: tuple[Step, ...], in_it: str, left: str
) -> None:
    for step in steps:
        step(register)
    night_ = night(register)
    found = asked(night_)
    for told, group in zip((in_it, left), found, strict=True):
        either = [set(one.split("|")) for one in told.split()]
        assert len(group) == len(either)
        assert all(group & one for one in either)
    moves = fewest_moves(night_.facts, night_.state, within=TOWNS)
    assert moves.whole is (not left)
    assert moves.status == ("proposed_in_part" if left else "proposed")
    assert moves.left_out == len(found[1])
    subjects = moves_problem(night_.facts, moves.free).subjects
    assert len(subjects) >= len(moves.free)


def test_where_asking_fails_nothing_is_known_of_moves(register: Register) -> None:
    told = not_known(night(register))
    assert told.status == "undecided"
    assert told.affected == 3
    assert not told.proved_fewest
    with founded() as calm:
        assert not_known(night(calm)).status == "none_needed"
