"""Proofs that were run alone take the places of their rows in docs/PROOFS.md."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

PROVE = Path(__file__).parents[2] / "docs" / "prove.py"
REPORT = """<testsuites><testsuite timestamp="2026-11-23T09:06:28">
<testcase name="test_10_000_kills_lose_nothing" time="60.7"/>
<testcase name="test_two_agree[a]" time="1.2"><failure/></testcase>
</testsuite></testsuites>"""
ROWS = [
    "| 10 000 kills lose nothing | 10 000 | held | 61 | 2026-11-23 | abc |",
    "| two agree[a] |  | FAILED | 1 | 2026-11-23 | abc |",
]


@pytest.fixture(scope="module")
def prove() -> Any:
    spec = importlib.util.spec_from_file_location("prove", PROVE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_report_becomes_rows(prove: Any, tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(REPORT)
    assert prove.proof_rows(tmp_path / "r.xml", "abc") == ROWS


def test_a_row_takes_the_place_of_its_proof_and_others_stay(prove: Any) -> None:
    other = "| an older one | | held | 5 | 2026-11-01 | |"
    old = ROWS[0].replace("held", "FAILED")
    text = "\n".join(["# Page", "", *prove.HEAD, old, other, "", "## Mutants", ""])
    told = prove.folded(text, ROWS)
    assert told == "\n".join(
        ["# Page", "", *prove.HEAD, ROWS[0], other, ROWS[1], "", "## Mutants", ""]
    )
    assert prove.folded(told, []) == told
    with pytest.raises(ValueError, match="no table"):
        prove.folded("# Page", ROWS)


def test_the_page_has_the_table_that_rows_are_written_into(prove: Any) -> None:
    page = prove.PAGE.read_text("utf-8")
    assert prove.folded(page, []) == page
    made = prove.page(ROWS, [])
    assert prove.folded(made, ROWS) == made
