"""Any history of a register in a file equals the same history in plain dictionaries."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidInput
from placement_engine.intelligence import Placement
from placement_engine.register import RawKey, Register
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

KEY = RawKey(bytes(range(32)))
DAY = date(2026, 1, 1)


class Refused(Exception):
    """The model's word for any refusal."""


@dataclass
class Model:
    """The obvious register: what an analyst would keep on paper."""

    placements: list[Placement] = field(default_factory=list)
    cases: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    proposals: dict[str, bytes] = field(default_factory=dict)
    decisions: list[bytes] = field(default_factory=list)

    def put_case(self, case: str, content: bytes) -> None:
        if case not in self.cases or self.cases[case][1] != content:
            self.cases[case] = ("open", content)
            self.proposals.pop(case, None)

    def put_proposal(self, case: str, content: bytes) -> None:
        if case not in self.cases:
            raise Refused
        self.cases[case] = ("proposed", self.cases[case][1])
        self.proposals[case] = content

    def place(self, new: Placement) -> None:
        if new not in self.placements:
            if any(old.subject == new.subject and days(old) & days(new) for old in self.placements):
                raise Refused
            self.placements.append(new)

    def accept(self, case: str, new: Placement) -> None:
        if case not in self.cases or self.cases[case][0] == "decided":
            raise Refused
        self.cases[case] = ("decided", self.cases[case][1])
        self.decisions.append(case.encode())
        for at, old in enumerate(self.placements):
            if old.subject == new.subject and (old.end is None or old.end > new.start):
                self.placements[at] = replace(old, end=max(old.start, new.start))
        self.placements.append(new)

    def remove(self, number: int) -> None:
        if self.placements:
            self.placements.sort(key=order)
            del self.placements[number % len(self.placements)]


def days(placement: Placement) -> set[date]:
    end = placement.end or DAY + timedelta(100)
    return {placement.start + timedelta(n) for n in range((end - placement.start).days)}


def order(placement: Placement) -> tuple[str, date, date, str]:
    return (
        placement.subject,
        placement.start,
        placement.end or date.max,
        placement.municipality,
    )


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    start = draw(st.integers(0, 6))
    length = draw(st.none() | st.integers(0, 4))
    return Placement(
        subject=SubjectRef(draw(st.sampled_from(["P-1", "P-2"]))),
        municipality=MunicipalityCode(draw(st.sampled_from(["0180", "1480"]))),
        start=DAY + timedelta(start),
        end=None if length is None else DAY + timedelta(start + length),
    )


CASES = st.sampled_from(["C-1", "C-2", "C-3"])
CONTENT = st.sampled_from([b"", b"short", b"l" * 4414, b"l" * 4415, b"longer" * 2000])
STEPS = st.one_of(
    st.tuples(st.just("put_case"), CASES, CONTENT),
    st.tuples(st.just("put_proposal"), CASES, CONTENT),
    st.tuples(st.just("place"), placements()),
    st.tuples(st.just("accept"), CASES, placements()),
    st.tuples(st.just("remove"), st.integers(0, 9)),
    st.tuples(st.just("reopen")),
)


def act(register: Register, name: str, *words: object) -> None:
    match name, words:
        case "put_case", (str(case), bytes(content)):
            register.put_case(case, content)
        case "put_proposal", (str(case), bytes(content)):
            register.put_proposal(case, content)
        case "place", (Placement() as new,):
            register.import_placements([new])
        case "accept", (str(case), Placement() as new):
            register.accept(case, new, decision=case.encode(), day=new.start)
        case "remove", (int(number),):
            stored = sorted(register.placements(), key=lambda s: order(s.placement))
            if stored:
                register.remove_placement(stored[number % len(stored)].id, DAY)


@settings(deadline=None, max_examples=40)
@given(st.lists(STEPS, max_size=20))
def test_any_history(steps: list[tuple[object, ...]]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.register"
        register = Register.create(path, KEY, single_user=True, today=DAY)
        for name, *words in steps:
            assert isinstance(name, str)
            if name == "reopen":
                register.close()
                register = Register.open(path, KEY)
                continue
            try:
                getattr(model, name)(*words)
            except Refused:
                with pytest.raises(InvalidInput):
                    act(register, name, *words)
            else:
                act(register, name, *words)
            compare(register, model)
        register.verify()
        register.close()


def compare(register: Register, model: Model) -> None:
    stored = [stored.placement for stored in register.placements()]
    assert sorted(stored, key=order) == sorted(model.placements, key=order)
    assert register.cases() == sorted((c, state) for c, (state, _) in model.cases.items())
    for case, (_, content) in model.cases.items():
        assert register.case(case) == content
    for case in model.cases:
        if case in model.proposals:
            assert register.proposal(case) == model.proposals[case]
        else:
            with pytest.raises(InvalidInput):
                register.proposal(case)
    assert sorted(d.content for d in register.decisions()) == sorted(model.decisions)
