"""The numbers that decide, versioned and hashed, each with its reason.

A policy is a TOML file in which every leaf is ``{ value = ..., reason = "..." }``. The
numbers become one frozen `Policy`; the reasons stay readable through `Policy.reasons`.
Each proposal records `Policy.hash`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated

from placement_engine.errors import InvalidPolicy
from placement_engine.vocabulary import Band, Grade, ProtectionCategory, TieKind

DAYS_PER_MONTH = 30.4375

Unit = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
GradeText = Annotated[str, Field(pattern="^[A-F][1-6]$")]
Steps = tuple[Unit, Unit, Unit]
Kilometres = tuple[NotNegative, NotNegative, NotNegative]

_strict = ConfigDict(extra="forbid", hide_input_in_errors=True)


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Grading:
    """How much a graded report is believed: ``q = w*credibility + (1-w)*source``."""

    credibility: tuple[Unit, Unit, Unit, Unit, Unit, Unit]
    source: tuple[Unit, Unit, Unit, Unit, Unit, Unit]
    credibility_weight: Unit

    def quality(self, grade: Grade) -> float:
        """``q`` of one report, in [0, 1]."""
        w = self.credibility_weight
        return (
            w * self.credibility[grade.information - 1]
            + (1 - w) * self.source["ABCDEF".index(grade.source)]
        )


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class TieNumbers:
    """Decay of one kind of tie; ``bond_factor`` (λ) for bonds only; half-life 0 is no decay."""

    half_life_months: NotNegative
    floor: Unit
    bond_factor: Unit | None = None


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Ties:
    """The numbers of each kind of tie, and of presence."""

    membership: TieNumbers
    alliance: TieNumbers
    kinship: TieNumbers
    co_offending: TieNumbers
    association: TieNumbers
    rivalry: TieNumbers
    threat: TieNumbers
    conflict: TieNumbers
    defection: TieNumbers
    presence: TieNumbers

    def of(self, kind: TieKind) -> TieNumbers:
        """The numbers of `kind`."""
        numbers: TieNumbers = getattr(self, kind.value)
        return numbers


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Paths:
    """Which paths carry hostility."""

    max_length: Annotated[int, Field(ge=1, le=3)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Heat:
    """The flag on fresh violence."""

    half_life_days: Positive
    hot_days: NotNegative


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Leavers:
    """When a defection is believed."""

    defection_grade: GradeText
    implied_defection: bool


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Unknown:
    """What is done with people about whom little is known."""

    minimum_graded_ties: Annotated[int, Field(ge=0)]
    band_floor: Band


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Separation:
    """Hard distances that a hostility demands, highest step first."""

    hostility: Steps
    kilometres: Kilometres
    other_labour_market: tuple[bool, bool, bool]
    direct_enmity_grade: GradeText


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Presence:
    """Hard distances to hostile groups that are present, highest step first."""

    hostility: Steps
    kilometres: Kilometres


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Actors:
    """Hard distances to named threat actors, at the steps of `Separation.hostility`."""

    kilometres: Kilometres


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Exposure:
    """Chance that people of two municipalities meet within a year."""

    d0_km: Positive
    d1_km: Positive
    same_labour_market: Unit
    adjacent: Unit
    sensitivity_d0_km: tuple[Positive, ...]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Local:
    """Chance that two people of one municipality meet within a year."""

    base: Unit
    population_exponent: NotNegative
    area_exponent: NotNegative
    minimum: Unit
    maximum: Unit


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Road:
    """Road distance from crow-fly distance."""

    factor: Annotated[float, Field(ge=1, le=3)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Capacity:
    """How many protected people a municipality can take."""

    inhabitants_per_place: Positive
    minimum: Annotated[int, Field(ge=0)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Risk:
    """Bands and ceilings, as chances per year."""

    band_medium: Unit
    band_high: Unit
    ceiling: Unit
    pair_medium: Unit
    pair_high: Unit
    already_over_micronats: Annotated[int, Field(ge=0)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class ContinuityPoints:
    """Preference points of a change of health-care region."""

    change_points: Annotated[int, Field(ge=0)]
    per_earlier_change_points: Annotated[int, Field(ge=0)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Children:
    """Who is a child."""

    age_of_majority: Annotated[int, Field(ge=0, le=30)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Nightly:
    """When the nightly recheck speaks up, and how long it waits."""

    worse_ratio: Annotated[float, Field(gt=1)]
    worse_micronats: Annotated[int, Field(ge=0)]
    repeat_days: Annotated[int, Field(ge=1)]
    escalate_days: Annotated[int, Field(ge=1)]
    review_notice_days: Annotated[int, Field(ge=0)]
    actor_notice_days: Annotated[int, Field(ge=0)]
    breach_days: Annotated[int, Field(ge=1)]


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Choices:
    """How many alternatives are shown, and how far apart."""

    count: Annotated[int, Field(ge=1, le=20)]
    apart_km: NotNegative


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Retention:
    """For how many months what has ended is kept, by why somebody was protected."""

    defector: Positive
    witness: Positive
    honour: Positive
    other: Positive
    superseded_networks: Positive
    review_every: Positive

    def months(self, category: ProtectionCategory) -> float:
        """For how long a placement of this category is kept after its end."""
        kept: float = getattr(self, category.value)
        return kept


@validated(frozen=True, slots=True, kw_only=True, config=_strict)
class Policy:
    """All numbers of the model, read-only, with the reason for each.

    Examples
    --------
    >>> policy = Policy.default()
    >>> round(policy.grading.quality(Grade("B", 2)), 4)
    0.7125
    >>> len(policy.hash)
    64
    """

    name: str
    version: Annotated[int, Field(ge=1, le=1)]
    grading: Grading
    ties: Ties
    paths: Paths
    heat: Heat
    leavers: Leavers
    unknown: Unknown
    separation: Separation
    presence: Presence
    actors: Actors
    exposure: Exposure
    local: Local
    road: Road
    capacity: Capacity
    risk: Risk
    continuity: ContinuityPoints
    children: Children
    choices: Choices
    retention: Retention
    nightly: Nightly
    reasons: tuple[tuple[str, str], ...] = field(repr=False)

    @classmethod
    def default(cls) -> Policy:
        """The policy that ships with the program."""
        return _default()

    @classmethod
    def read(cls, path: Path) -> Policy:
        """Read a policy file.

        Raises
        ------
        InvalidPolicy
            If the file cannot be read, a number is missing, unknown or out of range,
            or a number has no reason.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidPolicy(
                f"The policy file {path.name} cannot be read ({type(error).__name__}).",
                do="Check the path and that it is UTF-8.",
            ) from None
        return cls.parse(text, name=path.name)

    @classmethod
    def parse(cls, text: str, *, name: str = "policy") -> Policy:
        """Parse the text of a policy; `name` stands in the errors."""
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidPolicy(f"{name} is not TOML: {error}.", do="Mend the file.") from None
        reasons: dict[str, str] = {}
        values = _without_reasons(tree, (), reasons, name)
        return cls.of({**values, "reasons": tuple(sorted(reasons.items()))}, name=name)

    @classmethod
    def of(cls, values: dict[str, Any], *, name: str = "policy") -> Policy:
        """The policy of a tree of values, such as `dataclasses.asdict` makes of one."""
        try:
            policy = TypeAdapter(cls).validate_python(values)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidPolicy(
                f"{name}: {where}: {first['msg']}.", do="Mend the number."
            ) from None
        policy._check(name)
        return policy

    def _check(self, name: str) -> None:
        for label, steps in (
            ("separation.hostility", self.separation.hostility),
            ("separation.kilometres", self.separation.kilometres),
            ("presence.hostility", self.presence.hostility),
            ("presence.kilometres", self.presence.kilometres),
            ("actors.kilometres", self.actors.kilometres),
        ):
            if list(steps) != sorted(steps, reverse=True):
                raise InvalidPolicy(
                    f"{name}: {label}: steps must fall.", do="Put the highest first."
                )
        for kind in TieKind:
            if kind.is_bond != (self.ties.of(kind).bond_factor is not None):
                raise InvalidPolicy(
                    f"{name}: ties.{kind}.bond_factor: bonds have one, enmities have none."
                )
        if not self.risk.band_medium <= self.risk.band_high:
            raise InvalidPolicy(f"{name}: risk.band_high is below risk.band_medium.")
        if not self.local.minimum <= self.local.maximum:
            raise InvalidPolicy(f"{name}: local.maximum is below local.minimum.")

    @property
    def hash(self) -> str:
        """Hex SHA-256 of the numbers, whatever their order, spacing or reasons."""
        numbers = asdict(self)
        del numbers["reasons"]
        text = json.dumps(numbers, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _without_reasons(
    tree: dict[str, Any], path: tuple[str, ...], reasons: dict[str, str], name: str
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, node in tree.items():
        here = (*path, key)
        if not isinstance(node, dict):
            if path:
                raise InvalidPolicy(
                    f"{name}: {'.'.join(here)}: a number needs a reason.",
                    do='Write { value = …, reason = "…" }.',
                )
            values[key] = node
        elif "value" in node:
            reason = node.get("reason")
            if (
                not isinstance(reason, str)
                or not reason.strip()
                or set(node) != {"value", "reason"}
            ):
                raise InvalidPolicy(
                    f"{name}: {'.'.join(here)}: needs exactly a value and a reason.",
                    do='Write { value = …, reason = "…" }.',
                )
            values[key] = node["value"]
            reasons[".".join(here)] = reason
        else:
            values[key] = _without_reasons(node, here, reasons, name)
    return values


@cache
def _default() -> Policy:
    text = resources.files("placement_engine").joinpath("policy_default.toml").read_text("utf-8")
    return Policy.parse(text, name="policy_default.toml")
