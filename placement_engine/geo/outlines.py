"""Outlines of municipalities, or of what they add up to, as rings of points for a map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from placement_engine.geo.boundaries import read_shapes
from placement_engine.vocabulary import MunicipalityCode

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Ring = tuple[tuple[float, float], ...]
"""Points (easting, northing) in kilometres of SWEREF 99 TM, the first one not repeated."""


def outlines(
    areas: Mapping[MunicipalityCode, str], *, detail_km: float, data_dir: Path | None = None
) -> dict[str, tuple[Ring, ...]]:
    """Outlines of areas that municipalities belong to, by area.

    Parameters
    ----------
    areas
        The area of each municipality; those that have none are not drawn.
    detail_km
        Bends smaller than this are left out, in kilometres.
    data_dir
        As of `read_shapes`.

    Examples
    --------
    >>> gotland = outlines({MunicipalityCode("0980"): "Gotland"}, detail_km=2.0)
    >>> [list(gotland), min(y for x, y in gotland["Gotland"][0]) > 6300]
    [['Gotland'], True]
    """
    import shapely

    parts: dict[str, list[BaseGeometry]] = {}
    for code, shape in read_shapes(data_dir=data_dir):
        area = areas.get(MunicipalityCode(code))
        if area is not None:
            parts.setdefault(area, []).append(shape)
    names = sorted(parts)
    joined = [shapely.union_all(parts[name]) for name in names]
    drawn = shapely.coverage_simplify(joined, detail_km * 1000)
    return {
        area: tuple(
            tuple((x / 1000, y / 1000) for x, y in part.exterior.coords[:-1])
            for part in getattr(shape, "geoms", (shape,))
            if part.geom_type == "Polygon"
        )
        for area, shape in zip(names, drawn, strict=True)
    }
