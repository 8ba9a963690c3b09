"""What each JSON document about the register itself holds: users, requests, log, messages.

No body here has a field for a municipality.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from placement_engine.proposal.outcome import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorBody:
    """That the anchor follows the register from this epoch on."""

    epoch: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityBody:
    """The public key of a private key that was just made."""

    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One user; no roles are left to somebody who may do nothing any more."""

    name: str
    roles: tuple[str, ...]
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersBody:
    """Users of the register by name."""

    users: tuple[UserRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request for a second signature; `approver` is empty while it waits."""

    id: str
    operation: str
    cases: tuple[str, ...]
    by: str
    asked: datetime
    expires: datetime
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsBody:
    """Requests that wait, or the one that was just approved."""

    requests: tuple[RequestRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditBody:
    """That the audit log is whole, and what others need to check its checkpoints."""

    intact: bool
    entries: int
    root: str
    witnesses: int
    set_back: int
    verifier: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry of the audit log; numbers count from 1."""

    number: int
    at: datetime | None
    who: str
    role: str
    purpose: str
    act: str
    call: str
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBody:
    """Entries of the audit log in their order."""

    entries: tuple[EntryRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofBody:
    """An inclusion proof after RFC 6962: leaf and hashes in base64, and a signed checkpoint.

    ``index`` counts from 0, as in the RFC.
    """

    leaf: str
    index: int
    size: int
    path: tuple[str, ...]
    checkpoint: str
    verifier: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message about an alert; the writer is told as oneself or the other."""

    own: bool
    sent: datetime
    expires: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesBody:
    """What was written about one alert."""

    alert: str
    messages: tuple[MessageRow, ...]
    notices: tuple[Notice, ...]
