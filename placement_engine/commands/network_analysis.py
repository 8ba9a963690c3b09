"""``placement network``: how sure, how balanced, what changed, and what rests on one source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UnknownReference, UsageError

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.graph import RivalGraph
    from placement_engine.graph.balance import SignedPairs
    from placement_engine.graph.sensitivity import LeftOut, Without
    from placement_engine.intelligence import Network
    from placement_engine.report.analysis_bodies import BalanceBody, SignedPairRow

MAX_WORLDS = 10_000_000
MAX_SOURCES = 200
PAIRS_SHOWN = 100


@shared(REGISTER, MODEL, OUTPUT)
def reliability(
    run: Run,
    a: Annotated[str, typer.Argument(metavar="A", help="Person or group.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Person or group.")],
    *,
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", help="Random worlds; default 10000.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed; default 0.")] = 0,
) -> None:
    """Draw random worlds of open ties and tell in how many of them two are hostile."""
    from placement_engine.graph.reliability import path_family
    from placement_engine.graph.reliability import reliability as drawn
    from placement_engine.report.analysis_bodies import ReliabilityBody
    from placement_engine.report.analysis_page import reliability_page

    if not 1 <= worlds <= MAX_WORLDS:
        raise UsageError("--worlds is out of range.", do=f"Give 1 to {MAX_WORLDS}.")
    if seed < 0:
        raise UsageError("--seed is out of range.", do="Give 0 or more.")
    with run.engine() as engine:
        graph = engine.graph()
        scores = graph.scores([a], [b])
        found = drawn(path_family(graph, a, b), worlds=worlds, seed=seed)
        body = ReliabilityBody(
            a=a,
            b=b,
            reliability=found.value,
            standard_error=found.standard_error,
            worlds=worlds,
            seed=seed,
            paths=found.paths,
            ties=found.ties,
            h_max=float(scores.h_max[0, 0]),
            h_or=float(scores.h_or[0, 0]),
            notices=run.notices(engine),
        )
    run.output.result(body, reliability_page(body, run.language))


@shared(REGISTER, MODEL, OUTPUT)
def balance(
    run: Run,
    *,
    persons: Annotated[
        bool, typer.Option("--persons", help="Persons too, not groups alone; slow if large.")
    ] = False,
) -> None:
    """Tell how far the network is from two camps, and which pairs do not fit."""
    from placement_engine.graph.balance import signed_pairs
    from placement_engine.report.analysis_page import balance_page

    with run.engine() as engine:
        pairs = signed_pairs(engine.graph(), groups_only=not persons)
        body = _balance(run, engine, pairs, groups_only=not persons)
    run.output.result(body, balance_page(body, run.language))


def _balance(
    run: Run, engine: PlacementEngine, pairs: SignedPairs, *, groups_only: bool
) -> BalanceBody:
    import numpy as np

    from placement_engine.graph.balance import count_triangles
    from placement_engine.graph.frustration import frustration
    from placement_engine.report.analysis_bodies import BalanceBody, FactionRow, SignedPairRow

    def rows(numbers: list[int]) -> tuple[SignedPairRow, ...]:
        return tuple(
            SignedPairRow(
                a=pairs.nodes[int(pairs.u[i])],
                b=pairs.nodes[int(pairs.v[i])],
                enmity=bool(pairs.enemies[i]),
            )
            for i in numbers
        )

    counted, split = count_triangles(pairs), frustration(pairs)
    camps: dict[int, tuple[list[str], list[str]]] = {}
    for node in np.flatnonzero(split.part >= 0).tolist():
        camp = camps.setdefault(int(split.part[node]), ([], []))[int(split.camp[node])]
        camp.append(pairs.nodes[node])
    return BalanceBody(
        groups_only=groups_only,
        pairs=len(pairs),
        enmities=int(pairs.enemies.sum()),
        triangles=counted.count,
        balanced=counted.balanced,
        balanced_share=counted.share,
        frustration_lower=split.lower,
        frustration_upper=split.upper,
        frustration_exact=split.exact,
        frustrated=rows(split.left_over.tolist()),
        ambivalent=rows(np.flatnonzero(pairs.ambivalent).tolist()),
        factions=tuple(
            FactionRow(one=tuple(one), other=tuple(other))
            for one, other in sorted(
                camps.values(), key=lambda both: (-len(both[0]) - len(both[1]), both)
            )
        ),
        notices=run.notices(engine),
    )


@shared(REGISTER, MODEL, OUTPUT)
def diff(
    run: Run,
    *,
    earlier: Annotated[
        str,
        typer.Option("--from", metavar="STATE", help="A date, a batch, or BATCH@DATE."),
    ],
    later: Annotated[
        str, typer.Option("--to", metavar="STATE", help="A date, a batch, or BATCH@DATE.")
    ],
) -> None:
    """List ties that are new, gone or graded anew between two dates or two imports.

    A date is what was reported by then, in all that is in force now. A batch is what it says
    now, BATCH@DATE what it said on that day.
    """
    from placement_engine.graph.differences import Change, tie_changes
    from placement_engine.report.analysis_bodies import DiffBody, DiffRow
    from placement_engine.report.analysis_page import diff_page

    with run.engine() as engine:
        changes = tie_changes(_state(engine, earlier, "--from"), _state(engine, later, "--to"))
        body = DiffBody(
            earlier=earlier,
            later=later,
            new=sum(one.change is Change.NEW for one in changes),
            gone=sum(one.change is Change.GONE for one in changes),
            regraded=sum(one.change is Change.REGRADED for one in changes),
            rows=tuple(
                DiffRow(
                    change=one.change.value,
                    a=one.a,
                    b=one.b,
                    kind=one.kind.value,
                    past=one.past,
                    before=None if one.before is None else str(one.before),
                    after=None if one.after is None else str(one.after),
                    protected=one.protected,
                )
                for one in changes
            ),
            notices=run.notices(engine),
        )
    run.output.result(body, diff_page(body, run.language))


def _state(engine: PlacementEngine, written: str, option: str) -> RivalGraph:
    """The network in the state that somebody wrote."""
    from placement_engine.cases.standing import identity_of
    from placement_engine.graph import RivalGraph
    from placement_engine.intelligence.identity import merged

    day, name, as_of = _date(written), "", engine.as_of
    if day is not None:
        network, as_of = engine.register.network(), day
    else:
        name, _, told = written.partition("@")
        day = _date(told) if told else None
        if told and day is None:
            raise UsageError(f"{option} is not a state.", do="Give a date, a batch or BATCH@DATE.")
        network = _batch(engine, name, day)
    whole = merged(network, identity_of(engine.register, engine.as_of))
    return RivalGraph.build(whole, as_of=as_of, policy=engine.policy)


def _batch(engine: PlacementEngine, name: str, day: date | None) -> Network:
    for snapshot in engine.register.snapshots():
        begun = day is None or snapshot.since <= day
        over = snapshot.until is not None and (day is None or snapshot.until <= day)
        if snapshot.batch == name and begun and not over:
            found = engine.register.network_as_it_was({name: snapshot.content_hash})
            if found is not None:
                return found
    raise UnknownReference("There was no such batch in force.", do="Check its name and the date.")


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _left_out(written: str) -> LeftOut:
    from placement_engine.graph.sensitivity import LeftOut

    try:
        return LeftOut(written)
    except ValueError:
        raise UsageError("--by is not known.", do="Give source, origin or batch.") from None


@shared(REGISTER, MODEL, OUTPUT)
def sensitivity(
    run: Run,
    *,
    by: Annotated[
        str, typer.Option("--by", metavar="KIND", help="source (A to F), origin or batch.")
    ] = "source",
    most: Annotated[
        int, typer.Option("--most", metavar="N", help="Most origins to try; default 20.")
    ] = 20,
) -> None:
    """Leave each source out in turn and list the protected pairs that change their band."""
    from placement_engine.cases import standing
    from placement_engine.graph.sensitivity import dependences
    from placement_engine.report.analysis_bodies import (
        BandChangeRow,
        DependenceRow,
        SensitivityBody,
    )
    from placement_engine.report.analysis_page import sensitivity_page

    kind = _left_out(by)
    if not 1 <= most <= MAX_SOURCES:
        raise UsageError("--most is out of range.", do=f"Give 1 to {MAX_SOURCES}.")
    with run.engine() as engine:
        policy, as_of = engine.policy, engine.as_of
        cases = standing.cases_of(engine.register, engine.geography)
        placed, whole = standing.placed_of(engine.register), engine.register.network()
        people = standing.protected(placed, cases, as_of)
        leavers = standing.implied_leavers(placed, cases)

        def build(network: Network) -> RivalGraph:
            known = standing.standing(engine.register, policy=policy, as_of=as_of, network=network)
            return standing.graph_of(known, policy=policy, as_of=as_of, leavers=leavers)

        parts = _parts(engine, whole, kind, most)
        found = dependences(build(whole), parts, build, people, policy)
        body = SensitivityBody(
            by=kind.value,
            people=len(people),
            left_out=_sources(engine, whole, kind) - len(found),
            sources=tuple(
                DependenceRow(
                    source=one.name or None,
                    reports=one.dropped,
                    changed=len(one.changes),
                    pairs=tuple(
                        BandChangeRow(a=pair.a, b=pair.b, before=pair.before, after=pair.after)
                        for pair in one.changes[:PAIRS_SHOWN]
                    ),
                )
                for one in found
            ),
            notices=run.notices(engine),
        )
    run.output.result(body, sensitivity_page(body, run.language))


def _parts(engine: PlacementEngine, whole: Network, by: LeftOut, most: int) -> Iterator[Without]:
    from placement_engine.graph.sensitivity import LeftOut, Without, without_each
    from placement_engine.intelligence import Network

    if by is not LeftOut.BATCH:
        yield from without_each(whole, by, most=most)
        return
    batches = engine.register.networks()
    for name in sorted(batches)[:most]:
        rest = [batches[other] for other in sorted(batches) if other != name]
        yield Without(
            name=str(name), dropped=batches[name].tie_count, network=Network.combine(rest)
        )


def _sources(engine: PlacementEngine, whole: Network, by: LeftOut) -> int:
    """How many sources of a kind there are."""
    import numpy as np

    from placement_engine.graph.sensitivity import LeftOut

    if by is LeftOut.BATCH:
        return len(engine.register.networks())
    ties = whole.ties
    return len(np.unique(ties.source if by is LeftOut.SOURCE else ties.origin))
