"""The three cases of the demonstration, built on a synthetic world.

The first has a household and needs, the second places to avoid and a health-care region to
keep, and the third cannot be answered: of the two municipalities that it is limited to one
is next to the home and the other too near to a rival who is placed.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from placement_engine.problem import PPM
from placement_engine.testing.newcomers import CaseDocument
from placement_engine.testing.settling import presence_costs
from placement_engine.testing.world import SyntheticWorld
from placement_engine.vocabulary import MunicipalityCode, PersonRole

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
    impossible, near_rival = _near_a_placed_rival(world, new)
    first, second = [i for i in new if i != impossible][:2]
    return (
        _with_household(world, first),
        _with_continuity(world, second),
        _impossible(world, impossible, near_rival),
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


def _impossible(world: SyntheticWorld, number: int, near_rival: str) -> CaseDocument:
    home = _home(world, number)
    return _case(
        world,
        "C-3",
        number,
        avoid=[{"municipality": home, "why": "home", "radius_km": 20}],
        within=sorted((home, near_rival)),
    )


def _near_a_placed_rival(world: SyntheticWorld, new: list[int]) -> tuple[int, str]:
    """A new defector and a municipality that is safe but for the distance to a rival.

    Of all places within the middle separation of somebody whose hostility demands it, the
    one with the least danger besides, at least 100 km from home.
    """
    graph, geography, policy = world.told_graph(), world.geography, world.policy
    placed = sorted((p.subject, p.municipality) for p in world.placements if p.end is None)
    names = [world.ids[i] for i in new]
    site = np.array([geography.index[code] for _, code in placed])
    scores = graph.scores(names, [person for person, _ in placed])
    exposure = geography.exposure_ppm(policy)[site] / PPM
    presence = presence_costs([graph], names, geography, policy)
    near = geography.separation_m[site] < policy.separation.kilometres[1] * 1000
    best: tuple[float, int, str] | None = None
    for row, number in enumerate(new):
        hostile = scores.h_or[row] >= policy.separation.hostility[1]
        danger = presence[row] + 1e6 * (scores.h_or[row] + scores.reunion[row]) @ exposure
        home = geography.index[MunicipalityCode(_home(world, number))]
        fit = near[hostile].any(axis=0) & (geography.crow_m[home] > 100_000)
        if fit.any():
            chosen = int(np.argmin(np.where(fit, danger, np.inf)))
            if best is None or danger[chosen] < best[0]:
                best = (float(danger[chosen]), number, geography.codes[chosen])
    if best is None:
        raise ValueError("no rival of a new defector is placed in this world; use another seed")
    return best[1], best[2]


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
