"""``python -m benchmarks all|NAME [--runs N] [--dir D] [--json] [--write]``.

``graph --sizes`` and ``graph --peers`` measure whole networks, each in a process of its own;
``solver --scale`` measures problems from one newcomer to 4,000, ``solver --proofs`` those of 50
and 100 with many seeds, ``night --huge`` a night over a million persons, ``europe`` a night over
32,000 places; none of them is part of ``all``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    audit,
    europe,
    graph,
    graph_scale,
    intake,
    night,
    propose,
    register,
    solver_moves,
    solver_table,
    startup,
    views,
)
from benchmarks.measure import Row, machine, table
from benchmarks.results import write_results

BENCHMARKS: dict[str, Callable[[Path, int], list[Row]]] = {
    "startup": startup.run,
    "graph": graph.run,
    "intake": intake.run,
    "propose": propose.run,
    "register": register.run,
    "audit": audit.run,
    "night": night.run,
    "views": views.run,
    "moves": solver_moves.run,
}
SCALE: dict[str, Callable[[Path, int], list[Row]]] = {
    "graph sizes": graph_scale.run_sizes,
    "graph peers": graph_scale.run_peers,
    "solver scale": solver_table.run_table,
    "solver proofs": solver_table.run_proofs,
    "night huge": night.run_huge,
    "europe": europe.run,
}
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=("all", "europe", "solver", *sorted(BENCHMARKS)))
    parser.add_argument("--runs", type=int, default=5, help="runs of each; medians are told")
    parser.add_argument(
        "--dir", type=Path, help="keep the synthetic worlds here, to be used again; default: none"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    parser.add_argument(
        "--sizes", action="store_true", help="with graph: all pairs at both sizes, and growth"
    )
    parser.add_argument(
        "--peers", action="store_true", help="with graph: the same answer from other engines"
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="with solver: proofs and gaps, from one newcomer to 4,000",
    )
    parser.add_argument(
        "--proofs",
        action="store_true",
        help="with solver: 50 newcomers with 10 seeds, 100 with 7, in some nine minutes",
    )
    parser.add_argument(
        "--huge", action="store_true", help="with night: 20,000 placed among a million persons"
    )
    given = parser.parse_args()
    asked = {
        "graph sizes": given.sizes,
        "graph peers": given.peers,
        "solver scale": given.scale,
        "solver proofs": given.proofs,
        "night huge": given.huge,
        "europe": given.benchmark == "europe",
    }
    if given.benchmark not in ("all", *BENCHMARKS) and not any(asked.values()):
        parser.error("solver is measured with --scale or --proofs")
    chosen = BENCHMARKS if given.benchmark == "all" else (given.benchmark,)
    measured = [(name, BENCHMARKS[name]) for name in chosen if name in BENCHMARKS]
    if any(asked.values()):
        measured = [(name, SCALE[name]) for name, wanted in asked.items() if wanted]
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.dir or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for name, run in measured:
            found = run(folder, given.runs)
            if given.write:
                write_results(RESULTS, name, found)
            rows += found
    if given.json:
        document = {"machine": machine(), "rows": [row.document() for row in rows]}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print("  ".join(f"{name} {value}" for name, value in machine().items()))
        print(table(rows))
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
