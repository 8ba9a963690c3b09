"""What an analyst looks at, over a network of 70,000 persons and 700,000 ties."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measure import Row, seconds_of
from benchmarks.worlds import AS_OF, LARGE, generate
from placement_engine.graph import RivalGraph
from placement_engine.graph.balance import count_triangles, signed_pairs
from placement_engine.graph.differences import tie_changes
from placement_engine.graph.ego import ego_network
from placement_engine.graph.frustration import frustration
from placement_engine.graph.reliability import path_family, reliability
from placement_engine.intelligence.identity import Identity, merged
from placement_engine.report.ego_drawing import MOST, ego_svg
from placement_engine.report.explaining import paths_body
from placement_engine.report.network_bodies import PathsBody
from placement_engine.vocabulary import Language

EXPLAIN_SECONDS = 0.05
WORLDS = 10_000


def run(folder: Path, runs: int) -> list[Row]:
    """All rows of the benchmark."""
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    world = generate(LARGE, cache)
    policy, network = world.policy, world.told_network()
    graph = RivalGraph.build(network, as_of=AS_OF, policy=policy)
    earlier = RivalGraph.build(network, as_of=AS_OF - timedelta(days=90), policy=policy)
    placed = world.placed
    scores = graph.scores(placed[:100], placed)
    rows, columns = np.nonzero(scores.h_or > policy.separation.hostility[-1])
    pairs = [(placed[i], placed[j]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
    asked = pairs[:: max(1, len(pairs) // 50)]

    def explained(a: str, b: str) -> PathsBody:
        return paths_body(
            graph,
            a,
            b,
            policy=policy,
            count=5,
            codes=frozenset(),
            language=Language.SWEDISH,
            notices=(),
        )

    taken = [seconds_of(lambda pair=pair: explained(*pair), runs) for pair in asked]  # type: ignore[misc]
    worst = asked[int(np.argmax(taken))]
    family = path_family(graph, *worst)
    degree = np.diff(graph.edges.bond.start) + np.diff(graph.edges.enmity.start)
    hub = graph.nodes[int(degree.argmax())]
    groups = signed_pairs(graph, groups_only=True)
    everybody = signed_pairs(graph, groups_only=False)
    counted = count_triangles(everybody)
    split = frustration(groups)
    two = Identity(kept={graph.nodes[-1]: graph.nodes[-2]})
    return [
        Row(
            what="explain one pair, five paths, sources",
            value=max(taken),
            unit="s",
            target=EXPLAIN_SECONDS,
            note=f"slowest of {len(asked)} hostile pairs; median {median(taken) * 1000:.0f} ms",
        ),
        Row(
            what=f"reliability, {WORLDS} worlds",
            value=seconds_of(lambda: reliability(family, worlds=WORLDS, seed=0), runs),
            unit="s",
            note=f"{family.count} paths over {len(family.chance)} ties",
        ),
        Row(
            what="ego network of the largest hub, drawn",
            value=seconds_of(
                lambda: ego_svg(ego_network(graph, hub, most=MOST), Language.SWEDISH), runs
            ),
            unit="s",
            note=f"{int(degree.max())} ties",
        ),
        Row(
            what="all triangles by sign",
            value=seconds_of(lambda: count_triangles(everybody), 1),
            unit="s",
            note=f"{counted.count} of {len(everybody)} pairs, {counted.balanced} balanced",
        ),
        Row(
            what="frustration of the groups",
            value=seconds_of(lambda: frustration(groups), 1),
            unit="s",
            note=f"{len(groups)} pairs; index {split.lower} to {split.upper}",
        ),
        Row(
            what="differences of two dates",
            value=seconds_of(lambda: tie_changes(earlier, graph), 1),
            unit="s",
            note=f"{len(tie_changes(earlier, graph))} ties differ",
        ),
        Row(
            what="two records merged",
            value=seconds_of(lambda: merged(network, two), runs),
            unit="s",
        ),
    ]
