"""What an analyst is told: one `Proposal` for a run of cases.

The solver's sum type (`Proposed`, `NoSafePlacement`, `Undecided`, `Faulted`) says what was
decided over the whole problem; a `Proposal` says it case by case, with the least that the
reader needs: no id, place, distance or date of anybody else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from placement_engine.provenance import Provenance
from placement_engine.vocabulary import Band, CaseId, MunicipalityCode


class Status(StrEnum):
    """How a question ended."""

    PROPOSED = "proposed"
    NO_SAFE_PLACEMENT = "no_safe_placement"
    UNDECIDED = "undecided"
    FAULTED = "faulted"


class DangerClass(StrEnum):
    """Kinds of danger, as much as a reader may know of the nearest one."""

    PROTECTED_PERSON = "protected_person"
    GROUP = "group"
    THREAT_ACTOR = "threat_actor"
    REUNION = "reunion"
    NONE_KNOWN = "none_known"


class Notice(StrEnum):
    """What an analyst must be told besides the choices."""

    NO_THREAT = "no_threat"
    UNKNOWN_SUBJECT = "unknown_subject"
    UNKNOWN_HOUSEHOLD = "unknown_household"
    DIVIDED_HOUSEHOLD = "divided_household"
    ACUTE = "acute"
    NOT_ALONE = "not_alone"
    SINGLE_USER = "single_user"
    LAWYER = "lawyer"
    OTHERS_REMAIN = "others_remain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """The worst single danger at a place: its class and the band of its risk alone."""

    kind: DangerClass
    band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecords:
    """What stands behind a number: how many graded ties, and the month of the latest."""

    graded_ties: int
    latest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One municipality that can be accepted by its number.

    ``risk`` is an upper bound on the chance per year of a hostile encounter or a reunion,
    rounded up to two digits. ``unchecked`` lists reason codes for which data
    are missing: shown as "ej kontrollerat", never as met.
    """

    number: int
    municipality: MunicipalityCode
    name: str
    county: str
    band: Band
    risk: float
    danger: Danger
    unchecked: tuple[str, ...]
    changes_health_region: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """How many municipalities a reason excludes; several reasons may exclude one."""

    reason: str
    municipalities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One member of a minimal conflict: a rule and the cases that it concerns.

    ``band`` is the class of a separation; persons and places behind it are not told.
    """

    rule: str
    cases: tuple[CaseId, ...]
    band: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Whether the first choice changes if one number of the policy were another."""

    number: str
    value: float
    first_choice_changes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseProposal:
    """The answer to one case."""

    case: CaseId
    choices: tuple[Choice, ...]
    excluded: tuple[Exclusion, ...]
    considered: int
    remaining: int
    records: KnownRecords
    notices: tuple[Notice, ...]
    sensitivity: tuple[Sensitivity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """One level of the objective: its value, its proved bound, and whether they meet."""

    name: str
    value: int
    lower_bound: int
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The answer to one run of one or more cases.

    ``conflict`` is empty unless the status is ``no_safe_placement``; ``witnessed`` tells
    that independent code re-checked the plan or, for a conflict, that two did.
    """

    status: Status
    cases: tuple[CaseProposal, ...]
    conflict: tuple[Conflict, ...]
    levels: tuple[LevelResult, ...]
    objective_micronats: int | None
    lower_bound_micronats: int | None
    gap: float | None
    proved_optimal: bool
    witnessed: bool
    interrupted: bool
    provenance: Provenance
    seconds: float = field(compare=False)

    def only(self, case: CaseId) -> Proposal:
        """What one case is told: its own answer; sums over several cases are left out."""
        if len(self.cases) == 1:
            return self
        own = tuple(one for one in self.cases if one.case == case)
        return replace(self, cases=own, levels=(), objective_micronats=None)
