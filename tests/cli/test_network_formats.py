"""Import and export of other formats by the real commands: counts, codes, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from placement_engine.register import Register
from tests.cli.conftest import GROUPS
from tests.cli.test_commands import document

Placement = Callable[..., Result]
DAY = ("--as-of", "2026-11-01")


def in_force(placement: Placement, who: str) -> dict[str, Any]:
    return document(placement("network", "show", who, *DAY, "--json"), "network")


@pytest.mark.parametrize("name", ["out", "out.anx", "out.graphml", "out.jsonl"])
def test_what_is_exported_is_known_already(placement: Placement, world: Path, name: str) -> None:
    target = str(world / name)
    done = placement("network", "export", target, "--code", "informant-7", *DAY, "--json")
    assert done.exit_code == 0, done.stderr
    told = document(done, "export")
    assert told["rows"] == {"persons": 5, "groups": 2, "ties": 9, "presences": 3}
    assert told["withheld_ties"] == 0
    again = placement("network", "import", target, *DAY, "--json")
    assert again.exit_code == 0, again.stderr
    assert document(again, "import")["changed"] is False


def test_ties_with_a_code_are_left_out_and_counted(placement: Placement, world: Path) -> None:
    done = placement("network", "export", str(world / "out.anx"), *DAY)
    assert "Utelämnat: 1 kopplingar" in done.stdout
    assert "inte krypterad" in done.stderr
    assert "informant-7" not in (world / "out.anx").read_text("utf-8")
    told = placement("network", "export", str(world / "o.jsonl"), *DAY, "--json", "--lang", "en")
    assert document(told, "export")["withheld_ties"] == 1
    taken = placement("network", "export", str(world / "o.jsonl"), *DAY)
    assert taken.exit_code == 10
    assert placement("network", "export", str(world / "o.json"), *DAY).exit_code == 2


def test_csv_by_a_mapping_supersedes_its_batch(placement: Placement, world: Path) -> None:
    (world / "links.csv").write_text(
        "Från;Till;Typ;Gradering;Senast\nP-8;G-8;medlem;B2;01/06/2026\n", encoding="utf-8"
    )
    (world / "map.toml").write_text(
        """
version = 1
delimiter = ";"
[[persons]]
columns = { person_id = "Från" }
constants = { role = "member" }
[[groups]]
columns = { group_id = "Till" }
constants = { category = "unnamed", environment = "criminal_network" }
[[ties]]
columns = { a = "Från", b = "Till", kind = "Typ", grade = "Gradering", last_seen = "Senast" }
values.kind = { medlem = "membership" }
dates = "%d/%m/%Y"
""",
        encoding="utf-8",
    )
    words = ("network", "import", str(world / "links.csv"), "--batch", "east", *DAY, "--json")
    assert placement(*words).exit_code == 2
    mapped = placement(*words, "--mapping", str(world / "map.toml"))
    assert mapped.exit_code == 0, mapped.stderr
    assert in_force(placement, "P-8")["ties"] == [{"kind": "membership", "reports": 1}]
    assert (
        document(placement(*words, "--mapping", str(world / "map.toml")), "import")["changed"]
        is False
    )


def test_a_refused_file_imports_nothing(placement: Placement, world: Path) -> None:
    before = (world / "a.register").read_bytes()
    (world / "bomb.anx").write_text(
        '<!DOCTYPE c [<!ENTITY a "aaaa">]><Chart>&a;</Chart>', encoding="utf-8"
    )
    refused = placement("network", "import", str(world / "bomb.anx"), *DAY, "--json")
    assert refused.exit_code == 10
    (fault,) = json.loads(refused.stderr)["faults"]
    assert "document type or entities" in fault["problem"]
    assert (world / "a.register").read_bytes() == before
    stated = placement("network", "import", str(world / "bomb.anx"), "--format", "stix", *DAY)
    assert stated.exit_code == 10
    assert "PE-1010" in stated.stderr


def test_an_export_is_noted_as_a_disclosure(placement: Placement, world: Path) -> None:
    assert placement("network", "export", str(world / "out"), *DAY).exit_code == 0
    log = placement("register", "audit", "show", *DAY, "--json")
    assert log.exit_code == 0, log.stderr
    noted = [(one["call"], one["act"]) for one in json.loads(log.stdout)["entries"]]
    assert ("export", "disclosure") in noted


def test_heat_is_told_of_fresh_acts_alone(placement: Placement, world: Path) -> None:
    (world / "network" / "events.csv").write_text(
        "event_id,kind,date,a,b,source,information\nE-1,shooting,2026-10-25,G-1,G-2,B,2\n",
        encoding="utf-8",
    )
    assert placement("network", "import", str(world / "network"), *DAY).exit_code == 0
    body = document(placement("network", "heat", *DAY, "--json"), "heat")
    assert [(row["a"], row["b"], row["last"], row["hot"]) for row in body["enmities"]] == [
        ("G-1", "G-2", "2026-10-25", True),
        ("T-1", "P-1", "2026-06-01", False),
    ]
    told = placement("network", "heat", *DAY).stdout
    assert "konflikt" in told
    assert "0.94 het" in told
    none = placement("network", "heat", "--as-of", "2028-01-01", "--lang", "en")
    assert "No fresh conflict" in none.stdout


def test_heat_between_merged_parties_is_told_once_under_the_kept_id(
    placement: Placement, world: Path
) -> None:
    (world / "network" / "groups.csv").write_text(
        GROUPS + "G-3,unnamed,criminal_network,\n", encoding="utf-8"
    )
    (world / "network" / "events.csv").write_text(
        "event_id,kind,date,a,b,source,information\nE-1,shooting,2026-10-25,G-3,G-2,B,2\n",
        encoding="utf-8",
    )
    assert placement("network", "import", str(world / "network"), *DAY).exit_code == 0
    merge = placement("network", "merge", "G-1", "G-3", *DAY, stdin="one gang, two names\n")
    assert merge.exit_code == 0, merge.stderr
    body = document(placement("network", "heat", *DAY, "--json"), "heat")
    assert [(row["a"], row["b"]) for row in body["enmities"]][:1] == [("G-1", "G-2")]


@pytest.mark.parametrize(
    "command", [("coverage",), ("sensitivity",), ("clear", "P-4")], ids=lambda words: words[0]
)
def test_placements_are_read_once_for_one_question(
    placement: Placement, world: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    read: list[int] = []
    placements = Register.placements

    def counted(register: Register) -> object:
        read.append(1)
        return placements(register)

    monkeypatch.setattr(Register, "placements", counted)
    placement("network", *command, *DAY, stdin="known from the interview\n")
    assert len(read) == 1
