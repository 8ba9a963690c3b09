"""The whole flow on one page: facts, world, problem, answer, proposal, decision.

Facts flow one way into one frozen problem; the solver sees only that. The engine proposes;
a named person decides, and the decision is what enters the register.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Self

from placement_engine.cases import gates
from placement_engine.cases.assembly import Assembly, assemble
from placement_engine.cases.case import Case, case_json, read_cases
from placement_engine.cases.judging import noted_unknown
from placement_engine.cases.objections import objections
from placement_engine.cases.observe import Observer
from placement_engine.cases.rules.registry import RULES
from placement_engine.cases.standing import observe
from placement_engine.errors import StaleProposal, UnknownReference
from placement_engine.geo import Geography, load_geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import (
    ImportSummary,
    Placement,
    read_facilities,
    read_network,
    read_placements,
)
from placement_engine.policy import Policy
from placement_engine.problem import PPM
from placement_engine.proposal.compose import compose
from placement_engine.proposal.decision import (
    CaseSummary,
    Decision,
    DecisionKind,
    StoredProposal,
)
from placement_engine.proposal.outcome import Proposal
from placement_engine.proposal.stored import read_proposal, write_proposal
from placement_engine.provenance import ENGINE_VERSION, Provenance
from placement_engine.register import KeyProvider, Register, Session, VerifyReport
from placement_engine.register.location import open_store, store_maker
from placement_engine.solver import Limits, solve
from placement_engine.vocabulary import (
    BatchName,
    CaseId,
    MunicipalityCode,
    ProtectionCategory,
    ProviderId,
)


class PlacementEngine:
    """One register, one policy, one day: what an analyst, a batch or a case system uses.

    Use `open` or `create`, and close it or use it as a context manager.
    """

    def __init__(
        self, *, register: Register, policy: Policy, geography: Geography, as_of: date
    ) -> None:
        self.register = register
        self.policy = policy
        self.geography = geography
        self.as_of = as_of
        self._observer: Observer | None = None
        self._seen = -1

    @classmethod
    def create(
        cls,
        path: Path | str,
        keys: KeyProvider,
        *,
        single_user: bool,
        as_of: date,
        session: Session | None = None,
        policy: Policy | None = None,
        cache_dir: Path | None = None,
    ) -> PlacementEngine:
        """Make a new, empty register at a path or ``postgresql://…``; never overwrites one."""
        make = store_maker(path, os.urandom)
        register = Register.found(make, keys, single_user=single_user, today=as_of, session=session)
        return cls._over(register, policy, as_of, cache_dir)

    @classmethod
    def open(
        cls,
        path: Path | str,
        keys: KeyProvider,
        *,
        as_of: date,
        session: Session | None = None,
        policy: Policy | None = None,
        cache_dir: Path | None = None,
    ) -> PlacementEngine:
        """Open a register at a path or ``postgresql://…``, for who acts in `session`.

        Every call is then allowed to that role, and noted once; a register for several
        tells nothing without a session.

        Raises
        ------
        RegisterUnavailable, WrongKey, IntegrityBroken
            As their names say; nothing was changed.
        """
        register = Register.over(open_store(path), keys, session=session, ahead=True)
        return cls._over(register, policy, as_of, cache_dir)

    @classmethod
    def _over(
        cls, register: Register, policy: Policy | None, as_of: date, cache_dir: Path | None
    ) -> PlacementEngine:
        policy = policy or Policy.default()
        try:
            geography = load_geography(policy, cache_dir=cache_dir)
        except BaseException:
            register.close()
            raise
        return cls(register=register, policy=policy, geography=geography, as_of=as_of)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the register; the engine cannot be used after this."""
        self.register.close()

    @property
    def single_user(self) -> bool:
        """Whether the register is one for trials, without a second person's approval."""
        return self.register.single_user

    # Facts come in. ------------------------------------------------------------------

    def import_network(self, path: Path, *, batch: str = "main") -> ImportSummary:
        """Read a network folder or zip; supersedes the batch of the same name."""
        network = read_network(path, batch=batch, codes=self._codes)
        changed = self.register.import_network(batch, network, self.as_of)
        return ImportSummary.of(network, batch=BatchName(batch), changed=changed)

    def import_placements(self, path: Path) -> int:
        """Read who is placed where; the file stays the caller's to destroy."""
        placements = read_placements(path, codes=self._codes)
        self.register.import_placements(placements)
        return len(placements)

    def import_facilities(self, path: Path) -> int:
        """Read what places offer; replaces what was known."""
        facilities = read_facilities(path, codes=self._codes)
        self.register.replace_facilities(facilities)
        return len(facilities)

    def add_cases(self, text: str | bytes) -> tuple[CaseId, ...]:
        """Add one ``case.json`` or many as JSON lines; a case of the same id is replaced."""
        cases = read_cases(text, codes=self._codes)
        self.register.put_cases({case.id: json.dumps(case_json(case)).encode() for case in cases})
        return tuple(case.id for case in cases)

    def case(self, case_id: CaseId) -> Case:
        """One case as it was entered."""
        return read_cases(self.register.case(case_id), codes=self._codes)[0]

    def cases(self) -> tuple[CaseSummary, ...]:
        """All cases by id and state."""
        return tuple(
            CaseSummary(id=CaseId(case_id), state=state) for case_id, state in self.register.cases()
        )

    # A question is answered. ---------------------------------------------------------

    def propose(
        self,
        case_ids: Sequence[CaseId],
        *,
        limits: Limits | None = None,
        seed: int = 0,
        workers: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> Proposal:
        """Propose municipalities for these cases together, and remember the proposal.

        Raises
        ------
        CaseGate
            Consent or eligibility is missing for a case; nothing is computed.
        """
        with self.register.desk.acting("propose", case_ids):
            start = clock()
            cases = [self.case(case_id) for case_id in case_ids]
            for case in cases:
                gates.check(case, self.as_of)
            gates.check_together(cases)
            assembly = self._assemble(cases, seed)
            answer = solve(
                assembly.problem,
                limits=limits or Limits(),
                seed=seed,
                workers=workers,
                clock=clock,
                rule_order=tuple(rule.code for rule in RULES),
                pair_classes_ppm=(
                    round(self.policy.risk.pair_medium * PPM),
                    round(self.policy.risk.pair_high * PPM),
                ),
            )
            proposal = replace(
                compose(
                    assembly, answer, provenance=self._provenance(), single_user=self.single_user
                ),
                seconds=clock() - start,
            )
            stored = write_proposal(proposal)
            noted = noted_unknown(self.register, assembly.world, self.as_of, entropy=os.urandom)
            self.register.put_proposals(dict.fromkeys(case_ids, stored), noted=noted)
            if not noted and self.register.epoch == self._seen + 1:
                # Only this proposal was written since the facts were read: they still stand.
                self._seen += 1
            return proposal

    def explain(self, case_id: CaseId) -> StoredProposal:
        """The last proposal for a case."""
        with self.register.desk.acting("proposal", [case_id]):
            proposal = read_proposal(self.register.proposal(case_id))
            return StoredProposal(proposal=proposal, state=dict(self.register.cases())[case_id])

    # A named person decides. ---------------------------------------------------------

    def accept(
        self,
        case_id: CaseId,
        choice: int,
        *,
        decided_by: str,
        provider: ProviderId | None = None,
    ) -> Decision:
        """Place the subject where choice number `choice` of the last proposal says.

        The choice, and the care provider where one is named, are checked against today's
        facts first.

        Raises
        ------
        StaleProposal
            The choice is not safe any more, or the provider houses somebody who collides.
        """
        with self.register.desk.acting("propose", [case_id]):
            case = self.case(case_id)
            gates.check(case, self.as_of)
            last = self.explain(case_id).proposal
            self._refuse_other_terms(case_id, last.provenance)
            own = next(c for c in last.cases if c.case == case_id)
            chosen = next((c for c in own.choices if c.number == choice), None)
            if chosen is None:
                raise UnknownReference(
                    f"Case {case_id} has no choice {choice}.",
                    unchanged="Nothing was written.",
                    do=f"See: placement explain {case_id}.",
                )
            if self._objections(case, chosen.municipality, provider):
                raise StaleProposal(
                    f"Choice {choice} of case {case_id} is not safe any more: facts have changed, "
                    "or the care provider houses somebody who must be kept apart.",
                    unchanged="Nothing was written.",
                    do=f"Run: placement propose {case_id}, or choose another provider.",
                )
            record = {"kind": DecisionKind.CHOICE, "choice": choice, "reason": "", "objections": []}
            self._decide(case, chosen.municipality, record, decided_by, provider)
            return Decision(case=case_id, kind=DecisionKind.CHOICE, choice=choice)

    def override(
        self,
        case_id: CaseId,
        municipality: MunicipalityCode,
        reason: str,
        *,
        decided_by: str,
        provider: ProviderId | None = None,
    ) -> Decision:
        """Place the subject elsewhere than proposed, with a reason that is recorded.

        What speaks against the place is recorded beside the reason.
        """
        with self.register.desk.acting("propose", [case_id]):
            case = self.case(case_id)
            gates.check(case, self.as_of)
            if municipality not in self.geography.index:
                raise UnknownReference(
                    "The municipality code is not known.", unchanged="Nothing was written."
                )
            if not reason.strip():
                raise UnknownReference(
                    "An override needs a reason.", unchanged="Nothing was written."
                )
            record = {
                "kind": DecisionKind.OVERRIDE,
                "choice": None,
                "reason": reason.strip(),
                "objections": self._objections(case, municipality, provider),
            }
            self._decide(case, municipality, record, decided_by, provider)
            return Decision(case=case_id, kind=DecisionKind.OVERRIDE, choice=None)

    # Under the flow. -----------------------------------------------------------------

    @property
    def _codes(self) -> frozenset[str]:
        return frozenset(self.geography.codes)

    def graph(self) -> RivalGraph:
        """Who is hostile to whom, from all batches in force."""
        with self.register.desk.acting("networks"):
            return self._observe().graph

    def verify(self) -> VerifyReport:
        """Check that no record was added, changed, swapped or removed."""
        return self.register.verify()

    def _observe(self) -> Observer:
        """The facts as they stand; read anew whenever anybody has changed the register."""
        if self._observer is None or self._seen != self.register.epoch:
            self._seen = self.register.epoch
            self._observer = observe(
                self.register, policy=self.policy, geography=self.geography, as_of=self.as_of
            )
        return self._observer

    def _assemble(self, cases: Sequence[Case], seed: int) -> Assembly:
        observer = self._observe()
        return assemble(observer.world(cases), observer.graph, seed=seed)

    def _refuse_other_terms(self, case_id: CaseId, proposed: Provenance) -> None:
        """A decision rests on the policy of its proposal, and not on an earlier day."""
        if proposed.policy_hash != self.policy.hash or self.as_of < proposed.as_of:
            raise StaleProposal(
                f"Case {case_id} was proposed under another policy or for a later day.",
                unchanged="Nothing was written.",
                do=f"Run: placement propose {case_id}.",
            )

    def _objections(
        self, case: Case, municipality: MunicipalityCode, provider: ProviderId | None
    ) -> list[str]:
        return objections(self._assemble([case], seed=0), municipality, provider)

    def _decide(
        self,
        case: Case,
        municipality: MunicipalityCode,
        record: Mapping[str, object],
        who: str,
        provider: ProviderId | None,
    ) -> None:
        provenance = self._provenance()
        decision = {
            **record,
            "case": case.id,
            "by": who,
            "on": self.as_of.isoformat(),
            "policy": provenance.policy_hash,
            "network": provenance.network_hash,
            "geography": provenance.geography_hash,
        }
        self.register.accept(
            case.id,
            Placement(
                subject=self._observe().placed_as(case.subject),
                municipality=municipality,
                start=self.as_of,
                end=None,
                owner=case.owner,
                provider=provider,
                category=ProtectionCategory.DEFECTOR,
                review_by=None,
            ),
            decision=json.dumps(decision).encode(),
            day=self.as_of,
            seen=self._seen,
        )

    def _provenance(self) -> Provenance:
        return Provenance(
            engine_version=ENGINE_VERSION,
            as_of=self.as_of,
            policy_hash=self.policy.hash,
            network_hash=self.graph().network_hash,
            geography_hash=self.geography.content_hash,
        )
