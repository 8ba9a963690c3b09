"""What is known: ties, presences and grades, and the readers of each file format."""

from placement_engine.intelligence.network import Network, PresenceColumns, TieColumns
from placement_engine.intelligence.network_folder import read_network
from placement_engine.intelligence.placed import (
    Facility,
    Placement,
    read_facilities,
    read_placements,
)
from placement_engine.intelligence.summary import ImportSummary

__all__ = [
    "Facility",
    "ImportSummary",
    "Network",
    "Placement",
    "PresenceColumns",
    "TieColumns",
    "read_facilities",
    "read_network",
    "read_placements",
]
