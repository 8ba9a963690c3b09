"""Reads a network in any format that we know: a network, or one error with every fault."""

from __future__ import annotations

from pathlib import Path

from placement_engine.errors import UsageError
from placement_engine.intelligence.formats.mapping import MAX_MAPPING, FormatMapping, read_mapping
from placement_engine.intelligence.formats.tabular import MAX_FILE, read_csv
from placement_engine.intelligence.network import Network
from placement_engine.intelligence.network_folder import read_network
from placement_engine.intelligence.network_tables import WHAT, network_of_tables
from placement_engine.intelligence.table import Faults, Table, read_bytes
from placement_engine.vocabulary import NetworkFormat

_SUFFIXES = {
    ".zip": NetworkFormat.FOLDER,
    ".csv": NetworkFormat.CSV,
    ".xlsx": NetworkFormat.XLSX,
    ".anx": NetworkFormat.ANX,
    ".graphml": NetworkFormat.GRAPHML,
    ".ftm": NetworkFormat.FTM,
    ".jsonl": NetworkFormat.FTM,
    ".ijson": NetworkFormat.FTM,
    ".json": NetworkFormat.STIX,
}


def format_of(path: Path, *, mapped: bool = False) -> NetworkFormat:
    """The format of a file by its name; a folder with a mapping holds CSV files of any kind.

    Where the name does not tell, it is read as a zip of a folder, and refused as such.

    Examples
    --------
    >>> format_of(Path("chart.anx"))
    <NetworkFormat.ANX: 'anx'>
    """
    if path.is_dir():
        return NetworkFormat.CSV if mapped else NetworkFormat.FOLDER
    if path.name.lower().endswith(".ftm.json"):
        return NetworkFormat.FTM
    return _SUFFIXES.get(path.suffix.lower(), NetworkFormat.FOLDER)


def read_network_as(
    path: Path,
    format_: NetworkFormat | None = None,
    *,
    mapping: Path | None = None,
    batch: str = "main",
    codes: frozenset[str],
) -> Network:
    """Read a network in any format.

    Parameters
    ----------
    path
        A file, or a folder of files.
    format_
        Its format; None to tell by its name.
    mapping
        A mapping file; CSV needs one.
    batch, codes
        As for `read_network`.

    Raises
    ------
    InvalidFiles
        With every fault of the mapping, or else of the file, never with content.
    UsageError
        If the format needs a mapping, or takes none.
    InvalidConfiguration
        If the library of the format is not installed.
    """
    kind = format_ or format_of(path, mapped=mapping is not None)
    if kind is NetworkFormat.FOLDER:
        if mapping is not None:
            raise UsageError("A network folder takes no mapping.", do="Give --format csv.")
        return read_network(path, batch=batch, codes=codes)
    if kind is NetworkFormat.CSV and mapping is None:
        raise UsageError("CSV of any shape needs a mapping.", do="Give --mapping FILE.toml.")
    rules = FormatMapping()
    if mapping is not None:
        told = read_bytes(mapping, limit=MAX_MAPPING, what="The mapping was refused")
        rules = read_mapping(told, mapping.name)
    faults = Faults(WHAT)
    tables = _tables(path, kind, rules, faults)
    return network_of_tables(tables, batch=batch, codes=codes, faults=faults)


def _tables(
    path: Path, kind: NetworkFormat, mapping: FormatMapping, faults: Faults
) -> dict[str, Table]:
    if kind is NetworkFormat.CSV:
        return read_csv(path, mapping, faults)
    data, file = read_bytes(path, limit=MAX_FILE, what=WHAT), path.name
    # Each reader is imported alone: XML and workbooks cost a start nothing that reads neither.
    if kind is NetworkFormat.XLSX:
        from placement_engine.intelligence.formats.workbook import read_workbook

        return read_workbook(data, file, mapping, faults)
    if kind is NetworkFormat.ANX:
        from placement_engine.intelligence.formats.anx import read_anx

        return read_anx(data, file, mapping, faults)
    if kind is NetworkFormat.GRAPHML:
        from placement_engine.intelligence.formats.graphml import read_graphml

        return read_graphml(data, file, mapping, faults)
    if kind is NetworkFormat.FTM:
        from placement_engine.intelligence.formats.ftm import read_ftm

        return read_ftm(data, file, mapping, faults)
    from placement_engine.intelligence.formats.stix import read_stix

    return read_stix(data, file, mapping, faults)
