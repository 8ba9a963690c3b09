"""One and the same question put to four engines, each in a process of its own.

``python -m benchmarks.graph_peers ENGINE FOLDER ANSWER.npz [SAMPLE]`` reads the edges in
FOLDER, joins all protected pairs and writes those at the threshold or above. The question is
what every engine can be asked: ``h_max`` and ``h_or`` over all simple paths of at most three
edges with exactly one enmity, parallel ties apart; no leavers, no group level. Loading the
edges and building what the engine needs is part of the time; starting Python and importing,
and for the compiled kernel one tiny call, are not.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.05
THREADS = 2
COLUMNS = ("a", "b", "chance", "enmity", "protected", "nodes")

Array = NDArray[Any]
Answer = tuple[Array, Array, Array, Array]
"""Lower and higher node of each pair, h_max, h_or."""


def load(folder: Path) -> dict[str, Array]:
    """The edges: their two ends, chance, whether they are enmities; the protected people.

    They are mapped: an engine pays for a copy only if it needs one.
    """
    return {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in COLUMNS}


# This engine. ----------------------------------------------------------------------------


def ours(folder: Path, *, compiled: bool, workers: int) -> Answer:
    """The join of `placement_engine.graph`."""
    from placement_engine.graph.edges import NUMBER
    from placement_engine.graph.half_edges import EdgeColumns
    from placement_engine.graph.join import join
    from placement_engine.vocabulary import TieKind

    told = load(folder)
    n = int(told["nodes"])
    hostile, friendly = np.int8(NUMBER[TieKind.CONFLICT]), np.int8(NUMBER[TieKind.ASSOCIATION])
    edges = EdgeColumns(
        nodes=n,
        is_group=np.zeros(n, dtype=np.bool_),
        a=told["a"],
        b=told["b"],
        kind=np.where(told["enmity"], hostile, friendly),
        chance=told["chance"],
        direct=np.zeros(len(told["a"]), dtype=np.bool_),
        leavers=np.zeros(0, dtype=np.int64),
    )
    people = told["protected"]
    pairs = join(
        edges, people, None, length=3, threshold=THRESHOLD, compiled=compiled, workers=workers
    )
    return people[pairs.source], people[pairs.target], pairs.h_max, pairs.h_or


def warm() -> None:
    """Have the compiled kernel loaded."""
    from benchmarks.networks import NetworkSize, drawn, graph_of
    from placement_engine.graph.join import join

    graph = graph_of(drawn(NetworkSize(persons=20_000, protected=20, ties=180_000)))
    people = np.arange(20, dtype=np.int64)
    join(graph.edges, people, None, length=3, threshold=THRESHOLD)


# DuckDB. ----------------------------------------------------------------------------------

SQL = f"""
WITH half AS (SELECT a AS x, b AS y, chance AS p, enmity FROM edge
              UNION ALL SELECT b, a, chance, enmity FROM edge),
