"""What the last night has told, as one sealed entry of the register.

The next night is compared with what was *told*, not with what was computed: a risk that
creeps by a little each night is told once it has moved by the ratio of the policy.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from placement_engine.nightly.finding import KINDS, Finding

STATE_KEY = "state"
VERSION = 1
NUMBERS = ("share", "sure", "parts", "since", "due", "gain", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One placement as it was last told.

    Parameters
    ----------
    place, person
        Digests of where it is (municipality, provider) and of who lives there (household,
        age of majority): they tell what has changed.
    share, sure, parts
        Own share in micro-nats when it was last looked at, and what is certain of it.
    since
        Day number on which it was last looked at.
    due
        Day number from which ageing alone may change what is told of a pair.
    gain, loss
        The most that the share may have risen and fallen since by what was not ageing.
    findings
        As they were last told.
    """

    place: str = field(repr=False)
    person: str = field(repr=False)
    share: int
    sure: int
    parts: int
    since: int
    due: int
    gain: int
    loss: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightState:
    """One night as it was told.

    Parameters
    ----------
    number
        1 for the first night.
    policy, geography, program
        Hashes of what it rested on, and the version of the program that looked.
    networks
        Hash of the network in force of each batch.
    judged
        Digest of the judgements that change the network.
    leavers
        Marks of those who counted as having left a group.
    present
        Strength of each presence, by actor and municipality, with the actor's gang.
    standings
        By placement id.
    """

    number: int
    as_of: date
    policy: str
    geography: str
    program: str
    networks: Mapping[str, str]
    judged: str
    leavers: tuple[str, ...] = field(repr=False)
    present: Mapping[str, tuple[float, str]] = field(repr=False)
    standings: Mapping[str, Standing] = field(repr=False)

    def to_bytes(self) -> bytes:
        """Compact bytes; equal states give equal bytes."""
        told = {
            "version": VERSION,
            "number": self.number,
            "as_of": self.as_of.isoformat(),
            "policy": self.policy,
            "geography": self.geography,
            "program": self.program,
            "networks": dict(sorted(self.networks.items())),
            "judged": self.judged,
            "leavers": list(self.leavers),
            "present": {key: list(self.present[key]) for key in sorted(self.present)},
            "standings": {key: _row(self.standings[key]) for key in sorted(self.standings)},
        }
        return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), level=1)

    def without(self, people: Collection[str]) -> NightState:
        """The same without what names one of these people, for when they are erased.

        That a danger from one of them is gone is then not told: nothing may name them.
        """
        gone = frozenset(people)
        present = {
            key: value
            for key, value in self.present.items()
            if key.rpartition(" ")[0] not in gone and value[1] not in gone
        }
        standings = {
            key: replace(
                standing,
                findings=tuple(
                    finding
                    for finding in standing.findings
                    if finding.other not in gone and finding.other.rpartition(" ")[0] not in gone
                ),
            )
            for key, standing in self.standings.items()
        }
        return replace(self, present=present, standings=standings)

    @classmethod
    def from_bytes(cls, data: bytes) -> NightState:
        """The state that `to_bytes` wrote."""
        told: dict[str, Any] = json.loads(zlib.decompress(data))
        return cls(
            number=told["number"],
            as_of=date.fromisoformat(told["as_of"]),
            policy=told["policy"],
            geography=told["geography"],
            program=told.get("program", ""),  # the first nights did not tell
            networks=told["networks"],
            judged=told["judged"],
            leavers=tuple(told["leavers"]),
            present={key: (value[0], value[1]) for key, value in told["present"].items()},
            standings={key: _standing(row) for key, row in told["standings"].items()},
        )


def _row(standing: Standing) -> list[Any]:
    return [
        standing.place,
        standing.person,
        [getattr(standing, name) for name in NUMBERS],
        [[f.kind.number, f.other, f.level, f.risk] for f in standing.findings],
    ]


def _standing(row: list[Any]) -> Standing:
    place, person, numbers, findings = row
    return Standing(
        place=place,
        person=person,
        **dict(zip(NUMBERS, numbers, strict=True)),
        findings=tuple(
            Finding(kind=KINDS[kind], other=other, level=level, risk=risk)
            for kind, other, level, risk in findings
        ),
    )


def forget(key: str, payload: bytes, people: Collection[str]) -> bytes:
    """What is kept of nights under `key`, without these people; equal bytes if none is named."""
    if key != STATE_KEY:
        return payload
    state = NightState.from_bytes(payload)
    left = state.without(people)
    return payload if left == state else left.to_bytes()
