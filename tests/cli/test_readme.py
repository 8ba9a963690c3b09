"""README, docs and program cannot drift apart."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from placement_engine import Policy, load_geography, read_cases, read_network
from placement_engine.errors import EXIT_CODES

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for folder in (ROOT, ROOT / "docs", ROOT / "docs" / "adr") for path in folder.glob("*.md")
)

WORDS = (
    "subject",
    "household",
    "case",
    "placement",
    "register",
    "tie",
    "bond",
    "enmity",
    "grade",
    "origin",
    "hostility",
    "leaver",
    "reunion",
    "presence",
    "municipality",
    "exposure",
    "collision risk",
    "micro-nat",
    "separation",
    "risk band",
    "ceiling",
    "unknown",
    "policy",
    "rule",
    "problem",
    "proposal",
    "witness",
    "minimal conflict",
    "override",
    "recheck",
)


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def blocks() -> ModuleType:
    """The script behind ``make docs``."""
    spec = importlib.util.spec_from_file_location("help_blocks", ROOT / "docs" / "help_blocks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help_blocks_are_what_the_program_says(blocks: ModuleType) -> None:
    text = read("README.md")
    assert len(blocks.BLOCK.findall(text)) >= 2
    assert blocks.rewritten(text) == text, "run: make docs"


def test_the_page_of_commands_is_what_the_program_says(blocks: ModuleType) -> None:
    assert blocks.commands_page() == read("docs/commands.md"), "run: make docs"


def test_the_readme_names_every_command_and_no_other(blocks: ModuleType) -> None:
    table = read("README.md").partition("| command | what it does |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `placement ([a-z -]+?)(?: [A-Z-].*?)?` \|", table, re.MULTILINE)
    assert sorted(named) == sorted(blocks.command_names())


def test_the_readme_names_every_exit_code_and_no_other() -> None:
    sentence = read("README.md").partition("Exit codes:")[2].partition("\n\n")[0]
    told = {int(code) for code in re.findall(r"\*\*(\d+)\*\*", sentence)}
    assert told == set(EXIT_CODES)


def test_the_two_commands_are_there() -> None:
    text, makefile = read("README.md"), read("Makefile")
    for command in ("demo", "test"):
        assert f"\n$ make {command}\n" in text
        assert f"\n{command}:" in makefile


def test_without_make_the_readme_does_what_the_makefile_does() -> None:
    lines = read("README.md").partition("Without make")[2].partition("```console\n")[2]
    shell = [line.removeprefix("$ ") for line in lines.partition("```")[0].splitlines()]
    makefile = read("Makefile").replace("$(BIN)", ".venv/bin").replace("$(VENV)", ".venv")
    makefile = makefile.replace("--quiet --disable-pip-version-check ", "")
    assert len(shell) >= 4
    for line in shell[1:]:
        assert f"\t{line}\n" in makefile, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not link.startswith(("http:", "https:", "mailto:", "#")):
            assert (page.parent / link.partition("#")[0]).exists(), link


def test_every_page_is_reached_from_the_index() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", read("docs/index.md")))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - {"index.md"} <= linked


def test_every_test_that_holds_a_promise_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", read("SECURITY.md"))
    assert len(named) >= 20
    for path, name in named:
        assert f"\ndef {name}(" in read(path), f"{path}::{name}"


def example(kind: str) -> str:
    """The one example of docs/formats.md in this format."""
    [found] = re.findall(rf"```{kind}\n(.*?)```", read("docs/formats.md"), re.DOTALL)
    return str(found)


def test_the_case_in_the_docs_is_a_case() -> None:
    codes = frozenset(load_geography(Policy.default()).codes)
    [case] = read_cases(json.dumps(json.loads(example("json"))), codes=codes)
    assert case.demand == 2
    assert [need.value for need in case.needs] == ["psychiatry", "school"]


def test_the_ties_in_the_docs_are_ties(tmp_path: Path) -> None:
    text = example("csv")
    ends = {row[key] for row in csv.DictReader(text.splitlines()) for key in ("a", "b")}
    people = "".join(f"{end},subject\n" for end in sorted(ends) if end.startswith("P"))
    groups = "".join(
        f"{end},self_defined,criminal_network\n" for end in sorted(ends) if end.startswith("G")
    )
    (tmp_path / "persons.csv").write_text(f"person_id,role\n{people}", "utf-8")
    (tmp_path / "groups.csv").write_text(f"group_id,category,environment\n{groups}", "utf-8")
    (tmp_path / "ties.csv").write_text(text, "utf-8")
    (tmp_path / "presence.csv").write_text(
        "actor,municipality,strength,source,information,last_seen\n", "utf-8"
    )
    assert len(read_network(tmp_path, codes=frozenset()).nodes) == len(ends)


def test_the_glossary_has_a_paragraph_for_each_word_of_the_domain() -> None:
    told = read("GLOSSARY.md").lower()
    for word in WORDS:
        assert re.search(rf"^(?:\*\*[\w -]+\*\* and )?\*\*{word}\*\*", told, re.MULTILINE), word


def test_nobody_promises_that_there_is_no_risk() -> None:
    """The words may stand only where they are refused."""
    for page in PAGES:
        text = " ".join(page.read_text("utf-8").lower().split())
        for found in re.finditer(r"\b(no risk|risk-free|risk free|ingen risk|100 % safe)\b", text):
            before = text[max(0, found.start() - 40) : found.start()]
            assert re.search(r"\b(never|not)\b", before), f"{page.name}: …{before}{found[0]}"
