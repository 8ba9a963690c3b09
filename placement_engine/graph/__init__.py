"""Who is hostile to whom, and why."""

from placement_engine.graph.changes import changed_pairs, touched
from placement_engine.graph.hostile_pairs import HostilePair, hostile_pairs
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
    "HostilePair",
    "PairScores",
    "PathExplanation",
    "PresenceAt",
    "RivalGraph",
    "changed_pairs",
    "hostile_pairs",
    "touched",
]
