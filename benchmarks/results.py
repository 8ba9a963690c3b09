"""The table of each benchmark's last run inside ``RESULTS.md``; the words are written by hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, machine

NEXT = "<!-- the next benchmark -->\n"


def write_results(path: Path, name: str, rows: Sequence[Row]) -> None:
    """Replace the table of benchmark `name` between its two marks in `path`, or add it."""
    start, end = f"<!-- {name}: the last run -->\n", f"<!-- {name}: end -->\n"
    text = path.read_text(encoding="utf-8")
    if start not in text:
        text = text.replace(NEXT, f"### {name}\n{start}{end}\n{NEXT}")
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    path.write_text(before + start + _markdown(rows) + end + after, encoding="utf-8")


def _markdown(rows: Sequence[Row]) -> str:
    versions = ", ".join(f"{name} {value}" for name, value in machine().items() if name != "cores")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    lines = [
        f"{machine()['cores']} cores, {versions}. Load of the machine at the end (1, 5 and 15 "
        f"minutes): {load}.",
        "",
        "| what | median | target | | note |",
        "|---|---:|---:|---|---|",
    ]
    for row in rows:
        verdict = "" if row.target is None else ("met" if row.met else "**missed**")
        lines.append(f"| {row.what} | {row.told} | {row.asked} | {verdict} | {row.note} |")
    return "\n".join(lines) + "\n"
