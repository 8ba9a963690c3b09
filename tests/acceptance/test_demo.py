"""The demonstration from end to end, as somebody sees it who has just installed the program."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from cli import app
from placement_engine.commands.demo import AS_OF, NEW_PEOPLE
from placement_engine.geo import load_geography
from placement_engine.policy import Policy
from placement_engine.testing.scenes import scenes
from placement_engine.testing.world import SyntheticWorld

SECONDS = 60


def _run(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    temporary = tmp_path / "temporary"
    temporary.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "placement_engine", "demo", *options],
        capture_output=True,
        check=False,
        timeout=SECONDS,
        env={**os.environ, "TMPDIR": str(temporary), "HOME": str(tmp_path)},
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def swedish(place: Path) -> str:
    start = time.monotonic()
    done = _run(place)
    assert done.returncode == 0, done.stderr.decode()
    assert time.monotonic() - start < SECONDS
    return done.stdout.decode()


@pytest.fixture(scope="module")
def document(place: Path) -> dict[str, Any]:
    done = _run(place, "--json")
    assert done.returncode == 0, done.stderr.decode()
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    """The world that the demonstration makes of its own accord."""
    return SyntheticWorld.generate(1, load_geography(Policy.default()), new=NEW_PEOPLE, as_of=AS_OF)


def _answers(document: dict[str, Any]) -> list[dict[str, Any]]:
    proposals: list[dict[str, Any]] = document["proposals"]
    return proposals


def test_three_cases_are_answered_and_the_third_has_a_confirmed_conflict(
    document: dict[str, Any],
) -> None:
    assert document["schema"] == "placement_engine/demo"
    first, second, third = _answers(document)
    for answer in (first, second):
        assert answer["status"] == "proposed"
        assert answer["witnessed"] is True
        (case,) = answer["cases"]
        assert 1 <= len(case["choices"]) <= 5
        assert [choice["number"] for choice in case["choices"]] == list(
            range(1, len(case["choices"]) + 1)
        )
        assert case["excluded"]
    assert third["status"] == "no_safe_placement"
    assert third["witnessed"] is True
    rules = {member["rule"] for member in third["conflict"]}
    assert "limits" in rules
    assert len(rules) >= 3
    assert document["accepted"] == ["C-1", "C-2"]


def test_choices_after_the_best_are_fifty_kilometres_from_all_before(
    document: dict[str, Any],
) -> None:
    geography = load_geography(Policy.default())
    for answer in _answers(document)[:2]:
        shown = [geography.index[c["municipality"]] for c in answer["cases"][0]["choices"]]
        for number, site in enumerate(shown):
            assert all(geography.crow_m[site, before] >= 50_000 for before in shown[:number])


def test_at_least_twenty_pairs_of_rivals_and_every_one_keeps_its_separation(
    document: dict[str, Any],
) -> None:
    told, unknown = document["told"], document["unknown"]
    assert told["pairs"] >= 20
    assert told["demanding"] >= 20
    assert told["too_near"] == 0
    assert unknown["pairs"] > 0
    assert 0 <= unknown["too_near"] <= unknown["demanding"] <= unknown["pairs"]
    facts = document["world"]
    assert facts["municipalities"] == 290
    assert facts["placed"] == 300
    assert facts["police_regions"] >= 3
    assert facts["missing_share"] == pytest.approx(0.30, abs=0.02)
    assert facts["wrong_share"] == pytest.approx(0.10, abs=0.01)


def test_a_person_reads_the_same_in_swedish_as_the_document_holds(
    swedish: str, document: dict[str, Any]
) -> None:
    for answer in _answers(document)[:2]:
        for choice in answer["cases"][0]["choices"]:
            assert choice["name"] in swedish
    assert f"rivaliserande grupper, enligt det motorn vet: {document['told']['pairs']}." in swedish
    assert "alla håller sitt avstånd" in swedish
    assert "Ingen säker placering finns" in swedish
    assert "Kontrollerat av oberoende kod" in swedish


def test_nobody_who_is_placed_is_named_and_no_place_but_those_proposed(
    swedish: str, document: dict[str, Any], world: SyntheticWorld
) -> None:
    told = swedish + json.dumps(document, ensure_ascii=False)
    assert not [person for person in world.placed if person in told]
    assert not [name for name in world.ids if name in told]
    choices = [c for answer in _answers(document) for k in answer["cases"] for c in k["choices"]]
    proposed = {choice["municipality"] for choice in choices}
    for place in sorted(world.geography.municipalities, key=lambda m: -len(m.county)):
        told = told.replace(place.county, "")
    for choice in choices:
        told = told.replace(choice["name"], "")
    named = [
        place.name
        for place in world.geography.municipalities
        if place.code not in proposed and re.search(rf"\b{place.name}\b", told)
    ]
    assert not named
    codes = set(re.findall(r'"(\d{4})"', json.dumps(document)))
    assert codes <= proposed


def test_nothing_is_left_behind(place: Path, swedish: str, document: dict[str, Any]) -> None:
    assert swedish
    assert document
    assert list((place / "temporary").iterdir()) == []


def test_a_world_that_cannot_be_is_a_usage_error_and_leaves_nothing(tmp_path: Path) -> None:
    done = _run(tmp_path, "--persons", "100")
    assert done.returncode == 2
    assert b"PE-0200" in done.stderr
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_fails_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr("placement_engine.testing.world.SyntheticWorld.write", _write_and_fail)
    script = ["demo", "--placed", "20", "--persons", "800", "--groups", "10"]
    with pytest.raises(SystemExit) as ended:
        app(script)
    assert ended.value.code == 1
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("placement-demo-")] == []


def _write_and_fail(self: SyntheticWorld, folder: Path) -> None:
    (folder / "placements.csv").write_text(self.placements[0].municipality)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    raise OSError("the disk is full")


def test_each_scene_is_a_defector_who_is_not_placed(world: SyntheticWorld) -> None:
    made = scenes(world)
    assert [case["id"] for case in made] == ["C-1", "C-2", "C-3"]
    subjects = {case["subject"] for case in made}
    assert len(subjects) == 3
    assert subjects <= set(world.defectors)
    assert subjects.isdisjoint(world.placed)
    assert len(made[2]["within"]) == 2  # type: ignore[arg-type]
