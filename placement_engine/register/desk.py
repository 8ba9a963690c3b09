"""The register as one person may use it: each call is allowed, noted and anchored here.

A reading is noted before anything is read, in a small change of its own. What changes
something is noted in that same change. An operation that reads much is noted once for each
case, by `acting`, and what it reads is not noted again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from placement_engine.errors import (
    ApprovalNeeded,
    IntegrityBroken,
    NotPermitted,
    PlacementError,
    RegisterUnavailable,
)
from placement_engine.register import anchor as anchors
from placement_engine.register import (
    audit,
    checkpoint,
    journal,
    merkle,
    refusals,
    requests,
    users,
)
from placement_engine.register.access import (
    ALONE,
    CALLS,
    RIGHTS,
    Act,
    Call,
    Role,
    Session,
)
from placement_engine.register.documents import DocumentKind
from placement_engine.register.requests import Request, Wish
from placement_engine.register.users import User
from placement_engine.register.vault import Changing, Reading, Vault

# What one person may do as long as nobody else in the register could sign.
_FIRST = frozenset({"add_user", "reset_anchor"})


class Desk:
    """A vault, and for whom it is open.

    Parameters
    ----------
    session
        None in trials: then nothing is noted until somebody with a session has begun a log.
    founding
        Whether the register was made just now, so that its anchor begins.

    Raises
    ------
    IntegrityBroken
        The anchor or a witness has seen a later or another state.
    """

    def __init__(
        self, vault: Vault, session: Session | None, *, single_user: bool, founding: bool = False
    ) -> None:
        self.vault = vault
        self.session = session
        self.single_user = single_user
        self._covered = 0
        self._witnessed = -1
        self._key: checkpoint.LogKey | None = None
        if session is None:
            return
        if session.anchor is not None:
            if founding:
                session.anchor.write(vault.register_id, vault.sealed_head)
            else:
                anchors.hold(vault, session.anchor)
        self._ask_witnesses(session)
        vault.tell(self._told)

    @property
    def logs(self) -> bool:
        """Whether calls are noted."""
        return self.session is not None or self.vault.log.tree.size > 0

    @contextmanager
    def read(self, call: str, cases: Sequence[str] = ()) -> Iterator[Reading]:
        """Look at one consistent state, for a call of `access.CALLS`.

        Raises
        ------
        NotPermitted
            The actor may not do this.
        """
        with self._refusing(call):
            about, role = self._permit(call)
        if about.act is not None and self.logs and not self._covered:
            with self.vault.change() as change:
                self._note(change, call, about.act, role, cases)
        with self.vault.read() as state:
            yield state

    @contextmanager
    def change(
        self, call: str, cases: Sequence[str] = (), parameters: Sequence[bytes] = ()
    ) -> Iterator[Changing]:
        """Change the register alone, for a call of `access.CALLS`.

        Parameters
        ----------
        parameters
            All that the call is given, for the two who have to sign it.

        Raises
        ------
        NotPermitted
            The actor may not do this.
        ApprovalNeeded
            Somebody else has to sign first; the request was put into the register.
        """
        with self._refusing(call):
            about, role = self._permit(call)
            wish = self._wish(about, role, call, cases, parameters)
            if wish is not None:
                self._require(wish, role)
            with self.vault.change() as change:
                if wish is not None:
                    self._use(change, wish)
                yield change
                if about.act is not None and self.logs:
                    self._note(change, call, about.act, role, cases)

    @contextmanager
    def acting(self, call: str, cases: Sequence[str] = ()) -> Iterator[None]:
        """Note one operation, once for each of its cases, for all that is read in it."""
        with self._refusing(call):
            about, role = self._permit(call)
        if about.act is not None and self.logs and not self._covered:
            with self.vault.change() as change:
                self._note(change, call, about.act, role, cases)
        self._covered += 1
        try:
            yield
        finally:
            self._covered -= 1

    def now(self) -> datetime:
        """The session's time.

        Raises
        ------
        NotPermitted
            There is no session.
        """
        if self.session is None:
            raise requests.refused("Nobody has said who acts, or what time it is.")
        return self.session.clock()

    def log_key(self, state: Reading) -> checkpoint.LogKey | None:
        """The key that signs the log's checkpoints; None before the first entry."""
        if self._key is None:
            for document in state.documents(DocumentKind.LOG_KEY):
                name = checkpoint.origin(self.vault.register_id)
                self._key = checkpoint.LogKey(origin=name, seed=document.payload)
        return self._key

    def known_users(self, state: Reading) -> dict[str, User]:
        """All users by name."""
        found = journal.entries(state, DocumentKind.USER)
        return {name: User.decode(content) for name, content in found.items()}

    def known_requests(self, state: Reading) -> list[Request]:
        """All requests, used and unused."""
        return list(map(Request.decode, journal.entries(state, DocumentKind.REQUEST).values()))

    def may(self, call: str) -> bool:
        """Whether the actor's role has the right that a call of `access.CALLS` needs."""
        return CALLS[call].right in RIGHTS[self._role(call)]

    # Who may. ------------------------------------------------------------------------

    def _permit(self, call: str) -> tuple[Call, Role]:
        about = CALLS[call]
        role = self._role(call)
        if about.right not in RIGHTS[role]:
            raise NotPermitted(
                f"The role {role} may not do this: {about.right.value}.",
                unchanged="Nothing was read or changed.",
                do="Ask somebody who has the role for it.",
            )
        return about, role

    def _role(self, call: str) -> Role:
        if self.single_user:
            return Role.SINGLE_USER
        with self.vault.read() as state:
            known = self.known_users(state)
        if not known and call != "add_user":
            raise NotPermitted(
                "The register has no users.",
                unchanged="Nothing was read or changed.",
                do="Whoever made it adds the first keeper: placement register user add.",
            )
        # A challenge that nobody has signed before: the head is never the same twice.
        challenge = hashlib.sha256(self.vault.sealed_head + call.encode()).digest()
        return users.authenticate(
            known, self.session, register_id=self.vault.register_id, challenge=challenge
        )

    def _wish(
        self,
        about: Call,
        role: Role,
        call: str,
        cases: Sequence[str],
        parameters: Sequence[bytes],
    ) -> Wish | None:
        """What has to be signed by two, None if nothing has to be."""
        if not about.two or role in ALONE or self.session is None:
            return None
        who = self.session.actor.who
        if call in _FIRST and not self._others_approve(who):
            return None  # a register that has just begun: there is nobody yet who could sign
        return Wish.of(self.vault.register_id, call, cases, parameters, who)

    def _others_approve(self, who: str) -> bool:
        with self.vault.read() as state:
            known = self.known_users(state).values()
        return any(Role.APPROVER in user.roles and user.name != who for user in known)

    def _require(self, wish: Wish, role: Role) -> None:
        """Put a request into the register unless there is one that is signed by two."""
        now = self.now()
        assert self.session is not None
        assert self.session.signer is not None
        with self.vault.read() as state:
            known = self.known_requests(state)
            found = requests.usable(known, wish, users=self.known_users(state), now=now)
        if found is not None:
            return
        request = requests.waiting(known, wish, now)
        if request is None:
            ended = [one.id for one in known if datetime.fromisoformat(one.expires) <= now]
            with self.vault.change() as change:
                request = requests.ask(
                    wish, signer=self.session.signer, now=now, entropy=change.entropy
                )
                journal.put(
                    change, DocumentKind.REQUEST, {request.id: request.encode()}, removed=ended
                )
                self._note(change, f"ask {wish.operation}", Act.CHANGE, role, wish.cases)
        raise ApprovalNeeded(
            f"This needs a second person: request {request.id} waits until {request.expires}.",
            unchanged="Nothing else was changed.",
            do=f"Somebody else runs: placement approve {request.id}. Then run this again.",
        )

    def _use(self, change: Changing, wish: Wish) -> None:
        found = requests.usable(
            self.known_requests(change), wish, users=self.known_users(change), now=self.now()
        )
        if found is None:
            raise requests.refused("The request was used, or has ended, a moment ago.")
        content = requests.used(found).encode()
        journal.put(change, DocumentKind.REQUEST, {found.id: content})

    # What is noted, and kept outside. ------------------------------------------------

    @contextmanager
    def _refusing(self, call: str) -> Iterator[None]:
        """Note what is refused inside; it stays refused, whether it can be noted or not."""
        try:
            yield
        except ApprovalNeeded:  # the request that it leaves is noted
            raise
        except NotPermitted as refused:
            if self.logs:
                try:
                    self._note_refused(call)
                except IntegrityBroken:  # weighs more than who may do what
                    raise
                except PlacementError as error:
                    do = f"{refused.do} That it was refused could not be noted ({error.code})."
                    raise NotPermitted(refused.what, unchanged=refused.unchanged, do=do) from None
            raise

    def _note_refused(self, call: str) -> None:
        with self.vault.change() as change:
            entry = refusals.entry(change, call, self.session)
            if entry is not None:
                self._append(change, [entry])

    def _note(
        self, change: Changing, call: str, act: Act, role: Role, cases: Sequence[str]
    ) -> None:
        """Stage one entry for each case, or one where there is none."""
        session = self.session
        actor = None if session is None else session.actor
        at = None if session is None else session.clock()
        entries = [
            audit.Entry(
                at=at,
                who="" if actor is None else actor.who,
                role=role,
                purpose="" if actor is None else actor.purpose,
                act=act,
                call=call,
                case=case,
                salt=audit.salt(change),
            )
            for case in cases or ("" if actor is None else actor.case,)
        ]
        self._append(change, entries)

    def _append(self, change: Changing, entries: Sequence[audit.Entry]) -> None:
        change.quiet = not (change.puts or change.deletes)
        if not change.ids(DocumentKind.LOG_KEY):
            change.add(DocumentKind.LOG_KEY, change.entropy(32))
        audit.append(change, entries)

    def _told(self) -> None:
        """After each change that was kept: the anchor follows, and the witnesses are told."""
        try:
            self._tell_outside()
        except RegisterUnavailable as error:
            kept = "What was to be changed is kept; what was to be read is not told."
            raise RegisterUnavailable(error.what, unchanged=kept, do=error.do) from None

    def _tell_outside(self) -> None:
        session, vault = self.session, self.vault
        if session is None:
            return
        if session.anchor is not None:
            session.anchor.write(vault.register_id, vault.sealed_head)
        tree = vault.log.tree
        if session.witnesses and tree.size != self._witnessed:
            with vault.read() as state:
                key = self.log_key(state)
            assert key is not None
            now = checkpoint.Checkpoint(origin=key.origin, size=tree.size, root=tree.root)
            for witness in session.witnesses:
                self._tell(witness, key, key.sign(now), tree.size)
            self._witnessed = tree.size

    def _tell(
        self, witness: checkpoint.Witness, key: checkpoint.LogKey, note: bytes, size: int
    ) -> None:
        kept = witness.read(self.vault.register_id)
        if kept is not None:
            last = checkpoint.read_checkpoint(kept, name=key.origin, public=key.public)
            if last.size > size:  # another program has gone on meanwhile
                return
            if last.size == size and key.sign(last) != note:
                raise checkpoint.disagrees(size)
        witness.write(self.vault.register_id, note)

    def _ask_witnesses(self, session: Session) -> None:
        """Compare what the witnesses keep with the log."""
        kept = [witness.read(self.vault.register_id) for witness in session.witnesses]
        notes = [note for note in kept if note is not None]
        if not notes:
            return
        with self.vault.read() as state:
            key, tree = self.log_key(state), self.vault.log.tree
            if key is None:
                raise checkpoint.disagrees(0)
            for note in notes:
                last = checkpoint.read_checkpoint(note, name=key.origin, public=key.public)
                if (last.size, last.root) != (tree.size, tree.root):
                    hashes = map(merkle.leaf_hash, audit.leaves(state, self.vault.log))
                    checkpoint.agree(note, key=key, leaves=list(hashes))
