"""The passphrase comes from one source and is never echoed."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from placement_engine.commands.passphrase import MAX_BYTES, read_passphrase
from placement_engine.commands.settings import read_settings
from placement_engine.errors import InvalidConfiguration, PlacementError, UsageError, WrongKey
from placement_engine.vocabulary import Language


def read(
    tmp_path: Path,
    options: dict[str, str] | None = None,
    *,
    config: str = "",
    fd: int | None = None,
    new: bool = False,
) -> bytearray:
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    told = {"PLACEMENT_CONFIG": str(tmp_path / "config.toml")}
    return read_passphrase(
        read_settings(options or {}, told), fd, language=Language.ENGLISH, new=new
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_bytes(b"correct horse\n")
    return path


def test_one_line_break_at_the_end_does_not_count(tmp_path: Path, file: Path) -> None:
    assert read(tmp_path, {"passphrase_file": str(file)}) == b"correct horse"
    file.write_bytes(b"correct horse\n\n")
    assert read(tmp_path, {"passphrase_file": str(file)}) == b"correct horse\n"
    file.write_bytes(b" correct horse\r\n")
    assert read(tmp_path, {"passphrase_file": str(file)}) == b" correct horse"


def test_from_a_descriptor(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"correct horse\n")
    os.close(writer)
    assert read(tmp_path, fd=reader) == b"correct horse"
    os.close(reader)


def test_from_a_command_without_a_shell(tmp_path: Path) -> None:
    assert (
        read(tmp_path, {"passphrase_command": "printf '%s\\n' 'correct horse'"}) == b"correct horse"
    )
    assert read(tmp_path, {"passphrase_command": "echo $HOME"}) == b"$HOME"


@pytest.mark.parametrize(
    "command",
    ["false", "/no/such/program", "'", "", "sh -c 'echo canary-secret >&2; echo x; exit 3'"],
)
def test_a_command_that_fails_is_a_missing_key(
    tmp_path: Path, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WrongKey) as caught:
        read(tmp_path, {"passphrase_command": command})
    captured = capfd.readouterr()
    assert "canary-secret" not in captured.err + captured.out + str(caught.value)


@pytest.mark.parametrize("config", ["", 'passphrase_file = "passphrase"'])
def test_more_than_one_source_on_the_command_line_is_a_usage_error(
    tmp_path: Path, file: Path, config: str
) -> None:
    both = {"passphrase_file": str(file), "passphrase_command": "echo x"}
    with pytest.raises(UsageError):
        read(tmp_path, both, config=config)
    with pytest.raises(UsageError):
        read(tmp_path, {"passphrase_file": str(file)}, config=config, fd=0)


def test_an_option_beats_what_is_configured(tmp_path: Path, file: Path) -> None:
    config = 'passphrase_command = "echo other"'
    assert read(tmp_path, {"passphrase_file": str(file)}, config=config) == b"correct horse"
    assert read(tmp_path, config=config) == b"other"


def test_two_configured_sources_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration):
        read(tmp_path, config='passphrase_command = "echo x"\npassphrase_file = "y"')


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * (MAX_BYTES + 1)])
def test_empty_and_endless_are_refused(tmp_path: Path, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(WrongKey):
        read(tmp_path, {"passphrase_file": str(file)})


@pytest.mark.parametrize("options", [{}, {"passphrase_file": "/no/such/file"}])
def test_missing_exits_13(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(PlacementError) as caught:
        read(tmp_path, options)
    assert caught.value.exit_code == 13


def test_a_bad_descriptor_is_a_missing_key(tmp_path: Path) -> None:
    with pytest.raises(WrongKey):
        read(tmp_path, fd=987)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_is_asked_once_for_an_old_and_twice_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["one horse", "two horses", "two horses", "three", "four"])
    monkeypatch.setattr(sys, "stdin", _Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: next(answers))
    assert read(tmp_path) == b"one horse"
    assert read(tmp_path, new=True) == b"two horses"
    with pytest.raises(WrongKey):
        read(tmp_path, new=True)
    assert next(answers, None) is None
