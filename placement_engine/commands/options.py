"""The options that commands share, in one place, and what they come to in one run.

A command that is decorated with `shared` takes a `Run` first and its own parameters after
it; the groups that it names are added to its command line.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement_engine.commands.opening import TOKEN_SETTINGS, keys_of, open_meanwhile
from placement_engine.commands.output import Output
from placement_engine.commands.passphrase import SOURCES
from placement_engine.commands.phrases import say
from placement_engine.commands.session import ACCESS, open_session
from placement_engine.commands.settings import Setting, read_settings
from placement_engine.errors import InvalidConfiguration, UsageError
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.engine import PlacementEngine
    from placement_engine.geo import Geography
    from placement_engine.policy import Policy
    from placement_engine.proposal.outcome import Notice
    from placement_engine.register import Register
    from placement_engine.solver import Limits

Group = tuple[tuple[str, object, object], ...]
"""Name, annotation and default of each option of a group."""

OUTPUT: Group = (
    (
        "lang",
        Annotated[
            Language | None, typer.Option("--lang", help="Language of the answer; default sv.")
        ],
        None,
    ),
    ("as_json", Annotated[bool, typer.Option("--json", help="Print one JSON document.")], False),
    ("plain", Annotated[bool, typer.Option("--plain", help="Plain text, no tables.")], False),
    ("no_color", Annotated[bool, typer.Option("--no-color", help="No colour.")], False),
)
MODEL: Group = (
    (
        "as_of",
        Annotated[
            str | None,
            typer.Option("--as-of", metavar="DATE", help="Day of the question; default today."),
        ],
        None,
    ),
    (
        "policy_file",
        Annotated[
            str | None,
            typer.Option("--policy", metavar="FILE", help="Policy; default the shipped one."),
        ],
        None,
    ),
)
REGISTER: Group = (
    (
        "register",
        Annotated[
            str | None,
            typer.Option(
                "--register", metavar="PATH|URL", help="Register: a file, or postgresql://…"
            ),
        ],
        None,
    ),
    (
        "passphrase_file",
        Annotated[
            str | None,
            typer.Option("--passphrase-file", metavar="F", help="Read the passphrase from a file."),
        ],
        None,
    ),
    (
        "passphrase_fd",
        Annotated[
            int | None,
            typer.Option(
                "--passphrase-fd", metavar="N", help="Read the passphrase from a descriptor."
            ),
        ],
        None,
    ),
    (
        "passphrase_command",
        Annotated[
            str | None,
            typer.Option(
                "--passphrase-command", metavar="C", help="Read the passphrase from a command."
            ),
        ],
        None,
    ),
    (
        "passphrase_credential",
        Annotated[
            str | None,
            typer.Option(
                "--passphrase-credential", metavar="NAME", help="Passphrase given by systemd."
            ),
        ],
        None,
    ),
    (
        "pkcs11_module",
        Annotated[
            str | None,
            typer.Option(
                "--pkcs11-module",
                metavar="LIB",
                help="Hardware module that holds the key; the passphrase is then its PIN.",
            ),
        ],
        None,
    ),
    (
        "pkcs11_token",
        Annotated[str | None, typer.Option("--pkcs11-token", metavar="LABEL", help="Its token.")],
        None,
    ),
    (
        "pkcs11_key",
        Annotated[
            str | None, typer.Option("--pkcs11-key", metavar="LABEL", help="The token's key.")
        ],
        None,
    ),
    *ACCESS,
)
SEARCH: Group = (
    (
        "time_limit",
        Annotated[
            float | None,
            typer.Option("--time-limit", metavar="S", help="Seconds to search; default 10."),
        ],
        None,
    ),
    (
        "max_work",
        Annotated[
            int | None,
            typer.Option("--max-work", metavar="N", help="Units of work, the same anywhere."),
        ],
        None,
    ),
    (
        "gap",
        Annotated[
            float, typer.Option("--gap", metavar="F", help="Stop at this relative gap; default 0.")
        ],
        0.0,
    ),
    ("seed", Annotated[int, typer.Option("--seed", metavar="N", help="Seed; default 0.")], 0),
    (
        "workers",
        Annotated[int, typer.Option("--workers", metavar="N", help="Workers; default 2.")],
        2,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a command: its shared options and what they come to."""

    options: Mapping[str, Any]
    settings: Mapping[str, Setting]
    output: Output

    @property
    def language(self) -> Language:
        """Language of the answer."""
        return self.output.language

    @property
    def as_of(self) -> date:
        """Day of the question, today unless given."""
        given = self.options["as_of"]
        if given is None:
            return datetime.now().astimezone().date()
        try:
            return date.fromisoformat(given)
        except ValueError:
            raise UsageError("--as-of is not a date.", do="Write YYYY-MM-DD.") from None

    @property
    def cache_dir(self) -> Path:
        """Where matrices that hold nothing secret are kept."""
        return Path(self.settings["cache_dir"].value or ".")

    @property
    def passphrase_fd(self) -> int | None:
        """Open file descriptor to read the passphrase from."""
        given: int | None = self.options["passphrase_fd"]
        return given

    @property
    def register_location(self) -> str:
        """Path or address of the register that is named.

        Raises
        ------
        InvalidConfiguration
            If none is named.
        """
        named = self.settings["register"].value
        if named is None:
            raise InvalidConfiguration(
                "No register is named.",
                do="Give --register PATH or set register in the configuration.",
            )
        return named

    def policy(self) -> Policy:
        """The policy that is named, or the shipped one."""
        from placement_engine.policy import Policy

        named = self.settings["policy"].value
        return Policy.default() if named is None else Policy.read(Path(named))

    def check_limits(self) -> None:
        """Refuse limits that are none, before anything is opened."""
        given = self.options
        for name, low in (("time_limit", 0), ("max_work", 0), ("gap", 0), ("workers", 1)):
            if given[name] is not None and not low <= given[name] < float("inf"):
                raise UsageError(f"--{name.replace('_', '-')} is out of range.")

    def limits(self) -> Limits:
        """How long and how well to search."""
        self.check_limits()
        from placement_engine.solver import Limits

        given = self.options
        time_s, work, gap = given["time_limit"], given["max_work"], given["gap"]
        if time_s is None and work is None:
            return Limits(gap=gap)
        return Limits(time_s=time_s, max_work=work, gap=gap)

    @contextmanager
    def engine(self, *pages: str) -> Iterator[PlacementEngine]:
        """The engine over the register that is named, then closed.

        Parameters
        ----------
        pages
            Modules of the report that the command will need: brought in, as the engine is,
            while the key of the register is made.
        """
        ready: list[tuple[Policy, Geography]] = []

        def get_ready() -> None:
            from placement_engine.geo import load_geography

            policy = self.policy()
            for module in ("engine", *pages):
                import_module(f"placement_engine.{module}")
            ready.append((policy, load_geography(policy, cache_dir=self.cache_dir)))

        with self.opened(placements=True, meanwhile=get_ready) as register:
            from placement_engine.engine import PlacementEngine

            [(policy, geography)] = ready
            yield PlacementEngine(
                register=register, policy=policy, geography=geography, as_of=self.as_of
            )

    @contextmanager
    def opened(
        self,
        *,
        create: bool = False,
        single_user: bool = True,
        anchored: bool = True,
        placements: bool = False,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Iterator[Register]:
        """The register that is named, opened for the one who acts, then closed.

        Core dumps are forbidden first, and the bytes of the passphrase overwritten at once.

        Parameters
        ----------
        create, single_user
            Make it anew, and for whom.
        anchored
            False where the anchor itself is to be set anew.
        placements
            Whether they will be asked for; else they stay shut.
        meanwhile
            What can be done while the key of a register that is there is made.
        """
        from placement_engine.register.location import open_store, store_maker

        location, as_of = self.register_location, self.as_of
        with keys_of(self, new=create) as keys:
            session = open_session(
                self.settings, self.options, language=self.language, anchored=anchored
            )
            if create:
                from placement_engine.register import Register

                make = store_maker(location, os.urandom)
                register = Register.found(
                    make, keys, single_user=single_user, today=as_of, session=session
                )
            else:
                store = open_store(location)
                register = open_meanwhile(store, keys, session, meanwhile, placements=placements)
        with register:
            if register.single_user:
                self.output.note(say(self.language, "single_user"))
            yield register

    def notices(self, engine: PlacementEngine | Register) -> tuple[Notice, ...]:
        """What every answer over this register must tell."""
        from placement_engine.proposal.outcome import Notice

        return (Notice.SINGLE_USER,) if engine.single_user else ()


def shared(*groups: Group) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Add the options of these groups to a command and hand it a `Run` first."""
    added = [option for group in groups for option in group]

    def decorate(command: Callable[..., int | None]) -> Callable[..., int | None]:
        own = inspect.signature(command, eval_str=True)
        own_parameters = list(own.parameters.values())[1:]

        @wraps(command)
        def run_command(**given: Any) -> int | None:
            options = {name: given.pop(name) for name, _, _ in added}
            # What the log says of purpose and case where nothing else does.
            options["command"] = f"{command.__module__.rpartition('.')[2]} {command.__name__}"
            options["case"] = given.get("case") or ""
            return command(make_run(options), **given)

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own_parameters]
        parameters += [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
            for name, annotation, default in added
        ]
        run_command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            parameters, return_annotation=int | None
        )
        run_command.__annotations__ = {p.name: p.annotation for p in parameters}
        del run_command.__wrapped__
        return run_command

    return decorate


def make_run(options: Mapping[str, Any]) -> Run:
    """One run from the shared options as they were given."""
    lang: Language | None = options.get("lang")
    own = ("register", *SOURCES, *TOKEN_SETTINGS, *(name for name, _, _ in ACCESS))
    texts = {
        **{name: options.get(name) for name in own},
        "policy": options.get("policy_file"),
        "lang": None if lang is None else lang.value,
    }
    settings = read_settings(texts, os.environ)
    try:
        language = Language(settings["lang"].value or "sv")
    except ValueError:
        raise InvalidConfiguration(
            f"The language of {settings['lang'].origin} is not known.", do="Set sv or en."
        ) from None
    color = not options.get("no_color") and not os.environ.get("NO_COLOR")
    output = Output(
        language=language,
        as_json=bool(options.get("as_json")),
        plain=bool(options.get("plain")) or os.environ.get("TERM") == "dumb",
        color=color and sys.stdout.isatty(),
    )
    return Run(options=options, settings=settings, output=output)
