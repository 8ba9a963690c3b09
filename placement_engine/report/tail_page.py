"""The answer under scenarios as the ``tail`` document and as a page."""

from __future__ import annotations

from placement_engine.problem import PlacementProblem
from placement_engine.proposal import wording
from placement_engine.proposal.outcome import Status
from placement_engine.report.bodies import TailBody, TailPlanBody, WitnessBody
from placement_engine.report.outcome_page import conflict_table, conflicts
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.solver import Faulted, NoSafePlacement, Undecided
from placement_engine.solver.tail import Aim, TailAnswer, TailPlan
from placement_engine.vocabulary import Language


def tail_body(
    problem: PlacementProblem,
    aim: Aim,
    answer: TailAnswer | NoSafePlacement | Undecided | Faulted,
) -> TailBody:
    """The document of an answer; ids and codes are those of the problem."""
    found = answer if isinstance(answer, TailAnswer) else None
    status = Status.PROPOSED
    if isinstance(answer, NoSafePlacement):
        status = Status.NO_SAFE_PLACEMENT
    elif found is None:
        status = Status.UNDECIDED if isinstance(answer, Undecided) else Status.FAULTED
    return TailBody(
        status=status,
        interrupted=not isinstance(answer, NoSafePlacement | Faulted) and answer.interrupted,
        weight_percent=aim.weight_percent,
        tail_percent=aim.tail_percent,
        plan=None if found is None else _plan(problem, found.plan),
        mean_only=None if found is None else _plan(problem, found.mean_only),
        changed=() if found is None else tuple(problem.subjects[k].id for k in found.changed),
        value=None if found is None else found.plan.value,
        lower_bound=None if found is None else found.plan.lower_bound,
        proved_optimal=found is not None and found.plan.proved,
        witness=WitnessBody(checked=status in (Status.PROPOSED, Status.NO_SAFE_PLACEMENT)),
        conflict=conflicts(problem, answer) if isinstance(answer, NoSafePlacement) else (),
        seconds=answer.seconds,
    )


def _plan(problem: PlacementProblem, plan: TailPlan) -> TailPlanBody:
    return TailPlanBody(
        assignment={
            subject.id: problem.sites[site]
            for subject, site in zip(problem.subjects, plan.assignment, strict=True)
        },
        totals_micronats=plan.totals,
        mean_micronats=plan.mean,
        tail_micronats=plan.tail,
    )


def tail_page(body: TailBody, language: Language) -> Page:
    """What a person reads of it: both plans, and what each comes to."""
    swedish = language is Language.SWEDISH
    blocks: list[Block] = [line(wording.STATUS[body.status].in_language(language), strong=True)]
    if body.interrupted:
        blocks.append(line(wording.INTERRUPTED.in_language(language)))
    if body.conflict:
        blocks.append(conflict_table(body.conflict, language))
    if body.plan is None or body.mean_only is None:
        return Page(blocks=tuple(blocks))
    plan, mean_only = body.plan, body.mean_only
    blocks += [
        Table(
            columns=("person", "bäst i genomsnitt", "bäst om det värsta räknas")
            if swedish
            else ("subject", "best on average", "best if the worst counts"),
            rows=tuple(
                (name, mean_only.assignment[name], site) for name, site in plan.assignment.items()
            ),
        ),
        Table(
            columns=("samlad risk", "i genomsnitt", "i de värsta")
            if swedish
            else ("total risk", "on average", "in the worst"),
            rows=tuple(
                (name, f"{one.mean_micronats:.0f}", f"{one.tail_micronats:.0f}")
                for name, one in (
                    ("bäst i genomsnitt" if swedish else "best on average", mean_only),
                    ("bäst om det värsta räknas" if swedish else "best if the worst counts", plan),
                )
            ),
            right=frozenset({1, 2}),
        ),
    ]
    if not body.proved_optimal:
        blocks.append(line(wording.NOT_PROVED_IN_TAIL.in_language(language)))
    return Page(blocks=tuple(blocks))
