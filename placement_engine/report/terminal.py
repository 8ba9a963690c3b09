"""A page on a terminal: the same words as `page.plain`, in ruled and coloured tables."""

from __future__ import annotations

from io import StringIO

from placement_engine.report.page import Drawing, Line, Page, printable


def on_terminal(content: Page, *, color: bool, width: int) -> str:
    """`content` drawn for a terminal of `width` columns; without `color` no escape is written."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = StringIO()
    console = Console(
        file=drawn,
        force_terminal=color,
        color_system="standard" if color else None,
        width=width,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    for block in content.blocks:
        if isinstance(block, Line):
            console.print(Text(printable(block.text), style="bold" if block.strong else ""))
            continue
        if isinstance(block, Drawing):
            console.print(Text(printable(block.text)))
            continue
        table = RichTable(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for i, name in enumerate(block.columns):
            table.add_column(Text(printable(name)), justify="right" if i in block.right else "left")
        for row in block.rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(table)
    return "\n".join(row.rstrip() for row in drawn.getvalue().splitlines())
