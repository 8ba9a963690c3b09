"""The fewest moves of a night are as few as trying everything finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from placement_engine.geo import load_geography
from placement_engine.intelligence import Placement
from placement_engine.nightly import moves as moves_module
from placement_engine.nightly.executor import Serial
from placement_engine.nightly.moves import fewest_moves, moves_problem
from placement_engine.nightly.recheck import Night, look
from placement_engine.nightly.telling import night_body
from placement_engine.policy import Policy
from placement_engine.problem import FORBIDDEN, PlacementProblem
from placement_engine.register import MemoryStore, RawKey, Register
from placement_engine.report.night_page import night_page
from placement_engine.report.page import plain
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, Language, MunicipalityCode, SubjectRef, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
GEOGRAPHY = load_geography(POLICY)
TOWNS = ("0180", "0980", "1280", "1480", "2480", "2580")


@st.composite
def feuds(draw: st.DrawFn) -> tuple[tuple[TieReport, ...], tuple[Placement, ...]]:
    """People of a few gangs at war, placed in a few towns."""
    people = draw(st.integers(2, 5))
    gangs = [draw(st.integers(0, 2)) for _ in range(people)]
    a1 = Grade("A", 1)
    rows = [
        TieReport(a=f"P{n}", b=f"G{gang}", kind=TieKind.MEMBERSHIP, grade=a1, last_seen=AS_OF)
        for n, gang in enumerate(gangs)
    ]
    rows += [
        TieReport(a=f"G{a}", b=f"G{b}", kind=TieKind.RIVALRY, grade=a1, last_seen=AS_OF)
        for a, b in combinations(range(3), 2)
        if draw(st.booleans())
    ]
    placed = tuple(
        Placement(
            subject=SubjectRef(f"P{n}"),
            municipality=MunicipalityCode(draw(st.sampled_from(TOWNS[:3]))),
            start=date(2026, 1, 1),
        )
        for n in range(people)
    )
    return tuple(rows), placed


def a_night(rows: tuple[TieReport, ...], placed: tuple[Placement, ...]) -> Night:
    with Register.found(MemoryStore, RawKey(b"k" * 32), single_user=True, today=AS_OF) as register:
        register.import_placements(placed)
        groups = ("G0", "G1", "G2")
        register.import_network("main", network_of(rows, groups=groups, nodes=groups), AS_OF)
        return look(
            register,
            policy=POLICY,
            geography=GEOGRAPHY,
            as_of=AS_OF,
            clock=lambda: 0.0,
            entropy=lambda size: b"\1" * size,
            full=True,
            executor=Serial(),
            progress=lambda _done, _of: None,
        )


def fewest_by_trying(problem: PlacementProblem) -> int | None:
    """The fewest moves of any plan at all, in plain Python; None if there is no plan."""
    costs = [problem.pair_costs(pair) for pair in problem.pairs]
    options = []
    for k, subject in enumerate(problem.subjects):
        allowed = [m for m in range(len(problem.sites)) if m not in subject.forbidden]
        options.append([problem.fixed[k]] if k in problem.fixed else allowed)
    best: int | None = None
    for plan in product(*options):
        moves = sum(
            site != subject.current
            for k, (site, subject) in enumerate(zip(plan, problem.subjects, strict=True))
            if k not in problem.fixed
        )
        if best is not None and moves >= best:
            continue
        used = np.zeros(len(problem.sites), dtype=np.int64)
        share = [int(s.unary[site]) for s, site in zip(problem.subjects, plan, strict=True)]
        possible = True
        for site, subject in zip(plan, problem.subjects, strict=True):
            used[site] += subject.demand
        for pair, cost in zip(problem.pairs, costs, strict=True):
            both = int(cost[plan[pair.a], plan[pair.b]])
            possible &= both != FORBIDDEN
            share[pair.a] += both
            share[pair.b] += both
        for subject, own in zip(problem.subjects, share, strict=True):
            possible &= subject.ceiling is None or own <= subject.ceiling
        if possible and (used <= problem.capacity).all():
            best = moves
    return best


def agree(rows: tuple[TieReport, ...], placed: tuple[Placement, ...]) -> None:
    night = a_night(rows, placed)
    moves = fewest_moves(night.facts, night.state, within=TOWNS, workers=1)
    if moves.affected == 0:
        assert moves.status == "none_needed"
        return
    problem = moves_problem(night.facts, list(moves.free), within=TOWNS)
    expected = fewest_by_trying(problem)
    if expected is None:
        assert moves.status == "no_safe_placement"
    else:
        assert moves.status == "proposed"
        assert moves.movers is not None
        assert (len(moves.movers), moves.proved_fewest) == (expected, True)


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(feuds())
def test_fewest_moves_are_what_trying_everything_finds(
    feud: tuple[tuple[TieReport, ...], tuple[Placement, ...]],
) -> None:
    agree(*feud)


@pytest.mark.prove
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(feuds())
def test_fewest_moves_on_200_nights(
    feud: tuple[tuple[TieReport, ...], tuple[Placement, ...]],
) -> None:
    agree(*feud)


def test_two_rivals_in_one_town_need_one_move() -> None:
    a1 = Grade("A", 1)
    rows = (
        TieReport(a="P0", b="G0", kind=TieKind.MEMBERSHIP, grade=a1, last_seen=AS_OF),
        TieReport(a="P1", b="G1", kind=TieKind.MEMBERSHIP, grade=a1, last_seen=AS_OF),
        TieReport(a="G0", b="G1", kind=TieKind.RIVALRY, grade=a1, last_seen=AS_OF),
    )
    placed = tuple(
        Placement(
            subject=SubjectRef(f"P{n}"),
            municipality=MunicipalityCode("0180"),
            start=date(2026, 1, 1),
        )
        for n in range(2)
    )
    night = a_night(rows, placed)
    moves = fewest_moves(night.facts, night.state, within=TOWNS)
    assert moves.affected == 2
    assert moves.movers is not None
    assert len(moves.movers) == moves.bound == 1
    assert moves.witnessed
    nowhere = fewest_moves(night.facts, night.state, within=("0180", "0182"))
    assert nowhere.status == "no_safe_placement"


def test_whoever_does_not_fit_in_the_question_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    a1 = Grade("A", 1)
    members = [(f"P{n}", f"G{n % 2}") for n in range(4)]
    rows = [
        TieReport(a=a, b=b, kind=TieKind.MEMBERSHIP, grade=a1, last_seen=AS_OF) for a, b in members
    ]
    rows.append(TieReport(a="G0", b="G1", kind=TieKind.RIVALRY, grade=a1, last_seen=AS_OF))
    town = MunicipalityCode("0180")
    placed = tuple(
        Placement(subject=SubjectRef(person), municipality=town, start=date(2026, 1, 1))
        for person, _ in members
    )
    night = a_night(tuple(rows), placed)
    whole = fewest_moves(night.facts, night.state, within=TOWNS)
    assert (whole.status, whole.affected, whole.left_out) == ("proposed", 4, 0)
    assert whole.proved_fewest
    unproved = replace(whole, bound=whole.bound - 1)
    for moves, words in (
        (whole, f"Så få flyttar som möjligt får alla under taket. Över taket: {whole.affected}."),
        (unproved, f"möjligt är inte visat. Över taket: {whole.affected}."),
    ):
        page = plain(night_page(night_body(night, moves, notices=()), Language.SWEDISH))
        assert words in " ".join(page.split())
    monkeypatch.setattr(moves_module, "MOST", 3)
    part = fewest_moves(night.facts, night.state, within=TOWNS)
    assert (part.status, part.affected, part.left_out) == ("proposed_in_part", 4, 1)
    assert (len(part.free), part.proved_fewest, part.bound) == (3, False, 0)
    nowhere = fewest_moves(night.facts, night.state, within=("0180", "0182"))
    # That these three find no place does not say that none of the four could.
    assert (nowhere.status, nowhere.confirmed_none) == ("undecided_in_part", False)
    for moves, word in ((part, "Utan svar: 1 av 4"), (nowhere, "Det betyder inte nej")):
        body = night_body(night, moves, notices=())
        assert (body.moves.left_out, body.moves.lower_bound) == (1, None)
        assert word in plain(night_page(body, Language.SWEDISH))