bond AS MATERIALIZED (SELECT x, y, p FROM half WHERE NOT enmity),
friend AS MATERIALIZED (SELECT y AS u, x, p FROM bond SEMI JOIN person ON y = v),
enemy AS MATERIALIZED (SELECT y AS u, x, p FROM half SEMI JOIN person ON y = v WHERE enmity),
path AS (
    SELECT u, x AS v, p FROM enemy SEMI JOIN person ON x = v WHERE u < x
    UNION ALL
    SELECT f.u, e.u, f.p * e.p FROM friend f JOIN enemy e USING (x) WHERE f.u <> e.u
    UNION ALL
    SELECT f.u, g.u, f.p * e.chance * g.p
    FROM edge e JOIN friend f ON f.x = e.a JOIN friend g ON g.x = e.b
    WHERE e.enmity AND f.u <> g.u AND f.u <> e.b AND g.u <> e.a
    UNION ALL
    SELECT e.u, f.u, e.p * m.p * f.p
    FROM enemy e JOIN bond m ON m.x = e.x JOIN friend f ON f.x = m.y
    WHERE e.u <> f.u AND e.u <> m.y AND f.u <> e.x
)
SELECT least(u, v) AS a, greatest(u, v) AS b, max(p) AS h_max, 1 - exp(sum(ln(1 - p))) AS h_or
FROM path GROUP BY ALL HAVING h_or >= {THRESHOLD}
"""


def duckdb_sql(folder: Path) -> Answer:
    """One SQL statement."""
    import duckdb

    told = load(folder)
    link = duckdb.connect(config={"threads": THREADS, "memory_limit": "4GB"})
    edge = {name: told[name] for name in ("a", "b", "chance", "enmity")}
    person = {"v": told["protected"]}
    link.register("edge_columns", edge)
    link.register("person_columns", person)
    link.execute("CREATE TABLE edge AS SELECT * FROM edge_columns")
    link.execute("CREATE TABLE person AS SELECT * FROM person_columns")
    found = link.execute(SQL).fetchnumpy()
    a, b, h_max, h_or = (np.asarray(found[name]) for name in ("a", "b", "h_max", "h_or"))
    return a, b, h_max, h_or


# GraphBLAS. -------------------------------------------------------------------------------


def graphblas_products(folder: Path) -> Answer:
    """Sparse products of paths and half edges, summed by building a matrix.

    A semiring of nodes would add walks up before `h_or` can join them, and count those that
    visit a node twice; so the columns of the right-hand side are half edges.
    """
    import graphblas as gb

    gb.ss.config["nthreads"] = THREADS
    told = load(folder)
    n, people = int(told["nodes"]), told["protected"]
    home = np.zeros(n, dtype=np.bool_)
    home[people] = True
    enmity, chance = told["enmity"], told["chance"]
    near = np.concatenate([told["a"], told["b"]])
    far = np.concatenate([told["b"], told["a"]])
    both, hostile = np.concatenate([chance, chance]), np.concatenate([enmity, enmity])

    def half(chosen: Array) -> tuple[Any, Array]:
        at = np.flatnonzero(chosen)
        matrix = gb.Matrix.from_coo(
            near[at], np.arange(len(at)), both[at], nrows=n, ncols=max(len(at), 1)
        )
        return matrix, far[at]

    ended = home[far]
    bond, enemy = half(~hostile), half(hostile)
    bond_end, enemy_end = half(~hostile & ended), half(hostile & ended)

    def onward(nodes: list[Array], p: Array, table: tuple[Any, Array]) -> tuple[list[Array], Array]:
        matrix, leads = table
        here = gb.Matrix.from_coo(np.arange(len(p)), nodes[-1], p, nrows=max(len(p), 1), ncols=n)
        row, column, value = here.mxm(matrix, gb.semiring.plus_times).new().to_coo()
        there = leads[column]
        fresh = np.ones(len(there), dtype=np.bool_)
        for node in nodes:
            fresh &= node[row] != there
        row = row[fresh]
        return [*(node[row] for node in nodes), there[fresh]], value[fresh]

    best = gb.Matrix(float, n, n)
    joined = gb.Matrix(float, n, n)

    def add(nodes: list[Array], p: Array) -> None:
        low, high = np.minimum(nodes[0], nodes[-1]), np.maximum(nodes[0], nodes[-1])
        few = {"nrows": n, "ncols": n}
        top = gb.Matrix.from_coo(low, high, p, dup_op=gb.binary.max, **few)
        log = gb.Matrix.from_coo(low, high, np.log1p(-p), dup_op=gb.binary.plus, **few)
        best(gb.binary.max) << top
        joined(gb.binary.plus) << log

    for start in range(0, len(people), 1000):
        u = people[start : start + 1000]
        begun = [u], np.ones(len(u))
        against, beside = onward(*begun, enemy), onward(*begun, bond)
        once, p = onward(*begun, enemy_end)
        kept = once[0] < once[-1]
        add([node[kept] for node in once], p[kept])
        add(*onward(*against, bond_end))
        add(*onward(*onward(*against, bond), bond_end))
        # Seen from both ends; one of them counts.
        twice, p = onward(*onward(*beside, enemy), bond_end)
        kept = twice[0] < twice[-1]
        add([node[kept] for node in twice], p[kept])
    a, b, log = joined.to_coo()
    _, _, top = best.to_coo()
    h_or = -np.expm1(log)
    kept = h_or >= THRESHOLD
    return a[kept], b[kept], top[kept], h_or[kept]


# networkx. --------------------------------------------------------------------------------


def networkx_loop(folder: Path, sample: int, taken: list[float]) -> Answer:
    """A search from each of the first `sample` people; the seconds to load, and to search."""
    import networkx as nx

    start = time.perf_counter()
    told = load(folder)
    graph: Any = nx.MultiGraph()
    graph.add_edges_from(
        (a, b, {"p": p, "hostile": hostile})
        for a, b, p, hostile in zip(
            *(told[name].tolist() for name in ("a", "b", "chance", "enmity")), strict=True
        )
    )
    people = told["protected"].tolist()
    taken.append(time.perf_counter() - start)
    home, rows = set(people), []
    start = time.perf_counter()
    for u in people[:sample]:
        best: dict[int, float] = {}
        closed: dict[int, float] = {}
        for v, p in _paths(graph, (u,), 1.0, False) if u in graph else ():
            if v in home:
                best[v] = max(best.get(v, 0.0), p)
                closed[v] = closed.get(v, 0.0) + math.log1p(-p)
        rows += [
            (u, v, best[v], -math.expm1(log))
            for v, log in closed.items()
            if -math.expm1(log) >= THRESHOLD
        ]
    taken.append(time.perf_counter() - start)
    a, b, h_max, h_or = (np.array(column) for column in zip(*rows, strict=True))
    return np.minimum(a, b), np.maximum(a, b), h_max, h_or


def _paths(
    graph: Any, nodes: tuple[int, ...], p: float, hostile: bool
) -> Iterator[tuple[int, float]]:
    for far, parallel in graph.adj[nodes[-1]].items():
        if far in nodes:
            continue
        for edge in parallel.values():
            if hostile and edge["hostile"]:
                continue
            onward = hostile or edge["hostile"]
            if onward:
                yield far, p * edge["p"]
            if len(nodes) < 3:
                yield from _paths(graph, (*nodes, far), p * edge["p"], onward)


ENGINES: dict[str, Callable[[Path], Answer]] = {
    "numba": lambda folder: ours(folder, compiled=True, workers=THREADS),
    "numpy": lambda folder: ours(folder, compiled=False, workers=1),
    "duckdb": duckdb_sql,
    "graphblas": graphblas_products,
}


def main(engine: str, folder: Path, answer: Path, sample: int) -> dict[str, object]:
    """Answer, and tell how long it took."""
    if engine == "networkx":
        taken: list[float] = []
        found = networkx_loop(folder, sample, taken)
        document: dict[str, object] = {"load": taken[0], "search": taken[1]}
    else:
        __import__({"duckdb": "duckdb", "graphblas": "graphblas"}.get(engine, "numpy"))
        if engine == "graphblas":
            import graphblas as gb

            gb.Matrix.from_coo([0], [0], [1.0]).mxm(gb.Matrix.from_coo([0], [0], [1.0])).new()
        if engine == "numba":
            warm()
        start, spent = time.perf_counter(), time.process_time()
        found = ENGINES[engine](folder)
        document = {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - spent,
        }
    a, b, h_max, h_or = found
    order = np.lexsort((b, a))
    np.savez(answer, a=a[order], b=b[order], h_max=h_max[order], h_or=h_or[order])
    return {**document, "pairs": len(a)}


if __name__ == "__main__":
    given = sys.argv[1:]
    print(
        json.dumps(
            main(given[0], Path(given[1]), Path(given[2]), int(given[3]) if len(given) > 3 else 0)
        )
    )
