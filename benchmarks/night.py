"""The nightly recheck: full, sparing, by processes; the share of each stage; peak memory."""

from __future__ import annotations

import hashlib
import json
import pickle
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks import night_huge
from benchmarks.dask_cluster import LocalCluster, certificates
from benchmarks.measure import Row, child
from benchmarks.worlds import AS_OF, LARGE, USUAL, Ready, prepare
from placement_engine.intelligence import Network, TieColumns
from placement_engine.intelligence.network import KINDS
from placement_engine.nightly.cluster import Cluster
from placement_engine.nightly.executor import Executor, Serial
from placement_engine.nightly.moves import fewest_moves, moves_of
from placement_engine.nightly.page import night_html
from placement_engine.nightly.processes import Processes
from placement_engine.nightly.recheck import Night, recheck
from placement_engine.nightly.telling import night_body
from placement_engine.register import StoredPlacement
from placement_engine.solver import Limits
from placement_engine.vocabulary import Language, TieKind

FULL_SECONDS, FULL_BYTES = 60.0, 1.5e9
HUGE_SECONDS, HUGE_BYTES = 600.0, 4e9
SPARING = 1 / 20
HIT = 15
LARGE_WORLD, HUGE_WORLD = "large", "huge"
WHOLE = " done in full"
SPARED = {
    "idle": "nothing changed",
    "day": "the next day",
    "few": "10 ties changed",
    "percent": "1 % of the ties changed",
}
NIGHTS = (
    "full",
    *(f"{kind}{how}" for kind in SPARED for how in ("", WHOLE)),
    "processes",
    "cluster",
)
HUGE_NIGHTS = ("full", *(f"{kind}{how}" for kind in ("day", "percent") for how in ("", WHOLE)))
"""Two processes would need their memory twice."""


def run(folder: Path, runs: int) -> list[Row]:
    """All rows of the benchmark."""
    del runs  # a night is long; each is told once
    rows = _nights(folder, LARGE_WORLD, NIGHTS, "5,000 placed", (FULL_SECONDS, FULL_BYTES))
    rows.append(_moves(folder))
    return rows


def run_huge(folder: Path, runs: int) -> list[Row]:
    """A night over a million persons and nine million ties, asked for by ``--huge``."""
    del runs
    return _nights(folder, HUGE_WORLD, HUGE_NIGHTS, "20,000 placed", (HUGE_SECONDS, HUGE_BYTES))


def _ready(world: str, folder: Path) -> Ready:
    return prepare(LARGE, folder) if world == LARGE_WORLD else night_huge.prepare(folder)


def _nights(
    folder: Path, world: str, kinds: Sequence[str], name: str, targets: tuple[float, float]
) -> list[Row]:
    ready = _ready(world, folder)
    told: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        done = child([sys.executable, "-m", "benchmarks.night", kind, str(folder), world])
        if done.code != 0:
            raise RuntimeError(f"the night {kind} failed")
        told[kind] = json.loads(done.output) | {
            "peak": done.peak_bytes,
            "cpu": done.cpu_seconds,
        }
    full = told["full"]
    stages = ", ".join(
        f"{stage} {100 * share / full['seconds']:.0f} %" for stage, share in full["stages"].items()
    )
    rows = [
        Row(
            what=f"night, {name}: full, with report",
            value=full["seconds"],
            unit="s",
            target=targets[0],
            note=f"{ready.ties} rows of ties; {full['cpu']:.3g} s of processor; {stages}",
        ),
        Row(
            what=f"night, {name}: peak memory",
            value=full["peak"] / 1e6,
            unit="MB",
            target=targets[1] / 1e6,
        ),
    ]
    if "processes" in told:
        rows += _spread(name, told["processes"], told["cluster"])
    for kind, what in SPARED.items():
        if kind not in told:
            continue
        spared, whole = told[kind], told[kind + WHOLE]
        rows.append(
            Row(
                what=f"night, {name}: sparing, {what}, of the same night in full",
                value=spared["seconds"] / whole["seconds"],
                unit="",
                target=SPARING if kind == "percent" else None,
                note=f"{spared['seconds']:.3g} s of {whole['seconds']:.3g} s; "
                + ", ".join(f"{stage} {s:.2g} s" for stage, s in spared["stages"].items())
                + f"; looked at {spared['looked_at']}; "
                + ("told the same" if spared["told"] == whole["told"] else "TOLD OTHERWISE"),
            )
        )
    return rows


def _spread(name: str, processes: dict[str, Any], cluster: dict[str, Any]) -> list[Row]:
    """Two processes, and two Dask workers of this machine against them."""
    look, over = processes["stages"]["look"], cluster["stages"]["look"]
    return [
        Row(
            what=f"night, {name}: two processes",
            value=processes["seconds"],
            unit="s",
            note="the same bytes" if processes["same"] else "OTHER BYTES",
        ),
        Row(
            what=f"night, {name}: the look by two Dask workers, of one by two processes",
            value=over / look,
            unit="",
            note=f"{over:.3g} s of {look:.3g} s, "
            + ("the same bytes" if cluster["same"] else "OTHER BYTES"),
        ),
    ]


