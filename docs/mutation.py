"""Alters the code of the register's guards and counts what no test notices.

``python docs/mutation.py`` runs mutmut anew, as ``[tool.mutmut]`` of pyproject.toml says, and
prints one row for each module. ``make prove`` writes the same rows into docs/PROOFS.md.
``python docs/mutation.py --last`` tells of the run before without running anything.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "mutants"
WANTED = 0.90
KILLED = frozenset({1, 3})  # exit codes of pytest: a test failed, or none could be run at all
ENDLESS = frozenset({36, -24, 24, 152, 255})  # mutmut's: the tests took 15 times as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of the mutants of one module."""

    module: str
    killed: int
    equivalent: int
    survived: tuple[str, ...]

    @property
    def share(self) -> float:
        """Killed of those that a test could kill."""
        able = self.killed + len(self.survived)
        return self.killed / able if able else 1.0


def main() -> int:
    """Print the scores; 1 if a module is below 90 %."""
    if "--last" not in sys.argv[1:]:
        run()
    found = scores()
    print("\n".join(rows(found)))
    for score in found:
        for name in score.survived:
            print(f"survived: {name}")
    return int(not found or any(one.share < WANTED for one in found))


def run() -> None:
    """Run mutmut from the beginning: it keeps results of tests that have changed since."""
    shutil.rmtree(MUTANTS, ignore_errors=True)
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run(
        [mutmut, "run", "--max-children", "2"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )


def scores() -> list[Score]:
    """The scores of the last run, by module."""
    known = equivalents()
    return [score(meta, known) for meta in sorted(MUTANTS.rglob("*.py.meta"))]


def equivalents() -> set[tuple[str, str]]:
    """Module and altered line of each mutant that means the same as the original."""
    told = tomllib.loads((ROOT / "docs" / "equivalent_mutants.toml").read_text("utf-8"))
    return {(one["module"], one["mutant"]) for one in told["equivalent"]}


def score(meta: Path, known: set[tuple[str, str]]) -> Score:
    """The score of one module from what mutmut keeps of it."""
    module = meta.name.removesuffix(".py.meta")
    codes: dict[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    left = [name for name, code in codes.items() if code not in KILLED | ENDLESS]
    survived = tuple(name for name in left if (module, altered(name)) not in known)
    return Score(
        module=module,
        killed=len(codes) - len(left),
        equivalent=len(left) - len(survived),
        survived=survived,
    )


def altered(name: str) -> str:
    """The line that a mutant has in place of the original's."""
    mutmut = Path(sys.executable).with_name("mutmut")
    shown = subprocess.run(
        [mutmut, "show", name], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    lines = [line[1:].strip() for line in shown.splitlines() if line.startswith("+")]
    return " ".join(line for line in lines if not line.startswith("++"))


def rows(found: list[Score]) -> list[str]:
    """A Markdown table."""
    return [
        "| module | mutants | killed | equivalent | survived | score |",
        "|---|---|---|---|---|---|",
        *(
            f"| {one.module} | {one.killed + one.equivalent + len(one.survived)} | {one.killed} "
            f"| {one.equivalent} | {len(one.survived)} | {one.share:.1%} |"
            for one in found
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
