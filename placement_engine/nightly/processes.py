"""The tasks of a night in several processes of one machine, over shared memory.

A process that dies is replaced and its task done again; tasks are pure, so nothing is lost
and nothing counted twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from placement_engine.errors import PlacementError
from placement_engine.nightly.check import Rows, check_rows
from placement_engine.nightly.shared import Layout, share
from placement_engine.nightly.sight import Sight
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray

DEATHS = 10
"""Processes that may die in one night before we stop blaming chance."""


class Processes:
    """All tasks in a number of processes; workers see numbers only."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def look(
        self,
        snapshot: Snapshot,
        tasks: Sequence[IntArray],
    ) -> Iterator[Rows]:
        """What was seen of the rows of each task, as they are done."""
        if not tasks:
            return
        memory, layout = share(snapshot.arrays())
        crew = _Crew(layout, np.concatenate(tasks))
        try:
            waiting = deque(tasks)
            for _ in range(min(self._workers, len(tasks))):
                crew.hire(waiting.popleft())
            while crew.at_work:
                yield from crew.next(waiting)
        finally:
            crew.dismiss()
            memory.close()
            memory.unlink()


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    line: Connection
    task: IntArray | None


class _Crew:
    """The processes at work; who is idle gets the next task."""

    def __init__(self, layout: Layout, rows: IntArray) -> None:
        self._layout = layout
        self._rows = rows
        self._workers: list[_Worker] = []
        self._deaths = 0

    @property
    def at_work(self) -> bool:
        """Whether any task is not done."""
        return any(worker.task is not None for worker in self._workers)

    def hire(self, task: IntArray) -> None:
        """One more process, with its first task."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work, args=(theirs, self._layout, self._rows), daemon=True
        )
        process.start()
        theirs.close()
        ours.send(task)
        self._workers.append(_Worker(process, ours, task))

    def next(self, waiting: deque[IntArray]) -> Iterator[Rows]:
        """What is done by now; hands out what waits."""
        lines = {worker.line: worker for worker in self._workers if worker.task is not None}
        for line in wait(list(lines)):
            assert isinstance(line, Connection)
            worker = lines[line]
            try:
                done: Rows = line.recv()
                worker.task = None
                if waiting:
                    worker.line.send(waiting[0])
                    worker.task = waiting.popleft()
            except (EOFError, OSError):
                self._buried(worker, waiting)
                continue
            yield done

    def dismiss(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.line.close()
            worker.process.terminate()
            worker.process.join()
        self._workers.clear()

    def _buried(self, worker: _Worker, waiting: deque[IntArray]) -> None:
        """A process has died: its task goes to a new one."""
        self._deaths += 1
        if self._deaths > DEATHS:
            raise PlacementError(
                "Processes of the night keep dying.",
                unchanged="Nothing was written.",
                do="Look at the memory of this machine; run with --workers 1.",
            )
        self._workers.remove(worker)
        worker.line.close()
        worker.process.join()
        lost = worker.task
        if lost is None and waiting:
            lost = waiting.popleft()
        if lost is not None:
            self.hire(lost)


def _work(line: Connection, layout: Layout, rows: IntArray) -> None:
    """What one process does with tasks of some rows until the line is closed."""
    memory = SharedMemory(name=layout.block)
    snapshot = Snapshot.of_arrays(layout.views(memory))
    sight = Sight.of(snapshot, rows)
    try:
        while True:
            line.send(check_rows(sight, line.recv()))
    except (EOFError, OSError, KeyboardInterrupt):
        return  # the night is over, or was stopped
