"""Compiles the kernels of the graph ahead, so that the first night waits for none of them."""

from __future__ import annotations

import numpy as np

from placement_engine.graph.edges import NUMBER
from placement_engine.graph.half_edges import EdgeColumns
from placement_engine.graph.join_tables import friendly_steps, tables_of
from placement_engine.vocabulary import TieKind


def warm() -> None:
    """Call every kernel once; what is compiled is kept on disk for later processes."""
    from placement_engine.graph import kernels, met_kernel

    people = np.arange(3)
    columns = EdgeColumns(
        nodes=3,
        is_group=np.zeros(3, dtype=np.bool_),
        a=np.array([0, 1]),
        b=np.array([1, 2]),
        kind=np.array([NUMBER[TieKind.KINSHIP], NUMBER[TieKind.CONFLICT]], dtype=np.int8),
        chance=np.array([0.5, 0.5]),
        direct=np.zeros(2, dtype=np.bool_),
        leavers=np.zeros(0, dtype=np.int64),
    )
    tables = tables_of(columns, people, people, compiled=True)
    [(row, column, *_)] = kernels.rows_of(tables, people, people, 3, False, 3, 0.0)
    steps = friendly_steps(columns, tables)
    friendly, _ = met_kernel.reunion_of(steps, tables.rank, people, 3, 3)
    met_kernel.merged(row * 3 + column, friendly)
