"""Fuzzing that keeps what reached new lines: mutations of good samples, and of those mutants.

Each input runs under a trace of the lines of `ROOM` alone. One that runs a line none before
it ran joins the samples that later ones are made of, so that the search works its way into
the readers instead of failing at their doors.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import placement_engine.intelligence

ROOM = str(Path(placement_engine.intelligence.__file__).parent)
PIECES = re.compile(rb"[A-Za-z0-9_.:+\-\x80-\xff]+|[^A-Za-z0-9_.:+\-\x80-\xff]")
"""Words and single marks: what a mutation moves as one."""
NASTY: Sequence[bytes] = (
    *(b"", b"-1", b"0", b"7", b"99999999999999999999", b"1e400", b"-0.0", b"nan", b"inf", b"1_0"),
    *(b"0001-01-01", b"9999-12-31", b"2026-02-30", b"2026-W01-1", b"19900101-1234", b"%Y-%m-%d"),
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\r", b"\n", b"\t"),
    *(b'"', b'""', b"'", b",", b";", b"<", b">", b"&", b"&lt;", b"&#0;", b"&#x110000;", b"&x;"),
    *(b"<![CDATA[", b"]]>", b"<!--", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"xmlns='u'", b"<a/>"),
    *(b"{", b"}", b"[", b"]", b"[" * 2000, b"null", b"true", b"1.5", b'{"a":1,"a":2}', b"\\ud800"),
    *(b"=1+1", b"[[ties]]", b"x" * 300, b"\xc3\xa5", b"\xd9\xa1", b"PK\x03\x04", b"\\", b"#", b"="),
)


def mutated(samples: Sequence[bytes], dice: random.Random) -> bytes:
    """A sample with a few words, lines, bytes or blocks changed, moved, doubled or crossed."""
    data = dice.choice(samples)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        data = dice.choice((_word, _word, _word, _line, _bytes, _bytes, _cross))(
            data, samples, dice
        )
    return data[: 2**16]


def _word(data: bytes, samples: Sequence[bytes], dice: random.Random) -> bytes:
    words = PIECES.findall(data)
    if not words:
        return dice.choice(NASTY)
    at = dice.randrange(len(words))
    other = dice.choice(PIECES.findall(dice.choice(samples)) or [b""])
    words[at] = dice.choice(
        (other, other, dice.choice(words), dice.choice(NASTY), words[at] * 2, words[at] + other)
    )
    return b"".join(words)


def _line(data: bytes, samples: Sequence[bytes], dice: random.Random) -> bytes:
    mark = dice.choice((b"\n", b">", b",", b"}"))
    parts = data.split(mark)
    at, to = dice.randrange(len(parts)), dice.randrange(len(parts))
    turn = dice.randrange(4)
    if turn == 0:
        parts[at], parts[to] = parts[to], parts[at]
    elif turn == 1:
        parts.insert(to, parts[at])
    elif turn == 2:
        parts[at : at + dice.randrange(1, 4)] = []
    else:
        parts.insert(to, dice.choice(dice.choice(samples).split(mark)))
    return mark.join(parts)


def _bytes(data: bytes, samples: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    end = min(len(data), at + dice.choice((0, 0, 1, 1, 2, 4, 12, 60)))
    turn = dice.randrange(4)
    if turn == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
    if turn == 1:
        return data[:at] + dice.randbytes(end - at) + data[end:]
    return data[:at] + (dice.choice(NASTY) if turn == 2 else data[at:end] * 2) + data[end:]


def _cross(data: bytes, samples: Sequence[bytes], dice: random.Random) -> bytes:
    other = dice.choice(samples)
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]


def lines_run(read: Callable[[bytes], object], data: bytes) -> set[tuple[CodeType, int]]:
    """The lines of `ROOM` that reading `data` ran."""
    ran: set[tuple[CodeType, int]] = set()

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            ran.add((frame.f_code, frame.f_lineno))
        return inside

    def entered(frame: FrameType, event: str, _: Any) -> Any:
        return inside if frame.f_code.co_filename.startswith(ROOM) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        read(data)
    finally:
        sys.settrace(before)
    return ran


def guided(
    read: Callable[[bytes], object], good: bytes, *, seed: int, seconds: float, most: int = 2**62
) -> tuple[int, int]:
    """Feed a reader for so long, or so many inputs; how many, and how many were kept.

    An input on which `read` raises is named by the exception that comes out.
    """
    dice = random.Random(seed)
    samples = [good]
    seen = lines_run(read, good)
    until = time.monotonic() + seconds
    count = 0
    while count < most and time.monotonic() < until:
        data = mutated(samples, dice)
        try:
            new = lines_run(read, data) - seen
        except Exception as problem:
            problem.add_note(f"input {count} of seed {seed}: {data!r}")
            raise
        count += 1
        if new:
            seen |= new
            samples.append(data)
    return count, len(samples) - 1
