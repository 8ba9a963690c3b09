"""One night's facts as flat arrays of numbers: what the tasks of the night share.

Nobody stands here by pseudonym and no place by code: people are node numbers, placements
row numbers, municipalities column numbers. A task needs nothing else, wherever it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.observe import Observer
from placement_engine.cases.steps import Step, actor_steps, presence_steps, separation_steps
from placement_engine.geo.points import (
    Exposure,
    SameMarket,
    Separation,
    flat_arrays,
    of_flat_arrays,
)
from placement_engine.graph.edges import HALVES, Edges, HalfEdges
from placement_engine.nightly.ageing import path_rate, presence_rate
from placement_engine.problem import IntArray, micronats
from placement_engine.vocabulary import ProviderId

Arrays = Mapping[str, NDArray[Any]]

_PLACES = ("exposure", "separation_m", "same_labour_market")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Snapshot:
    """What a night looks at: N placements in force, A presences, M municipalities.

    Parameters
    ----------
    edges
        The edges of the day.
    member, member_start
        Node numbers of the households one after another, -1 for somebody unknown, and
        (N+1,) where each begins; the subject stands first.
    subject
        (N,) number of the person: two placements of one person share it.
    at_home
        (H, 2) pairs of placements, both ways, that are one household.
    site, provider
        (N,) municipality, and provider with -1 where unknown.
    actor, actor_site, actor_is_group, actor_strength, gang
        (A,) presences.
    exposure
        (M, M) chance to meet within a year.
    separation_m, same_labour_market
        (M, M). All three are matrices, or told on demand where there are too many places
        for matrices: ``exposure[a, b]`` of index arrays is the same.
    unknown
        (N,) whether too little is on record.
    steps
        (3, S, 3) hostility, metres and labour market of the steps between people, to
        actors, to present groups; hostility 2 where there are fewer.
    bands
        Micro-nats from which a share is MEDEL, HÖG, over the ceiling.
    rates
        The most that the logarithm of a hostility, and of a presence, can fall in a day.
    max_length
        Edges of the longest path.
    """

    edges: Edges
    member: IntArray
    member_start: IntArray
    subject: IntArray
    at_home: IntArray
    site: IntArray
    provider: IntArray
    actor: IntArray
    actor_site: IntArray
    actor_is_group: NDArray[np.bool_]
    actor_strength: NDArray[np.float64]
    gang: IntArray
    exposure: NDArray[np.float64] | Exposure
    separation_m: IntArray | Separation
    same_labour_market: NDArray[np.bool_] | SameMarket
    unknown: NDArray[np.bool_]
    steps: NDArray[np.float64]
    bands: IntArray
    rates: NDArray[np.float64]
    max_length: int = field(default=3)

    @property
    def placements(self) -> int:
        """N."""
        return len(self.site)

    @classmethod
    def of(cls, observer: Observer) -> Snapshot:
        """The facts of a day as numbers."""
        graph, policy, geography = observer.graph, observer.policy, observer.geography
        homes = [observer.household(p.subject) for p in observer.in_force]
        person = {subject: n for n, subject in enumerate(sorted({home[0] for home in homes}))}
        present = observer.present
        return cls(
            edges=graph.edges,
            member=graph.numbers([member for home in homes for member in home]),
            member_start=np.cumsum([0, *(len(home) for home in homes)]),
            subject=np.array([person[home[0]] for home in homes], dtype=np.int64),
            at_home=_at_home(homes),
            site=observer.site,
            provider=_numbered([p.provider for p in observer.in_force]),
            actor=graph.numbers(present.actors),
            actor_site=present.site,
            actor_is_group=present.is_group,
            actor_strength=present.strength,
            gang=present.gang,
            exposure=observer.exposure,
            separation_m=geography.separation_m,
            same_labour_market=geography.same_labour_market,
            unknown=np.array(
                [observer.unknown(p.subject) for p in observer.in_force], dtype=np.bool_
            ),
            steps=_steps([separation_steps(policy), actor_steps(policy), presence_steps(policy)]),
            bands=np.array(
                [
                    micronats(policy.risk.band_medium),
                    micronats(policy.risk.band_high),
                    micronats(policy.risk.ceiling),
                ],
                dtype=np.int64,
            ),
            rates=np.array([path_rate(policy), presence_rate(policy)]),
            max_length=policy.paths.max_length,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays, for other processes; undone by `of_arrays`."""
        flat: dict[str, NDArray[Any]] = {}
        for name in (f.name for f in fields(self)):
            if name not in ("edges", "max_length", *_PLACES):
                flat[name] = getattr(self, name)
        if isinstance(self.exposure, Exposure):
            flat |= flat_arrays(self.exposure)
        else:
            flat |= {name: np.asarray(getattr(self, name)) for name in _PLACES}
        for name in (f.name for f in fields(Edges)):
            if name in HALVES:
                half: HalfEdges = getattr(self.edges, name)
                for part in ("start", "far", "edge"):
                    flat[f"edges.{name}.{part}"] = getattr(half, part)
            elif name != "nodes":
                flat[f"edges.{name}"] = getattr(self.edges, name)
        flat["numbers"] = np.array([self.edges.nodes, self.max_length], dtype=np.int64)
        return flat

    @classmethod
    def of_arrays(cls, flat: Arrays) -> Snapshot:
        """The snapshot that `arrays` told; nothing is copied."""
        nodes, max_length = (int(number) for number in flat["numbers"])
        own: dict[str, Any] = {f.name: flat[f.name] for f in fields(cls) if f.name in flat}
        exposure = of_flat_arrays(flat)
        if exposure is not None:
            own["exposure"] = exposure
            own["separation_m"] = Separation(points=exposure.points)
            own["same_labour_market"] = SameMarket(points=exposure.points)
        halves: dict[str, Any] = {
            name: HalfEdges(
                start=flat[f"edges.{name}.start"],
                far=flat[f"edges.{name}.far"],
                edge=flat[f"edges.{name}.edge"],
            )
            for name in HALVES
        }
        plain: dict[str, Any] = {
            f.name: flat[f"edges.{f.name}"]
            for f in fields(Edges)
            if f.name not in (*HALVES, "nodes")
        }
        edges = Edges(nodes=nodes, **plain, **halves)
        return cls(edges=edges, max_length=max_length, **own)


def _steps(families: Sequence[Sequence[Step]]) -> NDArray[np.float64]:
    most = max(len(family) for family in families)
    table = np.full((len(families), most, 3), 0.0)
    table[:, :, 0] = 2.0  # no hostility reaches it
    for row, family in enumerate(families):
        for column, step in enumerate(family):
            table[row, column] = (step.hostility, step.metres, step.other_labour_market)
    return table


def _numbered(names: Sequence[ProviderId | None]) -> IntArray:
    order = {name: n for n, name in enumerate(sorted({name for name in names if name}))}
    return np.array([order[name] if name else -1 for name in names], dtype=np.int64)


def _at_home(homes: Sequence[tuple[str, ...]]) -> IntArray:
    """Pairs of placements that live together: placed people in one another's household."""
    lives: dict[str, list[int]] = {}
    for n, home in enumerate(homes):
        lives.setdefault(home[0], []).append(n)
    pairs = {
        pair
        for n, home in enumerate(homes)
        for member in home
        for other in lives.get(member, ())
        if other != n
        for pair in ((n, other), (other, n))
    }
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
