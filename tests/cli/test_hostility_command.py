"""`placement hostility` works on a network alone, without a register."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from placement_engine.__main__ import command_table
from placement_engine.report.documents import schema_of

APP: Typer = command_table().app


@pytest.fixture
def hostility(made_world: Path) -> Callable[..., Result]:
    def invoke(*words: str, stdin: str | None = None) -> Result:
        given = ("--network", str(made_world / "network"), "--as-of", "2026-11-01")
        runner = CliRunner(env={"PLACEMENT_CACHE_DIR": str(made_world / "cache")})
        return runner.invoke(APP, ["hostility", *given, *words], input=stdin)

    return invoke


def pairs(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert list(made) == ["schema", "version", "pairs", "saturation"]
    jsonschema.validate(made, schema_of("hostility"), cls=jsonschema.Draft202012Validator)
    return list(made["pairs"])


def test_all_pairs_of_subjects_with_their_best_path(hostility: Callable[..., Result]) -> None:
    found = pairs(hostility("--json"))
    assert {(pair["a"], pair["b"]) for pair in found} == {
        ("P-1", "P-2"),
        ("P-1", "P-3"),
        ("P-2", "P-3"),
    }
    paths = {(pair["a"], pair["b"]): pair["path"] for pair in found}
    assert paths["P-1", "P-2"] == ["P-1", "G-1", "G-2", "P-2"]
    assert paths["P-1", "P-3"] == ["P-1", "T-1", "G-1", "P-3"]
    for pair in found:
        assert list(pair) == ["a", "b", "h_max", "h_or", "path"]
        assert 0.05 < pair["h_max"] <= pair["h_or"] <= 1


def test_the_threshold_may_be_nought(hostility: Callable[..., Result]) -> None:
    assert len(pairs(hostility("--json", "--threshold", "0"))) >= 2
    assert pairs(hostility("--json", "--threshold", "0.99")) == []


def test_subjects_come_from_a_file_or_standard_input(hostility: Callable[..., Result]) -> None:
    found = pairs(hostility("--json", "--subjects", "-", stdin="P-1\n\nT-1\nP-1\nP-77\n"))
    assert [(pair["a"], pair["b"]) for pair in found] == [("P-1", "T-1")]
    assert found[0]["path"] == ["P-1", "T-1"]


def test_longer_paths_can_be_left_out(hostility: Callable[..., Result]) -> None:
    found = pairs(hostility("--json", "--max-length", "1"))
    assert {(pair["a"], pair["b"]) for pair in found} == {("P-1", "P-2"), ("P-2", "P-3")}


@pytest.mark.parametrize(
    "words",
    [
        ("--threshold", "1"),
        ("--threshold", "-0.1"),
        ("--threshold", "nan"),
        ("--max-length", "0"),
        ("--max-length", "4"),
        ("--as-of", "2026-13-01"),
    ],
)
def test_what_is_out_of_range_exits_2(
    hostility: Callable[..., Result], words: tuple[str, ...]
) -> None:
    assert hostility(*words).exit_code == 2


def test_a_missing_network_exits_10(hostility: Callable[..., Result], tmp_path: Path) -> None:
    assert hostility("--network", str(tmp_path / "none")).exit_code == 10


def test_people_read_a_table(hostility: Callable[..., Result]) -> None:
    shown = hostility().stdout.splitlines()
    assert shown[0].split()[:2] == ["a", "b"]
    assert "bästa väg" in shown[0]
    assert "P-1" in shown[1] or "P-2" in shown[1]


@pytest.mark.parametrize(("language", "word"), [("sv", "medlemskap"), ("en", "membership")])
def test_a_saturated_network_is_told_with_its_ties(
    tmp_path: Path, made_world: Path, language: str, word: str
) -> None:
    people = [f"P-{i:02d}" for i in range(24)]
    grade = "B,2,2026-10-01"
    (tmp_path / "persons.csv").write_text(
        "person_id,role\n" + "".join(f"{p},subject\n" for p in people)
    )
    (tmp_path / "groups.csv").write_text(
        "group_id,category,environment\n"
        + "".join(f"G-{i},self_defined,criminal_network\n" for i in range(2))
    )
    (tmp_path / "ties.csv").write_text(
        "a,b,kind,source,information,last_seen\n"
        + "".join(f"{p},G-{i % 2},membership,{grade}\n" for i, p in enumerate(people))
        + f"G-0,G-1,rivalry,{grade}\n"
    )
    given = ["hostility", "--network", str(tmp_path), "--as-of", "2026-11-01", "--lang", language]
    runner = CliRunner(env={"PLACEMENT_CACHE_DIR": str(made_world / "cache")})
    made = json.loads(runner.invoke(APP, [*given, "--json"]).stdout)
    assert made["saturation"]["share"] == pytest.approx(144 / 276)
    assert {cause["kind"] for cause in made["saturation"]["kinds"]} == {"membership", "rivalry"}
    shown = runner.invoke(APP, given).stdout
    assert "52" in shown
    assert word in shown
