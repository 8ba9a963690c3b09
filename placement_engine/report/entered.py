"""The shapes of documents that are handed in, for their JSON schemas.

What reads them is stricter: a schema cannot say that a matrix is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from placement_engine.problem import MAX_COST, PPM, UNLIMITED, Level

Whole = Annotated[int, Field(ge=0, lt=MAX_COST)]
Places = Annotated[int, Field(ge=0, lt=UNLIMITED)]
Chance = Annotated[int, Field(ge=0, le=PPM)]
Percent = Annotated[int, Field(ge=0, le=100)]
Name = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectDocument:
    """One subject of a problem; costs are one a site."""

    id: Name
    unary_micronats: list[Whole]
    forbidden: dict[str, list[Name]] | None = None
    demand: Whole | None = 1
    current: str | None = None
    move_cost_micronats: Whole | None = 0
    preference: list[Whole] | None = None
    ceiling_micronats: Places | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDocument:
    """Two subjects; a table stands in place of the four numbers."""

    a: Name
    b: Name
    hostility_ppm: Chance | None = 0
    reunion_ppm: Chance | None = 0
    separation_m: Whole | None = 0
    penalty_micronats: Whole | None = None
    table: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDocument:
    """What ``placement solve`` reads: M sites, M × M matrices, subjects and pairs."""

    sites: Annotated[list[Name], Field(min_length=1)]
    distance_m: list[list[Whole]]
    exposure_ppm: list[list[Chance]]
    subjects: Annotated[list[SubjectDocument], Field(min_length=1)]
    capacity: dict[str, Places] | None = None
    pairs: list[PairDocument] | None = None
    tables: dict[str, list[list[Whole | None]]] | None = None
    fixed: dict[str, str] | None = None
    lexicographic: list[Level] | None = None
    bands_micronats: Annotated[list[Whole], Field(min_length=2, max_length=2)] | None = None
    tie_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioPairDocument:
    """How hostile two are in a scenario, and how likely to be reunited."""

    a: Name
    b: Name
    hostility_ppm: Chance | None = None
    reunion_ppm: Chance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioDocument:
    """One way in which the network may be; what is not named is as in the problem."""

    pairs: list[ScenarioPairDocument] = field(default_factory=list)
    tables: dict[str, list[list[Whole | None]]] = field(default_factory=dict)
    unary_micronats: dict[str, list[Whole]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenariosDocument:
    """What ``placement solve --scenarios`` reads beside the problem."""

    scenarios: Annotated[list[ScenarioDocument], Field(min_length=1)]
    weight_percent: Percent = 50
    tail_percent: Annotated[int, Field(ge=1, le=100)] = 5
