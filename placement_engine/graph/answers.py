"""What a rival graph answers: scores of pairs, how much is known, the paths that explain."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from placement_engine.graph.edges import Bools, Floats
from placement_engine.vocabulary import Grade, TieKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairScores:
    """Scores of S sources (rows) against T targets (columns), each in [0, 1].

    Parameters
    ----------
    h_max
        Chance of the best hostile path: it explains.
    h_or
        ``1 - prod(1 - chance)`` over all hostile paths: risk and separation use it.
    reunion
        The same as `h_or` over paths of bonds alone.
    direct
        Whether a direct enmity is graded well enough to demand a separation of its own.
    """

    h_max: Floats
    h_or: Floats
    reunion: Floats
    direct: Bools

    def rows(self, chosen: slice) -> PairScores:
        """The scores of some sources."""
        columns = {f.name: getattr(self, f.name)[chosen] for f in fields(self)}
        return PairScores(**columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many graded ties touch somebody, and the day of the latest report among them."""

    graded_ties: int
    latest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOnPath:
    """One edge of a path: its kind, strength, grade of the strongest report, and age.

    ``a`` and ``b`` are its ends as reported: who is a member, who threatens.
    """

    a: str
    b: str
    kind: TieKind
    past: bool
    strength: float
    grade: Grade
    age_months: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PathExplanation:
    """One hostile path: the chance that it holds, its nodes, and the edges between them."""

    probability: float
    nodes: tuple[str, ...]
    edges: tuple[EdgeOnPath, ...]
