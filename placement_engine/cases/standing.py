"""What the register holds on a day, read into the facts that worlds are made of."""

from __future__ import annotations

from datetime import date

from placement_engine.cases.case import read_cases
from placement_engine.cases.households import living_with
from placement_engine.cases.observe import Observer
from placement_engine.geo import Geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.register import Register
from placement_engine.vocabulary import ProtectionCategory


def observe(
    register: Register,
    *,
    policy: Policy,
    geography: Geography,
    as_of: date,
    network: Network | None = None,
) -> Observer:
    """Everything known as of a day: the engine, and the nightly recheck, begin here.

    Placed defectors and the subjects of cases count as having left their groups.

    Parameters
    ----------
    network
        In place of what the register has in force, such as an earlier one.
    """
    codes = frozenset(geography.codes)
    placements = tuple(stored.placement for stored in register.placements())
    files = register.case_files().values()
    cases = [read_cases(content, codes=codes)[0] for content in files]
    leavers = {case.subject for case in cases} | {
        p.subject for p in placements if p.category is ProtectionCategory.DEFECTOR
    }
    graph = RivalGraph.build(
        register.network() if network is None else network,
        as_of=as_of,
        policy=policy,
        implied_defectors=frozenset(leavers),
    )
    return Observer(
        graph=graph,
        policy=policy,
        geography=geography,
        placements=placements,
        facilities=register.facilities(),
        households=living_with(cases),
    )
