"""A map of Sweden as SVG, at the detail that its reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from placement_engine.geo import Geography
from placement_engine.geo.outlines import Ring, outlines
from placement_engine.report.page import Drawing
from placement_engine.vocabulary import MunicipalityCode

WEST, EAST, SOUTH, NORTH = 260, 930, 6120, 7680
"""The frame in kilometres of SWEREF 99 TM."""
AREA_DETAIL_KM = 3.0
MUNICIPALITY_DETAIL_KM = 2.0


def areas_map(
    areas: Mapping[MunicipalityCode, str], told: Mapping[str, str], *, text: str, named: bool
) -> Drawing:
    """Areas of municipalities, such as police regions, each with what is told of it.

    Parameters
    ----------
    areas
        Name of the area of each municipality.
    told
        By name of area, such as a count; those that are missing stand empty.
    text
        What the map shows, in words.
    named
        Whether the names stand on the map too; there is no room for those of 21 counties.
    """
    rings = outlines(areas, detail_km=AREA_DETAIL_KM)
    shapes = [_shape(rings[area], "land") for area in rings]
    names = [
        _name(_middle(max(rings[area], key=_area)), f"{area} {told[area]}" if named else told[area])
        for area in rings
        if area in told
    ]
    return Drawing(svg=_svg([*shapes, *names], text), text=text)


def municipalities_map(
    geography: Geography, told: Mapping[MunicipalityCode, str], *, text: str
) -> Drawing:
    """All municipalities, some of them marked and named.

    Parameters
    ----------
    told
        What stands at each marked municipality.
    text
        What the map shows, in words.
    """
    rings = outlines({code: code for code in geography.codes}, detail_km=MUNICIPALITY_DETAIL_KM)
    shapes = [_shape(rings[code], "land") for code in geography.codes if code not in told]
    marked = [_shape(rings[code], "marked") for code in told]
    names = []
    for code, label in told.items():
        own = geography.municipalities[geography.index[code]]
        names.append(_name((own.seat_x_m / 1000, own.seat_y_m / 1000), label))
    return Drawing(svg=_svg([*shapes, *marked, *names], text), text=text)


def _svg(parts: Iterable[str], text: str) -> str:
    label = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        f'<svg viewBox="0 0 {EAST - WEST} {NORTH - SOUTH}" width="{EAST - WEST}" '
        f'height="{NORTH - SOUTH}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


def _shape(rings: Iterable[Ring], kind: str) -> str:
    path = "".join(
        "M" + "L".join(f"{x - WEST:.1f},{NORTH - y:.1f}" for x, y in ring) + "Z" for ring in rings
    )
    return f'<path class="{kind}" d="{path}"/>'


def _name(at: tuple[float, float], label: str) -> str:
    shown = label.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text class="told" x="{at[0] - WEST:.0f}" y="{NORTH - at[1]:.0f}">{shown}</text>'


def _area(ring: Ring) -> float:
    """Area of a ring in square kilometres: the shoelace formula."""
    turned = zip(ring, (*ring[1:], ring[0]), strict=True)
    return abs(sum(x * b - a * y for (x, y), (a, b) in turned)) / 2


def _middle(ring: Ring) -> tuple[float, float]:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
