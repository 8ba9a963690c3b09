"""Rewrites the help blocks of README.md from the program itself: ``make docs``.

A block is fenced as ``text`` and begins with ``$ placement … --help``. A test compares
the blocks with what the program says.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"```text\n\$ placement(?P<words>[^\n]*) --help\n.*?```", re.DOTALL)


def help_of(words: list[str]) -> str:
    """What ``placement WORDS --help`` prints at 100 columns."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *words, "--help"],
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def rewritten(text: str) -> str:
    """`text` with every help block as the program would print it now."""

    def block(found: re.Match[str]) -> str:
        words = found["words"].split()
        return f"```text\n$ placement{found['words']} --help\n{help_of(words)}\n```"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text("utf-8")), "utf-8")
