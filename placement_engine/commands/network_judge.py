"""``placement network``: what a named analyst judges, and what was judged.

The reason is read from standard input; the day is that of the question.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared

if TYPE_CHECKING:
    from placement_engine.cases.case import Case
    from placement_engine.cases.judging import Author
    from placement_engine.cases.standing import Standing
    from placement_engine.engine import PlacementEngine
    from placement_engine.intelligence.judgements import Judgement, JudgementKind
    from placement_engine.report.network_bodies import CoverageRow

    Judge = Callable[[PlacementEngine, Author, Standing, list[Case]], Judgement]

Person = Annotated[str, typer.Argument(metavar="SUBJECT", help="Person, by pseudonym.")]
One = Annotated[str, typer.Argument(metavar="A", help="Person or group.")]
Other = Annotated[str, typer.Argument(metavar="B", help="Person or group.")]
Revoke = Annotated[bool, typer.Option("--revoke", help="Take the judgement back.")]


@shared(REGISTER, MODEL, OUTPUT)
def clear(run: Run, person: Person, *, revoke: Revoke = False) -> None:
    """Clear somebody of being unknown; the reason comes on standard input."""
    from placement_engine.cases import judging, standing
    from placement_engine.intelligence.judgements import JudgementKind

    def judge(
        engine: PlacementEngine, author: Author, known: Standing, cases: list[Case]
    ) -> Judgement:
        leavers = standing.implied_leavers(standing.placed_of(engine.register), cases)
        return judging.clear(
            engine.register,
            person,
            author=author,
            known=known,
            graph=standing.graph_of(
                known, policy=engine.policy, as_of=engine.as_of, leavers=leavers
            ),
            policy=engine.policy,
            cases=cases,
        )

    _judge(run, judge, (JudgementKind.CLEAR, person, "") if revoke else None)


@shared(REGISTER, MODEL, OUTPUT)
def confirm_peace(run: Run, a: One, b: Other, *, revoke: Revoke = False) -> None:
    """Confirm that a rivalry or threat is over; the reason comes on standard input."""
    from placement_engine.cases import judging
    from placement_engine.intelligence.identity import merged
    from placement_engine.intelligence.judgements import JudgementKind

    def judge(
        engine: PlacementEngine, author: Author, known: Standing, cases: list[Case]
    ) -> Judgement:
        del cases
        return judging.confirm_peace(
            engine.register,
            a,
            b,
            author=author,
            imported=merged(engine.register.network(), known.identity),
            known=known,
        )

    _judge(run, judge, (JudgementKind.PEACE, a, b) if revoke else None)


@shared(REGISTER, MODEL, OUTPUT)
def confirm_defection(
    run: Run,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who has left.")],
    group: Annotated[str, typer.Argument(metavar="GROUP", help="What was left.")],
    *,
    revoke: Revoke = False,
) -> None:
    """Confirm that somebody has left a group; the reason comes on standard input."""
    from placement_engine.cases import judging
    from placement_engine.intelligence.judgements import JudgementKind

    def judge(
        engine: PlacementEngine, author: Author, known: Standing, cases: list[Case]
    ) -> Judgement:
        del cases
        return judging.confirm_defection(engine.register, person, group, author=author, known=known)

    _judge(run, judge, (JudgementKind.DEFECTION, person, group) if revoke else None)


@shared(REGISTER, MODEL, OUTPUT)
def merge(run: Run, a: One, b: Other) -> None:
    """Judge two records to be one, under the id named first; the reason on standard input."""
    from placement_engine.cases import judging

    def judge(
        engine: PlacementEngine, author: Author, known: Standing, cases: list[Case]
    ) -> Judgement:
        return judging.merge(engine.register, a, b, author=author, known=known, cases=cases)

    _judge(run, judge, None)


@shared(REGISTER, MODEL, OUTPUT)
def unmerge(run: Run, a: One, b: Other) -> None:
    """Take a merge of two records back; the reason comes on standard input."""
    from placement_engine.intelligence.judgements import JudgementKind

    _judge(run, None, (JudgementKind.MERGE, a, b))


@shared(REGISTER, MODEL, OUTPUT)
def judgements(run: Run) -> None:
    """List what was judged, by whom and on which day; --json has the reasons too."""
    from placement_engine.cases.standing import judgements_in_force
    from placement_engine.intelligence.judgements import read_log
    from placement_engine.register.documents import DocumentKind
    from placement_engine.report.judgement_page import judgements_page
    from placement_engine.report.network_bodies import JudgementRow, JudgementsBody

    with run.engine() as engine:
        log = read_log(engine.register.entries(DocumentKind.JUDGEMENT))
        held = judgements_in_force(engine.register, engine.as_of)
        body = JudgementsBody(
            judgements=tuple(
                JudgementRow(
                    key=key,
                    kind=entry.kind.value,
                    a=entry.a,
                    b=entry.b,
                    day=entry.day,
                    decided_by=entry.by,
                    revoked=entry.revoked,
                    in_force=any(entry is one or entry == one for one in held),
                    reason=entry.reason,
                )
                for key, entry in log
            ),
            notices=run.notices(engine),
        )
    run.output.result(body, judgements_page(body, run.language))


@shared(REGISTER, MODEL, OUTPUT)
def coverage(
    run: Run,
    *,
    unknown_only: Annotated[
        bool, typer.Option("--unknown", help="Only those whose band is held up.")
    ] = False,
) -> None:
    """List how much is known of everybody protected, least first."""
    from placement_engine.report.judgement_page import coverage_page
    from placement_engine.report.network_bodies import CoverageBody

    with run.engine() as engine:
        rows = _coverage_rows(engine)
        body = CoverageBody(
            minimum_graded_ties=engine.policy.unknown.minimum_graded_ties,
            unknown=sum(row.floor for row in rows),
            people=tuple(row for row in rows if row.floor or not unknown_only),
            notices=run.notices(engine),
        )
    run.output.result(body, coverage_page(body, run.language))


def _coverage_rows(engine: PlacementEngine) -> list[CoverageRow]:
    from placement_engine.cases import standing
    from placement_engine.policy import DAYS_PER_MONTH
    from placement_engine.report.network_bodies import CoverageRow

    policy, as_of = engine.policy, engine.as_of
    known = standing.standing(engine.register, policy=policy, as_of=as_of)
    cases = standing.cases_of(engine.register, engine.geography)
    placed = standing.placed_of(engine.register)
    leavers = standing.implied_leavers(placed, cases)
    graph = standing.graph_of(known, policy=policy, as_of=as_of, leavers=leavers)
    few = policy.unknown.minimum_graded_ties
    rows = []
    for person in standing.protected(placed, cases, as_of):
        found, who = graph.coverage(person), known.identity.of(person)
        latest, cleared = found.latest, who in known.cleared
        rows.append(
            CoverageRow(
                id=person,
                graded_ties=found.graded_ties,
                latest=latest,
                months=int((as_of - latest).days / DAYS_PER_MONTH) if latest else None,
                floor=not cleared and (who in known.noted or found.graded_ties < few),
                noted=who in known.noted,
                cleared=cleared,
            )
        )
    return sorted(rows, key=lambda row: (not row.floor, row.graded_ties, row.id))


def _judge(run: Run, judge: Judge | None, revoked: tuple[JudgementKind, str, str] | None) -> None:
    from placement_engine.cases import judging, standing
    from placement_engine.commands.reason import read_reason
    from placement_engine.commands.session import acting_user
    from placement_engine.report.judgement_page import judgement_page
    from placement_engine.report.network_bodies import JudgementBody

    who, reason = acting_user(run.settings), read_reason()
    with run.engine() as engine:
        author = judging.Author(by=who, day=engine.as_of, reason=reason, entropy=os.urandom)
        if revoked is not None:
            made = judging.revoke(engine.register, *revoked, author=author)
        else:
            assert judge is not None
            known = standing.standing(engine.register, policy=engine.policy, as_of=engine.as_of)
            cases = standing.cases_of(engine.register, engine.geography)
            made = judge(engine, author, known, cases)
        body = JudgementBody(
            kind=made.kind.value,
            a=made.a,
            b=made.b,
            day=made.day,
            decided_by=made.by,
            revoked=made.revoked,
            notices=run.notices(engine),
        )
    run.output.result(body, judgement_page(body, run.language))
