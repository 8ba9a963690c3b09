"""Reading, building and scoring a network of 70,000 persons and 700,000 ties."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Row, seconds_of
from benchmarks.worlds import AS_OF, LARGE, generate
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network

BUILD_SECONDS, ONE_SECONDS, MANY_SECONDS, LOAD_SECONDS = 0.5, 0.1, 1.0, 0.3


def run(folder: Path, runs: int) -> list[Row]:
    """All rows of the benchmark."""
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    world = generate(LARGE, cache)
    policy = world.policy
    network = world.told_network()
    packed = network.to_bytes()

    def build() -> RivalGraph:
        return RivalGraph.build(network, as_of=AS_OF, policy=policy)

    graph = build()
    placed = world.placed
    newcomer = [str(world.cases[0]["subject"])]
    present = [presence.actor for presence in graph.presences()]
    return [
        Row(
            what="network from bytes",
            value=seconds_of(lambda: Network.from_bytes(packed), runs),
            unit="s",
            target=LOAD_SECONDS,
            note=f"{network.tie_count} rows, {len(packed) / 1e6:.1f} MB",
        ),
        Row(
            what="graph built",
            value=seconds_of(build, runs),
            unit="s",
            target=BUILD_SECONDS,
        ),
        Row(
            what="scores 1 × 5,000 placed",
            value=seconds_of(lambda: graph.scores(newcomer, placed), runs),
            unit="s",
            target=ONE_SECONDS,
        ),
        Row(
            what=f"scores 1 × {len(present)} presences",
            value=seconds_of(lambda: graph.scores(newcomer, present), runs),
            unit="s",
            target=ONE_SECONDS,
        ),
        Row(
            what="scores 300 × 5,000 placed",
            value=seconds_of(lambda: graph.scores(placed[:300], placed), runs),
            unit="s",
            target=MANY_SECONDS,
        ),
    ]
