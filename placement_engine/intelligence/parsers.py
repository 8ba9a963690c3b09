"""Parsers of one text of a file: a value, or why it is none, never with what stood there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from placement_engine.intelligence.ids import id_problem


class Unreadable(ValueError):
    """A text that cannot be parsed; its message tells what would have been right."""


def an_id(text: str) -> str:
    """A pseudonym."""
    problem = id_problem(text)
    if problem:
        raise Unreadable(problem)
    return text


def optional_id(text: str) -> str:
    """A pseudonym or nothing."""
    return an_id(text) if text else ""


def one_of(words: Sequence[str]) -> Callable[[str], int]:
    """Index of one of some words."""
    index = {word: number for number, word in enumerate(words)}

    def parse(text: str) -> int:
        if text not in index:
            raise Unreadable(f"must be one of {', '.join(words)}")
        return index[text]

    return parse


def a_day(text: str) -> int:
    """An ISO date as its day number."""
    problem = "must be a date such as 2026-11-01"
    if not (len(text) == len("2026-11-01") and text[4] == text[7] == "-"):
        # Other ISO forms, such as weeks, are read by some Pythons only.
        raise Unreadable(problem)
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise Unreadable(problem) from None


def optional_day(text: str) -> int:
    """A day number, 0 for nothing."""
    return a_day(text) if text else 0


def unit(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise Unreadable("must be a number from 0 to 1")
    return value + 0.0  # minus zero is zero


def free_text(text: str) -> str:
    """Any text of at most 200 characters that UTF-8 can hold."""
    if len(text) > 200:
        raise Unreadable("is longer than 200 characters")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Unreadable("holds a character that is none")
    return text


def whole(text: str) -> int:
    """A whole number from 0, in plain digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unreadable("must be a whole number from 0")
    return int(text)


def municipality(codes: frozenset[str]) -> Callable[[str], str]:
    """A municipality code among `codes`."""

    def parse(text: str) -> str:
        if text not in codes:
            raise Unreadable("is not the code of a municipality (four digits)")
        return text

    return parse
