"""``placement network``: what is known of who is hostile to whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UsageError
from placement_engine.vocabulary import BatchName, NetworkFormat

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.report.network_bodies import NetworkBody

MAX_PATHS = 50
FORMATS = ", ".join(NetworkFormat)
Codes = Annotated[
    list[str] | None,
    typer.Option("--code", metavar="CODE", help="Handling code whose sources may be shown."),
]


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
    run: Run,
    who: Annotated[str, typer.Argument(metavar="ID", help="Person or group.")],
    *,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE", help="Draw it into this file.")
    ] = None,
    code: Codes = None,
) -> None:
    """Show what is known of a person or group: ties, numbers and ages, no places."""
    from placement_engine.commands.drawings import write_drawing
    from placement_engine.graph.ego import ego_network
    from placement_engine.report.ego_drawing import MOST, ego_svg
    from placement_engine.report.network_page import network_page

    with run.engine() as engine:
        body = _show(run, engine, who, frozenset(code or ()))
        drawn = ego_network(engine.graph(), who, most=MOST) if svg else None
    if svg and drawn is not None:
        write_drawing(Path(svg), ego_svg(drawn, run.language))
    run.output.result(body, network_page(body, run.language))


def _show(run: Run, engine: PlacementEngine, who: str, codes: frozenset[str]) -> NetworkBody:
    from placement_engine.cases.standing import identity_of
    from placement_engine.graph.ego import ego_network
    from placement_engine.report.explaining import network_body

    graph, identity = engine.graph(), identity_of(engine.register, engine.as_of)
    own = identity.of(who)
    return network_body(
        graph,
        ego_network(graph, who),
        who=who,
        aliases=[node for node in (own, *identity.aliases(who)) if node != who],
        counts=graph.network.count_ties(own, engine.as_of),
        policy=engine.policy,
        codes=codes,
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
    code: Codes = None,
) -> None:
    """Explain why two are held to be hostile: the best paths of ties."""
    from placement_engine.report.explaining import paths_body
    from placement_engine.report.network_page import paths_page

    if not 1 <= count <= MAX_PATHS:
        raise UsageError("--count is out of range.", do=f"Give 1 to {MAX_PATHS}.")
    with run.engine() as engine:
        body = paths_body(
            engine.graph(),
            a,
            b,
            policy=engine.policy,
            count=count,
            codes=frozenset(code or ()),
            language=run.language,
            notices=run.notices(engine),
        )
    run.output.result(body, paths_page(body, run.language))
