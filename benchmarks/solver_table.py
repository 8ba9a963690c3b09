"""What the solver must show: proofs, gaps, memory, growth, from one newcomer to thousands.

Each case is solved in a process of its own, so that memory is its own too. On a machine that
others use at the time, seconds are processor seconds of the searching thread, which is nearer
to what two free cores would do; the note tells.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, median

import numpy as np

from benchmarks import solver_moves, solver_small
from benchmarks.measure import Row
from benchmarks.solver_beside import beside
from benchmarks.solver_scale import Scale, beyond_those_who_stay, large, on_two_cores, peak_mb
from placement_engine.problem import PlacementProblem
from placement_engine.solver import Limits, Proposed, solve
from placement_engine.solver.backends import Effort, Question
from placement_engine.solver.choices import rank_sites
from placement_engine.solver.large import large_search
from placement_engine.solver.warming import warm

FIRST_SEED = 101
"""Parameters were tuned on seeds below this one."""
BUSY = 1.0
"""Load above which processor seconds are counted."""
GROWTH = (100, 500, 1_000, 2_000, 4_000)
GROWTH_GAP = 0.15
DRY, LEAST_S = 1 / 30, 1.0
"""Part of the time where nothing is measured, and the shortest limit even then, in seconds."""
OURS_S, THEIRS_S, HASTY_S = 10.0, 60.0, 30.0
"""Limits of ours and of each peer, and of peers where one run is asked for, so that all of it
takes less than 20 minutes."""
NARROW = 2_000
"""Micro-nats below which the lowest band is possible, but only just."""
SHORT = Scale(newcomers=500, placed=20_000)
LONG = replace(SHORT, reach_km=120.0, limits=False)
HUGE = replace(SHORT, newcomers=2_000)
DENSE = Scale(newcomers=2_000, placed=200, degree=24.0, limits=False)
BESIDE = {
    "K=20 N=20,000": replace(SHORT, newcomers=20),
    "K=50 N=20,000": replace(SHORT, newcomers=50),
    "K=100 N=5,000": replace(SHORT, newcomers=100, placed=5_000),
    "K=100 N=200": replace(SHORT, newcomers=100, placed=200),
    "K=500 N=20,000": SHORT,
    "K=2,000 N=20,000": HUGE,
    "K=2,000 N=200 dense": DENSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row: what is solved for how long, with which seeds, and what is asked for.

    Parameters
    ----------
    gap
        Percent, as a mean over the seeds; None where none is asked for.
    unproved
        Percent of seeds that may stay without a proof; None looks at the gap.
    """

    what: str
    scale: Scale
    time_s: float
    seeds: int
    gap: float | None = None
    unproved: float | None = None


SMALL = tuple(
    Case(
        what=f"K={k} N={n:,}",
        scale=replace(SHORT, newcomers=k, placed=n),
        time_s=2,
        seeds=5,
        unproved=0,
    )
    for k in (5, 20)
    for n in (200, 2_000, 20_000)
)
FIFTY = Case(
    what="K=50 N=20,000", scale=replace(SHORT, newcomers=50), time_s=10, seeds=10, unproved=10
)
MINUTE = Case(
    what="K=100 N=5,000",
    scale=replace(SHORT, newcomers=100, placed=5_000),
    time_s=60,
    seeds=3,
)
"""To prove half of them is a stretch: where that is missed, the gap at 10 s counts."""
CASES = (
    *SMALL,
    FIFTY,
    Case(
        what="K=100 N=5,000",
        scale=replace(SHORT, newcomers=100, placed=5_000),
        time_s=10,
        seeds=3,
        gap=2.0,
    ),
    replace(MINUTE, seeds=2),
    Case(
        what="K=100 N=200",
        scale=replace(SHORT, newcomers=100, placed=200),
        time_s=10,
        seeds=2,
        gap=3.0,
    ),
    Case(
        what="K=100 N=200",
        scale=replace(SHORT, newcomers=100, placed=200),
        time_s=60,
        seeds=1,
        gap=2.0,
    ),
    Case(what="K=500 N=20,000 short", scale=SHORT, time_s=10, seeds=3, gap=2.5),
    Case(what="K=500 N=20,000 short", scale=SHORT, time_s=60, seeds=1, gap=1.5),
    Case(what="K=500 N=20,000 long", scale=LONG, time_s=10, seeds=2, gap=1.0),
    Case(what="K=500 N=20,000 long", scale=LONG, time_s=60, seeds=1, gap=0.5),
    Case(what="K=2,000 N=20,000", scale=HUGE, time_s=10, seeds=2, gap=3.0),
    Case(what="K=2,000 N=20,000", scale=HUGE, time_s=60, seeds=1, gap=2.0),
    Case(what="K=2,000 N=200 dense", scale=DENSE, time_s=10, seeds=1),
)


