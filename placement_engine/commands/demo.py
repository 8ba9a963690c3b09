"""``placement demo``: the whole flow on a synthetic world, from nothing to a decision.

Nobody in it is real. The register and all files lie in a private folder that is removed at
the end, however the end comes; the passphrase is random and never leaves the memory.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from placement_engine.commands.options import OUTPUT, Run, shared

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.proposal.outcome import Proposal
    from placement_engine.report.demo_page import DemoBody, RivalPairs, WorldFacts
    from placement_engine.testing.rivals import SeparationCount
    from placement_engine.testing.world import SyntheticWorld
    from placement_engine.vocabulary import CaseId

AS_OF: Final = date(2026, 11, 1)
"""The day of the world: fixed, so that a seed tells the same story on any day."""
NEW_PEOPLE: Final = 12
"""Protected people without a placement, of whom three become cases."""


@shared(OUTPUT)
def demo(
    run: Run,
    *,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Which world; default 1.")
    ] = 1,
    placed: Annotated[
        int, typer.Option("--placed", metavar="N", min=1, help="People placed; default 300.")
    ] = 300,
    persons: Annotated[
        int, typer.Option("--persons", metavar="N", min=1, help="People known; default 5000.")
    ] = 5000,
    groups: Annotated[
        int, typer.Option("--groups", metavar="N", min=1, help="Groups known; default 80.")
    ] = 80,
) -> None:
    """Show the whole flow on a world that does not exist."""
    import tempfile

    from placement_engine.errors import UsageError
    from placement_engine.geo import load_geography
    from placement_engine.policy import Policy
    from placement_engine.report.demo_page import demo_page
    from placement_engine.testing.scenes import scenes
    from placement_engine.testing.world import SyntheticWorld

    geography = load_geography(Policy.default(), cache_dir=run.cache_dir)
    try:
        world = SyntheticWorld.generate(
            seed,
            geography,
            placed=placed,
            persons=persons,
            groups=groups,
            new=NEW_PEOPLE,
            as_of=AS_OF,
        )
        cases = "\n".join(json.dumps(case) for case in scenes(world))
    except ValueError as error:
        raise UsageError(f"This world cannot be made: {error}.") from None
    with tempfile.TemporaryDirectory(prefix="placement-demo-") as folder:
        body = _play(run, world, cases, Path(folder))
    run.output.result(body, demo_page(body, run.language))


def _play(run: Run, world: SyntheticWorld, documents: str, folder: Path) -> DemoBody:
    """Import the world, propose for three cases, accept what can be, and look again."""
    import secrets

    from placement_engine.engine import PlacementEngine
    from placement_engine.register import PassphraseKey
    from placement_engine.register.hardening import forbid_core_dumps
    from placement_engine.report.demo_page import DemoBody
    from placement_engine.testing.second_look import look_again

    forbid_core_dumps()
    world.write(folder)
    with PlacementEngine.create(
        folder / "register.db",
        PassphraseKey(bytearray(secrets.token_hex(32).encode())),
        single_user=True,
        as_of=world.as_of,
        policy=world.policy,
        cache_dir=run.cache_dir,
    ) as engine:
        engine.import_network(folder / "network")
        engine.import_placements(folder / "placements.csv")
        engine.import_facilities(folder / "facilities.csv")
        cases = engine.add_cases(documents)
        proposals = tuple(engine.propose([case]) for case in cases)
        accepted = tuple(
            case
            for case, proposal in zip(cases, proposals, strict=True)
            if _accept(engine, case, proposal)
        )
        look = look_again(world, engine)
    return DemoBody(
        world=_facts(world),
        proposals=proposals,
        accepted=accepted,
        told=_counted(look.told),
        unknown=_counted(look.unknown),
    )


def _accept(engine: PlacementEngine, case: CaseId, proposal: Proposal) -> bool:
    """Take the first choice, if there is one."""
    if not proposal.cases or not proposal.cases[0].choices:
        return False
    engine.accept(case, 1, decided_by="demo")
    return True


def _facts(world: SyntheticWorld) -> WorldFacts:
    from placement_engine.report.demo_page import WorldFacts

    return WorldFacts(
        seed=world.seed,
        as_of=world.as_of,
        municipalities=len(world.geography.codes),
        police_regions=len(set(world.gangs.region.tolist())),
        persons=len(world.people),
        groups=len(world.gangs),
        placed=len(world.placed),
        true_ties=len(world.truth),
        reports=len(world.told),
        missing_share=world.missing_share,
        wrong_share=world.wrong_share,
    )


def _counted(count: SeparationCount) -> RivalPairs:
    from placement_engine.report.demo_page import RivalPairs

    return RivalPairs(pairs=count.pairs, demanding=count.demanding, too_near=count.too_near)
