"""Documents of the analyst's views: differences, reliability, balance and sensitivity."""

from __future__ import annotations

from dataclasses import dataclass

from placement_engine.proposal.outcome import Notice
from placement_engine.vocabulary import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One tie that differs; protected ones show no grade."""

    change: str
    a: str
    b: str
    kind: str
    past: bool
    before: str | None
    after: str | None
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffBody:
    """Which ties are new, gone or graded anew between two states of the network."""

    earlier: str
    later: str
    new: int
    gone: int
    regraded: int
    rows: tuple[DiffRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBody:
    """In how many random worlds two are hostile, between the two numbers of the pair."""

    a: str
    b: str
    reliability: float
    standard_error: float
    worlds: int
    seed: int
    paths: int
    ties: int
    h_max: float
    h_or: float
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPairRow:
    """Two nodes and whether an enmity joins them."""

    a: str
    b: str
    enmity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactionRow:
    """One connected part of the network, split into two camps."""

    one: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceBody:
    """How far the network is from two camps.

    The frustration index lies between ``frustration_lower`` and ``frustration_upper``, and
    ``frustrated`` are the pairs that the camps in ``factions`` leave over.
    """

    groups_only: bool
    pairs: int
    enmities: int
    triangles: int
    balanced: int
    balanced_share: float | None
    frustration_lower: int
    frustration_upper: int
    frustration_exact: bool
    frustrated: tuple[SignedPairRow, ...]
    ambivalent: tuple[SignedPairRow, ...]
    factions: tuple[FactionRow, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BandChangeRow:
    """A pair whose band changes without the source."""

    a: str
    b: str
    before: Band
    after: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenceRow:
    """One source: how many reports it has, how many pairs rest on it, and the first of them.

    ``source`` is null where its name would tell of a protected report.
    """

    source: str | None
    reports: int
    changed: int
    pairs: tuple[BandChangeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityBody:
    """Which pairs change their band as each source is left out; ``left_out`` were not tried."""

    by: str
    people: int
    left_out: int
    sources: tuple[DependenceRow, ...]
    notices: tuple[Notice, ...]
