"""What the register holds on a day, read into the facts that worlds are made of.

The one place where imports, cases, placements and the judgements of named analysts become
a `RivalGraph`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from placement_engine.cases.case import Case, read_cases
from placement_engine.cases.events import network_on
from placement_engine.cases.households import living_with
from placement_engine.cases.observe import Observer
from placement_engine.geo import Geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network, Placement
from placement_engine.intelligence.identity import (
    Identity,
    merged,
    without_quarrels_that_ended,
)
from placement_engine.intelligence.judgements import (
    Judgement,
    JudgementKind,
    in_force,
    read_log,
)
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import Policy
from placement_engine.register import Register
from placement_engine.register.documents import DocumentKind
from placement_engine.vocabulary import SOURCES, ProtectionCategory, TieKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The network of all batches as analysts have judged it by a day.

    Parameters
    ----------
    network
        Merged records stand once, and what a confirmed peace ends is gone.
    confirmed
        Person and group of the defections that are confirmed.
    noted
        People of whom too little was known when a proposal was made; by kept id.
    cleared
        People whom a named analyst has cleared of that; by kept id.
    """

    network: Network = field(repr=False)
    identity: Identity = field(repr=False)
    confirmed: frozenset[tuple[str, str]] = field(repr=False)
    noted: frozenset[str] = field(repr=False)
    cleared: frozenset[str] = field(repr=False)


def judgements_in_force(register: Register, as_of: date) -> tuple[Judgement, ...]:
    """The judgements that hold on a day."""
    log = read_log(register.entries(DocumentKind.JUDGEMENT))
    return in_force((entry for _, entry in log), as_of)


def identity_of(register: Register, as_of: date) -> Identity:
    """Which ids mean one person or gang on a day."""
    return Identity.of_merges(judgements_in_force(register, as_of))


def standing(
    register: Register, *, policy: Policy, as_of: date, network: Network | None = None
) -> Standing:
    """The network and what was judged of it by a day.

    Parameters
    ----------
    network
        What takes the place of the register's own, such as a part of it; otherwise threat
        actors are where events that somebody entered say.
    """
    if network is None:
        network = network_on(register, as_of=as_of, numbers=policy.nightly)
    held = judgements_in_force(register, as_of)
    identity = Identity.of_merges(held)
    whole = merged(network, identity)

    def people(kind: JudgementKind) -> frozenset[str]:
        return frozenset(identity.of(entry.a) for entry in held if entry.kind is kind)

    return Standing(
        network=without_quarrels_that_ended(whole, _by_kept_id(held, identity)),
        identity=identity,
        confirmed=frozenset(
            (identity.of(entry.a), identity.of(entry.b))
            for entry in held
            if entry.kind is JudgementKind.DEFECTION
            and not _returned_since(whole, identity, entry, policy=policy, as_of=as_of)
        ),
        noted=people(JudgementKind.SEEN_UNKNOWN),
        cleared=people(JudgementKind.CLEAR),
    )


def graph_of(
    known: Standing,
    *,
    policy: Policy,
    as_of: date,
    leavers: frozenset[str],
    like: RivalGraph | None = None,
) -> RivalGraph:
    """Who is hostile to whom, by the network as it was judged.

    Parameters
    ----------
    leavers
        Whoever counts as having left.
    like
        As for `RivalGraph.build`.
    """
    return RivalGraph.build(
        known.network,
        as_of=as_of,
        policy=policy,
        implied_defectors=frozenset(known.identity.of(person) for person in leavers),
        confirmed_defectors=known.confirmed,
        aliases=known.identity.kept,
        like=like,
    )


def implied_leavers(placed: Iterable[Placement], cases: Sequence[Case]) -> frozenset[str]:
    """Placed defectors and the subjects of cases: they count as having left their groups."""
    return frozenset(case.subject for case in cases) | {
        p.subject for p in placed if p.category is ProtectionCategory.DEFECTOR
    }


def protected(placed: Iterable[Placement], cases: Sequence[Case], as_of: date) -> tuple[str, ...]:
    """Who is protected on a day: those placed by then, and the subjects of cases."""
    living = {p.subject for p in placed if p.end is None or p.end > as_of}
    return tuple(sorted({str(s) for s in living | {case.subject for case in cases}}))


def placed_of(register: Register) -> tuple[Placement, ...]:
    """All placements on record; read once for one question, as each reading is noted."""
    return tuple(stored.placement for stored in register.placements())


def cases_of(register: Register, geography: Geography) -> list[Case]:
    """All cases as they were entered."""
    codes = frozenset(geography.codes)
    return [read_cases(content, codes=codes)[0] for content in register.case_files().values()]


def observe(
    register: Register,
    *,
    policy: Policy,
    geography: Geography,
    as_of: date,
    network: Network | None = None,
    placed: Sequence[Placement] | None = None,
    cases: Sequence[Case] | None = None,
) -> Observer:
    """Everything known as of a day: the engine, and the nightly recheck, begin here.

    Parameters
    ----------
    network
        In place of what the register has in force, such as an earlier one.
    placed, cases
        All placements and all cases, where they were read already.
    """
    cases = cases_of(register, geography) if cases is None else cases
    known = standing(register, policy=policy, as_of=as_of, network=network)
    placed = placed_of(register) if placed is None else placed
    return Observer(
        graph=graph_of(known, policy=policy, as_of=as_of, leavers=implied_leavers(placed, cases)),
        policy=policy,
        geography=geography,
        placements=placed,
        facilities=register.facilities(),
        households=living_with(cases, known.identity),
        identity=known.identity,
        noted=known.noted,
        cleared=known.cleared,
    )


def _by_kept_id(held: Sequence[Judgement], identity: Identity) -> list[Judgement]:
    return [
        Judgement(
            kind=entry.kind,
            a=identity.of(entry.a),
            b=identity.of(entry.b),
            day=entry.day,
            by=entry.by,
            until=entry.until,
        )
        for entry in held
        if entry.kind is JudgementKind.PEACE
    ]


def _returned_since(
    network: Network, identity: Identity, entry: Judgement, *, policy: Policy, as_of: date
) -> bool:
    """Whether a trusted report says that somebody went back after his defection was confirmed."""
    ends = identity.of(entry.a), identity.of(entry.b)
    if ends[0] not in network.nodes or ends[1] not in network.nodes:
        return False
    a, b = (network.nodes.index(end) for end in ends)
    ties, grade = network.ties, policy.leavers.defection_grade
    told = (
        (ties.a == a)
        & (ties.b == b)
        & (ties.kind == KINDS.index(TieKind.DEFECTION))
        & (ties.source <= SOURCES.index(grade[0]))
        & (ties.information <= int(grade[1]))
        & (np.maximum(ties.last_seen, ties.first_seen) <= as_of.toordinal())
        & (ties.ended >= entry.day.toordinal())
        & (ties.ended <= as_of.toordinal())
    )
    return bool(told.any())
