"""Who is hostile to whom, and why."""

from placement_engine.graph.presences import PresenceAt
from placement_engine.graph.rival_graph import (
    Coverage,
    EdgeOnPath,
    PairScores,
    PathExplanation,
    RivalGraph,
)

__all__ = [
    "Coverage",
    "EdgeOnPath",
    "PairScores",
    "PathExplanation",
    "PresenceAt",
    "RivalGraph",
]
