"""Canaries through the real program: where a placed person lives, the passphrase, a reason.

Each command runs as its own process. Nothing of a canary may show in what it prints (but
for the choices of ``propose``), in its arguments, in temporary files or in the register.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from placement_engine.__main__ import command_table
from placement_engine.register import PassphraseKey, Register
from tests.security.telling import told_of

APP: Typer = command_table().app
ROOT = Path(__file__).parents[2]
DAY = ("--as-of", "2026-11-01")
PLACED_CODE, PLACED_NAME = "2403", "Bjurholm"
"""Where a placed rival of the case's subject lives: too near ever to be a choice, so that
not even ``propose`` prints it."""
OVERRIDE_CODE, OVERRIDE_NAME = "2425", "Dorotea"
PASSPHRASE = "kanariefras-7c1e"
REASON = "kanarieskal-5b2d"

FILES = {
    "network/persons.csv": "person_id,role\nP-alfa-1,subject\nP-alfa-2,subject\nP-alfa-3,subject\n",
    "network/groups.csv": "group_id,category,environment\n"
    "G-alfa-1,self_defined,criminal_network\nG-alfa-2,self_defined,criminal_network\n",
    "network/ties.csv": "a,b,kind,source,information,last_seen\n"
    "P-alfa-1,G-alfa-1,membership,A,1,2026-01-01\n"
    "P-alfa-2,G-alfa-2,membership,A,1,2026-01-01\n"
    "P-alfa-3,G-alfa-1,membership,A,1,2026-01-01\n"
    "G-alfa-1,G-alfa-2,rivalry,A,1,2026-01-01\n",
    "network/presence.csv": "actor,municipality,strength,source,information,last_seen\n"
    "G-alfa-2,1480,0.9,A,1,2026-09-01\n",
    "placements.csv": f"subject,municipality,from,owner\nP-alfa-2,{PLACED_CODE},2025-06-01,U-1\n",
    "facilities.csv": "municipality,kind,capacity,last_seen,source\n"
    "0980,psychiatry,3,2026-08-01,B\n",
    "passphrase": PASSPHRASE + "\n",
}


def case(case_id: str, subject: str) -> dict[str, Any]:
    granted = ("motivated", "terms_signed", "not_evidence_person", "social_services_decision")
    return {
        "schema": "placement_engine/case",
        "version": 1,
        "id": case_id,
        "subject": subject,
        "owner": "U-1",
        "current": "0380",
        "threat_level": "high",
        "eligibility": dict.fromkeys(granted, True),
        "consent": {"information_exchange": True, "date": "2026-10-01"},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One command that ran: what it was told, what it printed, what was seen beside it."""

    words: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    arguments: str
    temporary: frozenset[str]

    @property
    def printed(self) -> str:
        return self.stdout + self.stderr


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TMPDIR": str(folder / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PLACEMENT_CONFIG": str(folder / "config.toml"),
        "PLACEMENT_CACHE_DIR": str(folder / "cache"),
        "PLACEMENT_REGISTER": str(folder / "a.register"),
        "PLACEMENT_USER": "A. Analyst",
    }


