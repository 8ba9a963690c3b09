"""A night that looks only where something changed tells what a full night tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from placement_engine.graph import beside
from placement_engine.intelligence import Placement
from placement_engine.nightly import drift
from placement_engine.nightly.moves import moves_problem, who_may_move
from placement_engine.nightly.recheck import Night
from placement_engine.testing.networks import (
    TieReport,
    tie_reports,
)
from placement_engine.testing.worlds_strategy import NEIGHBOURHOODS
from placement_engine.vocabulary import (
    Grade,
    MunicipalityCode,
    SubjectRef,
    TieKind,
)
from tests.differential.night_history import FIRST, History, Step, new_register, placements, steps


def told(night: Night) -> list[tuple[Any, ...]]:
    """All that a night tells, with people in place of random ids."""
    who = night.causes.subjects

    def named(other: str) -> str:
        # An id is random: whoever was removed for good has no name in either register.
        return who.get(other, "gone" if len(other) == 32 else other)

    changes = sorted(
        (
            who.get(c.placement, "gone"),
            c.kind,
            c.finding.kind,
            named(c.finding.other),
            c.before and (c.before.level, c.before.risk),
            c.after and (c.after.level, c.after.risk),
            c.triggers,
        )
        for c in night.changes
    )
    alerts = sorted(
        (
            *(a.owner, a.kind, named(a.other), a.state, a.urgency, a.triggers),
            *(a.before, a.after, a.raised, a.told, a.times),
        )
        for a in night.alerts.values()
    )
    return [*changes, *alerts]


WAYS = ((drift.FOLLOWED, drift.LARGE), (0, drift.LARGE), (0, 0))
"""Changed edges followed one by one; all pairs joined before and now; everybody looked at."""


def run(
    rows: tuple[TieReport, ...],
    first: tuple[Placement, ...],
    steps_: list[Step],
    *,
    followed: int = drift.FOLLOWED,
    edges: int = drift.LARGE,
) -> int:
    """Both nights through a history.

    `followed` edges are followed one by one; from so many `edges` on all are looked at.
    """
    spared = 0
    with new_register() as one, new_register() as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift, "MOST", 0)  # so few people would not be worth the sparing
        patch.setattr(drift, "SHARE", 0)
        patch.setattr(beside, "MOST", 0)
        patch.setattr(drift, "FOLLOWED", followed)
        patch.setattr(drift, "LARGE", edges)
        quick, full = History(one, full=False), History(other, full=True)
        for history in (quick, full):
            history.rows = list(rows)
            history.step("place", first)
            history.night()
        for what, value in steps_:
            nights = []
            for history in (quick, full):
                history.step(what, value)
                nights.append(history.night())
            assert nights[1].looked_at == nights[1].total
            spared += nights[1].total - nights[0].looked_at
            assert told(nights[0]) == told(nights[1])
            assert night_findings(nights[0]) == night_findings(nights[1])
            free, _ = who_may_move(nights[1].facts, nights[1].state)
            if free:
                assert len(moves_problem(nights[1].facts, free).subjects) >= len(free)
    return spared


def night_findings(night: Night) -> dict[str, Any]:
    who = night.causes.subjects
    return {
        who[key]: sorted((f.kind, who.get(f.other, f.other), f.level, f.risk) for f in s.findings)
        for key, s in night.state.standings.items()
    }


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(tie_reports(as_of=FIRST, max_rows=16), placements(), steps, st.sampled_from(WAYS))
def test_both_nights_tell_the_same(
    rows: tuple[TieReport, ...],
    first: tuple[Placement, ...],
    steps_: list[Step],
    way: tuple[int, int],
) -> None:
    run(rows, first, steps_, followed=way[0], edges=way[1])


@pytest.mark.prove
@settings(
    max_examples=250,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(tie_reports(as_of=FIRST, max_rows=22), placements(), steps, st.sampled_from(WAYS))
def test_both_nights_tell_the_same_over_250_histories(
    rows: tuple[TieReport, ...],
    first: tuple[Placement, ...],
    steps_: list[Step],
    way: tuple[int, int],
) -> None:
    run(rows, first, steps_, followed=way[0], edges=way[1])


def test_a_quiet_week_spares_most() -> None:
    b2 = Grade("B", 2)
    rows = tuple(
        TieReport(a=f"P{n}", b=f"G{n % 2}", kind=TieKind.MEMBERSHIP, grade=b2, last_seen=FIRST)
        for n in range(7)
    )
    feud = TieReport(a="G0", b="G1", kind=TieKind.RIVALRY, grade=b2, last_seen=FIRST)
    one = Placement(subject=SubjectRef("P0"), municipality=MunicipalityCode("0180"), start=FIRST)
    placed = tuple(
        replace(one, subject=SubjectRef(f"P{n}"), municipality=MunicipalityCode(code))
        for n, code in enumerate(NEIGHBOURHOODS[:7])
    )
    assert run((*rows, feud), placed, [("days", 1)] * 5) > 20
