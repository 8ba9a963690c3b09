"""One size of network in a process of its own: its bytes in, all pairs and the matrix out.

``python -m benchmarks.graph_sizes FORM NETWORK SITES`` prints one JSON document. FORM is
``numpy`` or ``numba``. The compiled form is warm: a tiny join has loaded it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.networks import NetworkSize, drawn, graph_of, protected_of
from placement_engine.graph import RivalGraph
from placement_engine.graph.join import join
from placement_engine.graph.risk_matrix import Dangers, risk_matrix
from placement_engine.intelligence import Network
from placement_engine.vocabulary import MunicipalityCode

THRESHOLD = 0.05
THREADS = 2
SITES = 290

Made = TypeVar("Made")


def exposure() -> np.ndarray:
    """Exposure between 290 sites on a ring; most are far from each other."""
    apart = np.abs(np.arange(SITES)[:, None] - np.arange(SITES))
    near: np.ndarray = np.exp(-np.minimum(apart, SITES - apart) / 8.0) * 0.9
    return near


def main(form: str, path: Path) -> dict[str, float]:
    """Seconds of each step, and what came of it."""
    compiled = form == "numba"
    taken: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Made]) -> Made:
        start, spent = time.perf_counter(), time.process_time()
        made = work()
        taken[name] = time.perf_counter() - start
        taken[f"{name}_cpu"] = time.process_time() - spent
        return made

    sites = {MunicipalityCode(f"{site:04d}"): site for site in range(SITES)}
    met = exposure()

    def everything(graph: RivalGraph, people: np.ndarray) -> int:
        pairs = timed(
            "pairs",
            lambda: join(
                graph.edges,
                people,
                None,
                length=3,
                threshold=THRESHOLD,
                compiled=compiled,
                workers=THREADS,
            ),
        )
        dangers = timed("dangers", lambda: Dangers.of(graph, sites))
        timed(
            "matrix",
            lambda: risk_matrix(graph, people, dangers, met, compiled=compiled, workers=THREADS),
        )
        return len(pairs)

    if compiled:
        small = drawn(NetworkSize(persons=20_000, protected=20, ties=180_000))
        graph = graph_of(small)
        everything(graph, _people(graph, small))
    network = timed("load", lambda: Network.from_bytes(path.read_bytes()))
    graph = timed("build", lambda: graph_of(network))
    people = _people(graph, network)
    count = everything(graph, people)
    pairs = len(people) * (len(people) - 1) / 2
    return {**taken, "found": count, "share": count / pairs, "edges": len(graph.edges.a)}


def _people(graph: RivalGraph, network: Network) -> np.ndarray:
    return np.array([graph.index[person] for person in protected_of(network)], dtype=np.int64)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
