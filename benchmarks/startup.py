"""How long `placement --help` takes beside a typer program that does nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from benchmarks.measure import Row, child, compiled_once

EMPTY = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def main() -> None:
    "Nothing."
app()
"""
TARGET_RATIO = 1.5


def run(folder: Path, runs: int) -> list[Row]:
    """Interleaved runs, so that a busy moment of the machine strikes both."""
    script = folder / "empty_typer.py"
    script.write_text(EMPTY)
    ours = [sys.executable, "-m", "placement_engine", "--help"]
    empty = [sys.executable, str(script), "--help"]
    bare = [sys.executable, "-c", "pass"]
    taken: dict[str, list[float]] = {"ours": [], "empty": [], "bare": []}
    for _ in range(max(runs, 11) + 1):
        for name, command in (("ours", ours), ("empty", empty), ("bare", bare)):
            done = child(command, compiled_once(folder))
            if done.code != 0:
                raise RuntimeError(f"{name} ended with exit code {done.code}")
            taken[name].append(done.seconds)
    # The first round fills the caches of the operating system.
    medians = {name: median(values[1:]) for name, values in taken.items()}
    return [
        Row(what="placement --help", value=medians["ours"], unit="s"),
        Row(what="empty typer program --help", value=medians["empty"], unit="s"),
        Row(what="python -c pass", value=medians["bare"], unit="s"),
        Row(
            what="ratio to the empty typer program",
            value=medians["ours"] / medians["empty"],
            unit="×",
            target=TARGET_RATIO,
        ),
    ]
