"""Registers over synthetic worlds, built once a folder and used again."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path

from placement_engine.engine import PlacementEngine
from placement_engine.geo import load_geography
from placement_engine.policy import Policy
from placement_engine.register import PassphraseKey
from placement_engine.testing.world import SyntheticWorld

AS_OF = date(2026, 11, 1)
PASSPHRASE = "a passphrase for worlds that do not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Which world: its seed and its numbers."""

    seed: int
    placed: int
    persons: int
    groups: int
    new: int
    ties_per_person: float
    guard_truth: bool
    inhabitants_per_place: int
    new_from_one_region: bool = False


LARGE = Size(
    seed=11,
    placed=5000,
    persons=70_000,
    groups=2000,
    new=20,
    ties_per_person=10.0,
    guard_truth=False,
    inhabitants_per_place=500,  # 5,000 people fill 97 % of the default capacities
)
USUAL = Size(
    seed=12,
    placed=300,
    persons=5000,
    groups=80,
    new=20,
    ties_per_person=4.0,
    guard_truth=True,
    inhabitants_per_place=2000,
)
FEUD = replace(USUAL, seed=13, new_from_one_region=True)
"""As usual, but the 20 new people all left gangs of one region, many of them rivals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A register that holds a world, with the files to open it."""

    register: Path
    passphrase_file: Path
    policy_file: Path
    cache_dir: Path
    cases: tuple[str, ...]
    ties: int
    seconds_to_make: float
    seconds_to_import: float

    def open(self) -> PlacementEngine:
        """The engine over the register."""
        return PlacementEngine.open(
            self.register,
            PassphraseKey(bytearray(PASSPHRASE.encode())),
            as_of=AS_OF,
            policy=Policy.read(self.policy_file),
            cache_dir=self.cache_dir,
        )


def policy_text_of(inhabitants_per_place: int) -> str:
    """The shipped policy, with other capacities."""
    shipped = resources.files("placement_engine").joinpath("policy_default.toml").read_text("utf-8")
    default = "inhabitants_per_place = { value = 2000.0,"
    if default not in shipped:
        raise RuntimeError("the shipped policy has other capacities than this benchmark knows")
    return shipped.replace(
        default, f"inhabitants_per_place = {{ value = {inhabitants_per_place}.0,"
    )


def policy_text(size: Size) -> str:
    """The shipped policy, with the capacities of a size."""
    return policy_text_of(size.inhabitants_per_place)


def generate(size: Size, cache_dir: Path) -> SyntheticWorld:
    """The world of a size."""
    given = asdict(size)
    del given["inhabitants_per_place"]
    policy = Policy.parse(policy_text(size))
    geography = load_geography(policy, cache_dir=cache_dir)
    return SyntheticWorld.generate(
        given.pop("seed"), geography, as_of=AS_OF, policy=policy, **given
    )


def prepare(size: Size, folder: Path) -> Ready:
    """A register over the world of `size` in `folder`; made only if it is not there."""
    here = folder / f"world-{size.seed}-{size.placed}-{size.persons}"
    card = here / "ready.json"
    cache_dir = folder / "cache"
    cache_dir.mkdir(exist_ok=True)
    if not card.exists():
        here.mkdir(mode=0o700, exist_ok=True)
        start = time.perf_counter()
        world = generate(size, cache_dir)
        world.write(here)
        (here / "policy.toml").write_text(policy_text(size), encoding="utf-8")
        made = time.perf_counter()
        (here / "passphrase").touch(mode=0o600)
        (here / "passphrase").write_text(PASSPHRASE)
        (here / "register.db").unlink(missing_ok=True)
        with PlacementEngine.create(
            here / "register.db",
            PassphraseKey(bytearray(PASSPHRASE.encode())),
            single_user=True,
            as_of=AS_OF,
            policy=world.policy,
            cache_dir=cache_dir,
        ) as engine:
            summary = engine.import_network(here / "network")
            engine.import_placements(here / "placements.csv")
            engine.import_facilities(here / "facilities.csv")
            cases = engine.add_cases((here / "cases.jsonl").read_bytes())
        card.write_text(
            json.dumps(
                {
                    "cases": cases,
                    "ties": summary.ties,
                    "seconds_to_make": made - start,
                    "seconds_to_import": time.perf_counter() - made,
                }
            )
        )
    facts = json.loads(card.read_text())
    return Ready(
        register=here / "register.db",
        passphrase_file=here / "passphrase",
        policy_file=here / "policy.toml",
        cache_dir=cache_dir,
        cases=tuple(facts["cases"]),
        ties=facts["ties"],
        seconds_to_make=facts["seconds_to_make"],
        seconds_to_import=facts["seconds_to_import"],
    )
