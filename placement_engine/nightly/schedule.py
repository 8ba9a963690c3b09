"""The units that run the night by itself, and whether installed ones still say what they must."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

NAMES = ("placement-recheck.service", "placement-recheck.timer", "placement-recheck.cron")
CRON_NAME = NAMES[2]
SYSTEM = Path("/etc/systemd/system")
CRON = Path("/etc/cron.d/placement-recheck")
MUST_SAY = {
    "placement-recheck.service": (
        "PrivateNetwork=yes",
        "LoadCredentialEncrypted=placement-passphrase:",
        "SuccessExitStatus=5",
        "LimitCORE=0",
        "UMask=0077",
    ),
    "placement-recheck.timer": ("Persistent=true", "OnCalendar="),
    CRON_NAME: ("placement recheck", "umask 077", "-eq 5"),
}
"""Without these lines a night is lost, tells its key, or talks to a network."""


def unit_text(name: str) -> str:
    """The text of one shipped unit."""
    folder = resources.files("placement_engine").joinpath("nightly", "units")
    return folder.joinpath(name).read_text("utf-8")


def missing_lines(folder: Path = SYSTEM, cron: Path = CRON) -> dict[str, tuple[str, ...]] | None:
    """What installed units and an installed cron line lack, by name; None if none is installed.

    A timer without its service, or the other way round, lacks all.
    """
    units = {name: folder / name for name in MUST_SAY if name != CRON_NAME}
    installed = {name: path for name, path in units.items() if path.is_file()}
    wanted = units if installed else {}
    if cron.is_file():
        wanted = wanted | {CRON_NAME: cron}
    if not wanted:
        return None
    missing = {name: _lacking(name, path) for name, path in wanted.items()}
    return {name: lacks for name, lacks in missing.items() if lacks}


def _lacking(name: str, path: Path) -> tuple[str, ...]:
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    told = [line.strip() for line in lines if not line.lstrip().startswith(("#", ";"))]
    if name == CRON_NAME:  # one line says it all
        return tuple(w for w in MUST_SAY[name] if not any(w in line for line in told))
    return tuple(w for w in MUST_SAY[name] if not any(line.startswith(w) for line in told))