PROOFS = (
    FIFTY,
    *(
        Case(
            what=f"K=100 N={n:,}",
            scale=replace(SHORT, newcomers=100, placed=n),
            time_s=10,
            seeds=7,
            gap=2.0,
        )
        for n in (2_000, 5_000, 20_000)
    ),
    MINUTE,
)
"""What `run_proofs` tells of many seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one process tells of one solve; sums are micro-nats of the newcomers."""

    value: int
    bound: int
    proved: bool
    first_s: float
    seconds: float
    wall_s: float
    peak_mb: float


def solved(scale: Scale, seed: int, time_s: float, *, gap: float = 0.0) -> Told | None:
    """Solve one instance in this process."""
    warm()
    problem = large(scale, seed=seed)
    clock = on_two_cores if os.getloadavg()[0] > BUSY else time.monotonic
    start = time.perf_counter()
    answer = solve(problem, limits=Limits(time_s=time_s, gap=gap), clock=clock)
    wall = time.perf_counter() - start
    if not isinstance(answer, Proposed):
        return None
    value, bound = beyond_those_who_stay(problem, answer)
    return Told(
        value=value,
        bound=bound,
        proved=answer.levels[0].proved,
        first_s=answer.trajectory[0][0],
        seconds=answer.seconds,
        wall_s=wall,
        peak_mb=peak_mb(),
    )


def apart(scale: Scale, seed: int, time_s: float, *, gap: float = 0.0) -> Told | None:
    """`solved` in a process of its own."""
    asked = json.dumps([asdict(scale), seed, time_s, gap])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.solver_table", asked],
        stdout=subprocess.PIPE,
        check=True,
    )
    told = json.loads(done.stdout)
    return None if told is None else Told(**told)


def run_table(_folder: Path, runs: int) -> list[Row]:
    """All rows, each case with at most `runs` seeds, and the peers beside with the first.

    With no run at all everything is tried with one seed and a part of the time, to see that it
    works; a machine that others use gives no more than that either.
    """
    part = 1.0 if runs else DRY
    rows = [_one()]
    for case in CASES:
        told = [
            apart(case.scale, seed, max(LEAST_S, part * case.time_s))
            for seed in range(FIRST_SEED, FIRST_SEED + min(case.seeds, max(1, runs)))
        ]
        rows += _rows(case, told)
    rows += [*_bottleneck(500, 0.5), *_bottleneck(2_000, 3.0)]
    rows += solver_moves.run(_folder, max(1, runs))
    rows += solver_small.rows(int(solver_small.PROBLEMS * part))
    for what, scale in BESIDE.items():
        times = (OURS_S, THEIRS_S) if scale == DENSE else (OURS_S,)
        rows += beside(
            what,
            scale,
            seed=FIRST_SEED,
            ours_s=tuple(max(LEAST_S, part * seconds) for seconds in times),
            theirs_s=max(LEAST_S, part * (THEIRS_S if runs > 1 else HASTY_S)),
        )
    rows += _growth(part)
    return _noted(rows)


def run_proofs(_folder: Path, runs: int) -> list[Row]:
    """Rows of proofs with all their seeds, in some nine minutes; with no run, one in a moment."""
    rows: list[Row] = []
    for case in PROOFS:
        seeds = range(FIRST_SEED, FIRST_SEED + (case.seeds if runs else 1))
        part = 1.0 if runs else DRY
        told = [apart(case.scale, seed, max(LEAST_S, part * case.time_s)) for seed in seeds]
        rows += _rows(case, told)
    return _noted(rows)


def _noted(rows: Sequence[Row]) -> list[Row]:
    """Rows that tell how their seconds were counted."""
    counted = "processor seconds, machine shared" if os.getloadavg()[0] > BUSY else "seconds"
    return [replace(row, note=f"{row.note}; {counted}".lstrip("; ")) for row in rows]


def _one() -> Row:
    """One newcomer: proved, and all sites ranked."""
    # Room for a household of three, or there may be no place at all.
    problem = large(replace(SHORT, newcomers=1, least_free=3), seed=FIRST_SEED)
    taken = []
    proved = True
    for _ in range(6):
        start = time.perf_counter()
        answer = solve(problem)
        assert isinstance(answer, Proposed)
        rank_sites(problem, 0, answer.assignment)
        taken.append(time.perf_counter() - start)
        proved &= answer.proved_optimal
    note = f"all sites ranked, {'proved' if proved else 'NOT PROVED'}"
    return Row(what="K=1 N=20,000, warm", value=median(taken[1:]), unit="s", target=0.05, note=note)


