"""A page as one HTML file: no script, nothing fetched, readable by day, by night and on paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from placement_engine.report.page import Block, Drawing, Line, Page, Table, printable
from placement_engine.vocabulary import Language

STYLE = """
:root { color-scheme: light dark; --ink: #1b1d21; --paper: #ffffff; --faint: #5c6370;
  --rule: #d5d9e0; --land: #e9ecf1; --mark: #b3261e; --band: #f4f6f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ee; --paper: #15171b;
  --faint: #a3abb9; --rule: #3a3f49; --land: #2a2e36; --mark: #ff8a80; --band: #1d2026; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .35rem 0; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0;
  border-bottom: 1px solid var(--rule); }
th { color: var(--faint); font-weight: 600; }
.right { text-align: right; }
figure { margin: 1.25rem 0; }
figcaption { color: var(--faint); font-size: .9rem; max-width: 46rem; }
svg { max-width: 100%; max-height: 44rem; height: auto; }
.land { fill: var(--land); stroke: var(--rule); stroke-width: 1.5; }
.marked { fill: var(--mark); stroke: var(--paper); stroke-width: 1; }
.told { fill: var(--ink); font: 600 38px system-ui, sans-serif; text-anchor: middle;
  paint-order: stroke; stroke: var(--paper); stroke-width: 8px; }
@media print { :root { --ink: #000; --paper: #fff; --faint: #333; --rule: #999;
  --land: #eee; --mark: #555; } body { padding: 0; max-width: none; }
  h2, figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def html(content: Page, *, title: str, language: Language) -> str:
    """`content` as a whole HTML document.

    The policy in it forbids scripts, frames and everything from elsewhere; its only style
    is `STYLE`, allowed by its hash. All text is escaped; drawings stand as they are.

    Parameters
    ----------
    title
        Of the document, and its first heading.

    Examples
    --------
    >>> from placement_engine.report.page import line, page
    >>> document = html(page(line("<b>")), title="T", language=Language.ENGLISH)
    >>> "&lt;b&gt;" in document, "<script" in document
    (True, False)
    """
    allowed = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    body = "\n".join(_block(block) for block in content.blocks)
    return (
        "<!doctype html>\n"
        f'<html lang="{language.value}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{_text(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return "".join(_table(block))
    if isinstance(block, Drawing):
        return f"<figure>{block.svg}<figcaption>{_text(block.text)}</figcaption></figure>"
    assert isinstance(block, Line)
    if not block.text:
        return ""
    return f"<h2>{_text(block.text)}</h2>" if block.strong else f"<p>{_text(block.text)}</p>"


def _table(table: Table) -> Iterable[str]:
    sides = [' class="right"' if i in table.right else "" for i in range(len(table.columns))]
    yield '<div class="wide"><table><thead><tr>'
    for side, name in zip(sides, table.columns, strict=True):
        yield f'<th scope="col"{side}>{_text(name)}</th>'
    yield "</tr></thead><tbody>"
    for row in table.rows:
        cells = zip(sides, row, strict=True)
        yield f"<tr>{''.join(f'<td{side}>{_text(cell)}</td>' for side, cell in cells)}</tr>"
    yield "</tbody></table></div>"


def _text(text: str) -> str:
    return escape(printable(text))
