"""What every rule states of itself, and that the manual says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from placement_engine.cases.rule import Rule
from placement_engine.cases.rules.registry import COST_RULES, RULES, table
from placement_engine.vocabulary import Language

ROOT = Path(__file__).parents[2]
RULE_FILES = sorted(
    path.stem
    for path in (ROOT / "placement_engine/cases/rules").glob("*.py")
    if path.stem not in {"__init__", "registry"}
)


def test_the_manual_is_made_from_the_rules() -> None:
    manual = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert table() in manual, "put the text of registry.table() into docs/rules.md"
    for rule in RULES:
        assert rule.legal_source is None or f"`{rule.code}`: {rule.legal_source}" in manual


def test_codes_are_the_public_ones_and_stand_once() -> None:
    assert [rule.code for rule in RULES] == [
        "separation", "other_over_ceiling", "threat_actor", "presence", "household",
        "home", "family", "offence", "other_place", "same_provider", "child", "needs",
        "capacity", "health_region", "limits", "collision", "reunion", "unknown_subject",
    ]  # fmt: skip


def test_only_capacity_is_carried_by_the_problem() -> None:
    assert [rule.code for rule in RULES if rule.carried] == ["capacity"]
    assert [rule.code for rule in COST_RULES] == ["presence", "collision", "reunion"]


@pytest.mark.parametrize("name", RULE_FILES)
def test_every_rule_file_has_its_own_tests(name: str) -> None:
    text = (ROOT / f"tests/rules/test_rule_{name}.py").read_text(encoding="utf-8")
    assert text.count("\ndef test_") >= 3


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
def test_a_rule_says_where_its_facts_come_from_and_what_it_does_without(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", rule.code)
    assert rule.data_source
    assert rule.when_missing
    assert not re.search(r"\b(is met|counts as met|no risk)\b", rule.when_missing)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
def test_wording_tells_no_place_person_or_distance(rule: Rule, language: Language) -> None:
    said = rule.wording.in_language(language)
    assert said.endswith(".")
    assert said[0].isupper()
    assert not re.search(r"\d|\bkm\b|kilomet|ingen risk|riskfri|no risk|safe|säker", said, re.I)
