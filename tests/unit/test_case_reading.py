"""Reading a case: what passes, what is refused, and that nothing is ever echoed."""

from __future__ import annotations

import copy
import json
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.cases.case import Case, case_json, read_case, read_cases
from placement_engine.errors import InvalidFiles
from placement_engine.vocabulary import AvoidReason, Continuity, Need, ThreatLevel

CODES = frozenset({"0114", "0180", "0380", "1480"})

FULL: dict[str, Any] = {
    "schema": "placement_engine/case",
    "version": 1,
    "id": "C-1",
    "subject": "P-1",
    "owner": "unit-7",
    "household": [
        {"id": "P-2", "age": 34, "guardian_of": ["P-3"]},
        {"id": "P-3", "age": 9},
    ],
    "current": "0380",
    "acute": True,
    "threat_level": "high",
    "avoid": [
        {"municipality": "0180", "why": "home", "radius_km": 60},
        {"municipality": "1480", "why": "offence"},
    ],
    "needs": ["school", "psychiatry"],
    "lives_alone_well": False,
    "keep_health_region": "require",
    "within": ["1480", "0114"],
    "exclude": ["0380"],
    "minor": False,
    "eligibility": {
        "motivated": True,
        "terms_signed": True,
        "not_evidence_person": True,
        "social_services_decision": True,
    },
    "consent": {"information_exchange": True, "date": "2026-10-01"},
}
REQUIRED = (
    "schema", "version", "id", "subject", "owner", "current", "threat_level", "eligibility",
    "consent",
)  # fmt: skip


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(FULL)
    change(document)
    return document


def read(document: object) -> Case:
    return read_case(json.dumps(document), codes=CODES)


def faults(text: str | bytes | dict[str, Any]) -> list[tuple[int, str, str]]:
    if isinstance(text, dict):
        text = json.dumps(text)
    with pytest.raises(InvalidFiles) as caught:
        read_cases(text, codes=CODES)
    assert caught.value.exit_code == 10
    return [(fault.line, fault.column, fault.problem) for fault in caught.value.faults]


def fields_at_fault(document: dict[str, Any]) -> set[str]:
    return {column for _, column, _ in faults(document)}


def test_a_full_case() -> None:
    case = read(FULL)
    assert case.demand == 3
    assert case.household[0].guardian_of == ("P-3",)
    assert case.threat_level is ThreatLevel.HIGH
    assert case.avoid[0].why is AvoidReason.HOME
    assert case.avoid[0].radius_km == 60
    assert case.avoid[1].radius_km == 0
    assert case.needs == (Need.PSYCHIATRY, Need.SCHOOL)
    assert case.within == ("0114", "1480")
    assert case.keep_health_region is Continuity.REQUIRE
    assert case.consent.date.isoformat() == "2026-10-01"
    assert case.lives_alone_well is False


def test_the_least_case() -> None:
    case = read({key: FULL[key] for key in REQUIRED})
    assert (case.household, case.avoid, case.needs, case.exclude) == ((), (), (), ())
    assert case.within is None
    assert case.lives_alone_well is None
    assert not case.acute
    assert not case.minor
    assert case.keep_health_region is Continuity.PREFER
    assert case.demand == 1


@pytest.mark.parametrize("key", REQUIRED)
def test_what_is_required_is_missed(key: str) -> None:
    assert fields_at_fault(changed(lambda d: d.pop(key))) == {key}


def test_written_and_read_back() -> None:
    case = read(FULL)
    assert read(case_json(case)) == case
    assert list(case_json(case))[:2] == ["schema", "version"]


def test_sets_do_not_depend_on_their_order() -> None:
    assert read(changed(lambda d: d["needs"].reverse())) == read(FULL)
    assert read(changed(lambda d: d["within"].extend(["0114"]))) == read(FULL)


