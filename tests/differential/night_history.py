"""What may happen to a register from night to night, drawn at random."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st

from placement_engine.cases import judging
from placement_engine.cases.judging import Author
from placement_engine.cases.standing import cases_of, judgements_in_force, observe, standing
from placement_engine.errors import InvalidJudgement, UnknownReference
from placement_engine.geo import load_geography
from placement_engine.intelligence import Placement
from placement_engine.intelligence.identity import merged
from placement_engine.nightly.alerts import acknowledge, read_alerts
from placement_engine.nightly.events import SCHEMA, VERSION, add_event
from placement_engine.nightly.recheck import Night, recheck
from placement_engine.policy import Policy
from placement_engine.register import DocumentKind, MemoryStore, RawKey, Register
from placement_engine.testing.networks import (
    PresenceReport,
    TieReport,
    network_of,
    tie_reports,
)
from placement_engine.testing.worlds_strategy import NEIGHBOURHOODS
from placement_engine.vocabulary import (
    Grade,
    MunicipalityCode,
    ProtectionCategory,
    ProviderId,
    SubjectRef,
)
from tests.cli.conftest import case

FIRST = date(2026, 1, 10)
POLICY = Policy.default()
STRICTER = replace(POLICY, separation=replace(POLICY.separation, hostility=(0.3, 0.1, 0.02)))
GEOGRAPHY = load_geography(POLICY)
PEOPLE = tuple(f"P{n}" for n in range(7))
codes = st.sampled_from(NEIGHBOURHOODS[:7])
Step = tuple[str, Any]


@contextmanager
def new_register() -> Iterator[Register]:
    with Register.found(MemoryStore, RawKey(b"k" * 32), single_user=True, today=FIRST) as made:
        yield made


@st.composite
def presences(draw: st.DrawFn) -> tuple[PresenceReport, ...]:
    return tuple(
        PresenceReport(
            actor=draw(st.sampled_from(("G0", "G1", "P6"))),
            municipality=draw(codes),
            strength=draw(st.sampled_from((1.0, 0.3))),
            grade=Grade("B", draw(st.integers(1, 3))),
            last_seen=FIRST - timedelta(days=draw(st.integers(-60, 400))),
        )
        for _ in range(draw(st.integers(0, 2)))
    )


@st.composite
def actor_events(draw: st.DrawFn) -> tuple[int, dict[str, str]]:
    """In how many days, and what; of a person who may be placed himself."""
    place = draw(st.none() | codes)
    told = {"kind": "arrested"} if place is None else {"kind": "moved", "municipality": place}
    return draw(st.integers(-9, 9)), told


@st.composite
def breaches(draw: st.DrawFn) -> tuple[int, int, str]:
    """Of whom, how long ago, and what."""
    kind = draw(st.sampled_from(("photo", "relapse")))
    return draw(st.integers(0, 6)), draw(st.sampled_from((0, 5, 40, 400))), kind


@st.composite
def placements(draw: st.DrawFn) -> tuple[Placement, ...]:
    return tuple(
        Placement(
            subject=SubjectRef(person),
            municipality=MunicipalityCode(draw(codes)),
            start=FIRST - timedelta(days=30),
            end=draw(st.sampled_from((None, None, FIRST + timedelta(days=40)))),
            provider=draw(st.sampled_from((None, ProviderId("V-1")))),
            category=draw(
                st.sampled_from((ProtectionCategory.DEFECTOR, ProtectionCategory.WITNESS))
            ),
        )
        for person in draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=5, unique=True))
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, dict[str, Any]]:
    """Whose case, and what is told in it: who lives there, and how threatened they are."""
    living = draw(st.lists(st.sampled_from((*PEOPLE, "K-1")), max_size=2, unique=True))
    ages = st.sampled_from((17, 40))
    person = draw(st.integers(0, len(PEOPLE) - 1))
    return person, {
        "threat_level": draw(st.sampled_from(("high", "elevated", "none"))),
        "consent": {"information_exchange": True, "date": "2025-01-01"},
        "household": [
            {"id": member, "age": draw(ages), "guardian_of": []}
            for member in living
            if member != PEOPLE[person]
        ],
    }


people = st.sampled_from((*PEOPLE, "P8"))
groups = st.sampled_from(("G0", "G1", "G2"))
verdicts = st.one_of(
    st.tuples(st.just("merge"), people, people),
    st.tuples(st.just("merge"), groups, groups),
    st.tuples(st.just("peace"), groups, groups),
    st.tuples(st.just("defection"), people, groups),
    st.tuples(st.just("clear"), people, st.just("")),
    st.tuples(st.just("revoke"), st.integers(0, 3), st.just("")),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("days"), st.sampled_from((0, 1, 1, 7, 45, 300))),
        st.tuples(st.just("drop"), st.integers(0, 30)),
        st.tuples(st.just("add"), tie_reports(as_of=FIRST, max_rows=2)),
        st.tuples(st.just("presences"), presences()),
        st.tuples(st.just("event"), actor_events()),
        st.tuples(st.just("breach"), breaches()),
        st.tuples(st.just("acknowledge"), st.integers(0, 9)),
        st.tuples(st.just("place"), placements()),
        st.tuples(st.just("remove"), st.integers(0, 6)),
        st.tuples(st.just("case"), cases()),
        st.tuples(st.just("judge"), verdicts),
        st.tuples(st.just("batch"), tie_reports(as_of=FIRST, max_rows=2)),
        st.tuples(st.just("policy"), st.integers(0, 1)),
    ),
    min_size=2,
    max_size=6,
)


class History:
    """One register through which days go by."""

    def __init__(self, register: Register, *, full: bool) -> None:
        self.register = register
        self.full = full
        self.day = FIRST
        self.rows: list[TieReport] = []
        self.more: Sequence[TieReport] = ()
        self.policy = POLICY
        self.seen: Sequence[PresenceReport] = ()
        self._ids = count(1)

    def step(self, what: str, value: Any) -> None:
        if what == "days":
            self.day += timedelta(days=value)
        elif what == "drop" and self.rows:
            del self.rows[value % len(self.rows)]
        elif what == "add":
            self.rows.extend(value)
        elif what == "presences":
            self.seen = value
        elif what == "event":
            days, told = value
            on = (self.day + timedelta(days=days)).isoformat()
            head = {"schema": SCHEMA, "version": VERSION, "actor": "P6", "date": on}
            add_event(
                self.register,
                json.dumps({**head, **told}),
                codes=GEOGRAPHY.codes,
                entropy=self._entropy,
            )
        elif what == "breach":
            self.breach(*value)
        elif what == "acknowledge":
            who = {s.id.hex(): str(s.placement.subject) for s in self.register.placements()}
            waiting = sorted(
                (a.subject, a.kind, who.get(a.other, a.other), a.id)
                for a in read_alerts(self.register.entries(DocumentKind.ALERT)).values()
                if a.waits
            )
            if waiting:
                *_, chosen = waiting[value % len(waiting)]
                acknowledge(self.register, chosen, by="A", on=self.day)
        elif what == "place":
            placed = {s.placement.subject for s in self.register.placements()}
            fresh = [p for p in value if p.subject not in placed]
            self.register.import_placements(fresh)
        elif what == "remove":
            stored = self.register.placements()
            if stored:
                self.register.remove_placement(stored[value % len(stored)].id, self.day)
        elif what == "case":
            person, entered = value
            name = f"C-{person}"
            document = case(name, PEOPLE[person], **entered)
            self.register.put_case(name, json.dumps(document).encode())
        elif what == "judge":
            with suppress(InvalidJudgement, UnknownReference):
                self.judge(*value)
        elif what == "batch":
            self.more = value
        elif what == "policy":
            self.policy = (POLICY, STRICTER)[value]
        self.tell()

    def breach(self, person: int, ago: int, kind: str) -> None:
        on = (self.day - timedelta(days=ago)).isoformat()
        head = {"schema": SCHEMA, "version": VERSION, "subject": PEOPLE[person]}
        with suppress(UnknownReference):
            add_event(
                self.register,
                json.dumps({**head, "kind": kind, "date": on}),
                codes=GEOGRAPHY.codes,
                entropy=self._entropy,
            )

    def judge(self, what: str, a: Any, b: str) -> None:
        author = Author(by="A", day=self.day, reason="r", entropy=self._entropy)
        known = standing(self.register, policy=self.policy, as_of=self.day)
        entered = cases_of(self.register, GEOGRAPHY)
        if what == "merge":
            judging.merge(self.register, a, b, author=author, known=known, cases=entered)
        elif what == "peace":
            imported = merged(self.register.network(), known.identity)
            judging.confirm_peace(
                self.register, a, b, author=author, imported=imported, known=known
            )
        elif what == "defection":
            judging.confirm_defection(self.register, a, b, author=author, known=known)
        elif what == "clear":
            observer = observe(
                self.register, policy=self.policy, geography=GEOGRAPHY, as_of=self.day
            )
            judging.clear(
                self.register,
                a,
                author=author,
                known=known,
                graph=observer.graph,
                policy=self.policy,
                cases=entered,
            )
        else:
            held = judgements_in_force(self.register, self.day)
            if held:
                last = held[a % len(held)]
                judging.revoke(self.register, last.kind, last.a, last.b, author=author)

    def tell(self) -> None:
        network = network_of(
            self.rows,
            presences=self.seen,
            nodes=(*PEOPLE, "G0", "G1", "G2"),
            groups=("G0", "G1", "G2"),
        )
        self.register.import_network("main", network, self.day)
        more = network_of(self.more, nodes=("P8",))
        self.register.import_network("more", more, self.day)

    def night(self) -> Night:
        return recheck(
            self.register,
            policy=self.policy,
            geography=GEOGRAPHY,
            as_of=self.day,
            clock=lambda: 0.0,
            entropy=self._entropy,
            full=self.full,
        )

    def _entropy(self, size: int) -> bytes:
        return next(self._ids).to_bytes(size, "big")
