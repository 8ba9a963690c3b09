"""What each JSON document holds besides its schema and version: one frozen type a document.

`Proposal` and its parts are documents of their own and live in ``proposal/outcome.py``.
No body here has a field for the municipality of a placed person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from placement_engine.proposal.outcome import Conflict, Danger, Exclusion, Notice, Status
from placement_engine.vocabulary import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One fault of an input; ``line`` 0 means the file as a whole."""

    file: str
    line: int
    column: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """Why a command ended without a result; written to stderr."""

    code: str
    exit_code: int
    message: str
    faults: tuple[FaultRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessBody:
    """Whether independent code re-checked the answer."""

    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLevel:
    """One level of the objective, with its proved bound."""

    name: str
    value: int
    lower_bound: int
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeConflict:
    """One member of a minimal conflict of a problem."""

    rule: str
    subjects: tuple[str, ...]
    pair_class: Annotated[Band | None, Field(serialization_alias="class")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another plan, in which ``subject`` lives apart from where all plans before have her.

    ``lower_bound_micronats`` holds for plans that differ so; the total is proved to lie at
    most ``within_micronats`` above the least of all plans as good at the levels before it.
    """

    subject: str
    site: str
    assignment: dict[str, str]
    objective_micronats: int
    lower_bound_micronats: int
    within_micronats: int
    share_micronats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLifted:
    """Rules of one class that a relaxation lowers, and by how many steps in all."""

    rule: str
    pair_class: Annotated[Band | None, Field(serialization_alias="class")]
    count: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRelaxation:
    """What would have to be lowered for a plan to exist; ``added_risk`` is what it lets in."""

    rules: tuple[OutcomeLifted, ...]
    steps: int
    added_micronats: int
    added_risk: float
    objective_micronats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeBody:
    """The answer to a problem, as ``placement solve`` prints it.

    ``assignment`` is empty and the numbers null where there is no plan.
    """

    status: Status
    interrupted: bool
    assignment: dict[str, str]
    levels: tuple[OutcomeLevel, ...]
    objective_micronats: int | None
    lower_bound_micronats: int | None
    gap: float | None
    proved_optimal: bool
    witness: WitnessBody
    conflict: tuple[OutcomeConflict, ...]
    alternatives: tuple[Alternative, ...]
    relaxations: tuple[OutcomeRelaxation, ...]
    least_steps_proved: bool
    seconds: float
    trajectory: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TailPlanBody:
    """A plan, and the mean and the worst of its totals over all scenarios, in micro-nats."""

    assignment: dict[str, str]
    totals_micronats: tuple[int, ...]
    mean_micronats: float
    tail_micronats: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TailBody:
    """What ``placement solve --scenarios`` prints: the plan for the aim beside that for the mean.

    ``value`` and ``lower_bound`` are ``100 * tail_percent * scenarios`` times the aim, so
    that they are whole; plans are null where there is none.
    """

    status: Status
    interrupted: bool
    weight_percent: int
    tail_percent: int
    plan: TailPlanBody | None
    mean_only: TailPlanBody | None
    changed: tuple[str, ...]
    value: int | None
    lower_bound: int | None
    proved_optimal: bool
    witness: WitnessBody
    conflict: tuple[OutcomeConflict, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """Two people and how likely it is that they are hostile; ``path`` is the best one."""

    a: str
    b: str
    h_max: float
    h_or: float
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturatingRow:
    """A kind of tie, and the share of pairs above the lowest separation without it."""

    kind: str
    without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturationRow:
    """A warning: so many pairs demand a separation that separations tell little."""

    share: float
    kinds: tuple[SaturatingRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostilityBody:
    """All pairs of subjects above the threshold."""

    pairs: tuple[PairRow, ...]
    saturation: SaturationRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBody:
    """What an import brought in: numbers only."""

    imported: str
    batch: str | None
    rows: dict[str, int]
    changed: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportBody:
    """What an export wrote, and what it left out because of handling codes: numbers only."""

    format: str
    rows: dict[str, int]
    withheld_ties: int
    withheld_nodes: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterBody:
    """A register that was just made."""

    created: bool
    single_user: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case by id and state."""

    id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesBody:
    """Cases of the register by id and state; never a municipality."""

    cases: tuple[CaseRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBody:
    """A report that was written to a file."""

    case: str
    file: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalBody:
    """How many placements were removed."""

    removed: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationBody:
    """That every record of the register was opened and its digest is right."""

    intact: bool
    records: int
    epoch: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionBody:
    """What was decided in a case, by whom; the place is in the register alone."""

    case: str
    kind: str
    choice: int | None
    decided_by: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedChoice:
    """One choice by its number: what speaks against it, without the place."""

    number: int
    band: Band
    risk: float
    danger: Danger
    unchecked: tuple[str, ...]
    changes_health_region: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationBody:
    """Why a case was answered as it was; choices by number, no places."""

    case: str
    state: str
    status: Status
    choices: tuple[ExplainedChoice, ...]
    excluded: tuple[Exclusion, ...]
    considered: int
    remaining: int
    graded_ties: int
    latest: date | None
    conflict: tuple[Conflict, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One effective setting and where it came from."""

    name: str
    value: str | None
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigBody:
    """The effective settings; secrets are told as set or not set."""

    settings: tuple[SettingRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check of the installation."""

    check: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorBody:
    """Whether the program can do its work here."""

    ok: bool
    checks: tuple[CheckRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitCodeRow:
    """One exit code and its meaning."""

    code: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitCodesBody:
    """Every exit code of the program."""

    exit_codes: tuple[ExitCodeRow, ...]
