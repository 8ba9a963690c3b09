"""The solver's answer as the ``outcome`` document and as a page."""

from __future__ import annotations

from typing import assert_never

from placement_engine.problem import PlacementProblem, probability_of
from placement_engine.proposal import wording
from placement_engine.proposal.outcome import Status
from placement_engine.report.bodies import (
    Alternative,
    OutcomeBody,
    OutcomeConflict,
    OutcomeLevel,
    OutcomeLifted,
    OutcomeRelaxation,
    WitnessBody,
)
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.solver import Answer, Faulted, NoSafePlacement, Proposed, Undecided
from placement_engine.solver.alternatives import AlternativePlan
from placement_engine.solver.relaxation import Relaxation, Relaxations
from placement_engine.vocabulary import Language


def outcome_body(
    problem: PlacementProblem,
    answer: Answer,
    alternatives: tuple[AlternativePlan, ...] = (),
    relaxations: Relaxations | None = None,
) -> OutcomeBody:
    """The document of an answer; ids and codes are those of the problem.

    Of relaxations only the classes of rules are told, not who and what stands behind them.
    """
    match answer:
        case Proposed():
            return OutcomeBody(
                status=Status.PROPOSED,
                interrupted=answer.interrupted,
                assignment={
                    subject.id: problem.sites[site]
                    for subject, site in zip(problem.subjects, answer.assignment, strict=True)
                },
                levels=tuple(
                    OutcomeLevel(
                        name=level.name,
                        value=level.value,
                        lower_bound=level.lower_bound,
                        proved=level.proved,
                    )
                    for level in answer.levels
                ),
                objective_micronats=answer.objective,
                lower_bound_micronats=answer.lower_bound,
                gap=(answer.objective - answer.lower_bound) / max(1, answer.objective),
                proved_optimal=answer.proved_optimal,
                witness=WitnessBody(checked=True),
                conflict=(),
                alternatives=tuple(_alternative(problem, other) for other in alternatives),
                relaxations=(),
                least_steps_proved=False,
                seconds=answer.seconds,
                trajectory=answer.trajectory,
            )
        case NoSafePlacement():
            return _without_plan(
                Status.NO_SAFE_PLACEMENT,
                seconds=answer.seconds,
                checked=True,
                conflict=conflicts(problem, answer),
                relaxations=relaxations,
            )
        case Undecided():
            return _without_plan(
                Status.UNDECIDED, seconds=answer.seconds, interrupted=answer.interrupted
            )
        case Faulted():
            return _without_plan(Status.FAULTED, seconds=answer.seconds)
        case _:
            assert_never(answer)


def conflicts(problem: PlacementProblem, answer: NoSafePlacement) -> tuple[OutcomeConflict, ...]:
    """The rules that no plan can keep together."""
    return tuple(
        OutcomeConflict(
            rule=member.rule,
            subjects=tuple(problem.subjects[s].id for s in member.subjects),
            pair_class=member.pair_class,
        )
        for member in answer.conflict
    )


def _without_plan(
    status: Status,
    *,
    seconds: float,
    checked: bool = False,
    interrupted: bool = False,
    conflict: tuple[OutcomeConflict, ...] = (),
    relaxations: Relaxations | None = None,
) -> OutcomeBody:
    return OutcomeBody(
        status=status,
        interrupted=interrupted,
        assignment={},
        levels=(),
        objective_micronats=None,
        lower_bound_micronats=None,
        gap=None,
        proved_optimal=False,
        witness=WitnessBody(checked=checked),
        conflict=conflict,
        alternatives=(),
        relaxations=()
        if relaxations is None
        else tuple(_relaxation(one) for one in relaxations.ranked),
        least_steps_proved=relaxations is not None and relaxations.least_steps_proved,
        seconds=seconds,
        trajectory=(),
    )


