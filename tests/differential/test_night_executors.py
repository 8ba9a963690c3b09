"""Whoever does the tasks of a night, the bytes are the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from placement_engine.cases.observe import Observer
from placement_engine.geo import load_geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Placement
from placement_engine.nightly.check import Rows
from placement_engine.nightly.executor import Executor, Serial, look_at
from placement_engine.nightly.processes import Processes
from placement_engine.nightly.shared import share
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.policy import Policy
from placement_engine.problem import IntArray
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, MunicipalityCode, SubjectRef, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    geography = load_geography(POLICY)
    rng = np.random.default_rng(4)
    people = [f"P-{n:03}" for n in range(600)]
    rows = [
        TieReport(
            a=person,
            b=f"G-{int(rng.integers(30))}",
            kind=TieKind.MEMBERSHIP,
            grade=Grade("B", 2),
            last_seen=AS_OF - timedelta(days=int(rng.integers(2000))),
        )
        for person in people
    ]
    rows += [
        TieReport(
            a=f"G-{n}",
            b=f"G-{n + 1}",
            kind=TieKind.RIVALRY,
            grade=Grade("A", 1),
            last_seen=AS_OF,
        )
        for n in range(29)
    ]
    codes = geography.codes
    placements = [
        Placement(
            subject=SubjectRef(person),
            municipality=MunicipalityCode(codes[int(rng.integers(len(codes)))]),
            start=date(2026, 1, 1),
        )
        for person in people
    ]
    groups = [f"G-{n}" for n in range(30)]
    return Snapshot.of(
        Observer(
            graph=RivalGraph.build(network_of(rows, groups=groups), as_of=AS_OF, policy=POLICY),
            policy=POLICY,
            geography=geography,
            placements=placements,
            facilities=(),
            households={},
        )
    )


def looked(executor: Executor, snapshot: Snapshot) -> bytes:
    rows = look_at(
        executor,
        snapshot,
        np.arange(snapshot.placements),
        progress=lambda _done, _of: None,
    )
    return b"".join(
        part.tobytes() for part in (rows.row, rows.share, rows.sure, rows.parts, rows.found)
    )


@pytest.fixture(scope="module")
def serial(snapshot: Snapshot) -> bytes:
    told = looked(Serial(), snapshot)
    assert len(told) > 600 * 3 * 8
    return told


def test_processes_give_the_bytes_of_one_process(snapshot: Snapshot, serial: bytes) -> None:
    assert looked(Processes(2), snapshot) == serial


def test_a_process_that_dies_in_mid_task_loses_nothing(
    snapshot: Snapshot, serial: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from placement_engine.nightly import processes

    crews: list[Any] = []
    hire = processes._Crew.hire

    def hire_and_kill(crew: Any, task: IntArray) -> None:
        hire(crew, task)
        crews.append(crew)
        if len(crews) <= 2:
            os.kill(crew._workers[-1].process.pid, signal.SIGKILL)

    monkeypatch.setattr(processes._Crew, "hire", hire_and_kill)
    assert looked(Processes(2), snapshot) == serial
    assert len(crews) > 2


def test_a_lost_task_is_noticed(snapshot: Snapshot) -> None:
    class Forgetful(Serial):
        def look(self, snapshot: Snapshot, tasks: Sequence[IntArray]) -> Iterator[Rows]:
            return super().look(snapshot, tasks[1:])

    with pytest.raises(AssertionError, match="lost"):
        looked(Forgetful(), snapshot)


def test_shared_arrays_read_back_and_cannot_be_written(snapshot: Snapshot) -> None:
    arrays = snapshot.arrays()
    memory, layout = share(arrays)
    try:
        views = layout.views(memory)
        assert all(np.array_equal(views[name], array) for name, array in arrays.items())
        with pytest.raises(ValueError, match="read-only"):
            views["site"][0] = 1
        del views
    finally:
        memory.close()
        memory.unlink()


def test_what_a_worker_gets_names_nobody(snapshot: Snapshot) -> None:
    for name, array in snapshot.arrays().items():
        assert array.dtype.kind in "biuf", name
