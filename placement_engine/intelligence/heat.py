"""How fresh violence and threats are: a flag on top of a tie, which never lowers anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from placement_engine.intelligence.network import KINDS, Network
from placement_engine.policy import Policy
from placement_engine.vocabulary import TieKind

LEAST: Final = 0.25
"""Heat below which an enmity is no longer told as fresh: two half-lives."""
_ACTS: Final = (TieKind.CONFLICT, TieKind.THREAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """How fresh an act is.

    Parameters
    ----------
    value
        1 on its day, half after each half-life, 0 before it has happened.
    hot
        Whether it is within the days in which acts are answered.
    """

    value: float
    hot: bool


def heat(event_date: date, as_of: date, policy: Policy) -> Heat:
    """How hot a conflict is, from the day of its last act.

    ``2 ** (-days / half_life_days)`` of `Policy.heat`, whose reasons name their source. It
    is a flag: no strength of a tie and no risk depends on it.

    Parameters
    ----------
    event_date
        Day of the act: ``last_seen`` of a tie of kind conflict or threat.

    Examples
    --------
    >>> policy = Policy.default()
    >>> heat(date(2026, 1, 1), date(2026, 3, 27), policy)
    Heat(value=0.5, hot=False)
    >>> heat(date(2026, 1, 1), date(2026, 1, 15), policy).hot
    True
    >>> heat(date(2026, 1, 2), date(2026, 1, 1), policy)
    Heat(value=0.0, hot=False)
    """
    days = (as_of - event_date).days
    if days < 0:
        return Heat(value=0.0, hot=False)
    numbers = policy.heat
    return Heat(value=2.0 ** (-days / numbers.half_life_days), hot=days <= numbers.hot_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshEnmity:
    """Two parties and the last act between them; a threat runs from `a` to `b`."""

    a: str = field(repr=False)
    b: str = field(repr=False)
    kind: TieKind
    last: date
    heat: Heat


def fresh_enmities(
    network: Network, *, as_of: date, policy: Policy, codes: Iterable[str] = ()
) -> tuple[tuple[FreshEnmity, ...], int]:
    """Conflicts and threats with an act of late, the hottest first.

    Parameters
    ----------
    codes
        Handling codes whose reports may be told.

    Returns
    -------
    tuple of FreshEnmity
        Each pair and kind once, with its last act known by `as_of` whose heat is at
        least `LEAST`.
    int
        How many fresh reports were left out because of their handling code.
    """
    ties, today = network.ties, as_of.toordinal()
    given = {"", *codes}
    allowed = np.array([text in given for text in network.handlings], dtype=np.bool_)
    oldest = today - policy.heat.half_life_days * -np.log2(LEAST)
    fresh = np.isin(ties.kind, [KINDS.index(kind) for kind in _ACTS])
    fresh &= (ties.last_seen <= today) & (ties.first_seen <= today) & (ties.last_seen >= oldest)
    told = allowed[ties.handling]
    last: dict[tuple[str, str, TieKind], int] = {}
    for row in np.flatnonzero(fresh & told).tolist():
        kind = KINDS[ties.kind[row]]
        a, b = network.nodes[ties.a[row]], network.nodes[ties.b[row]]
        if kind is TieKind.CONFLICT:
            a, b = sorted((a, b))
        last[a, b, kind] = max(last.get((a, b, kind), 0), int(ties.last_seen[row]))
    found = [
        FreshEnmity(
            a=a,
            b=b,
            kind=kind,
            last=date.fromordinal(day),
            heat=heat(date.fromordinal(day), as_of, policy),
        )
        for (a, b, kind), day in last.items()
    ]
    found.sort(key=lambda one: (-one.heat.value, one.a, one.b, one.kind))
    return tuple(found), int((fresh & ~told).sum())
