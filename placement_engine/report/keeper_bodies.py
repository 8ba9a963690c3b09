"""What each JSON document of a keeper's work holds: keys, shares, backups, erasure.

No body here has a field for a secret, a subject or a municipality.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from placement_engine.proposal.outcome import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationBody:
    """That the register has new keys; earlier recovery shares open nothing any more."""

    records: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesBody:
    """Recovery shares that were written, and how many of them open the register."""

    files: tuple[str, ...]
    needed: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupBody:
    """A backup that was written."""

    records: int
    recipients: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreBody:
    """A backup that is a register again.

    ``behind`` is how many changes the anchor has seen that it does not hold; null where
    there is no anchor, or it cannot tell.
    """

    records: int
    epoch: int
    behind: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One case that is due, for ``review`` or because it has ``expired``."""

    case: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBody:
    """The yearly list: cases by id, and what has expired besides."""

    cases: tuple[ReviewRow, ...]
    without_case: int
    networks: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureBody:
    """The certificate of what was destroyed; ``digest`` is SHA-256 over the sealed records."""

    on: date
    cases: tuple[str, ...]
    records: int
    digest: str
    notices: tuple[Notice, ...]