def run(folder: Path, words: Sequence[str], stdin: str = "", *, key: bool = True) -> Ran:
    """Run one command in a process of its own and watch it while it runs."""
    given = ("--passphrase-file", str(folder / "passphrase")) if key else ()
    words = (*words, *DAY, *given)
    process = subprocess.Popen(
        [sys.executable, "-m", "placement_engine", *words],
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    process.stdin = None
    seen: set[str] = set()
    arguments = ""
    while process.poll() is None:
        seen |= {path.name for path in (folder / "tmp").rglob("*")}
        arguments += _arguments(process.pid)
        time.sleep(0.02)
    stdout, stderr = process.communicate()
    return Ran(
        words=tuple(words),
        exit_code=process.returncode,
        stdout=stdout,
        stderr=stderr,
        arguments=arguments,
        temporary=frozenset(seen | {path.name for path in (folder / "tmp").rglob("*")}),
    )


def _arguments(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text() + Path(f"/proc/{pid}/environ").read_text()
    except OSError:
        return ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("canaries")
    for name, text in FILES.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    cases = "".join(json.dumps(case(f"C-alfa-{n}", f"P-alfa-{n}")) + "\n" for n in (1, 3))
    (made / "cases.jsonl").write_text(cases, encoding="utf-8")
    (made / "tmp").mkdir()
    return made


@pytest.fixture(scope="module")
def story(folder: Path) -> dict[str, Ran]:
    """A whole story by real processes, command by command.

    But for the first, over a register of the least costs that one may have.
    """
    keys = PassphraseKey(bytearray(PASSPHRASE.encode()), memory_kib=64 * 1024, iterations=1)
    day = date.fromisoformat(DAY[1])
    Register.create(folder / "a.register", keys, single_user=True, today=day).close()
    steps: dict[str, tuple[tuple[str, ...], str]] = {
        "init": (("register", "init", "--single-user", "--register", str(folder / "new")), ""),
        "network": (("network", "import", str(folder / "network")), ""),
        "facilities": (("facilities", "import", str(folder / "facilities.csv")), ""),
        "import": (("register", "import", str(folder / "placements.csv")), ""),
        "add": (("case", "add", "-"), (folder / "cases.jsonl").read_text()),
        "propose": (("propose", "C-alfa-1", "--json"), ""),
        "accept": (("accept", "C-alfa-1", "--choice", "1"), ""),
        "override": (("accept", "C-alfa-3", "--override"), f"{OVERRIDE_CODE}\n{REASON}\n"),
        "list": (("register", "list"), ""),
        "explain": (("explain", "C-alfa-1"), ""),
        "explain json": (("explain", "C-alfa-1", "--json"), ""),
        "case": (("case", "show", "C-alfa-1"), ""),
        "who": (("network", "show", "P-alfa-2"), ""),
        "why": (("network", "explain", "P-alfa-1", "P-alfa-2"), ""),
        "verify": (("register", "verify", "--json"), ""),
    }
    told = {name: run(folder, words, stdin) for name, (words, stdin) in steps.items()}
    for name, ran in told.items():
        assert ran.exit_code == 0 or name == "override", (name, ran.stderr)
    return told


def _accepted(story: dict[str, Ran]) -> tuple[str, str]:
    """Where the subject of the accepted case lives now: the first choice."""
    first = json.loads(story["propose"].stdout)["cases"][0]["choices"][0]
    return first["municipality"], first["name"]


def test_the_story_is_told_to_its_end(story: dict[str, Ran]) -> None:
    assert story["override"].exit_code == 0, story["override"].stderr
    assert json.loads(story["verify"].stdout)["intact"]


def test_where_the_placed_live_is_never_printed(story: dict[str, Ran]) -> None:
    for name, ran in story.items():
        assert told_of(ran.printed, (PLACED_CODE, PLACED_NAME)) == [], name
        assert told_of(ran.printed, (OVERRIDE_CODE, OVERRIDE_NAME)) == [], name


def test_an_accepted_choice_is_printed_by_the_proposal_alone(story: dict[str, Ran]) -> None:
    code, place = _accepted(story)
    after = {name: ran for name, ran in story.items() if name != "propose"}
    assert told_of(story["propose"].stdout, (code, place))
    assert told_of(story["propose"].stderr, (code, place)) == []
    for name, ran in after.items():
        assert told_of(ran.printed, (code, place)) == [], name


def test_passphrase_and_reason_are_never_printed(story: dict[str, Ran]) -> None:
    for ran in story.values():
        assert PASSPHRASE not in ran.printed
        assert REASON not in ran.printed


def test_no_canary_stands_among_arguments_or_in_the_environment(story: dict[str, Ran]) -> None:
    code, place = _accepted(story)
    for ran in story.values():
        for secret in (PASSPHRASE, REASON, PLACED_NAME, OVERRIDE_NAME, place):
            assert secret not in ran.arguments
        for number in (PLACED_CODE, OVERRIDE_CODE, code):
            assert number not in re.split(r"[\0=]", ran.arguments)


def test_no_temporary_file_is_made(story: dict[str, Ran]) -> None:
    for name, ran in story.items():
        assert not ran.temporary, name


def test_the_raw_register_and_all_beside_it_hold_no_canary(
    story: dict[str, Ran], folder: Path
) -> None:
    _, place = _accepted(story)
    secrets = (
        PASSPHRASE,
        REASON,
        PLACED_NAME,
        OVERRIDE_NAME,
        place,
        "P-alfa-1",
        "P-alfa-2",
        "G-alfa-1",
        "C-alfa-1",
    )
    for path in folder.iterdir():
        if path.name.startswith(("a.register", "new")):
            raw = path.read_bytes()
            for secret in secrets:
                for encoding in ("utf-8", "utf-16-le"):
                    assert secret.encode(encoding) not in raw


def test_the_cache_holds_no_canary(story: dict[str, Ran], folder: Path) -> None:
    for path in (folder / "cache").rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not any(s.encode() in raw for s in (PASSPHRASE, REASON, "P-alfa-2", "G-alfa-1"))


def test_a_wrong_passphrase_tells_nothing(story: dict[str, Ran], folder: Path) -> None:
    (folder / "wrong").write_text("fel-" + PASSPHRASE)
    wrong = ("--passphrase-file", str(folder / "wrong"))
    ran = run(folder, ("register", "verify", *wrong), key=False)
    assert ran.exit_code == 13
    assert PASSPHRASE not in ran.printed
    assert ran.stdout == ""


def test_a_broken_network_folder_tells_nothing(story: dict[str, Ran], folder: Path) -> None:
    broken = folder / "broken"
    broken.mkdir()
    for name in ("persons", "groups", "presence"):
        (broken / f"{name}.csv").write_text(FILES[f"network/{name}.csv"] + f"{REASON},{REASON}\n")
    (broken / "ties.csv").write_bytes(b"a,b\n\xff\xfe" + REASON.encode())
    ran = run(folder, ("network", "import", str(broken)))
    assert ran.exit_code == 10
    assert REASON not in ran.printed


def test_a_corrupted_register_tells_nothing(story: dict[str, Ran], folder: Path) -> None:
    raw = bytearray((folder / "a.register").read_bytes())
    for at in range(len(raw) // 2, len(raw), 4096):  # a byte that holds nothing tells nothing
        raw[at] ^= 0xFF
    (folder / "b.register").write_bytes(raw)
    ran = run(folder, ("propose", "C-alfa-1", "--register", str(folder / "b.register")))
    assert ran.exit_code == 14
    assert told_of(ran.printed, (PLACED_CODE, PLACED_NAME)) == []
    assert "Traceback" not in ran.printed


@pytest.fixture
def placement(story: dict[str, Ran], folder: Path) -> Callable[..., Result]:
    """The same program in this process, where a fault can be put into it."""

    def invoke(*words: str) -> Result:
        key = ("--passphrase-file", str(folder / "passphrase"))
        return CliRunner(env=environment(folder)).invoke(APP, [*words, *DAY, *key])

    return invoke


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whatever any logger or warning says while a fault is about."""
    import logging
    import warnings

    said: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{record.getMessage()} {record.exc_info}")

    listener = Listening(level=0)
    root = logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(0)
    monkeypatch.setattr(warnings, "showwarning", lambda *args, **more: said.append(str(args)))
    yield said
    root.removeHandler(listener)
    root.setLevel(before)


@pytest.mark.parametrize(
    ("where", "as_json"),
    [("assemble", ()), ("solve", ()), ("solve", ("--json",)), ("write_proposal", ())],
)
def test_a_fault_of_ours_tells_no_row(
    placement: Callable[..., Result],
    everything: list[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    as_json: tuple[str, ...],
) -> None:
    def fail(*args: object, **more: object) -> None:
        row = f"P-alfa-2 {PLACED_CODE} {PLACED_NAME} {PASSPHRASE} {REASON}"
        raise KeyError(row) from ValueError(row)

    monkeypatch.setattr(f"placement_engine.engine.{where}", fail)
    result = placement("propose", "C-alfa-1", *as_json)
    told = result.output + " ".join(everything)
    assert result.exit_code == 1
    assert "KeyError" in result.stderr
    assert "engine.py:" in result.stderr
    assert "Traceback" not in told
    assert told_of(told, (PLACED_CODE, PLACED_NAME)) == []
    assert PASSPHRASE not in told
    assert REASON not in told
