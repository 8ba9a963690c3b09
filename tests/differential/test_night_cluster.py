"""A Dask cluster of two workers over mutual TLS gives the bytes of one process.

The scheduler and the workers are processes that this test starts; one of them is killed in
mid-task, the scheduler is started anew, and nothing is lost.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.dask_cluster import LocalCluster, certificates
from placement_engine.errors import InvalidConfiguration, RegisterUnavailable
from placement_engine.nightly.check import Rows
from placement_engine.nightly.cluster import Cluster
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray
from tests.differential.test_night_executors import looked, serial, snapshot

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

__all__ = ["serial", "snapshot"]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    tls = tmp_path_factory.mktemp("tls")
    certificates(tls)
    cluster = LocalCluster(tls, tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.stop()


class Disturbed(Cluster):
    """Something happens to the cluster after the first task."""

    happens: Sequence[signal.Signals] = ()
    local: LocalCluster

    def look(
        self,
        snapshot: Snapshot,
        tasks: Sequence[IntArray],
    ) -> Iterator[Rows]:
        rows = super().look(snapshot, tasks)
        yield next(rows)
        self.disturb()
        yield from rows

    def disturb(self) -> None:
        """Nothing happens."""


def test_a_cluster_of_two_workers_gives_the_same_bytes(
    local: LocalCluster, snapshot: Snapshot, serial: bytes
) -> None:
    assert looked(Cluster.connect(local.address, local.tls), snapshot) == serial


def test_a_worker_killed_in_mid_task_loses_nothing(
    local: LocalCluster, snapshot: Snapshot, serial: bytes
) -> None:
    class Killed(Disturbed):
        def disturb(self) -> None:
            local.workers[0].kill()

    assert looked(Killed.connect(local.address, local.tls), snapshot) == serial
    local.workers.append(local.start_worker())


def test_a_slow_straggler_loses_nothing(
    local: LocalCluster, snapshot: Snapshot, serial: bytes
) -> None:
    class Stopped(Disturbed):
        def disturb(self) -> None:
            slow = local.workers[-1]
            os.kill(slow.pid, signal.SIGSTOP)
            time.sleep(2)
            os.kill(slow.pid, signal.SIGCONT)

    assert looked(Stopped.connect(local.address, local.tls), snapshot) == serial


def test_a_scheduler_that_is_started_anew_loses_nothing(
    local: LocalCluster, snapshot: Snapshot, serial: bytes
) -> None:
    class Restarted(Disturbed):
        def disturb(self) -> None:
            for process in (local.scheduler, *local.workers):
                process.kill()
                process.wait()
            local.scheduler = local.start_scheduler()
            local.workers = [local.start_worker(), local.start_worker()]

    assert looked(Restarted.connect(local.address, local.tls), snapshot) == serial


def test_plain_tcp_and_missing_certificates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"ca\.pem"):
        Cluster.connect("tls://127.0.0.1:1", tmp_path)
    certificates(tmp_path)
    with pytest.raises(InvalidConfiguration, match="tls://"):
        Cluster.connect("tcp://127.0.0.1:1", tmp_path)


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path, snapshot: Snapshot) -> None:
    certificates(tmp_path)
    nowhere = Cluster.connect("tls://127.0.0.1:1", tmp_path)
    nowhere.patience_s = 0.5
    with pytest.raises(RegisterUnavailable, match="cannot be reached"):
        looked(nowhere, snapshot)
