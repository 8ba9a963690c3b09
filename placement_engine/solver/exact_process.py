"""toulbar2 on one weighted constraint problem, in a process of its own.

Run as ``python -m placement_engine.solver.exact_process SECONDS [vns]`` with the arrays of
`exact.packed` on standard input; prints one JSON object. A process of its own, for its clock
has been seen to run over by a minute, and a process can be ended.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import numpy as np

FIRST_BY_SEARCH = -4
"""toulbar2's neighbourhood search begins from the first plan of its tree search."""


def main() -> int:
    """Solve what stands on standard input."""
    seconds, vns = int(sys.argv[1]), "vns" in sys.argv[2:]
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as arrays:
        answer = solved(dict(arrays), seconds=seconds, vns=vns)
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def solved(arrays: dict[str, Any], *, seconds: int, vns: bool) -> dict[str, Any]:
    """The best plan that was found, as site indices; None if none was."""
    from pytoulbar2 import CFN

    total, closed = arrays["total"], int(arrays["closed"])
    top = int(arrays["most"]) + 1
    sites = [np.flatnonzero(row) for row in arrays["open"]]
    model = CFN(ubinit=top, verbose=-1, vns=FIRST_BY_SEARCH if vns else None)
    for i, here in enumerate(sites):
        model.AddVariable(f"x{i}", [f"s{site}" for site in here.tolist()])
        model.AddFunction([f"x{i}"], total[i, here].tolist())
    for (a, b), number in zip(arrays["ends"].tolist(), arrays["table"].tolist(), strict=True):
        block = arrays["tables"][number][np.ix_(sites[a], sites[b])]
        if block.any():
            costs = np.where(block >= closed, top, block)
            model.AddFunction([f"x{a}", f"x{b}"], costs.ravel().tolist())
    demand = arrays["demand"].tolist()
    for site in np.flatnonzero(arrays["free"] >= 0).tolist():
        takers = [
            (f"x{i}", int(np.flatnonzero(here == site)[0]), demand[i])
            for i, here in enumerate(sites)
            if site in here and demand[i]
        ]
        free = int(arrays["free"][site])
        if sum(taken for *_, taken in takers) > free:
            model.AddGeneralizedLinearConstraint(takers, "<=", free)
    found = model.Solve(timeLimit=seconds)
    if found is None:
        return {"plan": None}
    return {"plan": [int(here[v]) for here, v in zip(sites, found[0], strict=True)]}


if __name__ == "__main__":
    sys.exit(main())
