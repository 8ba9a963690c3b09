"""The numbers of a policy by name, and the policy with one of them changed."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from placement_engine.policy import Policy

NOT_NUMBERS = ("reasons", "version")


def numbers(policy: Policy) -> tuple[tuple[str, float], ...]:
    """Every number by its dotted name, those of lists with their place.

    Examples
    --------
    >>> dict(numbers(Policy.default()))["separation.kilometres[0]"]
    150.0
    """
    found: list[tuple[str, float]] = []

    def walk(name: str, node: Any) -> None:
        if isinstance(node, dict):
            for key, inner in node.items():
                walk(f"{name}.{key}" if name else key, inner)
        elif isinstance(node, list | tuple):
            for i, inner in enumerate(node):
                walk(f"{name}[{i}]", inner)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            found.append((name, node))

    walk("", {key: node for key, node in asdict(policy).items() if key not in NOT_NUMBERS})
    return tuple(found)


def changed(policy: Policy, name: str, value: float) -> Policy:
    """The policy with one of its `numbers` replaced.

    Raises
    ------
    InvalidPolicy
        If the number may not have this value.

    Examples
    --------
    >>> changed(Policy.default(), "separation.kilometres[0]", 175.0).separation.kilometres
    (175.0, 100.0, 50.0)
    """
    tree = asdict(policy)
    node: Any = tree
    *path, last = [int(p) if p.isdigit() else p for p in re.findall(r"[^.\[\]]+", name)]
    for step in path:
        if isinstance(node[step], tuple):
            node[step] = list(node[step])
        node = node[step]
    node[last] = value
    return Policy.of(tree, name=f"{policy.name}, {name} changed")
