"""The words of the field: what an analyst says, as types.

Every id is a pseudonym that the caller chose. Nothing in this module, or in any
module above it, knows who a person is. ``GLOSSARY.md`` has a paragraph for each word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

SubjectRef = NewType("SubjectRef", str)
"""A protected person, placed or to be placed, by pseudonym."""
PersonId = NewType("PersonId", str)
"""Any person of the network, by pseudonym."""
GroupId = NewType("GroupId", str)
"""A gang or other group of the network, by pseudonym."""
CaseId = NewType("CaseId", str)
"""One placement question."""
OwnerId = NewType("OwnerId", str)
"""The handling unit that owns a case or a placement."""
ProviderId = NewType("ProviderId", str)
"""A care provider, by pseudonym."""
MunicipalityCode = NewType("MunicipalityCode", str)
"""The four digits of Statistics Sweden, such as ``0180``."""
BatchName = NewType("BatchName", str)
"""The name of one import of intelligence; a newer import of the same name supersedes it."""
Micronats = NewType("Micronats", int)
"""Cost of a risk: ``round(-10**6 * log1p(-p))``, half to even."""


class TieKind(StrEnum):
    """Kinds of tie. Bonds are positive, enmities negative."""

    MEMBERSHIP = "membership"
    ALLIANCE = "alliance"
    KINSHIP = "kinship"
    CO_OFFENDING = "co_offending"
    ASSOCIATION = "association"
    RIVALRY = "rivalry"
    THREAT = "threat"
    DEFECTION = "defection"
    CONFLICT = "conflict"

    @property
    def is_bond(self) -> bool:
        """Whether the tie is positive (a bond) rather than an enmity."""
        return self in BONDS


BONDS = frozenset(
    {
        TieKind.MEMBERSHIP,
        TieKind.ALLIANCE,
        TieKind.KINSHIP,
        TieKind.CO_OFFENDING,
        TieKind.ASSOCIATION,
    }
)
ENMITIES = frozenset(TieKind) - BONDS


class EventKind(StrEnum):
    """Acts that are evidence of enmity; a threat or extortion runs from the one who threatens."""

    SHOOTING = "shooting"
    EXPLOSION = "explosion"
    ARSON = "arson"
    ASSAULT = "assault"
    ROBBERY = "robbery"
    KIDNAPPING = "kidnapping"
    THREAT = "threat"
    EXTORTION = "extortion"


class NetworkFormat(StrEnum):
    """How intelligence comes in and goes out."""

    FOLDER = "folder"
    CSV = "csv"
    XLSX = "xlsx"
    ANX = "anx"
    GRAPHML = "graphml"
    FTM = "ftm"
    STIX = "stix"


class PersonRole(StrEnum):
    """Why a person stands in the network."""

    SUBJECT = "subject"
    THREAT_ACTOR = "threat_actor"
    MEMBER = "member"
    RELATIVE = "relative"
    OTHER = "other"


class GroupCategory(StrEnum):
    """How a group comes to be called a group (BRÅ's four ways)."""

    SELF_DEFINED = "self_defined"
    EXTERNALLY_DEFINED = "externally_defined"
    UNNAMED = "unnamed"
    PROJECT_BASED = "project_based"


class Environment(StrEnum):
    """The setting that a group belongs to."""

    CRIMINAL_NETWORK = "criminal_network"
    EXTREMIST = "extremist"
    HONOUR = "honour"


class ProtectionCategory(StrEnum):
    """Why a placed person is protected."""

    DEFECTOR = "defector"
    WITNESS = "witness"
    HONOUR = "honour"
    OTHER = "other"


class ThreatLevel(StrEnum):
    """The threat against the subject, as the case officer judges it."""

    HIGH = "high"
    ELEVATED = "elevated"
    NONE = "none"

    @property
    def rank(self) -> int:
        """1 for none, 2 for elevated, 3 for high."""
        return len(ThreatLevel) - tuple(ThreatLevel).index(self)


class AvoidReason(StrEnum):
    """Why a place knows the person."""

    HOME = "home"
    FAMILY = "family"
    OFFENCE = "offence"
    OTHER = "other"


class Need(StrEnum):
    """What the place must offer; also the kinds of facility."""

    PSYCHIATRY = "psychiatry"
    ADDICTION_TREATMENT = "addiction_treatment"
    PROTECTED_HOUSING = "protected_housing"
    HVB = "hvb"
    FAMILY_HOME = "family_home"
    SCHOOL = "school"


class Continuity(StrEnum):
    """How much a change of health-care region matters."""

    PREFER = "prefer"
    REQUIRE = "require"
    NO = "no"


class Band(StrEnum):
    """Risk band, lowest first. Swedish wording: LÅG, MEDEL, HÖG."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low, 1 for medium, 2 for high."""
        return tuple(Band).index(self)


class Language(StrEnum):
    """Languages that an analyst can read answers in."""

    SWEDISH = "sv"
    ENGLISH = "en"


SOURCES = "ABCDEF"
"""Admiralty source letters, most reliable first; F means *cannot be judged*."""


@dataclass(frozen=True, slots=True, order=False)
class Grade:
    """Admiralty grade: how reliable the source is and how credible the information.

    Parameters
    ----------
    source
        ``A`` (completely reliable) to ``E`` (unreliable), ``F`` cannot be judged.
    information
        1 (confirmed) to 5 (improbable), 6 cannot be judged.

    Examples
    --------
    >>> Grade("B", 2).at_least(Grade("C", 3))
    True
    >>> Grade("F", 1).at_least(Grade("C", 3))
    False
    """

    source: str
    information: int

    def __post_init__(self) -> None:
        if self.source not in SOURCES or len(self.source) != 1:
            raise ValueError("source letter must be A to F")
        if self.information not in range(1, 7):
            raise ValueError("information must be 1 to 6")

    def at_least(self, other: Grade) -> bool:
        """Whether both halves are as good as `other`'s; F and 6 are never good enough."""
        return self.source <= other.source and self.information <= other.information

    def __str__(self) -> str:
        return f"{self.source}{self.information}"
