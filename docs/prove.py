"""Runs the long proofs, the mutants and the benchmarks, and writes tables: ``make prove``.

``docs/prove.py REPORT...`` runs nothing and writes the rows of these JUnit reports into the
table instead: for proofs that were run one by one, at the commit that is checked out, or at
``--commit``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "PROOFS.md"
HEAD = ("| proof | how many | outcome | seconds | date | commit |", "|---|---:|---|---:|---|---|")


def main(words: list[str]) -> int:
    """Run everything, or fold reports into the table; not 0 if something of it fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("reports", nargs="*", type=Path)
    parser.add_argument("--commit", default="")
    given = parser.parse_args(words)
    commit = given.commit or checked_out()
    if not given.reports:
        return run_all(commit)
    rows = [row for report in given.reports for row in proof_rows(report, commit)]
    PAGE.write_text(folded(PAGE.read_text("utf-8"), rows), "utf-8")
    return int(any("| FAILED |" in row for row in rows))


def run_all(commit: str) -> int:
    """Run the tests marked ``prove``, mutmut and the benchmarks, and write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "prove.xml"
        proofs = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "prove", "-n", "2", f"--junitxml={report}"],
            cwd=ROOT,
            check=False,
        )
        proved = proof_rows(report, commit)
    altered = subprocess.run(
        [sys.executable, "docs/mutation.py"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    scores = [line for line in altered.stdout.splitlines() if line.startswith("|")]
    PAGE.write_text(page(proved, scores), "utf-8")
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks", "all", "--write"], cwd=ROOT, check=False
    )
    return proofs.returncode or altered.returncode or measured.returncode


def checked_out() -> str:
    """The commit that the files are of, short."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        asked, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def proof_rows(report: Path, commit: str) -> list[str]:
    """The proofs of a JUnit report as rows of a Markdown table."""
    rows = []
    tree = ElementTree.parse(report)
    days = [str(suite.get("timestamp", ""))[:10] for suite in tree.iter("testsuite")]
    for case in tree.iter("testcase"):
        failed = any(case.find(kind) is not None for kind in ("failure", "error"))
        outcome = "FAILED" if failed else "skipped" if case.find("skipped") is not None else "held"
        name = str(case.get("name")).removeprefix("test_").replace("_", " ")
        count = re.search(r"\d+( \d{3})*", name)
        # A fuzzed reader has no number in its name, but tells how many inputs it read.
        inputs = case.find("properties/property[@name='inputs']")
        many = count[0] if count else "" if inputs is None else inputs.get("value")
        rows.append(
            f"| {name} | {many} | {outcome} "
            f"| {float(case.get('time', 0)):.0f} | {days[0]} | {commit} |"
        )
    return sorted(rows)


def folded(text: str, rows: list[str]) -> str:
    """The page with these rows in its table, each in place of the one of the same proof."""
    before, ruler, after = text.partition(f"{HEAD[1]}\n")
    if not ruler:
        raise ValueError("docs/PROOFS.md has no table of proofs")
    old, blank, rest = after.partition("\n\n")
    known = {proof_of(row): row for row in [*old.splitlines(), *rows]}
    return before + ruler + "\n".join(known[name] for name in sorted(known)) + blank + rest


def proof_of(row: str) -> str:
    """The name of a row's proof."""
    return row.split("|")[1].strip()


def page(rows: list[str], mutants: list[str]) -> str:
    """The whole of docs/PROOFS.md."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return "\n".join(
        [
            "# The long proofs",
            "",
            f"Written by `make prove` on {datetime.now(UTC).date()}, Python {python}, 2 workers.",
            "`python docs/prove.py REPORT` writes what ran alone (`--junitxml`) into the table.",
            "These are too long for `make test`; where one has a shorter form, it runs there.",
            "",
            *HEAD,
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
    sys.exit(main(sys.argv[1:]))
