"""The report on a case: one file that stands by itself, for its reader's eyes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from placement_engine.report.html import html
from placement_engine.report.page import Drawing, Table, line, page
from placement_engine.vocabulary import Language

Placement = Callable[..., Result]
DAY = ("--as-of", "2026-11-01")
CHROMIUM = shutil.which("chromium")


class Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def standing_alone(text: str) -> Elements:
    """What is in a document, after checking that it fetches and runs nothing."""
    elements = Elements(text)
    assert not {"script", "iframe", "object", "embed", "link", "img", "form", "base"} & {
        name for name, _ in elements.found
    }
    for _, attributes in elements.found:
        assert not {"src", "href", "xlink:href", "style"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    [policy] = [m["content"] for m in elements.named("meta") if "http-equiv" in m]
    [style] = re.findall(r"<style>(.*?)</style>", text, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "url(" not in style
    return elements


@pytest.fixture
def written(placement: Placement, world: Path) -> Path:
    assert placement("propose", "C-1", "C-2", *DAY).exit_code == 0
    out = world / "c1.html"
    assert placement("report", "C-1", "--out", str(out), *DAY).exit_code == 0
    return out


def test_the_report_has_the_choices_and_their_map(placement: Placement, written: Path) -> None:
    elements = standing_alone(written.read_text("utf-8"))
    stated: dict[str, Any] = json.loads(placement("propose", "C-1", *DAY, "--json").stdout)
    assert elements.named("html") == [{"lang": "sv"}]
    marked = [a for a in elements.named("path") if a.get("class") == "marked"]
    assert len(marked) == len(stated["cases"][0]["choices"])
    assert len(elements.named("path")) == 290
    assert stated["cases"][0]["choices"][0]["name"] in elements.text
    assert "en namngiven person beslutar" in elements.text


def test_the_report_is_private_and_nothing_is_overwritten(
    placement: Placement, written: Path
) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    before = written.read_bytes()
    again = placement("report", "C-1", "--out", str(written), *DAY)
    assert again.exit_code == 2
    assert written.read_bytes() == before
    nowhere = placement("report", "C-1", "--out", str(written / "x" / "y.html"), *DAY)
    assert nowhere.exit_code == 2


def test_the_report_tells_of_one_case_alone(written: Path) -> None:
    assert "C-2" not in Elements(written.read_text("utf-8")).text


def test_a_case_without_a_proposal_has_no_report(placement: Placement, world: Path) -> None:
    out = world / "none.html"
    assert placement("report", "C-2", "--out", str(out), *DAY).exit_code == 10
    assert not out.exists()


def test_english_and_json(placement: Placement, world: Path, written: Path) -> None:
    out = world / "en.html"
    told = placement("report", "C-1", "--out", str(out), "--lang", "en", "--json", *DAY)
    assert json.loads(told.stdout)["schema"] == "placement_engine/report"
    assert json.loads(told.stdout)["file"] == str(out)
    text = out.read_text("utf-8")
    assert '<html lang="en">' in text
    assert "Proposed placement C-1" in text


def test_what_is_written_by_others_is_escaped() -> None:
    bad = '<script>alert("x")</script>\x1b[2J'
    content = page(
        line(bad),
        line(bad, strong=True),
        Table(columns=(bad,), rows=((bad,),)),
        Drawing(svg="<svg></svg>", text=bad),
    )
    text = html(content, title=bad, language=Language.ENGLISH)
    standing_alone(text)
    assert "\x1b" not in text
    assert text.count("&lt;script&gt;") == 7


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_shows_it_without_complaint(written: Path, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    shown = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--screenshot=" + str(tmp_path / "shown.png"),
            "--window-size=1000,2300",
            written.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Content Security Policy" not in shown.stderr
    assert "CONSOLE" not in shown.stderr
    # A page that was refused its style or its map is far smaller.
    assert (tmp_path / "shown.png").stat().st_size > 100_000
