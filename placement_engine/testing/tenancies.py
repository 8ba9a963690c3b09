"""Rows of the register of a synthetic world: who lives where since when, and who pays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from placement_engine.geo import Geography
from placement_engine.intelligence import Facility, Placement
from placement_engine.testing.people import CATEGORIES, People
from placement_engine.testing.ties import IntColumn
from placement_engine.vocabulary import MunicipalityCode, OwnerId, ProviderId, SubjectRef

EARLIER_SHARE = 0.12
"""Share of the placed who were moved once before."""


def tenancies(
    rng: np.random.Generator,
    geography: Geography,
    people: People,
    ids: Sequence[str],
    site: IntColumn,
    facilities: Sequence[Facility],
    as_of: date,
) -> tuple[Placement, ...]:
    """An open placement for each of the first ``len(site)`` persons, and some ended ones.

    About half of the placed have a care provider who has a facility in the place.
    """
    offered: dict[MunicipalityCode, list[ProviderId]] = defaultdict(list)
    for facility in facilities:
        if facility.provider is not None:
            offered[facility.municipality].append(facility.provider)
    today = as_of.toordinal()
    rows: list[Placement] = []
    for number, place in enumerate(site.tolist()):
        code = geography.codes[place]
        start = min(int(people.left[number]) + int(rng.integers(5, 60)), today - 1)
        if rng.random() < EARLIER_SHARE and today - start > 200:
            moved = start + int(rng.integers(60, today - start - 60))
            earlier = geography.codes[int(rng.integers(0, len(geography.codes)))]
            rows.append(_row(people, ids, number, earlier, start, moved, None))
            start = moved
        providers = offered.get(code, [])
        provider = providers[int(rng.integers(0, len(providers)))] if providers else None
        if rng.random() < 0.5:
            provider = None
        rows.append(_row(people, ids, number, code, start, None, provider))
    order = rng.permutation(len(rows))
    return tuple(rows[i] for i in order.tolist())


def _row(
    people: People,
    ids: Sequence[str],
    number: int,
    code: MunicipalityCode,
    start: int,
    end: int | None,
    provider: ProviderId | None,
) -> Placement:
    return Placement(
        subject=SubjectRef(ids[number]),
        municipality=code,
        start=date.fromordinal(start),
        end=None if end is None else date.fromordinal(end),
        owner=OwnerId(f"UNIT-{1 + number % 7}"),
        provider=provider,
        category=CATEGORIES[int(people.category[number])],
        review_by=None if end is not None else date.fromordinal(start) + timedelta(days=365),
    )
