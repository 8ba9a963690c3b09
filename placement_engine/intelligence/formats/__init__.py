"""Intelligence as other programs keep it: each format becomes the same rows, checked once."""

from placement_engine.intelligence.formats.reading import (
    format_of,
    read_network_as,
)

__all__ = ["format_of", "read_network_as"]
