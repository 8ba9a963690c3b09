"""Ours after 10 s beside its peers after 60 s, at every size, in one run.

Peers of one thread run two at a time, for there are two cores; one of two workers runs alone.
Ours runs alone too. What those who stay cost among themselves is left out of all totals.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from benchmarks.measure import Row
from benchmarks.solver import Run, ask
from benchmarks.solver_scale import Scale, cost_of_staying, large

TOGETHER = (("cp-sat", "greedy"), ("toulbar2 vns", "annealing"))
"""Peers side by side; the greedy one is done at once."""


def beside(
    what: str, scale: Scale, *, seed: int, ours_s: tuple[float, ...], theirs_s: float
) -> list[Row]:
    """Rows of one size: ours at each of its limits, as a ratio to the best peer.

    Parameters
    ----------
    ours_s
        Limits of ours; the first is compared with peers at their limit, and with what they had
        by then, if `theirs_s` is longer.
    theirs_s
        Limit of each peer.
    """
    problem = large(scale, seed=seed)
    document = json.dumps({"scale": asdict(scale), "seed": seed}).encode()
    stays = cost_of_staying(problem)
    mine = [ask("ours", problem, document, seconds) for seconds in ours_s]
    theirs: list[Run] = []
    for group in TOGETHER:
        with ThreadPoolExecutor(max_workers=len(group)) as pool:
            theirs += pool.map(lambda peer: ask(peer, problem, document, theirs_s), group)
    totals = [run.total for run in theirs if run.total is not None and _counts(run)]
    best = min(totals, default=None)
    note = "; ".join(_told(run, stays) for run in (*mine, *theirs))
    rows: list[Row] = []
    for run, seconds in zip(mine, ours_s, strict=True):
        value = float("inf")
        if run.total is not None and run.allowed:
            value = 0.0 if best is None else (run.total - stays) / max(1, best - stays)
        rows.append(
            Row(
                what=f"{what}: objective at {seconds:g} s, of the best peer's at {theirs_s:g} s",
                value=value,
                unit="",
                target=1.0,
                note=note if not rows else "no peer has a plan" if best is None else "",
            )
        )
    first = mine[0].first_s
    # When the answer was there; the process itself ends somewhat later.
    ends = [(run.found[-1][0] if run.found else run.seconds) for run in mine]
    late = max(end - seconds for end, seconds in zip(ends, ours_s, strict=True))
    return [
        *rows,
        Row(
            what=f"{what}: first plan",
            value=float("inf") if first is None else first,
            unit="s",
            target=0.1 if "dense" in what else None,
        ),
        Row(what=f"{what}: over its limit", value=max(0.0, late), unit="s", target=0.5),
    ]


def _counts(run: Run) -> bool:
    """Whether a total is that of a plan that is allowed; CP-SAT heeds all rules and tells none."""
    heeds = run.allowed is None and run.peer == "cp-sat"
    return run.total is not None and (heeds or bool(run.allowed))


def _told(run: Run, stays: int) -> str:
    if run.total is None:
        return f"{run.peer} no plan in {run.seconds:.0f} s"
    kept = "" if run.allowed else " (breaks a rule)" if run.allowed is False else " (unchecked)"
    proved = ", proved" if run.proved else ""
    return f"{run.peer} {run.total - stays}{kept} in {run.seconds:.1f} s{proved}"
