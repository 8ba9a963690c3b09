"""A named analyst judges at the command line, and the next question is answered by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CASES, Placement, case

DAY = ("--as-of", "2026-11-01")
WHY = "Sett i två oberoende underlag."
HEADER = "a,b,kind,source,information,last_seen,first_seen,ended,severity,origin,handling\n"


def told(placement: Placement, *words: str, stdin: str | None = None) -> dict[str, Any]:
    result = placement(*words, *DAY, "--json", stdin=stdin)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def hostility(placement: Placement, a: str, b: str) -> float:
    return float(told(placement, "network", "explain", a, b)["h_or"])


def more(placement: Placement, folder: Path, persons: str, ties: str, batch: str) -> None:
    folder.mkdir()
    (folder / "persons.csv").write_text("person_id,role\n" + persons, encoding="utf-8")
    (folder / "groups.csv").write_text(
        "group_id,category,environment\nG-1,self_defined,criminal_network\n"
        "G-2,self_defined,criminal_network\n",
        encoding="utf-8",
    )
    (folder / "ties.csv").write_text(HEADER + ties, encoding="utf-8")
    result = placement("network", "import", str(folder), "--batch", batch, *DAY)
    assert result.exit_code == 0, result.stderr


def band_of(placement: Placement, name: str) -> tuple[str, list[str]]:
    one = told(placement, "propose", name)["cases"][0]
    return one["choices"][0]["band"], one["notices"]


def test_only_an_analyst_clears_who_was_unknown(
    placement: Placement, world: Path, tmp_path: Path
) -> None:
    # P-4 has no tie at all: the band is held up.
    band, notices = band_of(placement, "C-2")
    assert (band, "unknown_subject" in notices) == ("medium", True)
    # Ties arrive, and the case is entered anew in another form: the floor stays.
    more(
        placement,
        tmp_path / "more",
        "P-4,subject\nP-8,other\nP-9,other\n",
        "P-4,P-8,kinship,A,1,2026-10-01,,,,,\nP-4,P-9,kinship,A,1,2026-10-01,,,,,\n",
        "more",
    )
    changed = json.dumps(case("C-2", "P-4", needs=[]))
    assert placement("case", "add", "-", *DAY, stdin=changed).exit_code == 0
    band, notices = band_of(placement, "C-2")
    assert (band, "unknown_subject" in notices) == ("medium", True)
    rows = {row["id"]: row for row in told(placement, "network", "coverage")["people"]}
    assert rows["P-4"]["graded_ties"] == 2
    assert (rows["P-4"]["noted"], rows["P-4"]["floor"]) == (True, True)
    # A named analyst clears it, and may take that back.
    made = told(placement, "network", "clear", "P-4", stdin=WHY)
    assert (made["kind"], made["decided_by"], made["day"]) == ("clear", "A. Analyst", "2026-11-01")
    assert WHY not in json.dumps(made)
    assert "unknown_subject" not in band_of(placement, "C-2")[1]
    assert placement("network", "clear", "P-4", *DAY, stdin=WHY).exit_code == 10
    told(placement, "network", "clear", "P-4", "--revoke", stdin="Fel person.")
    assert "unknown_subject" in band_of(placement, "C-2")[1]


def test_nobody_is_cleared_who_is_known_or_not_there(placement: Placement) -> None:
    assert placement("network", "clear", "P-2", *DAY, stdin=WHY).exit_code == 10
    missing = placement("network", "clear", "P-99", *DAY, stdin=WHY)
    assert missing.exit_code == 10
    assert "P-99" not in missing.stderr


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 20_001])
def test_a_judgement_needs_a_reason(placement: Placement, reason: str) -> None:
    assert placement("network", "clear", "P-4", *DAY, stdin=reason).exit_code == 10
    assert told(placement, "network", "judgements")["judgements"] == []


def test_a_judgement_needs_a_name(placement: Placement) -> None:
    result = placement("network", "clear", "P-4", *DAY, stdin=WHY, PLACEMENT_USER="x" * 201)
    assert result.exit_code == 11


def test_a_peace_lowers_only_when_confirmed(placement: Placement, tmp_path: Path) -> None:
    before = hostility(placement, "P-1", "P-2")
    assert placement("network", "confirm-peace", "G-1", "G-2", *DAY, stdin=WHY).exit_code == 10
    over = "G-1,G-2,rivalry,C,3,2026-02-01,,2026-02-01,,,\n"
    more(placement, tmp_path / "peace", "", over, "peace")
    assert hostility(placement, "P-1", "P-2") >= before
    told(placement, "network", "confirm-peace", "G-2", "G-1", stdin=WHY)
    assert hostility(placement, "P-1", "P-2") < before
    # What is seen later counts again.
    again = "G-1,G-2,rivalry,C,3,2026-06-01,,,,,\n"
    more(placement, tmp_path / "again", "", again, "again")
    assert hostility(placement, "P-1", "P-2") > 0
    told(placement, "network", "confirm-peace", "G-1", "G-2", "--revoke", stdin=WHY)
    assert hostility(placement, "P-1", "P-2") >= before


def test_a_weak_defection_counts_only_when_confirmed(placement: Placement, tmp_path: Path) -> None:
    weak = "P-5,G-1,defection,D,4,2026-05-01,,,,,\nP-5,G-1,membership,B,2,2025-05-01,,,,,\n"
    more(placement, tmp_path / "weak", "P-5,subject\n", weak, "weak")
    before = hostility(placement, "P-5", "P-3")  # both have left G-1
    assert before > 0
    told(placement, "network", "confirm-defection", "P-5", "G-1", stdin=WHY)
    assert hostility(placement, "P-5", "P-3") < before
    told(placement, "network", "confirm-defection", "P-5", "G-1", "--revoke", stdin=WHY)
    assert hostility(placement, "P-5", "P-3") == before
    wrong = placement("network", "confirm-defection", "P-5", "G-2", *DAY, stdin=WHY)
    assert wrong.exit_code == 10


def test_a_confirmed_defector_who_went_back_carries_the_groups_will(
    placement: Placement, tmp_path: Path
) -> None:
    rows = "P-5,G-1,defection,D,4,2026-05-01,,,,,\nP-5,G-1,membership,B,2,2025-05-01,,,,,\n"
    more(placement, tmp_path / "weak", "P-5,subject\n", rows, "weak")
    told(placement, "network", "confirm-defection", "P-5", "G-1", stdin=WHY)
    confirmed = hostility(placement, "P-5", "P-3")
    rows = "P-5,G-1,defection,B,2,2026-11-01,,2026-11-01,,,\n"
    more(placement, tmp_path / "back", "P-5,subject\n", rows, "back")
    assert hostility(placement, "P-5", "P-3") > confirmed


def test_two_records_are_one_and_two_again(placement: Placement, tmp_path: Path) -> None:
    more(
        placement,
        tmp_path / "alias",
        "X-1,other\nT-2,threat_actor\n",
        "T-2,X-1,threat,B,2,2026-09-01,,,,,\nX-1,G-2,membership,B,2,2026-09-01,,,,,\n",
        "alias",
    )
    before = [
        told(placement, "network", "explain", *pair) for pair in (("P-4", "T-2"), ("P-4", "P-1"))
    ]
    assert before[0]["h_or"] == 0
    told(placement, "network", "merge", "P-4", "X-1", stdin=WHY)
    assert hostility(placement, "P-4", "T-2") > 0
    assert hostility(placement, "X-1", "T-2") == hostility(placement, "P-4", "T-2")
    assert hostility(placement, "X-1", "P-4") == 0
    shown = told(placement, "network", "show", "X-1")
    assert shown["aliases"] == ["P-4"]
    assert shown["graded_ties"] == 2
    assert "unknown_subject" not in band_of(placement, "C-2")[1]  # known by her other record
    assert placement("network", "merge", "X-1", "P-4", *DAY, stdin=WHY).exit_code == 10
    told(placement, "network", "unmerge", "X-1", "P-4", stdin=WHY)
    after = [
        told(placement, "network", "explain", *pair) for pair in (("P-4", "T-2"), ("P-4", "P-1"))
    ]
    assert after == before
    log = told(placement, "network", "judgements")["judgements"]
    assert [(row["kind"], row["revoked"], row["in_force"]) for row in log] == [
        ("merge", False, False),
        ("merge", True, False),
    ]
    assert log[0]["reason"] == WHY
    assert WHY not in placement("network", "judgements", *DAY).output


@pytest.mark.parametrize("pair", [("P-1", "G-1"), ("T-1", "P-1"), ("P-1", "P-1"), ("P-1", "P-77")])
def test_what_cannot_be_one_is_not_merged(placement: Placement, pair: tuple[str, str]) -> None:
    """A person and a group, two enemies, one record, somebody who is not there."""
    result = placement("network", "merge", *pair, *DAY, stdin=WHY)
    assert result.exit_code == 10
    assert told(placement, "network", "judgements")["judgements"] == []


def test_who_is_placed_under_another_id_is_the_same_person(
    placement: Placement, world: Path, tmp_path: Path
) -> None:
    """The case is of P-2b, who is placed as P-2: no danger to herself, and placed once."""
    assert len(CASES) == 3
    more(
        placement,
        tmp_path / "b",
        "P-2b,subject\n",
        "P-2b,G-2,membership,B,2,2025-03-01,,,,,\n",
        "b",
    )
    told(placement, "network", "merge", "P-2", "P-2b", stdin=WHY)
    one = json.dumps(case("C-9", "P-2b", avoid=[], current=None))
    assert placement("case", "add", "-", *DAY, stdin=one).exit_code == 0
    assert band_of(placement, "C-9")[0] != "high"
    assert placement("accept", "C-9", "--choice", "1", *DAY).exit_code == 0
    listed = told(placement, "network", "coverage")["people"]
    assert [row["id"] for row in listed if row["id"].startswith("P-2")] == ["P-2", "P-2b"]
    verified = placement("register", "verify", *DAY)
    assert verified.exit_code == 0


def test_a_judgement_holds_from_its_day_on(placement: Placement) -> None:
    told(placement, "network", "clear", "P-4", stdin=WHY)
    earlier = placement("network", "judgements", "--as-of", "2026-10-01", "--json")
    (row,) = json.loads(earlier.stdout)["judgements"]
    assert row["in_force"] is False
