"""The program around the commands: errors become a message and an exit code, once, here.

A traceback can leak a row, and so can the text of somebody else's exception. So none is
ever shown: a `PlacementError` tells itself, and of anything else only its type and the
line of our own code are told.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group
from typer.models import TyperInfo

from placement_engine.commands.output import json_text
from placement_engine.commands.phrases import BY_CODE, say
from placement_engine.errors import Interrupted, InvalidFiles, PlacementError, UsageError
from placement_engine.vocabulary import Language

NAME: Final = "placement"
OUR_CODE: Final = Path(__file__).resolve().parents[1]


Command = Callable[..., int | None]


def program(
    commands: Mapping[str, Command], groups: Mapping[str, str], summary: str
) -> typer.Typer:
    """A program of these commands.

    Parameters
    ----------
    commands
        ``"name"`` or ``"group name"`` to the command.
    groups
        Each group and what it is about.
    summary
        What the whole program is for.
    """
    app = _table(summary, cls=Program)
    under = {name: _table(about) for name, about in groups.items()}
    for path, command in commands.items():
        group, _, name = path.rpartition(" ")
        (under[group] if group else app).command(name)(command)
    for path, table in under.items():
        outer, _, name = path.rpartition(" ")
        (under[outer] if outer else app).add_typer(table, name=name)
    return app


def start(app: typer.Typer) -> NoReturn:
    """Run `app` as the program of this process, which ends with its exit code."""
    sys.excepthook = _quiet
    threading.excepthook = lambda thrown: _quiet(
        thrown.exc_type, thrown.exc_value, thrown.exc_traceback
    )
    get_group(narrowed(app, sys.argv[1:]))()
    raise AssertionError("a program ends with its exit code")


def narrowed(app: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """The program without the commands that `words` do not ask for: each takes time to build.

    Where a word is no command's name, all that could stand there are kept, for the help and
    for the message on what was typed wrong.
    """
    asked = words[0] if words else ""
    commands = [command for command in app.registered_commands if command.name == asked]
    groups = [group for group in app.registered_groups if group.name == asked]
    if not commands and not groups:
        return app
    one = copy(app)
    one.registered_commands = commands
    one.registered_groups = [_narrowed_group(group, words[1:]) for group in groups]
    return one


def _narrowed_group(group: TyperInfo, words: Sequence[str]) -> TyperInfo:
    assert group.typer_instance is not None
    inner = copy(group)
    inner.typer_instance = narrowed(group.typer_instance, words)
    return inner


def _quiet(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """Instead of a traceback, which could hold a row."""
    del error
    _write(f"{PlacementError.code} {kind.__name__} {where(trace)}")


def _table(summary: str, cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    return typer.Typer(
        cls=cls,
        help=summary,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


class Program(TyperGroup):
    """The command table as a program that never shows a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,  # noqa: ARG002 - one name, however it was started
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002 - errors are always ours to tell
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command and leave with its exit code."""
        words = sys.argv[1:] if args is None else list(args)
        try:
            code = super().main(words, NAME, complete_var, False, windows_expand_args, **extra)
        except PlacementError as error:
            code = tell(error, words)
        except typer.TyperException as error:
            code = _tell_usage(error, words)
        except (KeyboardInterrupt, typer.Abort):
            code = tell(Interrupted(say(language_of(words), "interrupted")), words)
        except Exception as error:  # whatever it is, its text may hold a row
            code = tell(_unexpected(error, language_of(words)), words)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was parsed; Typer would swallow an interruption, `main` tells it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None


def language_of(words: Sequence[str], environment: Mapping[str, str] | None = None) -> Language:
    """The language asked for on a command line that may be wrong in every other way.

    Examples
    --------
    >>> language_of(["propose", "--lang", "en"], {})
    <Language.ENGLISH: 'en'>
    >>> language_of(["propose", "--lang=xx"], {})
    <Language.SWEDISH: 'sv'>
    """
    environment = os.environ if environment is None else environment
    asked = environment.get("PLACEMENT_LANG", "")
    for i, word in enumerate(words):
        if word == "--lang" and i + 1 < len(words):
            asked = words[i + 1]
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    return Language.ENGLISH if asked == Language.ENGLISH else Language.SWEDISH


def tell(error: PlacementError, words: Sequence[str]) -> int:
    """Write an error to standard error; returns its exit code."""
    language = language_of(words)
    if "--json" in words:
        _write(json_text(_document(error), sys.stderr.encoding))
    else:
        heading = BY_CODE.get(error.code) if language is Language.SWEDISH else None
        told = error.what if heading is None else f"{heading} {error.what}"
        lines = [f"{say(language, 'error')}: {error.code} {told}"]
        lines += [f"  {part}" for part in (error.unchanged, error.do) if part]
        _write("\n".join(lines))
    return error.exit_code


def _document(error: PlacementError) -> dict[str, object]:
    from placement_engine.report.bodies import ErrorBody, FaultRow
    from placement_engine.report.documents import to_json

    faults = error.faults if isinstance(error, InvalidFiles) else ()
    body = ErrorBody(
        code=error.code,
        exit_code=error.exit_code,
        message=" ".join(part for part in (error.what, error.unchanged, error.do) if part),
        faults=tuple(
            FaultRow(file=f.file, line=f.line, column=f.column, problem=f.problem) for f in faults
        ),
    )
    return to_json(body)


def _tell_usage(error: typer.TyperException, words: Sequence[str]) -> int:
    """A usage error in our own words, without the values that were typed."""
    language = language_of(words)
    context = getattr(error, "ctx", None)
    command = NAME if context is None else context.command_path
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "NoArgsIsHelpError" in kinds:
        _write(error.message)
        return UsageError.exit_code
    what = _parameter(error)
    if "MissingParameter" in kinds or "BadOptionUsage" in kinds:
        told = say(language, "missing", what=what)
    elif "BadParameter" in kinds:
        told = say(language, "bad_value", what=what)
    elif "NoSuchOption" in kinds:
        told = say(language, "unknown_option")
    elif context is not None and isinstance(context.command, TyperGroup):
        told = say(language, "unknown_command")
    else:
        told = say(language, "bad_usage")
    return tell(UsageError(told, do=say(language, "see_help", command=command)), words)


def _parameter(error: typer.TyperException) -> str:
    """The option or argument that a usage error is about, as the help writes it."""
    param = getattr(error, "param", None)
    if param is None:
        return str(getattr(error, "option_name", ""))
    name = str(param.opts[-1]) if param.opts else str(param.name)
    return name if name.startswith("-") else str(param.metavar or name).upper()


def _unexpected(error: Exception, language: Language) -> PlacementError:
    kind = type(error).__name__
    return PlacementError(say(language, "unexpected", kind=kind, where=where(error.__traceback__)))


def where(trace: TracebackType | None) -> str:
    """The innermost line of our own code in a traceback, as ``file:line``."""
    found = NAME
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(OUR_CODE):
            found = f"{file.relative_to(OUR_CODE).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _write(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stderr.flush()
