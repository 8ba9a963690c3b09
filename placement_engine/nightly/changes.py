"""The difference of a night against what was last told: new, worse, better, gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from placement_engine.nightly.finding import Change, ChangeKind, Finding, FindingKind
from placement_engine.policy import Nightly


def change_of(before: Finding | None, after: Finding | None, numbers: Nightly) -> ChangeKind | None:
    """What has become of one finding; None if it is as it was told.

    Worse or better is another level, or a risk that has moved by ``worse_ratio`` and by at
    least ``worse_micronats`` since it was last told. A threat level that is heard of for the
    first time is no change of it.

    Examples
    --------
    >>> from placement_engine.nightly import FindingKind
    >>> from placement_engine.policy import Policy
    >>> risk = lambda n: Finding(kind=FindingKind.RISK, level=1, risk=n)
    >>> change_of(risk(9_000), risk(12_000), Policy.default().nightly)
    <ChangeKind.WORSE: 'worse'>
    >>> change_of(risk(9_000), risk(9_100), Policy.default().nightly)
    """
    if before is None or after is None:
        if before is after:
            return None
        if after is not None:
            return None if after.kind is FindingKind.THREAT else ChangeKind.NEW
        return ChangeKind.GONE
    if after.level != before.level:
        return ChangeKind.WORSE if after.level > before.level else ChangeKind.BETTER
    low, high = sorted((before.risk, after.risk))
    if high < low * numbers.worse_ratio or high - low < max(1, numbers.worse_micronats):
        return None
    return ChangeKind.WORSE if after.risk > before.risk else ChangeKind.BETTER


def compare(
    placement: str, before: Iterable[Finding], after: Iterable[Finding], numbers: Nightly
) -> tuple[tuple[Change, ...], tuple[Finding, ...]]:
    """The changes at one placement, and its findings as they are told from now on."""
    old = {finding.key: finding for finding in before}
    new = {finding.key: finding for finding in after}
    changes = []
    told = []
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        kind = change_of(was, now, numbers)
        if kind is not None:
            changes.append(Change(placement=placement, kind=kind, before=was, after=now))
        if now is not None:
            # Only what is told anew moves the mark that the next night is compared with.
            told.append(now if was is None or kind is not None else was)
    return tuple(changes), tuple(told)


def by_urgency(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes, those that are red and bad first."""
    order: Mapping[ChangeKind, int] = {kind: n for n, kind in enumerate(ChangeKind)}
    return tuple(
        sorted(
            changes,
            key=lambda c: (
                -c.urgency.rank,
                order[c.kind],
                -c.finding.level,
                -c.finding.risk,
                c.placement,
                c.finding.key,
            ),
        )
    )