def _moves(folder: Path) -> Row:
    """Fewest moves where one in twenty of 300 placed people is hit by a new threat nearby."""
    ready = prepare(USUAL, folder)
    ready = replace(ready, register=_copied(ready.register))
    with ready.open() as engine:
        network, placed = engine.register.network(), engine.register.placements()
        engine.register.import_network("main", _threatened(network, placed, HIT), AS_OF)
        night = recheck(
            engine.register,
            policy=engine.policy,
            geography=engine.geography,
            as_of=AS_OF,
            clock=time.perf_counter,
            entropy=secrets.token_bytes,
        )
        start = time.perf_counter()
        moves = fewest_moves(night.facts, night.state, limits=Limits(time_s=60.0))
        seconds = time.perf_counter() - start
    count = None if moves.movers is None else len(moves.movers)
    return Row(
        what="fewest moves, 300 placed, 15 threatened from nearby",
        value=seconds,
        unit="s",
        note=f"{moves.status}: {count} moves for {moves.affected} over the ceiling, "
        f"{len(moves.free)} may move; bound {moves.bound}, "
        + ("proved fewest" if moves.proved_fewest else "not proved"),
    )


def _threatened(network: Network, placed: Sequence[StoredPlacement], count: int) -> Network:
    """The network with a fresh threat against so many people by their nearest neighbours."""
    index = {node: n for n, node in enumerate(network.nodes)}
    lives = sorted(
        (s.placement.municipality, index[s.placement.subject])
        for s in placed
        if s.placement.end is None and s.placement.subject in index
    )
    step = max(1, len(lives) // count)
    pairs = [(lives[n][1], lives[n + 1][1]) for n in range(0, len(lives) - 1, step)][:count]
    ties = network.ties
    fresh = {
        "a": [a for a, _ in pairs],
        "b": [b for _, b in pairs],
        "kind": [KINDS.index(TieKind.THREAT)] * len(pairs),
        "information": [1] * len(pairs),
        "last_seen": [AS_OF.toordinal()] * len(pairs),
        "severity": [1.0] * len(pairs),
    }
    columns = {
        name: np.concatenate(
            [
                getattr(ties, name),
                np.array(fresh.get(name, [0] * len(pairs)), dtype=getattr(ties, name).dtype),
            ]
        )
        for name in TieColumns.__slots__
    }
    return replace(network, ties=TieColumns(**columns))


def _one(kind: str, folder: Path, world: str) -> dict[str, Any]:
    """One night in a process of its own; the first one is kept for the others."""
    whole = kind.endswith(WHOLE) or kind in ("full", "processes", "cluster")
    kind = kind.removesuffix(WHOLE)
    ready = _ready(world, folder)
    kept = ready.register.with_name("night.register")
    if kind == "full":
        shutil.copy(ready.register, kept)
    else:
        ready = replace(ready, register=_copied(kept))
    if kind == "full":
        ready = replace(ready, register=kept)
    with ExitStack() as held, ready.open() as engine:
        executor: Executor = Serial()
        if kind == "processes":
            executor = Processes(2)
        elif kind == "cluster":
            executor = held.enter_context(_local_cluster())
        day = AS_OF + timedelta(days=kind == "day")
        if kind in ("few", "percent"):
            network = engine.register.network()
            count = 10 if kind == "few" else len(network.ties) // 100
            engine.register.import_network("main", _changed(network, count), AS_OF)
        start = time.perf_counter()
        night = recheck(
            engine.register,
            policy=engine.policy,
            geography=engine.geography,
            as_of=day,
            clock=time.perf_counter,
            entropy=secrets.token_bytes,
            full=whole,
            executor=executor,
        )
        stages = dict(night.seconds) | _told(night)
        return {
            "seconds": time.perf_counter() - start,
            "looked_at": night.looked_at,
            "stages": stages,
            "told": _digest(night),
            "same": not night.changes,
        }


@contextmanager
def _local_cluster() -> Iterator[Cluster]:
    """A scheduler and two workers, up before anything is timed."""
    with TemporaryDirectory() as tls, TemporaryDirectory() as spilled:
        certificates(Path(tls))
        local = LocalCluster(Path(tls), Path(spilled))
        try:
            local.wait()
            yield Cluster.connect(local.address, Path(tls))
        finally:
            local.stop()


def _told(night: Night) -> dict[str, float]:
    """Seconds of the moves and of the report."""
    start = time.perf_counter()
    moves = moves_of(night)
    middle = time.perf_counter()
    night_html(night, night_body(night, moves, notices=()), Language.SWEDISH)
    return {"moves": middle - start, "report": time.perf_counter() - middle}


def _digest(night: Night) -> str:
    """Of all that the night has told: of its changes, and of what stands of each placement."""
    stands = [(key, told.findings) for key, told in sorted(night.state.standings.items())]
    return hashlib.sha256(pickle.dumps((night.changes, stands))).hexdigest()


def _changed(network: Network, count: int) -> Network:
    """The network with so many reports a letter worse, drawn by a fixed seed."""
    chosen = np.random.default_rng(5).choice(len(network.ties), count, replace=False)
    source = network.ties.source.copy()
    source[chosen] = np.minimum(source[chosen] + 1, 4)
    columns = {name: getattr(network.ties, name) for name in TieColumns.__slots__}
    return replace(network, ties=TieColumns(**{**columns, "source": source}))


def _copied(kept: Path) -> Path:
    copy = kept.with_name("copy.register")
    shutil.copy(kept, copy)
    return copy


__all__ = ["Ready", "run"]


if __name__ == "__main__":
    print(json.dumps(_one(sys.argv[1], Path(sys.argv[2]), sys.argv[3])))
