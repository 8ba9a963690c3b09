"""The units that run the night by itself, and whether installed ones still say what they must."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

NAMES = ("placement-recheck.service", "placement-recheck.timer", "placement-recheck.cron")
SYSTEM = Path("/etc/systemd/system")
MUST_SAY = {
    "placement-recheck.service": (
        "PrivateNetwork=yes",
        "LoadCredentialEncrypted=placement-passphrase:",
        "SuccessExitStatus=5",
        "LimitCORE=0",
        "UMask=0077",
    ),
    "placement-recheck.timer": ("Persistent=true", "OnCalendar="),
}
"""Without these lines a night is lost, tells its key, or talks to a network."""


def unit_text(name: str) -> str:
    """The text of one shipped unit."""
    folder = resources.files("placement_engine").joinpath("nightly", "units")
    return folder.joinpath(name).read_text("utf-8")


def missing_lines(folder: Path = SYSTEM) -> dict[str, tuple[str, ...]] | None:
    """What installed units lack, by unit; None if no unit is installed there.

    A timer without its service, or the other way round, lacks all.
    """
    if not any((folder / name).is_file() for name in MUST_SAY):
        return None
    missing: dict[str, tuple[str, ...]] = {}
    for name, wanted in MUST_SAY.items():
        path = folder / name
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
        told = [line.strip() for line in lines if not line.lstrip().startswith(("#", ";"))]
        lacks = tuple(w for w in wanted if not any(line.startswith(w) for line in told))
        if lacks:
            missing[name] = lacks
    return missing
