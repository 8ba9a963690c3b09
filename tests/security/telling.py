"""What a text tells of secrets: one meaning for all tests of secrecy."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORT = 8
"""Characters below which a secret with a digit counts only where it stands on its own."""


def told_of(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that `text` tells.

    The code of a municipality must stand on its own: four digits stand in many a number, hash
    and random id by chance, and a test that fails by chance is soon ignored.
    """
    return [secret for secret in secrets if _stands_in(text, secret)]


def _stands_in(text: str, secret: str) -> bool:
    if len(secret) >= SHORT or not any(sign.isdigit() for sign in secret):
        return secret in text
    alone = rf"(?<![0-9A-Za-z.])(?<![0-9a-f]-){re.escape(secret)}(?!-[0-9a-f])(?![0-9A-Za-z])"
    return re.search(alone, text) is not None
