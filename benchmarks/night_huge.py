"""A register over the million-person network of `networks`, for a night of the whole country.

Twenty thousand people are settled as careful offices would have, by `testing.settling`; the
network goes straight into the register, since reading files has a benchmark of its own.
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
from placement_engine.geo import load_geography
from placement_engine.intelligence import Network, Placement, PresenceColumns
from placement_engine.policy import Policy
from placement_engine.register import PassphraseKey
from placement_engine.testing.settling import pair_demands, presence_costs, settle
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

INHABITANTS_PER_PLACE = 250
"""So that 20,000 people fill half of the capacities."""


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
    site = settle(
        np.random.default_rng(14),
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


def _on_the_map(network: Network, codes: tuple[MunicipalityCode, ...]) -> Network:
    """The network with its presences in real municipalities."""
    columns = {name: getattr(network.presences, name) for name in PresenceColumns.__slots__}
    real = np.array([int(code) for code in codes], dtype=columns["municipality"].dtype)
    columns["municipality"] = real[columns["municipality"]]
    return replace(network, presences=PresenceColumns(**columns))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
