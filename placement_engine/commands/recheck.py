"""``placement recheck``: every placement is looked at again; made to run unattended."""

from __future__ import annotations

import os
import secrets
import sys
import time
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.errors import UsageError

if TYPE_CHECKING:
    from placement_engine.nightly.executor import Executor
    from placement_engine.nightly.recheck import Night

COLLISIONS = 5
"""Exit code where something is new or worse."""


@shared(REGISTER, MODEL, OUTPUT)
def recheck(
    run: Run,
    *,
    since: Annotated[
        str, typer.Option("--since", metavar="last", help="Compare with; only `last` exists.")
    ] = "last",
    full: Annotated[
        bool, typer.Option("--full", help="Compute everything anew; the answer is the same.")
    ] = False,
    report: Annotated[
        str | None, typer.Option("--report", metavar="DIR", help="Write one HTML file there.")
    ] = None,
    metrics: Annotated[
        str | None, typer.Option("--metrics", metavar="FILE", help="Write Prometheus metrics.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Processes; default 1.")
    ] = 1,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="tls://…", help="Dask scheduler; TLS is required."),
    ] = None,
    cluster_tls: Annotated[
        str | None,
        typer.Option(
            "--cluster-tls", metavar="DIR", help="Folder with ca.pem, cert.pem and key.pem."
        ),
    ] = None,
    progress: Annotated[
        bool, typer.Option("--progress", help="Tell progress as JSON lines on standard error.")
    ] = False,
    print_units: Annotated[
        bool, typer.Option("--print-units", help="Print the systemd units and a cron line.")
    ] = False,
) -> int:
    """Look at every placement again and tell what is new, worse, better or gone."""
    if print_units:
        _print_units()
        return 0
    if since != "last":
        raise UsageError("--since takes only `last`.", do="Leave it out.")
    if workers < 1:
        raise UsageError("--workers is out of range.")
    from placement_engine.nightly.moves import NOBODY, moves_of, not_known
    from placement_engine.nightly.recheck import recheck as look_again
    from placement_engine.nightly.telling import night_body
    from placement_engine.report.night_page import night_page

    folder = None if report is None else _folder(report)
    moves = NOBODY
    failed: Exception | None = None

    def find_moves(night: Night) -> None:
        nonlocal moves, failed
        try:
            moves, failed = moves_of(night), None
        except Exception as error:  # told after the alerts, which must not be lost by it
            moves, failed = not_known(night), error

    start = time.monotonic()
    with run.engine() as engine:
        night = look_again(
            engine.register,
            policy=engine.policy,
            geography=engine.geography,
            as_of=engine.as_of,
            clock=time.monotonic,
            entropy=secrets.token_bytes,
            full=full,
            executor=_executor(workers, cluster, cluster_tls),
            progress=_progress(progress),
            before_writing=find_moves,
        )
        body = night_body(night, moves, notices=run.notices(engine))
        if folder is not None:
            by_county = engine.register.desk.may("map_by_county")
            _report(run, folder, night, body, by_county=by_county)
    run.output.result(body, night_page(body, run.language))
    if failed is not None:
        raise failed
    if metrics is not None:
        _metrics(Path(metrics), night, body, time.monotonic() - start)
    return 0 if night.is_silent else COLLISIONS


def _executor(workers: int, cluster: str | None, tls: str | None) -> Executor:
    """Who does the tasks."""
    from placement_engine.nightly.executor import Serial

    if cluster is not None:
        from placement_engine.nightly.cluster import Cluster

        return Cluster.connect(cluster, None if tls is None else Path(tls))
    if workers > 1:
        from placement_engine.nightly.processes import Processes

        return Processes(workers)
    return Serial()


def _progress(as_json: bool) -> Any:
    """Progress on a terminal or as JSON lines, or none: logs of the night stay quiet."""
    import json

    def lines(done: int, total: int) -> None:
        sys.stderr.write(json.dumps({"done": done, "of": total}) + "\n")
        sys.stderr.flush()

    def bar(done: int, total: int) -> None:
        width = 40 * done // max(total, 1)
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r[{'#' * width}{'.' * (40 - width)}] {done}/{total}{end}")
        sys.stderr.flush()

    if as_json:
        return lines
    return bar if sys.stderr.isatty() else lambda _done, _total: None


def _folder(report: str) -> Path:
    """The folder for the report, made before the night so that it has somewhere to go."""
    folder = Path(report)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(error, unchanged="Nothing was looked at.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(OSError(), unchanged="Nothing was looked at.")
    return folder


def _report(run: Run, folder: Path, night: Night, body: Any, *, by_county: bool) -> None:
    from placement_engine.nightly.page import night_html

    name = f"recheck-{night.as_of.isoformat()}"
    text = night_html(night, body, run.language, by_county=by_county)
    try:
        beside = folder / f".{name}.{os.getpid()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(_free_name(folder, name))
    except OSError as error:
        raise _unwritable(error, unchanged="The night itself is done and kept.") from None


def _free_name(folder: Path, name: str) -> Path:
    """A file of this night alone: one that is run again does not take the place of the first."""
    numbers = (f"-{number}" for number in count(2))
    for last in chain([""], numbers):
        path = folder / f"{name}{last}.html"
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise AssertionError("unreachable")


def _unwritable(error: OSError, *, unchanged: str) -> UsageError:
    return UsageError(
        f"--report: {(error.strerror or 'it cannot be written').lower()}.",
        unchanged=unchanged,
        do="Name a folder that you may write to and run again.",
    )


def _metrics(path: Path, night: Night, body: Any, seconds: float) -> None:
    from placement_engine.nightly.metrics import metrics_text, write_atomically

    try:
        text = metrics_text(night, body, finished=time.time(), seconds=seconds)
        write_atomically(path, text)
    except OSError as error:
        raise UsageError(
            f"--metrics: {(error.strerror or 'it cannot be written').lower()}.",
            unchanged="The night itself is done and kept.",
            do="Name a file in a folder that you may write to.",
        ) from None


def _print_units() -> None:
    from placement_engine.commands.output import write
    from placement_engine.nightly.schedule import NAMES, unit_text

    write("\n".join(f"# --- {name} ---\n{unit_text(name)}" for name in NAMES).rstrip())
