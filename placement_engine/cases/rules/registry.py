"""All rules, most important first; conflicts are told in this order."""

from __future__ import annotations

from placement_engine.cases.rule import Rule
from placement_engine.cases.rules import (
    actors,
    avoid,
    capacity,
    children,
    collision,
    continuity,
    household,
    limits,
    needs,
    other_over_ceiling,
    presence,
    provider,
    reunion,
    separation,
    unknown,
)

RULES: tuple[Rule, ...] = (
    separation.RULE,
    other_over_ceiling.RULE,
    actors.RULE,
    presence.RULE,
    household.RULE,
    avoid.HOME,
    avoid.FAMILY,
    avoid.OFFENCE,
    avoid.OTHER_PLACE,
    provider.RULE,
    children.RULE,
    needs.RULE,
    capacity.RULE,
    continuity.RULE,
    limits.RULE,
    collision.RULE,
    reunion.RULE,
    unknown.RULE,
)

COST_RULES: tuple[Rule, ...] = (presence.RULE, collision.RULE, reunion.RULE)
"""The rules that can cost; all others only forbid, prefer or hold the band up."""


def table() -> str:
    """All rules as a Markdown table, which ``docs/rules.md`` must hold as it is."""
    rows = [
        "| code | facts from | when they are missing | Swedish | English |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| `{rule.code}` | {rule.data_source} | {rule.when_missing} | {rule.wording.sv} "
        f"| {rule.wording.en} |"
        for rule in RULES
    ]
    return "\n".join(rows) + "\n"
