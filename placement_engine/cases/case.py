"""The case: one placement question, as its officer states it, and how it is read.

Everything is checked here, at the edge; what passes is a frozen `Case`. Faults name the
file, the line and the field, and say what is expected. They never repeat what stood
there: the text of a case is the whereabouts of somebody who is hunted.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from placement_engine.cases.documents import documents
from placement_engine.errors import Fault, InvalidFiles
from placement_engine.intelligence.ids import id_problem, refusal
from placement_engine.vocabulary import (
    AvoidReason,
    CaseId,
    Continuity,
    MunicipalityCode,
    Need,
    OwnerId,
    PersonId,
    SubjectRef,
    ThreatLevel,
)

SCHEMA = "placement_engine/case"
VERSION = 1

MAX_AGE = 120
MAX_RADIUS_KM = 2000
UNKNOWN_CODE = "must be the four digits of a municipality that exists"

_STRICT = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMember:
    """Somebody who moves with the subject; `guardian_of` names the children in his custody."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    id: PersonId = field(repr=False)
    age: int = field(repr=False)
    guardian_of: tuple[PersonId, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AvoidZone:
    """A place that knows the subject, with a crow-fly radius in kilometres around its seat."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    municipality: MunicipalityCode = field(repr=False)
    why: AvoidReason
    radius_km: float = field(default=0.0, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """What must hold before somebody is offered a placement at all."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    motivated: bool
    terms_signed: bool
    not_evidence_person: bool
    social_services_decision: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The subject's consent that authorities exchange information, and when it was given."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    information_exchange: bool
    date: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One placement question: who is to be placed, with whom, and what the place must offer.

    Its `repr` tells the case's own id and nothing of persons or places.

    Parameters
    ----------
    id, subject, owner
        Pseudonyms of the case, of the protected person and of the handling unit.
    household
        Those who are placed together with the subject.
    current
        Municipality where the subject lives or last lived, None where unknown.
    avoid
        Places that know the subject.
    needs
        What the place must offer; sorted, each once.
    lives_alone_well
        Whether the subject manages alone; None where nobody has judged it.
    keep_health_region
        How much a change of health-care region matters.
    within, exclude
        Municipalities that the case is limited to (None: no limit) or that it rules out.
    minor
        Whether the subject is a child.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    id: CaseId
    subject: SubjectRef = field(repr=False)
    owner: OwnerId = field(repr=False)
    current: MunicipalityCode | None = field(repr=False)
    threat_level: ThreatLevel = field(repr=False)
    eligibility: Eligibility = field(repr=False)
    consent: Consent = field(repr=False)
    household: tuple[HouseholdMember, ...] = field(default=(), repr=False)
    acute: bool = field(default=False, repr=False)
    avoid: tuple[AvoidZone, ...] = field(default=(), repr=False)
    needs: tuple[Need, ...] = field(default=(), repr=False)
    lives_alone_well: bool | None = field(default=None, repr=False)
    keep_health_region: Continuity = field(default=Continuity.PREFER, repr=False)
    within: tuple[MunicipalityCode, ...] | None = field(default=None, repr=False)
    exclude: tuple[MunicipalityCode, ...] = field(default=(), repr=False)
    minor: bool = field(default=False, repr=False)

    @property
    def demand(self) -> int:
        """Places that the household takes of a municipality's capacity."""
        return 1 + len(self.household)


def read_case(text: str | bytes, *, codes: frozenset[str], name: str = "case.json") -> Case:
    """Read one case document.

    Parameters
    ----------
    text
        A JSON object in the shape of ``placement_engine/case`` version 1; bytes are UTF-8.
    codes
        Municipality codes that exist.
    name
        Name of the file, for the faults.

    Raises
    ------
    InvalidFiles
        All faults at once: wrong or missing fields, unknown keys, codes that do not exist,
        ids that stand twice or look like personal identity numbers.
    """
    cases = read_cases(text, codes=codes, name=name)
    if len(cases) != 1:
        raise _refused([Fault(name, 0, "", "holds several cases; exactly one is expected here")])
    return cases[0]


def read_cases(
    text: str | bytes, *, codes: frozenset[str], name: str = "case.json"
) -> tuple[Case, ...]:
    """Read one case document, or many as JSON lines (one document a line, blank lines skipped).

    Parameters and errors are those of `read_case`; the faults of all lines are collected.
    """
    faults: list[Fault] = []
    cases: list[tuple[int, Case]] = []
    for line, document in documents(text, name, faults):
        case = _case(document, codes, name, line, faults)
        if case is not None:
            cases.append((line, case))
    seen = Counter(case.id for _, case in cases)
    faults.extend(
        Fault(name, line, "id", "stands in more than one case of the file")
        for line, case in cases
        if seen[case.id] > 1
    )
    if faults:
        raise _refused(faults)
    return tuple(case for _, case in cases)


def case_json(case: Case) -> dict[str, Any]:
    """The document that `read_case` reads back as an equal case."""
    return {"schema": SCHEMA, "version": VERSION, **_plain(case)}


def _plain(value: object) -> Any:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def _refused(faults: list[Fault]) -> InvalidFiles:
    return InvalidFiles(faults, what="The case was refused")


# A document becomes a case. ----------------------------------------------------------

UNKNOWN_KEY = "unexpected_keyword_argument"
_A_DATE = "must be a date such as 2026-10-01"
_PROBLEMS = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "date_type": _A_DATE,
    "date_parsing": _A_DATE,
    "dataclass_type": "must be an object",
    "missing": "is missing",
    "missing_argument": "is missing",
    "missing_keyword_only_argument": "is missing",
    UNKNOWN_KEY: "holds a key that is not known; remove it",
}