def _alternative(problem: PlacementProblem, other: AlternativePlan) -> Alternative:
    return Alternative(
        subject=problem.subjects[other.subject].id,
        site=problem.sites[other.assignment[other.subject]],
        assignment={
            subject.id: problem.sites[site]
            for subject, site in zip(problem.subjects, other.assignment, strict=True)
        },
        objective_micronats=other.total,
        lower_bound_micronats=other.lower_bound,
        within_micronats=other.within,
        share_micronats=other.witness.shares[other.subject],
    )


def _relaxation(found: Relaxation) -> OutcomeRelaxation:
    return OutcomeRelaxation(
        rules=tuple(
            OutcomeLifted(
                rule=lifted.rule,
                pair_class=lifted.pair_class,
                count=lifted.count,
                steps=lifted.steps,
            )
            for lifted in found.rules
        ),
        steps=found.steps,
        added_micronats=found.added,
        added_risk=probability_of(found.added),
        objective_micronats=found.total,
    )


def outcome_page(body: OutcomeBody, language: Language) -> Page:
    """What a person reads of an answer to a problem."""
    swedish = language is Language.SWEDISH
    blocks: list[Block] = [line(wording.STATUS[body.status].in_language(language), strong=True)]
    if body.interrupted:
        blocks.append(line(wording.INTERRUPTED.in_language(language)))
    if body.assignment:
        blocks.append(
            Table(
                columns=("person", "plats") if swedish else ("subject", "site"),
                rows=tuple(body.assignment.items()),
            )
        )
        blocks.append(_levels(body, language))
    if body.conflict:
        blocks.append(conflict_table(body.conflict, language))
    if body.relaxations:
        blocks.append(_relaxations(body, language))
    if body.alternatives:
        blocks.append(_alternatives(body, swedish))
    return Page(blocks=tuple(blocks))


def _levels(body: OutcomeBody, language: Language) -> Table:
    swedish = language is Language.SWEDISH
    yes, no = ("ja", "nej") if swedish else ("yes", "no")
    return Table(
        columns=("nivå", "värde", "undre gräns", "bevisat")
        if swedish
        else ("level", "value", "lower bound", "proved"),
        rows=tuple(
            (
                wording.LEVEL[level.name].in_language(language),
                str(level.value),
                str(level.lower_bound),
                yes if level.proved else no,
            )
            for level in body.levels
        ),
        right=frozenset({1, 2}),
    )


def conflict_table(conflict: tuple[OutcomeConflict, ...], language: Language) -> Table:
    """Rules, whom they hold for, and the class of a separation."""
    return Table(
        columns=("regel", "personer", "klass")
        if language is Language.SWEDISH
        else ("rule", "subjects", "class"),
        rows=tuple(
            (
                member.rule,
                ", ".join(member.subjects),
                "–"
                if member.pair_class is None
                else wording.BAND[member.pair_class].in_language(language),
            )
            for member in conflict
        ),
    )


def _alternatives(body: OutcomeBody, swedish: bool) -> Table:
    return Table(
        columns=("person", "annan plats", "samlad risk", "högst över den bästa")
        if swedish
        else ("subject", "other site", "total risk", "at most above the best"),
        rows=tuple(
            (
                other.subject,
                other.site,
                str(other.objective_micronats),
                str(other.within_micronats),
            )
            for other in body.alternatives
        ),
        right=frozenset({2, 3}),
    )


def _relaxations(body: OutcomeBody, language: Language) -> Table:
    swedish = language is Language.SWEDISH
    return Table(
        columns=("lättnad som gör det möjligt", "steg", "tillkommande risk")
        if swedish
        else ("relaxation that makes it possible", "steps", "risk added"),
        rows=tuple(
            (
                ", ".join(_lifted(lifted, language) for lifted in one.rules),
                str(one.steps),
                f"{one.added_risk * 1000:.2g} ‰",
            )
            for one in body.relaxations
        ),
        right=frozenset({1, 2}),
    )


def _lifted(lifted: OutcomeLifted, language: Language) -> str:
    """Such as "1 separation of class MEDIUM"; no person and no place."""
    if lifted.pair_class is None:
        return f"{lifted.count} {lifted.rule}"
    band = wording.BAND[lifted.pair_class].in_language(language)
    return f"{lifted.count} {lifted.rule} {band}"
