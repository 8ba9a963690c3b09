"""What keeper, approver and auditor do: users, second signatures, the log, the anchor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from placement_engine.errors import InvalidConfiguration, UnknownReference
from placement_engine.register import audit, checkpoint, journal, merkle, requests, users
from placement_engine.register.access import Right
from placement_engine.register.anchor import Anchor
from placement_engine.register.audit import Entry, Proof
from placement_engine.register.desk import Desk
from placement_engine.register.documents import DocumentKind
from placement_engine.register.requests import Request
from placement_engine.register.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """That the log is whole; there is no report otherwise.

    Parameters
    ----------
    witnesses
        How many witnesses keep a checkpoint that the log goes on from.
    verifier
        The log's public key, in the form that other programs take; empty before the first
        entry.
    set_back
        How many entries are earlier by the clock than the one before them: a few where
        several machines write, many where somebody set a clock back.
    """

    entries: int
    root: bytes
    witnesses: int
    verifier: str
    set_back: int


def known(desk: Desk) -> tuple[User, ...]:
    """All users by name."""
    with desk.read("users") as state:
        return tuple(desk.known_users(state).values())


def add_user(desk: Desk, user: User) -> None:
    """Add a user, or replace one of the same name; the first is a keeper.

    As soon as somebody else could sign too, somebody else has to.

    Raises
    ------
    InvalidInput, NotPermitted
        The name or key is of no use, or belongs to another user; see also `Desk.change`.
    """
    if desk.single_user:
        raise InvalidConfiguration(
            "A register for a single user has no others.", unchanged="Nothing was changed."
        )
    with desk.change("add_user", parameters=[user.encode()]) as change:
        there = desk.known_users(change)
        users.check(there, user)
        if not there and Right.USERS not in user.rights:
            raise InvalidConfiguration(
                "The first user has to be a keeper, who can add others.",
                unchanged="Nothing was changed.",
            )
        journal.put(change, DocumentKind.USER, {user.name: user.encode()})


def waiting(desk: Desk) -> tuple[Request, ...]:
    """Requests that hold and wait for a second signature, the oldest first."""
    now = desk.now()
    with desk.read("requests") as state:
        found = desk.known_requests(state)
    open_ones = [one for one in found if not one.approval and one.holds_at(now)]
    return tuple(sorted(open_ones, key=lambda one: (one.asked, one.id)))


def approve(desk: Desk, request_id: str, *, alone: str = "") -> Request:
    """Give a request the second signature.

    Parameters
    ----------
    alone
        The only operation that may be signed here; empty for any.

    Raises
    ------
    UnknownReference
        There is no such request.
    NotPermitted
        It cannot be approved, or not by this user.
    """
    session, now = desk.session, desk.now()
    with desk.read("requests") as state:
        request = _request(desk.known_requests(state), request_id)
    if alone and request.operation != alone:
        raise requests.refused(
            "The anchor has not agreed to this register, and this is no request to let it."
        )
    with desk.change("approve", request.cases) as change:
        request = _request(desk.known_requests(change), request_id)
        if session is None or session.signer is None:
            raise requests.refused("Nobody has said with a key who approves.")
        approved = requests.approve(
            request,
            users=desk.known_users(change),
            who=session.actor.who,
            signer=session.signer,
            now=now,
        )
        journal.put(change, DocumentKind.REQUEST, {approved.id: approved.encode()})
    return approved


def read_log(desk: Desk) -> tuple[Entry, ...]:
    """All entries of the audit log, the reading of it among them."""
    with desk.read("audit") as state:
        return tuple(audit.entries(audit.leaves(state, desk.vault.log)))


def prove(desk: Desk, number: int) -> tuple[Proof, bytes, str]:
    """Prove that entry `number`, counted from 1, is in the log.

    Returns
    -------
    tuple
        The proof, a signed checkpoint of its size, and the log's public key.

    Raises
    ------
    UnknownReference
        There is no such entry.
    """
    with desk.read("audit") as state:
        leaves, key = audit.leaves(state, desk.vault.log), desk.log_key(state)
    if not 1 <= number <= len(leaves) or key is None:
        raise UnknownReference(f"The log has {len(leaves)} entries, and no entry {number}.")
    proof = audit.prove(leaves, number - 1)
    now = checkpoint.Checkpoint(origin=key.origin, size=proof.size, root=proof.root)
    return proof, key.sign(now), key.verifier


def verify_log(desk: Desk) -> LogReport:
    """Compute the tree anew and compare it with the head and with every witness.

    Raises
    ------
    IntegrityBroken
        Entries were taken out, altered or put back.
    """
    witnesses = desk.session.witnesses if desk.session is not None else ()
    with desk.vault.read() as state:
        log, key = desk.vault.log, desk.log_key(state)
        leaves = audit.leaves(state, log)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    times = [entry.at for entry in audit.entries(leaves) if entry.at is not None]
    agreed = 0
    for witness in witnesses:
        note = witness.read(desk.vault.register_id)
        if note is not None and key is None:
            raise checkpoint.disagrees(0)
        if note is not None and key is not None:
            checkpoint.agree(note, key=key, leaves=hashes)
            agreed += 1
    return LogReport(
        entries=log.tree.size,
        root=log.tree.root,
        witnesses=agreed,
        verifier="" if key is None else key.verifier,
        set_back=sum(later < earlier for earlier, later in pairwise(times)),
    )


def reset_anchor(desk: Desk, anchor: Anchor) -> int:
    """Make an anchor follow the register as it is now; gives the epoch from which it does.

    The desk must be without an anchor: with one it would not have opened. Two sign for what
    the anchor has seen last to be forgotten; that their request stands in this very copy of
    the register tells which copy they have looked at.
    """
    with desk.change("reset_anchor", parameters=[anchor.read(desk.vault.register_id) or b"none"]):
        pass
    anchor.write(desk.vault.register_id, desk.vault.sealed_head)
    return desk.vault.epoch


def authorise(desk: Desk, call: str, parameters: Sequence[bytes] = ()) -> None:
    """Allow and note a call that is made outside the vault, such as ``export`` or ``rotate``."""
    with desk.change(call, parameters=parameters):
        pass


def _request(found: Sequence[Request], request_id: str) -> Request:
    for request in found:
        if request.id == request_id:
            return request
    raise UnknownReference(
        "There is no such request.", unchanged="Nothing was changed.", do="See: placement approve."
    )
