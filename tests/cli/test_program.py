"""Errors become a message and an exit code once, and tell nothing that was typed or stored."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner, Result

from placement_engine.commands.phrases import BY_CODE
from placement_engine.commands.program import program
from placement_engine.errors import EXIT_CODES, Fault, InvalidFiles, PlacementError, WrongKey

SECRET = "canary-row-7"


def _subclasses(kind: type[PlacementError]) -> list[type[PlacementError]]:
    return [kind, *(deeper for sub in kind.__subclasses__() for deeper in _subclasses(sub))]


def run_failing(raised: Callable[[], None], *words: str) -> Result:
    def fail(*, as_json: bool = typer.Option(False, "--json"), lang: str = "sv") -> None:
        raised()

    app = program({"fail": fail, "group fail": fail}, {"group": "A group."}, "A test.")
    return CliRunner().invoke(app, ["fail", *words])


def test_a_placement_error_tells_its_code_and_exit_code() -> None:
    def wrong_key() -> None:
        raise WrongKey("The passphrase is wrong.", unchanged="Nothing was opened.", do="Look.")

    result = run_failing(wrong_key)
    assert result.exit_code == 13
    assert result.stdout == ""
    assert "PE-1300" in result.stderr
    assert "Nyckeln är fel eller saknas." in result.stderr
    assert "Nothing was opened." in result.stderr


def test_json_errors_are_one_document_on_standard_error() -> None:
    def refuse() -> None:
        raise InvalidFiles([Fault(f"{n % 3}.csv", n, "a", "not known") for n in range(1, 60)])

    result = run_failing(refuse, "--json")
    document = json.loads(result.stderr)
    assert list(document)[:2] == ["schema", "version"]
    assert document["schema"] == "placement_engine/error"
    assert document["exit_code"] == result.exit_code == 10
    assert len(document["faults"]) == 59
    assert result.stdout == ""


def test_an_unexpected_error_tells_only_its_type_and_our_line() -> None:
    def fail() -> None:
        local = SECRET
        raise RuntimeError(f"row {local}")

    result = run_failing(fail)
    assert result.exit_code == 1
    assert "PE-0100" in result.stderr
    assert "RuntimeError" in result.stderr
    assert "commands/" in result.stderr or "placement" in result.stderr
    assert SECRET not in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_interruption_is_130(words: tuple[str, ...]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    result = run_failing(interrupt, *words)
    assert result.exit_code == 130
    assert "PE-0300" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["fail", "--no-such", SECRET],
        ["fail", SECRET],
        ["fail", f"--{SECRET}"],
        ["fail", "--lang"],
        [SECRET],
        ["group", SECRET],
    ],
)
def test_usage_errors_exit_2_and_repeat_nothing_that_was_typed(words: list[str]) -> None:
    def fail(*, lang: str = "sv") -> None:
        raise AssertionError(lang)

    app = program({"fail": fail, "group fail": fail}, {"group": "A group."}, "A test.")
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "PE-0200" in result.stderr
    assert SECRET not in result.output
    assert result.stdout == ""


def test_usage_errors_come_in_the_language_asked_for() -> None:
    def fail(*, lang: str = "sv") -> None:
        raise AssertionError(lang)

    app = program({"fail": fail, "group fail": fail}, {"group": "A group."}, "A test.")
    swedish = CliRunner().invoke(app, ["fail", "--nej"]).stderr
    english = CliRunner().invoke(app, ["fail", "--nej", "--lang", "en"]).stderr
    assert "Det valet finns inte här." in swedish
    assert "There is no such option here." in english


def test_every_error_code_is_told_in_swedish() -> None:
    ours = {
        k.code for k in _subclasses(PlacementError) if k.__module__ == PlacementError.__module__
    }
    assert set(BY_CODE) == ours


def test_every_error_class_has_its_own_code_and_a_known_exit_code() -> None:
    kinds = _subclasses(PlacementError)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {kind.exit_code for kind in kinds} <= set(EXIT_CODES)
