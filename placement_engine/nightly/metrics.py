"""What a monitor reads of a night: the text format of Prometheus, written atomically.

See the exposition format, version 0.0.4: a HELP and a TYPE line, then the samples.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from placement_engine.nightly.recheck import Night
from placement_engine.report.night_bodies import NightBody

Sample = tuple[dict[str, str], float]


def metrics_text(night: Night, body: NightBody, *, finished: float, seconds: float) -> str:
    """All metrics of a night.

    Parameters
    ----------
    finished
        Seconds since 1970 at which it ended.
    seconds
        How long it took.
    """
    covered = sum(not unknown for unknown in _unknown(night))
    stages: list[Sample] = [({"stage": stage}, value) for stage, value in night.seconds.items()]
    alerts: list[Sample] = [
        ({"code": row.code, "severity": row.urgency}, row.alerts) for row in body.waiting
    ]
    parts = [
        _metric("last_success_timestamp_seconds", "When the last night ended.", [({}, finished)]),
        _metric(
            "placements_checked", "Placements that the night answers for.", [({}, night.total)]
        ),
        _metric("placements_computed", "Placements computed anew.", [({}, night.looked_at)]),
        _metric("alerts_waiting", "Alerts that nobody has acknowledged.", alerts),
        _metric(
            "changes",
            "Changes told by the night.",
            [
                ({"kind": "new"}, body.counts.new),
                ({"kind": "worse"}, body.counts.worse),
                ({"kind": "better"}, body.counts.better),
                ({"kind": "gone"}, body.counts.gone),
            ],
        ),
        _metric("duration_seconds", "How long the night took.", [({}, seconds)]),
        _metric("stage_seconds", "How long each stage took.", stages),
        _metric(
            "coverage_ratio",
            "Part of the placed people about whom enough is on record.",
            [({}, covered / night.total if night.total else 1.0)],
        ),
    ]
    return "".join(parts)


def write_atomically(path: Path, text: str) -> None:
    """Put `text` in place of a file in one step, so that nobody reads half of it.

    Its group may read it, whatever the mask: another user's collector fetches it.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o640)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _unknown(night: Night) -> Iterable[bool]:
    from placement_engine.nightly.finding import FindingKind

    for standing in night.state.standings.values():
        yield any(finding.kind is FindingKind.UNKNOWN for finding in standing.findings)


def _metric(name: str, about: str, samples: Iterable[Sample]) -> str:
    full = f"placement_recheck_{name}"
    lines = [f"# HELP {full} {about}", f"# TYPE {full} gauge"]
    for labels, value in samples:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{full}{{{told}}} {value!r}" if told else f"{full} {value!r}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
