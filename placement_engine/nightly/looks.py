"""From rows of numbers back to placements: what the night has seen of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from placement_engine.cases.observe import Observer
from placement_engine.nightly.check import Rows
from placement_engine.nightly.finding import KINDS, Finding, FindingKind, Look
from placement_engine.register import StoredPlacement


def ids_in_force(observer: Observer, stored: Sequence[StoredPlacement]) -> tuple[str, ...]:
    """Register id of each placement in force, as hex, in the observer's order."""
    known = {s.placement: s.id.hex() for s in stored}
    return tuple(known[placement] for placement in observer.in_force)


def looks_of(observer: Observer, ids: Sequence[str], rows: Rows) -> dict[str, Look]:
    """What was seen of each placement that was looked at, by its id."""
    present = [
        f"{actor} {observer.geography.codes[site]}"
        for actor, site in zip(observer.present.actors, observer.present.site.tolist(), strict=True)
    ]
    others: Mapping[FindingKind, Sequence[str]] = {
        FindingKind.PLACED: ids,
        FindingKind.PROVIDER: ids,
        FindingKind.ACTOR: present,
        FindingKind.PRESENCE: present,
    }
    first = np.searchsorted(rows.found[:, 0], rows.row, side="left").tolist()
    last = np.searchsorted(rows.found[:, 0], rows.row, side="right").tolist()
    found = rows.found.tolist()
    looks: dict[str, Look] = {}
    for at, row in enumerate(rows.row.tolist()):
        told = []
        for _, number, other, level, risk, days in found[first[at] : last[at]]:
            kind = KINDS[number]
            name = others[kind][other] if kind in others else ""
            told.append((Finding(kind=kind, other=name, level=level, risk=risk), days))
        told.sort()
        looks[ids[row]] = Look(
            placement=ids[row],
            share=int(rows.share[at]),
            findings=tuple(finding for finding, _ in told),
            sure=int(rows.sure[at]),
            parts=int(rows.parts[at]),
            days=tuple(days for _, days in told),
        )
    return looks
