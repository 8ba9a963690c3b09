"""``placement doctor``: whether the program can do its work here."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.commands.settings import without_credentials
from placement_engine.errors import InvalidConfiguration, PlacementError
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.report.bodies import CheckRow

PYTHON: Final = ((3, 11), (3, 14))
"""The first version that is supported and the first that is not."""
PACKAGES: Final = (
    "cryptography",
    "geopandas",
    "networkx",
    "numpy",
    "ortools",
    "platformdirs",
    "pydantic",
    "shapely",
    "typer",
)
OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO


@shared(REGISTER, MODEL, OUTPUT)
def doctor(
    run: Run,
    *,
    warm: Annotated[
        bool, typer.Option("--warm", help="Compile the kernels ahead, for all later runs.")
    ] = False,
) -> int:
    """Check the installation, the data, the cache and the register file."""
    from placement_engine.report.bodies import DoctorBody
    from placement_engine.report.page import Table, page

    if warm:
        from placement_engine.graph import warming as of_graph
        from placement_engine.solver import warming as of_solver

        of_graph.warm()
        of_solver.warm()
    checks = tuple(
        _check(name, check, run)
        for name, check in (
            ("python", _python),
            ("packages", _packages),
            ("policy", _policy),
            ("municipalities", _municipalities),
            ("cache", _cache),
            ("register", _register),
            ("passphrase", _passphrase),
            ("core dumps", _core_dumps),
            ("nightly units", _nightly),
        )
    )
    body = DoctorBody(ok=all(row.ok for row in checks), checks=checks)
    swedish = run.language is Language.SWEDISH
    fault = "FEL" if swedish else "FAULT"
    table = Table(
        columns=("kontroll", "svar", "uppgift") if swedish else ("check", "answer", "detail"),
        rows=tuple((row.check, "ok" if row.ok else fault, row.detail) for row in checks),
    )
    run.output.result(body, page(table))
    return 0 if body.ok else InvalidConfiguration.exit_code


def _check(name: str, check: Callable[[Run], str], run: Run) -> CheckRow:
    """One check; a `PlacementError` is its fault, in its own words."""
    from placement_engine.report.bodies import CheckRow

    try:
        return CheckRow(check=name, ok=True, detail=check(run))
    except PlacementError as error:
        detail = " ".join(part for part in (error.what, error.do) if part)
        return CheckRow(check=name, ok=False, detail=detail)


def _python(run: Run) -> str:
    del run
    version = ".".join(str(part) for part in sys.version_info[:3])
    if not PYTHON[0] <= sys.version_info[:2] < PYTHON[1]:
        raise InvalidConfiguration(f"Python {version} is not supported.", do="Use 3.11 to 3.13.")
    return version


def _packages(run: Run) -> str:
    from importlib import metadata

    del run
    missing = []
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        raise InvalidConfiguration(f"Not installed: {', '.join(missing)}.", do="Install again.")
    return ", ".join(found)


def _policy(run: Run) -> str:
    return f"{run.policy().name} {run.policy().hash[:12]}"


def _municipalities(run: Run) -> str:
    """Loaded from the data itself, past the cache, so that every checksum is compared."""
    from placement_engine.geo import load_geography

    geography = load_geography(run.policy())
    return f"{len(geography.codes)}, {geography.content_hash[:12]}"


def _cache(run: Run) -> str:
    folder = run.cache_dir
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        raise InvalidConfiguration(
            f"The cache folder {folder} cannot be written.", do="Set cache_dir."
        )
    return str(folder)


def _register(run: Run) -> str:
    if run.settings["register"].value is None:
        return "–"
    location = run.register_location
    if "://" in location:
        from placement_engine.register.location import open_store

        open_store(location, read_only=True).close()
        return without_credentials(location)
    path = Path(location)
    if not path.exists():
        raise InvalidConfiguration("The register file does not exist.", do="See: register init.")
    _private(path, "register file")
    return str(path)


def _passphrase(run: Run) -> str:
    named = run.settings["passphrase_file"].value
    if named is None:
        return "–"
    path = Path(named)
    if not path.is_file():
        raise InvalidConfiguration("The passphrase file does not exist.", do="Check the path.")
    _private(path, "passphrase file")
    return str(path)


def _private(path: Path, what: str) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & OTHERS_MAY:
        raise InvalidConfiguration(
            f"The {what} can be read by others (mode {mode:04o}).", do="Set mode 0600."
        )


def _core_dumps(run: Run) -> str:
    """That this process can forbid them, as every command over the register does first."""
    del run
    from placement_engine.register.hardening import forbid_core_dumps

    if os.name != "posix":
        return "–"
    if not forbid_core_dumps():
        raise InvalidConfiguration("Core dumps cannot be forbidden.", do="Run: ulimit -c 0.")
    return "0"


def _nightly(run: Run) -> str:
    """That installed units of the nightly recheck still say what they must."""
    from placement_engine.nightly.schedule import missing_lines

    del run
    missing = missing_lines()
    if missing is None:
        return "–"
    if missing:
        told = "; ".join(f"{name}: {', '.join(lines)}" for name, lines in missing.items())
        raise InvalidConfiguration(
            f"Units of the nightly recheck lack lines: {told}.",
            do="Install them again: placement recheck --print-units.",
        )
    return "ok"
