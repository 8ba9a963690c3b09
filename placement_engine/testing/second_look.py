"""A second look after the decisions: every pair of rivals must keep its distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement_engine.engine import PlacementEngine
from placement_engine.geo import Geography
from placement_engine.testing.rivals import (
    SeparationCount,
    Town,
    rival_pairs,
    separations_kept,
)
from placement_engine.testing.world import SyntheticWorld
from placement_engine.testing.world_rows import told_rows, true_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """Pairs of placed defectors from rival groups.

    Parameters
    ----------
    told
        By what the engine was told: every one of these must keep its distance.
    unknown
        Rivals in truth of whom the engine was told nothing: it cannot keep these apart
        but by chance, and a world without such pairs would be a fairy tale.
    """

    told: SeparationCount
    unknown: SeparationCount


def look_again(world: SyntheticWorld, engine: PlacementEngine) -> SecondLook:
    """Check the register's placements in force by plain code that the engine does not use."""
    lives: dict[str, str] = {
        stored.placement.subject: stored.placement.municipality
        for stored in engine.register.placements()
        if stored.placement.end is None
    }
    defectors = [person for person in world.defectors if person in lives]
    told = rival_pairs(defectors, told_rows(world), as_of=world.as_of, policy=world.policy)
    true = rival_pairs(defectors, true_rows(world), as_of=world.as_of, policy=world.policy)
    known = {(pair.a, pair.b) for pair in told}
    unknown = tuple(pair for pair in true if (pair.a, pair.b) not in known)
    towns, borders = towns_of(world.geography)
    return SecondLook(
        told=separations_kept(told, lives, towns, borders, policy=world.policy),
        unknown=separations_kept(unknown, lives, towns, borders, policy=world.policy),
    )


def towns_of(geography: Geography) -> tuple[dict[str, Town], frozenset[frozenset[str]]]:
    """Municipalities by code, and the pairs of codes that touch."""
    towns = {
        place.code: Town(
            code=place.code,
            longitude=place.seat_lon,
            latitude=place.seat_lat,
            labour_market=place.labour_market,
        )
        for place in geography.municipalities
    }
    codes = geography.codes
    borders = frozenset(
        frozenset((codes[a], codes[b])) for a, b in np.argwhere(geography.adjacent).tolist()
    )
    return {str(code): town for code, town in towns.items()}, borders
