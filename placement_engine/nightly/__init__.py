"""Every placement is looked at again each night: a safe place stops being safe."""

from placement_engine.nightly.finding import (
    Change,
    ChangeKind,
    Finding,
    FindingKind,
    Look,
    Trigger,
    Urgency,
)

__all__ = ["Change", "ChangeKind", "Finding", "FindingKind", "Look", "Trigger", "Urgency"]
