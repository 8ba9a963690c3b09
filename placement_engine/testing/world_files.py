"""Writing a synthetic world in the public formats."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placement_engine.testing.people import ROLES
from placement_engine.testing.ties import KINDS, IntColumn
from placement_engine.testing.told import HANDLINGS, ORIGINS
from placement_engine.vocabulary import SOURCES

if TYPE_CHECKING:
    from placement_engine.testing.world import SyntheticWorld

_EPOCH = 719_163  # ordinal of 1970-01-01


def write_world(world: SyntheticWorld, folder: Path) -> None:
    """Write ``network/``, ``placements.csv``, ``facilities.csv`` and ``cases.jsonl``.

    The network holds what the engine is told, never what is true. The caller destroys it.
    """
    network = folder / "network"
    network.mkdir(parents=True, exist_ok=True)
    write_network(world, network)
    _write(
        folder / "placements.csv",
        ("subject", "municipality", "from", "to", "owner", "provider", "category", "review_by"),
        (
            (
                p.subject,
                p.municipality,
                p.start.isoformat(),
                p.end.isoformat() if p.end else "",
                p.owner or "",
                p.provider or "",
                p.category.value,
                p.review_by.isoformat() if p.review_by else "",
            )
            for p in world.placements
        ),
    )
    _write(
        folder / "facilities.csv",
        ("municipality", "kind", "capacity", "last_seen", "source", "provider"),
        (
            (
                f.municipality,
                f.kind.value,
                "" if f.capacity is None else f.capacity,
                f.last_seen.isoformat(),
                f.source,
                f.provider or "",
            )
            for f in world.facilities
        ),
    )
    lines = (json.dumps(case, ensure_ascii=False) + "\n" for case in world.cases)
    (folder / "cases.jsonl").write_text("".join(lines), encoding="utf-8")


def write_network(world: SyntheticWorld, folder: Path) -> None:
    """Write the four files of the network folder."""
    people, gangs, told = world.people, world.gangs, world.told
    persons = len(people)
    _write(
        folder / "persons.csv",
        ("person_id", "role", "birth_year"),
        (
            (world.ids[i], ROLES[int(people.role[i])].value, int(people.birth_year[i]) or "")
            for i in np.argsort(np.array(world.ids[:persons]), kind="stable")
        ),
    )
    _write(
        folder / "groups.csv",
        ("group_id", "category", "environment", "label"),
        (
            (world.ids[persons + g], gangs.category[g].value, gangs.environment[g].value, "")
            for g in range(len(gangs))
        ),
    )
    ids = np.array(world.ids)
    grades = told.grades
    _write(
        folder / "ties.csv",
        (
            "a",
            "b",
            "kind",
            "source",
            "information",
            "last_seen",
            "first_seen",
            "ended",
            "severity",
            "origin",
            "handling",
        ),
        zip(
            ids[told.a].tolist(),
            ids[told.b].tolist(),
            _words([kind.value for kind in KINDS], told.kind),
            _words(list(SOURCES), grades.source),
            grades.information.tolist(),
            iso_days(told.last_seen),
            iso_days(told.first_seen),
            iso_days(told.ended),
            ["" if severity == 1.0 else severity for severity in told.severity.tolist()],
            _words(ORIGINS, grades.origin),
            _words(HANDLINGS, grades.handling),
            strict=True,
        ),
    )
    seen = world.told_presences
    codes = world.geography.codes
    _write(
        folder / "presence.csv",
        ("actor", "municipality", "strength", "source", "information", "last_seen", "ended"),
        zip(
            ids[seen.actor].tolist(),
            [codes[site] for site in seen.site.tolist()],
            seen.strength.tolist(),
            _words(list(SOURCES), seen.grades.source),
            seen.grades.information.tolist(),
            iso_days(seen.last_seen),
            iso_days(seen.ended),
            strict=True,
        ),
    )


def iso_days(ordinals: IntColumn) -> list[str]:
    """ISO dates of day ordinals, empty for 0."""
    days = (ordinals - _EPOCH).astype("datetime64[D]").astype(str)
    days[ordinals == 0] = ""
    return [str(day) for day in days.tolist()]


def _words(words: Sequence[str], codes: IntColumn) -> list[str]:
    return [words[code] for code in codes.tolist()]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
