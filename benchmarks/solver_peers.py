"""Peers of the solver, each in a process of its own that can be ended.

``python -m benchmarks.solver_peers NAME SECONDS`` reads a problem document on standard input
and prints a JSON line for each better plan and one at the end. Ours runs in the same way, so
start-up is alike; ceilings are told to CP-SAT and to ours only, which makes it harder for them.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.solver_scale import Scale, large, peak_mb
from placement_engine.problem import FORBIDDEN, UNLIMITED, PlacementProblem
from placement_engine.problem_json import read_problem
from placement_engine.solver import Limits, NoSafePlacement, Proposed, exact, solve
from placement_engine.solver.exhaustive import exhaust
from placement_engine.solver.model import CLOSED, compile_model
from placement_engine.solver.presolve import tighten, without_slack
from placement_engine.solver.warming import warm

Plan = tuple[int, ...]
STOPPING_S = 0.5
"""Peers other than ours are told a limit that is so much lower than the one they are ended at."""
MOST_BYTES = 4 << 30
SHORTHAND = b'{"scale"'


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a peer ended: bound None where it has none."""

    bound: int | None
    proved: bool


def ours(problem: PlacementProblem, seconds: float) -> End:
    """Our solver, told when it has found what."""
    answer = solve(problem, limits=Limits(time_s=seconds))
    if isinstance(answer, Proposed):
        for at, value in answer.trajectory:
            _tell(total=value, at=at)
        _tell(plan=answer.assignment, at=answer.seconds)
        return End(bound=answer.lower_bound, proved=answer.levels[0].proved)
    return End(bound=None, proved=isinstance(answer, NoSafePlacement))


def cp_sat(problem: PlacementProblem, seconds: float) -> End:
    """One CP-SAT model with a Boolean for each subject and site."""
    answer = peers.single_model(problem, time_s=seconds, workers=2)
    if answer.total is not None:
        _tell(total=answer.total, at=answer.seconds)
    return End(bound=answer.bound, proved=answer.proved)


def cp_sat_element(problem: PlacementProblem, seconds: float) -> End:
    """One CP-SAT model with a site variable for each subject and a table lookup a pair."""
    from ortools.sat.python import cp_model

    start, model = time.perf_counter(), cp_model.CpModel()
    sites, m = peers.allowed_sites(problem), len(problem.sites)
    at = [
        model.new_int_var_from_domain(cp_model.Domain.from_values(here.tolist()), f"s{k}")
        for k, here in enumerate(sites)
    ]
    costs = []
    for k, subject in enumerate(problem.subjects):
        cost = model.new_int_var(0, int(subject.unary.max()), f"u{k}")
        model.add_element(at[k], subject.unary.tolist(), cost)
        costs.append(cost)
    for n, pair in enumerate(problem.pairs):
        table = problem.pair_costs(pair)
        if not table.any():
            continue
        most = int(table.max())
        cost = model.new_int_var(0, max(0, most), f"p{n}")
        model.add_element(at[pair.a] * m + at[pair.b], table.ravel().tolist(), cost)
        costs.append(cost)
    for site, free in enumerate(problem.capacity.tolist()):
        takers = [k for k, here in enumerate(sites) if site in here]
        if free != UNLIMITED and sum(problem.subjects[k].demand for k in takers) > free:
            used = []
            for k in takers:
                there = model.new_bool_var(f"x{k},{site}")
                model.add(at[k] == site).only_enforce_if(there)
                model.add(at[k] != site).only_enforce_if(~there)
                used.append(problem.subjects[k].demand * there)
            model.add(sum(used) <= free)
        if time.perf_counter() - start > seconds:
            return End(bound=None, proved=False)
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = max(0.1, seconds - (time.perf_counter() - start))
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        _tell(plan=tuple(solver.value(x) for x in at), at=time.perf_counter() - start)
        return End(bound=math.ceil(solver.best_objective_bound), proved=status == cp_model.OPTIMAL)
    return End(bound=None, proved=False)


def toulbar2(problem: PlacementProblem, seconds: float, *, vns: bool = False) -> End:
    """toulbar2, by tree search or by neighbourhoods, on the folded problem."""
    start = time.perf_counter()
    model = tighten(compile_model(problem))
    if model is not None:
        model = without_slack(model)
        sites = exact.guarded(
            exact.packed(model), deadline=time.monotonic() + seconds, clock=time.monotonic, vns=vns
        )
        if sites is not None:
            _tell(plan=model.full(sites), at=time.perf_counter() - start)
    return End(bound=None, proved=False)


def highs(problem: PlacementProblem, seconds: float) -> End:
    """HiGHS: a column for each subject and site, pair costs by a column a pair and row a site."""
    highspy: Any = import_module("highspy")

    start = time.perf_counter()
    model = highspy.Highs()
    model.silent()
    sites = peers.allowed_sites(problem)
    x = [{m: model.addBinary() for m in here.tolist()} for here in sites]
    terms = [
        int(problem.subjects[k].unary[m]) * var
        for k, here in enumerate(x)
        for m, var in here.items()
    ]
    for here in x:
        model.addConstr(sum(here.values()) == 1)
    for pair in problem.pairs:
        block = problem.pair_costs(pair)[np.ix_(sites[pair.a], sites[pair.b])]
        if not block.any():
            continue
        cost, most = model.addVariable(lb=0), int(block.max(initial=0))
        terms.append(1 * cost)
        for i, m in enumerate(sites[pair.a].tolist()):
            for j in np.flatnonzero(block[i] == FORBIDDEN).tolist():
                model.addConstr(x[pair.a][m] + x[pair.b][int(sites[pair.b][j])] <= 1)
            paying = np.flatnonzero(block[i] > 0).tolist()
            if paying:
                charge = sum(int(block[i, j]) * x[pair.b][int(sites[pair.b][j])] for j in paying)
                model.addConstr(cost >= charge - most * (1 - x[pair.a][m]))
        if time.perf_counter() - start > seconds:
            return End(bound=None, proved=False)
    for m, free in enumerate(problem.capacity.tolist()):
        users = [problem.subjects[k].demand * here[m] for k, here in enumerate(x) if m in here]
        if free != UNLIMITED and users:
            model.addConstr(sum(users) <= free)
    model.setOptionValue("time_limit", max(0.1, seconds - (time.perf_counter() - start)))
    model.minimize(sum(terms))
    values = model.getSolution().col_value
    if not values or model.getInfo().primal_solution_status != 2:
        return End(bound=None, proved=False)
    plan = tuple(next(m for m, var in here.items() if values[var.index] > 0.5) for here in x)
    _tell(plan=plan, at=time.perf_counter() - start)
    proved = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return End(bound=math.ceil(model.getInfo().mip_dual_bound - 1e-6), proved=proved)


