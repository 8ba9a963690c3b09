"""Excel workbooks: values alone, one sheet for each kind of rows or as a mapping says."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from placement_engine.intelligence.formats.mapping import FormatMapping, TableRule
from placement_engine.intelligence.formats.reports import missing_library
from placement_engine.intelligence.formats.tabular import by_rules, four_digits
from placement_engine.intelligence.network_tables import FILES, OPTIONAL_FILES
from placement_engine.intelligence.table import (
    Faults,
    Table,
    check_header,
    unreadable,
)

MAX_UNPACKED = 2**28
MAX_PARTS: Final = 2_000
MAX_ROWS: Final = 2**20
MAX_COLUMNS: Final = 256
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)


def read_workbook(
    data: bytes, file: str, mapping: FormatMapping, faults: Faults
) -> dict[str, Table]:
    """Read a workbook by a mapping, or with sheets named as the files of a folder.

    Formulas are refused: what a cell shows would depend on who last opened the file.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise missing_library("openpyxl") from None
    problem = _packed_badly(data)
    if problem:
        faults.add(file, 0, "", problem)
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that nothing here uses
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            with closing(book):
                return _tables(book, file, mapping, faults)
    except Exception:  # the library tells damage by any exception at all
        faults.add(file, 0, "", "is not a readable workbook; save it again as .xlsx")
        return {}


def _packed_badly(data: bytes) -> str:
    """What is wrong with the zip that a workbook is, looked at before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            # No more than the size that is told can be unpacked.
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                return f"unpacks to more than {MAX_UNPACKED // 2**20} MiB"
            for part in parts:
                if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    return "is packed in a way that is not read"
                if part.filename.lower().endswith((".xml", ".rels")) and _hostile(packed, part):
                    return "holds XML that declares a document type, entities or another encoding"
    except (zipfile.BadZipFile, RuntimeError, ValueError, EOFError, OSError, zlib.error):
        return "is not a readable workbook; save it again as .xlsx"
    return ""


def _hostile(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether an XML part could expand, fetch, or hide from this very search."""
    tail = b""
    with packed.open(part) as stream:
        while chunk := stream.read(2**20):
            seen = tail + chunk
            if b"\0" in chunk or _DOCTYPE.search(seen) or _ENCODING.search(seen):
                return True
            tail = seen[-200:]
    return False


def _tables(book: Any, file: str, mapping: FormatMapping, faults: Faults) -> dict[str, Table]:
    names = list(book.sheetnames)

    def opened(rule: TableRule, required: Sequence[str], optional: Sequence[str]) -> Table:
        if not rule.sheet and len(names) == 1:
            return _sheet(book[names[0]], file, required, optional, faults)
        if rule.sheet not in names:
            faults.add(file, 0, "", "a sheet that the mapping names is missing")
            return unreadable(file, required=required, faults=faults)
        sheet = book[rule.sheet]
        return _sheet(
            sheet, f"{file} sheet {names.index(rule.sheet) + 1}", required, optional, faults
        )

    if mapping.tables:
        return by_rules(mapping.tables, opened, faults)
    own = {name.removesuffix(".csv"): name for name in FILES}
    tables: dict[str, Table] = {}
    for at, name in enumerate(names, start=1):
        if name in own:
            tables[own[name]] = _sheet(book[name], f"{file} sheet {at}", *FILES[own[name]], faults)
        else:
            faults.add(f"{file} sheet {at}", 0, "", f"must be named one of {', '.join(own)}")
    for name in FILES.keys() - tables.keys() - OPTIONAL_FILES:
        faults.add(file, 0, "", f"the sheet {name.removesuffix('.csv')} is missing")
        tables[name] = unreadable(file, required=FILES[name][0], faults=faults)
    return tables


def _sheet(
    sheet: Any, file: str, required: Sequence[str], optional: Sequence[str], faults: Faults
) -> Table:
    empty = unreadable(file, required=required, faults=faults)
    if not hasattr(sheet, "reset_dimensions"):
        faults.add(file, 0, "", "is a chart, not a sheet of cells")
        return empty
    sheet.reset_dimensions()  # whoever wrote the file may have told them wrong
    first = next(sheet.iter_rows(max_row=1, max_col=MAX_COLUMNS + 1), ())
    header = [_text(cell).strip() for cell in first]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        faults.add(file, 1, "", f"has more than {MAX_COLUMNS} columns")
        return empty
    if not check_header(header, file, required=required, optional=optional, faults=faults):
        return empty
    lines: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in header}
    before = faults.count
    for line, cells in _rows(sheet, len(header) + 1):
        problem = next((p for cell in cells if (p := _unusable(cell))), "")
        if problem:
            # One is enough: a sheet of formulas has as many as it has cells.
            if faults.count == before:
                faults.add(file, line, "", problem)
            continue
        texts = [_text(cell) for cell in cells]
        if any(texts):
            lines.append(line)
            for column, text in zip(columns.values(), texts, strict=False):
                column.append(text)
            if len(texts) > len(header) and texts[-1]:
                faults.add(file, line, "", "has a cell beside the columns of the header")
    if "municipality" in columns:
        columns["municipality"] = [four_digits(text) for text in columns["municipality"]]
    return Table(file=file, lines=lines, columns=columns, faults=faults)


def _rows(sheet: Any, width: int) -> Iterator[tuple[int, Sequence[Any]]]:
    rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=width)
    return enumerate(islice(rows, 1, MAX_ROWS), start=2)


def _unusable(cell: Any) -> str:
    if cell.data_type == "f":
        return "holds a formula; save the sheet with values alone"
    if cell.data_type == "e":
        return "holds an error such as #REF!; mend the cell"
    return ""


def _text(cell: Any) -> str:
    """A cell as it would stand in a CSV file: ISO dates, whole numbers without a point."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
