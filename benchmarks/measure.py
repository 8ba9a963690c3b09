"""Timing: medians of interleaved runs, peak memory of a child, one table."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

MEASURED_WITH = ("numpy", "ortools", "cryptography", "typer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a result; `target` None is told for comparison only."""

    what: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""

    @property
    def told(self) -> str:
        """The value with its unit; whole numbers without one, such as objectives, exactly."""
        exact = self.unit == "" and float(self.value).is_integer()
        value = f"{self.value:.0f}" if exact else f"{self.value:.3g}"
        return f"{value} {self.unit}".rstrip()

    @property
    def asked(self) -> str:
        """The target with its unit, empty where there is none; whole numbers exactly."""
        if self.target is None:
            return ""
        exact = float(self.target).is_integer()
        return f"≤ {self.target:{'.0f' if exact else 'g'}} {self.unit}".rstrip()

    @property
    def met(self) -> bool:
        """Whether the value is within its target."""
        return self.target is None or self.value <= self.target

    def document(self) -> dict[str, object]:
        """The row for JSON."""
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A finished process: wall and processor seconds, peak resident bytes, exit code."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    code: int
    output: bytes


def child(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Child:
    """Run a process to its end; what it writes to standard output is kept."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    per_unit = 1 if sys.platform == "darwin" else 1024
    return Child(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * per_unit,
        code=process.returncode,
        output=output,
    )


def compiled_once(folder: Path) -> dict[str, str]:
    """Environment of a child whose modules are compiled but once, as pip compiles them."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def seconds_of(work: Callable[[], object], runs: int) -> float:
    """Median wall seconds of `work`."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken)


def machine() -> dict[str, str]:
    """What the numbers depend on; nothing that tells whose machine it is."""
    return {
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in MEASURED_WITH},
    }


def table(rows: Sequence[Row]) -> str:
    """Rows as aligned text."""
    lines = [("what", "median", "target", "", "note")]
    for row in rows:
        verdict = "" if row.target is None else ("met" if row.met else "MISSED")
        lines.append((row.what, row.told, row.asked, verdict, row.note))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
