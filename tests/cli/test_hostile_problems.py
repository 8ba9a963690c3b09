"""Problems that are wrong, through the command and through the library: the field is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from placement_engine.__main__ import command_table
from placement_engine.errors import InvalidProblem
from placement_engine.problem import (
    MAX_COST,
    PPM,
    UNLIMITED,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.problem_json import read_problem
from placement_engine.solver import NoSafePlacement, Proposed, solve
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

APP: Typer = command_table().app
HUGE = 10**400
DOCUMENT: dict[str, Any] = {
    "schema": "placement_engine/problem",
    "version": 1,
    "sites": ["0114", "0180"],
    "distance_m": [[0, 9], [9, 0]],
    "exposure_ppm": [[900_000, 10], [10, 900_000]],
    "capacity": {"0114": 3},
    "subjects": [
        {"id": "S1", "unary_micronats": [1, 2]},
        {"id": "S2", "unary_micronats": [3, 4], "ceiling_micronats": 50},
    ],
    "pairs": [{"a": "S1", "b": "S2", "hostility_ppm": 5, "separation_m": 3}],
}

Path = tuple[str | int, ...]
NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), -1, 1.5, HUGE, -HUGE, "7", True, [])
WRONG: list[tuple[str, Path, Any]] = [
    (field, path, value)
    for field, path in (
        ("subjects[0].unary_micronats[1]", ("subjects", 0, "unary_micronats", 1)),
        ("subjects[1].ceiling_micronats", ("subjects", 1, "ceiling_micronats")),
        ("subjects[0].demand", ("subjects", 0, "demand")),
        ("subjects[0].move_cost_micronats", ("subjects", 0, "move_cost_micronats")),
        ("distance_m[0][1]", ("distance_m", 0, 1)),
        ("exposure_ppm[1][1]", ("exposure_ppm", 1, 1)),
        ("capacity", ("capacity", "0114")),
        ("pairs[0].hostility_ppm", ("pairs", 0, "hostility_ppm")),
        ("pairs[0].separation_m", ("pairs", 0, "separation_m")),
        ("pairs[0].penalty_micronats", ("pairs", 0, "penalty_micronats")),
    )
    for value in NUMBERS
]
WRONG += [
    ("distance_m", ("distance_m", 0, 1), 8),
    ("exposure_ppm", ("exposure_ppm", 0, 1), 11),
    ("exposure_ppm[0][0]", ("exposure_ppm", 0, 0), PPM + 1),
    ("subjects[0].unary_micronats[0]", ("subjects", 0, "unary_micronats", 0), MAX_COST),
    ("subjects[0].unary_micronats", ("subjects", 0, "unary_micronats"), []),
    ("subjects", ("subjects",), []),
    ("sites", ("sites",), []),
    ("sites", ("sites", 1), "0114"),
    ("subjects", ("subjects", 1, "id"), "S1"),
    ("distance_m", ("distance_m",), []),
    ("version", ("version",), HUGE),
    ("schema", ("schema",), float("nan")),
    ("bands_micronats[0]", ("bands_micronats",), [HUGE, 5]),
    ("tables", ("tables",), {"t": [[0, -5], [0, 0]]}),
    ("tables", ("tables",), {"t": [[0, float("nan")], [0, 0]]}),
]


def changed(path: Path, value: Any) -> str:
    document = copy.deepcopy(DOCUMENT)
    node: Any = document
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return json.dumps(document)


def solved(text: str) -> Result:
    return CliRunner().invoke(APP, ["solve", "-", "--json", "--time-limit", "5"], input=text)


def test_the_document_is_right_before_it_is_changed() -> None:
    assert solved(json.dumps(DOCUMENT)).exit_code == 0


@pytest.mark.parametrize(("field", "path", "value"), WRONG)
def test_the_field_is_named(field: str, path: Path, value: Any) -> None:
    with pytest.raises(InvalidProblem) as raised:
        read_problem(changed(path, value))
    assert raised.value.what.startswith((f"{field}:", f"{field}["))
    assert str(HUGE)[:40] not in str(raised.value)


@pytest.mark.parametrize(("field", "path", "value"), WRONG[::7])
def test_the_command_exits_10_and_names_it_too(field: str, path: Path, value: Any) -> None:
    result = solved(changed(path, value))
    assert result.exit_code == 10
    assert result.stdout == ""
    told = json.loads(result.stderr)
    assert told["schema"] == "placement_engine/error"
    assert field in result.stderr
    assert "Traceback" not in result.output


def subject(name: str, *costs: int, **more: Any) -> ProblemSubject:
    unary = np.array(costs, dtype=np.int64)
    return ProblemSubject(id=SubjectRef(name), unary=unary, **more)


def built(**changes: Any) -> PlacementProblem:
    two = np.array([[0, 9], [9, 0]], dtype=np.int64)
    given: dict[str, Any] = {
        "sites": (MunicipalityCode("0114"), MunicipalityCode("0180")),
        "distance_m": two,
        "exposure_ppm": two,
        "capacity": np.array([3, UNLIMITED], dtype=np.int64),
        "subjects": (subject("S1", 1, 2), subject("S2", 3, 4)),
        **changes,
    }
    return PlacementProblem(**given)


BUILT: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("subjects[0].unary_micronats", lambda: {"subjects": (subject("S1", -1, 2),)}),
    ("subjects[0].unary_micronats", lambda: {"subjects": (subject("S1", 0, MAX_COST),)}),
    ("subjects[0].unary_micronats", lambda: {"subjects": (subject("S1", 0),)}),
    ("subjects", lambda: {"subjects": ()}),
    ("subjects", lambda: {"subjects": (subject("S1", 0, 0), subject("S1", 0, 0))}),
    ("subjects[0].demand", lambda: {"subjects": (subject("S1", 0, 0, demand=-1),)}),
    ("subjects[0].ceiling_micronats", lambda: {"subjects": (subject("S", 0, 0, ceiling=HUGE),)}),
    ("subjects[0].current", lambda: {"subjects": (subject("S1", 0, 0, current=2),)}),
    ("subjects[0].forbidden", lambda: {"subjects": (subject("S", 0, 0, forbidden={9: ("x",)}),)}),
    ("distance_m", lambda: {"distance_m": np.array([[0, 1], [2, 0]], dtype=np.int64)}),
    ("distance_m", lambda: {"distance_m": np.zeros((2, 2))}),
    ("exposure_ppm", lambda: {"exposure_ppm": np.full((2, 2), PPM + 1, dtype=np.int64)}),
    ("exposure_ppm", lambda: {"exposure_ppm": np.full((2, 2), np.nan)}),
    ("capacity", lambda: {"capacity": np.array([-1, 0], dtype=np.int64)}),
    ("pairs[0]", lambda: {"pairs": (ProblemPair(a=1, b=1),)}),
    ("pairs[0].hostility_ppm", lambda: {"pairs": (ProblemPair(a=0, b=1, hostility_ppm=HUGE),)}),
    ("pairs[1]", lambda: {"pairs": (ProblemPair(a=0, b=1), ProblemPair(a=1, b=0))}),
    ("fixed", lambda: {"fixed": {0: 2}}),
]


@pytest.mark.parametrize(("field", "changes"), BUILT)
def test_a_problem_made_in_python_names_its_field_too(
    field: str, changes: Callable[[], dict[str, Any]]
) -> None:
    with pytest.raises(InvalidProblem) as raised:
        built(**changes())
    assert raised.value.what.startswith(f"{field}:")
    assert raised.value.exit_code == 10


def test_costs_that_overflow_only_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("placement_engine.problem.MOST_IN_ALL", 5 * MAX_COST)
    dear = MAX_COST - 1

    def people(count: int) -> dict[str, Any]:
        return {
            "subjects": tuple(subject(f"S{k}", 0, dear) for k in range(count)),
            "pairs": tuple(ProblemPair(a=0, b=k, penalty=dear) for k in range(1, count)),
        }

    assert built(**people(2))
    with pytest.raises(InvalidProblem, match="subjects, pairs: costs could add up"):
        built(**people(3))


def test_the_largest_costs_are_still_added_exactly() -> None:
    dear = MAX_COST - 1
    problem = built(
        subjects=(subject("S1", dear, dear), subject("S2", dear, dear)),
        pairs=(ProblemPair(a=0, b=1, separation_m=MAX_COST - 1, penalty=dear),),
        exposure_ppm=np.zeros((2, 2), dtype=np.int64),
    )
    answer = solve(problem)
    assert isinstance(answer, Proposed)
    assert answer.objective == answer.lower_bound == 3 * dear


def test_one_site_is_a_problem_like_others() -> None:
    one = {
        "sites": (MunicipalityCode("0114"),),
        "distance_m": np.zeros((1, 1), dtype=np.int64),
        "exposure_ppm": np.zeros((1, 1), dtype=np.int64),
        "capacity": np.array([2], dtype=np.int64),
    }
    fits = solve(built(subjects=(subject("S1", 5), subject("S2", 6)), **one))
    assert isinstance(fits, Proposed)
    assert fits.objective == 11
    full = solve(built(subjects=(subject("S1", 5), subject("S2", 6, demand=2)), **one))
    assert isinstance(full, NoSafePlacement)


def test_a_subject_without_any_site_is_answered_with_a_conflict() -> None:
    nowhere = {0: ("home",), 1: ("needs",)}
    answer = solve(built(subjects=(subject("S1", 1, 2, forbidden=nowhere),)))
    assert isinstance(answer, NoSafePlacement)
    assert {member.rule for member in answer.conflict} == {"home", "needs"}
