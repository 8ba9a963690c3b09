"""What became of a case: its state, its last proposal, and what a named person decided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from placement_engine.proposal.outcome import Proposal
from placement_engine.vocabulary import CaseId


class DecisionKind(StrEnum):
    """How a named person decided."""

    CHOICE = "choice"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSummary:
    """A case by id and state: ``open``, ``proposed`` or ``decided``."""

    id: CaseId
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided for a case, without the municipality."""

    case: CaseId
    kind: DecisionKind
    choice: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProposal:
    """The last proposal for a case and the state that the case is in now."""

    proposal: Proposal
    state: str
