"""The solver beside its peers, in one run: ``python -m benchmarks.solver [options]``.

Sizes times severities of made-up instances, and the public sets of `solver_fap` where their
folder is given. Every peer runs in a process of its own, ended after a grace; every plan is
checked by the witness, and known optima are asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from benchmarks.measure import Row, machine, table
from benchmarks.results import write_results
from benchmarks.solver_fap import KNOWN, known_sets
from benchmarks.solver_peers import PEERS
from benchmarks.solver_scale import Scale, large
from placement_engine.problem import PlacementProblem
from placement_engine.problem_json import write_problem
from placement_engine.solver import witness

GRACE_S = 0.5
"""After its limit and this, a peer is ended; what it has not told by then does not count."""
READING_S = 120.0
"""A peer that has not read its problem by then is ended too."""
SEVERITIES: dict[str, dict[str, float]] = {
    "usual": {},
    "dense rivalry": {"degree": 12.0},
    "hot gangs": {"presences": 40},
    "tight capacity": {"room": 0.25, "least_free": 0},
}
QUICK = ("ours", "cp-sat", "toulbar2 hbfs", "greedy")
RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one peer did on one problem.

    Parameters
    ----------
    total, bound
        Micro-nats; None where there is none.
    first_s, near_s
        Seconds to the first plan, and to one within 1 % of the best of all peers.
    allowed
        Whether the witness agrees with its last plan; None where it told only a value.
    seconds
        Wall time of the process from when it has read the problem.
    """

    peer: str
    total: int | None
    bound: int | None
    proved: bool
    found: tuple[tuple[float, int], ...]
    allowed: bool | None
    peak_mb: int
    seconds: float

    @property
    def first_s(self) -> float | None:
        """Seconds to the first plan."""
        return self.found[0][0] if self.found else None

    def near_s(self, best: int) -> float | None:
        """Seconds to within 1 % of `best`."""
        return next((at for at, total in self.found if total <= best + abs(best) / 100), None)


