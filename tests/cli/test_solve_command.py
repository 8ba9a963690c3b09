"""`placement solve`: documents, exit codes, and bytes that do not depend on chance."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from placement_engine.__main__ import command_table
from placement_engine.report.documents import schema_of
from placement_engine.solver import Faulted, Undecided

APP: Typer = command_table().app


def problem(**changes: Any) -> dict[str, Any]:
    """Two rivals, four sites on a line, one of them full."""
    at = (0, 30_000, 90_000, 200_000)
    return {
        "schema": "placement_engine/problem",
        "version": 1,
        "sites": ["0114", "0180", "1480", "2584"],
        "distance_m": [[abs(a - b) for b in at] for a in at],
        "exposure_ppm": [[max(0, 900_000 - 4 * abs(a - b)) for b in at] for a in at],
        "capacity": {"0114": 3, "0180": 0, "1480": 1},
        "subjects": [
            {"id": "S1", "forbidden": {}, "unary_micronats": [10, 5, 30, 40]},
            {
                "id": "S2",
                "forbidden": {"0114": ["home"]},
                "unary_micronats": [0, 0, 50, 60],
                "demand": 1,
                "current": "1480",
                "move_cost_micronats": 7,
            },
        ],
        "pairs": [
            {
                "a": "S1",
                "b": "S2",
                "hostility_ppm": 710_000,
                "reunion_ppm": 0,
                "separation_m": 75_000,
                "penalty_micronats": None,
            }
        ],
        **changes,
    }


def solve(document: Any, *words: str) -> Result:
    text = document if isinstance(document, str) else json.dumps(document)
    return CliRunner().invoke(APP, ["solve", "-", *words], input=text)


def outcome(result: Result) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(result.stdout)
    assert list(made)[:2] == ["schema", "version"]
    jsonschema.validate(made, schema_of("outcome"), cls=jsonschema.Draft202012Validator)
    return made


def test_a_plan_is_proposed_and_exit_0() -> None:
    result = solve(problem(), "--json")
    assert result.exit_code == 0, result.stderr
    told = outcome(result)
    assert told["status"] == "proposed"
    assert told["assignment"]["S1"] == "0114"
    assert told["proved_optimal"]
    assert told["witness"] == {"checked": True}
    assert [level["name"] for level in told["levels"]] == ["total", "moves"]
    assert told["objective_micronats"] == told["lower_bound_micronats"]
    assert told["gap"] == 0


def test_the_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "problem.json").write_text(json.dumps(problem()))
    result = CliRunner().invoke(APP, ["solve", str(tmp_path / "problem.json")])
    assert result.exit_code == 0
    assert "0114" in result.stdout
    missing = CliRunner().invoke(APP, ["solve", str(tmp_path / "no.json")])
    assert missing.exit_code == 10


def test_an_impossible_problem_exits_3_with_a_minimal_conflict() -> None:
    everywhere = {"0114": ["home"], "0180": ["home"], "1480": ["family"], "2584": ["needs"]}
    one = {"id": "S1", "forbidden": everywhere, "unary_micronats": [0, 0, 0, 0]}
    told = outcome(solve(problem(subjects=[one], pairs=[]), "--json"))
    assert told["status"] == "no_safe_placement"
    assert {member["rule"] for member in told["conflict"]} == {"home", "family", "needs"}
    assert all(set(member) == {"rule", "subjects", "class"} for member in told["conflict"])
    assert told["assignment"] == {}
    assert solve(problem(subjects=[one], pairs=[])).exit_code == 3


def test_alternatives_are_other_whole_plans_that_differ_in_kind() -> None:
    free = problem(pairs=[], capacity={})
    told = outcome(solve(free, "--alternatives", "2", "--json"))
    plans = [told["assignment"]]
    for other in told["alternatives"]:
        subject, site = other["subject"], other["site"]
        assert other["assignment"][subject] == site
        for plan in plans:
            assert apart_m(free, plan[subject], site) >= 50_000
        plans.append(other["assignment"])
        assert other["objective_micronats"] == other["lower_bound_micronats"]
        within = other["objective_micronats"] - told["objective_micronats"]
        assert other["within_micronats"] == within >= 0
    assert len(plans) == 3
    assert outcome(solve(problem(), "--json"))["alternatives"] == []
    near = outcome(solve(free, "--alternatives", "9", "--apart", "0", "--json"))
    assert len(near["alternatives"]) == 5  # three other sites of S1, two of S2
    assert solve(free, "--apart", "-1").exit_code == 2


def apart_m(document: dict[str, Any], one: str, other: str) -> int:
    sites = document["sites"]
    metres: int = document["distance_m"][sites.index(one)][sites.index(other)]
    return metres


def test_an_impossible_problem_is_told_its_cheapest_relaxations_by_class() -> None:
    everywhere = {"0114": ["home"], "0180": ["home"], "1480": ["family"], "2584": ["needs"]}
    one = {"id": "canary", "forbidden": everywhere, "unary_micronats": [0, 0, 400, 9]}
    wide = problem(subjects=[one], pairs=[], capacity={})
    told = outcome(solve(wide, "--json"))
    assert [
        (way["rules"][0]["rule"], way["steps"], way["added_micronats"])
        for way in told["relaxations"]
    ] == [("home", 1, 0), ("needs", 1, 9), ("family", 1, 400)]
    assert told["least_steps_proved"]
    assert "canary" not in json.dumps(told["relaxations"])
    assert "0.4 ‰" in solve(wide).stdout
    assert outcome(solve(problem(), "--json"))["relaxations"] == []


@pytest.mark.parametrize("what", ["alternatives.alternatives", "relaxation.relaxations"])
def test_interrupted_after_the_answer_it_is_printed_and_exits_130(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"placement_engine.solver.{what}", stop)
    blocked = {"0114": ["home"], "0180": ["home"], "1480": ["home"], "2584": ["home"]}
    one = {"id": "S1", "forbidden": blocked, "unary_micronats": [0, 0, 0, 0]}
    impossible = what.startswith("relaxation")
    asked = problem(subjects=[one], pairs=[]) if impossible else problem()
    result = solve(asked, "--alternatives", "1", "--json")
    assert result.exit_code == 130
    told = outcome(result)
    assert told["interrupted"]
    assert told["status"] == ("no_safe_placement" if impossible else "proposed")


def test_the_answer_does_not_depend_on_workers() -> None:
    def timeless(*words: str) -> dict[str, Any]:
        told = outcome(solve(problem(), "--json", *words))
        return {name: told[name] for name in told if name not in {"seconds", "trajectory"}}

    assert timeless("--workers", "1") == timeless("--workers", "2")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "[]",
        problem(version=9),
        problem(sites=["0114"]),
        problem(surprise=1),
        problem(capacity={"canary": 1}),
        problem(subjects=[{"id": "canary", "forbidden": {}, "unary_micronats": ["x"] * 4}]),
    ],
)
def test_a_wrong_problem_exits_10_and_is_not_repeated(document: Any) -> None:
    result = solve(document, "--json")
    assert result.exit_code == 10
    assert result.stdout == ""
    assert json.loads(result.stderr)["schema"] == "placement_engine/error"
    assert "canary" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("--time-limit", "-1"),
        ("--time-limit", "nan"),
        ("--workers", "0"),
        ("--gap", "-0.1"),
        ("--max-work", "-5"),
        ("--alternatives", "-1"),
        ("--seed", "x"),
    ],
)
def test_options_out_of_range_exit_2(words: tuple[str, ...]) -> None:
    assert solve(problem(), *words).exit_code == 2


def test_other_limits_are_taken() -> None:
    told = outcome(
        solve(problem(), "--json", "--max-work", "100000", "--gap", "0.5", "--seed", "7")
    )
    assert told["status"] == "proposed"


def test_people_read_a_table() -> None:
    swedish = solve(problem(), "--alternatives", "1").stdout
    english = solve(problem(), "--lang", "en").stdout
    assert "Förslag finns." in swedish
    assert "samlad risk" in swedish
    assert "total risk" in english
    assert "S2" in english


def hard_problem() -> dict[str, Any]:
    """Far more subjects than anybody can prove an answer for in a minute."""
    chance = Random(7)
    sites, people = 40, 60
    at = [(chance.randrange(500_000), chance.randrange(900_000)) for _ in range(sites)]
    distance = [[round(math.dist(a, b)) for b in at] for a in at]
    return {
        "schema": "placement_engine/problem",
        "version": 1,
        "sites": [f"{1000 + i}" for i in range(sites)],
        "distance_m": distance,
        "exposure_ppm": [[max(0, 900_000 - 3 * d) for d in row] for row in distance],
        "capacity": {f"{1000 + i}": 3 for i in range(sites)},
        "subjects": [
            {
                "id": f"S{k}",
                "forbidden": {},
                "unary_micronats": [chance.randrange(90_000) for _ in range(sites)],
            }
            for k in range(people)
        ],
        "pairs": [
            {
                "a": f"S{a}",
                "b": f"S{b}",
                "hostility_ppm": chance.randrange(100_000),
                "reunion_ppm": 0,
                "separation_m": 0,
                "penalty_micronats": None,
            }
            for a in range(people)
            for b in range(a)
        ],
    }


def test_an_interruption_prints_the_best_checked_answer_and_exits_130(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(hard_problem()))
    # A shell starts what runs in the background with interruptions ignored, and so it is
    # handed down.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "cli.py", "solve", str(file), "--time-limit", "120", "--json"],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=100)
    assert process.returncode == 130, stderr
    told = json.loads(stdout)
    jsonschema.validate(told, schema_of("outcome"), cls=jsonschema.Draft202012Validator)
    assert told["interrupted"]
    assert told["status"] in {"proposed", "undecided"}
    assert not told["proved_optimal"]
    assert "Traceback" not in stderr


def test_no_answer_in_the_time_given_exits_4(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Undecided(seconds=0.5)
    monkeypatch.setattr("placement_engine.solver.solve", lambda *_, **__: answer)
    result = solve(problem(), "--json")
    assert result.exit_code == 4
    assert outcome(result)["status"] == "undecided"
    assert "Det betyder inte nej." in solve(problem()).stdout


def test_an_answer_that_fails_its_check_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Faulted(reason="canary", seconds=0.5)
    monkeypatch.setattr("placement_engine.solver.solve", lambda *_, **__: answer)
    result = solve(problem(), "--json")
    assert result.exit_code == 1
    assert outcome(result)["status"] == "faulted"
    assert outcome(result)["witness"] == {"checked": False}
    assert "canary" not in result.output
