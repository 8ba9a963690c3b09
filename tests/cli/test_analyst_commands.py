"""What an analyst looks at: why, how sure, who stands around whom, and what changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from placement_engine.report.documents import schema_of
from tests.cli.conftest import Placement
from tests.cli.test_commands import document
from tests.cli.test_judgement_commands import more

DAY = ("--as-of", "2026-11-01")
CODED = "informant-7"  # on the rivalry of G-1 and G-2
SVG = "{http://www.w3.org/2000/svg}"


def edges(told: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [edge for path in told["paths"] for edge in path["edges"] if edge["kind"] == kind]
    assert found
    return found


def test_an_explanation_goes_down_to_the_sources(placement: Placement) -> None:
    told = document(placement("network", "explain", "P-1", "P-2", *DAY, "--json"), "paths")
    for edge in edges(told, "membership"):
        assert edge["grade"] == "B2"
        assert [source["source"] for source in edge["sources"]] == ["main/B"]
        assert edge["strength"] > 0
    first = told["paths"][0]
    assert first["sentence"].startswith("P-1 ")
    assert "källa main/B" in first["sentence"]
    sides = told["coverage"]
    assert [(side["id"], side["graded_ties"], side["unknown"]) for side in sides] == [
        ("P-1", 3, False),
        ("P-2", 2, False),
    ]
    assert sides[0]["months"] == 5


def test_a_coded_source_shows_nothing_of_itself(placement: Placement) -> None:
    told = document(placement("network", "explain", "P-1", "P-2", *DAY, "--json"), "paths")
    for edge in edges(told, "rivalry"):
        assert edge["protected"] is True
        hidden = {"source": None, "grade": None, "months": None, "protected": True}
        assert edge["sources"] == [hidden]
        assert (edge["grade"], edge["months"], edge["strength"]) == (None, None, None)
    text = placement("network", "explain", "P-1", "P-2", *DAY).stdout
    assert "rivaler (skyddad uppgift)" in text
    assert CODED not in text
    english = placement("network", "explain", "P-1", "P-2", *DAY, "--lang", "en").stdout
    assert "are rivals (protected source)" in english


def test_whoever_names_the_code_sees_the_source(placement: Placement) -> None:
    words = ("network", "explain", "P-1", "P-2", "--code", "wrong", "--code", CODED)
    told = document(placement(*words, *DAY, "--json"), "paths")
    for edge in edges(told, "rivalry"):
        assert (edge["protected"], edge["grade"], edge["months"]) == (False, "B2", 9)
    assert CODED not in json.dumps(told)
    wrong = placement("network", "explain", "P-1", "P-2", "--code", "informant", *DAY, "--json")
    assert all(edge["protected"] for edge in edges(document(wrong, "paths"), "rivalry"))


def test_a_defection_that_nobody_reported_says_so(placement: Placement, tmp_path: Path) -> None:
    rows = "P-4,G-2,membership,B,2,2025-05-01,,,,,\n"
    more(placement, tmp_path / "implied", "P-4,subject\n", rows, "implied")
    told = document(placement("network", "explain", "P-4", "G-2", *DAY, "--json"), "paths")
    (edge,) = edges(told, "defection")
    assert edge["implied"] is True
    assert "P-4 räknas som avhoppare från G-2" in told["paths"][0]["sentence"]


def test_somebody_and_who_stands_around(placement: Placement, tmp_path: Path) -> None:
    picture = tmp_path / "ego.svg"
    words = ("network", "show", "G-1", "--svg", str(picture))
    told = document(placement(*words, *DAY, "--json"), "network")
    assert {(row["other"], row["kind"], row["enmity"]) for row in told["edges"]} >= {
        ("G-2", "rivalry", True),
        ("T-1", "membership", False),
        ("P-1", "defection", True),
    }
    (coded,) = [row for row in told["edges"] if row["kind"] == "rivalry"]
    assert (coded["protected"], coded["grade"], coded["strength"]) == (True, None, None)
    text = picture.read_text(encoding="utf-8")
    assert picture.stat().st_mode & 0o077 == 0
    assert not re.search(r"https?:|<script|<image|@import|url\(", text.replace(SVG[1:-1], ""))
    drawn = ElementTree.fromstring(text)
    paths = drawn.findall(f"{SVG}path")
    signs = [one.text for one in drawn.findall(f"{SVG}text") if one.get("class") == "sign"]
    assert len(paths) == len(signs)
    assert {"+", "×"} == set(signs)
    assert "stroke-dasharray" in text
    assert placement(*words, *DAY).exit_code == 2  # never writes over a file
    assert "skyddad uppgift" in placement("network", "show", "G-1", *DAY).stdout


def test_what_comes_later_is_not_counted_yet(placement: Placement) -> None:
    words = ("network", "show", "T-1", "--as-of", "2026-05-31", "--json")
    assert document(placement(*words), "network")["ties"] == []
    words = ("network", "show", "T-1", "--as-of", "2026-06-01", "--json")
    assert [row["reports"] for row in document(placement(*words), "network")["ties"]] == [1, 1]


def test_how_sure(placement: Placement) -> None:
    words = ("network", "reliability", "P-1", "P-2", "--worlds", "4000", "--seed", "2", *DAY)
    told = document(placement(*words, "--json"), "reliability")
    slack = 5 * told["standard_error"]
    assert told["h_max"] - slack <= told["reliability"] <= told["h_or"] + slack
    assert document(placement(*words, "--json"), "reliability") == told
    assert "≤ R ≤" in placement(*words).stdout
    for wrong in (("--worlds", "0"), ("--seed", "-1")):
        assert placement("network", "reliability", "P-1", "P-2", *wrong, *DAY).exit_code == 2


def test_how_balanced(placement: Placement) -> None:
    told = document(placement("network", "balance", "--persons", *DAY, "--json"), "balance")
    assert told["frustration_exact"] is True
    assert told["frustration_upper"] == len(told["frustrated"])
    # P-1 has left G-1, which he was a member of: friend and foe at once.
    assert {"a": "G-1", "b": "P-1", "enmity": True} in told["ambivalent"]
    assert sorted(node for part in told["factions"] for node in part["one"] + part["other"]) == [
        "G-1", "G-2", "P-1", "P-2", "P-3", "T-1",
    ]  # fmt: skip
    groups = placement("network", "balance", *DAY)
    assert "1 par, 1 fiendskap; 0 trianglar" in groups.stdout


def test_what_changed_between_two_dates_and_two_imports(
    placement: Placement, tmp_path: Path
) -> None:
    words = ("network", "diff", "--from", "2026-01-01", "--to", "2026-06-01")
    told = document(placement(*words, *DAY, "--json"), "diff")
    assert (told["new"], told["gone"], told["regraded"]) == (3, 0, 0)
    assert {(row["a"], row["kind"], row["after"]) for row in told["rows"]} == {
        ("P-1", "defection", "A1"),
        ("T-1", "threat", "B2"),
        ("T-1", "membership", "B2"),
    }
    first = "P-1,G-1,membership,B,2,2025-06-01,,,,,\nP-2,G-2,membership,B,2,2025-02-01,,,,,\n"
    second = "P-1,G-1,membership,A,1,2025-06-01,,,,,\nG-1,G-2,rivalry,B,2,2026-01-01,,,,,x-9\n"
    people = "P-1,subject\nP-2,subject\n"
    more(placement, tmp_path / "first", people, first, "weekly")
    more(placement, tmp_path / "second", people, second, "other")
    words = ("network", "diff", "--from", "weekly", "--to", "other")
    told = document(placement(*words, *DAY, "--json"), "diff")
    assert [(row["change"], row["a"], row["before"], row["after"]) for row in told["rows"]] == [
        ("new", "G-1", None, None),  # coded for handling: no grade
        ("gone", "P-2", "B2", None),
        ("regraded", "P-1", "B2", "A1"),
    ]
    assert told["rows"][0]["protected"] is True
    page = placement(*words, *DAY).stdout
    assert "1 nya, 1 borta, 1 omgraderade" in page
    assert "skyddad uppgift" in page


def test_a_superseded_import_can_be_compared(placement: Placement, tmp_path: Path) -> None:
    rows = "P-1,G-1,membership,B,2,2025-06-01,,,,,\n"
    more(placement, tmp_path / "one", "P-1,subject\n", rows, "weekly")
    more(
        placement,
        tmp_path / "two",
        "P-1,subject\n",
        rows + rows.replace("membership,B", "defection,C"),
        "weekly",
    )
    later = placement(
        "network", "import", str(tmp_path / "one"), "--batch", "weekly", "--as-of", "2026-11-08"
    )
    assert later.exit_code == 0
    words = ("network", "diff", "--from", "weekly@2026-11-02", "--to", "weekly")
    told = document(placement(*words, "--as-of", "2026-11-08", "--json"), "diff")
    assert [(row["change"], row["kind"]) for row in told["rows"]] == [("gone", "defection")]
    for wrong in (("nothing", "weekly"), ("weekly", "weekly@1999-01-01")):
        words = ("network", "diff", "--from", wrong[0], "--to", wrong[1])
        assert placement(*words, *DAY).exit_code == 10
    assert placement("network", "diff", "--from", "weekly@x", "--to", "weekly").exit_code == 2


@pytest.mark.parametrize("by", ["source", "origin", "batch"])
def test_what_rests_on_one_source(placement: Placement, by: str) -> None:
    stated = placement("network", "sensitivity", "--by", by, *DAY, "--json")
    told = document(stated, "network_sensitivity")
    first = told["sources"][0]
    assert told["people"] == 4
    assert first["changed"] == len(first["pairs"]) > 0
    assert {"low", "medium", "high"} >= {pair["after"] for pair in first["pairs"]}
    expected = {"source": {"A", "B"}, "batch": {"main"}, "origin": {"main/A", None}}
    assert {row["source"] for row in told["sources"]} == expected[by]
    assert told["left_out"] == 0


def test_an_origin_that_is_coded_is_not_named(placement: Placement) -> None:
    text = placement("network", "sensitivity", "--by", "origin", *DAY).stdout
    assert "skyddad uppgift" in text
    assert "main/B" not in text
    assert placement("network", "sensitivity", "--by", "nobody", *DAY).exit_code == 2
    assert placement("network", "sensitivity", "--most", "0", *DAY).exit_code == 2


def test_schemas_of_the_views_allow_nothing_else() -> None:
    for name in ("balance", "coverage", "diff", "judgements", "reliability", "network_sensitivity"):
        assert schema_of(name)["additionalProperties"] is False
