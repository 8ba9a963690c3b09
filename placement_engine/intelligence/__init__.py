"""What is known: ties, presences and grades, and the readers of each file format."""

from placement_engine.intelligence.network import Network, PresenceColumns, TieColumns
from placement_engine.intelligence.network_folder import read_network
from placement_engine.intelligence.placed import (
    Facility,
    Placement,
    read_facilities,
    read_placements,
)

__all__ = [
    "Facility",
    "Network",
    "Placement",
    "PresenceColumns",
    "TieColumns",
    "read_facilities",
    "read_network",
    "read_placements",
]
