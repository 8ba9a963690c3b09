"""``graph --sizes`` and ``graph --peers``: all protected pairs, each run in its own process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measure import Child, Row, child
from benchmarks.networks import NATION, REGION, STEPS, NetworkSize

SECONDS = {REGION: {"numpy": 2.0, "numba": 0.5}, NATION: {"numpy": 8.0, "numba": 2.5}}
GIGABYTES = {REGION: 1.0, NATION: 2.0}
TIE_MILLISECONDS, EXPLAIN_MILLISECONDS = {REGION: 50.0, NATION: 200.0}, 50.0
FASTER = {"duckdb": 4.0, "graphblas": 3.0}
EXPONENT = 1.1
SAMPLE = {REGION: 50, NATION: 0}
"""People a networkx loop starts from; at a million persons its graph alone takes too much."""


def run_sizes(folder: Path, runs: int) -> list[Row]:
    """Pairs and matrix at both sizes, and how the cost grows with the ties."""
    rows: list[Row] = []
    for size, targets in SECONDS.items():
        packed = _network(folder, size)
        for form, target in targets.items():
            rows += _size_rows(size, form, packed, runs, target)
        rows += _step_rows(size, packed)
    grown = {}
    for size in STEPS:
        packed = _network(folder, size)
        done = [_measured("benchmarks.graph_sizes", "numba", packed)[0] for _ in range(runs)]
        grown[size.ties] = median(d["pairs_cpu"] + d["matrix_cpu"] + d["build_cpu"] for d in done)
    ties, seconds = np.log(list(grown)), np.log(list(grown.values()))
    rows.append(
        Row(
            what="cost of building, pairs and matrix grows as ties to the power",
            value=float(np.polyfit(ties, seconds, 1)[0]),
            unit="",
            target=EXPONENT,
            note="processor seconds " + ", ".join(f"{s:.2f}" for s in grown.values()),
        )
    )
    return rows


def _step_rows(size: NetworkSize, packed: Path) -> list[Row]:
    told, _ = _measured("benchmarks.graph_steps", packed)
    return [
        Row(
            what=f"one day later: the graph, {size.text}",
            value=told["day"],
            unit="ms",
            note=f"a full build of that day {told['day_built']:.0f} ms; of processor "
            f"{told['day_cpu']:.0f} against {told['day_built_cpu']:.0f}",
        ),
        Row(
            what=f"one new tie: affected pairs, {size.text}",
            value=told["tie"],
            unit="ms",
            target=TIE_MILLISECONDS[size],
            note=f"worst {told['tie_worst']:.0f}; of processor {told['tie_cpu']:.0f}, worst "
            f"{told['tie_cpu_worst']:.0f}; {told['pairs']:.0f} pairs, most "
            f"{told['most_pairs']:.0f}",
        ),
        Row(
            what="one pair explained by five paths",
            value=told["explain"],
            unit="ms",
            target=EXPLAIN_MILLISECONDS,
            note=f"worst {told['explain_worst']:.0f}; of processor {told['explain_cpu']:.0f}",
        ),
    ]


def _size_rows(size: NetworkSize, form: str, packed: Path, runs: int, target: float) -> list[Row]:
    done = [_measured("benchmarks.graph_sizes", form, packed) for _ in range(runs)]
    told = [document for document, _ in done]
    both = median(d["pairs"] + d["matrix"] + d["dangers"] for d in told)
    spent = median(d["pairs_cpu"] + d["matrix_cpu"] + d["dangers_cpu"] for d in told)
    return [
        Row(
            what=f"{form}: all pairs and the matrix, {size.text}",
            value=both,
            unit="s",
            target=target,
            note=f"pairs {median(d['pairs'] for d in told):.2f}, matrix "
            f"{median(d['matrix'] for d in told):.2f} s; {spent:.2f} s of processor; "
            f"{told[0]['found']:.0f} pairs at the threshold, {told[0]['share']:.1%} of all",
        ),
        Row(
            what=f"{form}: graph built from bytes",
            value=median(d["load"] + d["build"] for d in told),
            unit="s",
            note=f"{told[0]['edges']:.0f} edges",
        ),
        Row(
            what=f"{form}: peak memory",
            value=median(process.peak_bytes for _, process in done) / 1e9,
            unit="GB",
            target=GIGABYTES[size],
            note="the whole process, network and graph included",
        ),
    ]


def run_peers(folder: Path, runs: int) -> list[Row]:
    """The same answer from each engine; ratios of their times to the compiled join's."""
    return [row for size in (REGION, NATION) for row in _peer_rows(folder, size, runs)]


