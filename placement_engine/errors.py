"""One tree of errors. Each class has a code and an exit code.

A message says what happened, to which thing, what is unchanged and what to do next. It
never holds a name, a municipality of a placed person, a key or a raw row: a traceback
of these errors may be read by an operator who may not read the register.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class PlacementError(Exception):
    """The root: our fault unless a subclass says otherwise."""

    code: ClassVar[str] = "PE-0100"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, unchanged: str = "", do: str = "") -> None:
        self.what = what
        self.unchanged = unchanged
        self.do = do
        super().__init__(" ".join(part for part in (f"{self.code} {what}", unchanged, do) if part))


class UsageError(PlacementError):
    """The command was given in a way that it cannot be run."""

    code = "PE-0200"
    exit_code = 2


class Interrupted(PlacementError):
    """Somebody stopped the program before there was an answer."""

    code = "PE-0300"
    exit_code = 130


class InvalidInput(PlacementError):
    """A file or document that was handed in is wrong."""

    code = "PE-1000"
    exit_code = 10


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of an input: where it is and what to do, never what stood there.

    ``line`` counts from 1 with the header as line 1; 0 means the file as a whole.
    """

    file: str
    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.column}:" if self.column else ""
        return f"{where}:{field} {self.problem}"


class InvalidFiles(InvalidInput):
    """All faults of an import, collected and raised once.

    Parameters
    ----------
    faults
        The faults; of very many, the first ones.
    more
        How many there are besides, which were counted alone.
    """

    code = "PE-1010"
    shown: ClassVar[int] = 20

    def __init__(
        self, faults: Iterable[Fault], *, what: str = "The input was refused", more: int = 0
    ) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(faults))
        self.count = n = len(self.faults) + more
        lines = [f"  {fault}" for fault in self.faults[: self.shown]]
        if n > len(lines):
            listed = f"the first {len(self.faults)}" if more else "all"
            lines.append(f"  and {n - len(lines)} more; --json lists {listed}")
        super().__init__(
            f"{what}: {n} fault{'s' if n != 1 else ''}.",
            unchanged="Nothing was imported.",
            do="Mend these and run again:\n" + "\n".join(lines),
        )


class InvalidProblem(InvalidInput):
    """A placement problem whose arrays contradict each other; names the field."""

    code = "PE-1020"


class InvalidCase(InvalidInput):
    """A case document that cannot be used; names the field."""

    code = "PE-1030"


class CaseGate(InvalidInput):
    """Consent or eligibility is missing, so nothing is computed."""

    code = "PE-1040"


class UnknownReference(InvalidInput):
    """A case, choice, person or code that is not known here."""

    code = "PE-1050"


class StaleProposal(InvalidInput):
    """What was proposed no longer holds, because the register or the network has changed."""

    code = "PE-1060"


class InvalidJudgement(InvalidInput):
    """A judgement of the network that cannot be made as things stand."""

    code = "PE-1080"


class InvalidPolicy(PlacementError):
    """The policy file is wrong."""

    code = "PE-1100"
    exit_code = 11


class InvalidConfiguration(PlacementError):
    """Options or configuration contradict each other or are missing."""

    code = "PE-1110"
    exit_code = 11


class DataFault(PlacementError):
    """The shipped municipality data are incomplete or altered."""

    code = "PE-1120"
    exit_code = 11


class MissingExtra(PlacementError):
    """Something was asked for whose library is not installed."""

    code = "PE-1130"
    exit_code = 11

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(
            f"{what} needs a library that is not installed.",
            unchanged="Nothing was changed.",
            do=f"Run: pip install placement-engine[{extra}].",
        )


class RegisterUnavailable(PlacementError):
    """The register is busy, missing, full or read-only."""

    code = "PE-1200"
    exit_code = 12


class NewerFormat(RegisterUnavailable):
    """A later release wrote this register, in a format that this one cannot read."""

    code = "PE-1210"


class WrongKey(PlacementError):
    """The passphrase or key does not open this register."""

    code = "PE-1300"
    exit_code = 13


class IntegrityBroken(PlacementError):
    """The register was altered outside the program."""

    code = "PE-1400"
    exit_code = 14


class NotPermitted(PlacementError):
    """The caller may not do this."""

    code = "PE-1500"
    exit_code = 15


class ApprovalNeeded(NotPermitted):
    """A second person has to sign first; the request waits in the register."""

    code = "PE-1510"


EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "our fault (also status faulted)",
    2: "usage",
    3: "no safe placement (confirmed; for several cases: the joint problem has none)",
    4: "undecided in the time given",
    5: "collisions found",
    10: "input invalid",
    11: "configuration",
    12: "register busy or unavailable",
    13: "key wrong or missing",
    14: "integrity broken",
    15: "not permitted",
    130: "interrupted (best witnessed answer printed, marked so)",
}
"""Every exit code of the program, for ``placement help exit-codes``."""
