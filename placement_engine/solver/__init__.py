"""The solver: sees one frozen problem, answers with a checked plan or a confirmed conflict."""

from placement_engine.solver.answer import (
    Answer,
    Choice,
    ConflictMember,
    Faulted,
    LevelValue,
    Limits,
    NoSafePlacement,
    Proposed,
    Undecided,
)
from placement_engine.solver.choices import choices, rank_sites
from placement_engine.solver.solving import solve
from placement_engine.solver.witness import Witness

__all__ = [
    "Answer",
    "Choice",
    "ConflictMember",
    "Faulted",
    "LevelValue",
    "Limits",
    "NoSafePlacement",
    "Proposed",
    "Undecided",
    "Witness",
    "choices",
    "rank_sites",
    "solve",
]
