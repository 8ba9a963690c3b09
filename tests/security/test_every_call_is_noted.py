"""Every public call of a statutory kind leaves an entry in the log; the API is enumerated."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from placement_engine.engine import PlacementEngine
from placement_engine.errors import InvalidInput, MissingExtra, WrongKey
from placement_engine.geo import load_geography
from placement_engine.intelligence import Network, Placement, read_network
from placement_engine.policy import Policy
from placement_engine.register import (
    DocumentKind,
    MemoryStore,
    RawKey,
    Register,
    keeping,
    messages,
    offices,
    retention,
)
from placement_engine.register.access import CALLS, Act, Actor, Call, Session
from placement_engine.register.audit import Entry
from placement_engine.register.recovery import RememberedKey
from placement_engine.vocabulary import CaseId, MunicipalityCode, SubjectRef
from tests.acceptance.test_flow import (
    AS_OF,
    GROUPS,
    PERSONS,
    PLACEMENTS,
    PRESENCE,
    TIES,
    case_document,
)

KEY = RawKey(bytes(range(32)))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SILENT = {
    # Lifecycle, and what reads no personal data: sums, counters, what places offer.
    *("create", "found", "open", "over", "close", "epoch", "single_user", "verify"),
    *("facilities", "replace_facilities", "import_facilities"),
}
BEHIND_THE_DESK = ("desk", "register", "known", "offices", "messages", "keeping", "retention")


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def session(case: str = "") -> Session:
    return Session(actor=Actor(who="A. Analyst", purpose="test", case=case), clock=Clock())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("noted")
    (folder / "network").mkdir()
    for name, text in {
        "network/persons.csv": PERSONS,
        "network/groups.csv": GROUPS,
        "network/ties.csv": TIES,
        "network/presence.csv": PRESENCE,
        "placements.csv": PLACEMENTS,
        "facilities.csv": "municipality,kind,capacity,last_seen,source,provider\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def engine(files: Path, tmp_path: Path) -> Iterator[PlacementEngine]:
    register = Register.create(
        tmp_path / "a.register", KEY, single_user=True, today=AS_OF, session=session()
    )
    policy = Policy.default()
    with PlacementEngine(
        register=register, policy=policy, geography=load_geography(policy), as_of=AS_OF
    ) as engine:
        engine.import_network(files / "network")
        engine.import_placements(files / "placements.csv")
        engine.add_cases(json.dumps(case_document()))
        engine.propose([CaseId("C-1")])
        register.put_entries(DocumentKind.ALERT, {"A-1": b"alert"})
        yield engine


def log(register: Register) -> list[Entry]:
    """The log without noting that it was read."""
    with register._vault.read() as state:
        from placement_engine.register import audit

        return list(audit.entries(audit.leaves(state, register._vault.log)))


def another() -> Placement:
    return Placement(
        subject=SubjectRef("P-other"),
        municipality=MunicipalityCode("0180"),
        start=date(2026, 1, 1),
        end=None,
    )


def removed(register: Register) -> None:
    register.remove_placement(register.placements()[0].id, AS_OF)


def network(folder: Path) -> Network:
    codes = frozenset(load_geography(Policy.default()).codes)
    return read_network(folder / "network", batch="other", codes=codes)


REGISTER_CALLS: dict[str, tuple[Act, Callable[[Register, Path], Any]]] = {
    "placements": (Act.READ, lambda r, f: r.placements()),
    "import_placements": (Act.COLLECTION, lambda r, f: r.import_placements([another()])),
    "remove_placement": (Act.ERASURE, lambda r, f: removed(r)),
    "remove_placements": (Act.ERASURE, lambda r, f: r.remove_placements([], AS_OF)),
    "networks": (Act.READ, lambda r, f: r.networks()),
    "network": (Act.READ, lambda r, f: r.network()),
    "import_network": (
        Act.COLLECTION,
        lambda r, f: r.import_network("other", network(f), AS_OF),
    ),
    "snapshots": (Act.READ, lambda r, f: r.snapshots()),
    "network_as_it_was": (Act.READ, lambda r, f: r.network_as_it_was({})),
    "put_all": (Act.CHANGE, lambda r, f: r.put_all({DocumentKind.NIGHT: {"1": b"n"}})),
    "put_cases": (Act.COLLECTION, lambda r, f: r.put_cases({"C-9": b"case"})),
    "put_case": (Act.COLLECTION, lambda r, f: r.put_case("C-9", b"case")),
    "case": (Act.READ, lambda r, f: r.case("C-1")),
    "cases": (Act.READ, lambda r, f: r.cases()),
    "case_files": (Act.READ, lambda r, f: r.case_files()),
    "put_proposals": (Act.COMBINATION, lambda r, f: r.put_proposals({"C-1": b"p"})),
    "put_proposal": (Act.COMBINATION, lambda r, f: r.put_proposal("C-1", b"p")),
    "proposal": (Act.READ, lambda r, f: r.proposal("C-1")),
    "accept": (
        Act.CHANGE,
        lambda r, f: r.accept("C-1", another(), decision=b"d", day=AS_OF),
    ),
    "decisions": (Act.READ, lambda r, f: r.decisions()),
    "entries": (Act.READ, lambda r, f: r.entries(DocumentKind.ALERT)),
    "put_entries": (Act.CHANGE, lambda r, f: r.put_entries(DocumentKind.NIGHT, {"1": b"n"})),
}
ENGINE_CALLS: dict[str, tuple[Act, Callable[[PlacementEngine, Path], Any]]] = {
    "import_network": (Act.COLLECTION, lambda e, f: e.import_network(f / "network", batch="b")),
    "import_placements": (
        Act.COLLECTION,
        lambda e, f: e.import_placements(f / "placements.csv"),
    ),
    "add_cases": (
        Act.COLLECTION,
        lambda e, f: e.add_cases(json.dumps(case_document("C-2", "P-second"))),
    ),
    "case": (Act.READ, lambda e, f: e.case(CaseId("C-1"))),
    "cases": (Act.READ, lambda e, f: e.cases()),
    "propose": (Act.COMBINATION, lambda e, f: e.propose([CaseId("C-1")])),
    "explain": (Act.READ, lambda e, f: e.explain(CaseId("C-1"))),
    "accept": (Act.CHANGE, lambda e, f: e.accept(CaseId("C-1"), 1, decided_by="A")),
    "override": (
        Act.CHANGE,
        lambda e, f: e.override(CaseId("C-1"), MunicipalityCode("0880"), "why", decided_by="A"),
    ),
    "graph": (Act.READ, lambda e, f: e.graph()),
}
WHO = {CaseId("C-1"): SubjectRef("P-new")}
GONE = {CaseId("C-1"): SubjectRef("P-unknown-to-intelligence")}
NUMBERS = Policy.default().retention


def shared(register: Register) -> None:
    """What is noted although nothing can be shared: the key was not remembered."""
    with pytest.raises(WrongKey):
        keeping.share(register.desk, RememberedKey(KEY))


def backed_up(register: Register) -> None:
    """What is noted although nothing is written: there are no recipients."""
    store = MemoryStore(header=b"", head=b"", records=[])
    with pytest.raises((InvalidInput, MissingExtra)):
        keeping.back_up(register.desk, store, Path("no"), [])


OTHER_CALLS: dict[str, tuple[Act, Callable[[Register], Any]]] = {
    "send": (Act.DISCLOSURE, lambda r: messages.send(r.desk, "A-1", "text", days=1)),
    "read": (Act.READ, lambda r: messages.read(r.desk, "A-1")),
    "known": (Act.READ, lambda r: offices.known(r.desk)),
    "waiting": (Act.READ, lambda r: offices.waiting(r.desk)),
    "read_log": (Act.LOG_READ, lambda r: offices.read_log(r.desk)),
    "prove": (Act.LOG_READ, lambda r: offices.prove(r.desk, 1)),
    "renew": (Act.CHANGE, lambda r: keeping.renew(r.desk, KEY)),
    "share": (Act.DISCLOSURE, shared),
    "back_up": (Act.DISCLOSURE, backed_up),
    "review": (Act.READ, lambda r: retention.review(r.desk, WHO, NUMBERS, AS_OF)),
    "erase": (Act.ERASURE, lambda r: retention.erase(r.desk, [CaseId("C-1")], GONE, AS_OF)),
    "authorise": (Act.DISCLOSURE, lambda r: offices.authorise(r.desk, "export")),
}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - SILENT


def test_no_public_call_is_forgotten() -> None:
    assert public(Register) == REGISTER_CALLS.keys()
    assert public(PlacementEngine) == ENGINE_CALLS.keys()
    functions = {
        name
        for room in (keeping, messages, offices, retention)
        for name, what in vars(room).items()
        if inspect.isfunction(what) and what.__module__ == room.__name__ and name[0] != "_"
    }
    # `approve`, `add_user` and `reset_anchor` have tests of their own; `verify_log` tells sums;
    # `review_day` and `expired_people` reckon with placements that were read by a call.
    elsewhere = {"approve", "add_user", "reset_anchor", "verify_log"}
    reckoning = {"review_day", "expired_people"}
    assert functions - elsewhere - reckoning == OTHER_CALLS.keys()


def test_nobody_goes_past_the_desk() -> None:
    """Whatever else reads or writes a register does so by a call that was tried here."""
    package = Path(inspect.getfile(PlacementEngine)).parent
    users = {
        module.relative_to(package).as_posix()
        for module in package.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("vault", "_vault")
    }
    assert users <= {f"register/{room}.py" for room in BEHIND_THE_DESK}


@pytest.mark.parametrize("name", sorted(REGISTER_CALLS))
def test_calls_of_the_register(engine: PlacementEngine, files: Path, name: str) -> None:
    act, call = REGISTER_CALLS[name]
    register = engine.register
    before = len(log(register))
    call(register, files)
    noted(register, before, act)


@pytest.mark.parametrize("name", sorted(ENGINE_CALLS))
def test_calls_of_the_engine(engine: PlacementEngine, files: Path, name: str) -> None:
    act, call = ENGINE_CALLS[name]
    engine.register.put_entries(DocumentKind.NIGHT, {"1": b"n"})  # the facts are read anew
    before = len(log(engine.register))
    call(engine, files)
    noted(engine.register, before, act)


@pytest.mark.parametrize("name", sorted(OTHER_CALLS))
def test_calls_of_the_offices(engine: PlacementEngine, name: str) -> None:
    act, call = OTHER_CALLS[name]
    before = len(log(engine.register))
    call(engine.register)
    noted(engine.register, before, act)


def noted(register: Register, before: int, act: Act) -> None:
    new = log(register)[before:]
    assert act in {entry.act for entry in new}
    for entry in new:
        assert (entry.who, entry.role, entry.purpose) == ("A. Analyst", "single-user", "test")
        assert entry.at is not None
        assert entry.at > NOON
        assert CALLS[entry.call].act is entry.act


def test_all_seven_kinds_of_the_law_are_there() -> None:
    assert {call.act for call in CALLS.values()} == {*Act, None} - {Act.REFUSED}
    assert len(Act) == 7 + 1


def test_one_operation_leaves_one_entry_for_each_case(engine: PlacementEngine, files: Path) -> None:
    engine.add_cases(json.dumps(case_document("C-2", "P-second")))
    cases = [CaseId("C-1"), CaseId("C-2")]
    before = len(log(engine.register))
    engine.propose(cases)
    new = [(entry.call, entry.case) for entry in log(engine.register)[before:]]
    # A proposal may besides note of whom too little is known.
    assert [one for one in new if one != ("put_entries", "")] == [
        ("propose", "C-1"),
        ("propose", "C-2"),
        ("put_proposals", "C-1"),
        ("put_proposals", "C-2"),
    ]


def test_a_case_of_the_session_stands_where_a_call_names_none(tmp_path: Path) -> None:
    path = tmp_path / "b.register"
    with Register.create(
        path, KEY, single_user=True, today=AS_OF, session=session("C-7")
    ) as register:
        register.placements()
        register.put_case("C-1", b"case")
        assert [entry.case for entry in log(register)] == ["C-7", "C-1"]


def test_a_refused_call_changes_nothing_and_is_not_noted(engine: PlacementEngine) -> None:
    register = engine.register
    before = len(log(register))
    register.accept("C-1", another(), decision=b"d", day=AS_OF)
    with pytest.raises(Exception, match="decided already"):
        register.accept("C-1", another(), decision=b"d", day=AS_OF)
    assert [entry.call for entry in log(register)[before:]] == ["accept"]


def test_a_trial_without_a_session_keeps_no_log_until_one_was_begun(tmp_path: Path) -> None:
    path = tmp_path / "b.register"
    with Register.create(path, KEY, single_user=True, today=AS_OF) as register:
        register.placements()
        assert log(register) == []
    with Register.open(path, KEY, session=session()) as register:
        register.placements()
    with Register.open(path, KEY) as register:
        register.placements()
        [first, second] = log(register)
        assert (first.who, second.who) == ("A. Analyst", "")
        assert second.at is None


def test_no_entry_tells_where_anybody_is(engine: PlacementEngine) -> None:
    engine.accept(CaseId("C-1"), 1, decided_by="A")
    codes = {s.placement.municipality for s in engine.register.placements()}
    told = b"\n".join(entry.encode() for entry in log(engine.register)).decode()
    fields = json.dumps([{**json.loads(row), "salt": "", "at": ""} for row in told.splitlines()])
    assert codes
    assert not [code for code in codes if code in fields]


def test_notes_are_notes_and_nothing_else(engine: PlacementEngine) -> None:
    from placement_engine.errors import NotPermitted

    for kind in (DocumentKind.USER, DocumentKind.REQUEST, DocumentKind.LOG, DocumentKind.MESSAGE):
        with pytest.raises(NotPermitted):
            engine.register.put_entries(kind, {"1": b"forged"})
        with pytest.raises(NotPermitted):
            engine.register.entries(kind)


def test_every_call_has_a_right_that_somebody_has() -> None:
    for call in CALLS.values():
        assert isinstance(call, Call)
    used = {call.right for call in CALLS.values()}
    from placement_engine.register.access import RIGHTS, Right, Role

    assert used == set(Right)
    for right in Right:
        assert any(right in RIGHTS[role] for role in Role if role is not Role.SINGLE_USER)
