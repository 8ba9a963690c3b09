"""`placement --help` is light, and all three ways to start it are one program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    "ortools",
    "geopandas",
    "shapely",
    "pandas",
    "networkx",
    "numpy",
    "pydantic",
    "cryptography",
    "rich",
    "platformdirs",
)


def run(*words: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=True,
        env={**os.environ, **(env or {})},
    )
    return done.stdout


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, atexit\n"
        "sys.argv = ['placement', '--help']\n"
        "from placement_engine.__main__ import main\n"
        "atexit.register(lambda: print('|'.join(sys.modules)))\n"
        "main()\n"
    )
    *shown, modules = run("-c", script).splitlines()
    assert any("propose" in row for row in shown)
    roots = {name.partition(".")[0] for name in modules.split("|")}
    assert "typer" in roots
    assert roots.isdisjoint(HEAVY)


def test_help_of_every_command_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from typer.main import get_command\n"
        "import cli\n"
        "program = get_command(cli.app)\n"
        "def walk(command, path):\n"
        "    try:\n"
        "        program.main([*path, '--help'])\n"
        "    except SystemExit as left:\n"
        "        assert left.code == 0\n"
        "    for name, sub in getattr(command, 'commands', {}).items():\n"
        "        walk(sub, (*path, name))\n"
        "walk(program, ())\n"
        "print('|'.join(sys.modules))\n"
    )
    *shown, modules = run("-c", script).splitlines()
    assert any(row.startswith("Usage: placement register init ") for row in shown)
    roots = {name.partition(".")[0] for name in modules.split("|")}
    assert roots.isdisjoint({*HEAVY} - {"pydantic"})  # typer itself reads words with it


def test_checkout_script_and_module_are_one_program() -> None:
    shown = run("cli.py", "--help")
    assert shown == run("-m", "placement_engine", "--help")
    assert shown.startswith("Usage: placement ")


def test_a_bare_checkout_runs_from_any_folder(tmp_path: Path) -> None:
    shown = run(str(ROOT / "cli.py"), "help", "exit-codes", "--lang", "en", cwd=tmp_path)
    assert "no safe placement" in shown


@pytest.mark.parametrize("words", [["--help"], ["register", "--help"]])
def test_help_is_the_same_on_every_run(words: list[str]) -> None:
    assert run("cli.py", *words) == run("cli.py", *words)
