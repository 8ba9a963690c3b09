"""The three cases of the demonstration, built on a synthetic world.

The first has a household and needs, the second places to avoid and a health-care region to
keep, and the third cannot be answered: of the two municipalities that it is limited to one
is the home and in the other a rival is placed.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from placement_engine.testing.newcomers import CaseDocument
from placement_engine.testing.world import SyntheticWorld
from placement_engine.vocabulary import PersonRole

SCENES = 3
"""New people that a world needs at least to be shown, all of them defectors."""


def scenes(world: SyntheticWorld) -> tuple[CaseDocument, ...]:
    """Three case documents, ``C-1`` to ``C-3``, of defectors who are not placed yet.

    Raises
    ------
    ValueError
        If the world has fewer than three new defectors, or if nobody who is placed is
        known to be hostile to any of them.
    """
    new = [i for i in world.people.defectors.tolist() if i >= len(world.placed)]
    if len(new) < SCENES:
        raise ValueError("a demonstration needs three new defectors; use another seed")
    impossible, rival_home = _with_placed_rival(world, new)
    first, second = [i for i in new if i != impossible][:2]
    return (
        _with_household(world, first),
        _with_continuity(world, second),
        _impossible(world, impossible, rival_home),
    )


def _with_household(world: SyntheticWorld, number: int) -> CaseDocument:
    """A couple with two children of school age, and treatment to go on with."""
    adult, *children = _relatives(world, number)
    return _case(
        world,
        "C-1",
        number,
        household=[
            {"id": adult, "age": 29, "guardian_of": children},
            *({"id": child, "age": age} for child, age in zip(children, (9, 6), strict=True)),
        ],
        avoid=[{"municipality": _home(world, number), "why": "home", "radius_km": 60}],
        needs=["addiction_treatment", "school"],
    )


def _with_continuity(world: SyntheticWorld, number: int) -> CaseDocument:
    """Somebody alone who is known in three places and is treated where he lives."""
    far = _away(world, number)
    return _case(
        world,
        "C-2",
        number,
        avoid=[
            {"municipality": _home(world, number), "why": "home", "radius_km": 60},
            {"municipality": far[0], "why": "family", "radius_km": 40},
            {"municipality": far[1], "why": "offence"},
        ],
        needs=["psychiatry"],
        lives_alone_well=True,
        keep_health_region="prefer",
    )


def _impossible(world: SyntheticWorld, number: int, rival_home: str) -> CaseDocument:
    home = _home(world, number)
    return _case(
        world,
        "C-3",
        number,
        avoid=[{"municipality": home, "why": "home", "radius_km": 20}],
        within=sorted((home, rival_home)),
    )


def _with_placed_rival(world: SyntheticWorld, new: list[int]) -> tuple[int, str]:
    """A new defector, and where the most hostile person lives whom the engine knows of."""
    graph = world.told_graph()
    lives = {p.subject: p.municipality for p in world.placements if p.end is None}
    placed = sorted(lives)
    hostile = graph.scores([world.ids[i] for i in new], placed).h_or
    for row, number in enumerate(new):
        home = world.geography.index[_home(world, number)]
        for column in np.argsort(-hostile[row], kind="stable").tolist():
            rival_home = lives[placed[column]]
            far = world.geography.crow_m[home, world.geography.index[rival_home]] > 100_000
            if hostile[row, column] < world.policy.separation.hostility[1]:
                break
            if far:
                return number, rival_home
    raise ValueError("no rival of a new defector is placed in this world; use another seed")


def _case(world: SyntheticWorld, name: str, number: int, **details: object) -> CaseDocument:
    return {
        "schema": "placement_engine/case",
        "version": 1,
        "id": name,
        "subject": world.ids[number],
        "owner": "UNIT-1",
        "household": [],
        "current": _home(world, number),
        "acute": False,
        "threat_level": "high",
        "avoid": [],
        "needs": [],
        "lives_alone_well": None,
        "keep_health_region": "prefer",
        "minor": False,
        "eligibility": {
            "motivated": True,
            "terms_signed": True,
            "not_evidence_person": True,
            "social_services_decision": True,
        },
        "consent": {
            "information_exchange": True,
            "date": (world.as_of - timedelta(days=20)).isoformat(),
        },
        **details,
    }


def _home(world: SyntheticWorld, number: int) -> str:
    return world.geography.codes[int(world.people.home[number])]


def _relatives(world: SyntheticWorld, number: int) -> list[str]:
    """Three people of the family, or relatives of nobody placed where it is smaller."""
    own = np.flatnonzero(world.people.anchor == number)
    others = world.people.with_role(PersonRole.RELATIVE)
    others = others[world.people.anchor[others] >= len(world.people.category)]
    return [world.ids[i] for i in np.concatenate([own, others])[:3].tolist()]


def _away(world: SyntheticWorld, number: int) -> list[str]:
    """Two towns of middle size that are neither at home nor next to it."""
    metres = world.geography.crow_m[int(world.people.home[number])]
    people = np.array([place.population for place in world.geography.municipalities])
    fit = np.flatnonzero((metres > 120_000) & (people > 20_000) & (people < 80_000))
    return [world.geography.codes[i] for i in fit[np.argsort(metres[fit], kind="stable")][[0, 4]]]
