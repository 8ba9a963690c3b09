"""Reads a network folder, or a zip of it: all faults of all files at once."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from placement_engine.errors import Fault, InvalidFiles
from placement_engine.intelligence.ids import holds_identity_number
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.network_tables import (
    FILES,
    OPTIONAL_FILES,
    WHAT,
    network_of_tables,
)
from placement_engine.intelligence.table import (
    Faults,
    Table,
    read_bytes,
    read_table,
    unreadable,
)

MAX_FILE = 2**30
"""Bytes of one file of a folder: some fifteen million ties."""
MAX_ZIP = 2**28
"""Bytes of a zip, and of each file in it when unpacked."""


def read_network(path: Path, *, batch: str = "main", codes: frozenset[str]) -> Network:
    """Read ``persons.csv``, ``groups.csv``, ``ties.csv``, ``presence.csv`` and ``events.csv``.

    Parameters
    ----------
    path
        A folder, or a zip that holds these files at its top or in one folder.
    batch
        Name of the import; reports without an origin count as one origin for each source
        letter and batch.
    codes
        The municipality codes that exist.

    Raises
    ------
    InvalidFiles
        With every fault of every file, by file and line, never with content.
    """
    faults = Faults(WHAT)
    data = _contents(path, faults)
    tables: dict[str, Table] = {}
    for name, (required, optional) in FILES.items():
        if name in data:
            tables[name] = read_table(
                data[name], name, required=required, optional=optional, faults=faults
            )
        elif name not in OPTIONAL_FILES:
            faults.add(name, 0, "", "the file is missing")
            tables[name] = unreadable(name, required=required, faults=faults)
    return network_of_tables(tables, batch=batch, codes=codes, faults=faults)


def _contents(path: Path, faults: Faults) -> dict[str, bytes]:
    if path.is_dir():
        for other in sorted(file.name for file in path.iterdir()):
            _expected(other, faults)
        return {
            name: read_bytes(path / name, limit=MAX_FILE, what=WHAT)
            for name in FILES
            if (path / name).exists()
        }
    data = read_bytes(path, limit=MAX_ZIP, what=WHAT)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return _unpacked(packed, faults)
    except (zipfile.BadZipFile, RuntimeError, ValueError, EOFError, OSError, zlib.error):
        problem = "is neither a folder nor a readable zip"
        raise InvalidFiles([Fault(path.name, 0, "", problem)], what=WHAT) from None


def _unpacked(packed: zipfile.ZipFile, faults: Faults) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in packed.infolist():
        parts = PurePosixPath(entry.filename).parts
        name = parts[-1] if parts else ""
        if len(parts) > 2 or not parts or parts[0] in ("/", "..", "__MACOSX"):
            continue
        _expected(name, faults)
        if name not in FILES:
            continue
        if name in found:
            faults.add(name, 0, "", "stands twice in the zip")
            continue
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile
        with packed.open(entry) as stream:
            content = stream.read(MAX_ZIP + 1)
        if len(content) > MAX_ZIP:
            faults.add(name, 0, "", f"unpacks to more than {MAX_ZIP // 2**20} MiB")
            continue
        found[name] = content
    return found


def _expected(name: str, faults: Faults) -> None:
    """Refuse a CSV file that nothing reads: a misspelt name would lose all its dangers."""
    if name.lower().endswith(".csv") and name not in FILES:
        # A name may hold what must not be told, or steer a terminal.
        plain = name.isprintable() and not holds_identity_number(name)
        problem = f"is not a file of a network: {', '.join(FILES)}"
        faults.add(name if plain else "(a file not named here)", 0, "", problem)
