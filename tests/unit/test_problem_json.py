"""The JSON form of a problem: round trip, and every fault named by its field."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings

from placement_engine import problem_json
from placement_engine.errors import InvalidProblem
from placement_engine.problem import UNLIMITED, Level, PlacementProblem
from placement_engine.problem_json import read_problem, write_problem
from placement_engine.report.documents import schema_of
from placement_engine.testing.strategies import problems

DOCUMENT: dict[str, Any] = {
    "schema": "placement_engine/problem",
    "version": 1,
    "sites": ["0114", "0180"],
    "distance_m": [[0, 5], [5, 0]],
    "exposure_ppm": [[900_000, 7], [7, 900_000]],
    "capacity": {"0114": 3},
    "tie_key": "00ff",
    "subjects": [
        {
            "id": "S1",
            "forbidden": {"0180": ["home"]},
            "unary_micronats": [1, 2],
            "demand": 2,
            "current": "0180",
            "move_cost_micronats": 4,
            "preference": [0, 9],
            "ceiling_micronats": 77,
        },
        {"id": "S2", "unary_micronats": [0, 0]},
        {"id": "S3", "unary_micronats": [0, 0], "current": None, "ceiling_micronats": None},
    ],
    "pairs": [
        {"a": "S1", "b": "S2", "hostility_ppm": 710_000, "separation_m": 3},
        {"a": "S2", "b": "S3", "table": "t1"},
    ],
    "tables": {"t1": [[1, None], [None, 2]]},
    "fixed": {"S3": "0114"},
    "lexicographic": ["worst_band", "total", "moves"],
    "bands_micronats": [10, 20],
}


def read(document: Any) -> PlacementProblem:
    return read_problem(json.dumps(document))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return document


def test_every_field_arrives() -> None:
    problem = read(DOCUMENT)
    first = problem.subjects[0]
    assert problem.sites == ("0114", "0180")
    assert problem.capacity.tolist() == [3, UNLIMITED]
    assert problem.tie_key == b"\x00\xff"
    assert first.forbidden == {1: ("home",)}
    assert (first.demand, first.current, first.move_cost, first.ceiling) == (2, 1, 4, 77)
    assert first.preference is not None
    assert first.preference.tolist() == [0, 9]
    assert problem.pairs[0].penalty is None
    assert problem.pairs[1].table == "t1"
    assert problem.tables["t1"].tolist() == [[1, -1], [-1, 2]]
    assert problem.fixed == {2: 0}
    assert problem.lexicographic == (Level.WORST_BAND, Level.TOTAL, Level.MOVES)
    assert problem.bands == (10, 20)


def test_the_shipped_schema_has_the_fields_that_are_read() -> None:
    schema = schema_of("problem")
    jsonschema.validate(DOCUMENT, schema, cls=jsonschema.Draft202012Validator)
    parts = schema["$defs"]
    for shape, read in (
        (schema, (problem_json._PROBLEM, problem_json._PROBLEM_OPTIONAL)),
        (parts["SubjectDocument"], (problem_json._SUBJECT, problem_json._SUBJECT_OPTIONAL)),
        (parts["PairDocument"], (problem_json._PAIR, problem_json._PAIR_NUMBERS | {"table"})),
    ):
        assert frozenset(shape["required"]) == read[0]
        assert frozenset(shape["properties"]) == read[0] | read[1]


def test_defaults_are_those_of_the_format() -> None:
    kept = ("schema", "version", "sites", "distance_m", "exposure_ppm")
    document = {name: DOCUMENT[name] for name in kept}
    document["subjects"] = [{"id": "S1", "unary_micronats": [0, 0]}]
    problem = read(document)
    assert problem.lexicographic == (Level.TOTAL, Level.MOVES)
    assert problem.bands == (5013, 51293)
    assert problem.subjects[0].demand == 1
    assert (problem.capacity == UNLIMITED).all()
    assert read({**document, "tables": None, "fixed": None, "pairs": None}).fixed == {}


@settings(max_examples=40, deadline=None)
@given(problem=problems())
def test_what_is_written_is_read_back(problem: PlacementProblem) -> None:
    text = write_problem(problem)
    back = read_problem(text.encode())
    assert write_problem(back) == text
    assert back.sites == problem.sites
    assert back.pairs == problem.pairs
    assert back.fixed == problem.fixed
    assert back.tie_key == problem.tie_key
    assert np.array_equal(back.distance_m, problem.distance_m)
    assert np.array_equal(back.exposure_ppm, problem.exposure_ppm)
    assert np.array_equal(back.capacity, problem.capacity)
    for one, other in zip(back.subjects, problem.subjects, strict=True):
        assert dict(one.forbidden) == dict(other.forbidden)
        assert np.array_equal(one.unary, other.unary)
        assert (one.demand, one.current, one.ceiling) == (
            other.demand,
            other.current,
            other.ceiling,
        )


FAULTS: list[tuple[tuple[Any, ...], Any, str]] = [
    (("schema",), "placement_engine/case", "schema"),
    (("schema",), None, "schema"),
    (("version",), 2, "version"),
    (("version",), True, "version"),
    (("sites",), None, "sites"),
    (("sites",), [], "sites"),
    (("sites",), ["0114", "0114"], "sites"),
    (("sites",), ["0114", 180], "sites[1]"),
    (("distance_m",), [[0, 5], [6, 0]], "distance_m"),
    (("distance_m",), [[0, 5, 1], [5, 0, 1]], "distance_m[0]"),
    (("distance_m",), [[0, 5]], "distance_m"),
    (("distance_m",), [[0, -5], [-5, 0]], "distance_m[0][1]"),
    (("distance_m",), [[0, 5.0], [5.0, 0]], "distance_m[0][1]"),
    (("distance_m",), [[0, 10**13], [10**13, 0]], "distance_m[0][1]"),
    (("exposure_ppm",), [[0, 10**6 + 1], [10**6 + 1, 0]], "exposure_ppm[0][1]"),
    (("exposure_ppm",), [[0, True], [True, 0]], "exposure_ppm[0][1]"),
    (("exposure_ppm",), [[0, "7"], ["7", 0]], "exposure_ppm[0][1]"),
    (("capacity",), {"9999": 1}, "capacity"),
    (("capacity",), {"0114": -1}, "capacity"),
    (("capacity",), [1], "capacity"),
    (("tie_key",), "xyz", "tie_key"),
    (("tie_key",), 7, "tie_key"),
    (("tie_key",), "00" * 65, "tie_key"),
    (("subjects",), [], "subjects"),
    (("subjects",), {}, "subjects"),
    (("subjects", 1, "id"), "S1", "subjects"),
    (("subjects", 1, "id"), "", "subjects[1].id"),
    (("subjects", 1, "colour"), "red", "subjects[1]"),
    (("subjects", 0, "unary_micronats"), [1], "subjects[0].unary_micronats"),
    (("subjects", 0, "unary_micronats"), [1, 10**12], "subjects[0].unary_micronats[1]"),
    (("subjects", 0, "unary_micronats"), [1, 10**40], "subjects[0].unary_micronats[1]"),
    (("subjects", 0, "unary_micronats"), [1, -2], "subjects[0].unary_micronats[1]"),
    (("subjects", 0, "forbidden"), {"0180": []}, "subjects[0].forbidden"),
    (("subjects", 0, "forbidden"), {"0999": ["home"]}, "subjects[0].forbidden"),
    (("subjects", 0, "forbidden"), {"0180": "home"}, "subjects[0].forbidden"),
    (("subjects", 0, "demand"), 1.5, "subjects[0].demand"),
    (("subjects", 0, "current"), "0999", "subjects[0].current"),
    (("subjects", 0, "preference"), [1], "subjects[0].preference"),
    (("subjects", 0, "ceiling_micronats"), -1, "subjects[0].ceiling_micronats"),
    (("pairs", 0, "a"), "S9", "pairs[0].a"),
    (("pairs", 0, "b"), "S1", "pairs[0]"),
    (("pairs", 0, "hostility_ppm"), 10**6 + 1, "pairs[0].hostility_ppm"),
    (("pairs", 0, "separation_m"), 0.5, "pairs[0].separation_m"),
    (("pairs", 0, "penalty_micronats"), -1, "pairs[0].penalty_micronats"),
    (("pairs", 1, "hostility_ppm"), 5, "pairs[1]"),
    (("pairs", 1, "table"), "t9", "pairs[1].table"),
    (("pairs", 1), {"a": "S2", "b": "S1"}, "pairs[1]"),
    (("pairs", 1), {"a": "S2"}, "pairs[1].b"),
    (("pairs", 1), 7, "pairs[1]"),
    (("tables",), {"t1": [[1, 2]]}, "tables"),
    (("tables",), {"t1": [[1, -1], [1, 1]]}, "tables[0][1]"),
    (("fixed",), {"S9": "0114"}, "fixed"),
    (("fixed",), {"S3": "9999"}, "fixed"),
    (("lexicographic",), ["total", "total"], "lexicographic"),
    (("lexicographic",), [], "lexicographic"),
    (("lexicographic",), ["speed"], "lexicographic[0]"),
    (("bands_micronats",), [20, 10], "bands_micronats"),
    (("bands_micronats",), [20], "bands_micronats"),
    (("unheard_of",), 1, "document"),
]


@pytest.mark.parametrize(("path", "value", "field"), FAULTS)
def test_a_fault_is_named_by_its_field(path: tuple[Any, ...], value: Any, field: str) -> None:
    with pytest.raises(InvalidProblem) as raised:
        read(changed(path, value))
    assert f" {field}:" in f" {raised.value.what}"
    assert raised.value.exit_code == 10


@pytest.mark.parametrize("name", ["schema", "version", "sites", "subjects", "distance_m"])
def test_a_missing_field_is_named(name: str) -> None:
    document = {key: value for key, value in DOCUMENT.items() if key != name}
    with pytest.raises(InvalidProblem, match=rf"{name}: is missing"):
        read(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "{",
        b"\xff\xfe",
        '{"schema": 1, "schema": 2}',
        "[" * 100_000,
    ],
)
def test_what_is_no_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidProblem, match="document: "):
        read_problem(text)


def test_no_message_repeats_content() -> None:
    secret = "P-very-secret"
    for path in (("pairs", 0, "a"), ("subjects", 0, "current"), ("fixed",), ("tie_key",)):
        value: Any = {secret: secret} if path == ("fixed",) else secret
        with pytest.raises(InvalidProblem) as raised:
            read(changed(path, value))
        assert secret not in str(raised.value)
        assert raised.value.__cause__ is None
