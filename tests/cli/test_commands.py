"""From a register to a decision by the real commands, over a tiny world."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import Result

from placement_engine.report.documents import DOCUMENTS, ENTERED, schema_of
from tests.security.telling import told_of

Placement = Callable[..., Result]
DAY = ("--as-of", "2026-11-01")


def document(result: Result, name: str) -> dict[str, Any]:
    """The one JSON document of a result, valid against its schema."""
    made: dict[str, Any] = json.loads(result.stdout)
    assert list(made)[:2] == ["schema", "version"]
    assert made["schema"] == f"placement_engine/{name}"
    jsonschema.validate(made, schema_of(name), cls=jsonschema.Draft202012Validator)
    return made


def test_a_register_needs_single_user_in_this_release(placement: Placement, world: Path) -> None:
    result = placement("register", "init", "--register", str(world / "b.register"))
    assert result.exit_code == 15
    assert not (world / "b.register").exists()


def test_init_makes_a_private_file_and_never_overwrites(placement: Placement, world: Path) -> None:
    path = world / "b.register"
    result = placement("register", "init", "--single-user", "--register", str(path), "--json")
    assert result.exit_code == 0
    assert document(result, "register")["notices"] == ["single_user"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    again = placement("register", "init", "--single-user", "--register", str(path))
    assert again.exit_code == 12
    assert path.read_bytes() == before


def test_single_user_is_said_on_standard_error(placement: Placement) -> None:
    assert "Enanvändarregister" in placement("register", "list", *DAY).stderr
    assert "Single-user" in placement("register", "list", *DAY, "--lang", "en").stderr


def test_cases_are_listed_by_id_and_state(placement: Placement) -> None:
    listed = document(placement("register", "list", *DAY, "--json"), "cases")
    assert [(row["id"], row["state"]) for row in listed["cases"]] == [
        ("C-1", "open"),
        ("C-2", "open"),
        ("C-3", "open"),
    ]


def test_proposal_acceptance_and_what_is_told_of_it(placement: Placement, world: Path) -> None:
    proposed = placement("propose", "C-1", *DAY, "--json")
    assert proposed.exit_code == 0
    told = document(proposed, "proposal")
    own = told["cases"][0]
    assert told["status"] == "proposed"
    assert told["witnessed"]
    assert [choice["number"] for choice in own["choices"]] == [1, 2, 3, 4, 5]
    assert "single_user" in own["notices"]
    assert {one["reason"] for one in own["excluded"]} >= {"separation", "home", "presence"}
    assert "2403" not in [choice["municipality"] for choice in own["choices"]]

    accepted = placement("accept", "C-1", "--choice", "2", *DAY, "--json")
    assert accepted.exit_code == 0, accepted.stderr
    decision = document(accepted, "decision")
    assert decision == {
        "schema": "placement_engine/decision",
        "version": 1,
        "case": "C-1",
        "kind": "choice",
        "choice": 2,
        "decided_by": "A. Analyst",
        "notices": ["single_user"],
    }
    listed = document(placement("register", "list", *DAY, "--json"), "cases")
    assert listed["cases"][0] == {"id": "C-1", "state": "decided"}

    explained = placement("explain", "C-1", *DAY, "--json")
    told = document(explained, "explanation")
    assert told["state"] == "decided"
    assert [choice["number"] for choice in told["choices"]] == [1, 2, 3, 4, 5]
    for choice in own["choices"]:
        assert choice["name"] not in explained.stdout
        assert f'"{choice["municipality"]}"' not in explained.stdout

    verified = document(placement("register", "verify", *DAY, "--json"), "verification")
    assert verified["intact"]


def test_a_proposal_for_people(placement: Placement) -> None:
    result = placement("propose", "C-2", *DAY)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "Förslag, inget beslut: en namngiven person beslutar."
    )
    assert "Kontrollerat av oberoende kod." in result.stdout
    assert "Ärende C-2" in result.stdout
    english = placement("propose", "C-2", *DAY, "--lang", "en")
    assert english.stdout.splitlines()[-1] == "A proposal, no decision: a named person decides."


def test_a_need_without_data_is_not_checked(placement: Placement, world: Path) -> None:
    text = (world / "cases.jsonl").read_text().splitlines()[1]
    other = text.replace("C-2", "C-9").replace('"psychiatry"', '"addiction_treatment"')
    assert placement("case", "add", "-", *DAY, stdin=other).exit_code == 0
    result = placement("propose", "C-9", *DAY)
    assert "ej kontrollerat" in result.stdout
    assert "behov" in result.stdout


def test_no_safe_placement_exits_3_with_its_conflict(placement: Placement) -> None:
    result = placement("propose", "C-3", *DAY, "--json")
    assert result.exit_code == 3
    told = document(result, "proposal")
    assert told["status"] == "no_safe_placement"
    assert told["conflict"]
    assert told["witnessed"]
    text = placement("propose", "C-3", *DAY)
    assert "Ingen säker placering" in text.stdout
    assert "Minsta konflikt" in text.stdout


def test_an_override_takes_its_place_and_reason_from_standard_input(placement: Placement) -> None:
    result = placement(
        "accept", "C-2", "--override", *DAY, "--json", stdin="2584\nclose to an aunt\nwho helps\n"
    )
    assert result.exit_code == 0, result.stderr
    assert document(result, "decision")["kind"] == "override"
    assert told_of(result.output, ("2584", "aunt", "Kiruna")) == []


@pytest.mark.parametrize("stdin", ["", "2584\n", "2584\n  \n", "Kiruna\nwhy\n", "9999\nwhy\n"])
def test_an_override_needs_a_place_and_a_reason(placement: Placement, stdin: str) -> None:
    result = placement("accept", "C-2", "--override", *DAY, stdin=stdin)
    assert result.exit_code == 10
    assert told_of(result.output, ("2584", "Kiruna", "9999", "why")) == []


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--choice", "1", "--override"),
        ("--choice", "1", "--editor"),
    ],
)
def test_a_decision_is_one_thing(placement: Placement, words: tuple[str, ...]) -> None:
    assert placement("accept", "C-2", *words, *DAY).exit_code == 2


def test_an_override_by_editor_leaves_no_file(
    placement: Placement, world: Path, tmp_path: Path
) -> None:
    editor = world / "editor.sh"
    editor.write_text(
        '#!/bin/sh\nstat -c %a "$1" "$(dirname "$1")" > "$0.modes"\n'
        'dirname "$1" > "$0.folder"\n'
        'cp "$1" "$1~"\nprintf "2584\\nclose to an aunt\\n" > "$1"\n'
    )
    editor.chmod(0o700)
    result = placement(
        "accept", "C-2", "--override", "--editor", *DAY, EDITOR=str(editor), VISUAL=""
    )
    assert result.exit_code == 0, result.stderr
    assert (world / "editor.sh.modes").read_text().split() == ["600", "700"]
    assert not Path((world / "editor.sh.folder").read_text().strip()).exists()
    assert "aunt" not in result.output


@pytest.mark.parametrize("editor", ["", "/no/such/editor", "false"])
def test_an_editor_that_cannot_be_run_changes_nothing(placement: Placement, editor: str) -> None:
    result = placement("accept", "C-2", "--override", "--editor", *DAY, EDITOR=editor, VISUAL="")
    assert result.exit_code in {10, 11}
    listed = document(placement("register", "list", *DAY, "--json"), "cases")
    assert listed["cases"][1]["state"] == "open"


@pytest.mark.parametrize("words", [("propose", "C-77"), ("explain", "C-1"), ("case", "show", "x")])
def test_what_is_not_known_exits_10(placement: Placement, words: tuple[str, ...]) -> None:
    result = placement(*words, *DAY)
    assert result.exit_code == 10
    assert "PE-1050" in result.stderr


def test_a_case_is_shown_as_it_was_entered(placement: Placement, world: Path) -> None:
    entered = json.loads((world / "cases.jsonl").read_text().splitlines()[0])
    shown = document(placement("case", "show", "C-1", *DAY, "--json"), "case")
    jsonschema.validate(entered, schema_of("case"), cls=jsonschema.Draft202012Validator)
    assert {name: shown[name] for name in entered} == entered
    assert "C-1" in placement("case", "show", "C-1", *DAY).stdout


def test_consent_is_a_gate(placement: Placement, world: Path) -> None:
    text = (world / "cases.jsonl").read_text().splitlines()[0].replace("C-1", "C-8")
    without = text.replace('"information_exchange": true', '"information_exchange": false')
    assert placement("case", "add", "-", *DAY, stdin=without).exit_code == 0
    result = placement("propose", "C-8", *DAY)
    assert result.exit_code == 10
    assert "PE-1040" in result.stderr


def test_what_is_known_of_a_person(placement: Placement) -> None:
    told = document(placement("network", "show", "P-1", *DAY, "--json"), "network")
    assert {row["kind"]: row["reports"] for row in told["ties"]} == {
        "defection": 1,
        "membership": 1,
        "threat": 1,
    }
    unknown = placement("network", "show", "P-77", *DAY)
    assert "ingen känd koppling (0 uppgifter)" in unknown.stdout


def test_why_two_are_hostile_without_handling(placement: Placement) -> None:
    result = placement("network", "explain", "P-1", "P-2", *DAY, "--json")
    told = document(result, "paths")
    assert told["h_or"] >= told["h_max"] > 0.15
    assert {edge["kind"] for edge in told["paths"][0]["edges"]} >= {"rivalry"}
    assert "informant-7" not in result.output
    text = placement("network", "explain", "P-1", "P-2", *DAY)
    assert "rivalitet" in text.stdout
    assert "informant-7" not in text.output


def test_a_batch_that_is_known_changes_nothing(placement: Placement, world: Path) -> None:
    result = placement("network", "import", str(world / "network"), *DAY, "--json")
    assert not document(result, "import")["changed"]


def test_the_file_of_placements_stays_the_callers_to_destroy(
    placement: Placement, world: Path
) -> None:
    (world / "more.csv").write_text("subject,municipality,from\nP-9,2584,2026-01-01\n")
    result = placement("register", "import", str(world / "more.csv"), *DAY)
    assert result.exit_code == 0
    assert "din att förstöra" in result.stderr
    assert (world / "more.csv").exists()
    assert told_of(result.output, ["2584"]) == []


def test_removing_needs_a_known_placement(placement: Placement) -> None:
    assert placement("register", "remove", *DAY).exit_code == 2
    assert placement("register", "remove", "C-2", *DAY).exit_code == 10
    by_subject = placement("register", "remove", "--subjects", "-", *DAY, "--json", stdin="P-2\n")
    assert document(by_subject, "removal")["removed"] == 1
    again = placement("register", "remove", "--subjects", "-", *DAY, stdin="P-2\n")
    assert again.exit_code == 10


def test_a_bad_file_is_refused_with_all_its_faults(placement: Placement, world: Path) -> None:
    rows = "\n".join("P-9,canary-9999,2026-01-01" for _ in range(50))
    (world / "bad.csv").write_text(f"subject,municipality,from\n{rows}\n")
    result = placement("register", "import", str(world / "bad.csv"), *DAY, "--json")
    assert result.exit_code == 10
    assert len(json.loads(result.stderr)["faults"]) >= 50
    assert "canary" not in result.output


@pytest.mark.parametrize("sub", ["list", "verify"])
def test_a_register_on_a_server_is_refused_without_its_password(
    placement: Placement, sub: str
) -> None:
    url = "postgresql://user:canary-secret@host/base"
    result = placement("register", sub, "--register", url, *DAY)
    assert result.exit_code == 11
    assert "canary-secret" not in result.output


def test_no_register_named_is_configuration(placement: Placement, world: Path) -> None:
    (world / "config.toml").write_text("")
    assert placement("register", "list", *DAY).exit_code == 11


def test_a_missing_register_is_unavailable(placement: Placement, world: Path) -> None:
    result = placement("register", "list", "--register", str(world / "no.register"), *DAY)
    assert result.exit_code == 12


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (("--passphrase-command", "printf wrong"), None, 13),
        (("--passphrase-command", "printf a", "--passphrase-file", "x"), None, 2),
        (("--as-of", "yesterday"), None, 2),
        (("--policy", "/no/such/file"), None, 11),
    ],
)
def test_exit_codes_of_options(
    placement: Placement, words: tuple[str, ...], stdin: str | None, code: int
) -> None:
    result = placement("register", "list", *words, stdin=stdin)
    assert result.exit_code == code
    assert result.stdout == ""


def test_an_altered_register_is_14(placement: Placement, world: Path) -> None:
    path = world / "a.register"
    raw = bytearray(path.read_bytes())
    raw[-100] ^= 1
    path.write_bytes(raw)
    assert placement("register", "verify", *DAY).exit_code == 14


def test_every_shipped_schema_is_up_to_date() -> None:
    folder = Path(__file__).parents[2] / "placement_engine" / "report" / "schemas"
    shipped = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    assert shipped == {name: schema_of(name) for name in (*DOCUMENTS, *ENTERED)}
    for schema in shipped.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_sensitivity_tells_numbers_and_effects_but_no_place(placement: Placement) -> None:
    asked = ("sensitivity", "C-1", *DAY, "--number", "exposure.d0_km", "--number", "risk.ceiling")
    told = document(placement(*asked, "--json"), "sensitivity")
    assert [row["number"] for row in told["rows"]] == ["exposure.d0_km", "risk.ceiling"]
    assert [one["value"] for one in told["rows"][0]["tried"]] == [20.0, 60.0]
    page = placement(*asked, "--lang", "en").stdout
    assert "numbers can change the first choice" in page
    assert "förstahandsvalet" in placement(*asked).stdout
    assert placement("sensitivity", "C-1", *DAY, "--number", "canary").exit_code == 2


def test_uncertainty_tells_both_plans(placement: Placement) -> None:
    asked = ("uncertainty", "C-1", *DAY, "--worlds", "5")
    told = document(placement(*asked, "--json"), "uncertainty")
    assert (told["worlds"], told["weight_percent"], told["tail_percent"]) == (5, 50, 5)
    assert [row["case"] for row in told["cases"]] == ["C-1"]
    assert told["by_tail"]["tail"] >= told["by_tail"]["mean"] > 0
    assert "tänkbara nätverk" in placement(*asked).stdout
    assert "possible networks" in placement(*asked, "--lang", "en").stdout
    for words in (("--worlds", "0"), ("--weight", "101"), ("--tail", "0")):
        assert placement("uncertainty", "C-1", *DAY, *words).exit_code == 2
