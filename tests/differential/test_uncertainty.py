"""Worlds drawn for a case: their mean is the reliability, and certainty changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from placement_engine.cases.assembly import assemble
from placement_engine.cases.case import Case
from placement_engine.cases.observe import Observer
from placement_engine.geo import Geography, load_geography
from placement_engine.graph import RivalGraph
from placement_engine.graph.reliability import drawn_world, path_family, reliability
from placement_engine.intelligence import Placement
from placement_engine.policy import Policy
from placement_engine.problem import FORBIDDEN
from placement_engine.proposal.outcome import Status
from placement_engine.proposal.uncertainty import Uncertainty, _scenarios, uncertainty
from placement_engine.solver import Limits, witness
from placement_engine.solver.tail import Aim, _under
from placement_engine.testing.networks import PresenceReport, TieReport, network_of, tie_reports
from placement_engine.testing.rule_bench import PLAIN
from placement_engine.testing.worlds_strategy import NEIGHBOURHOODS
from placement_engine.vocabulary import CaseId, Grade, MunicipalityCode, SubjectRef, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
GEOGRAPHY: Geography = load_geography(POLICY)
CASES = tuple(replace(PLAIN, id=CaseId(f"C-{n}"), subject=SubjectRef(f"P{n}")) for n in range(2))
KIRUNA, YSTAD = MunicipalityCode("2584"), MunicipalityCode("1286")


def observer(
    ties: tuple[TieReport, ...],
    placed: dict[str, MunicipalityCode],
    presences: tuple[PresenceReport, ...] = (),
) -> Observer:
    network = network_of(ties, presences=presences, nodes=("P0", "P1"))
    return Observer(
        graph=RivalGraph.build(network, as_of=AS_OF, policy=POLICY),
        policy=POLICY,
        geography=GEOGRAPHY,
        placements=tuple(
            Placement(subject=SubjectRef(person), municipality=code, start=date(2026, 1, 1))
            for person, code in placed.items()
        ),
        facilities=(),
        households={},
    )


def asked(here: Observer, cases: tuple[Case, ...], *, worlds: int, weight: int) -> Uncertainty:
    aim = Aim(weight_percent=weight, tail_percent=5)
    return uncertainty(here, cases, worlds=worlds, aim=aim, limits=Limits(time_s=60.0))


@settings(max_examples=5, deadline=None)
@given(rows=tie_reports(as_of=AS_OF, max_rows=8))
def test_the_mean_of_drawn_worlds_is_the_reliability(rows: tuple[TieReport, ...]) -> None:
    graph = RivalGraph.build(network_of(rows, nodes=("P0", "P1")), as_of=AS_OF, policy=POLICY)
    count = 300
    hostile = np.array(
        [drawn_world(graph, seed=n).scores(["P0"], ["P1"]).h_or[0, 0] for n in range(count)]
    )
    assert set(hostile.tolist()) <= {0.0, 1.0}
    expected = reliability(path_family(graph, "P0", "P1"), worlds=20_000, seed=3)
    error = max(expected.standard_error, 0.5 / np.sqrt(count))
    assert abs(hostile.mean() - expected.value) <= 6 * error


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    tie_reports(as_of=AS_OF, max_rows=14),
    st.dictionaries(st.sampled_from(("P2", "P3", "P4")), st.sampled_from(NEIGHBOURHOODS[:8])),
    st.randoms(use_true_random=False),
)
def test_a_world_costs_what_its_own_problem_costs(
    rows: tuple[TieReport, ...], placed: dict[str, str], random: Random
) -> None:
    costs_what_it_should(rows, placed, random)


def test_somebody_who_stays_costs_in_a_world_what_she_costs_there() -> None:
    """Her risk from a neighbour who stays too was that of the told network in every world."""
    told = (
        ("P0", "P2", TieKind.CONFLICT, Grade("C", 3), date(2026, 10, 31)),
        ("P3", "P2", TieKind.ASSOCIATION, Grade("A", 1), date(2016, 11, 4)),
        ("P4", "P3", TieKind.CO_OFFENDING, Grade("A", 6), date(2024, 11, 1)),
        ("P1", "P0", TieKind.ASSOCIATION, Grade("B", 2), date(2025, 7, 22)),
    )
    rows = tuple(
        TieReport(a=a, b=b, kind=kind, grade=grade, last_seen=seen)
        for a, b, kind, grade, seen in told
    )
    costs_what_it_should(rows, {"P4": "0182", "P3": "0184"}, Random(1))


def costs_what_it_should(
    rows: tuple[TieReport, ...], placed: dict[str, str], random: Random
) -> None:
    here = observer(rows, {p: MunicipalityCode(c) for p, c in placed.items()})
    now = assemble(here.world(CASES), here.graph)
    for number, scenario in enumerate(_scenarios(here, now, 2, seed=1)):
        graph = drawn_world(here.graph, seed=2 + number)
        own = assemble(here.under(graph).world(CASES), graph, folded=now.world.folded).problem
        under = _under(now.problem, scenario, "here")
        for _ in range(5):
            plan = tuple(
                now.problem.fixed.get(k, random.randrange(290))
                for k in range(len(now.problem.subjects))
            )
            if any(
                problem.pair_costs(pair)[plan[pair.a], plan[pair.b]] == FORBIDDEN
                for problem in (under, own)
                for pair in problem.pairs
            ):
                continue  # what a rule forbids has no total
            assert witness.total(under, plan) == witness.total(own, plan)


def test_the_worst_can_outweigh_the_mean() -> None:
    """Near a gang that is surely hostile but rarely there, or near a rival who hardly is one."""
    here = observer(
        (
            TieReport(a="G1", b="P0", kind=TieKind.THREAT, grade=Grade("A", 1), last_seen=AS_OF),
            TieReport(
                a="P9",
                b="P0",
                kind=TieKind.CONFLICT,
                grade=Grade("D", 5),
                last_seen=AS_OF,
                severity=0.1,
            ),
        ),
        {"P9": YSTAD},
        (
            PresenceReport(
                actor="G1", municipality=KIRUNA, strength=0.04, grade=Grade("A", 1), last_seen=AS_OF
            ),
        ),
    )
    case = replace(CASES[0], within=(KIRUNA, YSTAD))
    told = asked(here, (case,), worlds=200, weight=80)
    assert told.status is Status.PROPOSED
    assert told.proved
    (row,) = told.cases
    assert (row.by_mean.code, row.by_tail.code, row.changed) == (YSTAD, KIRUNA, True)
    assert told.by_mean is not None
    assert told.by_tail is not None
    assert told.by_mean.mean < told.by_tail.mean
    assert told.by_tail.tail < told.by_mean.tail
    assert "Ystad" not in repr(told)


def test_no_world_is_refused() -> None:
    with pytest.raises(ValueError, match="worlds"):
        asked(observer((), {}), CASES[:1], worlds=0, weight=50)
