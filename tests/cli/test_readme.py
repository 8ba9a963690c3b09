"""README and program cannot drift: its help blocks are what the program says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_help_blocks_are_what_the_program_says() -> None:
    spec = importlib.util.spec_from_file_location("help_blocks", ROOT / "docs" / "help_blocks.py")
    assert spec is not None
    assert spec.loader is not None
    blocks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(blocks)
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(blocks.BLOCK.findall(text)) >= 2
    assert blocks.rewritten(text) == text, "run: make docs"


def test_the_two_commands_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "\n$ make demo\n" in text
    assert "\n$ make test\n" in text
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "\ndemo:" in makefile
    assert "\ntest:" in makefile


def test_every_link_leads_to_a_file() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "GLOSSARY.md"):
        text = (ROOT / name).read_text("utf-8")
        links = [part.split(")")[0] for part in text.split("](")[1:]]
        for link in links:
            if not link.startswith(("http", "#")):
                assert (ROOT / link.split("#")[0]).exists(), f"{name}: {link}"
