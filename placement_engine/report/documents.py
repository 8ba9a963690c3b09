"""JSON documents and their schemas, both from the same types.

Every document has ``schema`` and ``version`` first. The schemas under ``schemas/`` are
made by ``python -m placement_engine.report.documents``; a test holds them up to date.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import TypeAdapter

from placement_engine.cases.case import Case
from placement_engine.proposal.outcome import Proposal
from placement_engine.proposal.sensitivity import SensitivityTable
from placement_engine.proposal.uncertainty import Uncertainty
from placement_engine.report import (
    analysis_bodies,
    bodies,
    keeper_bodies,
    network_bodies,
    night_bodies,
    register_bodies,
)
from placement_engine.report.demo_page import DemoBody
from placement_engine.report.entered import ProblemDocument, ScenariosDocument

VERSION = 1
PREFIX = "placement_engine/"

DOCUMENTS: Final[Mapping[str, type]] = MappingProxyType(
    {
        "balance": analysis_bodies.BalanceBody,
        "alert": night_bodies.AlertBody,
        "alerts": night_bodies.AlertsBody,
        "anchor": register_bodies.AnchorBody,
        "audit": register_bodies.AuditBody,
        "audit_log": register_bodies.LogBody,
        "audit_proof": register_bodies.ProofBody,
        "backup": keeper_bodies.BackupBody,
        "erasure": keeper_bodies.ErasureBody,
        "restore": keeper_bodies.RestoreBody,
        "review": keeper_bodies.ReviewBody,
        "rotation": keeper_bodies.RotationBody,
        "shares": keeper_bodies.SharesBody,
        "cases": bodies.CasesBody,
        "coverage": network_bodies.CoverageBody,
        "config": bodies.ConfigBody,
        "decision": bodies.DecisionBody,
        "diff": analysis_bodies.DiffBody,
        "demo": DemoBody,
        "doctor": bodies.DoctorBody,
        "error": bodies.ErrorBody,
        "event": night_bodies.EventBody,
        "exit_codes": bodies.ExitCodesBody,
        "export": bodies.ExportBody,
        "explanation": bodies.ExplanationBody,
        "heat": network_bodies.HeatBody,
        "hostility": bodies.HostilityBody,
        "identity": register_bodies.IdentityBody,
        "import": bodies.ImportBody,
        "judgement": network_bodies.JudgementBody,
        "judgements": network_bodies.JudgementsBody,
        "messages": register_bodies.MessagesBody,
        "network": network_bodies.NetworkBody,
        "network_sensitivity": analysis_bodies.SensitivityBody,
        "night": night_bodies.NightBody,
        "outcome": bodies.OutcomeBody,
        "paths": network_bodies.PathsBody,
        "proposal": Proposal,
        "register": bodies.RegisterBody,
        "reliability": analysis_bodies.ReliabilityBody,
        "removal": bodies.RemovalBody,
        "report": bodies.ReportBody,
        "requests": register_bodies.RequestsBody,
        "sensitivity": SensitivityTable,
        "uncertainty": Uncertainty,
        "tail": bodies.TailBody,
        "users": register_bodies.UsersBody,
        "verification": bodies.VerificationBody,
    }
)
"""Name of each document that is printed, and the type of its body."""
ENTERED: Final[Mapping[str, type]] = MappingProxyType(
    {"case": Case, "problem": ProblemDocument, "scenarios": ScenariosDocument}
)
"""The same for documents that are handed in, where what has a default may be left out."""


def name_of(body: object) -> str:
    """Name of the document that `body` makes, without the prefix."""
    for name, kind in DOCUMENTS.items():
        if type(body) is kind:
            return name
    raise TypeError(f"{type(body).__name__} is not the body of a document")


def to_json(body: object) -> dict[str, Any]:
    """`body` as a JSON document, ``schema`` and ``version`` first.

    Examples
    --------
    >>> to_json(bodies.HostilityBody(pairs=()))
    {'schema': 'placement_engine/hostility', 'version': 1, 'pairs': [], 'saturation': None}
    """
    content = TypeAdapter(type(body)).dump_python(body, mode="json", by_alias=True)
    return {"schema": PREFIX + name_of(body), "version": VERSION, **content}


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the document `name`; nothing besides its fields is allowed."""
    entered = name in ENTERED
    adapter: TypeAdapter[Any] = TypeAdapter(ENTERED[name] if entered else DOCUMENTS[name])
    made = adapter.json_schema(mode="validation" if entered else "serialization", by_alias=True)
    header = {
        "schema": {"const": PREFIX + name},
        "version": {"const": VERSION},
    }
    definitions = made.pop("$defs", {})
    for part in (made, *definitions.values()):
        if "properties" in part:
            if not entered:
                part["required"] = list(part["properties"])
            part["additionalProperties"] = False
    made["properties"] = {**header, **made["properties"]}
    made["required"] = [*header, *made["required"]]
    made["title"] = PREFIX + name
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
    if definitions:
        schema["$defs"] = definitions
    return schema


def schema_text(name: str) -> str:
    """The text of the shipped file ``schemas/<name>.json``."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write the schema of every document into `folder`."""
    for name in (*DOCUMENTS, *ENTERED):
        (folder / f"{name}.json").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(__file__).parent / "schemas")
