"""The report of a night: one HTML file with a map, for paper, day and dark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from placement_engine.nightly.finding import Urgency
from placement_engine.nightly.recheck import Night
from placement_engine.report.html import html
from placement_engine.report.night_bodies import NightBody
from placement_engine.report.night_page import changes, summary
from placement_engine.report.page import Block, Page, Table, line
from placement_engine.report.sweden_map import areas_map
from placement_engine.vocabulary import Language, MunicipalityCode

FEW = 3
"""Below this a count of a region is not told: it could point at one person."""


def night_html(
    night: Night, body: NightBody, language: Language, *, by_county: bool = False
) -> str:
    """One HTML document: summary, map, changes by urgency. It names no municipality.

    The map tells for each area at how many placements something is new or worse.

    Parameters
    ----------
    by_county
        Whether areas are counties, for a reader who may see that much, and not police
        regions.
    """
    swedish = language is Language.SWEDISH
    if swedish:
        area = "län" if by_county else "polisregion"
        text = (
            f"Placeringar med något nytt eller värre, per {area}; färre än {FEW} visas som <{FEW}."
        )
    else:
        area = "county" if by_county else "police region"
        text = f"Placements with something new or worse, by {area}; below {FEW} is <{FEW}."
    areas = _areas(night, by_county=by_county)
    counts = _counts(night, areas)
    told: list[Block] = [areas_map(areas, counts, text=text, named=not by_county)]
    if by_county:
        columns = (area.capitalize(), "antal" if swedish else "count")
        rows = tuple(sorted(counts.items()))
        told.append(Table(columns=columns, rows=rows, right=frozenset({1})))
    kept = (
        "Rapporten röjer ingen plats. Den andra enheten nås genom registret, under larmets id."
        if swedish
        else "This report gives no place away. The other unit is reached by the register, under "
        "the alert's id."
    )
    blocks = [*summary(body, language), *told, *changes(body, language), line(kept)]
    title = (
        f"Nattlig omprövning {body.as_of.isoformat()}"
        if swedish
        else f"Nightly recheck {body.as_of.isoformat()}"
    )
    return html(Page(blocks=tuple(blocks)), title=title, language=language)


def _areas(night: Night, *, by_county: bool) -> dict[MunicipalityCode, str]:
    places = night.facts.observer.geography.municipalities
    return {place.code: place.county if by_county else place.police_region for place in places}


def _counts(night: Night, areas: Mapping[MunicipalityCode, str]) -> dict[str, str]:
    codes = night.facts.observer.geography.codes
    hit = {
        change.placement
        for change in night.changes
        if change.kind.is_bad and change.urgency is not Urgency.INFO
    }
    counted = Counter(
        areas[codes[site]]
        for key, site in zip(night.facts.ids, night.facts.observer.site.tolist(), strict=True)
        if key in hit
    )
    return {name: str(n) if n >= FEW else f"<{FEW}" for name, n in counted.items()}
