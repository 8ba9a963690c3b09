"""What the program tells of itself: settings, exit codes, and whether it can work here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import Result

from placement_engine.commands.help import SWEDISH
from placement_engine.errors import EXIT_CODES
from placement_engine.report.documents import schema_of

Placement = Callable[..., Result]


def test_every_exit_code_has_its_meaning_in_both_languages(placement: Placement) -> None:
    assert list(SWEDISH) == list(EXIT_CODES)
    result = placement("help", "exit-codes", "--json", "--lang", "en")
    told = json.loads(result.stdout)
    jsonschema.validate(told, schema_of("exit_codes"))
    assert {row["code"]: row["meaning"] for row in told["exit_codes"]} == EXIT_CODES
    swedish = placement("help", "exit-codes").stdout
    assert all(str(code) in swedish for code in EXIT_CODES)


def test_settings_tell_where_they_came_from(placement: Placement, world: Path) -> None:
    shown = placement("config", "show", "--origin", "--lang", "en", "--json")
    told = json.loads(shown.stdout)
    jsonschema.validate(told, schema_of("config"))
    origins = {row["name"]: row["origin"] for row in told["settings"]}
    assert origins["lang"] == "option"
    assert origins["register"] == f"configuration {world / 'config.toml'}"
    assert origins["decided_by"] == "environment PLACEMENT_USER"
    assert origins["policy"] == "default"
    assert "correct horse" not in shown.output
    assert "environment" not in placement("config", "show").stdout


def test_the_doctor_finds_nothing(placement: Placement) -> None:
    result = placement("doctor", "--json")
    assert result.exit_code == 0, result.stdout
    told = json.loads(result.stdout)
    jsonschema.validate(told, schema_of("doctor"))
    checks = {row["check"]: row["detail"] for row in told["checks"]}
    assert checks["municipalities"].startswith("290, ")
    assert "ortools" in checks["packages"]


@pytest.mark.parametrize("name", ["a.register", "passphrase"])
def test_the_doctor_finds_files_that_others_may_read(
    placement: Placement, world: Path, name: str
) -> None:
    (world / name).chmod(0o644)
    result = placement("doctor", "--lang", "en")
    assert result.exit_code == 11
    assert "Set mode 0600." in result.stdout


def test_the_doctor_finds_a_missing_register_and_a_wrong_policy(
    placement: Placement, world: Path
) -> None:
    (world / "policy.toml").write_text("name = 'x'\n")
    result = placement(
        "doctor", "--register", str(world / "no"), "--policy", str(world / "policy.toml"), "--json"
    )
    assert result.exit_code == 11
    bad = {row["check"] for row in json.loads(result.stdout)["checks"] if not row["ok"]}
    assert bad >= {"register", "policy"}


def test_the_doctor_needs_no_passphrase(placement: Placement, world: Path) -> None:
    (world / "config.toml").write_text("")
    assert placement("doctor").exit_code == 0
