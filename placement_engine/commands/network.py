"""``placement network``: what is known of who is hostile to whom."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UsageError
from placement_engine.vocabulary import BatchName, NetworkFormat

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.graph import PathExplanation
    from placement_engine.report.bodies import NetworkBody, PathRow, PathsBody

MAX_PATHS = 50
FORMATS = ", ".join(NetworkFormat)


@shared(REGISTER, MODEL, OUTPUT)
def import_network(
    run: Run,
    source: Annotated[
        str,
        typer.Argument(metavar="PATH", help="Network folder, a zip of it, or another file."),
    ],
    *,
    format_: Annotated[
        NetworkFormat | None,
        typer.Option("--format", metavar="F", help=f"{FORMATS}; default by the name."),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", metavar="FILE", help="What other columns and types mean."),
    ] = None,
    batch: Annotated[
        str, typer.Option("--batch", metavar="NAME", help="Replaces the batch of this name.")
    ] = "main",
) -> None:
    """Import intelligence; supersedes the batch of the same name, deletes nothing."""
    from placement_engine.commands.imports import import_result
    from placement_engine.intelligence import ImportSummary
    from placement_engine.intelligence.formats import read_network_as

    with run.engine() as engine:
        network = read_network_as(
            Path(source),
            format_,
            mapping=None if mapping is None else Path(mapping),
            batch=batch,
            codes=frozenset(engine.geography.codes),
        )
        changed = engine.register.import_network(batch, network, engine.as_of)
        summary = ImportSummary.of(network, batch=BatchName(batch), changed=changed)
        notices = run.notices(engine)
    counts = {
        "persons": summary.persons,
        "groups": summary.groups,
        "ties": summary.ties,
        "presences": summary.presences,
    }
    import_result(run, "network", counts, notices, batch=summary.batch, changed=summary.changed)


@shared(REGISTER, MODEL, OUTPUT)
def show(
    run: Run, who: Annotated[str, typer.Argument(metavar="ID", help="Person or group.")]
) -> None:
    """Show how much is known of a person or group: numbers and ages, no places."""
    from placement_engine.report.network_page import network_page

    with run.engine() as engine:
        body = _show(run, engine, who)
    run.output.result(body, network_page(body, run.language))


def _show(run: Run, engine: PlacementEngine, who: str) -> NetworkBody:
    from placement_engine.report.bodies import NetworkBody, TieCount

    coverage = engine.graph().coverage(who)
    counts = engine.register.network().count_ties(who)
    return NetworkBody(
        id=who,
        graded_ties=coverage.graded_ties,
        latest=coverage.latest,
        ties=tuple(TieCount(kind=kind.value, reports=reports) for kind, reports in counts.items()),
        notices=run.notices(engine),
    )


@shared(REGISTER, MODEL, OUTPUT)
def explain(
    run: Run,
    a: Annotated[str, typer.Argument(metavar="A", help="Person or group.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Person or group.")],
    *,
    count: Annotated[
        int, typer.Option("--count", metavar="N", help="How many paths; default 5.")
    ] = 5,
) -> None:
    """Explain why two are held to be hostile: the best paths of ties."""
    from placement_engine.report.network_page import paths_page

    if not 1 <= count <= MAX_PATHS:
        raise UsageError("--count is out of range.", do=f"Give 1 to {MAX_PATHS}.")
    with run.engine() as engine:
        body = _paths(run, engine, a, b, count)
    run.output.result(body, paths_page(body, run.language))


def _paths(run: Run, engine: PlacementEngine, a: str, b: str, count: int) -> PathsBody:
    from placement_engine.report.bodies import PathsBody

    graph = engine.graph()
    scores = graph.scores([a], [b])
    return PathsBody(
        a=a,
        b=b,
        h_max=float(scores.h_max[0, 0]),
        h_or=float(scores.h_or[0, 0]),
        reunion=float(scores.reunion[0, 0]),
        paths=tuple(_path(path) for path in graph.explain(a, b, count=count)),
        notices=run.notices(engine),
    )


def _path(path: PathExplanation) -> PathRow:
    """A path tie by tie; the grade is the best report's, sources and handling are not told."""
    from placement_engine.report.bodies import EdgeRow, PathRow

    return PathRow(
        probability=path.probability,
        edges=tuple(
            EdgeRow(
                a=a,
                b=b,
                kind=edge.kind.value,
                past=edge.past,
                strength=edge.strength,
                grade=str(edge.grade),
                months=int(edge.age_months),
            )
            for (a, b), edge in zip(pairwise(path.nodes), path.edges, strict=True)
        ),
    )
