"""Who is hostile to whom, and why."""

from placement_engine.graph.answers import Coverage, EdgeOnPath, PairScores, PathExplanation
from placement_engine.graph.changes import changed_pairs, touched
from placement_engine.graph.hostile_pairs import HostilePair, hostile_pairs, pairs_above
from placement_engine.graph.presences import PresenceAt
from placement_engine.graph.rival_graph import RivalGraph
from placement_engine.graph.saturation import SaturatingKind, Saturation, saturation

__all__ = [
    "Coverage",
    "EdgeOnPath",
    "HostilePair",
    "PairScores",
    "PathExplanation",
    "PresenceAt",
    "RivalGraph",
    "SaturatingKind",
    "Saturation",
    "changed_pairs",
    "hostile_pairs",
    "pairs_above",
    "saturation",
    "touched",
]
