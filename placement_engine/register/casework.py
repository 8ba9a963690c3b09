"""Cases, the last proposal for each, and what was decided: as documents.

The register does not look into them; it keeps each case's id and state beside the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from placement_engine.errors import StaleProposal, UnknownReference
from placement_engine.register.contents import read_framed, write_framed
from placement_engine.register.documents import DocumentKind
from placement_engine.register.vault import Changing, Reading
from placement_engine.vocabulary import CaseId


class CaseState(StrEnum):
    """How far a case has come."""

    OPEN = "open"
    PROPOSED = "proposed"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """What was decided in a case, and on which day."""

    case: CaseId
    on: date
    content: bytes = field(repr=False)


Located = Mapping[str, tuple[bytes, str]]
"""By case id: the document's id, and the case's state."""


def located(state: Reading, kind: DocumentKind) -> Located:
    """Where the cases, or their proposals, stand; only beginnings are opened."""
    found: dict[str, tuple[bytes, str]] = {}
    for row_id, beginning in state.beginnings(kind):
        facts = read_framed(beginning).facts
        found[facts["case"]] = (row_id, facts["state"])
    return found


def payload(state: Reading, where: Located, case_id: str, *, missing: str) -> bytes:
    """What was stored for a case.

    Raises
    ------
    UnknownReference
        Nothing was; `missing` says what is missing and what to do.
    """
    if case_id not in where:
        raise UnknownReference(missing)
    return read_framed(state.document(where[case_id][0]).payload).payload


def case_files(state: Reading) -> dict[str, bytes]:
    """All cases as they were put, by id."""
    found = (read_framed(document.payload) for document in state.documents(DocumentKind.CASE))
    return dict(sorted((framed.facts["case"], framed.payload) for framed in found))


def put_cases(change: Changing, cases: Mapping[str, bytes]) -> None:
    """Add cases, or replace those of the same id, which opens them anew.

    A case that is put again unchanged keeps its state and its proposal.
    """
    where = located(change, DocumentKind.CASE)
    proposals = located(change, DocumentKind.PROPOSAL)
    for case_id, content in cases.items():
        framed = _case(case_id, CaseState.OPEN, content)
        if case_id not in where:
            change.add(DocumentKind.CASE, framed)
            continue
        row_id = where[case_id][0]
        if read_framed(change.document(row_id).payload).payload == content:
            continue
        change.replace(row_id, framed)
        if case_id in proposals:
            change.remove(proposals[case_id][0])


def put_proposals(change: Changing, proposals: Mapping[str, bytes]) -> None:
    """Keep the last proposal for each case, and mark the case proposed.

    Raises
    ------
    UnknownReference
        A case is not in the register; nothing is kept.
    """
    where = located(change, DocumentKind.CASE)
    known = located(change, DocumentKind.PROPOSAL)
    for case_id, content in proposals.items():
        _mark(change, where, case_id, CaseState.PROPOSED)
        framed = write_framed({"case": case_id, "state": CaseState.PROPOSED}, content)
        if case_id in known:
            change.replace(known[case_id][0], framed)
        else:
            change.add(DocumentKind.PROPOSAL, framed)


def decide(change: Changing, case_id: str, decision: bytes, day: date) -> None:
    """Keep a decision and mark its case decided.

    Raises
    ------
    UnknownReference
        The case is not in the register.
    StaleProposal
        The case is decided already.
    """
    where = located(change, DocumentKind.CASE)
    if case_id in where and where[case_id][1] == CaseState.DECIDED:
        raise StaleProposal(
            f"Case {case_id} is decided already.",
            unchanged="Nothing was written.",
            do=f"If it must be decided anew, run: placement propose {case_id}.",
        )
    _mark(change, where, case_id, CaseState.DECIDED)
    facts = {"kind": "decision", "case": case_id, "on": day.isoformat()}
    change.add(DocumentKind.DECISION, write_framed(facts, decision))


def decisions(state: Reading) -> tuple[StoredDecision, ...]:
    """All decisions by day and case."""
    found = [read_framed(d.payload) for d in state.documents(DocumentKind.DECISION)]
    decided = [
        StoredDecision(
            case=CaseId(framed.facts["case"]),
            on=date.fromisoformat(framed.facts["on"]),
            content=framed.payload,
        )
        for framed in found
        if framed.facts["kind"] == "decision"
    ]
    return tuple(sorted(decided, key=lambda d: (d.on, d.case, d.content)))


def no_case(case_id: str) -> str:
    """What to say where a case is missing."""
    return f"Case {case_id} is not in the register. See: placement register list."


def _case(case_id: str, state: CaseState, content: bytes) -> bytes:
    return write_framed({"case": case_id, "state": state}, content)


def _mark(change: Changing, where: Located, case_id: str, state: CaseState) -> None:
    content = payload(change, where, case_id, missing=no_case(case_id))
    if where[case_id][1] != state:
        change.replace(where[case_id][0], _case(case_id, state, content))
