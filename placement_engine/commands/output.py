"""Where results go: standard output for the result alone, standard error for all else."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement_engine.commands.phrases import say
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.report.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How one command answers.

    Parameters
    ----------
    as_json
        One JSON document instead of a page.
    plain
        Plain text even on a terminal.
    color
        Whether colour is allowed on a terminal.
    """

    language: Language
    as_json: bool
    plain: bool
    color: bool

    def result(self, body: object, page: Page) -> None:
        """Write the result: `body` as JSON, or `page` as a table or as plain text."""
        if self.as_json:
            from placement_engine.report.documents import to_json

            self.document(to_json(body))
        else:
            self.page(page)

    def page(self, page: Page) -> None:
        """Write `page` as a table or as plain text."""
        write(self._drawn(page))

    def document(self, document: dict[str, object]) -> None:
        """Write one JSON document to standard output."""
        write(json_text(document, sys.stdout.encoding))

    def note(self, text: str) -> None:
        """Tell something besides the result; JSON output carries it in its notices instead."""
        if not self.as_json:
            sys.stdout.flush()
            sys.stderr.write(f"{say(self.language, 'note')}: {text}\n")
            sys.stderr.flush()

    def _drawn(self, page: Page) -> str:
        from placement_engine.report.page import plain

        if self.plain or not sys.stdout.isatty():
            return plain(page)
        from placement_engine.report.terminal import on_terminal

        width = os.get_terminal_size(sys.stdout.fileno()).columns or 80
        return on_terminal(page, color=self.color, width=width)


def json_text(document: dict[str, object], encoding: str | None) -> str:
    """`document` as text that a stream of `encoding` can carry."""
    import json

    unicode = (encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(document, indent=2, ensure_ascii=not unicode)


def write(text: str) -> None:
    """Write `text` and a line break to standard output, whatever its encoding can carry."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()