def _rows(case: Case, told: Sequence[Told | None]) -> list[Row]:
    """The row of a case, and one for its memory where that is asked for."""
    name = f"{case.what}, {case.time_s:g} s"
    found = [one for one in told if one is not None]
    if not found:
        return [Row(what=name, value=float("inf"), unit="%", target=case.gap, note="no plan")]
    gaps = [100 * (one.value - one.bound) / max(1, one.value) for one in found]
    each = [(one.value - one.bound) / case.scale.newcomers for one in found]
    unproved = 100 * (1 - sum(one.proved for one in found) / len(told))
    first, last = max(one.first_s for one in found), max(one.seconds for one in found)
    wall, peak = max(one.wall_s for one in found), max(one.peak_mb for one in found)
    note = (
        f"{len(found)} of {len(told)} seeds with a plan, {sum(one.proved for one in found)} proved;"
        f" gap {mean(gaps):.2f} %, worst {max(gaps):.2f} %, {mean(each):.2f} µnat a person;"
        f" objective {', '.join(str(one.value) for one in found)};"
        f" first plan {first:.2f} s, at most {last:.2f} s ({wall:.1f} by the wall), {peak:.0f} MB"
    )
    if case.unproved is not None:
        return [
            Row(
                what=f"{name}: not proved",
                value=unproved,
                unit="%",
                target=case.unproved,
                note=note,
            )
        ]
    rows = [Row(what=f"{name}: gap", value=mean(gaps), unit="%", target=case.gap, note=note)]
    if case.scale == HUGE:
        rows.append(Row(what=f"{name}: memory", value=peak / 1024, unit="GB", target=2.0))
    return rows


def _bottleneck(newcomers: int, target: float) -> list[Row]:
    """The stage alone: the lowest band that everybody can have, and that none below is."""
    usual = large(replace(SHORT, newcomers=newcomers), seed=FIRST_SEED)
    rows = []
    for kind, problem in (("usual", usual), ("threshold just possible", _narrow(usual))):
        search = large_search(problem, seed=0, workers=2)
        assert search is not None
        start = time.perf_counter()
        search = large_search(problem, seed=0, workers=2)
        assert search is not None
        effort = Effort(clock=time.monotonic, deadline=time.monotonic() + 30, work_left=None)
        told = []
        for band in range(3):
            reply = search.answer(Question(goal=None, band=band), effort, lambda _: None)
            told.append(reply)
            if reply.plan is not None:
                break
        taken = time.perf_counter() - start
        proved = told[-1].plan is not None and all(reply.complete for reply in told)
        rows.append(
            Row(
                what=f"bottleneck stage, K={newcomers:,} N=20,000, {kind}",
                value=taken if proved else float("inf"),
                unit="s",
                target=target,
                note=f"band {len(told) - 1} of 0 to 2, {'proved' if proved else 'NOT PROVED'}",
            )
        )
    return rows


def _narrow(problem: PlacementProblem) -> PlacementProblem:
    """Those who stay cost nothing by themselves, and the lowest band is hard to keep."""
    nothing = np.zeros(len(problem.sites), dtype=np.int64)
    subjects = tuple(
        replace(subject, unary=nothing) if k in problem.fixed else subject
        for k, subject in enumerate(problem.subjects)
    )
    return replace(problem, subjects=subjects, bands=(NARROW, problem.bands[1]))


def _growth(part: float) -> list[Row]:
    """Time to a proved gap, and memory, over sizes at one density: powers of the size."""
    scales = [Scale(newcomers=k, placed=10 * k) for k in GROWTH]
    told = [apart(scale, FIRST_SEED, max(LEAST_S, 60.0 * part), gap=GROWTH_GAP) for scale in scales]
    found = [(k, one) for k, one in zip(GROWTH, told, strict=True) if one is not None]
    sizes = np.log([k for k, _ in found])
    rows = []
    for what, values in (
        (f"time to a gap of {GROWTH_GAP:.0%}", [one.seconds for _, one in found]),
        ("memory", [one.peak_mb for _, one in found]),
    ):
        power = float(np.polyfit(sizes, np.log(values), 1)[0])
        note = ", ".join(
            f"K={k:,} {value:.1f}" for (k, _), value in zip(found, values, strict=True)
        )
        rows.append(
            Row(what=f"{what} grows as K to the power", value=power, unit="", target=1.3, note=note)
        )
    return rows


def main() -> int:
    scale, seed, time_s, gap = json.loads(sys.argv[1])
    told = solved(Scale(**scale), seed, time_s, gap=gap)
    sys.stdout.write(json.dumps(None if told is None else asdict(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
