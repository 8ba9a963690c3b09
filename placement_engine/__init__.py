"""Placement collision-risk engine: proposes municipalities that keep apart who collides.

``from placement_engine import PlacementEngine, Policy`` is where a case system begins.
Names load on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement_engine.cases.case import Case, read_cases
    from placement_engine.engine import PlacementEngine
    from placement_engine.errors import Fault, InvalidFiles, PlacementError
    from placement_engine.geo import Geography, Municipality, load_geography
    from placement_engine.graph import HostilePair, PairScores, RivalGraph, hostile_pairs
    from placement_engine.intelligence import (
        Facility,
        ImportSummary,
        Network,
        Placement,
        read_facilities,
        read_network,
        read_placements,
    )
    from placement_engine.policy import Policy
    from placement_engine.problem import PlacementProblem, ProblemPair, ProblemSubject
    from placement_engine.problem_json import read_problem, write_problem
    from placement_engine.proposal.decision import CaseSummary, Decision, StoredProposal
    from placement_engine.proposal.outcome import CaseProposal, Choice, Proposal, Status
    from placement_engine.provenance import Provenance
    from placement_engine.register import KeyProvider, PassphraseKey, RawKey, Register
    from placement_engine.solver import Limits, solve

_HOME = {
    "Case": "cases.case",
    "CaseProposal": "proposal.outcome",
    "CaseSummary": "proposal.decision",
    "Choice": "proposal.outcome",
    "Decision": "proposal.decision",
    "Facility": "intelligence",
    "Fault": "errors",
    "Geography": "geo",
    "HostilePair": "graph",
    "ImportSummary": "intelligence",
    "InvalidFiles": "errors",
    "KeyProvider": "register",
    "Limits": "solver",
    "Municipality": "geo",
    "Network": "intelligence",
    "PairScores": "graph",
    "PassphraseKey": "register",
    "Placement": "intelligence",
    "PlacementEngine": "engine",
    "PlacementError": "errors",
    "PlacementProblem": "problem",
    "Policy": "policy",
    "ProblemPair": "problem",
    "ProblemSubject": "problem",
    "Proposal": "proposal.outcome",
    "Provenance": "provenance",
    "RawKey": "register",
    "Register": "register",
    "RivalGraph": "graph",
    "Status": "proposal.outcome",
    "StoredProposal": "proposal.decision",
    "hostile_pairs": "graph",
    "load_geography": "geo",
    "read_cases": "cases.case",
    "read_facilities": "intelligence",
    "read_network": "intelligence",
    "read_placements": "intelligence",
    "read_problem": "problem_json",
    "solve": "solver",
    "write_problem": "problem_json",
}

__all__ = [
    "Case",
    "CaseProposal",
    "CaseSummary",
    "Choice",
    "Decision",
    "Facility",
    "Fault",
    "Geography",
    "HostilePair",
    "ImportSummary",
    "InvalidFiles",
    "KeyProvider",
    "Limits",
    "Municipality",
    "Network",
    "PairScores",
    "PassphraseKey",
    "Placement",
    "PlacementEngine",
    "PlacementError",
    "PlacementProblem",
    "Policy",
    "ProblemPair",
    "ProblemSubject",
    "Proposal",
    "Provenance",
    "RawKey",
    "Register",
    "RivalGraph",
    "Status",
    "StoredProposal",
    "hostile_pairs",
    "load_geography",
    "read_cases",
    "read_facilities",
    "read_network",
    "read_placements",
    "read_problem",
    "solve",
    "write_problem",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
