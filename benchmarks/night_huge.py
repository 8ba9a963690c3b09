"""A register over the million-person network of `networks`, for a night of the whole country.

Twenty thousand people are settled one after another where they harm and are harmed least, and
nobody is moved again: some collide, and the night has much to tell. The network goes straight
into the register, since reading files has a benchmark of its own.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.measure import child
from benchmarks.networks import AS_OF, NATION, drawn, graph_of, protected_of
from benchmarks.worlds import PASSPHRASE, Ready, policy_text_of
from placement_engine.engine import PlacementEngine
from placement_engine.geo import Geography, load_geography
from placement_engine.intelligence import Network, Placement, PresenceColumns
from placement_engine.policy import Policy
from placement_engine.problem import PPM, IntArray
from placement_engine.register import PassphraseKey
from placement_engine.testing.settling import (
    FloatMatrix,
    PairDemands,
    pair_demands,
    presence_costs,
)
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

INHABITANTS_PER_PLACE = 250
"""So that 20,000 people fill half of the capacities."""
TOO_NEAR = 1e6
"""Micro-nats that a separation is worth."""


def prepare(folder: Path) -> Ready:
    """The register, made in a process of its own if it is not there."""
    here = folder / "night-huge"
    began = time.perf_counter()
    if not (here / "passphrase").exists():
        here.mkdir(mode=0o700, exist_ok=True)
        made = child([sys.executable, "-m", "benchmarks.night_huge", str(here)])
        if made.code != 0:
            raise RuntimeError("the register of the huge night could not be made")
    return Ready(
        register=here / "register.db",
        passphrase_file=here / "passphrase",
        policy_file=here / "policy.toml",
        cache_dir=here,
        cases=(),
        ties=NATION.ties,
        seconds_to_make=time.perf_counter() - began,
        seconds_to_import=0.0,
    )


def main(here: Path) -> None:
    """Draw, settle and store."""
    (here / "policy.toml").write_text(policy_text_of(INHABITANTS_PER_PLACE), encoding="utf-8")
    policy = Policy.read(here / "policy.toml")
    geography = load_geography(policy, cache_dir=here)
    network = _on_the_map(drawn(NATION), geography.codes)
    people = protected_of(network)
    graph = graph_of(network)
    site = _settled(
        geography,
        policy,
        pair_demands([graph], people, policy),
        presence_costs([graph], people, geography, policy),
    )
    del graph
    (here / "register.db").unlink(missing_ok=True)
    with PlacementEngine.create(
        here / "register.db",
        PassphraseKey(bytearray(PASSPHRASE.encode())),
        single_user=True,
        as_of=AS_OF,
        policy=policy,
        cache_dir=here,
    ) as engine:
        engine.register.import_network("main", network, AS_OF)
        engine.register.import_placements(
            [
                Placement(
                    subject=SubjectRef(person),
                    municipality=geography.codes[at],
                    start=date(2026, 1, 1),
                )
                for person, at in zip(people, site.tolist(), strict=True)
            ]
        )
    (here / "passphrase").touch(mode=0o600)
    (here / "passphrase").write_text(PASSPHRASE)


def _settled(
    geography: Geography, policy: Policy, demands: PairDemands, presence: FloatMatrix
) -> IntArray:
    """(S,) a site for each person: those of whom most is demanded come first."""
    exposure = (geography.exposure_ppm(policy) / PPM).astype(np.float32)
    free = geography.capacity(policy).copy()
    steps = zip(policy.separation.kilometres, policy.separation.other_labour_market, strict=True)
    near = np.stack(
        [
            (geography.separation_m < kilometres * 1000)
            | (geography.same_labour_market & other_market)
            for kilometres, other_market in [*steps][::-1]
        ]
    )
    site = np.full(len(demands), -1, dtype=np.int64)
    for person in np.argsort(-np.diff(demands.start), kind="stable").tolist():
        others, harm, step = demands.of(person)
        placed = site[others] >= 0
        there, harm, step = site[others[placed]], harm[placed], step[placed]
        cost = presence[person] + PPM * harm @ exposure[there]
        kept_apart = step > 0
        cost += TOO_NEAR * near[step[kept_apart] - 1, there[kept_apart]].sum(axis=0)
        site[person] = np.argmin(np.where(free > 0, cost, np.inf))
        free[site[person]] -= 1
    return site


def _on_the_map(network: Network, codes: tuple[MunicipalityCode, ...]) -> Network:
    """The network with its presences in real municipalities."""
    columns = {name: getattr(network.presences, name) for name in PresenceColumns.__slots__}
    real = np.array([int(code) for code in codes], dtype=columns["municipality"].dtype)
    columns["municipality"] = real[columns["municipality"]]
    return replace(network, presences=PresenceColumns(**columns))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
