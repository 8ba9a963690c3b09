"""A tiny world in files, and a register made of it once by the real program."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from placement_engine.__main__ import command_table
from placement_engine.register import PassphraseKey, Register

APP: Typer = command_table().app
PERSONS = """person_id,role,birth_year
P-1,subject,1999
P-2,subject,1997
P-3,subject,2000
P-4,subject,2001
T-1,threat_actor,
"""
GROUPS = """group_id,category,environment,label
G-1,self_defined,criminal_network,
G-2,self_defined,criminal_network,
"""
TIES = """a,b,kind,source,information,last_seen,first_seen,ended,severity,origin,handling
P-1,G-1,membership,B,2,2025-06-01,,,,,
P-1,G-1,defection,A,1,2026-05-01,,,,,
P-2,G-2,membership,B,2,2025-02-01,,,,,
P-2,G-2,defection,A,1,2025-04-01,,,,,
P-3,G-1,membership,B,2,2024-02-01,,,,,
P-3,G-1,defection,A,1,2024-04-01,,,,,
G-1,G-2,rivalry,B,2,2026-01-01,,,,,informant-7
T-1,P-1,threat,B,2,2026-06-01,,,,,
T-1,G-1,membership,B,2,2026-06-01,,,,,
"""
PRESENCE = """actor,municipality,strength,source,information,last_seen,ended
G-1,0180,0.9,B,2,2026-09-01,
G-2,1480,0.9,B,2,2026-09-01,
T-1,0380,0.8,B,2,2026-09-01,
"""
PLACEMENTS = """subject,municipality,from,to,owner,provider,category,review_by
P-2,2403,2025-06-01,,U-1,,defector,
P-3,1082,2024-06-01,,U-1,,defector,
"""
FACILITIES = """municipality,kind,capacity,last_seen,source,provider
0980,psychiatry,3,2026-08-01,B,
2583,psychiatry,3,2026-08-01,B,
1283,psychiatry,3,2026-08-01,B,V-1
"""


def case(case_id: str, subject: str, **changes: Any) -> dict[str, Any]:
    """A case document with nothing special about it, but for `changes`."""
    return {
        "schema": "placement_engine/case",
        "version": 1,
        "id": case_id,
        "subject": subject,
        "owner": "U-1",
        "household": [],
        "current": "0380",
        "acute": False,
        "threat_level": "high",
        "avoid": [{"municipality": "0180", "why": "home", "radius_km": 60}],
        "needs": [],
        "lives_alone_well": True,
        "keep_health_region": "prefer",
        "minor": False,
        "eligibility": {
            "motivated": True,
            "terms_signed": True,
            "not_evidence_person": True,
            "social_services_decision": True,
        },
        "consent": {"information_exchange": True, "date": "2026-10-01"},
        **changes,
    }


CASES = (
    case("C-1", "P-1"),
    case("C-2", "P-4", needs=["psychiatry"]),
    case("C-3", "P-1", within=["0180", "0182"]),
)
PASSPHRASE = "correct horse battery staple"


def write_world(folder: Path) -> None:
    """Write the files of the tiny world."""
    network = folder / "network"
    network.mkdir()
    for name, text in (
        ("persons", PERSONS),
        ("groups", GROUPS),
        ("ties", TIES),
        ("presence", PRESENCE),
    ):
        (network / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "placements.csv").write_text(PLACEMENTS, encoding="utf-8")
    (folder / "facilities.csv").write_text(FACILITIES, encoding="utf-8")
    text = "".join(json.dumps(one) + "\n" for one in CASES)
    (folder / "cases.jsonl").write_text(text, encoding="utf-8")
    (folder / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    (folder / "passphrase").chmod(0o600)


Placement = Callable[..., Result]


def run_in(folder: Path) -> Placement:
    """The real program in this process, over the files of `folder`."""

    def placement(*words: str, stdin: str | None = None, **variables: str) -> Result:
        environment = {
            "PLACEMENT_CONFIG": str(folder / "config.toml"),
            "PLACEMENT_CACHE_DIR": str(folder / "cache"),
            "PLACEMENT_USER": "A. Analyst",
            **variables,
        }
        return CliRunner(env=environment).invoke(APP, list(words), input=stdin)

    return placement


def forget(folder: Path, placement: Placement, person: str, *words: str) -> None:
    """Import the intelligence anew without somebody, as has to be done before an erasure."""
    for table in (folder / "network").glob("*.csv"):
        rows = [row for row in table.read_text("utf-8").splitlines() if person not in row]
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    result = placement("network", "import", str(folder / "network"), *words)
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny world imported into a register, made once."""
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    (folder / "config.toml").write_text(
        'register = "a.register"\npassphrase_file = "passphrase"\n', encoding="utf-8"
    )
    keys = PassphraseKey(bytearray(PASSPHRASE.encode()), memory_kib=64 * 1024, iterations=1)
    day = date(2026, 11, 1)
    # The least costs that a register may have: it is opened some hundred times here.
    Register.create(folder / "a.register", keys, single_user=True, today=day).close()
    placement = run_in(folder)
    for words in (
        ("network", "import", str(folder / "network")),
        ("facilities", "import", str(folder / "facilities.csv")),
        ("register", "import", str(folder / "placements.csv")),
        ("case", "add", str(folder / "cases.jsonl")),
    ):
        result = placement(*words, "--as-of", "2026-11-01")
        assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def world(made_world: Path, tmp_path: Path) -> Path:
    """A copy of the tiny world of one's own."""
    shutil.copytree(made_world, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def placement(world: Path) -> Placement:
    """The real program in this process, over one's own copy of the tiny world."""
    return run_in(world)
