"""What may stand as an id: pseudonyms, never personal identity numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

_IDENTITY_NUMBER = re.compile(
    r"(?<!\d)(?:\d\d)?\d\d(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])[-+ ]?[\dA-Z]\d{3}(?!\d)"
)
_ID = re.compile(r"[^\W_](?:[\w.:/+-]{0,62}\w)?")
_LINE_THAT_IS_NONE = re.compile(rf"^(?!{_ID.pattern}$)", re.MULTILINE)

REFUSED_COLUMNS = {
    "ethnicity": "ethnicity",
    "etnicitet": "ethnicity",
    "race": "ethnicity",
    "religion": "religion",
    "trosuppfattning": "religion",
    "nationality": "nationality",
    "nationalitet": "nationality",
    "citizenship": "nationality",
    "medborgarskap": "nationality",
    "country_of_birth": "nationality",
    "fodelseland": "nationality",
    "födelseland": "nationality",
    "personnummer": "personal identity",
    "samordningsnummer": "personal identity",
    "personal_identity_number": "personal identity",
    "ssn": "personal identity",
    "name": "personal identity",
    "namn": "personal identity",
}
"""Header names that are refused, and what they would tell."""


def id_problem(written: str) -> str:
    """Why `written` cannot be an id; empty if it can.

    Examples
    --------
    >>> id_problem("P-17")
    ''
    >>> id_problem("19900101-1234")
    'is shaped like a personal identity number; use a pseudonym'
    """
    if holds_identity_number(written):
        return "is shaped like a personal identity number; use a pseudonym"
    if not _ID.fullmatch(written):
        return "must be 1 to 64 letters, digits and . : / + - _, starting with a letter or digit"
    return ""


def all_ids(texts: Sequence[str]) -> bool:
    """Whether `id_problem` would find nothing in any of some texts: asked of all at once.

    Neither pattern reaches over the end of a line, so one text never completes another.

    Examples
    --------
    >>> all_ids(["P-1", "G-2"]), all_ids(["P-1", "-"]), all_ids([])
    (True, False, True)
    """
    lines = "\n".join(texts)
    if lines.count("\n") != max(0, len(texts) - 1):
        return False
    return not texts or not (_LINE_THAT_IS_NONE.search(lines) or _IDENTITY_NUMBER.search(lines))


def holds_identity_number(text: str) -> bool:
    """Whether something in a text is shaped like a Swedish personal identity number.

    Examples
    --------
    >>> holds_identity_number("list of 900161-1234.csv")
    True
    """
    return _IDENTITY_NUMBER.search(text) is not None


def refusal(header: str) -> str:
    """Why a column may not be there; empty if it may."""
    about = REFUSED_COLUMNS.get(header.strip().lower().replace(" ", "_").replace("-", "_"))
    if about is None:
        return ""
    return f"columns on {about} are refused: the engine must not know or use it"
