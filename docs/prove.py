"""Runs the long proofs, the mutants and the benchmarks, and writes tables: ``make prove``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the tests marked ``prove``, mutmut and the benchmarks; not 0 if one of them fails."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "prove.xml"
        proofs = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "prove", "-n", "2", f"--junitxml={report}"],
            cwd=ROOT,
            check=False,
        )
        proved = proof_rows(report)
    altered = subprocess.run(
        [sys.executable, "docs/mutation.py"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    scores = [line for line in altered.stdout.splitlines() if line.startswith("|")]
    (ROOT / "docs" / "PROOFS.md").write_text(page(proved, scores), "utf-8")
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks", "all", "--write"], cwd=ROOT, check=False
    )
    return proofs.returncode or altered.returncode or measured.returncode


def proof_rows(report: Path) -> list[str]:
    """The proofs of a JUnit report as rows of a Markdown table."""
    rows = []
    for case in ElementTree.parse(report).iter("testcase"):
        failed = any(case.find(kind) is not None for kind in ("failure", "error"))
        outcome = "FAILED" if failed else "skipped" if case.find("skipped") is not None else "held"
        name = str(case.get("name")).removeprefix("test_").replace("_", " ")
        rows.append(f"| {name} | {outcome} | {float(case.get('time', 0)):.0f} s |")
    return sorted(rows)


def page(rows: list[str], mutants: list[str]) -> str:
    """The whole of docs/PROOFS.md."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return "\n".join(
        [
            "# The long proofs",
            "",
            f"Written by `make prove` on {datetime.now(UTC).date()}, Python {python}, 2 workers.",
            "These are too long for `make test`; where one has a shorter form, it runs there.",
            "",
            "| proof | outcome | time |",
            "|---|---|---|",
            *rows,
            "",
            "## What the tests notice",
            "",
            "[mutmut](https://mutmut.readthedocs.io/) alters the register's guards, one place at a",
            "time, and a test has to fail; 90 % of each module is wanted. What is not altered, and",
            "why, stands in [CONTRIBUTING.md](../CONTRIBUTING.md#mutants).",
            "",
            *mutants,
            "",
            "Benchmarks: [benchmarks/RESULTS.md](../benchmarks/RESULTS.md).",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
