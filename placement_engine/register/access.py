"""Who may do what: roles, rights and every call over the register, each in one table.

Swedish law (brottsdatalagen 2018:1177, 3 kap. 5 §; brottsdataförordningen 2018:1202, 3 kap.
4 §) wants a log of collection, change, reading, disclosure, combination and erasure, with
date, time and who. `CALLS` says which of these a call is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from placement_engine.register.anchor import Anchor
from placement_engine.register.checkpoint import Witness


class Act(StrEnum):
    """What a call does to personal data, in the words of the law; reading of the log; refusal."""

    COLLECTION = "collection"
    CHANGE = "change"
    READ = "read"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    LOG_READ = "log_read"
    REFUSED = "refused"


class Role(StrEnum):
    """As what somebody acts."""

    ANALYST = "analyst"
    PLACER = "placer"
    APPROVER = "approver"
    KEEPER = "keeper"
    AUDITOR = "auditor"
    BATCH = "batch"
    BREAK_GLASS = "break-glass"
    SINGLE_USER = "single-user"


class Right(StrEnum):
    """What a role may be allowed; each call needs exactly one."""

    READ_CASES = "read cases, proposals and decisions"
    READ_FACTS = "read placements and intelligence, to compute with"
    ENTER_FACTS = "enter intelligence and facilities"
    ENTER_CASES = "open cases"
    PROPOSE = "keep proposals"
    PLACE = "place, move and remove"
    NOTE = "enter events and alerts"
    JUDGE = "confirm, clear and merge as a named analyst"
    TALK = "read and write messages about alerts"
    APPROVE = "sign what somebody else asks for"
    USERS = "add users and read who they are"
    KEEP = "rotate keys, back up, set the anchor anew"
    EXPORT = "hand data out"
    READ_LOG = "read the audit log"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.ANALYST: frozenset(
            {
                Right.READ_CASES,
                Right.READ_FACTS,
                Right.ENTER_FACTS,
                Right.ENTER_CASES,
                Right.PROPOSE,
                Right.NOTE,
                Right.JUDGE,
                Right.TALK,
            }
        ),
        Role.PLACER: frozenset(
            {
                Right.READ_CASES,
                Right.READ_FACTS,
                Right.PROPOSE,
                Right.PLACE,
                Right.TALK,
                Right.EXPORT,
            }
        ),
        Role.APPROVER: frozenset({Right.READ_CASES, Right.APPROVE}),
        Role.KEEPER: frozenset({Right.USERS, Right.KEEP}),
        Role.AUDITOR: frozenset({Right.READ_LOG}),
        Role.BATCH: frozenset({Right.READ_CASES, Right.READ_FACTS, Right.NOTE}),
        Role.BREAK_GLASS: frozenset(
            {Right.READ_CASES, Right.READ_FACTS, Right.PROPOSE, Right.PLACE}
        ),
        Role.SINGLE_USER: frozenset(Right),
    }
)
"""What each role may do; whatever does not stand here is refused."""

ALONE: Final = frozenset({Role.SINGLE_USER, Role.BREAK_GLASS})
"""Roles that need no second signature: trials, and a life in danger tonight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a call over the register is and needs.

    Parameters
    ----------
    act
        None where no personal data are touched.
    two
        Whether two people have to sign.
    """

    act: Act | None
    right: Right
    two: bool = False


CALLS: Final[Mapping[str, Call]] = MappingProxyType(
    {
        "placements": Call(act=Act.READ, right=Right.READ_FACTS),
        "networks": Call(act=Act.READ, right=Right.READ_FACTS),
        "snapshots": Call(act=Act.READ, right=Right.READ_FACTS),
        "network_as_it_was": Call(act=Act.READ, right=Right.READ_FACTS),
        "entries": Call(act=Act.READ, right=Right.READ_FACTS),
        "facilities": Call(act=None, right=Right.READ_FACTS),
        "case": Call(act=Act.READ, right=Right.READ_CASES),
        "cases": Call(act=Act.READ, right=Right.READ_CASES),
        "case_files": Call(act=Act.READ, right=Right.READ_CASES),
        "proposal": Call(act=Act.READ, right=Right.READ_CASES),
        "decisions": Call(act=Act.READ, right=Right.READ_CASES),
        "import_placements": Call(act=Act.COLLECTION, right=Right.PLACE, two=True),
        "import_network": Call(act=Act.COLLECTION, right=Right.ENTER_FACTS),
        "replace_facilities": Call(act=None, right=Right.ENTER_FACTS),
        "put_cases": Call(act=Act.COLLECTION, right=Right.ENTER_CASES, two=True),
        "put_proposals": Call(act=Act.COMBINATION, right=Right.PROPOSE),
        "propose": Call(act=Act.COMBINATION, right=Right.READ_FACTS),
        "recheck": Call(act=Act.COMBINATION, right=Right.READ_FACTS),
        "accept": Call(act=Act.CHANGE, right=Right.PLACE, two=True),
        "remove_placement": Call(act=Act.ERASURE, right=Right.PLACE, two=True),
        "put_entries": Call(act=Act.CHANGE, right=Right.NOTE),
        "put_all": Call(act=Act.CHANGE, right=Right.NOTE),
        "judge": Call(act=Act.CHANGE, right=Right.JUDGE),
        "map_by_county": Call(act=Act.READ, right=Right.JUDGE),
        "messages": Call(act=Act.READ, right=Right.TALK),
        "send_message": Call(act=Act.DISCLOSURE, right=Right.TALK),
        "export": Call(act=Act.DISCLOSURE, right=Right.EXPORT, two=True),
        "backup": Call(act=Act.DISCLOSURE, right=Right.KEEP, two=True),
        "share": Call(act=Act.DISCLOSURE, right=Right.KEEP, two=True),
        "restore": Call(act=Act.CHANGE, right=Right.KEEP),
        "rotate": Call(act=Act.CHANGE, right=Right.KEEP, two=True),
        "erase": Call(act=Act.ERASURE, right=Right.PLACE, two=True),
        "reset_anchor": Call(act=Act.CHANGE, right=Right.KEEP, two=True),
        "users": Call(act=Act.READ, right=Right.USERS),
        "add_user": Call(act=Act.CHANGE, right=Right.USERS, two=True),
        "requests": Call(act=Act.READ, right=Right.READ_CASES),
        "approve": Call(act=Act.CHANGE, right=Right.APPROVE),
        "audit": Call(act=Act.LOG_READ, right=Right.READ_LOG),
    }
)
"""Every call over the register; one that does not stand here cannot be made."""


class Signer(Protocol):
    """A person's private key, wherever it is kept."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519 signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, as what, for what, and in which case.

    Parameters
    ----------
    role
        None for the only role that the register gives the user.
    purpose
        Why, in the user's or the command's words; never anything about a person.
    case
        Stands in the log where a call names no case itself.
    """

    who: str
    role: Role | None = None
    purpose: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """For whom a register is opened, by which clock, and what is kept outside of it.

    Parameters
    ----------
    clock
        Gives the time with its zone, for the log and for how long a request holds.
    signer
        The actor's private key; needed unless the register is for a single user.
    anchor
        Where a copy of the head is kept, to notice when the whole file is put back.
    witnesses
        Where a signed checkpoint of the log is put at each change.
    """

    actor: Actor
    clock: Callable[[], datetime]
    signer: Signer | None = field(default=None, repr=False)
    anchor: Anchor | None = None
    witnesses: Sequence[Witness] = ()
