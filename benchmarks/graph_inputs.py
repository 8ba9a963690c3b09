"""Draws a network for the benchmarks and writes it down, as bytes and as columns of edges.

``python -m benchmarks.graph_inputs FOLDER PERSONS PROTECTED TIES SEED``
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.networks import NetworkSize, drawn, graph_of, protected_of


def main(folder: Path, size: NetworkSize) -> None:
    """Write ``network-….bin`` and the folder ``edges-…``, which every engine can read."""
    name = f"{size.persons}-{size.ties}-{size.seed}"
    network = drawn(size)
    (folder / f"network-{name}.bin").write_bytes(network.to_bytes())
    graph = graph_of(network)
    edges = graph.edges
    enmity = np.zeros(len(edges.a), dtype=np.bool_)
    enmity[edges.enmity.edge] = True
    columns = {
        "a": edges.a,
        "b": edges.b,
        "chance": edges.chance,
        "enmity": enmity,
        "protected": np.array([graph.index[person] for person in protected_of(network)]),
        "nodes": np.array(edges.nodes),
    }
    here = folder / f"edges-{name}"
    here.mkdir(exist_ok=True)
    for column, values in columns.items():
        np.save(here / f"{column}.npy", values)


if __name__ == "__main__":
    persons, protected, ties, seed = map(int, sys.argv[2:6])
    main(
        Path(sys.argv[1]),
        NetworkSize(persons=persons, protected=protected, ties=ties, seed=seed),
    )
