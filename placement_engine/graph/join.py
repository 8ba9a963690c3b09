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
from itertools import pairwise

import numpy as np

from placement_engine.compiled import COMPILED
from placement_engine.graph.edges import Bools, Edges, Floats, Ints
from placement_engine.graph.half_edges import EdgeColumns
from placement_engine.graph.join_arrays import Rows, rows_of_arrays
from placement_engine.graph.join_tables import Tables, tables_of

TOLERANCE = 1e-12
"""A joined chance this little below a threshold counts as at it: sums of floats may miss it."""
LONGEST = 3
"""Edges of the longest path outside the group level that a join follows."""
_WORTHWHILE = 100_000
"""Edges from which on the compiled form pays: loading it takes as long as so many do."""
_ROWS = 8192
"""Sources that the form on arrays takes at once: bounds the memory, not the answer."""


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

    question = len(ends), same, length, threshold - TOLERANCE
    if compiled:
        parts = _compiled_rows(tables, sources, *question, workers=workers)
    else:
        parts = [
            rows_of_arrays(
                tables,
                sources,
                start,
                min(start + _ROWS, len(sources)),
                *question,
                workers=workers,
            )
            for start in range(0, len(sources), _ROWS)
        ]
    found = PairTable.joined(
        [
            PairTable(source=a, target=b, h_max=h_max, h_or=h_or, direct=direct)
            for a, b, h_max, h_or, direct in parts
        ]
    )
    return found.turned() if turned else found


def _compiled_rows(
    tables: Tables,
    sources: Ints,
    count: int,
    same: bool,
    length: int,
    least: float,
    *,
    workers: int,
) -> list[Rows]:
    """The rows in order, by threads: what one marks of all nodes it marks once."""
    from placement_engine.graph.kernels import rows_of

    # Where pairs are told once the earlier sources have more: the first go with the last.
    cuts = [len(sources) * part // (2 * workers) for part in range(2 * workers + 1)]
    pieces = [np.arange(first, last) for first, last in pairwise(cuts)]
    shares = [np.concatenate([pieces[n], pieces[-1 - n]]) for n in range(workers)]

    def joined(rows: Ints) -> list[Rows]:
        return rows_of(tables, sources, rows, count, same, length, least)

    with ThreadPoolExecutor(workers) as threads:
        found = list(threads.map(joined, shares))
    firsts, lasts = list[Rows](), list[list[Rows]]()
    for number, parts in enumerate(found):
        late = list[Rows]()
        for a, b, h_max, h_or, direct in parts:
            at = int(np.searchsorted(a, cuts[-2 - number]))
            firsts.append((a[:at], b[:at], h_max[:at], h_or[:at], direct[:at]))
            late.append((a[at:], b[at:], h_max[at:], h_or[at:], direct[at:]))
        lasts.append(late)
    return [*firsts, *(part for late in reversed(lasts) for part in late)]


def _bonds_of(edges: Edges, nodes: Ints) -> int:
    """How many bonds some nodes have."""
    return int((edges.bond.start[nodes + 1] - edges.bond.start[nodes]).sum())


def pays(edges: Edges | EdgeColumns) -> bool:
    """Whether the compiled form is there and saves more than it takes to load."""
    return COMPILED and len(edges.a) >= _WORTHWHILE