WRONG: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("schema", lambda d: d.update(schema="placement_engine/problem")),
    ("version", lambda d: d.update(version=2)),
    ("version", lambda d: d.update(version=True)),
    ("version", lambda d: d.update(version="1")),
    ("", lambda d: d.update(religion="x")),
    ("household[0]", lambda d: d["household"][0].update(name="x")),
    ("consent", lambda d: d["consent"].update(note="x")),
    ("acute", lambda d: d.update(acute="true")),
    ("acute", lambda d: d.update(acute=1)),
    ("minor", lambda d: d.update(minor=None)),
    ("household[1].age", lambda d: d["household"][1].update(age=9.5)),
    ("household[1].age", lambda d: d["household"][1].update(age="9")),
    ("household[1].age", lambda d: d["household"][1].update(age=-1)),
    ("household[1].age", lambda d: d["household"][1].update(age=121)),
    ("household[1].id", lambda d: d["household"][1].update(id=7)),
    ("household", lambda d: d.update(household={})),
    ("threat_level", lambda d: d.update(threat_level="low")),
    ("needs[1]", lambda d: d["needs"].__setitem__(1, "gym")),
    ("keep_health_region", lambda d: d.update(keep_health_region=True)),
    ("current", lambda d: d.update(current="9999")),
    ("current", lambda d: d.update(current=380)),
    ("within", lambda d: d.update(within=[])),
    ("within", lambda d: d.update(within=["0114", "9999"])),
    ("exclude", lambda d: d.update(exclude=["38"])),
    ("avoid[1].municipality", lambda d: d["avoid"][1].update(municipality="")),
    ("avoid[0].why", lambda d: d["avoid"][0].update(why="friends")),
    ("avoid[0].radius_km", lambda d: d["avoid"][0].update(radius_km=-1)),
    ("avoid[0].radius_km", lambda d: d["avoid"][0].update(radius_km=2001)),
    ("avoid[0].radius_km", lambda d: d["avoid"][0].update(radius_km="60")),
    ("eligibility.motivated", lambda d: d["eligibility"].pop("motivated")),
    ("eligibility.motivated", lambda d: d["eligibility"].update(motivated="yes")),
    ("consent.date", lambda d: d["consent"].update(date="1 October 2026")),
    ("consent.date", lambda d: d["consent"].update(date="2026-02-30")),
    ("consent.date", lambda d: d["consent"].update(date="1790812800")),
    ("consent.date", lambda d: d["consent"].update(date=1790812800)),
    ("consent.date", lambda d: d["consent"].update(date="2026-10-01T00:00:00")),
    ("household[0].guardian_of", lambda d: d["household"][0].update(guardian_of=["P-2"])),
    ("household[0].guardian_of", lambda d: d["household"][0].update(guardian_of=["P-3"] * 2)),
    ("household[0].guardian_of[0]", lambda d: d["household"][0].update(guardian_of=[3])),
    ("id", lambda d: d.update(id="")),
    ("id", lambda d: d.update(id="C 1")),
    ("id", lambda d: d.update(id="C-1\n")),
    ("subject", lambda d: d.update(subject="P" * 65)),
    ("owner", lambda d: d.update(owner="unit\x1b[31m")),
]


@pytest.mark.parametrize(
    ("where", "change"), WRONG, ids=[f"{i} {w}" for i, (w, _) in enumerate(WRONG)]
)
def test_one_fault_is_named_by_its_field(
    where: str, change: Callable[[dict[str, Any]], object]
) -> None:
    assert fields_at_fault(changed(change)) == {where}


def test_ids_that_stand_twice() -> None:
    with_subject = changed(lambda d: d["household"][1].update(id="P-1"))
    twice = changed(lambda d: d["household"][1].update(id="P-2"))
    assert fields_at_fault(with_subject) == {"household[1].id"}
    assert {"household[0].id", "household[1].id"} <= fields_at_fault(twice)


IDENTITY_NUMBERS = ("19800101-1234", "800101-1234", "8001011234", "800161-1234", "P-198001011234")


@pytest.mark.parametrize("number", IDENTITY_NUMBERS)
@pytest.mark.parametrize("key", ["id", "subject", "owner"])
def test_personal_identity_numbers_are_refused(key: str, number: str) -> None:
    found = faults(changed(lambda d: d.update({key: number})))
    assert [(line, column) for line, column, _ in found] == [(0, key)]
    assert "personal identity number" in found[0][2]


def test_personal_identity_numbers_in_the_household_are_refused() -> None:
    document = changed(
        lambda d: d["household"][0].update(id="19800101-1234", guardian_of=["020202-1234"])
    )
    assert fields_at_fault(document) == {"household[0].id", "household[0].guardian_of[0]"}


@pytest.mark.parametrize(
    ("key", "about"), [("religion", "religion"), ("Personnummer", "personal identity")]
)
def test_what_the_engine_must_not_know_is_refused_with_the_reason(key: str, about: str) -> None:
    (found,) = faults(changed(lambda d: d["household"][0].update({key: CANARY})))
    assert found[:2] == (0, "household[0]")
    assert about in found[2]
    assert "must not know" in found[2]


def test_all_faults_of_a_document_at_once() -> None:
    def change(d: dict[str, Any]) -> None:
        d.pop("owner")
        d.update(version=9, acute=3, threat_level=None)
        d["consent"].pop("date")

    assert fields_at_fault(changed(change)) == {
        "owner", "version", "acute", "threat_level", "consent.date",
    }  # fmt: skip


def test_json_lines() -> None:
    second = changed(lambda d: d.update(id="C-2", subject="P-9"))
    text = f"{json.dumps(FULL)}\n\n{json.dumps(second)}\r\n"
    assert [case.id for case in read_cases(text.encode(), codes=CODES)] == ["C-1", "C-2"]


