"""The report of a night: one HTML file with a map, for paper, day and dark."""

from __future__ import annotations

from collections import Counter

from placement_engine.nightly.finding import Urgency
from placement_engine.nightly.recheck import Night
from placement_engine.report.html import html
from placement_engine.report.night_bodies import NightBody
from placement_engine.report.night_page import changes, summary
from placement_engine.report.page import Page, line
from placement_engine.report.sweden_map import regions_map
from placement_engine.vocabulary import Language

FEW = 3
"""Below this a count of a region is not told: it could point at one person."""


def night_html(night: Night, body: NightBody, language: Language) -> str:
    """One HTML document: summary, map, changes by urgency. It names no municipality.

    The map tells for each police region at how many placements something is new or worse.
    """
    swedish = language is Language.SWEDISH
    text = (
        f"Placeringar med något nytt eller värre, per polisregion; färre än {FEW} visas som <{FEW}."
        if swedish
        else f"Placements with something new or worse, by police region; below {FEW} is <{FEW}."
    )
    drawing = regions_map(night.facts.observer.geography, _counts(night), text=text)
    kept = (
        "Rapporten röjer ingen plats. Den andra enheten nås genom registret, under larmets id."
        if swedish
        else "This report gives no place away. The other unit is reached by the register, under "
        "the alert's id."
    )
    blocks = [*summary(body, language), drawing, *changes(body, language), line(kept)]
    title = (
        f"Nattlig omprövning {body.as_of.isoformat()}"
        if swedish
        else f"Nightly recheck {body.as_of.isoformat()}"
    )
    return html(Page(blocks=tuple(blocks)), title=title, language=language)


def _counts(night: Night) -> dict[str, str]:
    geography = night.facts.observer.geography
    hit = {
        change.placement
        for change in night.changes
        if change.kind.is_bad and change.urgency is not Urgency.INFO
    }
    regions = Counter(
        geography.police_regions[int(geography.police_region[int(site)])]
        for key, site in zip(night.facts.ids, night.facts.observer.site.tolist(), strict=True)
        if key in hit
    )
    return {name: str(n) if n >= FEW else f"<{FEW}" for name, n in regions.items()}
