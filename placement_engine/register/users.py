"""Users of a register: names, roles and public keys; and how somebody shows to be one.

The key of the register is one and the same for all: whoever has it and writes a program of
his own can read the file. Roles hold whoever uses this program, and signatures hold
against everybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from placement_engine.errors import InvalidInput, NotPermitted
from placement_engine.register import crypto
from placement_engine.register.access import RIGHTS, Right, Role, Session, Signer

MAX_NAME = 200
"""Characters of a name."""
_LABEL = b"placement_engine/user"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may use a register.

    Parameters
    ----------
    roles
        Empty for somebody who may do nothing any more.
    public
        The 32 bytes of an Ed25519 public key.
    """

    name: str
    roles: frozenset[Role]
    public: bytes

    @property
    def rights(self) -> frozenset[Right]:
        """All that any of the roles allows."""
        return frozenset[Right]().union(*(RIGHTS[role] for role in self.roles))

    def encode(self) -> bytes:
        """As JSON bytes, the same for equal users."""
        told = {"name": self.name, "roles": sorted(self.roles), "public": self.public.hex()}
        return json.dumps(told, ensure_ascii=False).encode()

    @classmethod
    def decode(cls, content: bytes) -> User:
        """Undo `encode`."""
        told = json.loads(content)
        return cls(
            name=told["name"],
            roles=frozenset(map(Role, told["roles"])),
            public=bytes.fromhex(told["public"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSigner:
    """A private key in memory, from its 32-byte seed."""

    seed: bytes

    def __repr__(self) -> str:
        return "SeedSigner(...)"

    @property
    def public(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        return crypto.public_key(self.seed)

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519 signature."""
        return crypto.sign(self.seed, message)


def authenticate(
    known: Mapping[str, User], session: Session | None, *, register_id: bytes, challenge: bytes
) -> Role:
    """As what the session's actor acts, once the actor's key has signed a fresh challenge.

    Raises
    ------
    NotPermitted
        The actor is no user, has not that key, or has not that role.
    """
    if session is None or session.signer is None:
        raise _refused("Nobody has said with a key who acts.", "Give --identity.")
    actor = session.actor
    if not known:  # whoever makes a register is its first keeper
        return Role.KEEPER
    user = known.get(actor.who)
    if user is None or not _has_key(user, session.signer, register_id + challenge):
        raise _refused("The user is not known here, or the key is another one.", "Ask a keeper.")
    role = actor.role
    if role is None and len(user.roles) == 1:
        [role] = user.roles
    if role is None or role not in user.roles:
        raise _refused("The user has not that role, or has several.", "Give --role.")
    return role


def check(known: Mapping[str, User], user: User) -> None:
    """Refuse a user who would be somebody else's double, or could not act at all.

    Raises
    ------
    InvalidInput
        The name or the key is of no use.
    NotPermitted
        Another user has the same key, or a role is for trials alone.
    """
    if not user.name or len(user.name) > MAX_NAME or not user.name.isprintable():
        raise InvalidInput("The name of the user is of no use.", unchanged=_UNCHANGED)
    if len(user.public) != crypto.KEY_SIZE:
        raise InvalidInput("The public key has not 32 bytes.", unchanged=_UNCHANGED)
    if Role.SINGLE_USER in user.roles:
        raise _refused("That role is for trials alone.", "Choose another.")
    if any(other.public == user.public for name, other in known.items() if name != user.name):
        raise _refused("Another user has the same key.", "One person is one user, with one key.")


def _has_key(user: User, signer: Signer, challenge: bytes) -> bool:
    message = crypto.associated_data([_LABEL, challenge])
    return signer.public == user.public and crypto.signed(
        user.public, signer.sign(message), message
    )


_UNCHANGED = "Nothing was changed."


def _refused(what: str, do: str) -> NotPermitted:
    return NotPermitted(what, unchanged=_UNCHANGED, do=do)
