"""The night in arrays says what the night in plain Python says."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement_engine.cases.observe import Observer
from placement_engine.compiled import COMPILED
from placement_engine.geo import Geography, load_geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Placement
from placement_engine.nightly.check import Rows, check_rows
from placement_engine.nightly.looks import looks_of
from placement_engine.nightly.meaning import look_plainly
from placement_engine.nightly.sight import Sight
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.policy import Policy
from placement_engine.testing.networks import PresenceReport, TieReport, network_of, tie_reports
from placement_engine.testing.worlds_strategy import NEIGHBOURHOODS
from placement_engine.vocabulary import Grade, MunicipalityCode, ProviderId, SubjectRef, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
GEOGRAPHY: Geography = load_geography(POLICY)
PEOPLE = tuple(f"P{n}" for n in range(6))
codes = st.sampled_from(NEIGHBOURHOODS[:8])


@st.composite
def observers(draw: st.DrawFn) -> Observer:
    rows = draw(tie_reports(as_of=AS_OF, max_rows=18))
    presences = [
        PresenceReport(
            actor=draw(st.sampled_from(("G0", "G1", "G2", "P0", "P5"))),
            municipality=draw(codes),
            strength=draw(st.sampled_from((1.0, 0.4))),
            grade=Grade("B", 2),
            last_seen=AS_OF,
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    network = network_of(rows, presences=presences, nodes=(*PEOPLE, "G0", "G1", "G2"))
    placements = [
        Placement(
            subject=SubjectRef(person),
            municipality=MunicipalityCode(draw(codes)),
            start=date(2026, 1 + draw(st.integers(0, 3)), 1),
            provider=draw(st.sampled_from((None, ProviderId("V-1"), ProviderId("V-2")))),
        )
        for person in draw(st.lists(st.sampled_from((*PEOPLE, "nobody")), max_size=7))
    ]
    unique = {(p.subject, p.start): p for p in placements}
    living = draw(st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), max_size=2))
    return Observer(
        graph=RivalGraph.build(network, as_of=AS_OF, policy=POLICY),
        policy=POLICY,
        geography=GEOGRAPHY,
        placements=tuple(unique.values()),
        facilities=(),
        households={SubjectRef(a): (b,) for a, b in living.items() if a != b},
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(observers(), st.integers(1, 4), st.booleans())
def test_arrays_and_plain_python_see_the_same(
    observer: Observer, at_once: int, compiled: bool
) -> None:
    ids = tuple(f"{n:032x}" for n in range(len(observer.in_force)))
    snapshot = Snapshot.of_arrays(Snapshot.of(observer).arrays())
    everyone = np.arange(len(ids))
    sight = Sight.of(snapshot, everyone, compiled=compiled)
    parts = [
        check_rows(sight, everyone[start : start + at_once])
        for start in range(0, len(ids), at_once)
    ]
    looks = looks_of(observer, ids, Rows.joined(parts[::-1]))
    assert looks == {ids[n]: look_plainly(observer, ids, n) for n in range(len(ids))}


def test_nothing_is_compiled_that_was_not_compiled_ahead() -> None:
    from placement_engine.graph import kernels, met_kernel, table_kernel, warming

    if not COMPILED:
        pytest.skip("numba is not installed")
    warming.warm()
    used: tuple[Any, ...] = (
        kernels.join_rows,
        table_kernel.looked_at,
        table_kernel.dealt,
        table_kernel.laid,
        table_kernel.marked,
        table_kernel.ranked,
        table_kernel.back_count,
        table_kernel.backs_of,
        met_kernel.reunion_rows,
        met_kernel.merged,
    )
    before = [list(kernel.signatures) for kernel in used]
    rows = [
        TieReport(a=a, b=b, kind=kind, grade=Grade("B", 2), last_seen=AS_OF)
        for a, b, kind in (("P0", "P1", TieKind.CONFLICT), ("P1", "P2", TieKind.KINSHIP))
    ]
    observer = Observer(
        graph=RivalGraph.build(network_of(rows, nodes=PEOPLE), as_of=AS_OF, policy=POLICY),
        policy=POLICY,
        geography=GEOGRAPHY,
        placements=[
            Placement(subject=SubjectRef(p), municipality=MunicipalityCode("0180"), start=AS_OF)
            for p in PEOPLE
        ],
        facilities=(),
        households={},
    )
    snapshot = Snapshot.of_arrays(Snapshot.of(observer).arrays())
    everyone = np.arange(len(PEOPLE))
    check_rows(Sight.of(snapshot, everyone, compiled=True), everyone)
    after = [list(kernel.signatures) for kernel in used]
    assert after == before
