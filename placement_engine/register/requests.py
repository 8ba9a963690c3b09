"""What needs two people: one asks with a signature, another signs the very same request.

A request names the register, the operation, its cases and a hash of all its parameters, and
holds for a day at most. The change that it allows uses it up in the same transaction: it
cannot be used twice, for anything else, or later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from placement_engine.errors import NotPermitted
from placement_engine.register import crypto
from placement_engine.register.access import Right, Signer
from placement_engine.register.users import User

LIFETIME = timedelta(hours=24)
"""No request holds for longer."""
_LABEL = b"placement_engine/request"
_NONCE_SIZE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, with one signature or two.

    Parameters
    ----------
    operation
        A call of `access.CALLS`.
    parameters
        SHA-256 over all parameters of the call.
    asked, expires
        Dates and times with their zone.
    used
        Whether the change that it allowed was made.
    """

    register: str
    operation: str
    cases: tuple[str, ...]
    parameters: str = field(repr=False)
    nonce: str
    asked: str
    expires: str
    by: str
    signature: str = field(default="", repr=False)
    approver: str = ""
    approval: str = field(default="", repr=False)
    used: bool = False

    @property
    def id(self) -> str:
        """What a person calls it by; the nonce makes it the only one."""
        return f"R-{self.nonce[:12]}"

    @property
    def canonical(self) -> bytes:
        """What both sign: everything but the signatures."""
        told = {
            "schema": "placement_engine/request",
            "version": 1,
            "register": self.register,
            "operation": self.operation,
            "cases": list(self.cases),
            "parameters": self.parameters,
            "nonce": self.nonce,
            "asked": self.asked,
            "expires": self.expires,
            "by": self.by,
        }
        text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return crypto.associated_data([_LABEL, text.encode()])

    def holds_at(self, now: datetime) -> bool:
        """Whether it has begun, has not ended, and was never made to last too long."""
        asked, expires = map(datetime.fromisoformat, (self.asked, self.expires))
        return asked <= now < expires <= asked + LIFETIME

    def encode(self) -> bytes:
        """As JSON bytes."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def decode(cls, content: bytes) -> Request:
        """Undo `encode`."""
        told = json.loads(content)
        return cls(**{**told, "cases": tuple(told["cases"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to do now, to be matched with a request."""

    register: str
    operation: str
    cases: tuple[str, ...]
    parameters: str = field(repr=False)
    by: str

    @classmethod
    def of(
        cls,
        register_id: bytes,
        operation: str,
        cases: Sequence[str],
        parameters: Sequence[bytes],
        by: str,
    ) -> Wish:
        """Fold the parameters of a call into one hash; each is bound to its place."""
        bound = crypto.associated_data([b"=", *(b"=" + parameter for parameter in parameters)])
        return cls(
            register=register_id.hex(),
            operation=operation,
            cases=tuple(cases),
            parameters=crypto.checksum(_LABEL + bound).hex(),
            by=by,
        )

    def asks(self, request: Request) -> bool:
        """Whether a request is for exactly this."""
        return (self.register, self.operation, self.cases, self.parameters, self.by) == (
            request.register,
            request.operation,
            request.cases,
            request.parameters,
            request.by,
        )


def ask(wish: Wish, *, signer: Signer, now: datetime, entropy: Callable[[int], bytes]) -> Request:
    """A request with the first signature."""
    request = Request(
        register=wish.register,
        operation=wish.operation,
        cases=wish.cases,
        parameters=wish.parameters,
        nonce=entropy(_NONCE_SIZE).hex(),
        asked=now.isoformat(),
        expires=(now + LIFETIME).isoformat(),
        by=wish.by,
    )
    return replace(request, signature=signer.sign(request.canonical).hex())


def approve(
    request: Request, *, users: Mapping[str, User], who: str, signer: Signer, now: datetime
) -> Request:
    """The request with the second signature.

    Raises
    ------
    NotPermitted
        It has ended, is approved or used already, is forged, or comes from the same person.
    """
    if request.used or request.approval:
        raise refused("The request is approved already.")
    if not request.holds_at(now):
        raise refused("The request does not hold now: it has ended, or a clock is wrong.")
    if who == request.by:
        raise refused("Nobody approves what they ask for themselves.")
    approved = replace(request, approver=who, approval=signer.sign(request.canonical).hex())
    if not is_approved(approved, users):
        raise refused("The request does not carry the signatures of two users who may sign it.")
    return approved


def is_approved(request: Request, users: Mapping[str, User]) -> bool:
    """Whether two different users, one of them an approver, have signed exactly this."""
    first, second = users.get(request.by), users.get(request.approver)
    if first is None or second is None or first.name == second.name:
        return False
    if first.public == second.public or not first.roles:
        return False
    return (
        Right.APPROVE in second.rights
        and crypto.signed(first.public, _bytes(request.signature), request.canonical)
        and crypto.signed(second.public, _bytes(request.approval), request.canonical)
    )


def usable(
    requests: Iterable[Request], wish: Wish, *, users: Mapping[str, User], now: datetime
) -> Request | None:
    """The request that allows a wish now, if there is one."""
    for request in requests:
        if (
            wish.asks(request)
            and not request.used
            and request.holds_at(now)
            and is_approved(request, users)
        ):
            return request
    return None


def used(request: Request) -> Request:
    """The request after the change that it allowed."""
    return replace(request, used=True)


def waiting(requests: Iterable[Request], wish: Wish, now: datetime) -> Request | None:
    """The request for exactly this that still waits for a second signature."""
    for request in requests:
        if wish.asks(request) and not request.approval and request.holds_at(now):
            return request
    return None


def refused(what: str) -> NotPermitted:
    """The error for a request that does not allow what is wanted."""
    return NotPermitted(what, unchanged="Nothing was changed.", do="Ask for it anew.")


def _bytes(told: str) -> bytes:
    try:
        return bytes.fromhex(told)
    except ValueError:
        return b""
