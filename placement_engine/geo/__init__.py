"""Where hostility matters: the 290 municipalities, their distances and exposure."""

from placement_engine.geo.geography import Geography, load_geography
from placement_engine.geo.municipality import Municipality

__all__ = ["Geography", "Municipality", "load_geography"]
