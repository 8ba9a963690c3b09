"""A page: lines and tables of words, before anybody decides how they look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NO_BREAK = "\N{NO-BREAK SPACE}"
GAP = "  "
"""Between two columns of a plain table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text; `strong` lines are headings."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of words under column names; columns in `right` are aligned to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture as SVG, and what it shows in words, which is all that text has of it."""

    svg: str
    text: str


Block = Line | Table | Drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one command tells a person, from top to bottom.

    Examples
    --------
    >>> table = Table(columns=("nr", "name"), rows=(("1", "Boden"),), right=frozenset({0}))
    >>> print(plain(page(line("Choices", strong=True), table)))
    Choices
    nr  name
     1  Boden
    """

    blocks: tuple[Block, ...]


def line(text: str, *, strong: bool = False) -> Line:
    """One line of a page."""
    return Line(text=text, strong=strong)


def page(*blocks: Block) -> Page:
    """A page of these blocks in order."""
    return Page(blocks=blocks)


def printable(text: str) -> str:
    r"""`text` with every control character replaced, so that no id can drive a terminal.

    Examples
    --------
    >>> printable("P-1\x1b[2J")
    'P-1�[2J'
    """
    if text.replace(NO_BREAK, "").isprintable():  # nearly all is; a night has a million letters
        return text
    blank = "\N{REPLACEMENT CHARACTER}"
    return "".join(
        letter if letter.isprintable() or letter == NO_BREAK else blank for letter in text
    )


def plain(content: Page) -> str:
    """`content` as text in aligned columns, without colour, for pipes and files."""
    lines: list[str] = []
    for block in content.blocks:
        if isinstance(block, Line | Drawing):
            lines.append(printable(block.text))
        else:
            lines.extend(_plain_table(block))
    return "\n".join(lines)


def _plain_table(table: Table) -> Iterable[str]:
    rows = [tuple(printable(cell) for cell in row) for row in (table.columns, *table.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    for row in rows:
        cells = (
            cell.rjust(width) if i in table.right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield GAP.join(cells).rstrip()
