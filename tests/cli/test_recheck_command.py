"""``placement recheck``, ``alerts`` and ``event`` as an operator and an officer use them."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import Result

from placement_engine.nightly import moves
from placement_engine.register.desk import Desk
from placement_engine.report.documents import schema_of
from tests.security.telling import told_of

CHROMIUM = shutil.which("chromium")
Placement = Callable[..., Result]
NIGHT = ("--as-of", "2026-11-01")
NEXT = ("--as-of", "2026-11-02")
SECRET = ("P-2", "P-3", "2403", "1082", "Boden", "Karlshamn")
"""Who is placed and where: never in what an unattended night writes."""


def document(result: Result, name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(result.stdout)
    assert made["schema"] == f"placement_engine/{name}"
    jsonschema.validate(made, schema_of(name), cls=jsonschema.Draft202012Validator)
    return made


def enter(placement: Placement, when: tuple[str, str], **told: object) -> Result:
    event = {"schema": "placement_engine/event", "version": 1, **told}
    return placement("event", "add", *when, "--json", stdin=json.dumps(event))


def test_a_silent_night_says_how_many_it_checked(placement: Placement) -> None:
    placement("recheck", *NIGHT)
    again = placement("recheck", *NIGHT)
    assert again.exit_code == 0
    assert "kontrollerade 2 av 2" in again.stdout
    assert "Inget nytt." in again.stdout


def test_what_fails_in_the_search_for_moves_is_told_after_the_night(
    placement: Placement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_night: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(moves, "moves_of", fails)
    metrics, reports = tmp_path / "night.prom", tmp_path / "reports"
    files = ("--metrics", str(metrics), "--report", str(reports))
    night = placement("recheck", *NIGHT, *files, "--json")
    assert night.exit_code == 1
    assert "canary" not in night.output
    told = document(night, "night")
    assert told["changes"]
    assert [path.name for path in reports.iterdir()] == ["recheck-2026-11-01.html"]
    # The collector must see that the night has not ended well.
    assert not metrics.exists()
    monkeypatch.undo()
    waiting = document(placement("alerts", "list", "--json"), "alerts")["alerts"]
    assert {a["id"] for a in waiting} == {c["alert"] for c in told["changes"] if c["alert"]}


def test_a_breach_is_told_once_taken_on_and_shown_to_its_owner(placement: Placement) -> None:
    placement("recheck", *NIGHT)
    entered = enter(placement, NEXT, subject="P-2", kind="photo", date="2026-11-01")
    assert entered.exit_code == 0, entered.stderr
    document(entered, "event")
    night = placement("recheck", *NEXT, "--json")
    assert night.exit_code == 5, night.stderr
    told = document(night, "night")
    [change] = [c for c in told["changes"] if c["finding"] == "event"]
    assert change["triggers"] == ["T6"]
    assert change["urgency"] == "red"
    assert change["owner"] == "U-1"
    assert placement("recheck", *NEXT).exit_code == 0
    listed = document(placement("alerts", "list", *NEXT, "--json"), "alerts")
    assert change["alert"] in {row["id"] for row in listed["alerts"]}
    assert not document(placement("alerts", "list", "--owner", "U-9", *NEXT, "--json"), "alerts")[
        "alerts"
    ]
    shown = document(placement("alerts", "show", change["alert"], *NEXT, "--json"), "alert")
    assert shown["subject"] == "P-2"
    taken = placement("alerts", "ack", change["alert"], *NEXT, "--json", stdin="A. Officer\n")
    [row] = document(taken, "alerts")["alerts"]
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "A. Officer")
    assert placement("alerts", "ack", change["alert"], *NEXT, stdin="B\n").exit_code == 10
    assert placement("alerts", "show", "0000", *NEXT).exit_code == 10


def test_a_release_that_is_dated_ahead_is_told_the_day_before(placement: Placement) -> None:
    placement("recheck", *NIGHT)
    # P-1 is placed nowhere; the actor threatens him, and was a comrade of P-3's old gang.
    told = {"actor": "T-1", "kind": "released", "date": "2026-11-10", "municipality": "1082"}
    assert enter(placement, NIGHT, **told).exit_code == 0
    before = document(placement("recheck", "--as-of", "2026-11-08", "--json"), "night")
    assert not [c for c in before["changes"] if c["finding"] == "threat_actor"]
    night = document(placement("recheck", "--as-of", "2026-11-09", "--json"), "night")
    [change] = [c for c in night["changes"] if c["finding"] == "threat_actor"]
    assert change["triggers"][0] == "T4"
    assert change["path"]
    gone = {"actor": "T-1", "kind": "arrested", "date": "2026-11-11"}
    assert enter(placement, NIGHT, **gone).exit_code == 0
    after = document(placement("recheck", "--as-of", "2026-11-11", "--json"), "night")
    assert [c["change"] for c in after["changes"] if c["finding"] == "threat_actor"] == ["gone"]


def test_faults_of_an_event_name_the_field_and_never_what_stood_there(
    placement: Placement,
) -> None:
    for told in (
        {"subject": "P-2", "kind": "nonsense", "date": "2026-11-01"},
        {"subject": "P-2", "kind": "photo", "date": "yesterday-1082"},
        {"subject": "P-2", "kind": "released", "date": "2026-11-01"},
        {"subject": "nobody-9", "kind": "photo", "date": "2026-11-01"},
        {"actor": "T-1", "kind": "moved", "date": "2026-11-01", "municipality": "9999"},
        {"subject": "P-2", "kind": "photo", "date": "2026-11-01", "extra": 1},
    ):
        result = enter(placement, NIGHT, **told)
        assert result.exit_code == 10
        assert not re.search("1082|nobody-9|9999|P-2", result.stdout + result.stderr)
    assert placement("event", "add", *NIGHT, stdin="{").exit_code == 10


def test_report_and_metrics_are_private_files_that_name_no_place(
    placement: Placement, world: Path
) -> None:
    night = placement(
        "recheck", *NIGHT, "--report", str(world / "out"), "--metrics", str(world / "m.prom")
    )
    page = world / "out" / "recheck-2026-11-01.html"
    text = page.read_text("utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert stat.S_IMODE((world / "m.prom").stat().st_mode) == 0o640
    metrics = (world / "m.prom").read_text("utf-8")
    assert "placement_recheck_placements_checked 2" in metrics
    for line in metrics.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? \S+', line)
    drawn = re.sub(r' d="[^"]*"', "", text)  # outlines are the same every night
    for told in (drawn, metrics, night.stdout, night.stderr):
        assert told_of(told, SECRET) == []


def test_only_a_named_analyst_sees_the_map_by_county(
    placement: Placement, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = world / "out" / "recheck-2026-11-01.html"
    placement("recheck", *NIGHT, "--report", str(world / "out"))
    assert "per län" in page.read_text("utf-8")
    monkeypatch.setattr(Desk, "may", lambda _desk, call: call != "map_by_county")
    placement("recheck", *NIGHT, "--report", str(world / "out"))
    again = world / "out" / "recheck-2026-11-01-2.html"
    assert "per polisregion" in again.read_text("utf-8")


def test_a_night_that_is_run_again_leaves_the_first_report_as_it_is(
    placement: Placement, world: Path
) -> None:
    page = world / "out" / "recheck-2026-11-01.html"
    placement("recheck", "--as-of", "2026-10-31")
    enter(placement, NIGHT, subject="P-2", kind="photo", date="2026-11-01")
    assert placement("recheck", *NIGHT, "--report", str(world / "out")).exit_code == 5
    first = page.read_bytes()
    for _ in range(2):
        assert placement("recheck", *NIGHT, "--report", str(world / "out")).exit_code == 0
    assert page.read_bytes() == first
    assert sorted(path.name for path in (world / "out").iterdir()) == [
        "recheck-2026-11-01-2.html",
        "recheck-2026-11-01-3.html",
        "recheck-2026-11-01.html",
    ]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (world / "out").iterdir())


def test_a_report_that_has_nowhere_to_go_is_refused_before_the_night(
    placement: Placement, world: Path
) -> None:
    (world / "file").write_text("")
    refused = placement("recheck", *NIGHT, "--report", str(world / "file"))
    assert refused.exit_code == 2
    assert document(placement("recheck", *NIGHT, "--json"), "night")["number"] == 1


def test_units_are_printed_and_say_what_they_must(placement: Placement, tmp_path: Path) -> None:
    from placement_engine.nightly.schedule import MUST_SAY, NAMES, missing_lines, unit_text

    printed = placement("recheck", "--print-units").stdout
    for wanted in ("Persistent=true", "PrivateNetwork=yes", "LoadCredentialEncrypted="):
        assert wanted in printed
    empty, cron = tmp_path / "units", tmp_path / "cron"
    empty.mkdir()
    assert missing_lines(empty, cron) is None
    cron.write_text(unit_text("placement-recheck.cron"))
    assert missing_lines(empty, cron) == {}
    cron.write_text("# 30 2 * * * placement umask 077; placement recheck || [ $? -eq 5 ]\n")
    assert missing_lines(empty, cron) == {
        "placement-recheck.cron": MUST_SAY["placement-recheck.cron"]
    }
    cron.unlink()
    for name in NAMES:
        (empty / name).write_text(unit_text(name))
    assert missing_lines(empty, cron) == {}
    timer = empty / "placement-recheck.timer"
    timer.write_text(timer.read_text().replace("Persistent=true", "#Persistent=true"))
    assert missing_lines(empty, cron) == {"placement-recheck.timer": ("Persistent=true",)}
    timer.unlink()
    told = missing_lines(empty, cron)
    assert told == {"placement-recheck.timer": MUST_SAY["placement-recheck.timer"]}


def test_progress_is_json_lines_when_asked(placement: Placement) -> None:
    told = placement("recheck", *NIGHT, "--progress").stderr.splitlines()
    lines = [json.loads(line) for line in told if line.startswith("{")]
    assert lines[-1] == {"done": 2, "of": 2}


def test_a_cluster_without_tls_is_refused(placement: Placement) -> None:
    assert placement("recheck", *NIGHT, "--cluster", "tcp://localhost:1").exit_code == 11
    assert placement("recheck", *NIGHT, "--cluster", "tls://localhost:1").exit_code == 11
    assert placement("recheck", *NIGHT, "--since", "2026-01-01").exit_code == 2


@pytest.mark.parametrize("night", ["light", "dark"])
def test_the_report_is_drawn_by_a_browser(placement: Placement, world: Path, night: str) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium here")
    placement("recheck", *NIGHT, "--report", str(world / "out"))
    picture = world / "picture.png"
    dark = ["--force-dark-mode"] if night == "dark" else []
    subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *dark,
            f"--user-data-dir={world / 'profile'}", "--window-size=1000,1600",
            f"--screenshot={picture}", (world / "out" / "recheck-2026-11-01.html").as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000  # a page that could not be drawn is a few thousand
