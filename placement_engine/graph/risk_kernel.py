"""The compiled kernel of the risk matrix; imported only inside the function that runs it.

`risk_matrix` is the same on numpy arrays and tells the meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placement_engine.compiled import compiled


@compiled
def risk_rows(
    first: Any,
    target: Any,
    hostility: Any,
    gang: Any,
    start: Any,
    site: Any,
    strength: Any,
    exposure: Any,
    met: Any,
    rows: Any,
    begin: int,
    end: int,
) -> None:
    """Fill the rows of `risk_matrix` from `begin` to before `end`."""
    sites = len(exposure)
    unmet, safe = np.empty(sites), np.empty(sites)
    for person in range(begin, end):
        safe[:] = 1.0
        i = first[person]
        while i < first[person + 1]:
            actor, stop, shared = target[i], i + 1, hostility[i]
            while stop < first[person + 1] and gang[target[stop]] == gang[actor]:
                shared = max(shared, hostility[stop])
                stop += 1
            if stop == i + 1:
                for m in range(sites):
                    safe[m] *= 1.0 - shared * met[actor, m]
                i = stop
                continue
            unmet[:] = 1.0
            for j in range(i, stop):
                for k in range(start[target[j]], start[target[j] + 1]):
                    share = hostility[j] / shared * strength[k]
                    near = exposure[site[k]]
                    for m in range(sites):
                        unmet[m] *= 1.0 - share * near[m]
            for m in range(sites):
                safe[m] *= 1.0 - shared * (1.0 - unmet[m])
            i = stop
        for m in range(sites):
            rows[person, m] = 1.0 - safe[m]
