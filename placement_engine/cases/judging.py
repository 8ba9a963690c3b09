"""A named analyst judges: what may be judged, and how it enters the log.

Nothing here is guessed from a tie. Each function checks that there is something to judge,
adds one entry and changes nothing else; the next question is answered by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from placement_engine.cases.case import Case
from placement_engine.cases.rules.unknown import unknown_members
from placement_engine.cases.standing import Standing, judgements_in_force
from placement_engine.cases.world import World
from placement_engine.errors import InvalidInput, InvalidJudgement, UnknownReference
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network
from placement_engine.intelligence.identity import last_end
from placement_engine.intelligence.judgements import (
    Judgement,
    JudgementKind,
    next_key,
)
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import Policy
from placement_engine.register import Register
from placement_engine.register.documents import DocumentKind
from placement_engine.vocabulary import ENMITIES, TieKind

ENGINE = "placement_engine"
"""Who notes that too little was known of somebody."""
NOTHING_WRITTEN = "Nothing was written."


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who judges, on which day and why; `entropy` gives random bytes for the entry's key."""

    by: str = field(repr=False)
    day: date
    reason: str = field(repr=False)
    entropy: Callable[[int], bytes] = field(repr=False)


def clear(
    register: Register,
    person: str,
    *,
    author: Author,
    known: Standing,
    graph: RivalGraph,
    policy: Policy,
    cases: Sequence[Case],
) -> Judgement:
    """Clear somebody of being unknown: the floor of the band falls away for good.

    Raises
    ------
    UnknownReference
        Nobody has that id.
    InvalidJudgement
        Nobody is unknown there, or it is cleared already.
    """
    _kind(register, known.network, cases, person, known)
    who = known.identity.of(person)
    few = policy.unknown.minimum_graded_ties
    unknown = who in known.noted or graph.coverage(person).graded_ties < few
    if who in known.cleared or not unknown:
        raise InvalidJudgement(
            "There is no floor to clear: enough is known, or it is cleared already.",
            unchanged=NOTHING_WRITTEN,
            do="See: placement network coverage.",
        )
    return _record(register, JudgementKind.CLEAR, person, "", author)


def confirm_peace(
    register: Register, a: str, b: str, *, author: Author, imported: Network, known: Standing
) -> Judgement:
    """Confirm that the rivalry or threats of two are over, as some report says.

    Parameters
    ----------
    imported
        The network with merged records standing once, before peaces are applied.

    Raises
    ------
    InvalidJudgement
        No report says that it has ended.
    """
    until = last_end(imported, known.identity.of(a), known.identity.of(b), author.day)
    if until is None:
        raise InvalidJudgement(
            "No report says that a rivalry or threat of these two has ended.",
            unchanged=NOTHING_WRITTEN,
            do="Import the report that says so first.",
        )
    return _record(register, JudgementKind.PEACE, a, b, author, until=until)


def confirm_defection(
    register: Register, person: str, group: str, *, author: Author, known: Standing
) -> Judgement:
    """Confirm that somebody has left a group, however weak the report of it.

    Raises
    ------
    InvalidJudgement
        Nothing on record ties the person to the group as a member or as one who left.
    """
    network, who, left = known.network, known.identity.of(person), known.identity.of(group)
    kinds = [KINDS.index(TieKind.MEMBERSHIP), KINDS.index(TieKind.DEFECTION)]
    if not len(_rows(network, who, left, kinds, author.day)):
        raise InvalidJudgement(
            "Nothing on record says that this person belongs to or has left that group.",
            unchanged=NOTHING_WRITTEN,
            do="Give a person and then a group, as they stand in the network.",
        )
    return _record(register, JudgementKind.DEFECTION, person, group, author)


def merge(
    register: Register,
    kept: str,
    other: str,
    *,
    author: Author,
    known: Standing,
    cases: Sequence[Case],
) -> Judgement:
    """Judge that two records are one person or one gang; `kept` stands for both.

    Raises
    ------
    UnknownReference
        One of the ids is not known here.
    InvalidJudgement
        One is a person and one a group, they are one already, or an enmity stands between
        them.
    """
    a, b = (known.identity.of(node) for node in (kept, other))
    kinds = [_kind(register, known.network, cases, node, known) for node in (kept, other)]
    problem = ""
    if a == b:
        problem = "They are one already."
    elif kinds[0] is not kinds[1]:
        problem = "One is a person and one a group."
    elif len(_rows(known.network, a, b, [KINDS.index(kind) for kind in ENMITIES], author.day)):
        problem = "An enmity stands between them; one person has none with himself."
    if problem:
        raise InvalidJudgement(problem, unchanged=NOTHING_WRITTEN, do="Check the two ids.")
    return _record(register, JudgementKind.MERGE, kept, other, author)