def ask(peer: str, problem: PlacementProblem, document: bytes, seconds: float) -> Run:
    """Run one peer in its own process, which is ended soon after its limit.

    Its time begins when it has read the problem; a plan that it tells too late does not count.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.solver_peers", peer, str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    # With what it has begun itself.
    guard = threading.Timer(READING_S, os.killpg, (process.pid, signal.SIGKILL))
    guard.start()
    threading.Thread(target=_feed, args=(process.stdin, document), daemon=True).start()
    lines = []
    begun = time.perf_counter()
    for told in process.stdout:
        if not told.startswith(b"{"):
            continue
        lines.append(json.loads(told))
        if "ready" in lines[-1]:
            guard.cancel()
            begun = time.perf_counter()
            guard = threading.Timer(seconds + GRACE_S, os.killpg, (process.pid, signal.SIGKILL))
            guard.start()
    process.wait()
    guard.cancel()
    taken = time.perf_counter() - begun
    found, allowed = [], None
    for line in lines:
        if "plan" in line:
            allowed = next(witness.violations(problem, tuple(line["plan"])), None) is None
            found.append((line["at"], witness.total(problem, tuple(line["plan"]))))
        elif "total" in line:
            found.append((line["at"], line["total"]))
    end = lines[-1] if lines and "peak_mb" in lines[-1] else {}
    return Run(
        peer=peer,
        total=min((total for _, total in found), default=None),
        bound=end.get("bound"),
        proved=bool(end.get("proved")),
        found=tuple(found),
        allowed=allowed,
        peak_mb=end.get("peak_mb", 0),
        seconds=taken,
    )


def _feed(pipe: IO[bytes], document: bytes) -> None:
    try:
        with pipe:
            pipe.write(document)
    except BrokenPipeError:  # it was ended while it read
        return


def compared(
    name: str, problem: PlacementProblem, asked: tuple[str, ...], seconds: float
) -> list[Row]:
    """One row a peer; ours first, the others as a ratio to it in the note."""
    document = write_problem(problem).encode()
    runs = [ask(peer, problem, document, seconds) for peer in asked]
    totals = [run.total for run in runs if run.total is not None and run.allowed is not False]
    best = min(totals, default=0)
    mine = runs[0]
    if name in KNOWN and totals and best < KNOWN[name]:
        raise AssertionError(f"{name}: {best} is below what is known to be optimal")
    for run in runs:
        if run.proved and run.bound is not None and mine.bound is not None and mine.allowed:
            assert mine.total is not None
            assert run.bound <= mine.total or run.allowed is False, f"{name}: {run.peer} disagrees"
    return [_row(name, run, best, KNOWN.get(name)) for run in runs]


def _row(name: str, run: Run, best: int, known: int | None) -> Row:
    near = run.near_s(best)
    told = [
        "no plan" if run.total is None else f"{run.total / best:.3f} of the best" if best else "",
        "" if run.bound is None else f"bound {run.bound}",
        ""
        if run.bound is None or run.total is None
        else f"gap {100 * (run.total - run.bound) / max(1, run.total):.2f} %",
        "proved" if run.proved else "",
        "" if run.first_s is None else f"first {run.first_s:.2f} s",
        "" if near is None else f"within 1 % of the best {near:.2f} s",
        "breaks a rule" if run.allowed is False else "",
        f"{run.peak_mb} MB",
        f"ran {run.seconds:.1f} s",
        "" if known is None else f"known {known}",
    ]
    target = best if run.peer == "ours" else None
    return Row(
        what=f"{name}: {run.peer}",
        value=float("inf") if run.total is None else run.total,
        unit="",
        target=target,
        note=", ".join(word for word in told if word),
    )


def instances(sizes: list[tuple[int, int]], seed: int) -> dict[str, PlacementProblem]:
    """Each size in each severity, and one where everybody comes from one municipality."""
    found = {}
    for newcomers, placed in sizes:
        for severity, changes in SEVERITIES.items():
            shape = replace(Scale(newcomers=newcomers, placed=placed), **changes)  # type: ignore[arg-type]
            found[f"{newcomers} against {placed}, {severity}"] = large(shape, seed=seed)
        usual = found[f"{newcomers} against {placed}, usual"]
        found[f"{newcomers} against {placed}, one-municipality choke"] = choked(usual)
    return found


def choked(problem: PlacementProblem) -> PlacementProblem:
    """All newcomers have the dangers and the forbidden sites of the first of them."""
    first = problem.subjects[0]
    return replace(
        problem,
        subjects=tuple(
            subject
            if k in problem.fixed
            else replace(subject, unary=first.unary, forbidden=first.forbidden)
            for k, subject in enumerate(problem.subjects)
        ),
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.solver", description=__doc__)
    parser.add_argument("--peers", action="store_true", help="all peers; else four")
    parser.add_argument("--among", default="", help="only these peers, by comma")
    parser.add_argument("--sizes", default="20x300,50x2000", help="newcomers x placed, ...")
    parser.add_argument("--time", type=float, default=10.0, help="seconds for each peer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fap", type=Path, help="folder with the public sets")
    parser.add_argument("--only", default="", help="instances whose name holds this")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    given = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in given.sizes.split(",") if size]
    problems = instances([(k, n) for k, n in sizes], given.seed)
    if given.fap is not None:
        problems |= known_sets(given.fap)
    peers = tuple(PEERS) if given.peers else QUICK
    if given.among:
        peers = tuple(given.among.split(","))
    rows = []
    for name, problem in problems.items():
        if given.only in name:
            rows += compared(name, problem, peers, given.time)
            print(table(rows[-len(peers) :]), flush=True)
    if given.write:
        write_results(RESULTS, "solver", rows)
    print(f"{machine()} load {os.getloadavg()[0]:.1f}")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
