"""Which placements a night must compute anew, so that it costs what changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement_engine.graph import RivalGraph
from placement_engine.nightly.facts import Facts, leavers_digest, person_digest, place_digest
from placement_engine.nightly.snapshot import Snapshot
from placement_engine.problem import IntArray
from placement_engine.register import Register


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """The placements to look at, and the graph of the last night where it differs.

    Parameters
    ----------
    rows
        Row numbers, rising.
    before
        None if the network is as it was, or is no longer kept.
    """

    rows: IntArray
    before: RivalGraph | None


def rows_to_look_at(register: Register, facts: Facts, snapshot: Snapshot, *, full: bool) -> Scope:
    """The placements of which anything may be told that was not told before."""
    everyone = np.arange(snapshot.placements, dtype=np.int64)
    last = facts.last
    if last is None:
        return Scope(rows=everyone, before=None)
    before = None
    if dict(last.networks) != dict(facts.networks):
        earlier = register.network_as_it_was(last.networks)
        if earlier is not None:
            before = RivalGraph.build(
                earlier,
                as_of=last.as_of,
                policy=facts.observer.policy,
                implied_defectors=facts.leavers,
            )
    same = (
        last.as_of == facts.as_of
        and last.policy == facts.observer.policy.hash
        and last.geography == facts.observer.geography.content_hash
        and dict(last.networks) == dict(facts.networks)
        and last.leavers == leavers_digest(facts)
        and {*last.standings} == {*facts.ids}
        and all(
            last.standings[key].place == place_digest(facts, n)
            and last.standings[key].person == person_digest(facts, n)
            for n, key in enumerate(facts.ids)
        )
    )
    return Scope(rows=everyone if full or not same else everyone[:0], before=before)
