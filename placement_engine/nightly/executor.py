"""Who does the tasks of the night: this process, several processes, or a cluster.

Whoever does them, the caller gets the same bytes: tasks are pure, hold row numbers only,
and their answers are joined by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from placement_engine.nightly.check import Rows, check_rows, rows_at_once
from placement_engine.nightly.sight import Sight
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray

Progress = Callable[[int, int], None]
"""Told how many placements are done, of how many."""


class Executor(Protocol):
    """Does the tasks of one night over one snapshot; holds nothing before or after."""

    def look(
        self,
        snapshot: Snapshot,
        tasks: Sequence[IntArray],
    ) -> Iterator[Rows]:
        """What was seen of the rows of each task, in any order."""


class Serial:
    """All tasks one after another in this process."""

    def look(
        self,
        snapshot: Snapshot,
        tasks: Sequence[IntArray],
    ) -> Iterator[Rows]:
        """What was seen of the rows of each task, in order."""
        if not tasks:
            return
        sight = Sight.of(snapshot, np.concatenate(tasks))
        for task in tasks:
            yield check_rows(sight, task)


def tasks_of(snapshot: Snapshot, rows: IntArray) -> list[IntArray]:
    """Rows cut into tasks of one size."""
    size = rows_at_once(snapshot)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def look_at(
    executor: Executor,
    snapshot: Snapshot,
    rows: IntArray,
    *,
    progress: Progress,
) -> Rows:
    """Look at these placements, whoever does it.

    Parameters
    ----------
    rows
        Row numbers, rising.
    """
    done = 0
    parts: list[Rows] = []
    for part in executor.look(snapshot, tasks_of(snapshot, rows)):
        parts.append(part)
        done += len(part.row)
        progress(done, len(rows))
    joined = Rows.joined(parts)
    if not np.array_equal(joined.row, rows):
        raise AssertionError("a task of the night was lost or done twice")
    return joined
