"""The program is built for the one command that was asked for, and is the same program."""

from __future__ import annotations

from typing import Any

import pytest
from typer.main import get_group

from placement_engine.__main__ import command_table
from placement_engine.commands.program import narrowed

APP = command_table().app
WHOLE: Any = get_group(APP)


def below(group: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """All commands and groups by the words that ask for them."""
    found: dict[tuple[str, ...], Any] = {}
    for name, command in group.commands.items():
        found[*path, name] = command
        if hasattr(command, "commands"):
            found |= below(command, (*path, name))
    return found


COMMANDS = {path: c for path, c in below(WHOLE).items() if not hasattr(c, "commands")}


def shape(command: Any) -> object:
    return command.name, command.help, [repr(p.__dict__.get("opts")) for p in command.params]


@pytest.mark.parametrize("path", [("propose",), ("register", "audit", "verify"), ("case", "add")])
def test_one_command_is_built_alone_and_as_it_was(path: tuple[str, ...]) -> None:
    built = below(get_group(narrowed(APP, [*path, "C-1", "--json"])))
    assert [p for p, c in built.items() if not hasattr(c, "commands")] == [path]
    assert shape(built[path]) == shape(COMMANDS[path])


def test_every_command_is_found() -> None:
    assert len(COMMANDS) > 50
    for path in COMMANDS:
        one = narrowed(APP, path)
        for word in path[:-1]:
            [group] = one.registered_groups
            assert group.name == word
            assert not one.registered_commands
            assert group.typer_instance is not None
            one = group.typer_instance
        assert [command.name for command in one.registered_commands] == [path[-1]]


@pytest.mark.parametrize("words", [[], ["--help"], ["propsoe"], ["--json", "propose"]])
def test_where_nothing_is_asked_for_all_is_there(words: list[str]) -> None:
    assert narrowed(APP, words) is APP


@pytest.mark.parametrize("words", [["register"], ["register", "--help"], ["register", "adit"]])
def test_where_a_group_is_asked_for_all_of_it_is_there(words: list[str]) -> None:
    built = below(get_group(narrowed(APP, words)))
    assert set(built) == {path for path in below(WHOLE) if path[0] == "register"}


def test_the_program_itself_is_not_changed() -> None:
    before = len(APP.registered_commands), len(APP.registered_groups)
    narrowed(APP, ["register", "audit", "verify"])
    assert (len(APP.registered_commands), len(APP.registered_groups)) == before
