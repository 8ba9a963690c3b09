"""A network in a zip: as in a folder, and never more than that."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from placement_engine.errors import InvalidFiles
from placement_engine.intelligence import network_folder, read_network
from tests.unit.test_network_reader import (
    CODES,
    equal,
    files,
    read,
    write,
)


def packed(path: Path, content: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, text in content.items():
            stream.writestr(name, text)
    return path


def test_a_zip_of_the_folder_is_the_folder(tmp_path: Path) -> None:
    plain = read(tmp_path / "plain", files())
    flat = packed(tmp_path / "flat.zip", files())
    nested = packed(
        tmp_path / "nested.zip",
        {"export/": "", **{f"export/{n}": t for n, t in files().items()}, "export/notes.txt": "x"},
    )
    for path in (flat, nested):
        assert equal(read_network(path, codes=CODES), plain)


def test_faults_in_a_zip_are_told_as_in_a_folder(tmp_path: Path) -> None:
    content = files()
    content["persons.csv"] += "P4,boss,1990\n"
    with pytest.raises(InvalidFiles) as caught:
        read_network(packed(tmp_path / "bad.zip", content), codes=CODES)
    found = [(f.file, f.line, f.column) for f in caught.value.faults]
    assert found == [("persons.csv", 5, "role")]


@pytest.mark.parametrize("prefix", ["../", "/", "a/b/", "../../etc/"])
def test_names_that_climb_or_nest_are_not_read(tmp_path: Path, prefix: str) -> None:
    path = packed(tmp_path / "climbing.zip", {prefix + n: t for n, t in files().items()})
    with pytest.raises(InvalidFiles) as caught:
        read_network(path, codes=CODES)
    assert {f.problem for f in caught.value.faults} == {"the file is missing"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["climbing.zip"]


def test_a_file_that_stands_twice_in_a_zip(tmp_path: Path) -> None:
    path = packed(tmp_path / "twice.zip", {**files(), "old/ties.csv": files()["ties.csv"]})
    with pytest.raises(InvalidFiles) as caught:
        read_network(path, codes=CODES)
    assert [(f.file, f.problem) for f in caught.value.faults] == [
        ("ties.csv", "stands twice in the zip")
    ]


@pytest.mark.parametrize("at", [0, 200, -30])
def test_damaged_zips(tmp_path: Path, at: int) -> None:
    good = packed(tmp_path / "good.zip", files()).read_bytes()
    bad = bytearray(good)
    for step in range(20):
        bad[at + step] ^= 0x5A
    (tmp_path / "bad.zip").write_bytes(bytes(bad))
    with pytest.raises(InvalidFiles):
        read_network(tmp_path / "bad.zip", codes=CODES)
    (tmp_path / "cut.zip").write_bytes(good[: len(good) // 2])
    with pytest.raises(InvalidFiles):
        read_network(tmp_path / "cut.zip", codes=CODES)


def test_every_byte_of_a_zip_may_be_damaged(tmp_path: Path) -> None:
    good = packed(tmp_path / "good.zip", files()).read_bytes()
    plain = read_network(tmp_path / "good.zip", codes=CODES)
    for at in range(0, len(good), 3):
        bad = bytearray(good)
        bad[at] ^= 0xFF
        (tmp_path / "bad.zip").write_bytes(bytes(bad))
        try:
            network = read_network(tmp_path / "bad.zip", codes=CODES)
        except InvalidFiles:
            continue
        # A byte that means nothing, such as a time stamp; or the name of the file that may
        # be missing.
        assert equal(network, plain) or network.presence_count == 0
        assert network.tie_count == plain.tie_count


def test_encrypted_zips_and_other_files(tmp_path: Path) -> None:
    locked = bytearray(packed(tmp_path / "good.zip", files()).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    for name, data in (("locked.zip", bytes(locked)), ("text.csv", b"a,b\n"), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidFiles) as caught:
            read_network(tmp_path / name, codes=CODES)
        assert "is neither a folder nor a readable zip" in str(caught.value)


def test_a_path_that_is_not_there_and_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles, match="cannot be read"):
        read_network(tmp_path / "nowhere", codes=CODES)
    content = files()
    del content["ties.csv"]
    (write(tmp_path / "net", content) / "ties.csv").mkdir()
    with pytest.raises(InvalidFiles) as caught:
        read_network(tmp_path / "net", codes=CODES)
    assert caught.value.faults[0].file == "ties.csv"


def test_a_zip_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_folder, "MAX_ZIP", 2**20)
    monkeypatch.setattr(network_folder, "MAX_FILE", 2**20)
    content = {**files(), "ties.csv": files()["ties.csv"] + "\n" * 2**22}
    path = packed(tmp_path / "bomb.zip", content)
    assert path.stat().st_size < 10_000
    with pytest.raises(InvalidFiles) as caught:
        read_network(path, codes=CODES)
    found = [(f.file, f.problem) for f in caught.value.faults]
    assert ("ties.csv", "unpacks to more than 1 MiB") in found
    with pytest.raises(InvalidFiles, match="is larger than 1 MiB"):
        read_network(write(tmp_path / "folder", content), codes=CODES)


def test_a_zip_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "large.zip", {**files(), "notes.txt": "x"})
    monkeypatch.setattr(network_folder, "MAX_ZIP", path.stat().st_size)
    assert read_network(path, codes=CODES).tie_count
    monkeypatch.setattr(network_folder, "MAX_ZIP", path.stat().st_size - 1)
    with pytest.raises(InvalidFiles, match="is larger than"):
        read_network(path, codes=CODES)


@pytest.mark.parametrize("name", ["900161-1234.csv", "\x1b[2Jties.csv", "19900101-1234 ties.csv"])
def test_names_of_files_that_may_not_be_told(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "names.zip", {**files(), name: "x"})
    with pytest.raises(InvalidFiles) as caught:
        read_network(path, codes=CODES)
    assert name not in str(caught.value)
    assert [fault.file for fault in caught.value.faults] == ["(a file not named here)"]
