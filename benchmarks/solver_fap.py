"""Public frequency assignment sets as problems of ours.

A frequency is a site on a line and two transmitters nearer than d cost their weight. The
equalities of the CELAR sets (two frequencies exactly 238 apart) fold two transmitters into
one subject. Known values: scen06 3389 and scen07 343592 are optimal, graph06 4123 optimal,
graph07 4324 the best known (Cabon et al. 1999 and later); the sets are not shipped.

The graph sets come without weights. With those of scen06, for changed frequencies too, the
known values come out to the unit, 4123 and 4324, which is why they are taken for right.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from placement_engine.problem import (
    FORBIDDEN,
    UNLIMITED,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

KNOWN = {"scen06": 3389, "scen07": 343_592, "graph06": 4123, "graph07": 4324}
"""No plan costs less."""
WEIGHTS = {
    "scen06": (1000, 100, 10, 1),
    "scen07": (1_000_000, 10_000, 100, 1),
    "graph06": (1000, 100, 10, 1),
    "graph07": (1000, 100, 10, 1),
}
"""Costs of the classes 1 to 4 of constraints, from ``cst.txt``; class 0 is hard."""
MOVED = {"graph07": (1000, 100, 10, 1)}
"""Costs of a changed frequency by mobility 1 to 4; with mobility 0 it may not change."""
MIFAP = {"Test95@36": ("Test95", 36), "GSM-93@9": ("GSM-93", 9), "GSM-93@13": ("GSM-93", 13)}
MIFAP |= {"P06-3@31": ("P06-3", 31)}
"""File and number of frequencies."""
APART = 238

Numbers = list[list[str]]


def celar(folder: Path) -> PlacementProblem:
    """One of the CELAR sets, its folder holding ``var.txt``, ``dom.txt`` and ``ctr.txt``."""
    domains = {int(line[0]): [int(v) for v in line[2:]] for line in _lines(folder / "dom.txt")}
    wanted: dict[int, list[int]] = {}
    before: dict[int, tuple[int, int]] = {}
    for line in _lines(folder / "var.txt"):
        kept = len(line) > 3 and line[3] == "0"
        wanted[int(line[0])] = [int(line[2])] if kept else domains[int(line[1])]
        if len(line) > 3 and not kept:
            before[int(line[0])] = int(line[2]), MOVED[folder.name][int(line[3]) - 1]
    values = sorted({value for domain in wanted.values() for value in domain})
    place = {value: i for i, value in enumerate(values)}
    constraints = _lines(folder / "ctr.txt")
    partner: dict[int, int] = {}
    for line in constraints:
        if line[3] == "=":
            partner[int(line[1])] = int(line[0])
    # A pair is one subject, whose site is that of the first; the second stands across.
    across = {v: next((w for w in (v - APART, v + APART) if w in place), None) for v in values}
    heads = [name for name in wanted if name not in partner]
    number = {name: i for i, name in enumerate(heads)}
    tail = {head: name for name, head in partner.items()}
    subjects = []
    for head in heads:
        allowed = set(wanted[head])
        if head in tail:
            allowed = {v for v in allowed if across[v] in set(wanted[tail[head]])}
        subjects.append(_subject(f"T{head}", place, allowed))
    tables: dict[tuple[int, int], IntArray] = defaultdict(
        lambda: np.zeros((len(values), len(values)), dtype=np.int64)
    )
    weights = WEIGHTS[folder.name]
    at = {False: np.array(values), True: np.array([across[v] or -(10**6) for v in values])}
    for name, (frequency, cost) in before.items():
        unary = subjects[number[partner.get(name, name)]].unary
        unary[at[name in partner] != frequency] += cost
    for first, second, _, sign, gap, weight, *_ in constraints:
        if sign != ">":
            continue
        a, b = int(first), int(second)
        f, g = at[a in partner], at[b in partner]
        near = np.abs(f[:, None] - g[None]) <= int(gap)
        one, two = number[partner.get(a, a)], number[partner.get(b, b)]
        cost = 10**9 if weight == "0" else weights[int(weight) - 1]
        if one == two:
            subjects[one].unary[np.diag(near)] += cost
            continue
        if one > two:
            one, two, near = two, one, near.T
        tables[one, two] += np.where(near, cost, 0)
    return _problem(values, subjects, tables)


def mifap(file: Path, frequencies: int) -> PlacementProblem:
    """A fixed-spectrum instance: ``e a b d penalty`` lines, frequencies from 0."""
    rows = [line for line in _lines(file) if line[0] == "e"]
    names = sorted({int(n) for row in rows for n in row[1:3]})
    number = {name: i for i, name in enumerate(names)}
    values = list(range(frequencies))
    place = {value: value for value in values}
    subjects = [_subject(f"T{name}", place, set(values)) for name in names]
    tables: dict[tuple[int, int], IntArray] = defaultdict(
        lambda: np.zeros((frequencies, frequencies), dtype=np.int64)
    )
    apart = np.abs(np.arange(frequencies)[:, None] - np.arange(frequencies)[None])
    for _, a, b, gap, penalty, *_ in rows:
        one, two = sorted((number[int(a)], number[int(b)]))
        tables[one, two] += np.where(apart <= int(gap), int(penalty), 0)
    return _problem(values, subjects, tables)


def known_sets(folder: Path) -> dict[str, PlacementProblem]:
    """Every set that is there, by name."""
    found = {name: celar(folder / name) for name in KNOWN if (folder / name).is_dir()}
    for name, (file, frequencies) in MIFAP.items():
        path = folder / "mifap" / f"{file}.ctr.txt"
        if path.is_file():
            found[name] = mifap(path, frequencies)
    return found


def _lines(file: Path) -> Numbers:
    return [line.split() for line in file.read_text("utf-8").splitlines() if len(line.split()) > 1]


def _subject(name: str, place: dict[int, int], allowed: set[int]) -> ProblemSubject:
    return ProblemSubject(
        id=SubjectRef(name),
        unary=np.zeros(len(place), dtype=np.int64),
        forbidden={i: ("domain",) for value, i in place.items() if value not in allowed},
    )


def _problem(
    values: list[int], subjects: list[ProblemSubject], tables: dict[tuple[int, int], IntArray]
) -> PlacementProblem:
    m = len(values)
    line = np.array(values, dtype=np.int64)
    kept: dict[bytes, str] = {}
    named: dict[str, IntArray] = {}
    pairs = []
    for (a, b), table in sorted(tables.items()):
        hard = np.where(table >= 10**9, FORBIDDEN, table)
        name = kept.setdefault(hard.tobytes(), f"t{len(kept)}")
        named[name] = hard
        pairs.append(ProblemPair(a=a, b=b, table=name))
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"F{value:04d}") for value in values),
        distance_m=np.abs(line[:, None] - line[None]),
        exposure_ppm=np.zeros((m, m), dtype=np.int64),
        capacity=np.full(m, UNLIMITED, dtype=np.int64),
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        tables=named,
        lexicographic=(Level.TOTAL,),
    )
