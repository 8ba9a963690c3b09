"""What every import tells: numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from placement_engine.commands.options import Run
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.proposal.outcome import Notice

SWEDISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placements": "placeringar",
        "facilities": "verksamheter",
        "persons": "personer",
        "groups": "grupper",
        "ties": "kopplingar",
        "presences": "närvaro",
    }
)


def import_result(
    run: Run,
    imported: str,
    rows: Mapping[str, int],
    notices: tuple[Notice, ...],
    *,
    batch: str | None = None,
    changed: bool = True,
) -> None:
    """Write how many rows of each kind came in, and whether anything was new."""
    from placement_engine.report.bodies import ImportBody
    from placement_engine.report.page import line, page

    body = ImportBody(
        imported=imported, batch=batch, rows=dict(rows), changed=changed, notices=notices
    )
    if run.language is Language.SWEDISH:
        counts = ", ".join(f"{count} {SWEDISH[kind]}" for kind, count in rows.items())
        told = f"Infört: {counts}." if changed else f"Redan känt: {counts}."
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in rows.items())
        told = f"Imported: {counts}." if changed else f"Known already: {counts}."
    run.output.result(body, page(line(told)))
