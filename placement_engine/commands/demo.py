"""``placement demo``: the whole flow on a synthetic world, from nothing to a decision.

Nobody in it is real. The register, its passphrase and all files live in a private folder
that is removed at the end, however the end comes.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from placement_engine.commands.options import OUTPUT, Run, shared
from placement_engine.vocabulary import CaseId, Language

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.proposal.outcome import Proposal
    from placement_engine.testing.second_look import SecondLook
    from placement_engine.testing.world import SyntheticWorld

AS_OF: Final = date(2026, 11, 1)
"""The day of the world: fixed, so that a seed tells the same story on any day."""
NEW_PEOPLE: Final = 12


@shared(OUTPUT)
def demo(
    run: Run,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Which world.")] = 1,
    placed: Annotated[int, typer.Option("--placed", metavar="N", help="People placed.")] = 300,
    persons: Annotated[int, typer.Option("--persons", metavar="N", help="People known.")] = 5000,
    groups: Annotated[int, typer.Option("--groups", metavar="N", help="Groups known.")] = 80,
) -> int:
    """Show the whole flow on a world that does not exist."""
    with tempfile.TemporaryDirectory(prefix="placement-demo-") as folder:
        return _demonstrate(run, Path(folder), seed, placed, persons, groups)


def _demonstrate(run: Run, folder: Path, seed: int, placed: int, persons: int, groups: int) -> int:
    from placement_engine.engine import PlacementEngine
    from placement_engine.errors import UsageError
    from placement_engine.geo import load_geography
    from placement_engine.policy import Policy
    from placement_engine.register import PassphraseKey
    from placement_engine.testing.scenes import scenes
    from placement_engine.testing.second_look import look_again
    from placement_engine.testing.world import SyntheticWorld

    policy = Policy.default()
    try:
        world = SyntheticWorld.generate(
            seed,
            load_geography(policy, cache_dir=run.cache_dir),
            placed=placed,
            persons=persons,
            groups=groups,
            new=NEW_PEOPLE,
            as_of=AS_OF,
            policy=policy,
        )
        cases = scenes(world)
    except ValueError as error:
        raise UsageError(f"This world cannot be made: {error}.") from None
    world.write(folder)
    passphrase = bytearray(secrets.token_hex(32).encode())
    with PlacementEngine.create(
        folder / "register.db",
        PassphraseKey(passphrase),
        single_user=True,
        as_of=AS_OF,
        policy=policy,
        cache_dir=run.cache_dir,
    ) as engine:
        engine.import_network(folder / "network")
        engine.import_placements(folder / "placements.csv")
        engine.import_facilities(folder / "facilities.csv")
        ids = engine.add_cases("\n".join(json.dumps(case) for case in cases))
        proposals = {case: engine.propose([case]) for case in ids}
        for case, proposal in proposals.items():
            if proposal.cases and proposal.cases[0].choices:
                engine.accept(case, 1, decided_by="demo")
        look = look_again(world, engine)