def _peer_rows(folder: Path, size: NetworkSize, runs: int) -> list[Row]:
    here = _edges(folder, size)
    seconds: dict[str, list[float]] = {}
    spent: dict[str, list[float]] = {}
    peak: dict[str, int] = {}
    engines = ("numba", "numpy", "duckdb", "graphblas")
    for _ in range(runs):  # interleaved, so that all meet the same machine
        for engine in engines:
            told, process = _measured(
                "benchmarks.graph_peers", engine, here, here / f"{engine}.npz"
            )
            seconds.setdefault(engine, []).append(told["seconds"])
            spent.setdefault(engine, []).append(told["cpu"])
            peak[engine] = process.peak_bytes
    took = {engine: median(values) for engine, values in seconds.items()}
    rows = [
        Row(
            what=f"{engine}: load, build and answer, {size.text}",
            value=took[engine],
            unit="s",
            note=f"{median(spent[engine]):.2f} s of processor, {peak[engine] / 1e9:.2f} GB; "
            f"{_difference(here, engine)}",
        )
        for engine in engines
    ]
    rows += [
        Row(
            what=f"compiled join against {engine}: share of its time",
            value=took["numba"] / took[engine],
            unit="",
            target=1 / times,
            note=f"{took[engine] / took['numba']:.1f} times as fast; by processor time "
            f"{median(spent[engine]) / median(spent['numba']):.1f}; numpy form "
            f"{took[engine] / took['numpy']:.1f}",
        )
        for engine, times in FASTER.items()
    ]
    if SAMPLE[size]:
        told, _ = _measured(
            "benchmarks.graph_peers", "networkx", here, here / "networkx.npz", str(SAMPLE[size])
        )
        everybody = told["load"] + told["search"] * size.protected / SAMPLE[size]
        rows.append(
            Row(
                what=f"networkx loop, extrapolated from {SAMPLE[size]} persons",
                value=everybody,
                unit="s",
                note=f"{told['load']:.1f} s to load; {everybody / took['numba']:.0f} times the "
                "compiled join; the persons' own pairs "
                f"{_difference(here, 'networkx')}",
            )
        )
    return rows


def _difference(here: Path, engine: str) -> str:
    """How far an engine's answer is from the compiled join's."""
    with np.load(here / "numba.npz") as ours, np.load(here / f"{engine}.npz") as theirs:
        n = int(np.load(here / "nodes.npy"))
        wanted, found = ours["a"] * n + ours["b"], theirs["a"] * n + theirs["b"]
        at = np.minimum(np.searchsorted(wanted, found), len(wanted) - 1)
        if engine == "networkx":
            found = np.unique(found)
            at = np.searchsorted(wanted, found)
            return "the same" if (wanted[at] == found).all() else "DIFFERENT"
        if len(wanted) != len(found) or (wanted[at] != found).any():
            return "ANOTHER ANSWER"
        apart = max(float(np.abs(ours[h] - theirs[h]).max()) for h in ("h_max", "h_or"))
    return f"{len(found):,} pairs, the same within {apart:.0e}"


def _measured(module: str, *given: object) -> tuple[dict[str, float], Child]:
    process = child([sys.executable, "-m", module, *map(str, given)])
    if process.code != 0:
        raise RuntimeError(f"{module} {given[0]} ended with {process.code}")
    return json.loads(process.output), process


def _network(folder: Path, size: NetworkSize) -> Path:
    path = folder / f"network-{size.persons}-{size.ties}-{size.seed}.bin"
    if not path.exists():
        _made(folder, size)
    return path


def _edges(folder: Path, size: NetworkSize) -> Path:
    here = folder / f"edges-{size.persons}-{size.ties}-{size.seed}"
    if not (here / "nodes.npy").exists():
        _made(folder, size)
    return here


def _made(folder: Path, size: NetworkSize) -> None:
    """Draw a network in a process of its own: a child starts with its parent's peak memory."""
    numbers = (size.persons, size.protected, size.ties, size.seed)
    process = child(
        [sys.executable, "-m", "benchmarks.graph_inputs", str(folder), *map(str, numbers)]
    )
    if process.code != 0:
        raise RuntimeError(f"the network could not be drawn: exit {process.code}")
