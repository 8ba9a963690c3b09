"""All hostile pairs of many people at once, exactly, without a table of everybody.

Meet in the middle: what leads to a target in one step is laid out by the step's near end;
each source's own ties are joined over every enmity, and its extension by one bond, with
those ends. The paths are those of `hostile_walks`, rule for rule; what differs is that
nothing is kept of a path but its chance. Only pairs that matter are ever written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from typing import cast

import numpy as np

from placement_engine.compiled import COMPILED
from placement_engine.graph.edges import Bools, Edges, Floats, Ints
from placement_engine.graph.join_arrays import Form, Rows, rows_of_arrays
from placement_engine.graph.join_tables import Tables, tables_of
from placement_engine.graph.laying import EdgeColumns

TOLERANCE = 1e-12
"""A joined chance this little below a threshold counts as at it: sums of floats may miss it."""
LONGEST = 3
"""Edges of the longest path outside the group level that a join follows."""
_WORTHWHILE = 100_000
"""Edges from which on the compiled form pays: loading it takes as long as so many do."""
_ROWS, _ROWS_OF_ARRAYS = 1024, 8192
"""Sources that one piece of work takes: bounds the memory, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairTable:
    """N pairs in order: positions among the sources and the targets, and their scores.

    Parameters
    ----------
    source, target
        (N,) positions; of two sides that are the same people, the lower first.
    h_max, h_or
        (N,) as in `PairScores`.
    direct
        (N,) whether a direct enmity is graded well enough for a separation of its own.
    """

    source: Ints
    target: Ints
    h_max: Floats
    h_or: Floats
    direct: Bools

    def __len__(self) -> int:
        return len(self.source)

    def turned(self) -> PairTable:
        """The same pairs with sources for targets, in order again."""
        highest = int(self.target.max(initial=0))
        order = np.argsort(self.target.astype(np.min_scalar_type(highest)), kind="stable")
        columns = {f.name: getattr(self, f.name)[order] for f in fields(self)}
        columns["source"], columns["target"] = columns["target"], columns["source"]
        return PairTable(**columns)

    @classmethod
    def empty(cls) -> PairTable:
        """No pairs."""
        none, zero = np.zeros(0, dtype=np.int64), np.zeros(0)
        return cls(source=none, target=none, h_max=zero, h_or=zero, direct=zero.astype(np.bool_))

    @classmethod
    def joined(cls, parts: Sequence[PairTable]) -> PairTable:
        """All parts, one after the other."""
        return cls(
            **{
                f.name: np.concatenate([getattr(part, f.name) for part in parts])
                for f in fields(cls)
            }
        )


def join(
    edges: Edges | EdgeColumns,
    sources: Ints,
    targets: Ints | None = None,
    *,
    length: int,
    threshold: float,
    compiled: bool | None = None,
    workers: int = 1,
) -> PairTable:
    """Pairs of sources and targets whose ``h_or`` is at a threshold or above.

    Pairs with a direct enmity of their own weight are told whatever their ``h_or``.

    Parameters
    ----------
    sources, targets
        Different node indices; without targets every pair of sources, once.
    length
        Most edges of a path, 1 to `LONGEST`; the group level adds what it leaves out.
    threshold
        In [0, 1], met within `TOLERANCE`; 0 gives every pair with any path.
    compiled
        Whether to run the compiled form; both give the same numbers to the last few bits. None
        runs it where it is installed and the network so large that loading it pays.
    workers
        Threads. The answer does not depend on them.

    Raises
    ------
    ValueError
        If `length` is out of range.
    """
    if not 1 <= length <= LONGEST:
        raise ValueError(f"length must be from 1 to {LONGEST}")
    same = targets is None
    ends = sources if targets is None else targets
    if not len(sources) or not len(ends):
        return PairTable.empty()
    if compiled is None:
        compiled = pays(edges)
    turned = False
    if compiled and not same and isinstance(edges, Edges):
        # Paths are the same from either side; the side with fewer bonds begins fewer of them.
        # On arrays a beginning costs less than what has to be sorted at the ends.
        turned = _bonds_of(edges, ends) < _bonds_of(edges, sources)
    if turned:
        sources, ends = ends, sources
    columns = EdgeColumns.of(edges) if isinstance(edges, Edges) else edges
    if compiled:
        columns = columns.writable()
    tables = tables_of(columns, sources, ends, compiled=compiled, workers=workers)

    def rows(start: int) -> Rows:
        stop = min(start + step, len(sources))
        return form(tables, sources, start, stop, len(ends), same, length, threshold - TOLERANCE)

    form: Form = partial(rows_of_arrays, workers=workers)
    if compiled:
        form = _compiled_form(tables, len(ends))
    # Each piece of compiled work marks nodes of its own, so there are few. Where pairs are told
    # once the earlier ones are larger; by two a worker, the last with the first, they even out.
    step = max(_ROWS, -(-len(sources) // (2 * workers))) if compiled else _ROWS_OF_ARRAYS
    starts = range(0, len(sources), step)
    if compiled and workers > 1:
        with ThreadPoolExecutor(workers) as threads:
            parts = list(threads.map(rows, starts))
    else:
        parts = [rows(start) for start in starts]
    found = PairTable.joined(
        [
            PairTable(source=a, target=b, h_max=h_max, h_or=h_or, direct=direct)
            for a, b, h_max, h_or, direct in parts
        ]
    )
    return found.turned() if turned else found


def _bonds_of(edges: Edges, nodes: Ints) -> int:
    """How many bonds some nodes have."""
    return int((edges.bond.start[nodes + 1] - edges.bond.start[nodes]).sum())


def pays(edges: Edges | EdgeColumns) -> bool:
    """Whether the compiled form is there and saves more than it takes to load."""
    return COMPILED and len(edges.a) >= _WORTHWHILE


def _compiled_form(tables: Tables, count: int) -> Form:
    from placement_engine.graph import kernels

    return cast("Form", partial(kernels.join_rows, kernels.laid_out(tables, count)))
