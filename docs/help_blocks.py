"""Writes what the program says of itself into README.md and docs/commands.md: ``make docs``.

A block of the README is fenced as ``text`` and begins with ``$ placement … --help``. Tests
compare both files with what the program says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from placement_engine.__main__ import command_table
from placement_engine.errors import EXIT_CODES

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
BLOCK = re.compile(r"```text\n\$ placement(?P<words>[^\n]*) --help\n.*?```", re.DOTALL)
ABOUT = """# Every command

What each command prints with `--help`, written by `make docs`; a test compares it with the
program.

The result goes to standard output, everything else to standard error. `--json` prints one document
that begins with `schema` and `version`; its JSON Schema is in `placement_engine/report/schemas`.
Options that are not given are looked for in the environment, then in the configuration file:
`placement config show --origin` tells which won. No passphrase and no municipality of a placed
person is ever an argument: choices go by number, and an override is asked for in an editor or read
from standard input.

## Exit codes

| code | means |
|---|---|
"""


def command_names() -> Iterator[str]:
    """Every command, as it is typed after ``placement``, in the order of the table."""
    yield from _below(get_command(command_table().app), "")


def _below(group: Any, before: str) -> Iterator[str]:
    for name, command in group.commands.items():
        words = f"{before} {name}".strip()
        if getattr(command, "commands", None):
            yield from _below(command, words)
        else:
            yield words


def help_block(words: str) -> str:
    """A fenced block with what ``placement WORDS --help`` prints, 80 columns wide."""
    runner = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1"})
    done = runner.invoke(command_table().app, [*words.split(), "--help"], prog_name="placement")
    if done.exit_code != 0:
        raise RuntimeError(f"placement {words} --help ended with {done.exit_code}")
    said = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
    return f"```text\n$ placement{f' {words}' if words else ''} --help\n{said}\n```"


def rewritten(text: str) -> str:
    """`text` with every help block as the program would print it now."""
    return BLOCK.sub(lambda found: help_block(found["words"].strip()), text)


def commands_page() -> str:
    """The whole of docs/commands.md."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    parts = [f"## placement {name}\n{help_block(name)}\n" for name in command_names()]
    return ABOUT + codes + "\n" + "\n".join(parts)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text("utf-8")), "utf-8")
    COMMANDS.write_text(commands_page(), "utf-8")
