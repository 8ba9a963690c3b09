"""What the public strategies draw is valid and reaches what it promises."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from placement_engine.cases import gates
from placement_engine.cases.case import Case, case_json, read_case
from placement_engine.problem import FORBIDDEN, UNLIMITED, PlacementProblem
from placement_engine.testing.rivals import TieRow
from placement_engine.testing.strategies import cases, problems, symmetric_matrices, tie_rows
from placement_engine.vocabulary import MunicipalityCode, TieKind

CODES = tuple(MunicipalityCode(code) for code in ("0114", "0180", "1480", "2580"))
AS_OF = date(2026, 11, 1)
FEW = settings(max_examples=25, deadline=None)


@FEW
@given(problems(max_subjects=3, max_sites=4))
def test_problems_keep_their_bounds(problem: PlacementProblem) -> None:
    # That it was built at all says that its arrays agree with each other.
    assert 1 <= len(problem.subjects) <= 3
    assert 1 <= len(problem.sites) <= 4
    assert all(len(subject.forbidden) < len(problem.sites) for subject in problem.subjects)


@FEW
@given(problems(everything=False))
def test_plain_problems_leave_out_what_is_particular(problem: PlacementProblem) -> None:
    assert not problem.fixed
    assert not problem.tables
    assert all(subject.ceiling is None for subject in problem.subjects)
    assert all(pair.penalty is None for pair in problem.pairs)


def test_all_that_a_problem_can_hold_is_drawn() -> None:
    def drawn(condition: object) -> PlacementProblem:
        return find(
            problems(),
            condition,  # type: ignore[arg-type]
            settings=settings(
                max_examples=2000, database=None, deadline=None, phases=[Phase.generate]
            ),
        )

    assert drawn(lambda p: bool(p.fixed)).fixed
    assert drawn(lambda p: any(pair.table for pair in p.pairs)).tables
    assert drawn(lambda p: any((t == FORBIDDEN).any() for t in p.tables.values())).tables
    assert drawn(lambda p: any(s.ceiling is not None for s in p.subjects)).subjects
    assert drawn(lambda p: any(s.demand > 1 for s in p.subjects)).subjects
    assert drawn(lambda p: any(pair.penalty for pair in p.pairs)).pairs
    assert drawn(lambda p: (p.capacity < UNLIMITED).any()).sites


@FEW
@given(st.integers(1, 5).flatmap(lambda n: symmetric_matrices(n, high=9)))
def test_matrices_are_symmetric_with_nothing_on_the_diagonal(matrix: object) -> None:
    assert (matrix == matrix.T).all()  # type: ignore[attr-defined]
    assert not matrix.diagonal().any()  # type: ignore[attr-defined]


@FEW
@given(cases(CODES))
def test_cases_pass_the_gates_and_are_read_back_as_they_are(case: Case) -> None:
    assert gates.missing(case, AS_OF) == ()
    assert read_case(json.dumps(case_json(case)), codes=frozenset(CODES)) == case


@FEW
@given(tie_rows(as_of=AS_OF))
def test_reports_stand_between_the_ends_of_their_kind(rows: tuple[TieRow, ...]) -> None:
    for row in rows:
        assert row.last_seen <= AS_OF
        assert row.a != row.b
        to_group = row.kind in {TieKind.MEMBERSHIP, TieKind.DEFECTION}
        between_groups = row.kind in {TieKind.RIVALRY, TieKind.ALLIANCE}
        assert row.a.startswith("G") == between_groups
        assert row.b.startswith("G") == (to_group or between_groups)
