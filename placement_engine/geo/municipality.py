"""One municipality, and one way over the water between two."""

from __future__ import annotations

from dataclasses import dataclass

from placement_engine.vocabulary import MunicipalityCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """What is known about one of the 290 municipalities.

    Parameters
    ----------
    code
        Four digits of Statistics Sweden.
    population
        Registered inhabitants on 31 December 2024.
    land_area_km2
        Land without lakes.
    seat_name, seat_lon, seat_lat
        The town that distances are taken from; degrees, WGS 84.
    seat_x_m, seat_y_m
        The same place in SWEREF 99 TM, easting and northing in metres.
    skr_group
        Group of the municipal association SKR, ``A1`` (big cities) to ``C9``.
    labour_market
        Local labour market LA2024: the municipalities that people commute within.
    fa_region
        Functional region 2015.
    police_region, health_region
        One of seven and one of six.
    nuts3
        The county in the nomenclature of Eurostat.
    designated_areas_2023, designated_areas_2025
        Neighbourhoods on the police's lists of vulnerable areas. Shown to the reader and
        never part of a risk: a count says little about a whole municipality.

    Notes
    -----
    Sources, licences and vintages stand in ``data/municipalities/SOURCES.md``.
    """

    code: MunicipalityCode
    name: str
    county_code: str
    county: str
    population: int
    land_area_km2: float
    seat_name: str
    seat_lon: float
    seat_lat: float
    seat_x_m: int
    seat_y_m: int
    skr_group: str
    labour_market: str
    fa_region: str
    police_region: str
    health_region: str
    nuts3: str
    designated_areas_2023: int
    designated_areas_2025: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A bridge or a ferry line that carries the road over water.

    Parameters
    ----------
    a, b
        Index of the municipality at each end; `a` is the one that water cuts off.
    bridge
        Whether it is a bridge; otherwise a ferry.
    x_a_m, y_a_m, x_b_m, y_b_m
        The two ends in SWEREF 99 TM.
    length_m
        Metres travelled between the ends. Waiting for a ferry counts for nothing: too
        near is the safe mistake.
    """

    a: int
    b: int
    bridge: bool
    x_a_m: int
    y_a_m: int
    x_b_m: int
    y_b_m: int
    length_m: int
