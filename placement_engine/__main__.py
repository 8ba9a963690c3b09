"""``python -m placement_engine`` and the installed ``placement``: the command table of cli.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from placement_engine.commands.program import start


def main() -> NoReturn:
    """Run the program; leaves with its exit code."""
    start(command_table().app)


def command_table() -> ModuleType:
    """``cli.py``: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    for path in (package / "cli.py", package.parent / "cli.py"):
        spec = importlib.util.spec_from_file_location("placement_engine.cli", path)
        if path.is_file() and spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ModuleNotFoundError("cli.py")


if __name__ == "__main__":
    main()
