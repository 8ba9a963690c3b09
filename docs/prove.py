"""Runs the long proofs and writes their table to docs/PROOFS.md: ``make prove``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the tests marked ``prove``; the exit code is pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "prove.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "prove", "-n", "2", f"--junitxml={report}"],
            cwd=ROOT,
            check=False,
        )
        (ROOT / "docs" / "PROOFS.md").write_text(table(report), "utf-8")
    return done.returncode


def table(report: Path) -> str:
    """The proofs of a JUnit report as a Markdown table."""
    rows = []
    for case in ElementTree.parse(report).iter("testcase"):
        failed = any(case.find(kind) is not None for kind in ("failure", "error"))
        outcome = "FAILED" if failed else "skipped" if case.find("skipped") is not None else "held"
        name = str(case.get("name")).removeprefix("test_").replace("_", " ")
        rows.append(f"| {name} | {outcome} | {float(case.get('time', 0)):.0f} s |")
    python = ".".join(str(part) for part in sys.version_info[:3])
    return "\n".join(
        [
            "# The long proofs",
            "",
            f"Written by `make prove` on {datetime.now(UTC).date()}, Python {python}, 2 workers.",
            "",
            "| proof | outcome | time |",
            "|---|---|---|",
            *sorted(rows),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
