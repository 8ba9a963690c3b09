"""Public frequency sets read as problems cost what their own files say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.solver_fap import APART, MIFAP, MOVED, WEIGHTS, celar, mifap
from placement_engine.problem import PlacementProblem
from placement_engine.solver import witness

SHARED = Path(__file__).parents[3] / "shared" / "data" / "fap"
needs_sets = pytest.mark.skipif(not SHARED.is_dir(), reason="the public sets are not here")


def rows(file: Path) -> list[list[str]]:
    return [line.split() for line in file.read_text("utf-8").splitlines() if len(line.split()) > 1]


def frequencies(problem: PlacementProblem, plan: tuple[int, ...]) -> dict[int, int]:
    """The frequency of each head, by its number in the files."""
    return {
        int(subject.id[1:]): int(problem.sites[site][1:])
        for subject, site in zip(problem.subjects, plan, strict=True)
    }


def allowed_plan(problem: PlacementProblem, random: np.random.Generator) -> tuple[int, ...]:
    sites = np.arange(len(problem.sites))
    return tuple(
        int(random.choice(np.setdiff1d(sites, list(subject.forbidden))))
        for subject in problem.subjects
    )


def celar_cost(folder: Path, heads: dict[int, int], values: set[int]) -> int | None:
    """The cost of a plan by the files, None where a hard constraint is broken."""
    wanted = rows(folder / "ctr.txt")
    at = dict(heads)
    for first, second, _, sign, gap, *_ in wanted:
        if sign == "=":
            assert int(gap) == APART
            one = heads[int(first)]
            (at[int(second)],) = {one - APART, one + APART} & values
    total = 0
    for first, second, _, sign, gap, weight, *_ in wanted:
        if sign == ">" and abs(at[int(first)] - at[int(second)]) <= int(gap):
            if weight == "0":
                return None
            total += WEIGHTS[folder.name][int(weight) - 1]
    for line in rows(folder / "var.txt"):
        if len(line) > 3 and at[int(line[0])] != int(line[2]):
            assert line[3] != "0"
            total += MOVED[folder.name][int(line[3]) - 1]
    return total


@needs_sets
@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_a_plan_costs_what_the_files_say(name: str) -> None:
    problem = celar(SHARED / name)
    values = {int(site[1:]) for site in problem.sites}
    random = np.random.default_rng(5)
    for _ in range(5):
        plan = allowed_plan(problem, random)
        costs = [
            witness.pair_cost(problem, pair, plan[pair.a], plan[pair.b]) for pair in problem.pairs
        ]
        stated = celar_cost(SHARED / name, frequencies(problem, plan), values)
        if stated is None:
            assert None in costs
        else:
            assert witness.total(problem, plan) == stated


@needs_sets
@pytest.mark.parametrize("name", sorted(MIFAP))
def test_a_fixed_spectrum_costs_what_its_file_says(name: str) -> None:
    file, count = MIFAP[name]
    path = SHARED / "mifap" / f"{file}.ctr.txt"
    problem = mifap(path, count)
    assert len(problem.sites) == count
    plan = allowed_plan(problem, np.random.default_rng(6))
    at = frequencies(problem, plan)
    assert witness.total(problem, plan) == sum(
        int(line[4])
        for line in rows(path)
        if line[0] == "e" and abs(at[int(line[1])] - at[int(line[2])]) <= int(line[3])
    )


def test_a_kept_frequency_and_a_changed_one(tmp_path: Path) -> None:
    folder = tmp_path / "graph07"
    folder.mkdir()
    (folder / "dom.txt").write_text("1 4 16 30 254 268\n")
    (folder / "var.txt").write_text("1 1 16 0\n2 1\n3 1 30 2\n4 1\n")
    (folder / "ctr.txt").write_text(
        "1 2 D = 238 0\n3 4 D = 238 0\n1 3 C > 20 3\n2 4 C > 20 0\n1 4 C > 300 4\n"
    )
    problem = celar(folder)
    assert [subject.id for subject in problem.subjects] == ["T1", "T3"]
    assert set(problem.subjects[0].forbidden) == {1, 2, 3}
    # 3 may stay at 30 at no cost and costs 100 anywhere else.
    assert problem.subjects[1].unary.tolist() == [100, 0, 100, 100]
    # At 16 and 30 the second pair is too near, which is hard; at 16 and 254 the last alone costs.
    (pair,) = problem.pairs
    assert witness.pair_cost(problem, pair, 0, 1) is None
    assert witness.total(problem, (0, 3)) == 100 + 1
