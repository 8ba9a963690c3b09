"""The register as an analyst thinks of it: placements, cases, proposals, intelligence.

Everything is decrypted in memory and matched there; nothing can be searched for in the
file. Each method that writes does so as one change: all of it is kept, or nothing. The
`Desk` allows each call and notes it in the audit log.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from placement_engine.intelligence import Placement
from placement_engine.register import audit, casework, journal, placed
from placement_engine.register.access import Session
from placement_engine.register.contents import write_placement
from placement_engine.register.desk import Desk
from placement_engine.register.documents import DocumentKind
from placement_engine.register.head import Entropy, found, unaccounted
from placement_engine.register.header import Header, RootKeys
from placement_engine.register.keys import KeyProvider
from placement_engine.register.known import Known
from placement_engine.register.placed import StoredPlacement
from placement_engine.register.sqlite import SqliteStore, refuse_existing
from placement_engine.register.store import RegisterStore, StoreMaker
from placement_engine.register.vault import Reading, Vault, VerifyReport


class Register(Known):
    """One register, open; use it as a context manager, or close it.

    Made by `create` or `open`. Every method may raise `RegisterUnavailable`
    (busy, full, not writable), `IntegrityBroken` (altered outside the program) or
    `NotPermitted` (another role, or a second signature, is needed); nothing is changed then.
    """

    def __init__(
        self, vault: Vault, session: Session | None = None, *, founding: bool = False
    ) -> None:
        self._vault = vault
        with vault.read() as state:
            settings = [json.loads(d.payload) for d in state.documents(DocumentKind.SETTING)]
        if len(settings) != 1:
            raise unaccounted()
        single_user = bool(settings[0]["single_user"])
        self.desk = Desk(vault, session, single_user=single_user, founding=founding)
        # Where cases and proposals stand, by the epoch for which that holds.
        self._located: dict[DocumentKind, tuple[int, casework.Located]] = {}

    @classmethod
    def create(
        cls,
        path: Path,
        keys: KeyProvider,
        *,
        single_user: bool,
        today: date,
        session: Session | None = None,
        entropy: Entropy = os.urandom,
    ) -> Register:
        """Make a new, empty register that only the owner of the file may read.

        Parameters
        ----------
        single_user
            For trials: nobody else has to approve anything. Every output says so.
        today
            Kept sealed; the file itself tells no day.
        session
            Who acts, and what is kept outside; None for trials only.
        entropy
            Gives random bytes.

        Raises
        ------
        RegisterUnavailable
            There is something at `path` already, or it cannot be written.
        """
        refuse_existing(path)
        temporary = path.with_name(f".{path.name}.{entropy(8).hex()}")
        make = partial(SqliteStore.create, path, temporary)
        return cls.found(
            make, keys, single_user=single_user, today=today, session=session, entropy=entropy
        )

    @classmethod
    def found(
        cls,
        make: StoreMaker,
        keys: KeyProvider,
        *,
        single_user: bool,
        today: date,
        session: Session | None = None,
        entropy: Entropy = os.urandom,
    ) -> Register:
        """Make a new, empty register in a store of any kind, such as `MemoryStore`."""
        settings = {"single_user": single_user, "created": today.isoformat()}
        first = (DocumentKind.SETTING, json.dumps(settings).encode())
        founding = found(keys, first, entropy)
        store = make(header=founding.header, head=founding.head, records=founding.records)
        return cls._over(store, founding.keys, entropy, session, founding=True)

    @classmethod
    def open(
        cls,
        path: Path,
        keys: KeyProvider,
        *,
        read_only: bool = False,
        wait_s: float = 5.0,
        session: Session | None = None,
        entropy: Entropy = os.urandom,
    ) -> Register:
        """Open a register and account for every record in it.

        Parameters
        ----------
        read_only
            Never write, not even beside the file.
        wait_s
            How long to wait for another program, in seconds.
        session
            Who acts, and what is kept outside; without one, a register that is not for a
            single user tells nothing.

        Raises
        ------
        RegisterUnavailable, WrongKey, IntegrityBroken
            As their names say; nothing was changed.
        """
        store = SqliteStore.open(path, read_only=read_only, wait_s=wait_s)
        return cls.over(store, keys, session=session, entropy=entropy)

    @classmethod
    def over(
        cls,
        store: RegisterStore,
        keys: KeyProvider,
        *,
        session: Session | None = None,
        entropy: Entropy = os.urandom,
        ahead: bool = False,
    ) -> Register:
        """Open the register that a store keeps; the store is closed with it, or on failure.

        Parameters
        ----------
        ahead
            Placements will be asked for: they are opened while they are accounted for.
        """
        try:
            root_keys = Header.parse(store.header()).unlock(keys)
        except BaseException:
            store.close()
            raise
        return cls._over(store, root_keys, entropy, session, ahead=ahead)

    @classmethod
    def _over(
        cls,
        store: RegisterStore,
        keys: RootKeys,
        entropy: Entropy,
        session: Session | None,
        *,
        founding: bool = False,
        ahead: bool = False,
    ) -> Register:
        wanted = DocumentKind.PLACEMENT if ahead else None
        try:
            vault = Vault(store, keys, entropy=entropy, ahead=wanted)
            return cls(vault, session, founding=founding)
        except BaseException:
            keys.wipe()
            store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it and wipe its keys; harmless if done twice."""
        self._vault.close()

    @property
    def single_user(self) -> bool:
        """Whether it is one for trials, without a second person's approval."""
        return self.desk.single_user

    @property
    def epoch(self) -> int:
        """Number of changes of facts that it had seen when it was last looked at."""
        return self._vault.facts

    def verify(self) -> VerifyReport:
        """Open every record and account for each; raises `IntegrityBroken` otherwise."""
        report = self._vault.verify()
        with self._vault.read() as state:
            audit.leaves(state, self._vault.log)
        return report

    # Who is placed where. ------------------------------------------------------------

    def placements(self) -> tuple[StoredPlacement, ...]:
        """All placements, past and present, by subject and day."""
        with self.desk.read("placements") as state:
            return placed.stored(state)

    def import_placements(self, placements: Sequence[Placement]) -> int:
        """Add placements; those that are known already, equal in all, are passed over.

        Capacity is not checked here: what is imported is what is so.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        InvalidFiles
            A subject would be placed twice on one day; nothing is added.
        """
        rows = [write_placement(placement) for placement in placements]
        with self.desk.change("import_placements", parameters=rows) as change:
            return placed.add(change, placements)

    def remove_placement(self, placement_id: bytes, day: date) -> None:
        """Remove one placement for good; see `remove_placements`."""
        self.remove_placements([placement_id], day)

    def remove_placements(self, placement_ids: Sequence[bytes], day: date) -> None:
        """Remove placements for good, in one change: their bytes are overwritten in the file.

        That something was removed on `day` is kept, but not who or where.

        Raises
        ------
        UnknownReference
            There is no such placement; nothing is removed.
        """
        given = (*sorted(placement_ids), day.isoformat().encode())
        with self.desk.change("remove_placement", parameters=given) as change:
            for placement_id in dict.fromkeys(placement_ids):
                placed.remove(change, placement_id, day)
        self._vault.scrub()

    # What is asked, answered and decided. --------------------------------------------

    def put_cases(self, cases: Mapping[str, bytes]) -> None:
        """Add cases by id, or replace those of the same id, which opens them anew.

        A case that is put again unchanged keeps its state and its proposal.
        """
        given = [part for case_id in sorted(cases) for part in (case_id.encode(), cases[case_id])]
        with self.desk.change("put_cases", sorted(cases), given) as change:
            casework.put_cases(change, cases)

    def put_case(self, case_id: str, payload: bytes) -> None:
        """Add or replace one case."""
        self.put_cases({case_id: payload})

    def case(self, case_id: str) -> bytes:
        """One case as it was put; raises `UnknownReference` if there is none."""
        return self._payload("case", DocumentKind.CASE, case_id, casework.no_case(case_id))

    def case_files(self) -> Mapping[str, bytes]:
        """All cases as they were put, by id: for what has to know of every one."""
        with self.desk.read("case_files") as state:
            return MappingProxyType(casework.case_files(state))

    def cases(self) -> list[tuple[str, str]]:
        """Id and state of each case: ``open``, ``proposed`` or ``decided``; by id."""
        with self.desk.read("cases") as state:
            where = self._where(state, DocumentKind.CASE)
            return sorted((case_id, state) for case_id, (_, state) in where.items())

    def put_proposals(
        self, proposals: Mapping[str, bytes], *, noted: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        """Keep the last proposal for each case; raises `UnknownReference` if one is missing.

        Parameters
        ----------
        noted
            Judgements that the engine itself adds as it proposes, by key.
        """
        with self.desk.change("put_proposals", list(proposals)) as change:
            casework.put_proposals(change, proposals)
            if noted:
                journal.put(change, DocumentKind.JUDGEMENT, noted)

    def put_proposal(self, case_id: str, payload: bytes) -> None:
        """Keep the last proposal for one case."""
        self.put_proposals({case_id: payload})

    def proposal(self, case_id: str) -> bytes:
        """The last proposal for a case; raises `UnknownReference` if there is none."""
        missing = f"There is no proposal for case {case_id}. Run: placement propose {case_id}."
        return self._payload("proposal", DocumentKind.PROPOSAL, case_id, missing)

    def accept(
        self,
        case_id: str,
        placement: Placement,
        *,
        decision: bytes,
        day: date,
        seen: int | None = None,
    ) -> bytes:
        """Carry out a decision in one change; gives the id of the new placement.

        The subject's earlier placement ends, the new one is added, the decision is kept,
        and the case is decided.

        Parameters
        ----------
        seen
            The `epoch` at which the facts were read that the decision rests on. If the
            register has changed since, by anybody, the decision is refused.

        Raises
        ------
        UnknownReference
            There is no such case.
        StaleProposal
            The case is decided already, or the register has changed since `seen`.
        """
        given = (write_placement(placement), decision, day.isoformat().encode())
        with self.desk.change("accept", [case_id], given) as change:
            self._refuse_stale(seen)
            casework.decide(change, case_id, decision, day)
            return placed.move(change, placement)

    def decisions(self) -> tuple[casework.StoredDecision, ...]:
        """What was decided, by day and case."""
        with self.desk.read("decisions") as state:
            return casework.decisions(state)

    def _payload(self, call: str, kind: DocumentKind, case_id: str, missing: str) -> bytes:
        with self.desk.read(call, [case_id]) as state:
            where = self._where(state, kind)
            return casework.payload(state, where, case_id, missing=missing)

    def _where(self, state: Reading, kind: DocumentKind) -> casework.Located:
        epoch, where = self._located.get(kind, (-1, {}))
        if epoch != self._vault.facts:
            where = casework.located(state, kind)
            self._located[kind] = (self._vault.facts, where)
        return where