def greedy(problem: PlacementProblem, seconds: float) -> End:
    """Who has the fewest places first, always the cheapest place."""
    del seconds
    answer = peers.greedy(problem)
    if answer.total is not None:
        _tell(total=answer.total, at=answer.seconds)
    return End(bound=None, proved=False)


def annealing(problem: PlacementProblem, seconds: float) -> End:
    """Plain annealing: one subject to one random site, places too few and rules as penalties."""
    start, model = time.perf_counter(), compile_model(problem)
    chance, m = np.random.default_rng(0), len(problem.sites)
    n = len(model.movers)
    sites = [np.flatnonzero(row) for row in model.open]
    around: list[list[tuple[int, np.ndarray]]] = [[] for _ in range(n)]
    for link in model.links:
        around[link.a].append((link.b, link.cost.T))
        around[link.b].append((link.a, link.cost))
    dear = int(np.where(model.total < CLOSED, model.total, 0).max()) + 1
    at = [int(here[model.total[i, here].argmin()]) for i, here in enumerate(sites)]
    load = np.zeros(m, dtype=np.int64)
    np.add.at(load, at, model.demand)
    heat, best, steps = float(dear), None, 0
    while (gone := time.perf_counter() - start) < seconds:
        heat = dear * 10 ** (-5 * gone / seconds)
        for _ in range(200):
            steps += 1
            i = int(chance.integers(n))
            new, old = int(chance.choice(sites[i])), at[i]
            change = int(model.total[i, new]) - int(model.total[i, old])
            for j, cost in around[i]:
                line = cost[at[j]]
                change += min(int(line[new]), dear) - min(int(line[old]), dear)
            d = int(model.demand[i])
            if model.free[new] != UNLIMITED and new != old:
                change += dear * max(0, min(d, int(load[new]) + d - int(model.free[new])))
            if model.free[old] != UNLIMITED and new != old:
                change -= dear * max(0, min(d, int(load[old]) - int(model.free[old])))
            if change <= 0 or chance.random() < math.exp(-change / heat):
                load[old] -= d
                load[new] += d
                at[i] = new
        if all(
            model.links[k].cost[at[ln.a], at[ln.b]] < CLOSED for k, ln in enumerate(model.links)
        ):
            value = model.base_total + model.value_total(at)
            if bool((load <= model.free).all()) and (best is None or value < best):
                best = value
                _tell(plan=model.full(at), at=gone)
    return End(bound=None, proved=False)


def brute_force(problem: PlacementProblem, seconds: float) -> End:
    """Every plan; only where they are few."""
    movers = len(problem.subjects) - len(problem.fixed)
    if len(problem.sites) ** movers > 10**5:
        return End(bound=None, proved=False)
    start = time.perf_counter()
    best = exhaust(problem)
    if best is None or time.perf_counter() - start > seconds:
        return End(bound=None, proved=best is None)
    _tell(plan=best.assignment, at=time.perf_counter() - start)
    return End(bound=best.values[0], proved=True)


PEERS: dict[str, Callable[[PlacementProblem, float], End]] = {
    "ours": ours,
    "cp-sat": cp_sat,
    "cp-sat element": cp_sat_element,
    "toulbar2 hbfs": toulbar2,
    "toulbar2 vns": lambda problem, seconds: toulbar2(problem, seconds, vns=True),
    "highs": highs,
    "greedy": greedy,
    "annealing": annealing,
    "brute force": brute_force,
}


def _tell(*, at: float, plan: Plan | None = None, total: int | None = None) -> None:
    told = {"at": round(at, 4), "total": total, "plan": plan}
    sys.stdout.write(json.dumps({k: v for k, v in told.items() if v is not None}) + "\n")
    sys.stdout.flush()


def _read(document: bytes) -> PlacementProblem:
    """A problem document, or what `solver_scale.large` makes it from, which is shorter."""
    if document.startswith(SHORTHAND):
        told = json.loads(document)
        return large(Scale(**told["scale"]), seed=told["seed"])
    return read_problem(document)


def main() -> int:
    name, seconds = sys.argv[1], float(sys.argv[2])
    # A peer that takes all there is would take the machine with it.
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    problem = _read(sys.stdin.buffer.read())
    os.nice(5)
    if name == "ours":
        warm()
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    try:
        # The others end some time after the limit they are given.
        end = PEERS[name](problem, seconds if name == "ours" else max(0.1, seconds - STOPPING_S))
    except MemoryError:
        end = End(bound=None, proved=False)
    begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    told = {"bound": end.bound, "proved": end.proved, "peak_mb": max(round(peak_mb()), begun)}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
