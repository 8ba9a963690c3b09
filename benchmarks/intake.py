"""Reading a large network from CSV: one million persons, nine million ties.

The peers read the same file of ties and check nothing: the standard library's reader, row by
row, and pandas with every column as text. Ours checks ids, kinds, grades, dates and ends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, child

PERSONS, TIES = 1_000_000, 9_000_000
SECONDS, BYTES = 20.0, 4e9
_HEADER = "a,b,kind,source,information,last_seen,first_seen,ended,severity,origin,handling"
_OURS = """
import sys
from pathlib import Path
from placement_engine.intelligence import read_network
network = read_network(Path(sys.argv[1]), codes=frozenset({"0180"}))
print(network.tie_count)
"""
_STANDARD = """
import csv, sys
with open(sys.argv[1] + "/ties.csv", encoding="utf-8", newline="") as stream:
    print(sum(1 for row in csv.reader(stream, strict=True)) - 1)
"""
_PANDAS = """
import sys
import pandas
print(len(pandas.read_csv(sys.argv[1] + "/ties.csv", dtype=str, keep_default_na=False)))
"""


def run(folder: Path, runs: int) -> list[Row]:
    """All rows of the benchmark; each reader in a process of its own."""
    made = folder / "nine-million"
    if not (made / "presence.csv").exists():
        made.mkdir(exist_ok=True)
        _write(made)
    rows = []
    seconds: dict[str, float] = {}
    for name, program in (("ours", _OURS), ("csv.reader", _STANDARD), ("pandas", _PANDAS)):
        done = [child([sys.executable, "-c", program, str(made)]) for _ in range(min(runs, 3))]
        assert all(one.code == 0 for one in done), name
        assert all(json.loads(one.output) == TIES for one in done), name
        seconds[name] = sorted(one.seconds for one in done)[len(done) // 2]
        peak = max(one.peak_bytes for one in done)
        ours = name == "ours"
        rows += [
            Row(
                what=f"9 million ties from CSV: {name}",
                value=seconds[name],
                unit="s",
                target=SECONDS if ours else None,
                note="" if ours else f"{seconds[name] / seconds['ours']:.2f}× ours; no checks",
            ),
            Row(
                what=f"9 million ties from CSV: {name}, peak memory",
                value=peak / 1e6,
                unit="MB",
                target=BYTES / 1e6 if ours else None,
            ),
        ]
    return rows


def _write(folder: Path) -> None:
    rng = np.random.default_rng(7)
    groups = PERSONS // 100
    (folder / "persons.csv").write_text(
        "person_id,role\n" + "".join(f"P-{n:07},member\n" for n in range(PERSONS)), "utf-8"
    )
    (folder / "groups.csv").write_text(
        "group_id,category,environment\n"
        + "".join(f"G-{n:06},self_defined,criminal_network\n" for n in range(groups)),
        "utf-8",
    )
    days = [str(day) for day in np.arange("2015-01-01", "2026-01-01", dtype="datetime64[D]")]
    kinds = ("membership", "co_offending", "association", "conflict")
    with (folder / "ties.csv").open("w", encoding="utf-8") as stream:
        stream.write(_HEADER + "\n")
        for start in range(0, TIES, PERSONS):
            a = rng.integers(PERSONS, size=PERSONS)
            b = (a + rng.integers(1, PERSONS, size=PERSONS)) % PERSONS
            kind = rng.choice(4, size=PERSONS, p=(0.4, 0.3, 0.2, 0.1))
            grade = rng.integers(36, size=PERSONS)
            day = rng.integers(len(days), size=PERSONS)
            stream.writelines(
                f"P-{a_:07},{f'G-{b_ % groups:06}' if not k else f'P-{b_:07}'},{kinds[k]},"
                f"{'ABCDEF'[g // 6]},{g % 6 + 1},{days[d]},,,,o{(start + n) // 10},\n"
                for n, (a_, b_, k, g, d) in enumerate(
                    zip(*(x.tolist() for x in (a, b, kind, grade, day)), strict=True)
                )
            )
    (folder / "presence.csv").write_text(
        "actor,municipality,strength,source,information,last_seen\n", "utf-8"
    )
