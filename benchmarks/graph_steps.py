"""What one analyst waits for on a large network: a new tie, why two are hostile, another day.

``python -m benchmarks.graph_steps NETWORK`` prints one JSON document of milliseconds. All
are measured on a graph that is there already, by single steps in one process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.networks import AS_OF, graph_of, protected_of
from placement_engine.graph.ageing import Ageing
from placement_engine.graph.incremental import LiveGraph, Reported
from placement_engine.graph.join import join
from placement_engine.intelligence import Network
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, TieKind

DAYS = 3
"""Steps of the date."""
STEPS = 12
"""Of each kind of tie, and of explained pairs."""


def new_ties(network: Network, rng: np.random.Generator) -> list[TieReport]:
    """Ties of protected people and of groups, between ends drawn at random."""
    people = protected_of(network)
    groups = [network.nodes[at] for at in np.flatnonzero(network.is_group)]
    persons = [network.nodes[at] for at in np.flatnonzero(~network.is_group)]

    def one(kind: TieKind, near: list[str] | tuple[str, ...], far: list[str]) -> TieReport:
        a, b = near[int(rng.integers(len(near)))], far[int(rng.integers(len(far)))]
        return TieReport(a=a, b=b, kind=kind, grade=Grade("B", 2), last_seen=AS_OF)

    drawn = []
    for _ in range(STEPS):
        drawn += [
            one(TieKind.CONFLICT, people, persons),
            one(TieKind.MEMBERSHIP, people, groups),
            one(TieKind.ASSOCIATION, people, persons),
            one(TieKind.RIVALRY, groups, groups),
        ]
    return [tie for tie in drawn if tie.a != tie.b]


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock and of the processor."""
    start, spent = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - start), 1e3 * (time.process_time() - spent)


def days_of(network: Network) -> dict[str, float]:
    """A step of one day and a full build of that day, in turn, each from the same network."""
    left = frozenset(protected_of(network))
    laid = Ageing.of(graph_of(network), implied_defectors=left)
    steps, builds = [], []
    for step in range(1, DAYS + 1):
        day = AS_OF + timedelta(days=step)
        steps.append(taken(partial(laid.on, day)))
        builds.append(taken(partial(graph_of, network, day)))
    return {
        f"{name}{suffix}": median(column)
        for name, found in (("day", steps), ("day_built", builds))
        for suffix, column in zip(("", "_cpu"), zip(*found, strict=True), strict=True)
    }


def main(path: Path) -> dict[str, float]:
    """Medians and worst cases."""
    network = Network.from_bytes(path.read_bytes())
    graph = graph_of(network)
    people = protected_of(network)
    live = LiveGraph.of(graph, implied_defectors=frozenset(people))
    rng = np.random.default_rng(5)
    ties, touched = [], []
    for tie in new_ties(network, rng):
        reported = Reported(ends=frozenset({(tie.a, tie.b)}), told=network_of([tie]))
        ties.append(taken(partial(live.after, reported, people)))
        touched.append(len(live.after(reported, people)[1].pairs))
    nodes = np.array([graph.index[person] for person in people[:500]], dtype=np.int64)
    pairs = join(graph.edges, nodes, length=3, threshold=0.05, compiled=False)
    explained = []
    for at in rng.integers(0, len(pairs), STEPS * 2).tolist():
        a, b = graph.nodes[nodes[pairs.source[at]]], graph.nodes[nodes[pairs.target[at]]]
        explained.append(taken(partial(graph.explain, a, b)))
    days = days_of(network)
    told: dict[str, float] = days | {"pairs": median(touched), "most_pairs": max(touched)}
    for name, found in (("tie", ties), ("explain", explained)):
        wall, spent = zip(*found, strict=True)
        told |= {name: median(wall), f"{name}_worst": max(wall), f"{name}_cpu": median(spent)}
        told[f"{name}_cpu_worst"] = max(spent)
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