def _case(
    document: object, codes: frozenset[str], name: str, line: int, faults: list[Fault]
) -> Case | None:
    if not isinstance(document, dict):
        faults.append(Fault(name, line, "", "must be one object; many cases go as JSON lines"))
        return None
    body = dict(document)
    wrong: list[tuple[str, str]] = []
    if body.pop("schema", None) != SCHEMA:
        wrong.append(("schema", f'must be "{SCHEMA}"'))
    version = body.pop("version", None)
    if type(version) is not int or version != VERSION:
        wrong.append(("version", f"must be {VERSION}"))
    case, of_shape = _shaped(body)
    wrong += of_shape if case is None else _contradictions(case, codes)
    faults.extend(Fault(name, line, where, problem) for where, problem in wrong)
    return None if case is None or wrong else case


@cache
def _adapter() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


def _shaped(body: dict[str, object]) -> tuple[Case | None, list[tuple[str, str]]]:
    """The case if every field has its type; sets sorted, so that equal cases are equal."""
    try:
        case = _adapter().validate_json(json.dumps(body))
    except ValidationError as error:
        return None, [
            (_where(e["loc"], e["type"]), _problem(e["loc"], e["type"], e.get("ctx", {})))
            for e in error.errors(include_input=False, include_url=False)
        ]
    if body["consent"] != _plain(case.consent):  # pydantic also takes seconds since 1970
        return None, [("consent.date", _A_DATE)]
    return replace(
        case,
        needs=tuple(sorted(set(case.needs))),
        within=None if case.within is None else tuple(sorted(set(case.within))),
        exclude=tuple(sorted(set(case.exclude))),
    ), []


def _where(location: tuple[int | str, ...], kind: str) -> str:
    # The last part of an unknown key is the key itself: somebody's text, so it is left out.
    known = location[:-1] if kind == UNKNOWN_KEY else location
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in known)
    return "".join(parts).removeprefix(".")


def _problem(location: tuple[int | str, ...], kind: str, context: dict[str, Any]) -> str:
    if kind == UNKNOWN_KEY:
        return refusal(str(location[-1])) or _PROBLEMS[kind]
    if kind == "enum":  # the context of this kind lists the words of the format, not the input
        return f"must be {context['expected']}"
    return _PROBLEMS.get(kind, "is not valid here")


def _contradictions(case: Case, codes: frozenset[str]) -> list[tuple[str, str]]:
    return [*_of_ids(case), *_of_household(case), *_of_places(case, codes)]


def _of_ids(case: Case) -> Iterator[tuple[str, str]]:
    ids: list[tuple[str, str]] = [("id", case.id), ("subject", case.subject)]
    ids.append(("owner", case.owner))
    for i, member in enumerate(case.household):
        ids.append((f"household[{i}].id", member.id))
        ids.extend(
            (f"household[{i}].guardian_of[{j}]", c) for j, c in enumerate(member.guardian_of)
        )
    for where, written in ids:
        problem = id_problem(written)
        if problem:
            yield where, problem


def _of_household(case: Case) -> Iterator[tuple[str, str]]:
    seen = Counter([case.subject, *(member.id for member in case.household)])
    for i, member in enumerate(case.household):
        where = f"household[{i}]"
        if seen[member.id] > 1:
            yield f"{where}.id", "stands twice among subject and household"
        if not 0 <= member.age <= MAX_AGE:
            yield f"{where}.age", f"must lie between 0 and {MAX_AGE}"
        if member.id in member.guardian_of:
            yield f"{where}.guardian_of", "nobody is his own guardian"
        if len(set(member.guardian_of)) != len(member.guardian_of):
            yield f"{where}.guardian_of", "a child stands twice"


def _of_places(case: Case, codes: frozenset[str]) -> Iterator[tuple[str, str]]:
    stated = [] if case.current is None else [("current", case.current)]
    stated += [(f"avoid[{i}].municipality", z.municipality) for i, z in enumerate(case.avoid)]
    for where, code in stated:
        if code not in codes:
            yield where, UNKNOWN_CODE
    for where, listed in (("within", case.within or ()), ("exclude", case.exclude)):
        if any(code not in codes for code in listed):
            yield where, UNKNOWN_CODE
    if case.within == ():
        yield "within", "must list a municipality, or be left out"
    for i, zone in enumerate(case.avoid):
        if not 0 <= zone.radius_km <= MAX_RADIUS_KM:  # also refuses what is no number
            yield f"avoid[{i}].radius_km", f"must lie between 0 and {MAX_RADIUS_KM}"
