"""Cases of a synthetic world: people who have just left and need a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from placement_engine.geo import Geography
from placement_engine.testing.people import People
from placement_engine.testing.ties import IntColumn
from placement_engine.vocabulary import Need

CaseDocument = dict[str, object]
"""A case as its JSON document."""


def open_cases(
    rng: np.random.Generator,
    geography: Geography,
    people: People,
    ids: Sequence[str],
    numbers: IntColumn,
    as_of: date,
) -> tuple[CaseDocument, ...]:
    """A case for each of the protected people in `numbers`, numbered from ``C-0001``."""
    return tuple(
        _case(rng, geography, people, ids, int(number), as_of, order)
        for order, number in enumerate(numbers, start=1)
    )


def _case(
    rng: np.random.Generator,
    geography: Geography,
    people: People,
    ids: Sequence[str],
    number: int,
    as_of: date,
    order: int,
) -> CaseDocument:
    subject = ids[number]
    family = np.flatnonzero(people.anchor == number).tolist()
    household = family if rng.random() < 0.4 else []
    ages = [
        int(rng.integers(18, 60) if i == 0 else rng.integers(1, 17)) for i in range(len(household))
    ]
    children = [ids[p] for p, age in zip(household, ages, strict=True) if age < 18]
    home = geography.codes[int(people.home[number])]
    avoid: list[dict[str, object]] = [
        {"municipality": home, "why": "home", "radius_km": int(rng.integers(2, 8)) * 10}
    ]
    if rng.random() < 0.4:
        avoid.append({"municipality": _town(rng, geography), "why": "family", "radius_km": 30})
    if rng.random() < 0.3:
        avoid.append({"municipality": _town(rng, geography), "why": "offence"})
    needs = rng.choice([need.value for need in Need], size=int(rng.integers(0, 3)), replace=False)
    return {
        "schema": "placement_engine/case",
        "version": 1,
        "id": f"C-{order:04d}",
        "subject": subject,
        "owner": f"UNIT-{1 + int(people.home[number]) % 7}",
        "household": [
            {"id": ids[p], "age": age, "guardian_of": children if age >= 18 else []}
            for p, age in zip(household, ages, strict=True)
        ],
        "current": None if rng.random() < 0.1 else home,
        "acute": bool(rng.random() < 0.15),
        "threat_level": "high" if rng.random() < 0.6 else "elevated",
        "avoid": avoid,
        "needs": sorted(str(need) for need in needs if need not in {"hvb", "family_home"}),
        "lives_alone_well": [True, False, None][int(rng.integers(0, 3))],
        "keep_health_region": "no" if rng.random() < 0.2 else "prefer",
        "minor": False,
        "eligibility": {
            "motivated": True,
            "terms_signed": True,
            "not_evidence_person": True,
            "social_services_decision": True,
        },
        "consent": {
            "information_exchange": True,
            "date": (as_of - timedelta(days=int(rng.integers(1, 60)))).isoformat(),
        },
    }


def _town(rng: np.random.Generator, geography: Geography) -> str:
    people = np.array([place.population for place in geography.municipalities], dtype=np.float64)
    return geography.codes[int(rng.choice(len(people), p=people / people.sum()))]