def test_faults_of_all_lines_with_their_lines() -> None:
    lines = [
        json.dumps(FULL),
        "{broken",
        json.dumps(changed(lambda d: d.update(id="C-3", acute=3))),
        json.dumps(changed(lambda d: d.update(subject="P-9"))),
    ]
    assert [(line, column) for line, column, _ in faults("\n".join(lines))] == [
        (1, "id"), (2, ""), (3, "acute"), (4, "id"),
    ]  # fmt: skip


def test_one_case_may_be_written_over_many_lines() -> None:
    assert read_case(json.dumps(FULL, indent=2), codes=CODES) == read(FULL)
    assert read_case(b"\xef\xbb\xbf" + json.dumps(FULL).encode(), codes=CODES) == read(FULL)


def test_read_case_wants_exactly_one() -> None:
    second = changed(lambda d: d.update(id="C-2"))
    with pytest.raises(InvalidFiles, match="exactly one"):
        read_case(f"{json.dumps(FULL)}\n{json.dumps(second)}", codes=CODES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        b"\xff\xfe",
        "null",
        "[]",
        "3",
        '"text"',
        json.dumps([FULL]),
        json.dumps(FULL)[:-1],
        json.dumps(FULL).replace("60", "NaN"),
        json.dumps(FULL).replace("60", "Infinity"),
        json.dumps(FULL).replace("60", "1e999"),
        json.dumps(FULL).replace("60", "9" * 5000),
        json.dumps(FULL).replace('"acute": true', '"acute": true, "acute": false'),
        json.dumps(FULL).replace("unit-7", "\\ud800"),
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=str,
)
def test_what_is_no_case_document(text: str | bytes) -> None:
    assert faults(text)


# Canaries. -----------------------------------------------------------------------------

CANARY = "Kanariefagel-Annika-0128"


def told(error: BaseException) -> str:
    """All that anybody could print of an error, and of whatever is chained to it."""
    parts = ["".join(traceback.format_exception(error)), repr(error), str(error.args)]
    chained = [error.__cause__, error.__context__]
    parts += [told(other) for other in chained if other is not None]
    return "\n".join([*parts, str(vars(error))])


def leaves(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, child in children:
        yield from leaves(child, (*path, key))


def planted(path: tuple[str | int, ...], value: object) -> object:
    document = copy.deepcopy(FULL)
    if not path:
        return value
    node: Any = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


def read_or_refusal(document: object) -> Case | InvalidFiles:
    try:
        return read_case(json.dumps(document), codes=CODES)
    except InvalidFiles as error:
        return error


PLANTS: dict[str, object] = {
    "text": CANARY,
    "spaced text": f"{CANARY} {CANARY}",
    "key": {CANARY: 1},
    "nested": [{"id": CANARY, CANARY: [CANARY]}],
    "identity number": f"{CANARY}-19800101-1234",
}


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("path", list(leaves(FULL)), ids=str)
def test_nothing_of_a_document_is_echoed(path: tuple[str | int, ...], plant: str) -> None:
    got = read_or_refusal(planted(path, PLANTS[plant]))
    if isinstance(got, InvalidFiles):
        assert CANARY not in told(got)
        assert got.__context__ is None
        assert got.__cause__ is None
    else:
        assert CANARY not in repr(got) or path == ("id",)


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        '{"' + CANARY,
        json.dumps(FULL)[:-1] + f', "{CANARY}": NaN' + "}",
        json.dumps(FULL)[:-1] + f', "{CANARY}": 1, "{CANARY}": 2' + "}",
        json.dumps([CANARY]),
        f'{{"{CANARY}": 1}}\n{{"{CANARY}"\n',
        CANARY.encode() + b"\xff",
        '{"' + CANARY + '":' * 20_000,
        json.dumps(FULL).replace("60", f'"{CANARY}\\ud800"'),
    ],
)
def test_nothing_of_a_broken_text_is_echoed(text: str | bytes) -> None:
    with pytest.raises(InvalidFiles) as caught:
        read_cases(text, codes=CODES)
    assert CANARY not in told(caught.value)
    assert caught.value.__context__ is None


def test_the_repr_of_a_case_tells_its_id_alone() -> None:
    case = read(FULL)
    assert repr(case) == "Case(id='C-1')"
    assert repr(case.household[0]) == "HouseholdMember()"
    assert "0180" not in repr(case.avoid[0])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FULL, "age", "why", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(list(leaves(FULL))), json_values)
def test_any_json_is_a_case_or_is_refused(path: tuple[str | int, ...], value: object) -> None:
    got = read_or_refusal(planted(path, value))
    if isinstance(got, InvalidFiles):
        assert got.faults
    else:
        assert read(case_json(got)) == got


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_refused(text: str | bytes) -> None:
    assert faults(text)
