"""Which facilities count on the day: on record by then, and not full for good.

A facility first seen after the day does not exist yet. One whose capacity is 0 is on
record, so its kind is known of, but it meets no need.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from placement_engine.cases.world import World
from placement_engine.intelligence import Facility
from placement_engine.vocabulary import Need


def on_record(world: World, need: Need) -> bool:
    """Whether any facility of a kind is known anywhere; if not, the need cannot be checked."""
    return any(f.kind is need and f.last_seen <= world.as_of for f in world.facilities)


def open_facilities(world: World, need: Need) -> tuple[Facility, ...]:
    """Facilities of a kind that can take somebody."""
    return tuple(
        f
        for f in world.facilities
        if f.kind is need and f.last_seen <= world.as_of and f.capacity != 0
    )


def stands(world: World, need: Need, site: int) -> bool:
    """Whether an open facility of a kind stands at a site."""
    code = world.geography.codes[site]
    return any(f.municipality == code for f in open_facilities(world, need))


def sites_with(world: World, facilities: Iterable[Facility]) -> NDArray[np.bool_]:
    """(M,) whether any of some facilities stands at the site."""
    mask = np.zeros(world.sites, dtype=np.bool_)
    mask[[world.site_of(f.municipality) for f in facilities]] = True
    return mask