def revoke(
    register: Register, kind: JudgementKind, a: str, b: str = "", *, author: Author
) -> Judgement:
    """Take back what was judged of these; the log keeps both entries.

    Raises
    ------
    InvalidJudgement
        Nothing of that kind is in force about them.
    """
    wanted = Judgement(kind=kind, a=a, b=b, day=author.day, by=author.by).about
    if wanted not in {entry.about for entry in judgements_in_force(register, author.day)}:
        raise InvalidJudgement(
            "No such judgement is in force.",
            unchanged=NOTHING_WRITTEN,
            do="See: placement network judgements.",
        )
    return _record(register, kind, a, b, author, revoked=True)


def noted_unknown(
    register: Register, world: World, day: date, *, entropy: Callable[[int], bytes]
) -> Mapping[str, bytes]:
    """Entries on those of whom too little is known as a proposal is made, if not noted before.

    They are kept in the same change as the proposal: whoever may propose may note this.
    """
    new = {
        member
        for case in range(len(world.cases))
        for member in unknown_members(world, case)
        if member not in world.noted
    }
    return _keyed(
        register,
        [
            Judgement(kind=JudgementKind.SEEN_UNKNOWN, a=person, day=day, by=ENGINE)
            for person in sorted(new)
        ],
        entropy,
    )


def _record(
    register: Register,
    kind: JudgementKind,
    a: str,
    b: str,
    author: Author,
    *,
    until: date | None = None,
    revoked: bool = False,
) -> Judgement:
    if not author.reason.strip():
        raise InvalidInput(
            "A judgement needs a reason.",
            unchanged=NOTHING_WRITTEN,
            do="Give it on standard input.",
        )
    entry = Judgement(
        kind=kind,
        a=a,
        b=b,
        day=author.day,
        by=author.by,
        reason=author.reason.strip(),
        until=until,
        revoked=revoked,
    )
    register.put_entries(DocumentKind.JUDGEMENT, _keyed(register, [entry], author.entropy))
    return entry


def _keyed(
    register: Register, entries: Sequence[Judgement], entropy: Callable[[int], bytes]
) -> Mapping[str, bytes]:
    if not entries:
        return {}
    # Erasure leaves gaps: what comes last is told by the highest number, not by how many.
    known = register.entries(DocumentKind.JUDGEMENT)
    count = 1 + max((int(key.partition("-")[0]) for key in known), default=-1)
    return {next_key(count + n, entropy(8)): entry.to_bytes() for n, entry in enumerate(entries)}


def _kind(
    register: Register, network: Network, cases: Sequence[Case], node: str, known: Standing
) -> bool:
    """Whether an id is a group."""
    node = known.identity.of(node)
    if node in network.nodes:
        return bool(network.is_group[network.nodes.index(node)])
    people = {str(stored.placement.subject) for stored in register.placements()}
    for case in cases:
        people |= {case.subject, *(member.id for member in case.household)}
    if node not in {known.identity.of(person) for person in people}:
        raise UnknownReference(
            "Nobody here has that id.", unchanged=NOTHING_WRITTEN, do="Check the id."
        )
    return False


def _rows(
    network: Network, a: str, b: str, kinds: Sequence[int], as_of: date
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of ties of these kinds between two, known by a day."""
    if a not in network.nodes or b not in network.nodes:
        return np.zeros(0, dtype=np.int64)
    x, y, ties = network.nodes.index(a), network.nodes.index(b), network.ties
    ends = ((ties.a == x) & (ties.b == y)) | ((ties.a == y) & (ties.b == x))
    known = np.maximum(ties.last_seen, ties.first_seen) <= as_of.toordinal()
    return np.flatnonzero(ends & known & np.isin(ties.kind, kinds))
