"""Whether the first choices still hold if the network is wrong: worlds, and the worst of them.

Wrong or missing intelligence is the normal case. In each world every tie holds for certain or
not at all, by its strength. The plan that is best on average stands beside the one that also
minds the worst worlds; the rules of the problem hold for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from placement_engine.cases.assembly import Assembly, assemble
from placement_engine.cases.case import Case
from placement_engine.cases.observe import Observer
from placement_engine.graph.reliability import drawn_world
from placement_engine.problem import PlacementProblem, ProblemPair
from placement_engine.proposal.compose import coarse_risk
from placement_engine.proposal.outcome import Status
from placement_engine.solver import Faulted, Limits, NoSafePlacement, Undecided
from placement_engine.solver.tail import Aim, Scenario, TailPlan, tail_plan
from placement_engine.vocabulary import CaseId, MunicipalityCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A municipality by code and name."""

    code: MunicipalityCode
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnderUncertainty:
    """Where one case goes by the mean of the worlds, and where if the worst count too."""

    case: CaseId
    by_mean: Place = field(repr=False)
    by_tail: Place = field(repr=False)
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskOverWorlds:
    """Chance of a collision within a year under one plan, rounded up to two digits.

    Parameters
    ----------
    mean
        That of the mean total over all worlds.
    tail
        That of the mean total over the worst worlds.
    """

    mean: float
    tail: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """The two plans side by side; without cases where there is no plan.

    Parameters
    ----------
    worlds
        How many were drawn.
    weight_percent, tail_percent
        What the worst worlds weigh, and how many of a hundred they are.
    proved
        Whether no plan is better if the worst worlds count.
    interrupted
        The search was broken off.
    """

    status: Status
    worlds: int
    weight_percent: int
    tail_percent: int
    cases: tuple[CaseUnderUncertainty, ...] = ()
    by_mean: RiskOverWorlds | None = None
    by_tail: RiskOverWorlds | None = None
    proved: bool = False
    interrupted: bool = False


def uncertainty(
    observer: Observer,
    cases: Sequence[Case],
    *,
    worlds: int,
    aim: Aim,
    limits: Limits,
    seed: int = 0,
    workers: int = 2,
) -> Uncertainty:
    """Draw worlds and plan for their mean, and for their mean and the worst of them.

    Parameters
    ----------
    worlds
        How many, at least 1. The same seed draws the same ones.

    Raises
    ------
    ValueError
        If `worlds` is below 1.
    """
    if worlds < 1:
        raise ValueError("worlds must be at least 1")
    now = assemble(observer.world(cases), observer.graph, seed=seed)
    drawn = tuple(_scenarios(observer, now, worlds, seed))
    answer = tail_plan(now.problem, drawn, aim=aim, limits=limits, seed=seed, workers=workers)
    told = Uncertainty(
        status=Status.PROPOSED,
        worlds=worlds,
        weight_percent=aim.weight_percent,
        tail_percent=aim.tail_percent,
    )
    match answer:
        case NoSafePlacement():
            return replace(told, status=Status.NO_SAFE_PLACEMENT)
        case Undecided():
            return replace(told, status=Status.UNDECIDED, interrupted=answer.interrupted)
        case Faulted():
            return replace(told, status=Status.FAULTED)
    return replace(
        told,
        cases=tuple(
            CaseUnderUncertainty(
                case=case.id,
                by_mean=_place(now, answer.mean_only.assignment[k]),
                by_tail=_place(now, answer.plan.assignment[k]),
                changed=k in answer.changed,
            )
            for k, case in enumerate(cases)
        ),
        by_mean=_risk(answer.mean_only),
        by_tail=_risk(answer.plan),
        proved=answer.plan.proved,
        interrupted=answer.interrupted,
    )


def _scenarios(observer: Observer, now: Assembly, worlds: int, seed: int) -> Iterator[Scenario]:
    """What the problem costs in each world; its rules, and who is folded, are as now."""
    for number in range(worlds):
        graph = drawn_world(observer.graph, seed=seed * worlds + number)
        world = observer.under(graph).world(now.world.cases)
        other = assemble(world, graph, folded=now.world.folded).problem
        pairs = {(pair.a, pair.b): pair for pair in other.pairs}
        yield Scenario(
            hostility={
                n: pairs[ends].hostility_ppm if ends in pairs else 0
                for n, ends in enumerate(_ends(now.problem))
            },
            reunion={
                n: pairs[ends].reunion_ppm if ends in pairs else 0
                for n, ends in enumerate(_ends(now.problem))
            },
            tables={
                pair.table: other.pair_costs(_without_separation(pairs.get((pair.a, pair.b)), pair))
                for pair in now.problem.pairs
                if pair.table is not None
            },
            # Those who stay have costs of their own, which are others in each world too.
            unary={k: subject.unary for k, subject in enumerate(other.subjects)},
        )


def _ends(problem: PlacementProblem) -> Iterator[tuple[int, int]]:
    return ((pair.a, pair.b) for pair in problem.pairs)


def _without_separation(found: ProblemPair | None, asked: ProblemPair) -> ProblemPair:
    """What a pair costs by itself in a world; the rules are those of the problem."""
    if found is None:
        return replace(asked, table=None, hostility_ppm=0, reunion_ppm=0, separation_m=0)
    return replace(found, table=None, separation_m=0)


def _place(assembly: Assembly, site: int) -> Place:
    geography = assembly.world.geography
    return Place(code=geography.codes[site], name=geography.municipalities[site].name)


def _risk(plan: TailPlan) -> RiskOverWorlds:
    return RiskOverWorlds(mean=coarse_risk(round(plan.mean)), tail=coarse_risk(round(plan.tail)))
