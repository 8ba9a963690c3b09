"""What no linter holds: the rules of CONTRIBUTING.md about files, imports and words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import placement_engine

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "placement_engine"

ALONE = {
    "networkx": ("graph/reference.py",),
    "ortools": ("solver/cpsat.py",),
    "cryptography": ("register/crypto.py",),
    "pkcs11": ("register/pkcs11.py",),
    "psycopg": ("register/postgresql",),
    "pyrage": ("register/backup.py",),
    "shamir_mnemonic": ("register/recovery.py",),
    "geopandas": ("geo/",),
    "shapely": ("geo/",),
    "pyogrio": ("geo/",),
    "platformdirs": ("commands/",),
    "typer": ("commands/",),
    "rich": ("report/",),
    "numba": ("compiled.py",),
    "hypothesis": ("testing/",),
    "pytest": ("testing/",),
    "defusedxml": ("intelligence/formats/markup.py",),
    "openpyxl": ("intelligence/formats/workbook.py",),
    "stix2": ("intelligence/formats/stix.py",),
    # Validation happens at the edge: the policy file, case files, documents in and out.
    "pydantic": ("policy.py", "cases/case.py", "proposal/stored.py", "report/"),
}
TOP = {
    ".ci",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "benchmarks",
    "cli.py",
    "data",
    "docs",
    "placement_engine",
    "pyproject.toml",
    "requirements-peers.lock",
    "requirements.lock",
    "tests",
}
PURPOSES = {
    "unit",
    "rules",
    "differential",
    "contract",
    "security",
    "cli",
    "golden",
    "acceptance",
    "regressions",
}
# The world outside, which only commands may touch.
OUTSIDE = {
    "print",
    "input",
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "os.getenv",
    "logging.getLogger",
    "logging.basicConfig",
    "random.random",
    "random.seed",
    "np.random.seed",
}


def tracked() -> list[Path]:
    """Files of the repository; outside a clone, all files that are not generated."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not {"__pycache__", "dist", "build"} & set(path.parts)
        # Generated folders at the top are hidden; what we ship hidden stands in TOP.
        and (path.relative_to(ROOT).parts[0] in TOP)
    ]


FILES = tracked()
MODULES = [path for path in FILES if path.suffix == ".py"]
OURS = [path for path in MODULES if path.is_relative_to(PACKAGE)]


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is text, with what it says; not this one, which lists bad words."""
    for path in FILES:
        if path == Path(__file__):
            continue
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            assert path.suffix in {".bin", ".gz", ".zip"}, f"{path.name}: neither text nor data"


def short(path: Path) -> str:
    """A path as the reader knows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a module's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imported(path: Path) -> set[str]:
    """Top-level names that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_no_module_is_longer_than_400_lines() -> None:
    long = {short(p): n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > 400}
    assert not long, "split by concept"


def test_the_top_of_the_repository_tells_the_product() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == TOP
    assert {path.name for path in (ROOT / "data").iterdir()} == {"municipalities"}


def test_no_room_is_named_for_nothing() -> None:
    empty = {"utils", "util", "helpers", "common", "manager", "base", "misc"}
    assert not [short(path) for path in MODULES if empty & {path.stem, path.parent.name}]


def test_tests_stand_by_purpose_under_names_of_their_own() -> None:
    tests = [path for path in MODULES if path.is_relative_to(ROOT / "tests")]
    assert {path.parent.name for path in tests} <= PURPOSES
    assert {path.name for path in tests} & {"__init__.py"} == set()
    names = Counter(path.name for path in tests if path.name != "conftest.py")
    assert not [name for name, times in names.items() if times > 1]


@pytest.mark.parametrize("library", sorted(ALONE))
def test_a_library_is_imported_where_it_belongs_alone(library: str) -> None:
    users = [path.relative_to(PACKAGE).as_posix() for path in OURS if library in imported(path)]
    assert all(user.startswith(ALONE[library]) for user in users), users


def test_every_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    names = {re.split(r"[<>=;\[]", line)[0] for line in project["dependencies"] + extras}
    declared = {name.removeprefix("python-").replace("-", "_") for name in names}
    used = set().union(*map(imported, OURS)) - set(sys.stdlib_module_names) - {"placement_engine"}
    assert used <= declared
    # geopandas alone calls shapely, but our geometry would be wrong with an older one; the
    # tests alone call followthemoney, which is to read what we write.
    assert declared - used <= {"shapely", "followthemoney"}


def test_nothing_below_the_commands_touches_the_outside() -> None:
    found = []
    for path in OURS:
        if path.is_relative_to(PACKAGE / "commands"):
            continue
        for node in nodes(path):
            if not isinstance(node, (ast.Call, ast.Attribute)):
                continue
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            environment = isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ"
            if called in OUTSIDE or environment:
                found.append(f"{short(path)}:{node.lineno}")
        if imported(path) & {"logging"}:
            found.append(short(path))
    assert not found


def test_dataclasses_are_slotted_and_public_ones_frozen() -> None:
    """Counters of one search (`Effort`, `Node`) and of one read (`Faults`) change by design."""
    changing = {"Effort", "Node", "Faults"}
    found = []
    for path in OURS:
        for node in nodes(path):
            if not isinstance(node, ast.ClassDef):
                continue
            for decorator in map(ast.unparse, node.decorator_list):
                if not decorator.startswith("dataclass"):
                    continue
                loose = "frozen=True" not in decorator and node.name not in changing
                if "slots=True" not in decorator or (loose and not node.name.startswith("_")):
                    found.append(f"{short(path)}:{node.lineno} {node.name}")
    assert not found


def test_the_public_surface_is_small_and_all_of_it_is_there() -> None:
    names = placement_engine.__all__
    assert 1 <= len(names) <= 40
    assert len(set(names)) == len(names)
    assert dir(placement_engine) == sorted(names)
    for name in names:
        assert getattr(placement_engine, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute"):
        placement_engine.nothing_of_that_name  # noqa: B018


def test_nothing_is_marked_as_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    found = [short(path) for path, text in texts() if marks.search(text)]
    assert not found


def test_no_path_of_a_machine_stands_anywhere() -> None:
    places = ("/root/", "/work/", "/home/", "/Users/", "/tmp/", "/opt/", ":\\Users")
    found = [short(path) for path, text in texts() if any(place in text for place in places)]
    assert not found


def test_the_lock_pins_everything_by_hash_from_nowhere_else() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert "--find-links" not in lock
    assert "index-url" not in lock
    entries = re.split(r"\n(?=[a-z])", lock.partition("make lock\n")[2])
    assert len(entries) > 40
    assert all("==" in entry.split()[0] and "--hash=sha256:" in entry for entry in entries)
    pinned = {entry.partition("==")[0] for entry in entries}
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = table["dependency-groups"]
    wanted = table["project"]["dependencies"] + groups["dev"] + groups["build"]
    assert {re.split(r"[<>=;\[]", line)[0] for line in wanted} <= pinned


def test_pictures_call_nobody() -> None:
    pictures = [path for path in FILES if path.suffix == ".svg"]
    assert pictures
    for path in pictures:
        text = path.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|<script|<image|@import|url\((?!#)|\bon\w+=", text), path.name
