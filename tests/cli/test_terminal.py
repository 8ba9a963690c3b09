"""On a terminal: tables and colour, unless they are not wanted, and a passphrase without echo."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def on_terminal(
    *words: str,
    answers: dict[str, str] | None = None,
    variables: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Run the program on a terminal of its own; answers go to the prompts that they are for."""
    waiting = dict(answers or {})
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "cli.py", *words],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", **(variables or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if not ready:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece.decode("utf-8", "replace")
        for prompt in [p for p in waiting if p in shown]:
            time.sleep(0.1)  # the prompt may be written before the echo is off
            os.write(terminal, waiting.pop(prompt).encode() + b"\n")
    os.close(terminal)
    return process.wait(timeout=30), shown


def test_a_table_is_drawn_in_colour() -> None:
    code, shown = on_terminal("help", "exit-codes", variables={"NO_COLOR": ""})
    assert code == 0
    assert "───" in shown
    assert "\x1b[1m" in shown


@pytest.mark.parametrize(
    ("words", "variables"),
    [(("--no-color",), {}), ((), {"NO_COLOR": "1"})],
)
def test_without_colour(words: tuple[str, ...], variables: dict[str, str]) -> None:
    _, shown = on_terminal("help", "exit-codes", *words, variables=variables)
    assert "───" in shown
    assert "\x1b" not in shown


def test_plain_text_on_a_terminal() -> None:
    _, shown = on_terminal("help", "exit-codes", "--plain")
    assert "───" not in shown
    assert "\x1b" not in shown
    assert "130  avbrutet" in shown


def test_a_person_is_asked_for_the_passphrase_without_echo(made_world: Path) -> None:
    (made_world / "asked.toml").write_text('register = "a.register"\n')
    settings = {
        "PLACEMENT_CONFIG": str(made_world / "asked.toml"),
        "PLACEMENT_CACHE_DIR": str(made_world / "cache"),
    }
    answers = {"Lösenfras: ": "correct horse battery staple"}
    code, shown = on_terminal("register", "list", "--plain", answers=answers, variables=settings)
    assert code == 0, shown
    assert "C-1" in shown
    assert "correct horse" not in shown
    wrong, shown = on_terminal(
        "register", "list", answers={"Lösenfras: ": "canary"}, variables=settings
    )
    assert wrong == 13
    assert "canary" not in shown
