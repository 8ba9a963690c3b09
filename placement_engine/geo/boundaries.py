"""Boundaries for maps. Only a frame of them loads geopandas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from placement_engine.errors import DataFault
from placement_engine.geo.facts import COUNT, default_folder, read_checked

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

SWEREF99_TM = 3006
"""EPSG number of the national plane; units are metres."""

_FILE = "boundaries.geojson"


def load_boundaries(*, data_dir: Path | None = None) -> GeoDataFrame:
    """The outlines of all municipalities, generalised, without the sea and the big lakes.

    Assign things to municipalities by code, never by asking which outline holds a point:
    22 seats lie just outside their own.

    Parameters
    ----------
    data_dir
        A folder like ``data/municipalities``; the shipped one unless given.

    Returns
    -------
    GeoDataFrame
        290 rows by rising code, columns ``code`` and ``geometry``, EPSG:3006.

    Raises
    ------
    DataFault
        If the file is missing, altered or incomplete.
    """
    shapes = read_shapes(data_dir=data_dir)

    import geopandas

    return geopandas.GeoDataFrame(
        {"code": [code for code, _ in shapes]},
        geometry=[shape for _, shape in shapes],
        crs=SWEREF99_TM,
    )


def read_shapes(*, data_dir: Path | None = None) -> list[tuple[str, BaseGeometry]]:
    """The same outlines by rising code, without loading geopandas, which takes half a second.

    Parameters, errors as of `load_boundaries`.
    """
    content = read_checked(default_folder() if data_dir is None else data_dir, _FILE)
    try:
        features = json.loads(content)["features"]
        codes = [feature["properties"]["code"] for feature in features]
    except (ValueError, KeyError, TypeError):
        raise _fault("is not a collection of features with codes") from None
    if len(set(codes)) != COUNT or codes != sorted(codes):
        raise _fault(f"does not have {COUNT} different codes in order")

    from shapely.geometry import shape

    return [
        (code, shape(feature["geometry"])) for code, feature in zip(codes, features, strict=True)
    ]


def _fault(problem: str) -> DataFault:
    return DataFault(
        f"Municipality data: {_FILE} {problem}.",
        unchanged="Nothing was drawn.",
        do="Install the program again, or rebuild the data with data/municipalities/build.py.",
    )
