"""``placement hostility``: who collides with whom, from a network alone, without a register."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placement_engine.commands.inputs import read_ids
from placement_engine.commands.options import MODEL, OUTPUT, Run, shared
from placement_engine.commands.phrases import say
from placement_engine.errors import UsageError

MAX_LENGTH = 3


@shared(MODEL, OUTPUT)
def hostility(
    run: Run,
    *,
    network: Annotated[
        str, typer.Option("--network", metavar="DIR", help="Network folder or zip.")
    ],
    subjects: Annotated[
        str | None,
        typer.Option(
            "--subjects", metavar="FILE", help="Ids, one a line; default all of role subject."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="T", help="Pairs above this; default the lowest separation."
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option("--max-length", metavar="K", help="Longest path in ties, 1 to 3."),
    ] = None,
) -> None:
    """List the pairs of subjects who are likely to be hostile, with the best path."""
    from placement_engine.geo import load_geography
    from placement_engine.graph import RivalGraph, pairs_above, saturation
    from placement_engine.intelligence import read_network
    from placement_engine.report.bodies import HostilityBody, PairRow, SaturatingRow, SaturationRow
    from placement_engine.report.network_page import hostility_page
    from placement_engine.vocabulary import PersonRole

    if threshold is not None and not 0 <= threshold < 1:
        raise UsageError("--threshold is out of range.", do="Give a number from 0 to below 1.")
    if max_length is not None and not 1 <= max_length <= MAX_LENGTH:
        raise UsageError("--max-length is out of range.", do=f"Give 1 to {MAX_LENGTH}.")
    as_of, policy = run.as_of, run.policy()
    codes = frozenset(load_geography(policy, cache_dir=run.cache_dir).codes)
    told = read_network(Path(network), codes=codes)
    people = None if subjects is None else read_ids(subjects)
    if people is not None and (unknown := len(set(people) - set(told.nodes))):
        run.output.note(say(run.language, "unknown_ids", unknown=unknown, asked=len(people)))
    graph = RivalGraph.build(told, as_of=as_of, policy=policy)
    chosen = told.with_role(PersonRole.SUBJECT) if people is None else people
    lowest = policy.separation.hostility[-1]
    pairs = pairs_above(
        graph,
        chosen,
        threshold=lowest if threshold is None else threshold,
        max_length=max_length,
    )
    full = saturation(graph, chosen, threshold=lowest)
    body = HostilityBody(
        pairs=tuple(
            PairRow(a=pair.a, b=pair.b, h_max=pair.h_max, h_or=pair.h_or, path=pair.path)
            for pair in pairs
        ),
        saturation=None
        if full is None
        else SaturationRow(
            share=full.share,
            kinds=tuple(
                SaturatingRow(kind=cause.kind, without=cause.without) for cause in full.kinds
            ),
        ),
    )
    run.output.result(body, hostility_page(body, run.language))
