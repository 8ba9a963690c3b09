"""The solver's answer as the ``outcome`` document and as a page."""

from __future__ import annotations

from typing import assert_never

from placement_engine.problem import PlacementProblem
from placement_engine.proposal import wording
from placement_engine.proposal.outcome import Status
from placement_engine.report.bodies import (
    Alternative,
    OutcomeBody,
    OutcomeConflict,
    OutcomeLevel,
    WitnessBody,
)
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.solver import Answer, Faulted, NoSafePlacement, Proposed, Undecided
from placement_engine.vocabulary import Language


def outcome_body(
    problem: PlacementProblem, answer: Answer, alternatives: tuple[Alternative, ...] = ()
) -> OutcomeBody:
    """The document of an answer; ids and codes are those of the problem."""
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
                alternatives=alternatives,
                seconds=answer.seconds,
                trajectory=answer.trajectory,
            )
        case NoSafePlacement():
            return _without_plan(
                Status.NO_SAFE_PLACEMENT,
                seconds=answer.seconds,
                checked=True,
                conflict=tuple(
                    OutcomeConflict(
                        rule=member.rule,
                        subjects=tuple(problem.subjects[s].id for s in member.subjects),
                        pair_class=member.pair_class,
                    )
                    for member in answer.conflict
                ),
            )
        case Undecided():
            return _without_plan(
                Status.UNDECIDED, seconds=answer.seconds, interrupted=answer.interrupted
            )
        case Faulted():
            return _without_plan(Status.FAULTED, seconds=answer.seconds)
        case _:
            assert_never(answer)


def _without_plan(
    status: Status,
    *,
    seconds: float,
    checked: bool = False,
    interrupted: bool = False,
    conflict: tuple[OutcomeConflict, ...] = (),
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
        seconds=seconds,
        trajectory=(),
    )


def outcome_page(body: OutcomeBody, language: Language) -> Page:
    """What a person reads of an answer to a problem."""
    swedish = language is Language.SWEDISH
    blocks: list[Block] = [line(wording.STATUS[body.status].in_language(language), strong=True)]
    if body.interrupted:
        blocks.append(line("AVBRUTET" if swedish else "INTERRUPTED"))
    if body.assignment:
        blocks.append(
            Table(
                columns=("person", "plats") if swedish else ("subject", "site"),
                rows=tuple(body.assignment.items()),
            )
        )
        blocks.append(_levels(body, language))
    if body.conflict:
        blocks.append(_conflict(body, language))
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


def _conflict(body: OutcomeBody, language: Language) -> Table:
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
            for member in body.conflict
        ),
    )


def _alternatives(body: OutcomeBody, swedish: bool) -> Table:
    return Table(
        columns=("person", "annan plats", "samlad risk")
        if swedish
        else ("subject", "other site", "total risk"),
        rows=tuple(
            (other.subject, other.site, str(other.objective_micronats))
            for other in body.alternatives
        ),
        right=frozenset({2}),
    )
